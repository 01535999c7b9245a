//! `DescribeAlarms` and `DescribeAlarmsForMetric`.
//!
//! By name, 50 a page unless asked otherwise. Without `AlarmTypes` only metric alarms are returned (A, API model). A
//! member that the definition did not give is absent, not null.

use serde_json::{Map, Value, json};

use super::{
    decide::AlarmState,
    registry::{Alarm, Kind, Registry},
};
use crate::{
    cloudwatch::{
        errors,
        input::{Family, Members},
        metric::{
            key::MetricKey,
            statistic::{PLAIN, Statistic},
        },
        page, time,
        units::read_unit,
    },
    error::ApiError,
};

/// The states with their names in the API.
pub(super) const STATES: [(&str, AlarmState); 3] = [
    ("OK", AlarmState::Ok),
    ("ALARM", AlarmState::Alarm),
    ("INSUFFICIENT_DATA", AlarmState::InsufficientData),
];

/// The kinds of alarm that the API knows (A, API model); there are no log alarms here, so that asking for them finds
/// none.
const KINDS: [&str; 3] = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];

/// Reads `AlarmTypes`: the kinds that are asked for.
pub(super) fn read_kinds(request: &Members<'_>) -> Result<Vec<String>, ApiError> {
    let kinds = request.texts("AlarmTypes")?;
    if let Some(unknown) = kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        let problem = format!("'{unknown}' is not one of [{}]", KINDS.join(", "));
        return Err(request.invalid("AlarmTypes", problem));
    }
    Ok(if kinds.is_empty() { vec!["MetricAlarm".to_owned()] } else { kinds })
}

impl Registry {
    pub(in crate::cloudwatch) fn describe(&self, input: &Value) -> Result<Value, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        for later in ["ChildrenOfAlarmName", "ParentsOfAlarmName"] {
            if request.has(later) {
                return Err(ApiError::not_implemented(format!("DescribeAlarms with {later}")));
            }
        }
        let names = request.texts("AlarmNames")?;
        let prefix = request.text("AlarmNamePrefix", 255)?;
        if !names.is_empty() && prefix.is_some() {
            return Err(errors::validation("AlarmNames and AlarmNamePrefix must not be given together."));
        }
        if names.len() > 100 {
            return Err(request.invalid("AlarmNames", "there must be at most 100"));
        }
        let state = request.word("StateValue", &STATES)?;
        let action = request.text("ActionPrefix", 1024)?;
        let kinds = read_kinds(&request)?;
        let wanted = |alarm: &&Alarm| {
            kinds.iter().any(|kind| kind == alarm.kind.as_str())
                && (names.is_empty() || names.contains(&alarm.common.name))
                && prefix.is_none_or(|prefix| alarm.common.name.starts_with(prefix))
                && state.is_none_or(|state| state == alarm.state)
                && action.is_none_or(|prefix| alarm.common.has_action(prefix))
        };
        let found = self.alarms.values().filter(wanted).collect();
        let size = request.page_size("MaxRecords", 100)?.unwrap_or(50);
        let (found, next) = page::cut(found, request.text("NextToken", 1024)?, size)?;
        let (metric, composite): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|alarm| matches!(alarm.kind, Kind::Metric(_)));
        let shown = |alarms: Vec<&Alarm>| alarms.into_iter().map(Alarm::to_json).collect::<Vec<_>>();
        let (metric, composite) = (shown(metric), shown(composite));
        Ok(match next {
            Some(token) => json!({"MetricAlarms": metric, "CompositeAlarms": composite, "NextToken": token}),
            None => json!({"MetricAlarms": metric, "CompositeAlarms": composite}),
        })
    }

    /// The alarms on exactly this metric; not those on expressions over it, and no composite ones (A, API model).
    pub(in crate::cloudwatch) fn describe_for_metric(&self, input: &Value) -> Result<Value, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        let key = MetricKey::read(&request)?;
        let plain = request.word("Statistic", &PLAIN)?;
        let extended =
            request.text("ExtendedStatistic", 255)?.map(Statistic::parse_extended).transpose()?.flatten();
        let period = request.positive("Period")?.map(i64::from);
        let unit = read_unit(&request)?;
        let wanted = |alarm: &&Alarm| {
            let Kind::Metric(metric) = &alarm.kind else { return false };
            metric.watched.metric().is_some_and(|query| {
                query.key == key
                    && plain.or(extended).is_none_or(|statistic| statistic == query.statistic)
                    && period.is_none_or(|period| period == query.period)
                    && (unit.is_none() || unit == query.unit)
            })
        };
        let found: Vec<_> = self.alarms.values().filter(wanted).map(Alarm::to_json).collect();
        Ok(json!({"MetricAlarms": found}))
    }
}

impl Alarm {
    /// The `MetricAlarm` or `CompositeAlarm` structure of the API.
    pub(super) fn to_json(&self) -> Value {
        let mut members = Map::new();
        self.common.describe(&mut members);
        match &self.kind {
            Kind::Metric(metric) => metric.describe(&mut members),
            Kind::Composite(composite) => composite.describe(&mut members),
        }
        let state = json!({
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": time::to_epoch(self.configured),
            "StateValue": self.state.as_str(),
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
            "StateUpdatedTimestamp": time::to_epoch(self.updated),
            "StateTransitionedTimestamp": time::to_epoch(self.transitioned),
        });
        if let Value::Object(state) = state {
            members.extend(state);
        }
        members.retain(|_, value| !value.is_null());
        Value::Object(members)
    }
}
