//! Calls to services on the network: https, to addresses that are looked at before they are connected to, bounded in time,
//! size and number.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Either, Empty, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url, form_urlencoded};

use super::FetchError;
use super::addresses::{is_private, is_public};
use super::trust::connector;
use super::turns::{LONGEST_WAIT, Turn, Turns};
use crate::clock::Clock;
use crate::config::Reach;

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// How long a connection may take to stand.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How many calls are under way at one time, and how many more wait.
const AT_ONE_TIME: usize = 16;
const WAITING: usize = 32;
/// How many of them at one host, so that a slow one does not hold up the others.
const AT_ONE_HOST: usize = 4;
/// How many wait for one host.
const WAITING_FOR_ONE_HOST: usize = 12;
/// How many redirects are followed, on the same host only.
const MAX_REDIRECTS: usize = 3;
/// Who asks, as services like to know.
const USER_AGENT: &str = concat!("moncomptepro/", env!("CARGO_PKG_VERSION"));

/// What a service answered.
#[derive(Debug, Clone)]
pub struct OutwardAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Asks services. Cheap to clone.
#[derive(Clone)]
pub struct Outward {
    tls: Result<TlsConnector, String>,
    turns: Turns,
    /// Hosts come from the configuration: there are few of them.
    hosts: Arc<Mutex<BTreeMap<String, Turns>>>,
    resolver: Resolver,
    reach: Arc<Reach>,
}

/// What tells the addresses of a name.
#[derive(Clone)]
pub(super) enum Resolver {
    /// The system.
    System,
    /// A table that changes under the hand, for trying out what the system could answer.
    #[cfg(test)]
    Played(Arc<Table>),
}

/// The addresses of each name.
#[cfg(test)]
type Table = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

impl Resolver {
    async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, port)).await?.collect()),
            #[cfg(test)]
            Self::Played(table) => Ok(table(name).into_iter().map(|ip| SocketAddr::new(ip, port)).collect()),
        }
    }
}

impl Outward {
    /// No further than `reach`. Reads the authorities of the system.
    pub fn new(clock: &Clock, reach: Reach) -> Self {
        let turns = Turns::new(AT_ONE_TIME, WAITING);
        let (hosts, resolver) = (Arc::default(), Resolver::System);
        Self { tls: connector(clock), turns, hosts, resolver, reach: Arc::new(reach) }
    }

    /// The same with names that lead elsewhere.
    #[cfg(test)]
    pub(super) fn resolving(self, table: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static) -> Self {
        Self { resolver: Resolver::Played(Arc::new(table)), ..self }
    }

    /// Gets the document at an address.
    ///
    /// # Errors
    /// When no whole answer came within `limit` and 1 MiB, too many ask already, or the address may not be asked.
    pub async fn get(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        limit: Duration,
    ) -> Result<OutwardAnswer, FetchError> {
        tokio::time::timeout(limit, self.follow(url.clone(), headers)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    /// Sends a form to an address, and gives the status that it answers with: no redirect is followed, and what comes after
    /// the head is not waited for. `limit` begins when it is its turn.
    ///
    /// # Errors
    /// When no answer began within `limit`, too many ask already, or the address may not be asked.
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        limit: Duration,
    ) -> Result<StatusCode, FetchError> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let _turns = self.wait_for_turns(url).await?;
        let asked = Asked::Form(form);
        let answer = tokio::time::timeout(limit, self.exchange(url, &asked)).await;
        Ok(answer.unwrap_or(Err(FetchError::TimedOut))?.status)
    }

    async fn follow(&self, mut url: Url, headers: &[(&'static str, String)]) -> Result<OutwardAnswer, FetchError> {
        let _turns = self.wait_for_turns(&url).await?;
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.exchange(&url, &Asked::Document(headers)).await?;
            if !answer.status.is_redirection() {
                return Ok(answer);
            }
            let location = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok()).ok_or(FetchError::Redirect)?;
            if next.origin() != url.origin() {
                return Err(FetchError::Redirect);
            }
            url = next;
        }
        Err(FetchError::Redirect)
    }

    async fn wait_for_turns(&self, url: &Url) -> Result<(Turn, Turn), FetchError> {
        let host = url.host_str().unwrap_or_default();
        let turns = tokio::time::timeout(LONGEST_WAIT, self.take_turns(host)).await;
        turns.ok().flatten().ok_or(FetchError::Busy)
    }

    /// Whoever waits for a slow host takes no turn from the others.
    async fn take_turns(&self, host: &str) -> Option<(Turn, Turn)> {
        let there = self.turns_of(host).take().await?;
        Some((there, self.turns.take().await?))
    }

    fn turns_of(&self, host: &str) -> Turns {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(host.to_owned()).or_insert_with(|| Turns::new(AT_ONE_HOST, WAITING_FOR_ONE_HOST)).clone()
    }

    async fn exchange(&self, url: &Url, asked: &Asked<'_>) -> Result<OutwardAnswer, FetchError> {
        let stream = self.connect(url).await?;
        match url.scheme() {
            "https" => {
                let tls = self.tls.clone().map_err(FetchError::Tls)?;
                let host = url.host_str().unwrap_or_default().to_owned();
                let name = ServerName::try_from(host).map_err(|cause| FetchError::Tls(cause.to_string()))?;
                talk(tls.connect(name, stream).await?, url, asked).await
            }
            _ => talk(stream, url, asked).await,
        }
    }

    /// Connects to an address of the host, every one of which may be asked: what was looked at is what is connected to.
    async fn connect(&self, url: &Url) -> Result<TcpStream, FetchError> {
        let port = url.port_or_known_default().ok_or(FetchError::Forbidden)?;
        let addresses: Vec<SocketAddr> = match url.host().ok_or(FetchError::Forbidden)? {
            Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(ip), port)],
            Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(ip), port)],
            Host::Domain(name) => self.resolver.addresses(name, port).await?,
        };
        let is_itself = self.reach.may_ask_itself && addresses.iter().all(|address| address.ip().is_loopback());
        // The URL has it in lower case; an address in brackets is none of the names.
        let is_near = self.reach.private_hosts.contains(url.host_str().unwrap_or_default());
        let may_be_asked = |address: &SocketAddr| is_public(address.ip()) || is_near && is_private(address.ip());
        let is_allowed = match url.scheme() {
            "https" => is_itself || addresses.iter().all(may_be_asked),
            "http" => is_itself,
            _ => false,
        };
        if !is_allowed || addresses.is_empty() {
            return Err(FetchError::Forbidden);
        }
        let connecting = TcpStream::connect(addresses.as_slice());
        Ok(tokio::time::timeout(CONNECT_LIMIT, connecting).await.map_err(|_| FetchError::TimedOut)??)
    }
}

/// What is wanted of a service.
enum Asked<'a> {
    /// A document, with these headers besides.
    Document(&'a [(&'static str, String)]),
    /// That it takes a form.
    Form(String),
}

/// Ends the connection with the exchange, also where the exchange is given up.
struct Aborted(tokio::task::JoinHandle<Result<(), hyper::Error>>);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    asked: &Asked<'_>,
) -> Result<OutwardAnswer, FetchError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let _connection = Aborted(tokio::spawn(connection));
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let building = Request::builder().uri(target).header(header::HOST, host).header(header::USER_AGENT, USER_AGENT);
    let request = match asked {
        Asked::Document(headers) => {
            let building = building.method(Method::GET).header(header::ACCEPT, "application/json");
            let building = headers.iter().fold(building, |building, (name, value)| building.header(*name, value));
            building.body(Either::Left(Empty::<Bytes>::new()))?
        }
        Asked::Form(form) => building
            .method(Method::POST)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Either::Right(Full::new(Bytes::from(form.clone()))))?,
    };
    let response = sender.send_request(request).await?;
    let (parts, body) = response.into_parts();
    if matches!(asked, Asked::Form(_)) {
        return Ok(OutwardAnswer { status: parts.status, headers: parts.headers, body: Bytes::new() });
    }
    // A small answer that unpacks to gigabytes has no way in.
    if parts.headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(FetchError::Compressed);
    }
    let whole = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|_| FetchError::Body)?;
    Ok(OutwardAnswer { status: parts.status, headers: parts.headers, body: whole.to_bytes() })
}
