//! Which scripts of other origins may read which answers. Never with credentials.

use url::Url;
use warp::http::{HeaderName, HeaderValue, StatusCode, header};

use super::{Error, Request, Response};
use crate::app::App;
use crate::store::clients;

const METHODS: &str = "GET, POST, OPTIONS";
const HEADERS: &str = "Authorization, Content-Type, Accept";

/// Opens a public document to every origin.
pub fn open_to_all(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
}

/// Opens an answer to the origin that asks, if it is one of an enabled public client (in development any origin of
/// this machine).
///
/// # Errors
/// When the store cannot be read.
pub fn open_to_clients(app: &App, request: &Request, response: &mut Response) -> Result<(), Error> {
    let Some(origin) = request.header(header::ORIGIN.as_str()) else { return Ok(()) };
    if !is_client_origin(app, origin)? {
        return Ok(());
    }
    let value = HeaderValue::from_str(origin).map_err(Error::internal)?;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    Ok(())
}

/// The answer to a preflight, before its origin is judged.
pub fn preflight() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn is_client_origin(app: &App, origin: &str) -> Result<bool, Error> {
    if app.config.local_redirects && is_loopback(origin) {
        return Ok(true);
    }
    Ok(app.store.read(|tx| clients::has_public_origin(tx, origin))?)
}

fn is_loopback(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
