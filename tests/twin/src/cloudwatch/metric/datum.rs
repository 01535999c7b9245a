//! What one call or one log line says about one metric in one minute: the unit in which data arrive.

use super::{distribution::StatisticSet, key::MetricKey, store::Store};

/// Values of one metric that arrive together.
#[derive(Debug, Clone)]
pub(in crate::cloudwatch) struct Datum {
    pub(in crate::cloudwatch) key: MetricKey,
    pub(in crate::cloudwatch) unit: Option<String>,
    /// Start of the minute they belong to, epoch seconds.
    pub(in crate::cloudwatch) minute: i64,
    pub(in crate::cloudwatch) values: Values,
}

/// The values of a datum.
#[derive(Debug, Clone)]
pub(in crate::cloudwatch) enum Values {
    /// One value and how often it occurred: the usual case, without a list of its own.
    One(f64, f64),
    /// Values and how often each occurred.
    Many(Vec<(f64, f64)>),
    Summary(StatisticSet),
}

impl Datum {
    pub(in crate::cloudwatch) fn store(self, store: &mut Store) {
        let minute = store.minute(self.key, self.minute, self.unit.as_deref());
        match self.values {
            Values::One(value, count) => minute.add(value, count),
            Values::Many(values) => values.iter().for_each(|(value, count)| minute.add(*value, *count)),
            Values::Summary(set) => minute.add_set(set),
        }
    }
}
