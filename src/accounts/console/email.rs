//! Another address for the account.

use super::notification::Notification;
use super::pages::{Email as Page, EmailState};
use crate::acts::{self, ActiveSession, AddressAttempt, AddressOutcome, AddressVerdict, NewAddress};
use crate::app::App;
use crate::domain::{Email, MailedCode};
use crate::journey;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks for the new address, or for the code that was mailed to it.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    match &active.session.address_code {
        Some(code) if visit.query.get("another").is_none() => ask_code(&app, &visit.browser, active, code, None),
        Some(_) | None => ask_address(&app, &visit.browser, active, "", None),
    }
}

/// Mails a code to the new address.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let typed = form.get("email").unwrap_or_default();
    let Ok(email) = typed.parse::<Email>() else {
        let typed: String = typed.chars().take(254).collect();
        return ask_address(&app, &browser, active, &typed, Some("malformed"));
    };
    let is_confirmed = form.get("confirmed_email") == Some(email.as_str());
    let doubt = match acts::judge_address(&app, &email, is_confirmed).await {
        AddressVerdict::Good => None,
        AddressVerdict::Misspelt(suggestion) => Some(("misspelt", Some(suggestion))),
        AddressVerdict::TakesNoMail(suggestion) => Some(("undeliverable", suggestion)),
    };
    if let Some((problem, suggestion)) = doubt {
        let suggestion = suggestion.map(|suggestion| suggestion.to_string());
        let state = EmailState::AskingAddress { typed: email.to_string(), suggestion };
        return answer(&app, &browser, active, state, Some(problem));
    }
    let by = browser.by(&request);
    match acts::ask_new_address(&app, &by, active, email.clone(), request.source(), browser.locale).await? {
        NewAddress::Same => ask_address(&app, &browser, active, email.as_str(), Some("same")),
        NewAddress::Sent => browser.redirect(&app, paths::OWN_EMAIL),
        NewAddress::TooSoon(_) => match &active.session.address_code {
            Some(code) => ask_code(&app, &browser, active, code, Some("too_soon")),
            None => browser.redirect(&app, paths::OWN_EMAIL),
        },
    }
}

/// Takes the code, and gives the account its new address.
pub(super) async fn submit_code(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let attempt = AddressAttempt {
        active,
        browser: browser.place().handle,
        code: form.get("verify_email_token").unwrap_or_default(),
        locale: browser.locale,
    };
    let outcome = acts::change_address(&app, &browser.by(&request), attempt).await?;
    let pending = active.session.address_code.as_deref();
    match (outcome, pending) {
        (AddressOutcome::Changed(session), _) => {
            taken.given_back(&app)?;
            let done = Notification::AddressChangeSuccess.on(paths::CONNECTION_AND_ACCOUNT);
            journey::lead_on(&app, &browser, &session, &done)
        }
        (AddressOutcome::Taken, Some(code)) => ask_address(&app, &browser, active, code.email.as_str(), Some("taken")),
        (AddressOutcome::Wrong, Some(code)) => ask_code(&app, &browser, active, code, Some("wrong")),
        (AddressOutcome::Over, Some(code)) => ask_code(&app, &browser, active, code, Some("over")),
        (AddressOutcome::Taken | AddressOutcome::Wrong | AddressOutcome::Over, None) => {
            browser.redirect(&app, paths::OWN_EMAIL)
        }
    }
}

fn ask_address(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    typed: &str,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let state = EmailState::AskingAddress { typed: typed.to_owned(), suggestion: None };
    answer(app, browser, active, state, problem)
}

fn ask_code(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    code: &MailedCode,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let now = app.clock.now();
    let minutes = code.expires_at.seconds_since(now).div_ceil(60);
    let minutes_left = (code.is_open(now) && problem != Some("over")).then_some(minutes);
    let state = EmailState::AskingCode { new_email: code.email.to_string(), minutes_left };
    answer(app, browser, active, state, problem)
}

fn answer(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    state: EmailState,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let page = Page { email: active.user.email.to_string(), state, problem: problem.map(str::to_owned) };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}
