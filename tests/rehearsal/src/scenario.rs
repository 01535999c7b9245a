//! The scenarios: what the second version is like, how it is released, and what must come of it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{expect, observed::Observed};

/// One release to rehearse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Name on the command line.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// One sentence: what should happen.
    pub(crate) expectation: &'static str,
    /// The second version's faults (`REHEARSAL_FAULTS` of the backend); `None` for a good version.
    faults: Option<fn() -> serde_json::Value>,
    /// CodeDeploy deployment configuration.
    pub(crate) configuration: &'static str,
    /// Answers what was not as expected, one sentence each.
    pub(crate) check: fn(&Observed) -> Vec<String>,
}

impl Scenario {
    /// Environment of the second version.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::from([("BUILD_ID".to_owned(), "build-2".to_owned())]);
        if let Some(faults) = self.faults {
            variables.insert("REHEARSAL_FAULTS".to_owned(), faults().to_string());
        }
        variables
    }
}

const CANARY: &str = "CodeDeployDefault.LambdaCanary10Percent15Minutes";

/// Every scenario, in the order in which they are played.
pub(crate) const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "good-version",
        title: "A good version",
        expectation: "The smoke test passes, 10 % of the requests go to version 2 for 15 minutes, then all of them, \
                      and no customer sees an error.",
        faults: None,
        configuration: CANARY,
        check: expect::completed,
    },
    Scenario {
        name: "smoke-test-fails",
        title: "A version that answers every request with an error",
        expectation: "The pre-traffic hook reports Failed, the deployment ends, and no customer request ever reaches \
                      version 2.",
        faults: Some(|| json!({"error_percent": 100.0})),
        configuration: CANARY,
        check: expect::refused_for_its_answers,
    },
    Scenario {
        name: "crash-at-start",
        title: "A version that crashes when it starts",
        expectation: "The pre-traffic hook sees the crash and reports Failed, and no customer request ever reaches \
                      version 2.",
        faults: Some(|| json!({"crash_at_start": true})),
        configuration: CANARY,
        check: expect::refused_for_its_crash,
    },
];

/// The scenario of a name.
pub(crate) fn find(name: &str) -> Option<Scenario> {
    SCENARIOS.into_iter().find(|scenario| scenario.name == name)
}
