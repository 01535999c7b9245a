//! A rollback makes pipeline and CodeDeploy send events of their own. Whatever their order, and each twice: one event, one
//! notice, customers with the stable version, no error.

use crate::events::{alarm, approval_failed, deployment, pipeline_failed, stage_failed, sweep};
use crate::stage::Stage;
use serde_json::Value;

/// Every order of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |place| insert(order, place))).collect()
}

async fn deliver_twice(stage: &Stage, events: &[Value], order: &[usize]) {
    for index in order {
        for _ in 0..2 {
            stage.tried(events[*index].clone()).await.unwrap_or_else(|error| panic!("{order:?}: {error}"));
        }
    }
}

#[tokio::test]
async fn split_is_taken_back_once_in_every_order_of_its_cascade() {
    let stage = Stage::set().await;
    for order in orders(5) {
        let execution = stage.start().await;
        stage.split(&execution).await;
        let events = [
            alarm(&stage),
            approval_failed(&stage, &execution),
            stage_failed(&stage, &execution),
            pipeline_failed(&stage, &execution),
            sweep(),
        ];
        deliver_twice(&stage, &events, &order).await;
        stage.assert_stable().await;
        stage.assert_told_once(&execution);
        assert_eq!(stage.status(&execution), "Failed", "{order:?}");
    }
}

#[tokio::test]
async fn promoted_version_is_taken_back_once_in_every_order_of_its_cascade() {
    let stage = Stage::set().await;
    for order in orders(4) {
        let execution = stage.start().await;
        stage.promoted(&execution).await;
        let events = [
            alarm(&stage),
            stage_failed(&stage, &execution),
            pipeline_failed(&stage, &execution),
            deployment("succeeded", "d-ROLLBACK1"),
        ];
        deliver_twice(&stage, &events, &order).await;
        // The sweep of the next minute.
        stage.settle().await;
        stage.deliver(sweep()).await;
        stage.assert_stable().await;
        stage.assert_told_once(&execution);
    }
}

#[tokio::test]
async fn promotion_is_taken_back_once_in_every_order_of_its_cascade() {
    let stage = Stage::set().await;
    for order in orders(4) {
        let execution = stage.start().await;
        let promotion = stage.promoting(&execution).await;
        let events = [
            alarm(&stage),
            deployment("stopped", &promotion),
            pipeline_failed(&stage, &execution),
            deployment("succeeded", "d-ROLLBACK1"),
        ];
        deliver_twice(&stage, &events, &order).await;
        // The sweep of the next minute.
        stage.settle().await;
        stage.deliver(sweep()).await;
        stage.assert_stable().await;
        stage.assert_told_once(&execution);
    }
}

#[tokio::test]
async fn rollback_is_told_once_when_two_events_are_handled_at_once() {
    let stage = Stage::set().await;
    for round in 0..20 {
        let execution = stage.start().await;
        stage.split(&execution).await;
        let events = [alarm(&stage), stage_failed(&stage, &execution)];
        let again = alarm(&stage);
        let [one, two] = events;
        let (one, two, three) = tokio::join!(stage.tried(one), stage.tried(two), stage.tried(again));
        for outcome in [one, two, three] {
            outcome.unwrap_or_else(|error| panic!("{round}: {error}"));
        }
        stage.assert_stable().await;
        stage.assert_told_once(&execution);
    }
}
