//! What is answered when the script leaves it to us.

use serde_json::{Value, json};

/// A healthy deployment of `shop:live` from version 41 to 42; an empty answer to anything else.
#[must_use]
pub fn default_answer(operation: &str) -> Value {
    match operation {
        "GetDeployment" => deployment("user", "InProgress"),
        "ListDeploymentTargets" => json!({"targetIds": ["shop:live"]}),
        "BatchGetDeploymentTargets" => json!({"deploymentTargets": [{
            "deploymentTargetType": "LambdaTarget",
            "lambdaTarget": {
                "targetId": "shop:live",
                "lambdaFunctionInfo": {
                    "functionName": "shop", "functionAlias": "live",
                    "currentVersion": "41", "targetVersion": "42", "targetVersionWeight": 0.0,
                },
                "lifecycleEvents": [{"lifecycleEventName": "BeforeAllowTraffic", "status": "InProgress"}],
            },
        }]}),
        "Invoke" => json!({"statusCode": 200, "body": "{\"status\":\"ok\"}"}),
        _ => json!({}),
    }
}

/// What `GetDeployment` answers.
#[must_use]
pub fn deployment(creator: &str, status: &str) -> Value {
    json!({"deploymentInfo": {
        "deploymentId": "d-READY0001", "creator": creator, "status": status,
        "applicationName": "shop", "deploymentGroupName": "live",
    }})
}
