//! The event of a CodePipeline job, as far as it is needed. Its other members are left alone: credentials are among them.

use serde_json::Value;

/// Configure the function as the action of a pipeline; nobody else's event has a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event has no \"CodePipeline.job\" with an \"id\": only an action of a pipeline invokes this function"
)]
pub struct NoJob;

/// One call of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What is answered; every call has another one, a repeated delivery the same.
    pub id: String,
    /// The action's parameters; empty when there are none.
    pub user_parameters: String,
    /// From the call before.
    pub continuation_token: Option<String>,
}

impl Job {
    /// Reads the event; only the id must be there, because without it nothing can be answered.
    ///
    /// # Errors
    /// When there is no id.
    pub fn read(event: &Value) -> Result<Self, NoJob> {
        let job = event.get("CodePipeline.job").ok_or(NoJob)?;
        let text = |pointer: &str| job.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            id: text("/id").filter(|id| !id.is_empty()).ok_or(NoJob)?,
            user_parameters: text("/data/actionConfiguration/configuration/UserParameters")
                .unwrap_or_default(),
            continuation_token: text("/data/continuationToken"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Parameters;
    use std::path::Path;

    fn samples() -> Vec<(String, Value)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/codepipeline");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                (name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap())
            })
            .collect()
    }

    #[test]
    fn samples_are_taken_unless_their_names_say_invalid() {
        let samples = samples();
        assert!(samples.len() >= 7);
        for (name, event) in samples {
            let read = Job::read(&event).ok().and_then(|job| Parameters::read(&job.user_parameters).ok());
            assert_eq!(read.is_some(), !name.starts_with("invalid-"), "{name}");
        }
    }

    #[test]
    fn job_is_read_when_only_its_id_is_there() {
        let job = Job::read(&serde_json::json!({"CodePipeline.job": {"id": "j-1"}})).unwrap();
        assert_eq!(
            (job.id.as_str(), job.user_parameters.as_str(), job.continuation_token),
            ("j-1", "", None)
        );
        for event in [r"{}", r#"{"CodePipeline.job":{}}"#, r#"{"CodePipeline.job":{"id":7}}"#, "[]"] {
            assert_eq!(Job::read(&serde_json::from_str(event).unwrap()), Err(NoJob), "{event}");
        }
    }
}
