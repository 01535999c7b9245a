//! What the hook wrote about its decision: CodeDeploy learns only Succeeded or Failed, people want the reason.

use serde::Deserialize;
use twin::LogLine;

/// A structured log line, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    message: String,
    deployment_id: Option<String>,
    reason: Option<String>,
}

/// The reason in the line `hook decided` about a deployment.
pub(crate) fn reason(lines: &[LogLine], deployment: &str) -> Option<String> {
    lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Line>(&line.line).ok())
        .map(|line| line.fields)
        .find(|fields| {
            fields.message == "hook decided" && fields.deployment_id.as_deref() == Some(deployment)
        })
        .and_then(|fields| fields.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_found_when_other_lines_stand_around_it() {
        let line = |line: &str| LogLine {
            at: chrono::DateTime::UNIX_EPOCH,
            version: "1".to_owned(),
            line: line.to_owned(),
        };
        let lines = [
            line("no json"),
            line(r#"{"fields":{"message":"hook decided","deployment_id":"d-OTHER","reason":"other"}}"#),
            line(r#"{"fields":{"message":"hook decided","deployment_id":"d-1","reason":"status 500"}}"#),
        ];
        assert_eq!(reason(&lines, "d-1").as_deref(), Some("status 500"));
        assert_eq!(reason(&lines, "d-2"), None);
    }
}
