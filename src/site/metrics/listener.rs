//! Where the numbers are read: a listener of their own.

use std::future::Future;
use std::net::IpAddr;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};

use super::Metrics;
use crate::crypto::{is_secret, secret_digest};
use crate::protocol::{BearerChallenge, BearerSources, BearerToken, Secret};
use crate::serve::{self, Bound, Limits, RequestBody, Settings};

/// Who reads numbers needs few connections.
const MOST_CONNECTIONS: usize = 16;

/// Asks for the token (RFC 6750 §3).
const REALM: &str = "Bearer realm=\"metrics\"";
/// Says that it is another one.
const INVALID: &str = "Bearer realm=\"metrics\", error=\"invalid_token\"";

/// Shows the numbers until `stopped` ends, to whoever shows the token, where there is one.
pub(in crate::site) async fn run(
    bound: Bound,
    metrics: Metrics,
    token: Option<Secret>,
    stopped: impl Future<Output = ()>,
) {
    let opens = token.map(|token| secret_digest(token.expose()));
    let limits = Limits { connections: MOST_CONNECTIONS, per_source: None, ..Limits::standard() };
    let answer = move |request: Request<RequestBody>, _: IpAddr| {
        let metrics = metrics.clone();
        async move { respond(&metrics, opens.as_ref(), &request) }
    };
    serve::run(bound, Settings::plain(limits), answer, stopped).await;
}

/// `opens` is the digest of the token.
fn respond<B>(metrics: &Metrics, opens: Option<&[u8; 32]>, request: &Request<B>) -> Response<Full<Bytes>> {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let challenge = opens.and_then(|opens| challenge(opens, request));
    // A page of the web that took over a name for this address reads nothing here.
    let status = match (is_of_machine(request), &challenge, request.uri().path(), is_read) {
        (false, _, _, _) => StatusCode::MISDIRECTED_REQUEST,
        (true, Some(_), _, _) => StatusCode::UNAUTHORIZED,
        (true, None, "/metrics", true) => StatusCode::OK,
        (true, None, "/metrics", false) => StatusCode::METHOD_NOT_ALLOWED,
        (true, None, _, _) => StatusCode::NOT_FOUND,
    };
    let text = if status == StatusCode::OK { metrics.expose() } else { String::new() };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    if let Some(challenge) = challenge.filter(|_| status == StatusCode::UNAUTHORIZED) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    let format = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// What a request is told that does not show the token; `None` for one that does. Every fault has the same status: whoever
/// watches over an instance has one thing to mend.
fn challenge<B>(opens: &[u8; 32], request: &Request<B>) -> Option<header::HeaderValue> {
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sources = BearerSources { authorization, query: None, form: None };
    let refused = match BearerToken::parse(sources) {
        Ok(shown) if is_secret(opens, shown.expose()) => return None,
        Ok(_) | Err(BearerChallenge::InvalidRequest(_)) => INVALID,
        Err(_) => REALM,
    };
    Some(header::HeaderValue::from_static(refused))
}

/// Whether a request names an address, or this machine; a name of the network is somebody else's word.
fn is_of_machine<B>(request: &Request<B>) -> bool {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = named.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = host.map_or(named, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok() || crate::site::is_local_name(host)
}
