//! Rollouts of version 2 in each state.

use crate::stage::{FUNCTION, SILENT, Stage};
use chrono::{DateTime, TimeDelta, Utc};
use release::{Change, Previous, Promotion, Rollout, Split, Started, Traffic};
use std::time::Duration;

impl Stage {
    /// A rollout that gave version 2 its first requests five minutes ago.
    pub(crate) fn rollout(&self, execution: &str) -> Rollout {
        Rollout {
            step: Some(1),
            candidate: Some("2".to_owned()),
            stable: Some("1".to_owned()),
            split_since: Some(self.now() - TimeDelta::minutes(5)),
            ..Rollout::of(execution)
        }
    }

    pub(crate) async fn put(&self, traffic: Traffic, rollout: Rollout) {
        let change = Change { traffic, rollout };
        self.live.change(|_| Some(change.clone())).await.unwrap();
    }

    /// Its shift has given version 2 a tenth.
    pub(crate) async fn split(&self, execution: &str) {
        self.put(tenth(), self.rollout(execution)).await;
    }

    /// CodeDeploy promotes version 2, and waits for its last hook; answers the deployment.
    pub(crate) async fn promoting(&self, execution: &str) -> String {
        let since = self.now();
        let rollout = Rollout { promoting_since: Some(since), ..self.rollout(execution) };
        self.put(Traffic::Whole("1".to_owned()), rollout).await;
        let id = self.promote(execution, Some(SILENT), since).await;
        for _ in 0..2_000 {
            if self.alias().await.version == "2" {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{id} moves nothing");
    }

    pub(crate) async fn promote(&self, execution: &str, hook: Option<&str>, since: DateTime<Utc>) -> String {
        let promotion = Promotion {
            execution: execution.to_owned(),
            from: "1".to_owned(),
            to: "2".to_owned(),
            configuration: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            before_traffic: None,
            after_traffic: hook.map(str::to_owned),
            alarms: None,
        };
        match self.live.promote(&promotion, since).await.unwrap() {
            Started::As(id) => id,
            Started::Busy(other) => panic!("busy with {other}"),
        }
    }

    /// CodeDeploy has promoted version 2 just now.
    pub(crate) async fn promoted(&self, execution: &str) {
        let rollout = self.rollout(execution);
        self.put(Traffic::Whole("1".to_owned()), rollout.clone()).await;
        let id = self.promote(execution, None, self.now()).await;
        assert_eq!(self.twin.deployment_finished(&id).await.unwrap(), "Succeeded");
        self.put(Traffic::Keep, Rollout { whole_since: Some(self.now()), ..rollout }).await;
    }

    /// The release of `execution` has taken the alias of version 2, which the one before has just promoted.
    pub(crate) async fn acquired_after_a_promotion(&self, execution: &str) {
        self.promoted("the release before").await;
        let (candidate, stable) = ("2".to_owned(), "1".to_owned());
        let previous = Some(Previous { candidate, stable, whole_since: self.now() });
        self.put(Traffic::Keep, Rollout { previous, ..Rollout::of(execution) }).await;
    }

    /// Somebody has split the alias without a word.
    pub(crate) async fn split_by_hand(&self) {
        self.put(tenth(), Rollout::of("nobody")).await;
        let clear = self.live.lambda.update_alias().function_name(FUNCTION).name("live").description("");
        clear.send().await.unwrap();
        assert!(matches!(self.alias().await.split, Some(Split { .. })));
    }
}

pub(crate) fn tenth() -> Traffic {
    Traffic::Split { stable: "1".to_owned(), canary: "2".to_owned(), canary_percent: 10.0 }
}
