//! Choosing a password by a single-use link.

use super::pages::{ChangePassword, ChangePasswordState};
use crate::acts::{self, PasswordChange, PasswordChoice};
use crate::app::App;
use crate::domain::{PasswordFault, UserId};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, cookies};

/// Asks for the new password, while the link works.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let link = visit.query.get("reset_password_token").unwrap_or_default();
    match acts::find_password_link(&app, link)? {
        Some(user) => ask(&app, &visit.browser, link, user.email.as_str(), None),
        None => void(&app, &visit.browser),
    }
}

/// Sets the password and uses the link up.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let link = form.get("reset_password_token").unwrap_or_default();
    let Some(user) = acts::find_password_link(&app, link)? else { return void(&app, &browser) };
    let password = form.get("password").unwrap_or_default();
    if form.get("password_confirmation").unwrap_or_default() != password {
        return ask(&app, &browser, link, user.email.as_str(), Some("mismatch"));
    }
    let by = browser.by(&request);
    let choice =
        PasswordChoice { link, password, source: request.source(), place: browser.place(), locale: browser.locale };
    match acts::change_password(&app, &by, choice).await? {
        PasswordChange::Changed(next) => {
            taken.given_back(&app)?;
            changed(&app, browser.renewed(next), user.id)
        }
        PasswordChange::Refused(fault) => ask(&app, &browser, link, user.email.as_str(), Some(word(fault))),
        PasswordChange::LinkVoid => void(&app, &browser),
    }
}

/// How a refusal is named in the catalogue.
pub(super) fn word(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::TooShort => "too_short",
        PasswordFault::TooLong => "too_long",
        PasswordFault::HoldsAddress => "holds_address",
        PasswordFault::HoldsInstanceName => "holds_instance_name",
        PasswordFault::Predictable => "predictable",
        PasswordFault::Common => "common",
        PasswordFault::Leaked => "leaked",
        PasswordFault::SameAsBefore => "same_as_before",
    }
}

fn ask(app: &App, browser: &Browser, link: &str, email: &str, problem: Option<&str>) -> Result<Response, Error> {
    let state = ChangePasswordState::Asking {
        password_link: link.to_owned(),
        email: email.to_owned(),
        minimum: acts::minimum_password_length(app),
        problem: problem.map(str::to_owned),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &ChangePassword { state }, status, None)
}

fn void(app: &App, browser: &Browser) -> Result<Response, Error> {
    browser.page_with(app, &ChangePassword { state: ChangePasswordState::Void }, StatusCode::GONE, None)
}

/// Every session of the person ended with the change, this browser's too if it was theirs.
fn changed(app: &App, mut browser: Browser, user_id: UserId) -> Result<Response, Error> {
    let was_theirs = browser.session.as_ref().is_some_and(|active| active.user.id == user_id);
    if was_theirs {
        browser.session = None;
    }
    let mut response = browser.page(app, &ChangePassword { state: ChangePasswordState::Changed })?;
    if was_theirs {
        cookies::clear(&mut response, &app.config.cookies, cookies::SESSION)?;
    }
    Ok(response)
}
