//! The way of every request: received, judged before any route sees it, routed, finished.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Body as HyperBody, Bytes};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use warp::http::{HeaderValue, Method, StatusCode, Uri, Version, header};
use warp::{Filter, Rejection};

use super::metrics::Requests;
use crate::app::App;
use crate::logs::{self, RequestId};
use crate::serve::BodyError;
use crate::web::{self, Arrival, Body, Error, MAX_BODY_BYTES, Request, Response, Table};

/// The most bytes of a path and its query: a value of 16 KiB, and what stands around it.
const MAX_ADDRESS_BYTES: usize = 17 * 1024;

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
            arrival: Arrival { peer: client, request_id: request_id.to_string() },
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
        match tokio::spawn(routing).await {
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
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG)
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
    if request.path.len().saturating_add(request.query.len()) > MAX_ADDRESS_BYTES {
        return Err(Error::refused(StatusCode::URI_TOO_LONG, "bad_request"));
    }
    let host = asked_host(request, uri).ok_or_else(|| Error::bad_request("bad_request"))?;
    // Probes ask by address; what they are told says nothing.
    if !is_own_name(app, host) && !matches!(request.path.as_str(), "/livez" | "/readyz") {
        return Err(Error::refused(StatusCode::MISDIRECTED_REQUEST, "misdirected_host"));
    }
    let lowered = request.path.to_ascii_lowercase();
    let is_ambiguous = ["%2f", "%5c", "%2e", "%00", "\\", ";", "//"].iter().any(|trick| lowered.contains(trick))
        || lowered.split('/').any(|segment| segment == "." || segment == "..");
    if is_ambiguous { Err(Error::bad_request("bad_request")) } else { Ok(()) }
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

/// The configured name; where other names of this machine are answered, any that cannot be of the public network.
fn is_own_name(app: &App, host: &str) -> bool {
    let own = app.config.public_url.authority();
    // The port of the scheme may be written or left out (RFC 9110 §4.2.3).
    if host.eq_ignore_ascii_case(own) || host.strip_suffix(":443").is_some_and(|name| name.eq_ignore_ascii_case(own)) {
        return true;
    }
    if !app.config.local_names {
        return false;
    }
    is_local_name(host)
}

/// Whether a host, with or without a port, cannot be of the public network: loopback, a single label, `.localhost`,
/// `.test`, `.internal` or `.example`.
pub fn is_local_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_reserved = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && (!name.contains('.')
            || [".localhost", ".test", ".internal", ".example"].iter().any(|suffix| name.ends_with(suffix)));
    is_loopback || is_reserved
}

/// Nothing is rejected: the table answers every request.
async fn unrouted(_: Rejection) -> Result<Response, Infallible> {
    Ok(web::failed(Error::NotFound))
}
