//! Sign-out at the wish of a client (RP-Initiated Logout 1.0): at once where an ID token of this very session is shown,
//! after a question in every other case.

use super::hint::{self, Hint};
use super::onward::{self, Way};
use super::pages::{HiddenField, LoggedOut, LogoutConfirmation};
use crate::acts::{self, ActiveSession, By};
use crate::app::App;
use crate::domain::Client;
use crate::journey;
use crate::protocol::{LogoutRequest, Parameters, RedirectUri};
use crate::web::{Browser, Error, Request, Response, StatusCode, Visit, cookies, csrf, paths, see_other};

/// Signs out, or asks.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Visit { browser, request, query } = visit;
    let by = browser.by(&request);
    let plan = Plan::of(&app, &by, &query).await?;
    let browser = browser.with_ui_locale(plan.request.locale);
    match browser.session.clone() {
        Some(active) if !plan.is_about(&app, &active) => ask(&app, &browser, &active, &query, &plan),
        session => finish(&app, browser, &by, &plan, session).await,
    }
}

/// Takes the answer of our own page. A form from anywhere else is only checked, and becomes a visit: it comes without
/// the cookies of this site.
pub(super) async fn submit(app: App, request: Request) -> Result<Response, Error> {
    let form = request.form()?;
    let browser = Browser::read(&app, &request).await?;
    let by = browser.by(&request);
    let plan = Plan::of(&app, &by, &form).await?;
    let is_ours = csrf::check_same_origin(&app, &request).is_ok() && browser.check_csrf(&app, &form).is_ok();
    if !is_ours {
        return see_other(&format!("{}?{}", paths::LOGOUT, encode(&form)));
    }
    let session = browser.session.clone();
    finish(&app, browser.with_ui_locale(plan.request.locale), &by, &plan, session).await
}

/// A request to sign out, checked.
struct Plan {
    request: LogoutRequest,
    hint: Option<Hint>,
    client: Option<Client>,
    target: Option<RedirectUri>,
}

impl Plan {
    /// Checks everything that can be wrong; nothing is signed out and nobody redirected where anything is.
    async fn of(app: &App, by: &By, parameters: &Parameters) -> Result<Self, Error> {
        let request = LogoutRequest::parse(parameters)
            .map_err(|error| Error::bad_request("invalid_request").with_detail(error.description()))?;
        let hint = match &request.id_token_hint {
            Some(token) => Some(hint::verify(app, token)?.ok_or_else(|| Error::bad_request("invalid_logout_hint"))?),
            None => None,
        };
        let client = match (&hint, &request.client_id) {
            (Some(hint), Some(client_id)) if hint.client.id.to_string() != *client_id => {
                return Err(Error::bad_request("invalid_logout_hint"));
            }
            (Some(hint), _) => Some(hint.client.clone()),
            (None, Some(client_id)) => {
                let unknown = || Error::bad_request("unknown_client").with_detail(client_id);
                Some(acts::enabled_client(app, client_id)?.ok_or_else(unknown)?)
            }
            (None, None) => None,
        };
        let target = match (&client, &request.post_logout_redirect_uri) {
            (Some(client), Some(uri)) => Some(registered(app, by, client, uri).await?),
            // Nobody says whose address it is: it is not followed.
            (None, Some(_)) | (_, None) => None,
        };
        Ok(Self { request, hint, client, target })
    }

    /// Whether the hint was issued in this session to this person.
    fn is_about(&self, app: &App, active: &ActiveSession) -> bool {
        self.hint.as_ref().is_some_and(|hint| {
            let parts = [active.session.id.0.as_str(), hint.client.id.as_str()];
            hint.user_id == active.user.id && app.keys.sid.verify("sid", &parts, &hint.sid)
        })
    }

    /// The address with the client's own value, if it sent one, and nothing else.
    fn location(&self) -> Option<String> {
        let state = self.request.state.as_deref().map(|state| ("state", state));
        self.target.as_ref().map(|target| target.with_parameters(state))
    }
}

/// The address, if the client registered it, to the letter; where clients are recorded, it may register it now.
async fn registered(app: &App, by: &By, client: &Client, uri: &str) -> Result<RedirectUri, Error> {
    let known = acts::record_post_logout_uri(app, by, client.id.as_str(), uri).await?;
    let uris = known.map(|client| client.post_logout_redirect_uris).unwrap_or_default();
    uris.into_iter()
        .find(|registered| registered.is(uri))
        .ok_or_else(|| Error::bad_request("invalid_post_logout_redirect_uri").with_detail(uri))
}

fn ask(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    parameters: &Parameters,
    plan: &Plan,
) -> Result<Response, Error> {
    let page = LogoutConfirmation {
        action: paths::LOGOUT.to_owned(),
        fields: without_token(parameters).map(|(name, value)| HiddenField::new(name, value)).collect(),
        client: plan.client.clone().map(journey::label_of),
        email: active.user.email.to_string(),
    };
    let target = plan.target.as_ref().map(RedirectUri::origin);
    browser.page_with(app, &page, StatusCode::OK, target.as_deref())
}

/// Ends the session, and goes where the client wants if an ID token says that it is this client.
async fn finish(
    app: &App,
    mut browser: Browser,
    by: &By,
    plan: &Plan,
    session: Option<ActiveSession>,
) -> Result<Response, Error> {
    if let Some(active) = &session {
        let next = acts::sign_out(app, by, active, browser.place().handle).await?;
        browser = browser.renewed(next);
    }
    browser.session = None;
    let mut response = match (&plan.hint, &plan.target, plan.location()) {
        (Some(hint), Some(target), Some(location)) => {
            onward::lead(app, &browser, Way { client_id: &hint.client.id, target, location })?
        }
        (_, _, continue_href) => {
            browser.page(app, &LoggedOut { client: plan.client.clone().map(journey::label_of), continue_href })?
        }
    };
    if session.is_some() {
        cookies::clear(&mut response, &app.config.cookies, cookies::SESSION)?;
    }
    Ok(response)
}

fn encode(form: &Parameters) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(without_token(form)).finish()
}

/// The request without the token of our own form.
fn without_token(parameters: &Parameters) -> impl Iterator<Item = (&str, &str)> {
    parameters.iter().filter(|(name, _)| *name != "_csrf")
}
