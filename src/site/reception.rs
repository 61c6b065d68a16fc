//! The way of every request: received, judged before any route sees it, routed, finished.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Body as HyperBody, Bytes};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use warp::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};
use warp::{Filter, Rejection};

use super::handling::Handling;
use super::metrics::Requests;
use crate::app::App;
use crate::config::Names;
use crate::logs::{self, RequestId};
use crate::protocol::ShownCertificate;
use crate::serve::BodyError;
use crate::web::{self, Arrival, Body, Error, MAX_BODY_BYTES, Request, Response, Table, paths};

/// The most bytes of a path and its query: a value of 16 KiB, and what stands around it.
const MAX_ADDRESS_BYTES: usize = 17 * 1024;
/// The most fields of the headers.
const MAX_HEADER_FIELDS: usize = 100;
/// The most bytes of the cookies of one request.
const MAX_COOKIE_BYTES: usize = 8 * 1024;

type Answer = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

/// One instance's front: cheap to clone, one for every connection.
#[derive(Clone)]
pub struct Reception {
    app: App,
    requests: Requests,
    route: Arc<dyn Fn(hyper::Request<Empty<Bytes>>) -> Answer + Send + Sync>,
}

impl Reception {
    /// Receives for these routes.
    pub fn new(app: App, table: Table) -> Self {
        let requests = Requests::of(table.declarations());
        Self::counting_into(requests, app, table)
    }

    /// The same routes of the same instance under another configuration.
    pub(super) fn under(&self, app: App, table: Table) -> Self {
        Self::counting_into(self.requests.clone(), app, table)
    }

    /// The instance that it receives for.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    fn counting_into(requests: Requests, app: App, table: Table) -> Self {
        let service = TowerToHyperService::new(warp::service(table.into_routes().recover(unrouted)));
        let route = move |request: hyper::Request<Empty<Bytes>>| -> Answer {
            let answer = service.call(request);
            Box::pin(async move {
                match answer.await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        };
        Self { app, requests, route: Arc::new(route) }
    }

    /// The requests that it answered.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Answers one request of a client.
    pub async fn answer<B>(&self, request: hyper::Request<B>, client: IpAddr) -> Response
    where
        B: HyperBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let request_id = RequestId::of(&self.app.random.token());
        logs::during(request_id, self.answer_known(request, client, request_id)).await
    }

    async fn answer_known<B>(&self, request: hyper::Request<B>, client: IpAddr, request_id: RequestId) -> Response
    where
        B: HyperBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        let version = parts.version;
        let request = Request {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: Arc::new(std::mem::take(&mut parts.headers)),
            body: Body::Broken,
            arrival: Arrival {
                peer: client,
                request_id: request_id.to_string(),
                certificate: parts.extensions.remove::<ShownCertificate>(),
            },
        };
        let judged = judge(&self.app, &request, &parts.uri);
        let (request, response) = match judged {
            Ok(()) => match read(body).await {
                Ok(body) => {
                    let request = Request { body, ..request };
                    let response = self.routed(parts, request.clone(), request_id).await;
                    (request, response)
                }
                Err(error) => (request, web::failed(error)),
            },
            Err(error) => (request, web::failed(error)),
        };
        let mut response = web::finish(&self.app, &request, response).await;
        self.requests.count(logs::route(), response.status(), logs::elapsed());
        if is_last(response.status()) && version < Version::HTTP_2 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// A panic of a handler is this request's alone.
    async fn routed(&self, parts: hyper::http::request::Parts, request: Request, id: RequestId) -> Response {
        let mut routable = hyper::Request::from_parts(parts, Empty::new());
        routable.extensions_mut().insert(request);
        let answering = (self.route)(routable);
        let routing = logs::during(id, async { (answering.await, logs::route()) });
        match Handling::new(routing).await {
            Ok((response, route)) => {
                route.into_iter().for_each(logs::note_route);
                response
            }
            Err(cause) => web::failed(Error::internal(cause)),
        }
    }
}

/// Whether nothing more is read of who was answered so: what was sent was too much, or too slow.
fn is_last(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::URI_TOO_LONG
            | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    )
}

/// The body, up to its limit.
async fn read<B>(body: B) -> Result<Body, Error>
where
    B: HyperBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(whole) => Ok(Body::Whole(whole.to_bytes())),
        Err(cause) if cause.is::<LengthLimitError>() => Ok(Body::TooLarge),
        Err(cause) if matches!(cause.downcast_ref(), Some(BodyError::TooSlow)) => {
            Err(Error::refused(StatusCode::REQUEST_TIMEOUT, "bad_request"))
        }
        Err(_) => Ok(Body::Broken),
    }
}

/// What is refused before any route sees it, and before its body is read: tunnels, names that are not ours, and
/// requests with two readings.
fn judge(app: &App, request: &Request, uri: &Uri) -> Result<(), Error> {
    if request.method == Method::CONNECT || request.method == Method::TRACE {
        return Err(Error::MethodNotAllowed(String::from("GET, HEAD, POST, OPTIONS")));
    }
    check_headers(&request.headers)?;
    if request.path.len().saturating_add(request.query.len()) > MAX_ADDRESS_BYTES {
        return Err(Error::refused(StatusCode::URI_TOO_LONG, "bad_request"));
    }
    let host = asked_host(request, uri).ok_or_else(|| Error::bad_request("bad_request"))?;
    let is_at_home = match request.arrival.certificate {
        // Services alone come there, and pages are read elsewhere.
        Some(_) => paths::OF_MUTUAL_TLS.contains(&request.path.as_str()) && is_mutual_name(app, host),
        None => is_own_name(app, host),
    };
    // Probes ask by address; what they are told says nothing.
    if !is_at_home && !matches!(request.path.as_str(), "/livez" | "/readyz") {
        return Err(Error::refused(StatusCode::MISDIRECTED_REQUEST, "misdirected_host"));
    }
    let lowered = request.path.to_ascii_lowercase();
    let is_ambiguous = ["%2f", "%5c", "%2e", "%00", "\\", ";", "//"].iter().any(|trick| lowered.contains(trick))
        || lowered.split('/').any(|segment| segment == "." || segment == "..");
    if is_ambiguous { Err(Error::bad_request("bad_request")) } else { Ok(()) }
}

/// As many fields as HTTP/1.1 takes, and cookies of a browser. The pieces into which HTTP/2 cuts the one field of the
/// cookies are that field (RFC 9113 §8.2.3).
fn check_headers(headers: &HeaderMap) -> Result<(), Error> {
    let (pieces, bytes) = headers.get_all(header::COOKIE).iter().fold((0_usize, 0_usize), |(pieces, bytes), value| {
        (pieces.saturating_add(1), bytes.saturating_add(value.len()))
    });
    let seams = pieces.saturating_sub(1);
    let refused = |code| Err(Error::refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, code));
    match headers.len().saturating_sub(seams) > MAX_HEADER_FIELDS {
        true => refused("bad_request"),
        // Put together again, two bytes stand between two pieces.
        false if bytes.saturating_add(seams.saturating_mul(2)) > MAX_COOKIE_BYTES => refused("too_many_cookies"),
        false => Ok(()),
    }
}

/// The one host that a request names: in its target, in its header, or the same in both (RFC 9112 §3.2).
fn asked_host<'a>(request: &'a Request, uri: &'a Uri) -> Option<&'a str> {
    let is_of_the_web = uri.scheme_str().is_none_or(|scheme| matches!(scheme, "https" | "http"));
    let mut lines = request.headers.get_all(header::HOST).iter();
    let header = match (lines.next(), lines.next()) {
        (Some(line), None) => Some(line.to_str().ok()?),
        (None, _) => None,
        (Some(_), Some(_)) => return None,
    };
    let target = uri.authority().map(|authority| authority.as_str());
    match (target, header) {
        (Some(target), Some(header)) if !target.eq_ignore_ascii_case(header) => None,
        (Some(host), _) | (None, Some(host)) if is_of_the_web => Some(host),
        (Some(_) | None, _) => None,
    }
}

/// The configured name, and those that nobody on the public network can have for this machine: of them a page elsewhere,
/// whose name comes to lead here, is none (DNS rebinding).
fn is_own_name(app: &App, host: &str) -> bool {
    let own = app.config.public_url.authority();
    // The port of the scheme may be written or left out (RFC 9110 §4.2.3).
    if host.eq_ignore_ascii_case(own) || host.strip_suffix(":443").is_some_and(|name| name.eq_ignore_ascii_case(own)) {
        return true;
    }
    match app.config.names {
        Names::Own => false,
        Names::Loopback => is_loopback(bare_name(host)),
        Names::Local => is_local_name(host) || is_listened_on(&app.config.listen, bare_name(host)),
    }
}

/// The configured name at the port where certificates of services are asked for.
fn is_mutual_name(app: &App, host: &str) -> bool {
    app.config.mutual_url().is_some_and(|url| {
        let own = url.authority();
        host.eq_ignore_ascii_case(own) || own.strip_suffix(":443").is_some_and(|name| name.eq_ignore_ascii_case(host))
    })
}

/// Without the port, and without the brackets of an address.
fn bare_name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Whether browsers themselves say that this is the machine they run on.
fn is_loopback(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An address is no name that can come to lead elsewhere.
fn is_listened_on(listen: &[IpAddr], name: &str) -> bool {
    let is_it = |address: IpAddr| listen.iter().any(|own| own.is_unspecified() || *own == address);
    name.parse().is_ok_and(is_it)
}

/// Whether a host, with or without a port, cannot be of the public network: loopback, a single label, `.localhost`,
/// `.test`, `.internal` or `.example`.
pub fn is_local_name(host: &str) -> bool {
    let name = bare_name(host).to_ascii_lowercase();
    let is_reserved = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && (!name.contains('.')
            || [".localhost", ".test", ".internal", ".example"].iter().any(|suffix| name.ends_with(suffix)));
    is_loopback(&name) || is_reserved
}

/// Nothing is rejected: the table answers every request.
async fn unrouted(_: Rejection) -> Result<Response, Infallible> {
    Ok(web::failed(Error::NotFound))
}
