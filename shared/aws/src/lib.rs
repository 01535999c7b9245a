//! AWS SDK clients, built in one place, once per process and fast (docs/decisions/0001-aws-clients.md).
//!
//! Everything comes from a lookup function that `main.rs` passes in; there is no credentials chain, no profile and no
//! metadata service, because Lambda hands a function all of it in its environment:
//!
//! | variable | meaning |
//! |---|---|
//! | `AWS_REGION`, else `AWS_DEFAULT_REGION` | required |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | required; `AWS_SESSION_TOKEN` when there is one |
//! | `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>` | another endpoint; the service's own wins |
//! | `AWS_MAX_ATTEMPTS` | tries per call, the first included, 1 to 10; unset: 3 |
//! | `AWS_CA_BUNDLE` | trust exactly the certificates of this PEM file |
//! | `AWS_TLS_ROOTS` | `system` trusts the system's certificates; unset: the five embedded Amazon roots |
//!
//! A new service takes a cargo feature and one line in `clients.rs`. **A trap**: `default-features = false` must stand
//! on *every* aws-sdk crate; one crate with its defaults brings the old TLS stack back for all
//! (`cargo tree -i hyper@0.14` must fail).

mod chain;
mod clients;
mod settings;
mod tls;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use settings::Settings;
use std::time::Duration;

pub use chain::chain;
pub use settings::SettingsError;
pub use tls::{CA_BUNDLE, TLS_ROOTS, TlsError};

/// A connection to a healthy regional endpoint takes milliseconds; a lost packet is sent again after 1 s.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// One try of one call. The control-plane calls made here answer well under a second.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// One call with all its tries: `MAX_ATTEMPTS` times the above, plus the SDK's back-off of at most a few seconds. It holds
/// also where `AWS_MAX_ATTEMPTS` asks for more.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);
/// Tries per call, the first included (the SDKs' standard mode; throttling and server errors are tried again), where
/// `AWS_MAX_ATTEMPTS` does not say otherwise.
pub const MAX_ATTEMPTS: u32 = 3;

/// Time-outs of a call that must end within a limit, whatever its tries do.
#[cfg(any(feature = "bedrock", feature = "dynamodb"))]
fn within(time_limit: Duration) -> TimeoutConfig {
    // All three, because what is left out would be merged in from the general ones.
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(time_limit))
        .operation_attempt_timeout(time_limit)
        .operation_timeout(time_limit)
        .build()
}

/// Why the clients cannot be built; the message says what to set.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// Set the missing region or credential, or correct `AWS_MAX_ATTEMPTS`.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Correct `AWS_TLS_ROOTS` or the file that `AWS_CA_BUNDLE` names.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What all clients share: who we are, where AWS is, whom we trust, and one pool of connections.
#[derive(Clone, Debug)]
pub struct Aws {
    settings: Settings,
    http: SharedHttpClient,
}

impl Aws {
    /// Reads the variables of the table above and prepares the HTTPS client.
    ///
    /// # Errors
    /// When region or credentials are missing or empty, `AWS_MAX_ATTEMPTS` is no number from 1 to 10, or the TLS variables
    /// name no usable certificates.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, AwsError> {
        let settings = Settings::from_lookup(&lookup)?;
        let context = tls::context(&lookup)?;
        let provider = Provider::Rustls(CryptoMode::Ring);
        let http = Builder::new().tls_provider(provider).tls_context(context).build_https();
        Ok(Self { settings, http })
    }

    /// The SDK configuration for one service: standard retries and the time-outs above.
    fn sdk_config(&self, service: &str) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(self.settings.region.clone()))
            .credentials_provider(self.settings.credentials.clone())
            .http_client(self.http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(self.settings.max_attempts))
            .timeout_config(timeouts);
        builder.set_endpoint_url(self.settings.endpoint(service));
        builder.build()
    }
}
