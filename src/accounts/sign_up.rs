//! Choosing a password for an account to be.

use super::mailbox_pages::SignUp as Page;
use crate::acts::{self, AddressStanding, SignUp, SignUpOutcome};
use crate::app::App;
use crate::domain::Email;
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks for a password.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    match opening(&app, current.as_ref())? {
        Opening::Of(place) => ask(&app, &visit.browser, &place, None),
        Opening::Elsewhere(path) => {
            visit.browser.redirect(&app, &paths::within(path, current.as_ref().map(|current| current.id.as_str())))
        }
    }
}

/// Takes it, and mails the code that opens the account.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let id = current.as_ref().map(|current| current.id.clone());
    let place = match opening(&app, current.as_ref())? {
        Opening::Of(place) => place,
        Opening::Elsewhere(path) => return browser.redirect(&app, &paths::within(path, id.as_deref())),
    };
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let browser = journey::speak(browser, Some(place.current));
    let password = form.get("password").unwrap_or_default();
    if form.get("password_confirmation").unwrap_or_default() != password {
        return ask(&app, &browser, &place, Some("mismatch"));
    }
    let order = SignUp {
        interaction: place.current.key,
        email: &place.email,
        password,
        source: request.source(),
        locale: browser.locale,
    };
    match acts::sign_up(&app, &browser.by(&request), order).await? {
        SignUpOutcome::Refused(fault) => ask(&app, &browser, &place, Some(super::change_password::word(fault))),
        SignUpOutcome::CodeSent => browser.redirect(&app, &paths::within(paths::VERIFY_EMAIL, id.as_deref())),
        SignUpOutcome::Over => Err(Error::expired_interaction()),
    }
}

/// The account that is to be opened.
struct Place<'a> {
    current: &'a Current,
    email: Email,
    is_known: bool,
}

/// Whether there is one to be opened here.
enum Opening<'a> {
    Of(Place<'a>),
    /// Another page is the right one.
    Elsewhere(&'static str),
}

fn opening<'a>(app: &App, current: Option<&'a Current>) -> Result<Opening<'a>, Error> {
    let given = current.and_then(|current| current.interaction.login.clone().map(|email| (current, email)));
    let Some((current, email)) = given else { return Ok(Opening::Elsewhere(paths::START_SIGN_IN)) };
    if app.config.accounts.hide_existence {
        return Ok(Opening::Elsewhere(paths::SIGN_IN));
    }
    Ok(match acts::address_standing(app, &email)? {
        AddressStanding::HasPassword => Opening::Elsewhere(paths::SIGN_IN),
        AddressStanding::NoPassword => Opening::Of(Place { current, email, is_known: true }),
        AddressStanding::Unknown if !app.config.accounts.sign_up => Opening::Elsewhere(paths::START_SIGN_IN),
        AddressStanding::Unknown => Opening::Of(Place { current, email, is_known: false }),
    })
}

fn ask(app: &App, browser: &Browser, place: &Place<'_>, problem: Option<&str>) -> Result<Response, Error> {
    let browser = journey::speak(browser.clone(), Some(place.current));
    let page = Page {
        interaction: Some(place.current.id.clone()),
        email: place.email.to_string(),
        is_known: place.is_known,
        minimum: acts::minimum_password_length(app),
        problem: problem.map(str::to_owned),
        client: journey::client_label(app, place.current)?,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, place.current.form_target().as_deref())
}
