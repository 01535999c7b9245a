//! CodeDeploy's errors; the codes are the API model's, the sentences mostly our own.

use crate::error::ApiError;

pub(super) fn no_application(name: &str) -> ApiError {
    ApiError::bad_request(
        "ApplicationDoesNotExistException",
        format!("No application found for name: {name}"),
    )
}

pub(super) fn no_group(name: &str) -> ApiError {
    ApiError::bad_request(
        "DeploymentGroupDoesNotExistException",
        format!("No Deployment Group found for name: {name}"),
    )
}

pub(super) fn group_exists(name: &str) -> ApiError {
    let message = format!("Deployment group name already exists: {name}");
    ApiError::bad_request("DeploymentGroupAlreadyExistsException", message)
}

pub(super) fn no_configuration(name: &str) -> ApiError {
    ApiError::bad_request(
        "DeploymentConfigDoesNotExistException",
        format!("No Deployment Configuration found for name: {name}"),
    )
}

pub(super) fn no_deployment(id: &str) -> ApiError {
    ApiError::bad_request(
        "DeploymentDoesNotExistException",
        format!("The deployment {id} could not be found"),
    )
}

pub(super) fn invalid_revision(detail: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(
        "InvalidRevisionException",
        format!("The AppSpec of the revision is not valid: {detail}"),
    )
}

/// Checks a deployment id's presence and form.
pub(super) fn check_deployment_id(id: &str) -> Result<(), ApiError> {
    if id.is_empty() {
        return Err(ApiError::bad_request(
            "DeploymentIdRequiredException",
            "The deployment ID must be specified",
        ));
    }
    let form =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !id.strip_prefix("d-").is_some_and(form) {
        let message = format!("The deployment ID {id} is not valid: it is d- and capitals or digits");
        return Err(ApiError::bad_request("InvalidDeploymentIdException", message));
    }
    Ok(())
}
