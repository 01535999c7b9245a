//! Starting deployments of the alias: forward, as the last step of a rollout, and back.

use crate::{Live, ReleaseError, Which};
use aws_sdk_codedeploy::error::ProvideErrorMetadata as _;
use aws_sdk_codedeploy::operation::create_deployment::builders::CreateDeploymentFluentBuilder;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, RevisionLocation,
    RevisionLocationType,
};
use chrono::{DateTime, Utc};
use hook::ROLLBACK_DESCRIPTION;
use serde_json::json;

/// All requests at once: a way back takes no detour.
const ALL_AT_ONCE: &str = "CodeDeployDefault.LambdaAllAtOnce";

/// The last step of a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// Id of the pipeline execution; in the description, by which the deployment is found again.
    pub execution: String,
    /// The version that the alias points to.
    pub from: String,
    /// The version that it is to point to.
    pub to: String,
    /// Name of the deployment configuration, for example `CodeDeployDefault.LambdaAllAtOnce`.
    pub configuration: String,
    /// The function that checks before any traffic is moved, by name.
    pub before_traffic: Option<String>,
    /// The function that checks after all of it is moved.
    pub after_traffic: Option<String>,
    /// `None`: the alarms of the group. Else only these, because the others fire already and are not this version's fault.
    pub alarms: Option<Vec<String>>,
}

/// What became of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// It runs, or has run: by this call or by an earlier one.
    As(String),
    /// CodeDeploy makes another deployment of this group first.
    Busy(String),
}

impl Promotion {
    /// By what the deployment is known.
    #[must_use]
    pub fn description(&self) -> String {
        promotion_of(&self.to, &self.execution)
    }
}

/// By what a promotion is known.
pub(crate) fn promotion_of(candidate: &str, execution: &str) -> String {
    format!("Promotion of version {candidate} by {execution}")
}

impl Live {
    /// Starts the promotion, once: one that was started since `since` is found and not started again.
    ///
    /// # Errors
    /// When CodeDeploy refuses.
    pub async fn promote(
        &self,
        promotion: &Promotion,
        since: DateTime<Utc>,
    ) -> Result<Started, ReleaseError> {
        let description = promotion.description();
        let known = |found: Vec<crate::Deployment>| found.into_iter().find(|d| d.description == description);
        if let Some(known) = known(self.deployments(Which::Since(since)).await?) {
            return Ok(Started::As(known.id));
        }
        let hooks = [
            ("BeforeAllowTraffic", promotion.before_traffic.as_deref()),
            ("AfterAllowTraffic", promotion.after_traffic.as_deref()),
        ];
        let call = self.create(&promotion.from, &promotion.to, &promotion.configuration, &hooks);
        let alarms = promotion.alarms.as_ref().map(|names| {
            let alarms = names.iter().map(|name| Alarm::builder().name(name).build()).collect();
            AlarmConfiguration::builder().enabled(!names.is_empty()).set_alarms(Some(alarms)).build()
        });
        let call = call.description(&description).set_override_alarm_configuration(alarms);
        self.started(call, &description, since).await
    }

    /// Starts the deployment back to the last good version. No hooks and no alarms: they would hold up what must not be held
    /// up; and no rollback of the rollback.
    ///
    /// # Errors
    /// When CodeDeploy refuses.
    pub(crate) async fn deploy_back(
        &self,
        (execution, from, to): (&str, &str, &str),
        since: DateTime<Utc>,
    ) -> Result<Started, ReleaseError> {
        let description = way_back(execution, from, to);
        let call = self.create(from, to, ALL_AT_ONCE, &[]);
        let off = AutoRollbackConfiguration::builder().enabled(false).build();
        let call = call
            .description(&description)
            .auto_rollback_configuration(off)
            .override_alarm_configuration(AlarmConfiguration::builder().enabled(false).build());
        self.started(call, &description, since).await
    }

    fn create(
        &self,
        from: &str,
        to: &str,
        configuration: &str,
        hooks: &[(&str, Option<&str>)],
    ) -> CreateDeploymentFluentBuilder {
        let hooks = hooks.iter().filter_map(|(step, name)| Some(json!({*step: (*name)?})));
        let mut appspec = json!({
            "version": 0.0,
            "Resources": [{"live": {"Type": "AWS::Lambda::Function", "Properties": {
                "Name": self.place.function, "Alias": self.place.alias, "CurrentVersion": from, "TargetVersion": to}}}],
        });
        let hooks: Vec<_> = hooks.collect();
        if let (false, Some(members)) = (hooks.is_empty(), appspec.as_object_mut()) {
            members.insert("Hooks".to_owned(), hooks.into());
        }
        let content = AppSpecContent::builder().content(appspec.to_string()).build();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(content)
            .build();
        self.codedeploy
            .create_deployment()
            .application_name(&self.group.application)
            .deployment_group_name(&self.group.name)
            .deployment_config_name(configuration)
            .revision(revision)
    }

    /// Sends the request. `CreateDeployment` knows no idempotency token: when it fails, the deployment is looked for, because
    /// the answer to a first try may have been lost.
    async fn started(
        &self,
        call: CreateDeploymentFluentBuilder,
        description: &str,
        since: DateTime<Utc>,
    ) -> Result<Started, ReleaseError> {
        const OPERATION: &str = "codedeploy:CreateDeployment";
        let error = match call.send().await {
            Ok(answer) => {
                let id = answer.deployment_id().ok_or(ReleaseError::Incomplete(OPERATION, "an id"))?;
                return Ok(Started::As(id.to_owned()));
            }
            Err(error) => error,
        };
        let found = self.deployments(Which::Since(since)).await?;
        if let Some(known) = found.iter().find(|deployment| deployment.description == description) {
            return Ok(Started::As(known.id.clone()));
        }
        if error.code() == Some("DeploymentLimitExceededException") {
            let running = self.deployments(Which::Running).await?;
            let other = running.first().map_or_else(|| "unknown".to_owned(), |other| other.id.clone());
            return Ok(Started::Busy(other));
        }
        Err(ReleaseError::call(OPERATION, error))
    }
}

/// By what our own deployments back are known, to us and to the hooks.
pub(crate) fn way_back(execution: &str, from: &str, to: &str) -> String {
    format!("{ROLLBACK_DESCRIPTION} {execution}, version {from} to {to}")
}
