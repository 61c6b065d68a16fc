//! TLS in the process: which versions and suites, which certificate, and how a new one comes while connections go on.
//!
//! Refuses a pair before anybody sees it: unreadable, not matching, readable by everybody. At the start that is the
//! end; later the pair in use goes on.

mod pair;
mod self_signed;
mod shown_certificates;
#[cfg(test)]
mod tests;
mod validity;
mod watch;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{Acceptor, ClientHello, NoClientAuth, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, ServerConfig, crypto::CryptoProvider};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::listeners::Door;
use crate::protocol::Timestamp;
use pair::{Pair, Places};
use shown_certificates::AnyCertificate;

pub use pair::{TlsError, Unfit};
pub(super) use shown_certificates::shown;
pub use watch::Refreshed;

/// The TLS of one instance; clones share the certificate.
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    host: String,
    places: Places,
    is_self_signed: bool,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
    /// For clients that ask for this host, or for none.
    own: Arc<ServerConfig>,
    /// For clients that ask for another host: they get our certificate, and no ticket to come back with.
    foreign: Arc<ServerConfig>,
    /// Where clients show a certificate. No ticket either: it is shown at every handshake.
    asking: Arc<ServerConfig>,
    watched: std::sync::Mutex<watch::Watched>,
}

/// The pair in use.
struct Shown(RwLock<Arc<Pair>>);

impl Shown {
    fn get(&self) -> Arc<Pair> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, pair: Pair) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Shown({})", self.get().fingerprint)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.get().shown))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("host", &self.shared.host).finish_non_exhaustive()
    }
}

/// What is spoken: with TLS 1.2 only AES in Galois/counter mode (RFC 9325 §4.2).
fn provider() -> CryptoProvider {
    let mut provider = default_provider();
    provider.cipher_suites.retain(|suite| {
        !matches!(
            suite.suite(),
            CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
                | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        )
    });
    provider
}

impl Tls {
    /// TLS with a certificate and a private key in PEM.
    ///
    /// # Errors
    /// The file that the operator has to look at, and why.
    pub fn from_files(certificate: &Path, key: &Path, host: &str, now: Timestamp) -> Result<Self, TlsError> {
        let places = Places { certificate: certificate.to_owned(), key: key.to_owned() };
        let provider = Arc::new(provider());
        let files = places.read()?;
        let pair = places.judge(&files, &provider)?;
        watch::warn_at_start(&pair, host, now);
        Self::new(host, places, false, provider, pair, files.digest)
    }

    /// Everything that is wrong with a certificate and a private key in PEM: what keeps an instance from starting, and why
    /// browsers and services would refuse it.
    pub fn find_faults(certificate: &Path, key: &Path, host: &str, now: Timestamp) -> Vec<TlsError> {
        let places = Places { certificate: certificate.to_owned(), key: key.to_owned() };
        places.find_faults(&provider(), host, now)
    }

    /// TLS with a certificate of our own for `host`, made in `directory` unless it is there and good.
    ///
    /// # Errors
    /// The file that cannot be read or written, and why.
    pub fn self_signed(directory: &Path, host: &str, now: Timestamp) -> Result<Self, TlsError> {
        let places = self_signed::places(directory);
        let provider = Arc::new(provider());
        let (pair, digest) = self_signed_pair(&places, &provider, host, now)?;
        Self::new(host, places, true, provider, pair, digest)
    }

    fn new(
        host: &str,
        places: Places,
        is_self_signed: bool,
        provider: Arc<CryptoProvider>,
        pair: Pair,
        digest: [u8; 32],
    ) -> Result<Self, TlsError> {
        let shown = Arc::new(Shown(RwLock::new(Arc::new(pair))));
        let nobody: Arc<dyn ClientCertVerifier> = Arc::new(NoClientAuth);
        let mut own = config(&provider, &shown, Arc::clone(&nobody))?;
        own.ticketer = Ticketer::new().map_err(|cause| TlsError::Library(cause.to_string()))?;
        let mut foreign = config(&provider, &shown, nobody)?;
        foreign.send_tls13_tickets = 0;
        let mut asking = config(&provider, &shown, Arc::new(AnyCertificate(Arc::clone(&provider))))?;
        asking.send_tls13_tickets = 0;
        let shared = Shared {
            host: host.to_owned(),
            places,
            is_self_signed,
            provider,
            shown,
            own: Arc::new(own),
            foreign: Arc::new(foreign),
            asking: Arc::new(asking),
            watched: std::sync::Mutex::new(watch::Watched::new(digest)),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether the certificate is our own, which no browser trusts.
    pub fn is_self_signed(&self) -> bool {
        self.shared.is_self_signed
    }

    /// SHA-256 of the certificate, as tools show it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        self.shared.shown.get().fingerprint.to_string()
    }

    /// Until when the certificate is valid.
    pub fn valid_until(&self) -> Timestamp {
        self.shared.shown.get().until
    }

    /// The certificate in DER, for those who have to trust it.
    pub fn certificate(&self) -> Vec<u8> {
        self.shared.shown.get().shown.cert.first().map(|der| der.to_vec()).unwrap_or_default()
    }

    /// Shakes hands with a client. Takes one of `turns` once the client has greeted: who is silent holds up nobody.
    pub(super) async fn accept<Stream>(
        &self,
        stream: Stream,
        door: Door,
        turns: &Semaphore,
    ) -> io::Result<TlsStream<Stream>>
    where
        Stream: AsyncRead + AsyncWrite + Unpin,
    {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let _turn = turns.acquire().await.map_err(io::Error::other)?;
        let is_ours = |name: &str| name.eq_ignore_ascii_case(&self.shared.host);
        let config = match (door, start.client_hello().server_name()) {
            (Door::Certificates, _) => &self.shared.asking,
            (Door::Everybody, Some(name)) if !is_ours(name) => &self.shared.foreign,
            (Door::Everybody, Some(_) | None) => &self.shared.own,
        };
        start.into_stream(Arc::clone(config)).await
    }
}

/// TLS 1.3, and 1.2 with suites that agree on a key by ECDHE and encrypt by AEAD: the provider has no others. No early
/// data, and nothing remembered of a session here: tickets hold it.
fn config(
    provider: &Arc<CryptoProvider>,
    shown: &Arc<Shown>,
    verifier: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|cause| TlsError::Library(cause.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::clone(shown) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

/// The pair of an instance without a certificate; a new one where there is none that is good for this host and day.
fn self_signed_pair(
    places: &Places,
    provider: &CryptoProvider,
    host: &str,
    now: Timestamp,
) -> Result<(Pair, [u8; 32]), TlsError> {
    let read = || -> Result<(Pair, [u8; 32]), TlsError> {
        let files = places.read()?;
        Ok((places.judge(&files, provider)?, files.digest))
    };
    match read() {
        Ok((pair, digest)) if pair.is_for(host) && !pair.until.has_come(now) => return Ok((pair, digest)),
        // Somebody may have read this key: the operator has to know, not we to hide it.
        Err(cause @ TlsError::ReadableByOthers(_)) => return Err(cause),
        Ok(_) => tracing::info!("the self-signed certificate was of another host, or is over: a new one is made"),
        Err(cause) => tracing::info!(%cause, "a self-signed certificate is made"),
    }
    self_signed::make(places, host, now)?;
    read()
}
