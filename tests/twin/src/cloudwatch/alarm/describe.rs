//! `DescribeAlarms` and `DescribeAlarmsForMetric`.
//!
//! By name, 50 a page unless asked otherwise. Without `AlarmTypes` only metric alarms are returned (A), which here are
//! all there are. A member that the definition did not give is absent, not null.

use serde_json::{Map, Value, json};

use super::{
    decide::AlarmState,
    definition::{COMPARISONS, Definition},
    registry::{Alarm, Registry},
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

const STATES: [(&str, AlarmState); 3] = [
    ("OK", AlarmState::Ok),
    ("ALARM", AlarmState::Alarm),
    ("INSUFFICIENT_DATA", AlarmState::InsufficientData),
];

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
        let types = request.texts("AlarmTypes")?;
        let metric_alarms = types.is_empty() || types.iter().any(|wanted| wanted == "MetricAlarm");
        let wanted = |alarm: &&Alarm| {
            metric_alarms
                && (names.is_empty() || names.contains(&alarm.definition.name))
                && prefix.is_none_or(|prefix| alarm.definition.name.starts_with(prefix))
                && state.is_none_or(|state| state == alarm.state)
                && action.is_none_or(|prefix| has_action(&alarm.definition, prefix))
        };
        let found = self.alarms.values().filter(wanted).map(Alarm::to_json).collect();
        let size = request.page_size("MaxRecords", 100)?.unwrap_or(50);
        let (alarms, next) = page::cut(found, request.text("NextToken", 1024)?, size)?;
        Ok(match next {
            Some(token) => json!({"MetricAlarms": alarms, "CompositeAlarms": [], "NextToken": token}),
            None => json!({"MetricAlarms": alarms, "CompositeAlarms": []}),
        })
    }

    /// The alarms on exactly this metric.
    pub(in crate::cloudwatch) fn describe_for_metric(&self, input: &Value) -> Result<Value, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        let key = MetricKey::read(&request)?;
        let plain = request.word("Statistic", &PLAIN)?;
        let extended =
            request.text("ExtendedStatistic", 255)?.map(Statistic::parse_extended).transpose()?.flatten();
        let period = request.positive("Period")?.map(i64::from);
        let unit = read_unit(&request)?;
        let wanted = |alarm: &&Alarm| {
            let definition = &alarm.definition;
            definition.metric == key
                && plain.or(extended).is_none_or(|statistic| statistic == definition.statistic)
                && period.is_none_or(|period| period == definition.period)
                && (unit.is_none() || unit == definition.unit)
        };
        let found: Vec<_> = self.alarms.values().filter(wanted).map(Alarm::to_json).collect();
        Ok(json!({"MetricAlarms": found}))
    }
}

fn has_action(definition: &Definition, prefix: &str) -> bool {
    let actions = [&definition.ok_actions, &definition.alarm_actions, &definition.insufficient_data_actions];
    actions.into_iter().flatten().any(|action| action.starts_with(prefix))
}

impl Alarm {
    /// The `MetricAlarm` structure of the API.
    fn to_json(&self) -> Value {
        let mut members = definition_json(&self.definition);
        let state = json!({
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": time::to_epoch(self.configured),
            "StateValue": self.state.as_str(),
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
            "StateUpdatedTimestamp": time::to_epoch(self.updated),
            "StateTransitionedTimestamp": time::to_epoch(self.updated),
        });
        if let Value::Object(state) = state {
            members.extend(state);
        }
        members.retain(|_, value| !value.is_null());
        Value::Object(members)
    }
}

fn definition_json(definition: &Definition) -> Map<String, Value> {
    let rule = &definition.rule;
    let comparison = COMPARISONS.iter().find(|(_, comparison)| *comparison == rule.comparison);
    let statistic = if definition.extended() { "ExtendedStatistic" } else { "Statistic" };
    let json = json!({
        "AlarmName": definition.name,
        "AlarmDescription": definition.description,
        "ActionsEnabled": definition.actions_enabled,
        "OKActions": definition.ok_actions,
        "AlarmActions": definition.alarm_actions,
        "InsufficientDataActions": definition.insufficient_data_actions,
        "Namespace": definition.metric.namespace,
        "MetricName": definition.metric.name,
        "Dimensions": definition.metric.dimensions_json(),
        statistic: definition.statistic_name,
        "Period": definition.period,
        "Unit": definition.unit,
        "EvaluationPeriods": rule.evaluation_periods,
        "DatapointsToAlarm": definition.datapoints_given.then_some(rule.datapoints_to_alarm),
        "Threshold": rule.threshold,
        "ComparisonOperator": comparison.map(|(name, _)| *name),
        "TreatMissingData": definition.treat_missing_data,
        "EvaluateLowSampleCountPercentile": definition.low_samples,
    });
    match json {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
