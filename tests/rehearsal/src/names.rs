//! Names of production, as the templates give them (tested below): what scenarios and reports talk about.

/// The API that is released.
pub(crate) const BACKEND: &str = "manuel-prod-backend";
/// What customers call.
pub(crate) const ALIAS: &str = "live";
pub(crate) const PRE_TRAFFIC: &str = "manuel-prod-pre-traffic";
pub(crate) const POST_TRAFFIC: &str = "manuel-prod-post-traffic";
pub(crate) const JUDGE: &str = "manuel-prod-canary-judge";
pub(crate) const ROLLBACK: &str = "manuel-prod-alarm-rollback";
/// Where questions are counted.
pub(crate) const USAGE_TABLE: &str = "manuel-prod-usage";
/// CodeDeploy's application and group of `live`.
pub(crate) const APPLICATION: &str = "manuel-prod";
pub(crate) const GROUP: &str = "manuel-prod-backend-live";

/// The judge says that the canary is worse than allowed. Guards the release.
pub(crate) const BREACH: &str = "manuel-prod-canary-breach";
/// Requirement M2 by its letter: the canary's error rate is over 1 % for ten minutes. Guards the release.
pub(crate) const ERROR_RATE: &str = "manuel-prod-canary-error-rate";
/// The table refuses requests, whichever version asks. Guards the release.
pub(crate) const THROTTLED: &str = "manuel-prod-usage-throttled";
/// The judge does not see, or does not run. Tells people.
pub(crate) const BLIND: &str = "manuel-prod-canary-blind";
/// Both versions are over a limit. Tells people.
pub(crate) const SHARED_FAULT: &str = "manuel-prod-canary-shared-fault";

pub(crate) const PIPELINE: &str = "manuel-backend-pipeline";
/// Where people are asked.
pub(crate) const APPROVALS: &str = "manuel-approvals";
/// Where people are told.
pub(crate) const NOTICES: &str = "manuel-notices";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::{self, Environment};
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_one_of_a_template() {
        let production = templates::environment(Environment::Production, "1", "build-1").unwrap();
        let pipeline = templates::pipeline().unwrap();
        let all = production.resources.values().chain(pipeline.resources.values());
        let made: BTreeSet<(&str, &str)> = all.map(|r| (r.kind.as_str(), r.name.as_str())).collect();
        let of = |kind: &'static str, names: &[&'static str]| {
            for name in names {
                assert!(made.contains(&(kind, name)), "no {kind} is called {name}");
            }
        };
        of("AWS::Serverless::Function", &[BACKEND, PRE_TRAFFIC, POST_TRAFFIC, JUDGE, ROLLBACK]);
        of("AWS::CloudWatch::Alarm", &[BREACH, ERROR_RATE, THROTTLED, BLIND, SHARED_FAULT]);
        of("AWS::DynamoDB::Table", &[USAGE_TABLE]);
        of("AWS::Lambda::Alias", &[ALIAS]);
        of("AWS::CodeDeploy::Application", &[APPLICATION]);
        of("AWS::CodeDeploy::DeploymentGroup", &[GROUP]);
        of("AWS::CodePipeline::Pipeline", &[PIPELINE]);
        of("AWS::SNS::Topic", &[APPROVALS, NOTICES]);
    }
}
