//! The release binaries, built as production builds them.

use crate::error::{BenchError, while_trying};
use std::{
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// What only a rehearsal's binary may contain: the names of its variables begin like this.
const REHEARSAL_MARK: &[u8] = b"REHEARSAL_";

/// One binary.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Name of the binary.
    pub(crate) name: &'static str,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// The three binaries that are measured.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// Does nothing; the yardstick.
    pub(crate) empty: Program,
    /// The API.
    pub(crate) backend: Program,
    /// The hook.
    pub(crate) pre_traffic: Program,
}

impl Programs {
    /// Builds one package after the other: in one command cargo would unite the features of all of them, and
    /// production builds each function alone.
    pub(crate) fn build() -> Result<Self, BenchError> {
        Ok(Self {
            backend: build("backend", "backend")?,
            pre_traffic: build("pre-traffic", "pre-traffic")?,
            empty: build("bench", "empty")?,
        })
    }

    /// In the order of the tables.
    pub(crate) fn all(&self) -> [&Program; 3] {
        [&self.empty, &self.backend, &self.pre_traffic]
    }
}

fn build(package: &'static str, name: &'static str) -> Result<Program, BenchError> {
    let output = Command::new("cargo")
        .args(["build", "--release", "--package", package, "--bin", name])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stderr(Stdio::inherit())
        .output()
        .map_err(BenchError::NoCargo)?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let path = messages.lines().rev().find_map(executable).filter(|_| output.status.success());
    path.map(|path| Program { name, path }).ok_or(BenchError::BuildFailed(name))
}

/// The executable that one of cargo's JSON messages reports.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

/// What would be uploaded.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Package {
    /// Name of the binary.
    pub(crate) name: &'static str,
    /// Size of the binary.
    pub(crate) binary_bytes: usize,
    /// Size of the zip file that holds it as `bootstrap`.
    pub(crate) zip_bytes: usize,
    /// Whether parts of the rehearsal are in the binary.
    pub(crate) rehearsal_inside: bool,
}

/// Reads one binary, packs it as an upload would, and looks for traces of the rehearsal.
pub(crate) fn package(program: &Program) -> Result<Package, BenchError> {
    let binary = std::fs::read(&program.path).map_err(while_trying(format!("reading {}", program.name)))?;
    Ok(Package {
        name: program.name,
        binary_bytes: binary.len(),
        zip_bytes: zipped_size(&binary)?,
        rehearsal_inside: contains(&binary, REHEARSAL_MARK),
    })
}

fn zipped_size(binary: &[u8]) -> zip::result::ZipResult<usize> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755))?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner().len())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_is_found_when_a_variable_of_the_rehearsal_is_inside() {
        assert!(contains(b"\0\x01REHEARSAL_CLOCK\0", REHEARSAL_MARK));
        assert!(contains(b"REHEARSAL_", REHEARSAL_MARK));
    }

    #[test]
    fn mark_is_not_found_when_the_binary_is_clean_or_short() {
        assert!(!contains(b"rehearsal_ REHEARSAL", REHEARSAL_MARK));
        assert!(!contains(b"", REHEARSAL_MARK));
    }

    #[test]
    fn zip_is_smaller_when_the_binary_repeats_itself() {
        assert!(zipped_size(&[7; 100_000]).unwrap() < 1_000);
    }

    #[test]
    fn path_is_read_when_the_message_names_an_executable() {
        assert_eq!(
            executable(r#"{"executable":"/t/release/empty"}"#),
            Some(PathBuf::from("/t/release/empty"))
        );
        for message in [r#"{"executable":null}"#, r#"{"reason":"build-finished"}"#, "no JSON"] {
            assert_eq!(executable(message), None, "{message}");
        }
    }
}
