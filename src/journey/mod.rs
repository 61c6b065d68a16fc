//! Where this browser goes next.
//!
//! Every step of a sign-in ends here: the facts are read in one transaction, `domain::steps` names the next step, and
//! this room turns it into an address. A page does not know the page after it. Doors: [`next`], [`current`].

#![deny(clippy::wildcard_enum_match_arm)]

mod current;

use crate::acts::{self, ActError, ActiveSession, CodeOrder, NewSession};
use crate::app::App;
use crate::domain::steps::{self, Step};
use crate::domain::{CodePurpose, Destination, KNOWN_BROWSER_LIFETIME, PendingAuthorization, Progress};
use crate::store::{Read, StoreError, clients};
use crate::web::{Browser, Error, Request, Response, cookies, paths};

pub use current::{Current, client_label, current, current_by_id, current_of_link, label_of, speak};

/// The address of the next step of the sign-in under way, or the home page when there is none.
///
/// # Errors
/// When the store fails.
pub fn next(app: &App, session: Option<&ActiveSession>, current: Option<&Current>) -> Result<String, Error> {
    let step = next_step(app, session, current)?;
    let id = current.map(|current| current.id.as_str());
    let leads_to_client = current.filter(|current| current.interaction.authorization().is_some());
    let account = current.and_then(|current| current.interaction.account());
    Ok(match (step, leads_to_client) {
        // Whose proof is wanted is known: their password is asked, and no address.
        (Step::SignIn, None) if account.is_some() => paths::within(paths::SIGN_IN, id),
        (Step::SignIn, _) => paths::within(paths::START_SIGN_IN, id),
        (Step::SelectAccount, _) => paths::within(paths::SELECT_ACCOUNT, id),
        (Step::SecondFactor, _) => paths::within(paths::SECOND_FACTOR, id),
        (Step::SetUpSecondFactor, _) => paths::within(paths::SET_UP_SECOND_FACTOR, id),
        (Step::AskAdministrator, _) => paths::within(paths::DORMANT_ACCOUNT, id),
        (Step::VerifyEmail, _) => paths::within(paths::VERIFY_EMAIL, id),
        (Step::PersonalInformation, _) => paths::within(paths::PERSONAL_INFORMATION, id),
        (Step::JoinOrganization, _) => paths::within(paths::JOIN_ORGANIZATION, id),
        (Step::OfficialContact(organization), _) => {
            paths::within(&paths::of(paths::OFFICIAL_CONTACT, organization), id)
        }
        (Step::ModerationPending(request), _) => paths::about_request(paths::UNABLE_TO_AUTO_JOIN, request, id),
        (Step::SelectOrganization, _) => paths::within(paths::SELECT_ORGANIZATION, id),
        (Step::Welcome(_), _) => paths::within(paths::WELCOME, id),
        (Step::Consent, Some(current)) => paths::consent(&current.id),
        (Step::Refuse(_) | Step::Finish, Some(current)) => paths::interaction(&current.id),
        (Step::Finish, None) => {
            let page = current.and_then(|current| current.interaction.page());
            page.map_or_else(|| paths::HOME.to_owned(), |page| paths::account(page).into_owned())
        }
        (Step::Consent | Step::Refuse(_), None) => paths::HOME.to_owned(),
    })
}

/// The answer to a successful sign-in: the new handles of session and browser, and on to the next step.
///
/// # Errors
/// When the store fails.
pub async fn go_on_signed_in(
    app: &App,
    request: &Request,
    browser: &Browser,
    session: &NewSession,
    current: Option<&Current>,
) -> Result<Response, Error> {
    let location = arrive(app, request, &browser.clone().signed_in(session), current).await?;
    lead_on(app, browser, session, &location)
}

/// The answer that gives a browser the new handles of its session, and leads to `location`.
///
/// # Errors
/// Never for addresses of this site.
pub fn lead_on(app: &App, browser: &Browser, session: &NewSession, location: &str) -> Result<Response, Error> {
    let response = browser.clone().signed_in(session).redirect(app, location)?;
    hand_over(app, session, response)
}

/// The same answer with the new handles of a session.
///
/// # Errors
/// Never for handles of ours.
pub fn hand_over(app: &App, session: &NewSession, mut response: Response) -> Result<Response, Error> {
    let policy = &app.config.cookies;
    cookies::set(&mut response, policy, cookies::SESSION, &session.active.value, None)?;
    if let Some(known) = &session.known_browser {
        cookies::set(&mut response, policy, cookies::KNOWN, &known.value, Some(known_for_seconds()))?;
    }
    Ok(response)
}

/// The address of the next step, with what it begins by: a code that is due is on its way when its page is shown.
async fn arrive(app: &App, request: &Request, browser: &Browser, current: Option<&Current>) -> Result<String, Error> {
    let session = browser.session.as_ref();
    let (Step::VerifyEmail, Some(active)) = (next_step(app, session, current)?, session) else {
        return next(app, session, current);
    };
    let (id, interaction) = match current {
        Some(current) => (current.id.clone(), current.key),
        None => {
            let place = Some(browser.place());
            let handle = acts::begin_interaction(app, request.source(), place, Destination::Home).await?;
            (handle.value, handle.key)
        }
    };
    let order = CodeOrder {
        interaction,
        email: active.user.email.clone(),
        purpose: CodePurpose::Confirmation,
        source: request.source(),
        locale: browser.locale,
    };
    match acts::mail_code(app, &browser.by(request), order).await {
        // The page says for how long one must wait.
        Ok(_) | Err(ActError::TooManyAttempts { .. }) => {}
        Err(failure) => return Err(failure.into()),
    }
    Ok(paths::within(paths::VERIFY_EMAIL, Some(&id)))
}

/// What the browser shows to say that somebody signed in in it before.
pub fn known_browser<'a>(app: &App, request: &'a Request) -> Option<&'a str> {
    cookies::find(&request.headers, &app.config.cookies, cookies::KNOWN)
}

fn known_for_seconds() -> u32 {
    u32::try_from(KNOWN_BROWSER_LIFETIME.as_secs()).unwrap_or(u32::MAX)
}

/// The next step itself.
///
/// # Errors
/// When the store fails.
pub fn next_step(app: &App, session: Option<&ActiveSession>, current: Option<&Current>) -> Result<Step, Error> {
    let nothing_done = Progress::default();
    let step = app.store.read(|tx| {
        // The page that brought us here may have changed what the request carries: read it again.
        let interaction = match current {
            Some(current) => crate::store::interactions::find(tx, &current.key)?,
            None => None,
        };
        let pending = interaction.as_ref().and_then(|interaction| interaction.authorization());
        let progress = interaction.as_ref().map_or(&nothing_done, |interaction| &interaction.progress);
        if let Some(wanted) = interaction.as_ref().and_then(|interaction| interaction.account()) {
            let person = session.map(|active| (&active.session, &active.user));
            return Ok(steps::next(&acts::facts_of_account(&app.config, person, wanted, progress, app.clock.now())));
        }
        decide(tx, app, session, pending, progress)
    })?;
    Ok(step)
}

/// The first step of a request that has just come.
///
/// # Errors
/// When the store fails.
pub fn first_step(app: &App, session: Option<&ActiveSession>, pending: &PendingAuthorization) -> Result<Step, Error> {
    Ok(app.store.read(|tx| decide(tx, app, session, Some(pending), &Progress::default()))?)
}

fn decide(
    tx: &impl Read,
    app: &App,
    session: Option<&ActiveSession>,
    pending: Option<&PendingAuthorization>,
    progress: &Progress,
) -> Result<Step, StoreError> {
    let client = match pending {
        Some(pending) => clients::find(tx, &pending.client_id)?,
        None => None,
    };
    let person = session.map(|active| (&active.session, &active.user));
    let standing = acts::gather(tx, &app.config, person, client.as_ref().zip(pending), progress, app.clock.now())?;
    Ok(steps::next(&standing.facts))
}
