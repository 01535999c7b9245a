//! Turns uploaded code into a program that can be started.

use std::{
    fs,
    io::Cursor,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{errors::invalid_parameter, model::Code, requests::CodeSource};
use crate::error::ApiError;

/// The file that `provided.*` runtimes start.
const BOOTSTRAP: &str = "bootstrap";
/// Unpacked size that Lambda allows, 250 MB.
const UNPACKED_LIMIT_BYTES: u128 = 262_144_000;

/// Stores the code of `source`.
///
/// # Errors
/// `InvalidParameterValueException` when nothing usable is given, with what to do.
pub(crate) fn store(source: &CodeSource) -> Result<Arc<Code>, ApiError> {
    match (&source.zip_file, source.s3_bucket.as_deref(), &source.s3_key) {
        (Some(base64), ..) => from_zip(base64),
        (None, Some("file"), Some(path)) => from_file(Path::new(path)),
        (None, Some(_), _) => Err(ApiError::not_implemented(
            "code in S3: send ZipFile, or S3Bucket `file` with S3Key set to the path of an executable",
        )),
        _ if source.image_uri.is_some() => Err(ApiError::not_implemented("container images: send ZipFile")),
        _ => Err(invalid_parameter("Please provide a source for function code.")),
    }
}

fn from_zip(base64: &str) -> Result<Arc<Code>, ApiError> {
    let unzip_failed =
        |e: &dyn std::fmt::Display| invalid_parameter(format!("Could not unzip uploaded file: {e}"));
    let bytes = STANDARD.decode(base64).map_err(|e| unzip_failed(&e))?;
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).map_err(|e| unzip_failed(&e))?;
    if archive.decompressed_size().is_none_or(|size| size > UNPACKED_LIMIT_BYTES) {
        let message = format!("Unzipped size must be smaller than {UNPACKED_LIMIT_BYTES} bytes");
        return Err(invalid_parameter(message));
    }
    let folder = tempfile::tempdir().map_err(|e| unzip_failed(&e))?;
    // Refuses paths and links that lead out of the folder; keeps the archive's permissions.
    archive.extract(folder.path()).map_err(|e| unzip_failed(&e))?;
    let program = folder.path().join(BOOTSTRAP);
    if !program.is_file() {
        return Err(invalid_parameter(
            "the twin runs `provided.*` functions: the ZIP file has no file named bootstrap",
        ));
    }
    Ok(Arc::new(Code { program, sha256: digest(&bytes), size: bytes.len() as u64, folder }))
}

/// Copies the program, because a published version must not change when the file is built again.
fn from_file(path: &Path) -> Result<Arc<Code>, ApiError> {
    let unreadable =
        |e: std::io::Error| invalid_parameter(format!("the program {} cannot be read: {e}", path.display()));
    let bytes = fs::read(path).map_err(unreadable)?;
    let (size, sha256) = (bytes.len() as u64, digest(&bytes));
    let (program, folder) = unpack(&bytes).map_err(unreadable)?;
    Ok(Arc::new(Code { program, sha256, size, folder }))
}

/// Writes the program into a folder of its own.
fn unpack(program: &[u8]) -> std::io::Result<(PathBuf, TempDir)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(BOOTSTRAP);
    fs::write(&path, program)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok((path, folder))
}

fn digest(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_refused_when_it_is_no_zip_file() {
        let source = CodeSource { zip_file: Some(STANDARD.encode("not a zip")), ..CodeSource::default() };
        let error = store(&source).unwrap_err();
        assert_eq!(error.code, "InvalidParameterValueException");
        assert!(error.message.starts_with("Could not unzip uploaded file"), "{}", error.message);
    }

    #[test]
    fn code_is_refused_when_nothing_is_given() {
        assert_eq!(
            store(&CodeSource::default()).unwrap_err().message,
            "Please provide a source for function code."
        );
    }
}
