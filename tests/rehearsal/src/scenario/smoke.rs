//! Releases that the smoke test decides.

use serde_json::json;

use super::{CANARY_15, Disturbance, Scenario, Version};
use crate::expect;

pub(super) const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "good-version",
        title: "A good version",
        expectation: "The smoke test passes, 10 % of the requests go to version 2 for 15 minutes, then all of them, the \
                      post-traffic hook finds them healthy, and no customer sees an error.",
        stable: Version::good,
        candidate: Version::good,
        configuration: CANARY_15,
        disturbance: Disturbance::Nothing,
        requests_per_minute: None,
        pace: 1.0,
        check: expect::completed,
    },
    Scenario {
        name: "smoke-test-fails",
        title: "A version that answers every request with an error",
        expectation: "The pre-traffic hook reports Failed, the deployment ends, and no customer request ever reaches \
                      version 2.",
        stable: Version::good,
        candidate: || Version::bad(json!({"error_percent": 100.0})),
        configuration: CANARY_15,
        disturbance: Disturbance::Nothing,
        requests_per_minute: None,
        pace: 1.0,
        check: expect::refused_for_its_answers,
    },
    Scenario {
        name: "crash-at-start",
        title: "A version that crashes when it starts",
        expectation: "The pre-traffic hook sees the crash and reports Failed, and no customer request ever reaches \
                      version 2.",
        stable: Version::good,
        candidate: || Version::bad(json!({"crash_at_start": true})),
        configuration: CANARY_15,
        disturbance: Disturbance::Nothing,
        requests_per_minute: None,
        pace: 1.0,
        check: expect::refused_for_its_crash,
    },
];
