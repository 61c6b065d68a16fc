//! A certificate and its private key: read, and judged before anybody sees them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, SignatureAlgorithm};
use thiserror::Error;
use zeroize::Zeroizing;

use super::validity::validity;
use crate::config::{open_named, read_bounded};
use crate::crypto;
use crate::protocol::{CertificateThumbprint, Timestamp};

/// More than any chain of certificates needs.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Why a certificate and its key are not used. Each names the file that the operator has to look at.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is not there, or cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Everybody on the machine may read the private key.
    #[error("{0}: everybody on this machine may read this private key; chmod 600 (or 640)")]
    ReadableByOthers(PathBuf),
    /// The file holds nothing of what is expected.
    #[error("{path}: no {what} in PEM here")]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What is expected.
        what: &'static str,
    },
    /// What the file holds is not usable.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: Unfit,
    },
    /// The key is another certificate's.
    #[error("{key}: this private key does not belong to the first certificate of {certificate}")]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// A certificate of our own is kept in the data directory.
    #[error("a self-signed certificate needs a data directory to be kept in")]
    NowhereToKeep,
    /// The cryptographic library refuses to work.
    #[error("TLS cannot be set up: {0}")]
    Library(String),
}

/// Why what a file holds is not usable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// The certificate is over since then.
    #[error("it was over at {0}: renew it")]
    Over(Timestamp),
    /// The certificate is not valid before then.
    #[error("it is not valid before {0}: see the clock of this machine")]
    NotYet(Timestamp),
    /// The certificate is not for this host.
    #[error("it is not for {0}, the host of public_url: browsers and services refuse it")]
    OtherHost(String),
    /// The first certificate cannot be read.
    #[error("the first certificate is damaged")]
    DamagedCertificate,
    /// The key cannot be read as one of a kind that is used.
    #[error("an RSA key of 2048 to 8192 bits, or an ECDSA key, is expected")]
    OtherKey,
    /// The key is of a kind that browsers do not know.
    #[error("browsers need a key of RSA or ECDSA")]
    UncommonKey,
    /// The line that ends a certificate or a key never comes.
    #[error("it was cut: the line -----END …----- is missing; write the whole file again")]
    Cut,
    /// What stands between the lines that begin and end a certificate or a key is not base64.
    #[error("it is damaged: what stands between -----BEGIN …----- and -----END …----- is not base64; write it again")]
    NotBase64,
    /// No line of PEM is so written.
    #[error("it is no PEM: a line -----BEGIN …----- is expected, without anything else on it; write it again")]
    NotPem,
}

impl TlsError {
    /// The file that the operator has to look at.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } | Self::Nothing { path, .. } | Self::Unusable { path, .. } => Some(path),
            Self::ReadableByOthers(path) | Self::Mismatch { key: path, .. } => Some(path),
            Self::NowhereToKeep | Self::Library(_) => None,
        }
    }
}

/// A pair that was judged good.
pub(super) struct Pair {
    pub(super) shown: Arc<CertifiedKey>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) fingerprint: CertificateThumbprint,
}

/// Both files as they are, and a digest by which a change is seen.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    pub(super) digest: [u8; 32],
}

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Places {
    /// Reads both files.
    pub(super) fn read(&self) -> Result<Files, TlsError> {
        let certificate = self.read_certificate()?;
        let key = self.read_key()?;
        let both = [crypto::sha256(&certificate), crypto::sha256(&key)].concat();
        Ok(Files { digest: crypto::sha256(&both), certificate, key })
    }

    fn read_certificate(&self) -> Result<Vec<u8>, TlsError> {
        read(&self.certificate, open_named(&self.certificate))
    }

    fn read_key(&self) -> Result<Zeroizing<Vec<u8>>, TlsError> {
        let opened = open_named(&self.key);
        if let Ok(file) = &opened
            && crypto::is_open_to_everybody(&file.metadata().map_err(|cause| failed(&self.key, cause))?)
        {
            return Err(TlsError::ReadableByOthers(self.key.clone()));
        }
        Ok(Zeroizing::new(read(&self.key, opened)?))
    }

    /// Judges what was read.
    pub(super) fn judge(&self, files: &Files, provider: &CryptoProvider) -> Result<Pair, TlsError> {
        let chain = self.chain(&files.certificate)?;
        self.pair(chain, self.private_key(&files.key)?, provider)
    }

    /// Everything that is wrong with both files, or will be for whoever connects to `host` at `now`.
    pub(super) fn find_faults(&self, provider: &CryptoProvider, host: &str, now: Timestamp) -> Vec<TlsError> {
        let chain = self.read_certificate().and_then(|text| self.chain(&text));
        let key = self.read_key().and_then(|text| self.private_key(&text));
        let mut faults = match &chain {
            Ok(chain) => self.faults_to_others(chain, host, now),
            Err(_) => Vec::new(),
        };
        match (chain, key) {
            (Ok(chain), Ok(key)) => faults.extend(self.pair(chain, key, provider).err()),
            (chain, key) => faults.extend(chain.err().into_iter().chain(key.err())),
        }
        faults
    }

    /// Why browsers and services refuse a certificate that we could show.
    fn faults_to_others(&self, chain: &[CertificateDer<'_>], host: &str, now: Timestamp) -> Vec<TlsError> {
        let mut reasons = Vec::new();
        let first = chain.first();
        match first.and_then(|first| validity(first)) {
            Some((_, until)) if until.has_come(now) => reasons.push(Unfit::Over(until)),
            Some((from, _)) if now < from => reasons.push(Unfit::NotYet(from)),
            Some(_) | None => {}
        }
        if first.is_some_and(|first| !is_for(first, host)) {
            reasons.push(Unfit::OtherHost(host.to_owned()));
        }
        reasons.into_iter().map(|reason| unusable(&self.certificate, reason)).collect()
    }

    /// The certificates, the first of which can be read.
    fn chain(&self, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let chain = chain.map_err(|cause| unusable(&self.certificate, unfit_pem(&cause)))?;
        let Some(first) = chain.first() else {
            return Err(TlsError::Nothing { path: self.certificate.clone(), what: "certificate" });
        };
        let is_one = validity(first).is_some() && ParsedCertificate::try_from(first).is_ok();
        match is_one {
            true => Ok(chain),
            false => Err(unusable(&self.certificate, Unfit::DamagedCertificate)),
        }
    }

    fn private_key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(text).map_err(|cause| match cause {
            pem::Error::NoItemsFound => TlsError::Nothing { path: self.key.clone(), what: "private key" },
            cause => unusable(&self.key, unfit_pem(&cause)),
        })
    }

    fn pair(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        provider: &CryptoProvider,
    ) -> Result<Pair, TlsError> {
        let first =
            chain.first().and_then(|first| Some((validity(first)?, CertificateThumbprint(crypto::sha256(first)))));
        let Some(((from, until), fingerprint)) = first else {
            return Err(unusable(&self.certificate, Unfit::DamagedCertificate));
        };
        let shown = CertifiedKey::from_der(chain, key, provider).map_err(|cause| match cause {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { key: self.key.clone(), certificate: self.certificate.clone() }
            }
            _ => unusable(&self.key, Unfit::OtherKey),
        })?;
        match shown.key.algorithm() {
            SignatureAlgorithm::RSA | SignatureAlgorithm::ECDSA => {}
            _ => return Err(unusable(&self.key, Unfit::UncommonKey)),
        }
        Ok(Pair { shown: Arc::new(shown), from, until, fingerprint })
    }
}

impl Pair {
    /// Whether the certificate is for this host.
    pub(super) fn is_for(&self, host: &str) -> bool {
        self.shown.cert.first().is_some_and(|certificate| is_for(certificate, host))
    }
}

fn is_for(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let Ok(name) = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']')) else { return false };
    ParsedCertificate::try_from(certificate).is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
}

/// The words of the library hold the line that it stumbled over, as numbers; of a key, they would be shown.
fn unfit_pem(cause: &pem::Error) -> Unfit {
    match cause {
        pem::Error::MissingSectionEnd { .. } => Unfit::Cut,
        pem::Error::Base64Decode(_) => Unfit::NotBase64,
        _ => Unfit::NotPem,
    }
}

fn unusable(path: &Path, reason: Unfit) -> TlsError {
    TlsError::Unusable { path: path.to_owned(), reason }
}

fn read(path: &Path, opened: io::Result<File>) -> Result<Vec<u8>, TlsError> {
    opened.and_then(|file| read_bounded(file, MAX_FILE_BYTES)).map_err(|cause| failed(path, cause))
}

pub(super) fn failed(path: &Path, cause: io::Error) -> TlsError {
    TlsError::File { path: path.to_owned(), cause }
}
