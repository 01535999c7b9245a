//! The metrics of invocations.

use chrono::{DateTime, Utc};

use super::{Lambda, invoke::Target};
use crate::cloudwatch::Sample;

impl Lambda {
    /// Publishes one value under Lambda's dimension sets (per function, per resource, per executed version).
    pub(super) fn measure(&self, target: &Target, at: DateTime<Utc>, name: &str, unit: &str, value: f64) {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let function = pair("FunctionName", &target.name);
        let resource = pair("Resource", &target.resource);
        let mut sets = vec![vec![], vec![function.clone()], vec![function.clone(), resource.clone()]];
        if target.through_alias && name != "Throttles" {
            sets.push(vec![function, resource, pair("ExecutedVersion", &target.configuration.version)]);
        }
        for dimensions in sets {
            let sample = Sample {
                namespace: "AWS/Lambda".to_owned(),
                name: name.to_owned(),
                dimensions,
                unit: Some(unit.to_owned()),
                at,
                value,
                count: 1.0,
            };
            self.around.cloudwatch.record(sample, self.around.clock.now());
        }
    }
}
