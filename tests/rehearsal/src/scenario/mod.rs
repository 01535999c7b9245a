//! The scenarios: what the versions are like, how the second is released, and what must come of it.

pub(crate) mod gated;
mod judged;
mod smoke;

use gated::GatedScenario;
use serde_json::Value;

use crate::observed::Observed;

/// What a version is like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    /// `REHEARSAL_FAULTS` of the backend; `None` for a good version.
    pub(crate) faults: Option<Value>,
    /// Virtual minutes from publishing until they begin; `None`: at once, so that a smoke test meets them.
    pub(crate) faults_after_minutes: Option<i64>,
}

impl Version {
    fn good() -> Self {
        Self::default()
    }

    /// Bad from its first request on.
    fn bad(faults: Value) -> Self {
        Self { faults: Some(faults), faults_after_minutes: None }
    }

    /// Bad from some minutes after it was published.
    fn turning_bad(faults: Value, minutes: i64) -> Self {
        Self { faults: Some(faults), faults_after_minutes: Some(minutes) }
    }
}

/// What goes wrong around the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbance {
    Nothing,
    /// Metrics become visible two minutes late, some a little later than others.
    LateMetrics,
    /// The judge may not read CloudWatch for a while.
    JudgeDenied,
}

/// One release to rehearse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Name on the command line.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// One sentence: what should happen.
    pub(crate) expectation: &'static str,
    /// The version that serves before.
    pub(crate) stable: fn() -> Version,
    /// The version being released.
    pub(crate) candidate: fn() -> Version,
    /// CodeDeploy deployment configuration.
    pub(crate) configuration: &'static str,
    pub(crate) disturbance: Disturbance,
    /// Customer requests per virtual minute; `None` takes what the command line says per second.
    pub(crate) requests_per_minute: Option<u32>,
    /// Share of the chosen speed: below 1, more real requests fit into a virtual minute.
    pub(crate) pace: f64,
    /// Answers what was not as expected, one sentence each.
    pub(crate) check: fn(&Observed) -> Vec<String>,
}

const CANARY_5: &str = "CodeDeployDefault.LambdaCanary10Percent5Minutes";
const CANARY_10: &str = "CodeDeployDefault.LambdaCanary10Percent10Minutes";
const CANARY_15: &str = "CodeDeployDefault.LambdaCanary10Percent15Minutes";
const CANARY_30: &str = "CodeDeployDefault.LambdaCanary10Percent30Minutes";

/// A release of either kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rehearsal {
    /// One CodeDeploy deployment.
    Plain(Scenario),
    /// Through the pipeline.
    Gated(GatedScenario),
}

impl Rehearsal {
    /// Name on the command line, title, and what should happen.
    pub(crate) fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Plain(scenario) => (scenario.name, scenario.title, scenario.expectation),
            Self::Gated(scenario) => (scenario.name, scenario.title, scenario.expectation),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.words().0
    }
}

/// Every scenario, in the order in which they are played.
pub(crate) fn all() -> impl Iterator<Item = Rehearsal> {
    let plain = smoke::SCENARIOS.into_iter().chain(judged::SCENARIOS).map(Rehearsal::Plain);
    plain.chain(gated::SCENARIOS.into_iter().map(Rehearsal::Gated))
}

/// The scenario of a name.
pub(crate) fn find(name: &str) -> Option<Rehearsal> {
    all().find(|scenario| scenario.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = all().map(|scenario| scenario.name()).collect();
        assert_eq!(names.len(), all().count());
    }
}
