//! The choice of another password.

use super::notification::Notification;
use super::pages::Password;
use crate::accounts::change_password::word;
use crate::acts::{self, ActiveSession, OwnPasswordChange, OwnPasswordChoice};
use crate::app::App;
use crate::journey;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks for it.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    match &visit.browser.session {
        Some(active) => ask(&app, &visit.browser, active, None),
        None => visit.browser.redirect(&app, paths::START_SIGN_IN),
    }
}

/// Takes it, or says why it cannot be.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let known_browser = journey::known_browser(&app, &request);
    let taken = acts::take_form(&app, request.source(), Some(&active.user.email), known_browser)?;
    let password = form.get("password").unwrap_or_default();
    if form.get("password_confirmation").unwrap_or_default() != password {
        return ask(&app, &browser, active, Some("mismatch"));
    }
    let choice = OwnPasswordChoice {
        active,
        browser: browser.place().handle,
        password,
        source: request.source(),
        locale: browser.locale,
    };
    match acts::change_own_password(&app, &browser.by(&request), choice).await? {
        OwnPasswordChange::Changed(session) => {
            taken.given_back(&app)?;
            let done = Notification::PasswordChangeSuccess.on(paths::CONNECTION_AND_ACCOUNT);
            journey::lead_on(&app, &browser, &session, &done)
        }
        OwnPasswordChange::Refused(fault) => ask(&app, &browser, active, Some(word(fault))),
    }
}

fn ask(app: &App, browser: &Browser, active: &ActiveSession, problem: Option<&str>) -> Result<Response, Error> {
    let page = Password {
        email: active.user.email.to_string(),
        minimum: acts::minimum_password_length(app),
        problem: problem.map(str::to_owned),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}
