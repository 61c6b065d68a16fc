//! What operators and browsers ask of the site as a whole: is it alive, is it ready, its styles and images.

use std::sync::atomic::Ordering;

use serde_json::json;
use warp::http::{HeaderValue, StatusCode, header};

use crate::app::App;
use crate::web::{Error, Guard, Method, Request, Response, Table, api, json_response, page, paths};

/// The routes of the site as a whole.
pub(super) fn routes(app: &App) -> Table {
    Table::new(app)
        .call((Method::GET, paths::LIVEZ), Guard::Public, api, livez)
        .call((Method::GET, paths::READYZ), Guard::Public, api, readyz)
        .call((Method::GET, paths::ASSET), Guard::Public, page, asset)
}

/// Answers as long as the process runs.
async fn livez(_: App, _: Request) -> Result<Response, Error> {
    Ok(json_response(StatusCode::OK, &json!({ "status": "ok" })))
}

/// Answers 200 while writes are taken, tokens can be signed, and nobody has told the instance to stop. What only an operator
/// can mend and hinders nobody is said in the body: an instance that serves is not taken out of service for it.
async fn readyz(app: App, _: Request) -> Result<Response, Error> {
    let (status, word) = match (is_ready(&app), is_degraded(&app)) {
        (true, false) => (StatusCode::OK, "ok"),
        (true, true) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "fail"),
    };
    Ok(json_response(status, &json!({ "status": word })))
}

/// Whether writes are taken, tokens can be signed, and nobody has told the instance to stop.
pub(super) fn is_ready(app: &App) -> bool {
    let has_trouble = !app.store.is_healthy() || !app.keyring.is_ready() || app.ails.load(Ordering::Acquire);
    !has_trouble && !app.stopping.load(Ordering::Relaxed)
}

/// Whether something is amiss that an operator has to mend: the clock was set back (SEC-195).
pub(super) fn is_degraded(app: &App) -> bool {
    app.clock.seconds_behind() > 0
}

/// An embedded file under the name that carries its digest: it never changes.
async fn asset(app: App, request: Request) -> Result<Response, Error> {
    let file = app.renderer.static_file(&request.path).ok_or(Error::NotFound)?;
    let mut response = Response::new(file.bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(response)
}
