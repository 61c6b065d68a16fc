//! The one place that turns an error into a page or JSON, logs it, and completes the headers of every answer.

use std::sync::Arc;

use serde_json::{Map, Value};
use warp::http::{HeaderValue, Method, StatusCode, header};

use super::error::{CSRF, OAuthFailure, Refusal};
use super::pages::ErrorPage;
use super::{Browser, Error, Request, Response, headers, paths};
use crate::acts;
use crate::app::App;
use crate::domain::TurnedAway;
use crate::logs;
use crate::protocol::{ErrorCode, OAuthError};

/// Who reads the answers of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skin {
    /// A person.
    Page,
    /// A client, in the form of RFC 6749 §5.2.
    OAuth,
    /// A program of the operator.
    Api,
}

impl Skin {
    /// Who reads the answers of a path, when no route says so.
    fn of_path(path: &str) -> Self {
        match path {
            paths::TOKEN | paths::USERINFO | paths::JWKS | paths::DISCOVERY | paths::SERVER_METADATA => Self::OAuth,
            _ if path.contains("/api/") => Self::Api,
            _ => Self::Page,
        }
    }
}

#[derive(Clone)]
struct Failure {
    error: Arc<Error>,
    skin: Option<Skin>,
}

/// Answers of this route are read by people.
pub fn page(result: Result<Response, Error>) -> Response {
    dress(result, Skin::Page)
}

/// Answers of this route are read by clients.
pub fn oauth(result: Result<Response, Error>) -> Response {
    dress(result, Skin::OAuth)
}

/// Answers of this route are read by the operator's programs.
pub fn api(result: Result<Response, Error>) -> Response {
    dress(result, Skin::Api)
}

fn dress(result: Result<Response, Error>, skin: Skin) -> Response {
    result.unwrap_or_else(|error| mark(error, Some(skin)))
}

/// An answer of no route: its path says who reads it.
pub fn failed(error: Error) -> Response {
    mark(error, None)
}

/// What fails is rendered at the end, by [`finish`].
fn mark(error: Error, skin: Option<Skin>) -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Failure { error: Arc::new(error), skin });
    response
}

/// Completes an answer: renders a failure in its skin, drops the body of a HEAD, adds the headers, writes the log line.
pub async fn finish(app: &App, request: &Request, response: Response) -> Response {
    let misdirected = |failure: &Failure| outline(&failure.error).0 == StatusCode::MISDIRECTED_REQUEST;
    let mut response = match response.extensions().get::<Failure>().cloned() {
        // Nothing of ours is told, and nothing set, under a name that is not ours.
        Some(failure) if misdirected(&failure) => bare(StatusCode::MISDIRECTED_REQUEST),
        Some(failure) => {
            log(request, &failure.error);
            note(app, request, &failure.error).await;
            let mut rendered = render(app, request, &failure).await;
            // A failure is answered with what its route has set, above all who may read the answer.
            rendered.headers_mut().extend(response.headers().clone());
            rendered
        }
        None => response,
    };
    headers::complete(&mut response, &request.path, app.config.insists_on_tls());
    if request.method == Method::HEAD {
        *response.body_mut() = Vec::new().into();
    }
    tracing::info!(
        request_id = %request.arrival.request_id,
        method = known_method(&request.method),
        route = logs::route().map_or("none", |route| route.pattern),
        status = response.status().as_u16(),
        micros = u64::try_from(logs::elapsed().as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

/// A method that is answered somewhere; the others are words that a client has made up.
fn known_method(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "OPTIONS"].into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// An answer without a body.
fn bare(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

fn log(request: &Request, error: &Error) {
    let request_id = &request.arrival.request_id;
    match error {
        Error::Internal(cause) => tracing::error!(%request_id, %cause, "internal error"),
        Error::OAuth(failure) => tracing::info!(%request_id, error = code_of(failure), "refused a client"),
        Error::Refused(refusal) => tracing::info!(%request_id, code = refusal.code, "refused"),
        Error::NotFound
        | Error::MethodNotAllowed(_)
        | Error::PayloadTooLarge
        | Error::UnsupportedMediaType
        | Error::TooManyRequests(_)
        | Error::Busy(_)
        | Error::Storage(_) => tracing::debug!(%request_id, ?error, "not answered as asked"),
    }
}

/// What was turned away before any act is in the audit as well, in samples.
async fn note(app: &App, request: &Request, error: &Error) {
    let reason = match error {
        Error::Refused(refusal) if refusal.code == CSRF => TurnedAway::ForeignForm,
        Error::TooManyRequests(_) => TurnedAway::TooMany,
        Error::NotFound
        | Error::MethodNotAllowed(_)
        | Error::Refused(_)
        | Error::OAuth(_)
        | Error::PayloadTooLarge
        | Error::UnsupportedMediaType
        | Error::Busy(_)
        | Error::Storage(_)
        | Error::Internal(_) => return,
    };
    if let Err(cause) = acts::note_turned_away(app, &request.visitor(), reason).await {
        tracing::warn!(%cause, "what was turned away is not in the audit");
    }
}

/// Status, word of the catalogue, and seconds to wait.
fn outline(error: &Error) -> (StatusCode, &'static str, Option<u64>) {
    match error {
        Error::NotFound => (StatusCode::NOT_FOUND, "not_found", None),
        Error::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", None),
        Error::Refused(refusal) => (refusal.status, refusal.code, None),
        Error::OAuth(failure) => (failure.status, code_of(failure), None),
        Error::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None),
        Error::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", None),
        Error::TooManyRequests(wait) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", Some(*wait)),
        Error::Busy(wait) => (StatusCode::SERVICE_UNAVAILABLE, "busy", Some(*wait)),
        Error::Storage(wait) => (StatusCode::SERVICE_UNAVAILABLE, "storage", Some(*wait)),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None),
    }
}

async fn render(app: &App, request: &Request, failure: &Failure) -> Response {
    let (_, _, wait) = outline(&failure.error);
    let mut response = match failure.skin.unwrap_or_else(|| Skin::of_path(&request.path)) {
        Skin::Page => error_page(app, request, &failure.error).await,
        Skin::OAuth => oauth_json(&failure.error),
        Skin::Api => api_json(request, &failure.error),
    };
    let headers = response.headers_mut();
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Error::MethodNotAllowed(allowed) = failure.error.as_ref()
        && let Ok(value) = HeaderValue::from_str(allowed)
    {
        headers.insert(header::ALLOW, value);
    }
    if let Error::OAuth(OAuthFailure { challenge: Some(challenge), .. }) = failure.error.as_ref()
        && let Ok(value) = HeaderValue::from_str(challenge)
    {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// The page of a refusal, in the language of the browser; in plain text where even that fails.
async fn error_page(app: &App, request: &Request, error: &Error) -> Response {
    let (status, code, wait) = outline(error);
    let refusal = if let Error::Refused(refusal) = error { Some(refusal) } else { None };
    let browser = Browser::read(app, request).await;
    let way_on = refusal.and_then(|refusal| refusal.way_on.as_ref()).map(|way_on| way_on.href.clone());
    let page = ErrorPage {
        code: code.to_owned(),
        request_id: request.arrival.request_id.clone(),
        status: status.as_u16(),
        detail: refusal.and_then(|refusal| refusal.detail.as_deref()).map(presentable),
        retry_after: wait,
        continue_href: way_on
            .or_else(|| browser.as_ref().ok().and_then(|browser| sign_in_under_way(app, request, browser))),
    };
    let rendered = browser.and_then(|browser| browser.page_with(app, &page, status, None));
    rendered.unwrap_or_else(|cause| {
        log(request, &cause);
        let mut response = Response::new(format!("{code} ({})", request.arrival.request_id).into());
        *response.status_mut() = status;
        response
    })
}

/// Where the sign-in of this browser goes on that the failed page belonged to: with the service that it leads to, or without. A
/// form of a session that ended leads to its page, by the page of sign-in, which says so.
fn sign_in_under_way(app: &App, request: &Request, browser: &Browser) -> Option<String> {
    let query = request.query().ok()?;
    let Some(id) = query.get("interaction") else {
        let page = paths::page_of(&request.path).filter(|_| browser.session.is_none());
        let is_form = request.method == Method::POST;
        return page.map(|page| paths::sign_in_for(page, is_form.then_some("session_over_unsent")));
    };
    // Where nothing can be read there is nothing to go on with.
    let (_, interaction) = acts::find_interaction(app, id).ok()??;
    (interaction.browser == Some(browser.place().handle)).then(|| paths::interaction(id))
}

/// At most 64 characters, all of them printable ASCII.
fn presentable(detail: &str) -> String {
    detail.chars().take(64).map(|character| if matches!(character, ' '..='~') { character } else { '?' }).collect()
}

/// The machine's word of a refusal, empty where its status says it all.
fn code_of(failure: &OAuthFailure) -> &'static str {
    failure.error.as_ref().map_or("", |error| error.code().as_str())
}

/// Code, the value that helps if there is one, and request id.
fn api_json(request: &Request, error: &Error) -> Response {
    let (status, code, _) = outline(error);
    let mut body = Map::new();
    body.insert(String::from("error"), Value::from(code));
    if let Error::Refused(Refusal { detail: Some(detail), .. }) = error {
        body.insert(String::from("detail"), Value::from(presentable(detail)));
    }
    body.insert(String::from("request_id"), Value::from(request.arrival.request_id.as_str()));
    json_response(status, &Value::Object(body))
}

fn oauth_json(error: &Error) -> Response {
    let (status, error) = match error {
        Error::OAuth(OAuthFailure { status, error: None, .. }) => {
            let mut response = Response::default();
            *response.status_mut() = *status;
            return response;
        }
        Error::OAuth(OAuthFailure { status, error: Some(error), .. }) => (*status, error.clone()),
        Error::Internal(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, OAuthError::new(ErrorCode::ServerError, "internal error"))
        }
        Error::TooManyRequests(_) | Error::Busy(_) | Error::Storage(_) => {
            (outline(error).0, OAuthError::new(ErrorCode::TemporarilyUnavailable, "try again later"))
        }
        Error::NotFound | Error::MethodNotAllowed(_) | Error::PayloadTooLarge => {
            (outline(error).0, OAuthError::new(ErrorCode::InvalidRequest, outline(error).1))
        }
        Error::UnsupportedMediaType => {
            let error =
                OAuthError::new(ErrorCode::InvalidRequest, "the body must be application/x-www-form-urlencoded");
            (StatusCode::BAD_REQUEST, error)
        }
        Error::Refused(Refusal { status, detail, code, .. }) => {
            (*status, OAuthError::new(ErrorCode::InvalidRequest, detail.as_deref().unwrap_or(code)))
        }
    };
    let mut body = Map::new();
    body.insert(String::from("error"), Value::from(error.code().as_str()));
    body.insert(String::from("error_description"), Value::from(error.description()));
    json_response(status, &Value::Object(body))
}

/// A JSON document.
pub fn json_response(status: StatusCode, body: &Value) -> Response {
    json_document(status, body.to_string().into_bytes())
}

/// The same for a document that is written already.
pub fn json_document(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
