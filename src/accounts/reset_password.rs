//! Asking for a link to choose another password with.

use super::mailbox_pages::{ResetPassword, ResetProblem};
use crate::acts;
use crate::app::App;
use crate::domain::{Email, Source};
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks for the address.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let given = current.as_ref().and_then(|current| current.interaction.login.as_ref()).map(ToString::to_string);
    let signed_in = || visit.browser.session.as_ref().map(|active| active.user.email.to_string());
    let login = given.or_else(signed_in).unwrap_or_default();
    let asker = Asker { browser: &visit.browser, source: visit.request.source() };
    ask(&app, &asker, current.as_ref(), login, None)
}

/// Mails the link to whoever has an account with this address, and says the same to everybody.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let asker = Asker { browser: &browser, source: request.source() };
    let typed = form.get("login").unwrap_or_default();
    let Ok(login) = typed.parse::<Email>() else {
        let typed = typed.chars().take(254).collect();
        return ask(&app, &asker, current.as_ref(), typed, Some(ResetProblem::Malformed));
    };
    let browser = journey::speak(browser.clone(), current.as_ref());
    // In this browser the sign-in under way goes on after the change.
    let id = current.as_ref().map(|current| current.id.as_str());
    let page = paths::within(paths::CHANGE_PASSWORD, id);
    let page = format!("{page}{}reset_password_token=", if id.is_some() { '&' } else { '?' });
    let (by, again) = (browser.by(&request), login.to_string());
    if acts::mail_password_link(&app, &by, login, request.source(), browser.locale, &page).await?.is_some() {
        return ask(&app, &asker, current.as_ref(), again, Some(ResetProblem::TooSoon));
    }
    let start = match &current {
        Some(current) => format!("{}&", paths::within(paths::START_SIGN_IN, Some(&current.id))),
        None => format!("{}?", paths::START_SIGN_IN),
    };
    browser.redirect(&app, &format!("{start}notification=reset_password_email_sent"))
}

/// Who looks at the page, and from where.
struct Asker<'a> {
    browser: &'a Browser,
    source: Source,
}

fn ask(
    app: &App,
    asker: &Asker<'_>,
    current: Option<&Current>,
    login: String,
    problem: Option<ResetProblem>,
) -> Result<Response, Error> {
    let browser = journey::speak(asker.browser.clone(), current);
    let wait = |email: Email| acts::wait_for_password_link(app, &email, asker.source);
    let seconds_to_wait = login.parse().ok().map(wait).transpose()?.flatten();
    let interaction = current.map(|current| current.id.clone());
    let page = ResetPassword { interaction, login, problem, seconds_to_wait };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}
