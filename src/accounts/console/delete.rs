//! The person deletes their account.

use super::pages::Delete;
use crate::acts::administration::UserRefusal;
use crate::acts::{self, ActiveSession};
use crate::app::App;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, cookies, paths};

/// Says what goes and what stays.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    match &visit.browser.session {
        Some(active) => ask(&app, &visit.browser, active, StatusCode::OK, false),
        None => visit.browser.redirect(&app, paths::START_SIGN_IN),
    }
}

/// Erases everything, where `confirmed` is `yes`.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { mut browser, request, form, .. } = submission;
    let Some(active) = browser.session.clone() else { return browser.redirect(&app, paths::START_SIGN_IN) };
    if form.get("confirmed") != Some("yes") {
        return ask(&app, &browser, &active, StatusCode::BAD_REQUEST, true);
    }
    let (by, handle, locale) = (browser.by(&request), browser.place().handle, browser.locale);
    match acts::delete_own_account(&app, &by, &active, handle, locale).await? {
        // Whoever was erased meanwhile is where they wanted to be.
        Err(UserRefusal::Unknown) => browser.redirect(&app, paths::START_SIGN_IN),
        Err(
            UserRefusal::LastAdministrator
            | UserRefusal::EmailTaken
            | UserRefusal::Disabled
            | UserRefusal::NoRole
            | UserRefusal::NoSecondFactor
            | UserRefusal::RemovalPending
            | UserRefusal::NoRemoval,
        ) => ask(&app, &browser, &active, StatusCode::FORBIDDEN, false),
        Ok(next) => {
            browser.session = None;
            let done = paths::notifying(paths::START_SIGN_IN, "user_successfully_deleted");
            let mut response = browser.renewed(next).redirect(&app, &done)?;
            for cookie in [cookies::SESSION, cookies::KNOWN] {
                cookies::clear(&mut response, &app.config.cookies, cookie)?;
            }
            Ok(response)
        }
    }
}

fn ask(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    status: StatusCode,
    is_unconfirmed: bool,
) -> Result<Response, Error> {
    let is_last_administrator = !acts::may_delete_own_account(app, active)?;
    let page = Delete { email: active.user.email.to_string(), is_last_administrator, is_unconfirmed };
    browser.page_with(app, &page, status, None)
}
