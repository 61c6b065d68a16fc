//! Whom a server of mails has to be: the certificate is always checked, at the time of our clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio_rustls::TlsConnector;

use crate::clock::Clock;
use crate::config::{open_named, read_bounded};

/// More than all authorities of a system need.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Why nobody can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrustError {
    /// The file of the authority cannot be used.
    #[error("smtp.ca_file: {path}: {reason}", path = path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The library refuses its own settings.
    #[error("tls: {0}")]
    Library(String),
}

/// The time that certificates are judged by.
#[derive(Debug)]
struct Time(Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.now().0)))
    }
}

/// Checks the file of the authority that the operator named, where one is named.
///
/// # Errors
/// Why it cannot be used.
pub fn check_authority(ca_file: Option<&Path>) -> Result<(), TrustError> {
    ca_file.map_or(Ok(()), |path| read_authority(path).map(drop))
}

/// TLS with the authorities of the system, or of Mozilla where the system has none, and the one that the operator named.
/// Reads files.
pub(super) fn connector(ca_file: Option<&Path>, clock: &Clock) -> Result<TlsConnector, TrustError> {
    let mut roots = RootCertStore::empty();
    let (_usable, _unusable) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = ca_file {
        for certificate in read_authority(path)? {
            roots.add(certificate).map_err(|cause| unusable(path, &cause))?;
        }
    }
    let library = |cause: rustls::Error| TrustError::Library(cause.to_string());
    let building = ClientConfig::builder_with_details(Arc::new(default_provider()), Arc::new(Time(clock.clone())));
    let building = building.with_safe_default_protocol_versions().map_err(library)?;
    Ok(TlsConnector::from(Arc::new(building.with_root_certificates(roots).with_no_client_auth())))
}

fn unusable(path: &Path, cause: &impl ToString) -> TrustError {
    TrustError::CaFile { path: path.to_owned(), reason: cause.to_string() }
}

fn read_authority(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let pem = open_named(path).and_then(|file| read_bounded(file, MAX_FILE_BYTES));
    let pem = pem.map_err(|cause| unusable(path, &cause))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|cause| match cause {
        pem::Error::MissingSectionEnd { .. } => unusable(path, &"it was cut: the line -----END …----- is missing"),
        _ => unusable(path, &"it is damaged: no whole certificates in PEM"),
    })?;
    if certificates.is_empty() {
        return Err(unusable(path, &"there is no certificate in it (PEM is expected)"));
    }
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|cause| unusable(path, &cause))?;
    }
    Ok(certificates)
}
