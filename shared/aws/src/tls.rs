//! Whom we trust: the five roots that AWS endpoints chain to, unless a variable says otherwise.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::PathBuf;

/// Chooses the roots; `system` is its only value.
pub const TLS_ROOTS: &str = "AWS_TLS_ROOTS";
/// The SDKs' own variable: a PEM file whose certificates are trusted, and no others.
pub const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// Amazon Trust Services' roots (<https://www.amazontrust.com/repository/>), valid until 2037-12-31 at the earliest.
const AMAZON_ROOTS: [&str; 5] = [
    include_str!("../roots/amazon-root-ca-1.pem"),
    include_str!("../roots/amazon-root-ca-2.pem"),
    include_str!("../roots/amazon-root-ca-3.pem"),
    include_str!("../roots/amazon-root-ca-4.pem"),
    include_str!("../roots/starfield-services-root-g2.pem"),
];

/// The variables name no usable certificates.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Unset the variable or write `system`.
    #[error("{TLS_ROOTS} must be unset (the embedded Amazon roots) or \"system\"; got {0:?}")]
    UnknownRoots(String),
    /// Only one of the two may choose.
    #[error("{CA_BUNDLE} and {TLS_ROOTS} are both set; keep one")]
    Contradiction,
    /// Correct the path.
    #[error("{CA_BUNDLE} names {path}, which cannot be read")]
    Unreadable {
        /// The file that the variable names.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// Give a PEM file with at least one certificate, and only sound ones.
    #[error("{CA_BUNDLE} names {path}: {problem}")]
    Malformed {
        /// The file that the variable names.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Set `AWS_CA_BUNDLE` to a bundle with sound certificates, or unset both variables.
    #[error("the chosen TLS roots cannot be used: {0}")]
    Unusable(String),
}

/// The TLS settings that the variables ask for.
pub(crate) fn context(lookup: &impl Fn(&str) -> Option<String>) -> Result<TlsContext, TlsError> {
    let filled = |name: &str| lookup(name).filter(|value| !value.is_empty());
    let store = match (filled(CA_BUNDLE), filled(TLS_ROOTS)) {
        (Some(_), Some(_)) => return Err(TlsError::Contradiction),
        (Some(path), None) => bundle(path.into())?,
        (None, Some(roots)) if roots == "system" => TrustStore::default(),
        (None, Some(roots)) => return Err(TlsError::UnknownRoots(roots)),
        (None, None) => {
            AMAZON_ROOTS.iter().fold(TrustStore::empty(), |store, pem| store.with_pem_certificate(*pem))
        }
    };
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| TlsError::Unusable(error.to_string()))
}

/// Reads and checks the file now, because the HTTP client would panic on a bad one at the first call.
fn bundle(path: PathBuf) -> Result<TrustStore, TlsError> {
    let pem = match std::fs::read(&path) {
        Ok(pem) => pem,
        Err(source) => return Err(TlsError::Unreadable { path, source }),
    };
    match check(&pem) {
        Ok(()) => Ok(TrustStore::empty().with_pem_certificate(pem)),
        Err(problem) => Err(TlsError::Malformed { path, problem }),
    }
}

fn check(pem: &[u8]) -> Result<(), String> {
    let mut count = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        count += 1;
        let der = certificate.map_err(|error| format!("certificate {count} is not PEM: {error}"))?;
        webpki::anchor_from_trusted_cert(&der)
            .map_err(|error| format!("certificate {count} cannot be trusted: {error}"))?;
    }
    if count == 0 { Err("it holds no certificate".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn context_with(pairs: &[(&str, &str)]) -> Result<TlsContext, TlsError> {
        context(&|name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn bundle_of(text: &str) -> Result<TlsContext, TlsError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        context_with(&[(CA_BUNDLE, file.path().to_str().unwrap())])
    }

    #[test]
    fn embedded_roots_are_five_sound_certificates() {
        for pem in AMAZON_ROOTS {
            assert_eq!(check(pem.as_bytes()), Ok(()));
            assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 1);
        }
    }

    #[test]
    fn only_the_embedded_roots_are_trusted_when_nothing_is_set() {
        let debug = format!("{:?}", context_with(&[]).unwrap());
        assert!(debug.contains("enable_native_roots: false"));
        assert_eq!(debug.matches("CertificatePEM").count(), 5);
    }

    #[test]
    fn system_roots_are_trusted_when_asked_for() {
        let debug = format!("{:?}", context_with(&[(TLS_ROOTS, "system")]).unwrap());
        assert!(debug.contains("enable_native_roots: true"));
        assert!(!debug.contains("CertificatePEM"));
    }

    #[test]
    fn exactly_the_bundle_is_trusted_when_one_is_named() {
        let debug = format!("{:?}", bundle_of(&AMAZON_ROOTS[..2].concat()).unwrap());
        assert!(debug.contains("enable_native_roots: false"));
        assert_eq!(debug.matches("CertificatePEM").count(), 1);
    }

    #[test]
    fn error_when_the_bundle_is_missing_empty_or_broken() {
        assert!(matches!(context_with(&[(CA_BUNDLE, "/nowhere.pem")]), Err(TlsError::Unreadable { .. })));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "not a certificate", broken] {
            assert!(matches!(bundle_of(text), Err(TlsError::Malformed { .. })), "{text}");
        }
    }

    #[test]
    fn error_when_the_roots_are_unknown_or_both_variables_are_set() {
        assert!(matches!(context_with(&[(TLS_ROOTS, "native")]), Err(TlsError::UnknownRoots(_))));
        assert!(matches!(
            context_with(&[(TLS_ROOTS, "system"), (CA_BUNDLE, "/nowhere.pem")]),
            Err(TlsError::Contradiction)
        ));
    }
}
