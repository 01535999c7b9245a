//! Why nothing could be measured.

/// Every message says what to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// Cargo itself could not be started.
    #[error("cargo cannot be started ({0}); is Rust installed and on the PATH?")]
    NoCargo(#[source] std::io::Error),
    /// The compiler's messages are above, on standard error.
    #[error("{0} does not build; see the compiler's messages above")]
    BuildFailed(&'static str),
    /// A file, a process or a socket of this computer.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The certificates of the local AWS endpoint.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS side of the local AWS endpoint.
    #[error("the local AWS endpoint cannot speak TLS: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// A package could not be compressed.
    #[error("a package cannot be zipped: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// Start it by hand with the same environment.
    #[error("{program} ended before its first answer ({status})")]
    Ended {
        /// The row's name.
        program: String,
        /// How it ended.
        status: String,
    },
    /// Start it by hand with the same environment.
    #[error("{0} did not answer within {limit} s", limit = crate::process::PATIENCE.as_secs())]
    NoAnswer(String),
    /// A time is only worth something when the work was done.
    #[error("{program} did not do its work, so its time means nothing; it answered {answer}")]
    WrongAnswer {
        /// The row's name.
        program: String,
        /// The whole answer.
        answer: String,
    },
    /// At least one measurement per row.
    #[error("nothing was measured for {0}")]
    NoSamples(String),
    /// The result cannot be written as JSON.
    #[error("the result is no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Says what was tried when the operating system refuses.
pub(crate) fn while_trying(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> BenchError {
    move |source| BenchError::System { what: what.into(), source }
}
