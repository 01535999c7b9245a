//! A further step of a release that has shifted before.

use crate::shift::{acquired, shifting, step};
use serde_json::json;

#[tokio::test]
async fn weights_go_back_before_a_further_step_when_the_split_went_bad_since_its_bake() {
    let (stage, execution) =
        acquired(&step(2, &json!({"percent": 50})), &[("GUARD_ALARMS", "missing")]).await;
    stage.point("1", 10.0, Some(&shifting(&execution, stage.minutes_ago(13)))).await;
    stage.traffic(3..=13, 6);
    assert_eq!(stage.act(1).await.decision, "failed");
    let (code, message) = stage.failure();
    // The alarm that does not exist is told by nobody: going back comes first.
    assert_eq!(code, "JobFailed");
    assert!(message.contains("because errors: the canary"), "{message}");
    let alias = stage.alias().await;
    assert_eq!((alias.split, alias.version.as_str()), (None, "1"));
    assert_eq!(alias.rollout.unwrap().rollback.unwrap().why, "breach: errors 66/660");
}

#[tokio::test]
async fn bake_begins_anew_with_a_further_step() {
    let (stage, execution) = acquired(&step(2, &json!({"percent": 50})), &[]).await;
    stage.point("1", 10.0, Some(&shifting(&execution, stage.minutes_ago(13)))).await;
    stage.traffic(3..=13, 0);
    assert!(stage.act(1).await.reason.starts_with("step 2 begun: 50 %"));
    // Judged are all minutes since the first split; baked is this step alone.
    let decided = stage.act(2).await;
    assert!(
        decided.reason.starts_with("bake 0 of 10 minutes: 660 requests in 11 minutes"),
        "{}",
        decided.reason
    );
    stage.wait_minutes(10);
    assert_eq!(stage.act(3).await.decision, "done");
    assert_eq!((stage.variable("verdict"), stage.variable("percent")), ("healthy".into(), "50".into()));
}
