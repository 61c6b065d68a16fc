//! The way of every request: received, judged before any route sees it, routed, finished.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Body as HyperBody, Bytes};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use warp::http::{Method, header};
use warp::{Filter, Rejection};

use crate::app::App;
use crate::web::{self, Arrival, Body, Error, MAX_BODY_BYTES, Request, Response, Routes, paths};

type Answer = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

/// One instance's front: cheap to clone, one for every connection.
#[derive(Clone)]
pub struct Reception {
    app: App,
    route: Arc<dyn Fn(hyper::Request<Empty<Bytes>>) -> Answer + Send + Sync>,
}

impl Reception {
    /// Receives for these routes.
    pub fn new(app: App, routes: Routes) -> Self {
        let service = TowerToHyperService::new(warp::service(routes.recover(unrouted)));
        let route = move |request: hyper::Request<Empty<Bytes>>| -> Answer {
            let answer = service.call(request);
            Box::pin(async move {
                match answer.await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        };
        Self { app, route: Arc::new(route) }
    }

    /// Answers one request of a client.
    pub async fn answer<B>(&self, request: hyper::Request<B>, client: IpAddr) -> Response
    where
        B: HyperBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let request_id = self.app.random.token().chars().take(16).collect();
        let request = Request {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            body: read(body).await,
            arrival: Arrival { peer: client, request_id },
        };
        let response = match judge(&self.app, &request, parts.uri.authority().map(|authority| authority.as_str())) {
            Ok(()) => self.routed(parts, request.clone()).await,
            Err(error) => web::failed(error),
        };
        web::finish(&self.app, &request, response).await
    }

    /// A panic of a handler is this request's alone.
    async fn routed(&self, parts: hyper::http::request::Parts, request: Request) -> Response {
        let path = request.path.clone();
        let mut routable = hyper::Request::from_parts(parts, Empty::new());
        if request.method == Method::HEAD && paths::allowed_methods(&path).contains("HEAD") {
            *routable.method_mut() = Method::GET;
        }
        routable.extensions_mut().insert(request);
        match tokio::spawn((self.route)(routable)).await {
            Ok(response) => response,
            Err(cause) => web::failed(Error::internal(cause)),
        }
    }
}

/// The body, up to its limit.
async fn read<B>(body: B) -> Body
where
    B: HyperBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(whole) => Body::Whole(whole.to_bytes()),
        Err(cause) if cause.is::<LengthLimitError>() => Body::TooLarge,
        Err(_) => Body::Broken,
    }
}

/// What is refused before any route sees it: names that are not ours, and paths with two readings.
fn judge(app: &App, request: &Request, authority: Option<&str>) -> Result<(), Error> {
    if request.headers.get_all(header::HOST).iter().count() > 1 {
        return Err(Error::bad_request("bad_request"));
    }
    let host = authority.or_else(|| request.header(header::HOST.as_str())).unwrap_or_default();
    if !is_own_name(app, host) {
        return Err(Error::refused(warp::http::StatusCode::MISDIRECTED_REQUEST, "misdirected_host"));
    }
    let lowered = request.path.to_ascii_lowercase();
    let is_ambiguous = ["%2f", "%5c", "%2e", "%00", "\\", ";", "//"].iter().any(|trick| lowered.contains(trick))
        || lowered.split('/').any(|segment| segment == "." || segment == "..");
    if is_ambiguous { Err(Error::bad_request("bad_request")) } else { Ok(()) }
}

/// The configured name; where other names of this machine are answered, any that cannot be of the public network.
fn is_own_name(app: &App, host: &str) -> bool {
    if host.eq_ignore_ascii_case(app.config.public_url.authority()) {
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

/// No route took it: the path does not exist, or not with this method.
async fn unrouted(rejection: Rejection) -> Result<Response, Infallible> {
    let is_method = rejection.find::<warp::reject::MethodNotAllowed>().is_some();
    let error = if is_method { Error::MethodNotAllowed } else { Error::NotFound };
    Ok(web::failed(error))
}
