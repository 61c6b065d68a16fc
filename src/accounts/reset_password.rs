//! Asking for a link to choose another password with.

use super::mailbox_pages::ResetPassword;
use crate::acts;
use crate::app::App;
use crate::domain::Email;
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks for the address.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let given = current.as_ref().and_then(|current| current.interaction.login.as_ref()).map(ToString::to_string);
    let signed_in = || visit.browser.session.as_ref().map(|active| active.user.email.to_string());
    let login = given.or_else(signed_in).unwrap_or_default();
    ask(&app, &visit.browser, current.as_ref(), login, false)
}

/// Mails the link to whoever has an account with this address, and says the same to everybody.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let typed = form.get("login").unwrap_or_default();
    let Ok(login) = typed.parse::<Email>() else {
        return ask(&app, &browser, current.as_ref(), typed.chars().take(254).collect(), true);
    };
    let browser = journey::speak(browser, current.as_ref());
    // In this browser the sign-in under way goes on after the change.
    let id = current.as_ref().map(|current| current.id.as_str());
    let page = paths::within(paths::CHANGE_PASSWORD, id);
    let page = format!("{page}{}reset_password_token=", if id.is_some() { '&' } else { '?' });
    acts::mail_password_link(&app, &browser.by(&request), login, request.source(), browser.locale, &page).await?;
    let start = match &current {
        Some(current) => format!("{}&", paths::within(paths::START_SIGN_IN, Some(&current.id))),
        None => format!("{}?", paths::START_SIGN_IN),
    };
    browser.redirect(&app, &format!("{start}notification=reset_password_email_sent"))
}

fn ask(
    app: &App,
    browser: &Browser,
    current: Option<&Current>,
    login: String,
    is_malformed: bool,
) -> Result<Response, Error> {
    let browser = journey::speak(browser.clone(), current);
    let page = ResetPassword { interaction: current.map(|current| current.id.clone()), login, is_malformed };
    let status = if is_malformed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}
