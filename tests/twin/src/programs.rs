//! Builds the workspace's own programs, so that tests and rehearsals run real binaries.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The fault switch and the virtual clock are compiled into the backend only with this feature.
const FEATURES: &str = "alarm-rollback/rehearsal,backend/rehearsal,canary-judge/rehearsal,post-traffic/rehearsal,traffic-shift/rehearsal";

/// The variable that the feature compiles into the backend.
const FAULT_SWITCH: &[u8] = b"REHEARSAL_FAULTS";

/// Why a program cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Cargo itself could not be started.
    #[error("cargo cannot be started ({0}); is Rust installed and on the PATH?")]
    NoCargo(#[source] std::io::Error),
    /// The compiler's messages are above, on standard error.
    #[error("the workspace does not build; see the compiler's messages above")]
    BuildFailed,
    /// Another build, for instance of `cargo lambda`, replaced the program.
    #[error("{0} was built without the feature `rehearsal` and knows no faults; build it with `make build`")]
    WithoutFaults(String),
    /// The build made no such program.
    #[error(
        "there is no program {name} in {folder}; build it with `cargo build --workspace --features {FEATURES}`"
    )]
    Missing {
        /// Name of the binary.
        name: String,
        /// Where it was looked for.
        folder: String,
    },
}

/// A folder with built programs.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Builds the whole workspace in the dev profile. One command for tests, rehearsal and Makefile, because another
    /// selection of packages would compile the AWS SDK again with other features.
    ///
    /// # Errors
    /// When cargo is missing or the build fails; compiler messages go to standard error.
    pub fn build() -> Result<Self, ProgramError> {
        let output = Command::new("cargo")
            .args([
                "build",
                "--quiet",
                "--workspace",
                "--features",
                FEATURES,
                "--message-format=json-render-diagnostics",
            ])
            // The workspace's root: a relative CARGO_TARGET_DIR must mean the same folder as for a person there.
            .current_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")))
            .stderr(Stdio::inherit())
            .output()
            .map_err(ProgramError::NoCargo)?;
        if !output.status.success() {
            return Err(ProgramError::BuildFailed);
        }
        let executable = String::from_utf8_lossy(&output.stdout).lines().find_map(executable);
        let folder = executable.and_then(|path| path.parent().map(Path::to_path_buf));
        folder.map(|folder| Self { folder }).ok_or(ProgramError::BuildFailed)
    }

    /// Programs that were built before.
    ///
    /// # Errors
    /// When the backend is missing or was built without its fault switch: every bad version would be a good one.
    pub fn in_folder(folder: PathBuf) -> Result<Self, ProgramError> {
        let programs = Self { folder };
        let backend = programs.path("backend")?;
        let bytes = std::fs::read(&backend).unwrap_or_default();
        if memchr::memmem::find(&bytes, FAULT_SWITCH).is_none() {
            return Err(ProgramError::WithoutFaults(backend.display().to_string()));
        }
        Ok(programs)
    }

    /// The path of one program.
    ///
    /// # Errors
    /// When the folder has no such program.
    pub fn path(&self, name: &str) -> Result<PathBuf, ProgramError> {
        let path = self.folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
        Err(ProgramError::Missing { name: name.to_owned(), folder: self.folder.display().to_string() })
    }
}

/// The executable that one of cargo's JSON messages reports.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}
