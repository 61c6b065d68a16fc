//! A peer that writes and reads bytes, in clear or over TLS.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Instance, tls};

/// Longer than any limit that these stories set: what takes so long does not end.
pub(super) const FOR_EVER: Duration = Duration::from_secs(15);

pub(super) trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

pub(super) struct Peer {
    stream: Pin<Box<dyn Stream>>,
}

pub(super) fn port(instance: &Instance) -> u16 {
    instance.address.rsplit(':').next().unwrap().parse().unwrap()
}

pub(super) async fn socket(instance: &Instance) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port(instance))).await.unwrap()
}

pub(super) async fn shake_hands(
    instance: &Instance,
    mut config: ClientConfig,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket(instance).await).await
}

impl Peer {
    /// In clear, or where the instance has TLS over TLS and HTTP/1.1.
    pub(super) async fn http1(instance: &Instance) -> Self {
        Self::connect(instance, "http/1.1").await
    }

    pub(super) async fn http2(instance: &Instance) -> Self {
        Self::connect(instance, "h2").await
    }

    async fn connect(instance: &Instance, alpn: &str) -> Self {
        match &instance.certificate {
            None => Self { stream: Box::pin(socket(instance).await) },
            Some(certificate) => {
                let config = tls::client(Some(certificate.clone()));
                Self { stream: Box::pin(shake_hands(instance, config, "localhost", &[alpn]).await.unwrap()) }
            }
        }
    }

    /// Over the bare socket, whatever is spoken on it.
    pub(super) async fn bare(instance: &Instance) -> Self {
        Self { stream: Box::pin(socket(instance).await) }
    }

    pub(super) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Whether the other end still takes what is written.
    pub(super) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Everything until the other end closes. Fails if it never does.
    pub(super) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let reading = async {
            // A reset and a missing farewell are ends as well.
            while let Ok(read) = self.stream.read_buf(&mut bytes).await
                && read > 0
            {}
        };
        tokio::time::timeout(FOR_EVER, reading).await.expect("the connection is never closed");
        bytes
    }

    /// What comes until `enough`.
    pub(super) async fn read_until(&mut self, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.read_on_until(&mut bytes, enough).await;
        bytes
    }

    /// Adds to what came before, until `enough`.
    pub(super) async fn read_on_until(&mut self, bytes: &mut Vec<u8>, enough: impl Fn(&[u8]) -> bool) {
        let reading = async {
            while !enough(bytes) {
                let read = self.stream.read_buf(bytes).await.unwrap();
                assert!(read > 0, "closed too early: {:?}", String::from_utf8_lossy(bytes));
            }
        };
        tokio::time::timeout(FOR_EVER, reading).await.expect("there is never enough");
    }

    /// Writes, and reads to the end.
    pub(super) async fn exchange(&mut self, bytes: impl AsRef<[u8]>) -> String {
        self.try_write(bytes.as_ref()).await;
        String::from_utf8_lossy(&self.read_to_end().await).into_owned()
    }

    /// A request on a connection that stays.
    pub(super) async fn get_and_stay(&mut self, instance: &Instance) {
        self.write(get(instance, "/livez", "")).await;
        let answer = self.read_until(|bytes| bytes.ends_with(b"}")).await;
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&answer));
    }
}

/// A request of HTTP/1.1; `headers` end with a line end each.
pub(super) fn get(instance: &Instance, path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n{headers}\r\n", port(instance))
}

/// The statuses of the answers in a stream of HTTP/1.1.
pub(super) fn statuses(stream: &str) -> Vec<u16> {
    stream.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)?.parse().ok()).collect()
}

/// Somebody else is served as ever.
pub(super) async fn assert_served(instance: &Instance) {
    let mut other = Peer::http1(instance).await;
    let answer = other.exchange(get(instance, "/livez", "Connection: close\r\n")).await;
    assert_eq!(statuses(&answer), [200], "somebody else is not served: {answer}");
}
