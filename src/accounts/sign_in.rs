//! The password step.

use super::pages::SignIn;
use crate::acts::{self, PasswordAttempt};
use crate::app::App;
use crate::domain::Email;
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks the password of the address given before.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    if let Some(current) = current.as_ref().filter(|current| current.interaction.account().is_some()) {
        // The proof may have been made in another tab meanwhile.
        let onward = journey::next(&app, visit.browser.session.as_ref(), Some(current))?;
        if onward != paths::within(paths::SIGN_IN, Some(&current.id)) {
            return visit.browser.redirect(&app, &onward);
        }
    }
    match current.as_ref().and_then(|current| current.interaction.login.clone().map(|login| (current, login))) {
        Some((current, login)) => ask(&app, &visit.browser, current, &login, None),
        None => visit
            .browser
            .redirect(&app, &paths::within(paths::START_SIGN_IN, current.as_ref().map(|current| current.id.as_str()))),
    }
}

/// Checks the password.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let Some((current, login)) =
        current.and_then(|current| current.interaction.login.clone().map(|login| (current, login)))
    else {
        return browser.redirect(&app, paths::START_SIGN_IN);
    };
    let browser = journey::speak(browser, Some(&current));
    let attempt = PasswordAttempt {
        source: request.source(),
        email: &login,
        password: form.get("password").unwrap_or_default(),
        known_browser: journey::known_browser(&app, &request),
        interaction: current.key,
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::sign_in_with_password(&app, &browser.by(&request), attempt).await? {
        Some(session) => journey::go_on_signed_in(&app, &request, &browser, &session, Some(&current)).await,
        None => ask(&app, &browser, &current, &login, Some("failed")),
    }
}

/// The address of the account whose owner proves anew who they are; `None` in any other sign-in.
pub(super) fn confirming(current: &Current) -> Option<Email> {
    current.interaction.account().and_then(|_| current.interaction.login.clone())
}

/// Asks for the password; `problem` says why the last attempt opened nothing: `failed`, or `passkey`.
pub(super) fn ask(
    app: &App,
    browser: &Browser,
    current: &Current,
    login: &Email,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let browser = journey::speak(browser.clone(), Some(current));
    let page = SignIn {
        interaction: Some(current.id.clone()),
        email: login.to_string(),
        problem: problem.map(str::to_owned),
        has_passkeys: app.passkeys.is_some(),
        is_confirmation: current.interaction.account().is_some(),
        by_mail: if app.config.accounts.hide_existence { "code" } else { "link" }.to_owned(),
        opens_accounts: acts::a_code_opens_accounts(app) && current.interaction.account().is_none(),
        client: journey::client_label(app, current)?,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.form_target().as_deref())
}
