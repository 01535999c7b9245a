//! Asking CloudWatch, once per look.

use crate::Alarm;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::SdkError;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsError;
use aws_sdk_cloudwatch::primitives::DateTime as SdkTime;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, MetricAlarm, StateValue};
use chrono::{DateTime, Utc};

/// The most of a page; the names are no more (API reference).
const PAGE: i32 = 100;

/// Allow `cloudwatch:DescribeAlarms` (it takes no narrower resource than `*`), or look at the cause.
#[derive(Debug, thiserror::Error)]
#[error("the alarms cannot be read")]
pub struct ReadAlarmsError(#[source] Box<SdkError<DescribeAlarmsError>>);

/// Reads the alarms of these names; those that do not exist are absent. Without names nothing is asked.
///
/// # Errors
/// When CloudWatch does not answer.
pub async fn read(client: &Client, names: &[String]) -> Result<Vec<Alarm>, ReadAlarmsError> {
    let mut alarms = Vec::new();
    if names.is_empty() {
        return Ok(alarms);
    }
    // Without the types only metric alarms are answered (API reference).
    let mut pages = client
        .describe_alarms()
        .set_alarm_names(Some(names.to_vec()))
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .max_records(PAGE)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| ReadAlarmsError(Box::new(error)))?;
        alarms.extend(page.metric_alarms().iter().filter_map(metric));
        alarms.extend(page.composite_alarms().iter().filter_map(composite));
    }
    Ok(alarms)
}

fn metric(alarm: &MetricAlarm) -> Option<Alarm> {
    Some(Alarm {
        name: alarm.alarm_name()?.to_owned(),
        firing: alarm.state_value() == Some(&StateValue::Alarm),
        since: since(alarm.state_transitioned_timestamp(), alarm.state_updated_timestamp()),
        reason: reason(alarm.state_reason()),
    })
}

fn composite(alarm: &CompositeAlarm) -> Option<Alarm> {
    Some(Alarm {
        name: alarm.alarm_name()?.to_owned(),
        firing: alarm.state_value() == Some(&StateValue::Alarm),
        since: since(alarm.state_transitioned_timestamp(), alarm.state_updated_timestamp()),
        reason: reason(alarm.state_reason()),
    })
}

/// An update may change the reason only; the state began with the transition.
fn since(transitioned: Option<&SdkTime>, updated: Option<&SdkTime>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(transitioned.or(updated)?.to_millis().ok()?)
}

fn reason(text: Option<&str>) -> String {
    text.unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_began_with_its_transition_or_else_with_its_update() {
        let at = SdkTime::from_secs;
        let seconds = |found: Option<DateTime<Utc>>| found.map(|at| at.timestamp());
        assert_eq!(seconds(since(Some(&at(5)), Some(&at(9)))), Some(5));
        assert_eq!(seconds(since(None, Some(&at(9)))), Some(9));
        assert_eq!(since(None, None), None);
    }

    #[test]
    fn alarm_fires_in_the_state_alarm_only() {
        for (state, firing) in
            [(StateValue::Alarm, true), (StateValue::Ok, false), (StateValue::InsufficientData, false)]
        {
            let alarm = CompositeAlarm::builder().alarm_name("a").state_value(state.clone()).build();
            assert_eq!(composite(&alarm).unwrap().firing, firing);
            let alarm = MetricAlarm::builder().alarm_name("a").state_value(state).build();
            assert_eq!(metric(&alarm).unwrap().firing, firing);
        }
    }
}
