//! The authorization endpoint (OpenID Connect Core §3.1.2): who asks, for what, and whether the answer may go there.

use super::proceed::{Proceeding, proceed};
use super::{answer, hint};
use crate::acts::{self, By};
use crate::app::App;
use crate::domain::{Client, Destination, PendingAuthorization, UserId};
use crate::protocol::{
    AuthorizationAttempt, AuthorizationRefusal, AuthorizationRequest, ClientRules, ErrorCode, OAuthError, Parameters,
    RedirectUriPolicy, ResponseType,
};
use crate::web::{Browser, Error, Request, Response, Visit, paths, see_other};

/// Answers the client at once where no step is open, and leads the browser to the first one where there is.
pub(super) async fn respond(app: App, visit: Visit) -> Result<Response, Error> {
    let Visit { browser, request, query } = visit;
    let (by, source) = (browser.by(&request), request.source());
    match check(&app, &by, query).await? {
        Ok(pending) => {
            let browser = browser.with_ui_locale(pending.request.locale);
            proceed(&app, Proceeding { browser, by, source, pending, current: None }).await
        }
        Err(refusal) => answer::refusal(&app, &browser, &refusal),
    }
}

/// Keeps the request and leads the browser to a page of this site: a form that another site posts comes without its
/// cookies.
pub(super) async fn store(app: App, request: Request) -> Result<Response, Error> {
    match check(&app, &request.visitor(), request.form()?).await? {
        Ok(pending) => {
            let destination = Destination::Client(Box::new(pending));
            let handle = acts::begin_interaction(&app, request.source(), None, destination).await?;
            see_other(&paths::interaction(&handle.value))
        }
        Err(refusal) => answer::refusal(&app, &Browser::read(&app, &request).await?, &refusal),
    }
}

/// One check after the other, in the order in which errors take precedence. What is wrong before the redirect URI is
/// trusted is an error of ours, shown on a page; what is wrong after it is a refusal for the client.
async fn check(
    app: &App,
    by: &By,
    parameters: Parameters,
) -> Result<Result<PendingAuthorization, AuthorizationRefusal>, Error> {
    let attempt = AuthorizationAttempt::parse(parameters)
        .map_err(|error| Error::bad_request("invalid_request").with_detail(error.description()))?;
    let client = find_client(app, by, &attempt).await?;
    let is_missing = attempt.redirect_uri().is_none();
    let shown = attempt.redirect_uri().unwrap_or_default().to_owned();
    let policy = RedirectUriPolicy { native: client.is_native, plain_http: app.config.local_redirects };
    let trusted = attempt.trust(&client.redirect_uris, policy).map_err(|_| match is_missing {
        true => Error::bad_request("redirect_uri_missing"),
        false => Error::bad_request("redirect_uri_mismatch").with_detail(shown),
    })?;
    let rules = ClientRules {
        response_types: &[ResponseType::Code],
        pkce_required: client.require_pkce || client.is_public(),
        allowed_scopes: &client.scopes,
        default_max_age: client.default_max_age,
        default_acr_values: &client.default_acr_values,
    };
    let request = match trusted.parse(&rules) {
        Ok(request) => request,
        Err(refusal) => return Ok(Err(*refusal)),
    };
    Ok(match expected_user(app, &request)? {
        Ok(expected_user) => Ok(PendingAuthorization { client_id: client.id, request, expected_user }),
        Err(error) => Err(AuthorizationRefusal { return_address: request.return_address, error }),
    })
}

/// The client; one that nobody declared becomes known where such clients are recorded.
async fn find_client(app: &App, by: &By, attempt: &AuthorizationAttempt) -> Result<Client, Error> {
    let client = match attempt.redirect_uri() {
        Some(redirect_uri) => acts::record_client(app, by, attempt.client_id(), redirect_uri).await?,
        None => acts::enabled_client(app, attempt.client_id())?,
    };
    client.ok_or_else(|| Error::bad_request("unknown_client").with_detail(attempt.client_id()))
}

/// The person named by an ID token of ours that comes back as a hint (OpenID Connect Core §3.1.2.2).
fn expected_user(app: &App, request: &AuthorizationRequest) -> Result<Result<Option<UserId>, OAuthError>, Error> {
    let Some(token) = &request.id_token_hint else { return Ok(Ok(None)) };
    let unusable = || OAuthError::new(ErrorCode::InvalidRequest, "id_token_hint is not an ID token of this issuer");
    Ok(hint::verify(app, token)?.map(|hint| Some(hint.user_id)).ok_or_else(unusable))
}
