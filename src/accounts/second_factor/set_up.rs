//! A second factor set up within a sign-in or in the account: the choice, and an application that shows codes.

use super::pages::{DoubleAuthenticationChoice, RecoveryCodes, TotpConfiguration};
use super::place;
use crate::acts::{self, ActiveSession, NewSession, SetUpOutcome};
use crate::app::App;
use crate::domain::steps::Step;
use crate::journey::{self, Current};
use crate::protocol::Secret;
use crate::store::credentials;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Shows what there is to choose from, where a sign-in demands a second factor.
pub(super) async fn show_choice(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    match demanded(&app, &visit.browser, current.as_ref())? {
        Some(_) => choose(&app, &visit.browser, current.as_ref(), None),
        None => elsewhere(&app, &visit.browser, current.as_ref()),
    }
}

/// The choice; `problem` says why the last attempt came to nothing: `passkey`.
pub(super) fn choose(
    app: &App,
    browser: &Browser,
    current: Option<&Current>,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let page = DoubleAuthenticationChoice {
        interaction: current.map(|current| current.id.clone()),
        has_passkeys: app.passkeys.is_some(),
        problem: problem.map(str::to_owned),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
    };
    let browser = journey::speak(browser.clone(), current);
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}

/// Shows the key, where a sign-in demands a second factor.
pub(super) async fn show_in_sign_in(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    match demanded(&app, &visit.browser, current.as_ref())? {
        Some(active) => ask(&app, &visit.browser, active, Where::SignIn(current.as_ref()), None),
        None => elsewhere(&app, &visit.browser, current.as_ref()),
    }
}

/// Takes the code that shows that the key arrived.
pub(super) async fn submit_in_sign_in(app: App, submission: Submission) -> Result<Response, Error> {
    let current = journey::current(&app, &submission.browser, &submission.query).await?;
    if demanded(&app, &submission.browser, current.as_ref())?.is_none() {
        return elsewhere(&app, &submission.browser, current.as_ref());
    }
    confirm(app, submission, Where::SignIn(current.as_ref())).await
}

/// Shows the key.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    match &visit.browser.session {
        Some(active) => ask(&app, &visit.browser, active, Where::Account, None),
        None => visit.browser.redirect(&app, paths::START_SIGN_IN),
    }
}

/// Takes the code that shows that the key arrived.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    confirm(app, submission, Where::Account).await
}

/// Where it is done.
#[derive(Clone, Copy)]
pub(super) enum Where<'a> {
    SignIn(Option<&'a Current>),
    Account,
}

impl<'a> Where<'a> {
    pub(super) fn current(self) -> Option<&'a Current> {
        match self {
            Self::SignIn(current) => current,
            Self::Account => None,
        }
    }
}

/// The session in which a second factor is to be set up now: the journey decides.
pub(super) fn demanded<'a>(
    app: &App,
    browser: &'a Browser,
    current: Option<&Current>,
) -> Result<Option<&'a ActiveSession>, Error> {
    let session = browser.session.as_ref();
    let step = journey::next_step(app, session, current)?;
    Ok(session.filter(|_| step == Step::SetUpSecondFactor))
}

/// On to where the journey leads.
pub(super) fn elsewhere(app: &App, browser: &Browser, current: Option<&Current>) -> Result<Response, Error> {
    browser.redirect(app, &journey::next(app, browser.session.as_ref(), current)?)
}

async fn confirm(app: App, submission: Submission, place_of: Where<'_>) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let place = place(&app, &request, &browser, active, place_of.current());
    let typed = form.get("totpToken").unwrap_or_default();
    let offer = form.get("offer").unwrap_or_default();
    match acts::set_up_totp(&app, &browser.by(&request), place, offer, typed).await? {
        SetUpOutcome::Done(session, codes) => {
            taken.given_back(&app)?;
            show_codes(&app, &browser, &session, place_of, ("application", codes))
        }
        SetUpOutcome::Wrong => ask(&app, &browser, active, place_of, Some(offer)),
    }
}

/// The recovery codes, once, with the way on; and what was set up, `application` or `passkey`.
pub(super) fn show_codes(
    app: &App,
    browser: &Browser,
    session: &NewSession,
    place_of: Where<'_>,
    (set_up, codes): (&'static str, Vec<Secret>),
) -> Result<Response, Error> {
    let next_href = match place_of {
        Where::SignIn(current) => journey::next(app, Some(&session.active), current)?,
        Where::Account => paths::DOUBLE_AUTHENTICATION.to_owned(),
    };
    let codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    let page = RecoveryCodes { codes, set_up: Some(set_up), next_href };
    let browser = journey::speak(browser.clone().signed_in(session), place_of.current());
    let response = browser.page(app, &page)?;
    journey::hand_over(app, session, response)
}

fn has_application(app: &App, active: &ActiveSession) -> Result<bool, Error> {
    let known = app.store.read(|tx| credentials::find(tx, active.user.id))?;
    Ok(known.is_some_and(|known| known.second_factors.totp.is_some()))
}

fn ask(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    place_of: Where<'_>,
    refused: Option<&str>,
) -> Result<Response, Error> {
    let offer = acts::offer_totp(app, active, refused)?;
    let is_wrong = refused.is_some();
    let current = place_of.current();
    let id = current.map(|current| current.id.as_str());
    let page = TotpConfiguration {
        action: match place_of {
            Where::SignIn(_) => paths::within(paths::SET_UP_TOTP, id),
            Where::Account => paths::TOTP_CONFIGURATION.to_owned(),
        },
        is_demanded: matches!(place_of, Where::SignIn(_)),
        is_replacement: has_application(app, active)?,
        key: offer.key.expose().to_owned(),
        uri: offer.uri.expose().to_owned(),
        offer: offer.sealed,
        is_wrong,
        interaction: id.map(str::to_owned),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
    };
    let browser = journey::speak(browser.clone(), current);
    let status = if is_wrong { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}
