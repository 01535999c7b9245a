//! The alias, its changes and the way back, with real SDK clients against the local AWS.
#![expect(clippy::unwrap_used, reason = "set-up outside the test functions")]

use aws_sdk_codedeploy::types::{
    AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform, RevisionLocation,
    RevisionLocationType,
};
use aws_sdk_lambda::types::Environment;
use chrono::{DateTime, TimeDelta, Utc};
use release::{
    Begun, Change, Claim, Group, Live, Notice, Place, Previous, Progress, Promotion, ReleaseError, Rollout,
    Started, Status, Traffic, Which,
};
use serde_json::json;
use twin::{ApiError, Host, Options, Strike, StrikeKind, Twin};

const FUNCTION: &str = "shop";
const EXECUTION: &str = "e-1";
/// A hook that nobody answers: a deployment with it stays where it is.
const SILENT: &str = "silent-hook";

/// A twin with versions 1 and 2, the alias `live` at version 1, and its deployment group.
struct Stage {
    twin: Twin,
    live: Live,
    began: DateTime<Utc>,
}

impl Stage {
    async fn set() -> Self {
        let options =
            Options { rate: 600.0, external_functions: vec![SILENT.to_owned()], ..Options::default() };
        let twin = Twin::start(options).await.unwrap();
        twin.host(FUNCTION, Host::new(async |_| Ok("".into()))).unwrap();
        let endpoint = twin.endpoint();
        let lookup = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            "AWS_MAX_ATTEMPTS" => Some("1".to_owned()),
            _ => None,
        };
        let aws = aws::Aws::from_lookup(lookup).unwrap();
        let (place, group) = (format!("{FUNCTION}:live").parse::<Place>().unwrap(), ("shop", "shop-live"));
        let group = Group { application: group.0.to_owned(), name: group.1.to_owned() };
        let live = Live { lambda: aws.lambda(), codedeploy: aws.codedeploy(), place, group };
        let began = twin.clock().now();
        let stage = Self { twin, live, began };
        stage.versions().await;
        stage.group().await;
        stage
    }

    async fn versions(&self) {
        let lambda = &self.live.lambda;
        for build in ["1", "2"] {
            let environment = Environment::builder().variables("BUILD_ID", build).build();
            let update = lambda.update_function_configuration().function_name(FUNCTION);
            update.environment(environment).send().await.unwrap();
            lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        }
        lambda
            .create_alias()
            .function_name(FUNCTION)
            .name("live")
            .function_version("1")
            .send()
            .await
            .unwrap();
    }

    async fn group(&self) {
        let application = self.live.codedeploy.create_application().application_name("shop");
        application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let rollback = AutoRollbackConfiguration::builder().enabled(true);
        let rollback = rollback.events(AutoRollbackEvent::DeploymentStopOnRequest).build();
        let group = self.live.codedeploy.create_deployment_group().application_name("shop");
        let group = group
            .deployment_group_name("shop-live")
            .service_role_arn("arn:aws:iam::123456789012:role/codedeploy");
        group.auto_rollback_configuration(rollback).send().await.unwrap();
    }

    fn now(&self) -> DateTime<Utc> {
        self.twin.clock().now()
    }

    /// A rollout whose shifts split the alias, or which is promoted when it is `whole`.
    async fn rollout(&self, traffic: Traffic) {
        let now = self.now();
        let whole_since = matches!(traffic, Traffic::Whole(_)).then_some(now);
        let rollout = Rollout {
            candidate: Some("2".to_owned()),
            stable: Some("1".to_owned()),
            split_since: Some(now),
            whole_since,
            ..Rollout::of(EXECUTION)
        };
        let change = Change { traffic, rollout };
        self.live.change(|_| Some(change.clone())).await.unwrap();
    }

    fn promotion(&self, hook: Option<&str>) -> Promotion {
        Promotion {
            execution: EXECUTION.to_owned(),
            from: "1".to_owned(),
            to: "2".to_owned(),
            configuration: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            before_traffic: None,
            after_traffic: hook.map(str::to_owned),
            alarms: None,
        }
    }

    async fn begin(&self) -> Begun {
        self.live.begin_rollback(Some(EXECUTION), "breach", false, self.now()).await.unwrap()
    }

    /// Drives until customers are safe; waits for the deployments on the way.
    async fn back(&self) -> Vec<String> {
        let mut waited_for = Vec::new();
        while let Progress::Waiting(id) = self.live.drive_back(self.now()).await.unwrap() {
            self.twin.deployment_finished(&id).await.unwrap();
            waited_for.push(id);
        }
        waited_for
    }

    async fn serves(&self) -> String {
        let alias = self.live.alias().await.unwrap();
        assert_eq!(alias.split, None);
        alias.version
    }

    /// What was called since.
    fn calls(&self, from: usize) -> Vec<String> {
        self.twin.faults().calls().into_iter().skip(from).map(|call| call.operation).collect()
    }
}

fn ten_percent() -> Traffic {
    Traffic::Split { stable: "1".to_owned(), canary: "2".to_owned(), canary_percent: 10.0 }
}

#[tokio::test]
async fn change_is_decided_again_when_somebody_was_faster() {
    let stage = Stage::set().await;
    let stale = ApiError { code: "PreconditionFailedException", status: 412, message: "stale".to_owned() };
    stage.twin.faults().inject("lambda:UpdateAlias", 1, stale);
    let mut asked = 0;
    let change = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    let after = stage.live.change(|_| {
        asked += 1;
        Some(change.clone())
    });
    let after = after.await.unwrap();
    assert_eq!((asked, after.split.unwrap().canary), (2, "2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn change_is_decided_again_when_the_alias_was_changed_after_it_was_read() {
    let stage = Stage::set().await;
    let own = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    let others = Change { traffic: Traffic::Whole("2".to_owned()), rollout: Rollout::of("e-2") };
    let mut seen = Vec::new();
    let change = stage.live.change(|alias| {
        if seen.is_empty() {
            let between = stage.live.change(|_| Some(others.clone()));
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(between)).unwrap();
        }
        seen.push(alias.version.clone());
        // Somebody else's rollout is left alone.
        alias.rollout.is_none().then(|| own.clone())
    });
    let after = change.await.unwrap();
    assert_eq!(after.rollout.unwrap().execution, "e-2");
    assert_eq!(seen, ["1", "2"]);
}

#[tokio::test]
async fn change_is_given_up_when_others_are_always_faster() {
    let stage = Stage::set().await;
    let stale = ApiError { code: "PreconditionFailedException", status: 412, message: "stale".to_owned() };
    stage.twin.faults().inject("lambda:UpdateAlias", 100, stale);
    let change = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    let error = stage.live.change(|_| Some(change.clone())).await.unwrap_err();
    assert!(matches!(error, ReleaseError::Contended(..)), "{error}");
}

#[tokio::test]
async fn change_succeeds_when_only_its_answer_was_lost() {
    let stage = Stage::set().await;
    let (callers, kind) = (vec!["operator".to_owned()], StrikeKind::AnswerLost);
    stage.twin.faults().strike(Strike { callers, call_number: 2, kind });
    let change = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    stage.live.change(|_| Some(change.clone())).await.unwrap();
    assert_eq!(stage.twin.faults().struck().unwrap().operation, "lambda:UpdateAlias");
}

#[tokio::test]
async fn description_changes_and_traffic_stays_when_codedeploy_moves_the_alias() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    let keep = Change { traffic: Traffic::Keep, rollout: Rollout::of("e-2") };
    let after = stage.live.change(|_| Some(keep.clone())).await.unwrap();
    assert_eq!(
        (after.split.unwrap().canary, after.rollout.unwrap().execution),
        ("2".to_owned(), "e-2".to_owned())
    );
}

#[tokio::test]
async fn customers_are_safe_after_two_calls_when_the_rollout_split_the_alias() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    let before = stage.calls(0).len();
    let Begun::Marked { by_us: true, rollout } = stage.begin().await else { panic!("nothing was begun") };
    assert_eq!(stage.calls(before), ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetAlias"]);
    assert_eq!(stage.serves().await, "1");
    assert_eq!(rollout.rollback.unwrap().why, "breach");
    assert_eq!(stage.back().await, Vec::<String>::new());
    assert!(matches!(stage.begin().await, Begun::Marked { by_us: false, .. }));
}

#[tokio::test]
async fn promoted_version_is_taken_back_by_codedeploy() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    let made = stage.live.deployments(Which::Since(stage.began)).await.unwrap();
    let [deployment] = made.try_into().unwrap_or_else(|made| panic!("{made:?}"));
    assert_eq!(deployment.description, "Rollback: e-1, version 2 to 1");
    assert!(
        deployment.is_rollback() && deployment.creator == "user" && deployment.status == Status::Succeeded
    );
}

#[tokio::test]
async fn alias_is_pointed_back_when_codedeploy_refuses() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    let denied = ApiError { code: "AccessDeniedException", status: 400, message: "no".to_owned() };
    stage.twin.faults().inject("codedeploy:CreateDeployment", 1, denied);
    assert_eq!(stage.back().await, Vec::<String>::new());
    assert_eq!(stage.serves().await, "1");
}

#[tokio::test]
async fn alias_is_pointed_back_when_codedeploys_way_back_failed() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    // It begins where the alias is not.
    let elsewhere = json!({"version": 0.0, "Resources": [{"live": {"Type": "AWS::Lambda::Function", "Properties": {
        "Name": FUNCTION, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "1"}}}]});
    let content = AppSpecContent::builder().content(elsewhere.to_string()).build();
    let revision = RevisionLocation::builder().revision_type(RevisionLocationType::AppSpecContent);
    let call =
        stage.live.codedeploy.create_deployment().application_name("shop").deployment_group_name("shop-live");
    let call = call.revision(revision.app_spec_content(content).build()).description("Rollback: by hand");
    let id = call.send().await.unwrap().deployment_id.unwrap();
    assert_eq!(stage.twin.deployment_finished(&id).await.unwrap(), "Failed");
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert_eq!(stage.live.deployments(Which::Since(stage.began)).await.unwrap().len(), 1, "not tried again");
}

#[tokio::test]
async fn promotion_is_stopped_and_put_back_when_it_runs() {
    let stage = Stage::set().await;
    let since = stage.now();
    let rollout = Rollout { promoting_since: Some(since), ..Rollout::of(EXECUTION) };
    let rollout = Rollout { candidate: Some("2".to_owned()), stable: Some("1".to_owned()), ..rollout };
    let change = Change { traffic: Traffic::Whole("1".to_owned()), rollout };
    stage.live.change(|_| Some(change.clone())).await.unwrap();
    let promotion = stage.promotion(Some(SILENT));
    let Started::As(id) = stage.live.promote(&promotion, since).await.unwrap() else { panic!("busy") };
    assert_eq!(stage.live.promote(&promotion, since).await.unwrap(), Started::As(id.clone()), "started once");
    let mut journal = stage.twin.journal().subscribe();
    while stage.live.alias().await.unwrap().version != "2" {
        journal.recv().await.unwrap();
    }
    stage.begin().await;
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert!(stage.live.deployment(&id).await.unwrap().rolled_back_by.is_some());
}

#[tokio::test]
async fn promotion_is_found_again_when_the_answer_to_its_start_was_lost() {
    let stage = Stage::set().await;
    let (callers, kind) = (vec!["operator".to_owned()], StrikeKind::AnswerLost);
    stage.twin.faults().strike(Strike { callers, call_number: 2, kind });
    let started = stage.live.promote(&stage.promotion(Some(SILENT)), stage.now()).await.unwrap();
    assert_eq!(stage.twin.faults().struck().unwrap().operation, "codedeploy:CreateDeployment");
    let running = stage.live.deployments(Which::Running).await.unwrap();
    assert_eq!(started, Started::As(running.first().unwrap().id.clone()));
    let other = Promotion { execution: "e-2".to_owned(), ..stage.promotion(None) };
    let busy = stage.live.promote(&other, stage.now()).await.unwrap();
    assert_eq!(busy, Started::Busy(running.first().unwrap().id.clone()));
}

#[tokio::test]
async fn notice_is_claimed_once_until_the_claim_is_old_or_it_was_sent() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    stage.begin().await;
    let now = stage.now();
    let claim = |at| stage.live.claim_notice(EXECUTION, at);
    // In the same second both would write the very same.
    let (first, second) = tokio::join!(claim(now), claim(now));
    let ours = [first.unwrap(), second.unwrap()].into_iter().filter(|claim| *claim == Claim::Ours).count();
    assert_eq!(ours, 1);
    assert!(matches!(claim(now + TimeDelta::seconds(30)).await.unwrap(), Claim::Theirs(_)));
    assert_eq!(claim(now + TimeDelta::seconds(90)).await.unwrap(), Claim::Ours);
    stage.live.notice_sent(EXECUTION).await.unwrap();
    assert_eq!(claim(now + TimeDelta::hours(1)).await.unwrap(), Claim::Sent);
    let rollout = stage.live.alias().await.unwrap().rollout.unwrap();
    assert_eq!(rollout.rollback.unwrap().notice, Some(Notice::Sent));
}

#[tokio::test]
async fn rollout_stays_when_the_rollback_is_anothers() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    let begun = stage.live.begin_rollback(Some("e-2"), "x", false, stage.now()).await.unwrap();
    assert_eq!(begun, Begun::Nothing);
    assert!(stage.live.alias().await.unwrap().split.is_some());
}

/// A rollback that was told: the alias is whole at version 1.
async fn taken_back_and_told() -> Stage {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    stage.begin().await;
    stage.back().await;
    stage.live.notice_sent(EXECUTION).await.unwrap();
    stage
}

#[tokio::test]
async fn promotion_is_stopped_when_it_was_started_in_the_moment_of_the_rollback() {
    let stage = taken_back_and_told().await;
    let straggler = stage.promotion(Some(SILENT));
    let Started::As(id) = stage.live.promote(&straggler, stage.began).await.unwrap() else { panic!("busy") };
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert_eq!(stage.live.deployment(&id).await.unwrap().status, Status::Failed);
}

#[tokio::test]
async fn somebodys_own_deployment_goes_on_when_people_know_of_the_rollback() {
    let stage = taken_back_and_told().await;
    let own = Promotion { execution: "by hand".to_owned(), ..stage.promotion(Some(SILENT)) };
    let Started::As(id) = stage.live.promote(&own, stage.began).await.unwrap() else { panic!("busy") };
    assert_eq!(stage.back().await, Vec::<String>::new());
    assert_eq!(stage.live.deployment(&id).await.unwrap().status, Status::Running);
}

#[tokio::test]
async fn alias_is_pointed_back_when_the_deployment_back_is_stuck() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    // CodeDeploy waits for a hook that does not answer.
    let stuck = Promotion { from: "2".to_owned(), to: "1".to_owned(), ..stage.promotion(None) };
    let stuck =
        Promotion { before_traffic: Some(SILENT.to_owned()), execution: "a person".to_owned(), ..stuck };
    let Started::As(id) = stage.live.promote(&stuck, stage.began).await.unwrap() else { panic!("busy") };
    let mark = stage.live.alias().await.unwrap().rollout.unwrap().rollback.unwrap();
    let drive = |seconds| stage.live.drive_back(mark.at + TimeDelta::seconds(seconds));
    assert_eq!(drive(179).await.unwrap(), Progress::Waiting(id));
    assert!(matches!(drive(180).await.unwrap(), Progress::Safe(_)));
    assert_eq!(stage.serves().await, "1");
}

#[tokio::test]
async fn rollback_is_begun_again_when_it_was_told_and_the_alias_went_astray() {
    let stage = taken_back_and_told().await;
    assert!(!stage.live.alias().await.unwrap().is_astray());
    let own = stage.promotion(None);
    let Started::As(id) = stage.live.promote(&own, stage.began).await.unwrap() else { panic!("busy") };
    stage.twin.deployment_finished(&id).await.unwrap();
    assert!(stage.live.alias().await.unwrap().is_astray());
    assert!(matches!(stage.begin().await, Begun::Marked { by_us: true, .. }));
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert_eq!(stage.live.claim_notice(EXECUTION, stage.now()).await.unwrap(), Claim::Ours);
}

#[tokio::test]
async fn release_before_is_taken_back_when_the_next_one_has_only_acquired() {
    let stage = Stage::set().await;
    let whole_since = stage.now();
    let previous = Previous { candidate: "2".to_owned(), stable: "1".to_owned(), whole_since };
    let acquired = Rollout { previous: Some(previous), ..Rollout::of(EXECUTION) };
    let change = Change { traffic: Traffic::Whole("2".to_owned()), rollout: acquired };
    stage.live.change(|_| Some(change.clone())).await.unwrap();
    let Begun::Marked { rollout, .. } = stage.begin().await else { panic!("nothing was begun") };
    assert!(rollout.rollback.unwrap().promoted);
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
}
