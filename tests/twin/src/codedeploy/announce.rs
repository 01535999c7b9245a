//! Events about deployments, for rules.
//!
//! START when a deployment begins to run, not when it is created (C); a rollback is a deployment of its own with its own
//! events, and nothing in them says that it is one (A). The group's id stands where recorded events have the id of an
//! instance group, which is the same for every deployment of a group (B).

use serde_json::json;

use super::{
    CodeDeploy,
    model::{Deployment, Status},
};
use crate::{Options, events::AwsEvent};

impl CodeDeploy {
    /// Tells the bus of a deployment's new status.
    pub(super) fn announce(&self, of: &Deployment) {
        let state = match of.status {
            Status::Created => return,
            Status::InProgress => "START",
            Status::Succeeded => "SUCCESS",
            Status::Failed => "FAILURE",
            Status::Stopped => "STOP",
        };
        let Options { region, account, .. } = &self.lambda.around.options;
        let prefix = format!("arn:aws:codedeploy:{region}:{account}");
        let Deployment { application, group, .. } = of;
        self.bus.emit(AwsEvent {
            source: "aws.codedeploy".to_owned(),
            detail_type: "CodeDeploy Deployment State-change Notification".to_owned(),
            resources: vec![
                format!("{prefix}:deploymentgroup:{application}/{group}"),
                format!("{prefix}:application:{application}"),
            ],
            detail: json!({
                "region": region,
                "deploymentId": of.id,
                "instanceGroupId": of.group_id,
                "deploymentGroup": group,
                "application": application,
                "state": state,
            }),
            at: self.now(),
        });
    }
}
