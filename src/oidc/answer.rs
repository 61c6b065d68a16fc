//! The answer to an authorization request, on its way back through the browser.

use super::onward::{self, Way};
use super::pages::{FormPost, HiddenField};
use crate::app::App;
use crate::domain::{ClientId, PendingAuthorization};
use crate::protocol::{AuthorizationRefusal, AuthorizationResponse, ErrorCode, OAuthError, ResponseMode};
use crate::web::{Browser, Error, Response, StatusCode, headers};

/// Gives the client its code.
///
/// # Errors
/// When the page cannot be rendered.
pub(super) fn code(
    app: &App,
    browser: &Browser,
    pending: &PendingAuthorization,
    code: &str,
) -> Result<Response, Error> {
    let answer = AuthorizationResponse::success(&pending.request.return_address, code, app.config.issuer());
    send(app, browser, Some(&pending.client_id), &answer)
}

/// Tells the client why there is none.
///
/// # Errors
/// When the page cannot be rendered.
pub(super) fn refusal(app: &App, browser: &Browser, refusal: &AuthorizationRefusal) -> Result<Response, Error> {
    let answer = AuthorizationResponse::refusal(&refusal.return_address, &refusal.error, app.config.issuer());
    // Refused at sight: no form of ours led there.
    send(app, browser, None, &answer)
}

/// Tells the client why the person did not get through.
///
/// # Errors
/// When the page cannot be rendered.
pub(super) fn error(
    app: &App,
    browser: &Browser,
    pending: &PendingAuthorization,
    code: ErrorCode,
) -> Result<Response, Error> {
    let error = OAuthError::new(code, reason(code));
    let answer = AuthorizationResponse::refusal(&pending.request.return_address, &error, app.config.issuer());
    send(app, browser, Some(&pending.client_id), &answer)
}

/// By redirect or a page that goes on, or by a page that posts itself.
fn send(
    app: &App,
    browser: &Browser,
    client_id: Option<&ClientId>,
    answer: &AuthorizationResponse,
) -> Result<Response, Error> {
    match answer.response_mode() {
        ResponseMode::Query => match client_id {
            Some(client_id) => {
                let way = Way { client_id, target: answer.redirect_uri(), location: answer.location() };
                onward::lead(app, browser, way)
            }
            None => browser.redirect(app, &answer.location()),
        },
        ResponseMode::FormPost => {
            let target = answer.redirect_uri();
            let page = FormPost {
                action: target.as_str().to_owned(),
                fields: answer.parameters().iter().map(|(name, value)| HiddenField::new(*name, value)).collect(),
            };
            let mut response = browser.page_with(app, &page, StatusCode::OK, None)?;
            headers::set_form_post_policy(&mut response, &app.renderer.form_post_script_hash(), &target.origin())?;
            Ok(response)
        }
    }
}

/// One sentence for the developer of the client.
fn reason(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::AccessDenied => "the person refused, or has nothing to share",
        ErrorCode::LoginRequired => "the expected person is not signed in, or not recently enough",
        ErrorCode::AccountSelectionRequired => "the person has to confirm the account",
        ErrorCode::ConsentRequired => "the person has to be asked for consent",
        ErrorCode::InteractionRequired => "the person has to be shown a page",
        ErrorCode::UnmetAuthenticationRequirements => "the demanded acr cannot be reached",
        ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable => "something failed here; try again",
        ErrorCode::InvalidRequest
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedResponseType
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidRequestUri
        | ErrorCode::InvalidRequestObject
        | ErrorCode::RequestNotSupported
        | ErrorCode::RequestUriNotSupported
        | ErrorCode::RegistrationNotSupported
        | ErrorCode::InvalidTarget
        | ErrorCode::InvalidAuthorizationDetails
        | ErrorCode::InvalidRedirectUri
        | ErrorCode::InvalidClient
        | ErrorCode::InvalidGrant
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::InvalidToken
        | ErrorCode::InsufficientScope
        | ErrorCode::InsufficientUserAuthentication => "the request cannot be answered",
    }
}
