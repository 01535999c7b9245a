//! What a hook can see of the deployment it belongs to. The event names no function and no version, so this is read.

use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codedeploy::operation::batch_get_deployment_targets::BatchGetDeploymentTargetsError;
use aws_sdk_codedeploy::operation::get_deployment::GetDeploymentError;
use aws_sdk_codedeploy::operation::list_deployment_targets::ListDeploymentTargetsError;
use aws_sdk_codedeploy::types::{DeploymentInfo, DeploymentTarget, DeploymentTargetType};
use serde::Serialize;

/// `BatchGetDeploymentTargets` takes at most this many ids (API reference).
const TARGETS_PER_CALL: usize = 25;

/// A deployment whose description starts with this is a rollback, whoever started it: CodeDeploy names only its own
/// rollbacks by their creator, and one that our tools or a person start must not be held up by a check either.
///
/// Everybody who may call `CreateDeployment` can thereby pass the checks; the same permission puts any version live.
pub const ROLLBACK_DESCRIPTION: &str = "Rollback:";

/// One deployment as CodeDeploy describes it. The texts of `GetDeployment` are `None` when it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// For example `d-EXAMPLE01`.
    pub id: String,
    /// Who started it: `user`, `CloudFormation`, `codeDeployRollback`, `CloudFormationRollback`, ...
    pub creator: Option<String>,
    /// `InProgress` while a hook runs; `Stopped`, `Failed` or `Succeeded` once it is over.
    pub status: Option<String>,
    /// The CodeDeploy application.
    pub application: Option<String>,
    /// The deployment group.
    pub group: Option<String>,
    /// When it was created, in milliseconds since 1970.
    pub created_at_ms: Option<i64>,
    /// What the creator wrote; see [`ROLLBACK_DESCRIPTION`].
    pub description: Option<String>,
    /// The aliases that are being moved.
    pub targets: Vec<Target>,
}

/// One alias that the deployment moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Name of the function.
    pub function_name: String,
    /// Name of the alias.
    pub alias: Option<String>,
    /// The version that has the traffic; equals the target version on a first deployment.
    pub current_version: Option<String>,
    /// The new version.
    pub target_version: String,
    /// Share of the traffic that the new version has now, in percent as CodeDeploy reports it.
    pub target_weight: f64,
    /// How far the deployment is: `BeforeAllowTraffic`, `AllowTraffic`, `AfterAllowTraffic`.
    pub lifecycle: Vec<LifecycleStep>,
}

/// One step of the deployment's life cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LifecycleStep {
    /// For example `BeforeAllowTraffic`.
    pub name: String,
    /// For example `InProgress`.
    pub status: String,
}

/// Why the targets cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// Allow `codedeploy:ListDeploymentTargets`, or look at the cause.
    #[error("the deployment's targets cannot be listed")]
    List(#[source] Box<SdkError<ListDeploymentTargetsError>>),
    /// Allow `codedeploy:BatchGetDeploymentTargets`, or look at the cause.
    #[error("the deployment's targets cannot be read")]
    Read(#[source] Box<SdkError<BatchGetDeploymentTargetsError>>),
    /// CodeDeploy knows no target (yet).
    #[error("the deployment shows no target")]
    NoTarget,
    /// The target is listed, but not filled in (yet): the hook needs the function's name and new version.
    #[error("a target of the deployment has no {0}")]
    Incomplete(&'static str),
    /// The hook serves Lambda deployments only.
    #[error("a target of the deployment is no Lambda function but of type {0}")]
    NotLambda(String),
}

impl ObserveError {
    /// Whether asking again can help. Right after its start a deployment shows no targets yet, or targets that are not
    /// filled in.
    pub(crate) fn may_pass(&self) -> bool {
        let code = match self {
            Self::List(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::NoTarget | Self::Incomplete(_) => return true,
            Self::NotLambda(_) => return false,
        };
        deployment_may_exist(code)
    }
}

/// Whether a call that failed with this code may succeed later: throttling, a server error, the network, or a policy
/// that is not in force yet; but an unknown deployment stays unknown.
pub(crate) fn deployment_may_exist(code: Option<&str>) -> bool {
    !matches!(code, Some("DeploymentDoesNotExistException" | "InvalidDeploymentIdException"))
}

impl Deployment {
    /// Reads creator, status and names; the targets stay empty.
    ///
    /// # Errors
    /// What `GetDeployment` reports.
    pub async fn describe(client: &Client, id: &str) -> Result<Self, SdkError<GetDeploymentError>> {
        let answer = client.get_deployment().deployment_id(id).send().await?;
        Ok(answer.deployment_info().map_or_else(|| Self::unknown(id), |info| Self::from_info(id, info)))
    }

    /// A deployment of which only the id is known.
    #[must_use]
    pub fn unknown(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    fn from_info(id: &str, info: &DeploymentInfo) -> Self {
        Self {
            id: id.to_owned(),
            creator: info.creator().map(|creator| creator.as_str().to_owned()),
            status: info.status().map(|status| status.as_str().to_owned()),
            application: info.application_name().map(str::to_owned),
            group: info.deployment_group_name().map(str::to_owned),
            created_at_ms: info.create_time().and_then(|at| at.to_millis().ok()),
            description: info.description().map(str::to_owned),
            targets: Vec::new(),
        }
    }

    /// Whether the old version is being put back: by CodeDeploy, by CloudFormation, or by somebody who said so
    /// ([`ROLLBACK_DESCRIPTION`]). That must never be held up.
    #[must_use]
    pub fn is_rollback(&self) -> bool {
        matches!(self.creator.as_deref(), Some("codeDeployRollback" | "CloudFormationRollback"))
            || self.description.as_deref().is_some_and(|text| text.starts_with(ROLLBACK_DESCRIPTION))
    }

    /// Whether the deployment is over; an unknown status is not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.status.as_deref(), Some("Stopped" | "Failed" | "Succeeded"))
    }

    /// The versions concerned, for logs: `shop:live 41 -> 42`.
    #[must_use]
    pub fn versions(&self) -> String {
        let one = |target: &Target| {
            let Target { function_name, alias, current_version, target_version, .. } = target;
            let (alias, current) =
                (alias.as_deref().unwrap_or("?"), current_version.as_deref().unwrap_or("?"));
            format!("{function_name}:{alias} {current} -> {target_version}")
        };
        self.targets.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Reads the targets once: all ids first, because their form is CodeDeploy's own, then 25 at a time.
pub(crate) async fn read_targets(client: &Client, id: &str) -> Result<Vec<Target>, ObserveError> {
    let mut ids = Vec::new();
    let mut next = None;
    loop {
        let page = client.list_deployment_targets().deployment_id(id).set_next_token(next).send().await;
        let page = page.map_err(|error| ObserveError::List(Box::new(error)))?;
        ids.extend_from_slice(page.target_ids());
        next = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    let mut targets = Vec::new();
    for some_ids in ids.chunks(TARGETS_PER_CALL) {
        let call =
            client.batch_get_deployment_targets().deployment_id(id).set_target_ids(Some(some_ids.to_vec()));
        let answer = call.send().await.map_err(|error| ObserveError::Read(Box::new(error)))?;
        for target in answer.deployment_targets() {
            targets.push(lambda_target(target)?);
        }
    }
    if targets.is_empty() { Err(ObserveError::NoTarget) } else { Ok(targets) }
}

fn lambda_target(target: &DeploymentTarget) -> Result<Target, ObserveError> {
    let kind = target.deployment_target_type().filter(|kind| **kind != DeploymentTargetType::LambdaTarget);
    if let Some(kind) = kind {
        return Err(ObserveError::NotLambda(kind.as_str().to_owned()));
    }
    let target = target.lambda_target().ok_or(ObserveError::Incomplete("Lambda function"))?;
    let info = target.lambda_function_info().ok_or(ObserveError::Incomplete("function description"))?;
    let step = |event: &aws_sdk_codedeploy::types::LifecycleEvent| LifecycleStep {
        name: event.lifecycle_event_name().unwrap_or_default().to_owned(),
        status: event.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
    };
    Ok(Target {
        function_name: info.function_name().ok_or(ObserveError::Incomplete("function name"))?.to_owned(),
        alias: info.function_alias().map(str::to_owned),
        current_version: info.current_version().map(str::to_owned),
        target_version: info.target_version().ok_or(ObserveError::Incomplete("target version"))?.to_owned(),
        target_weight: info.target_version_weight(),
        lifecycle: target.lifecycle_events().iter().map(step).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_codedeploy::types::{LambdaFunctionInfo, LambdaTarget};

    fn created_by(creator: &str) -> Deployment {
        Deployment { creator: Some(creator.to_owned()), ..Deployment::unknown("d-1") }
    }

    fn target(info: LambdaFunctionInfo) -> DeploymentTarget {
        let lambda = LambdaTarget::builder().lambda_function_info(info).build();
        DeploymentTarget::builder()
            .deployment_target_type(DeploymentTargetType::LambdaTarget)
            .lambda_target(lambda)
            .build()
    }

    #[test]
    fn rollback_is_recognised_when_codedeploy_or_cloudformation_made_it() {
        assert!(created_by("codeDeployRollback").is_rollback());
        assert!(created_by("CloudFormationRollback").is_rollback());
        assert!(!created_by("CloudFormation").is_rollback());
        assert!(!Deployment::unknown("d-1").is_rollback());
    }

    #[test]
    fn rollback_is_recognised_when_its_description_says_so() {
        for (description, rollback) in [
            ("Rollback: 41 again", true),
            ("Rollback:", true),
            ("A Rollback: no", false),
            ("rollback", false),
        ] {
            let deployment = Deployment { description: Some(description.to_owned()), ..created_by("user") };
            assert_eq!(deployment.is_rollback(), rollback, "{description}");
        }
    }

    #[test]
    fn end_is_recognised_when_the_status_is_final() {
        for (status, ended) in
            [("Stopped", true), ("Failed", true), ("Succeeded", true), ("InProgress", false)]
        {
            let deployment = Deployment { status: Some(status.to_owned()), ..Deployment::unknown("d-1") };
            assert_eq!(deployment.has_ended(), ended, "{status}");
        }
    }

    #[test]
    fn target_is_read_when_the_alias_is_new() {
        let info = LambdaFunctionInfo::builder().function_name("shop").target_version("1").build();
        let read = lambda_target(&target(info)).unwrap();
        assert_eq!((read.function_name.as_str(), read.target_version.as_str()), ("shop", "1"));
        assert_eq!(read.alias, None);
        let deployment = Deployment { targets: vec![read], ..Deployment::unknown("d-1") };
        assert_eq!(deployment.versions(), "shop:? ? -> 1");
    }

    #[test]
    fn error_when_the_new_version_is_missing() {
        let info = LambdaFunctionInfo::builder().function_name("shop").build();
        let error = lambda_target(&target(info)).unwrap_err();
        assert!(matches!(error, ObserveError::Incomplete("target version")) && error.may_pass());
    }

    #[test]
    fn error_is_final_when_the_target_is_no_lambda_function() {
        let target =
            DeploymentTarget::builder().deployment_target_type(DeploymentTargetType::EcsTarget).build();
        let error = lambda_target(&target).unwrap_err();
        assert!(matches!(error, ObserveError::NotLambda(_)) && !error.may_pass());
    }
}
