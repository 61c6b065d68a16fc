//! Calls to this server's own listener, as a service on the same machine would make them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::FetchError;
use crate::config::Config;

/// How long an exchange may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// A request to this server: a GET, or with a body a POST.
#[derive(Debug, Clone)]
pub struct OwnRequest {
    /// Path and query.
    pub path: String,
    /// Headers besides `Host`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<String>,
}

/// What it answered.
#[derive(Debug, Clone)]
pub struct OwnAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

/// Sends a request to the listener of this very instance under the name of its issuer.
///
/// # Errors
/// When no whole answer came within 10 seconds and 256 KiB.
pub async fn own_server(config: &Config, request: OwnRequest) -> Result<OwnAnswer, FetchError> {
    match tokio::time::timeout(TIME_LIMIT, exchange(config, request)).await {
        Ok(result) => result,
        Err(_) => Err(FetchError::TimedOut),
    }
}

async fn exchange(config: &Config, request: OwnRequest) -> Result<OwnAnswer, FetchError> {
    let stream = TcpStream::connect(own_address(config)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let method = if request.body.is_some() { Method::POST } else { Method::GET };
    let mut building =
        Request::builder().method(method).uri(request.path).header(header::HOST, config.public_url.authority());
    for (name, value) in request.headers {
        building = building.header(name, value);
    }
    let response =
        sender.send_request(building.body(Full::new(Bytes::from(request.body.unwrap_or_default())))?).await?;
    let (parts, body) = response.into_parts();
    let whole = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|_| FetchError::Body)?;
    connection.abort();
    let body = String::from_utf8_lossy(&whole.to_bytes()).into_owned();
    Ok(OwnAnswer { status: parts.status, headers: parts.headers, body })
}

/// The first address that is listened on; on a machine that listens everywhere, loopback.
fn own_address(config: &Config) -> SocketAddr {
    let ip = match config.listen.first() {
        Some(IpAddr::V6(address)) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        Some(address) if !address.is_unspecified() => *address,
        Some(_) | None => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    SocketAddr::new(ip, config.port)
}
