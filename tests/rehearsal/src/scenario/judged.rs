//! Releases that the judge decides, or tells about. All are plain CodeDeploy canaries with the judge's alarm in the
//! deployment group: what a SAM stack with `DeploymentPreference` gets.

use serde_json::json;

use super::{CANARY_5, CANARY_10, CANARY_15, CANARY_30, Disturbance, Scenario, Version};
use crate::expect::judged as expect;

/// What most of these scenarios share.
const USUAL: Scenario = Scenario {
    name: "",
    title: "",
    expectation: "",
    stable: Version::good,
    candidate: Version::good,
    configuration: CANARY_15,
    disturbance: Disturbance::Nothing,
    requests_per_minute: Some(180),
    pace: 1.0,
    check: |_| Vec::new(),
};

/// Seeds make the faults of a run repeatable; which request meets them is still chance.
pub(super) const SCENARIOS: [Scenario; 8] = [
    Scenario {
        name: "errors",
        title: "5 % errors that the smoke test does not see",
        expectation: "The judge finds the errors at 10 % of the traffic within minutes, its alarm stops the deployment, \
                      and CodeDeploy puts version 1 back.",
        candidate: || Version::turning_bad(json!({"error_percent": 5.0}), 1),
        // Enough requests that 5 % of a tenth of them are more than one in a minute.
        configuration: CANARY_30,
        requests_per_minute: Some(400),
        pace: 0.5,
        check: expect::rolled_back_for_errors,
        ..USUAL
    },
    Scenario {
        name: "slow",
        title: "A third of the answers is slow, none is wrong",
        expectation: "No customer sees an error, and the judge still stops the release, for its latency.",
        candidate: || Version::turning_bad(json!({"added_latency_ms": 700, "slow_percent": 33.0}), 1),
        check: expect::rolled_back_for_latency,
        ..USUAL
    },
    Scenario {
        name: "business-failure",
        title: "Every answer is a 200, and most questions stay unanswered",
        expectation: "Only the business metric shows it, and the judge stops the release for that.",
        candidate: || Version::turning_bad(json!({"unanswered_percent": 60.0}), 1),
        check: expect::rolled_back_for_unanswered_questions,
        ..USUAL
    },
    Scenario {
        name: "too-little-traffic",
        title: "A good version that hardly anybody asks",
        expectation: "The judge says inconclusive for too few requests, not healthy; the release completes, because the \
                      setting lets too few requests pass, and the post-traffic hook says so in capital letters.",
        configuration: CANARY_5,
        requests_per_minute: Some(3),
        check: expect::completed_inconclusive,
        ..USUAL
    },
    Scenario {
        name: "noisy",
        title: "A good version with as many errors as the one before",
        expectation: "0.4 % of the requests fail on both versions: below the limit, and no worse than before. The release \
                      completes, and the judge never says breach.",
        stable: || Version::turning_bad(json!({"error_percent": 0.4}), 1),
        candidate: || Version::turning_bad(json!({"error_percent": 0.4}), 1),
        check: expect::completed_without_a_breach,
        ..USUAL
    },
    Scenario {
        name: "shared-outage",
        title: "An outage that hits both versions",
        expectation: "The judge blames neither and tells; after ten minutes the required error-rate alarm acts by its \
                      letter and stops the release.",
        stable: || Version::turning_bad(json!({"error_percent": 20.0}), 4),
        candidate: || Version::turning_bad(json!({"error_percent": 20.0}), 2),
        configuration: CANARY_30,
        check: expect::stopped_by_the_required_alarm,
        ..USUAL
    },
    Scenario {
        name: "late-metrics",
        title: "Errors while the metrics come two minutes late and out of order",
        expectation: "The judge waits until minutes are settled, finds the errors all the same, and CodeDeploy puts \
                      version 1 back.",
        candidate: || Version::turning_bad(json!({"error_percent": 25.0}), 1),
        disturbance: Disturbance::LateMetrics,
        check: expect::rolled_back_for_errors,
        ..USUAL
    },
    Scenario {
        name: "judge-blind",
        title: "The judge may not read CloudWatch",
        expectation: "While it is blind the judge says nothing, the Blind alarm tells, and the release goes on without it.",
        configuration: CANARY_10,
        disturbance: Disturbance::JudgeDenied,
        check: expect::completed_while_blind,
        ..USUAL
    },
];
