//! The whole hook with real SDK clients against a scripted AWS: what it asks, when it ends, what it answers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "set-up outside the test functions")]

mod stub;

use hook::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use stub::{
    Asked, CREATED, FROM, Reply, Stub, TIME, alarm, default_answer, errors, healthy, no_alarms, run, script,
    second,
};

/// What the hook answered CodeDeploy, which must be what it concluded, and why.
fn answered(stub: &Stub, outcome: &Outcome) -> (String, String) {
    let verdict = &outcome.verdict;
    assert_eq!(stub.answers(), [verdict.status()]);
    (verdict.status().to_owned(), verdict.reason().to_owned())
}

fn inputs(stub: &Stub, operation: &str) -> Vec<Value> {
    let calls = stub.calls.lock();
    calls.iter().filter(|asked| asked.operation == operation).map(|asked| asked.input.clone()).collect()
}

#[tokio::test]
async fn succeeds_when_the_whole_bake_is_healthy() {
    let stub = Stub::start_with(script(healthy(), no_alarms())).await;
    let outcome = run(&stub, TIME, &[]).await;
    let expected = "shop:42: 300 requests in 5 minutes within every limit: errors 0 %, slow 0 %";
    assert_eq!(answered(&stub, &outcome), ("Succeeded".to_owned(), expected.to_owned()));
    assert_eq!(stub.count("DescribeAlarms"), 0, "none are named");
    let asked = inputs(&stub, "GetMetricData");
    assert!(asked.len() > 1, "it looks every minute");
    let last = asked.last().unwrap();
    let window = (second(last, "StartTime"), second(last, "EndTime"));
    assert_eq!(window, (FROM - 300, FROM + 300), "the version before, and the bake");
    let of_the_alias = last["MetricDataQueries"][8]["MetricStat"]["Metric"].to_string();
    assert!(
        of_the_alias.contains("shop:live") && !of_the_alias.contains("ExecutedVersion"),
        "{of_the_alias}"
    );
}

#[tokio::test]
async fn fails_at_once_when_a_settled_minute_breaches() {
    let stub = Stub::start_with(script(errors(|minute| if minute == 2 { 30 } else { 0 }), no_alarms())).await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[("BAKE_MINUTES", "11")]).await);
    assert_eq!(status, "Failed");
    assert!(reason.starts_with("shop:42: errors: the canary is over the limit of 1.0 %"), "{reason}");
    let ends = inputs(&stub, "GetMetricData");
    let last = second(ends.last().unwrap(), "EndTime");
    assert!(last < FROM + 12 * 60, "it did not wait for the end of the bake");
}

#[tokio::test]
async fn minutes_before_the_bake_do_not_count() {
    let stub = Stub::start_with(script(errors(|minute| if minute < 1 { 60 } else { 0 }), no_alarms())).await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[]).await);
    assert_eq!(status, "Succeeded", "{reason}");
}

#[tokio::test]
async fn too_few_requests_are_decided_by_the_setting() {
    for (policy, expected) in [("pass", "Succeeded"), ("", "Succeeded"), ("fail", "Failed")] {
        let stub = Stub::start_with(script(|_, _| None, no_alarms())).await;
        let outcome = run(&stub, TIME, &[("WHEN_INCONCLUSIVE", policy)]).await;
        let (status, reason) = answered(&stub, &outcome);
        assert_eq!(status, expected, "{policy}");
        assert!(reason.starts_with("INCONCLUSIVE: shop:42: errors: too few requests"), "{reason}");
    }
}

/// CloudWatch refuses the calls of these numbers; otherwise all is well.
async fn refusing(operation: &'static str, refused: fn(usize) -> bool) -> Arc<Stub> {
    let played = script(healthy(), alarm("orders", "OK", CREATED - 60));
    Stub::start_with(move |asked| {
        let refused = asked.operation == operation && refused(asked.before);
        if refused { Reply::Error("AccessDeniedException") } else { played(asked) }
    })
    .await
}

#[tokio::test]
async fn succeeds_when_metrics_and_alarms_become_readable_before_the_end() {
    for operation in ["GetMetricData", "DescribeAlarms"] {
        let stub = refusing(operation, |before| before < 2).await;
        let (status, reason) = answered(&stub, &run(&stub, TIME, &[("ALARM_NAMES", "orders")]).await);
        assert_eq!(status, "Succeeded", "{reason}");
        assert!(stub.count(operation) > 2);
    }
}

#[tokio::test]
async fn what_stays_unreadable_is_decided_by_the_setting_and_told_with_its_cause() {
    for (operation, told) in [
        ("GetMetricData", "shop:42: CloudWatch cannot be read"),
        ("DescribeAlarms", "the alarms cannot be read"),
    ] {
        for (policy, expected) in [("pass", "Succeeded"), ("", "Failed"), ("fail", "Failed")] {
            let stub = refusing(operation, |_| true).await;
            let settings = [("ALARM_NAMES", "orders"), ("WHEN_INCONCLUSIVE", policy)];
            let (status, reason) = answered(&stub, &run(&stub, TIME, &settings).await);
            assert_eq!(status, expected, "{operation} {policy}");
            assert!(reason.starts_with(&format!("INCONCLUSIVE: {told}")), "{reason}");
            assert!(reason.contains("AccessDeniedException"), "{reason}");
            assert!(stub.count(operation) > 1, "it is tried again");
        }
    }
}

#[tokio::test]
async fn fails_with_what_cloudwatch_could_not_read() {
    let played = script(healthy(), no_alarms());
    let stub = Stub::start_with(move |asked| match played(asked) {
        Reply::Ok(mut answer) if asked.operation == "GetMetricData" => {
            answer["MetricDataResults"][1]["StatusCode"] = json!("Forbidden");
            Reply::Ok(answer)
        }
        reply => reply,
    });
    let stub = stub.await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[]).await);
    assert_eq!(status, "Failed");
    assert!(reason.contains("unreadable minutes: 5"), "{reason}");
    assert!(reason.ends_with("(canary_errors_bad: Forbidden)"), "{reason}");
}

#[tokio::test]
async fn fails_with_the_reason_when_the_last_call_hangs() {
    let played = script(healthy(), no_alarms());
    let stub = Stub::start_with(move |asked| {
        let hangs = asked.operation == "GetMetricData" && second(&asked.input, "EndTime") == FROM + 300;
        if hangs { Reply::Late(Duration::from_secs(60), json!({})) } else { played(asked) }
    });
    let stub = stub.await;
    // Six of the nine seconds are the check's.
    let (status, reason) = answered(&stub, &run(&stub, Duration::from_secs(9), &[]).await);
    assert_eq!(status, "Failed");
    assert!(reason.starts_with("INCONCLUSIVE: shop:42: CloudWatch did not answer within"), "{reason}");
    assert!(!reason.contains("within 0.0 s"), "{reason}");
}

#[tokio::test]
async fn alarm_counts_when_it_fires_since_the_deployment_was_created() {
    for (since, expected) in [(CREATED - 1, "Succeeded"), (CREATED, "Failed")] {
        let stub = Stub::start_with(script(healthy(), alarm("orders", "ALARM", since))).await;
        let (status, reason) = answered(&stub, &run(&stub, TIME, &[("ALARM_NAMES", "orders")]).await);
        assert_eq!(status, expected, "{reason}");
        let told =
            ["alarm orders was already firing", "alarm orders fires since this deployment: as scripted"];
        assert!(reason.contains(told[usize::from(status == "Failed")]), "{reason}");
        let asked = inputs(&stub, "DescribeAlarms");
        assert_eq!(asked[0]["AlarmNames"], json!(["orders"]));
        assert_eq!(asked[0]["AlarmTypes"], json!(["MetricAlarm", "CompositeAlarm"]));
        assert_eq!(asked.len() == 1, status == "Failed", "a firing alarm ends the bake at once");
    }
}

#[tokio::test]
async fn composite_alarm_that_fires_during_the_bake_ends_it_also_when_the_creation_is_unknown() {
    let played = script(healthy(), no_alarms());
    let stub = Stub::start_with(move |asked| match asked.operation.as_str() {
        "GetDeployment" => Reply::Default,
        "DescribeAlarms" => {
            let state = if asked.before < 2 { "OK" } else { "ALARM" };
            let alarms = alarm("guard", state, CREATED - 9)["MetricAlarms"].clone();
            Reply::Ok(json!({"MetricAlarms": [], "CompositeAlarms": alarms}))
        }
        _ => played(asked),
    });
    let stub = stub.await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[("ALARM_NAMES", "guard")]).await);
    assert_eq!(status, "Failed");
    assert_eq!((reason.contains("alarm guard fires"), stub.count("DescribeAlarms")), (true, 3), "{reason}");
}

#[tokio::test]
async fn fails_at_once_when_an_alarm_does_not_exist() {
    let stub = Stub::start_with(script(healthy(), alarm("orders", "OK", CREATED))).await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[("ALARM_NAMES", "orders,oders")]).await);
    assert_eq!((status.as_str(), stub.count("GetMetricData")), ("Failed", 0));
    assert_eq!(reason, "alarm oders does not exist: correct ALARM_NAMES");
}

#[tokio::test]
async fn fails_at_once_when_the_bake_does_not_fit() {
    let stub = Stub::start_with(script(healthy(), no_alarms())).await;
    // Four of the six seconds are the check's, less than its last calls may take.
    let (status, reason) = answered(&stub, &run(&stub, Duration::from_secs(6), &[]).await);
    assert_eq!((status.as_str(), stub.count("GetMetricData")), ("Failed", 0));
    assert!(reason.contains("give the function a time-out of at least"), "{reason}");
}

#[tokio::test]
async fn fails_with_the_reason_when_a_setting_does_not_parse() {
    for name in ["BAKE_MINUTES", "WHEN_INCONCLUSIVE", "ANSWER_RESERVE_SECONDS", "CRITERIA", "AWS_TLS_ROOTS"] {
        let stub = Stub::start_with(script(healthy(), no_alarms())).await;
        let (status, reason) = answered(&stub, &run(&stub, TIME, &[(name, "x")]).await);
        assert_eq!((status.as_str(), stub.count("GetMetricData")), ("Failed", 0));
        assert!(reason.contains(name), "{reason}");
    }
}

#[tokio::test]
async fn succeeds_unwatched_when_the_deployment_is_a_rollback() {
    let stub = Stub::start(|operation, _| match operation {
        "GetDeployment" => Reply::Ok(scripted::deployment("codeDeployRollback", "InProgress")),
        _ => Reply::Default,
    });
    let stub = stub.await;
    let (status, _) = answered(&stub, &run(&stub, TIME, &[("ALARM_NAMES", "orders")]).await);
    assert_eq!(status, "Succeeded");
    assert_eq!(stub.count("GetMetricData") + stub.count("DescribeAlarms"), 0);
}

/// One deployment of two functions; the second's target is changed.
async fn two_targets(change: fn(&mut Value)) -> Arc<Stub> {
    let played = script(healthy(), no_alarms());
    Stub::start_with(move |asked: &Asked| {
        if asked.operation != "BatchGetDeploymentTargets" {
            return played(asked);
        }
        let mut answer = default_answer("BatchGetDeploymentTargets");
        let mut second = answer["deploymentTargets"][0].clone();
        change(&mut second["lambdaTarget"]["lambdaFunctionInfo"]);
        answer["deploymentTargets"].as_array_mut().unwrap().push(second);
        Reply::Ok(answer)
    })
    .await
}

#[tokio::test]
async fn every_target_is_watched_in_the_same_minutes() {
    let stub = two_targets(|info| {
        info["functionName"] = json!("cart");
        // A first deployment: there is no version before.
        info["currentVersion"] = json!("42");
    });
    let stub = stub.await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[]).await);
    assert_eq!(status, "Succeeded", "{reason}");
    assert!(reason.contains("shop:42: 300 requests") && reason.contains("cart:42: 300 requests"), "{reason}");
    let queries =
        inputs(&stub, "GetMetricData").iter().map(|input| input["MetricDataQueries"].clone()).collect();
    let queries: Vec<Value> = queries;
    let counts = |function: &str| {
        let of = queries.iter().filter(|queries| queries.to_string().contains(function));
        of.map(|queries| queries.as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(counts("shop:live").len(), counts("cart:live").len());
    assert_eq!(
        (counts("shop:live")[0], counts("cart:live")[0]),
        (12, 8),
        "two criteria of three and two sides"
    );
}

#[tokio::test]
async fn fails_when_a_target_has_no_alias() {
    let stub = two_targets(|info| info["functionAlias"] = Value::Null).await;
    let (status, reason) = answered(&stub, &run(&stub, TIME, &[]).await);
    assert_eq!(status, "Failed");
    assert_eq!(reason, "not checked: a target of the deployment has no alias");
}
