//! Passkeys: what browsers are asked about them, and those that come to an account or leave it.

use super::overview::{self, Failed};
use super::pages::PasskeyRenaming;
use super::place;
use super::set_up::{self, Where};
use crate::accounts::console::Notification;
use crate::acts::{self, PasskeyAnswer, PasskeyAsked, PasskeyOutcome};
use crate::app::App;
use crate::domain::steps::Step;
use crate::domain::{Passkey, PasskeyNameFault};
use crate::journey;
use crate::web::{Error, Response, StatusCode, Submission, json_response, paths};

/// Asks a browser within a sign-in: for a passkey to sign in with, for one beside another proof, or for a new one.
pub(super) async fn ask_in_sign_in(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let session = browser.session.as_ref();
    let purpose = form.get("purpose").unwrap_or_default();
    if purpose == "sign_in" {
        return answer(acts::ask_passkey_to_sign_in(&app, request.source(), browser.place().handle).await?);
    }
    let step = journey::next_step(&app, session, current.as_ref())?;
    let Some(active) = session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let place = place(&app, &request, &browser, active, current.as_ref());
    match (purpose, step) {
        ("second_factor", Step::SecondFactor) => {
            answer(acts::ask_passkey_as_second_factor(&app, request.source(), place).await?)
        }
        ("registration", Step::SetUpSecondFactor) => {
            answer(acts::ask_for_passkey(&app, request.source(), place).await?)
        }
        (_, _) => browser.redirect(&app, &journey::next(&app, session, current.as_ref())?),
    }
}

/// Asks a browser for a new passkey.
pub(super) async fn ask_for_new(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let place = place(&app, &request, &browser, active, None);
    answer(acts::ask_for_passkey(&app, request.source(), place).await?)
}

/// What the script of the page reads.
fn answer(asked: Option<PasskeyAsked>) -> Result<Response, Error> {
    let Some(PasskeyAsked { ceremony, options }) = asked else { return Err(Error::bad_request("bad_request")) };
    Ok(json_response(StatusCode::OK, &serde_json::json!({ "ceremony": ceremony, "options": options })))
}

/// Adds a passkey where a sign-in demands a second factor.
pub(super) async fn add_in_sign_in(app: App, submission: Submission) -> Result<Response, Error> {
    let current = journey::current(&app, &submission.browser, &submission.query).await?;
    if set_up::demanded(&app, &submission.browser, current.as_ref())?.is_none() {
        return set_up::elsewhere(&app, &submission.browser, current.as_ref());
    }
    take(app, submission, Where::SignIn(current.as_ref())).await
}

/// Adds a passkey.
pub(super) async fn add(app: App, submission: Submission) -> Result<Response, Error> {
    take(app, submission, Where::Account).await
}

async fn take(app: App, submission: Submission, place_of: Where<'_>) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let place = place(&app, &request, &browser, active, place_of.current());
    let answer = PasskeyAnswer {
        ceremony: form.get("ceremony").unwrap_or_default(),
        response: form.get("webauthn_registration_response_string").unwrap_or_default(),
    };
    let name = form.get("name").unwrap_or_default();
    match acts::add_passkey(&app, &browser.by(&request), place, answer, name).await? {
        PasskeyOutcome::Added(session, Some(codes)) => {
            set_up::show_codes(&app, &browser, &session, place_of, ("passkey", codes))
        }
        PasskeyOutcome::Added(session, None) => {
            let location = match place_of {
                Where::SignIn(current) => journey::next(&app, Some(&session.active), current)?,
                Where::Account => Notification::PasskeyCreated.on(paths::DOUBLE_AUTHENTICATION),
            };
            journey::lead_on(&app, &browser, &session, &location)
        }
        PasskeyOutcome::Refused => match place_of {
            Where::SignIn(current) => set_up::choose(&app, &browser, current, Some("passkey")),
            Where::Account => overview::page(&app, &browser, active, None, Some(Failed::Passkey)),
        },
    }
}

/// Gives a passkey another name.
pub(super) async fn rename(id: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let typed = form.get("name").unwrap_or_default();
    let name = match Passkey::parse_name(typed) {
        Ok(name) => name,
        Err(fault) => {
            let renaming = PasskeyRenaming { id, typed: typed.to_owned(), fault: word(fault) };
            return overview::page(&app, &browser, active, None, Some(Failed::Renaming(renaming)));
        }
    };
    let place = place(&app, &request, &browser, active, None);
    match acts::rename_passkey(&app, &browser.by(&request), place, &id, name).await? {
        true => browser.redirect(&app, &Notification::PasskeyRenamed.on(paths::DOUBLE_AUTHENTICATION)),
        false => browser.redirect(&app, paths::DOUBLE_AUTHENTICATION),
    }
}

/// The word of the catalogue.
fn word(fault: PasskeyNameFault) -> &'static str {
    match fault {
        PasskeyNameFault::Missing => "missing",
        PasskeyNameFault::TooLong => "too_long",
        PasskeyNameFault::Malformed => "malformed",
    }
}

/// Takes a passkey away.
pub(super) async fn remove(id: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let place = place(&app, &request, &browser, active, None);
    match acts::remove_passkey(&app, &browser.by(&request), place, &id).await? {
        true => browser.redirect(&app, &Notification::PasskeyDeleted.on(paths::DOUBLE_AUTHENTICATION)),
        false => browser.redirect(&app, paths::DOUBLE_AUTHENTICATION),
    }
}
