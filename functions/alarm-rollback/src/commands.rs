//! Commands for a person, ready to be pasted. Pure.

use release::{Group, Place};

/// Gives all requests to a version, without CodeDeploy.
#[must_use]
pub fn reset(place: &Place, stable: &str) -> String {
    let Place { function, alias } = place;
    format!(
        r#"aws lambda update-alias --function-name {function} --name {alias} --function-version {stable} --routing-config '{{"AdditionalVersionWeights":{{}}}}'"#
    )
}

/// Stops a deployment, and has CodeDeploy put back what it changed.
#[must_use]
pub fn stop(deployment: &str) -> String {
    format!("aws deploy stop-deployment --deployment-id {deployment} --auto-rollback-enabled")
}

/// Where to look: the alias, the deployments, the pipeline.
#[must_use]
pub fn look(place: &Place, group: &Group, pipeline: Option<&str>) -> Vec<String> {
    let Place { function, alias } = place;
    let Group { application, name } = group;
    let mut commands = vec![
        format!("aws lambda get-alias --function-name {function} --name {alias}"),
        format!(
            "aws deploy list-deployments --application-name {application} --deployment-group-name {name}"
        ),
    ];
    commands
        .extend(pipeline.map(|pipeline| format!("aws codepipeline get-pipeline-state --name {pipeline}")));
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_complete() {
        let place = Place { function: "manuel-backend".to_owned(), alias: "live".to_owned() };
        assert_eq!(
            reset(&place, "6"),
            r#"aws lambda update-alias --function-name manuel-backend --name live --function-version 6 --routing-config '{"AdditionalVersionWeights":{}}'"#
        );
        assert_eq!(stop("d-1"), "aws deploy stop-deployment --deployment-id d-1 --auto-rollback-enabled");
        let group = Group { application: "manuel".to_owned(), name: "live".to_owned() };
        let commands = look(&place, &group, Some("release"));
        assert_eq!(commands.len(), 3);
        assert_eq!(
            commands[1],
            "aws deploy list-deployments --application-name manuel --deployment-group-name live"
        );
        assert_eq!(look(&place, &group, None).len(), 2);
    }
}
