//! Where the numbers are read: a listener of their own.

use std::future::Future;
use std::net::IpAddr;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};

use super::Metrics;
use crate::serve::{self, Bound, Limits, RequestBody, Settings};

/// Who reads numbers needs few connections.
const MOST_CONNECTIONS: usize = 16;

/// Shows the numbers until `stopped` ends.
pub(in crate::site) async fn run(bound: Bound, metrics: Metrics, stopped: impl Future<Output = ()>) {
    let limits = Limits { connections: MOST_CONNECTIONS, per_source: None, ..Limits::standard() };
    let answer = move |request: Request<RequestBody>, _: IpAddr| {
        let metrics = metrics.clone();
        async move { respond(&metrics, &request) }
    };
    serve::run(bound, Settings::plain(limits), answer, stopped).await;
}

fn respond<B>(metrics: &Metrics, request: &Request<B>) -> Response<Full<Bytes>> {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    // A page of the web that took over a name for this address reads nothing here.
    let status = match (is_of_machine(request), request.uri().path(), is_read) {
        (false, _, _) => StatusCode::MISDIRECTED_REQUEST,
        (true, "/metrics", true) => StatusCode::OK,
        (true, "/metrics", false) => StatusCode::METHOD_NOT_ALLOWED,
        (true, _, _) => StatusCode::NOT_FOUND,
    };
    let text = if status == StatusCode::OK { metrics.expose() } else { String::new() };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let format = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Whether a request names an address, or this machine; a name of the network is somebody else's word.
fn is_of_machine<B>(request: &Request<B>) -> bool {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = named.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = host.map_or(named, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok() || crate::site::is_local_name(host)
}
