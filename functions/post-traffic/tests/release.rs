//! Whole deployments against the local AWS: the compiled hook, a backend with traffic, CodeDeploy that rolls back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "set-up outside the test functions")]

mod stage;

use stage::{Played, Stage, play};
use std::time::Duration;
use twin::ApiError;

/// Customers' requests per real second, about 50 a virtual minute.
const BUSY: u32 = 100;
/// Too few of them for a verdict.
const QUIET: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn deployment_succeeds_when_the_version_is_healthy_with_all_the_traffic() {
    let stage = Stage::set("{}", &[("BAKE_MINUTES", "5")]).await;
    let played = play(&stage, BUSY, async {}).await;
    assert_eq!(played.status, "Succeeded", "{}", played.reason);
    assert!(played.reason.contains("in 5 minutes within every limit: errors 0 %"), "{}", played.reason);
    assert_eq!((played.answers, played.live_version), (vec!["Succeeded".to_owned()], "2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_fails_and_rolls_back_when_the_version_errs_with_all_the_traffic() {
    let stage = Stage::set(r#"{"failure_percent": 20}"#, &[("BAKE_MINUTES", "11")]).await;
    let played = play(&stage, BUSY, async {}).await;
    assert_eq!(played.status, "Failed");
    assert!(played.reason.contains("errors: the canary is over the limit of 1.0 %"), "{}", played.reason);
    // The rollback is a deployment of its own: its hook answers too, and at once.
    assert_eq!(
        (played.answers, played.live_version),
        (vec!["Failed".to_owned(), "Succeeded".to_owned()], "1".to_owned())
    );
    assert!(stage.log().contains(r#"\"inputs\""#), "the verdict can be repeated from the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_requests_are_decided_by_the_setting() {
    for (policy, expected) in [("pass", "Succeeded"), ("fail-unreadable", "Succeeded"), ("fail", "Failed")] {
        let stage = Stage::set("{}", &[("BAKE_MINUTES", "2"), ("WHEN_INCONCLUSIVE", policy)]).await;
        let played = play(&stage, QUIET, async {}).await;
        assert_eq!(played.status, expected, "{policy}");
        assert!(
            played.reason.starts_with("INCONCLUSIVE: manuel-backend:2: errors: too few"),
            "{}",
            played.reason
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_fails_when_cloudwatch_stays_throttled() {
    let stage = Stage::set("{}", &[("BAKE_MINUTES", "2")]).await;
    let throttled = ApiError::bad_request("ThrottlingException", "Rate exceeded");
    stage.twin.faults().inject("cloudwatch:GetMetricData", usize::MAX, throttled);
    let played = play(&stage, BUSY, async {}).await;
    assert_eq!(played.status, "Failed");
    assert!(
        played.reason.starts_with("INCONCLUSIVE: manuel-backend:2: CloudWatch cannot"),
        "{}",
        played.reason
    );
    assert!(played.reason.contains("Rate exceeded"), "{}", played.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn alarm_is_not_blamed_when_it_was_firing_before_the_deployment() {
    let stage = Stage::set("{}", &[("BAKE_MINUTES", "2"), ("ALARM_NAMES", "orders")]).await;
    stage.put_alarm("orders").await;
    stage.set_firing("orders").await;
    let played = play(&stage, BUSY, async {}).await;
    assert_eq!(played.status, "Succeeded", "{}", played.reason);
    let told = "alarm orders was already firing before this deployment: not blamed";
    assert!(played.reason.ends_with(told), "{}", played.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_fails_when_an_alarm_fires_during_the_bake() {
    let stage = Stage::set("{}", &[("BAKE_MINUTES", "11"), ("ALARM_NAMES", "guard")]).await;
    stage.put_alarm("orders").await;
    stage.put_composite("guard", "ALARM(orders)").await;
    let fires = async {
        while stage.twin.faults().count("cloudwatch:DescribeAlarms") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stage.record("Failed", 5.0).await;
    };
    let played = play(&stage, BUSY, fires).await;
    assert_eq!(played.status, "Failed");
    assert!(played.reason.contains("alarm guard fires since this deployment: "), "{}", played.reason);
    assert_eq!(played.live_version, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_fails_at_once_when_an_alarm_does_not_exist() {
    let stage = Stage::set("{}", &[("ALARM_NAMES", "oders")]).await;
    let Played { status, reason, .. } = play(&stage, QUIET, async {}).await;
    assert_eq!(
        (status.as_str(), reason.as_str()),
        ("Failed", "alarm oders does not exist: correct ALARM_NAMES")
    );
    assert_eq!(stage.twin.faults().count("cloudwatch:GetMetricData"), 0);
}
