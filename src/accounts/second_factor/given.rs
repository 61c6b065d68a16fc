//! The second factor, within a sign-in.

use super::pages::{RecoveryCodeUsed, SecondFactor};
use super::place;
use crate::acts::{self, ActiveSession, FactorOutcome, NewSession, PasskeyAnswer, Presented};
use crate::app::App;
use crate::domain::steps::Step;
use crate::journey::{self, Current};
use crate::store::credentials;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// Asks for it.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let session = visit.browser.session.as_ref();
    match journey::next_step(&app, session, current.as_ref())? {
        Step::SecondFactor => ask(&app, &visit.browser, session, current.as_ref(), None),
        Step::SignIn
        | Step::SelectAccount
        | Step::VerifyEmail
        | Step::AskAdministrator
        | Step::SetUpSecondFactor
        | Step::PersonalInformation
        | Step::JoinOrganization
        | Step::OfficialContact(_)
        | Step::ModerationPending(_)
        | Step::SelectOrganization
        | Step::Welcome(_)
        | Step::Consent
        | Step::Refuse(_)
        | Step::Finish => visit.browser.redirect(&app, &journey::next(&app, session, current.as_ref())?),
    }
}

/// Takes a code of the application.
pub(super) async fn submit_totp(app: App, submission: Submission) -> Result<Response, Error> {
    let typed = submission.form.get("totpToken").unwrap_or_default().to_owned();
    submit(app, submission, Given::Code(Presented::Totp(&typed))).await
}

/// Takes a recovery code.
pub(super) async fn submit_recovery_code(app: App, submission: Submission) -> Result<Response, Error> {
    let typed = submission.form.get("recovery_code").unwrap_or_default().to_owned();
    submit(app, submission, Given::Code(Presented::RecoveryCode(&typed))).await
}

/// Takes what an authenticator answered.
pub(super) async fn submit_passkey(app: App, submission: Submission) -> Result<Response, Error> {
    let text = |name: &str| submission.form.get(name).unwrap_or_default().to_owned();
    let (ceremony, response) = (text("ceremony"), text("webauthn_authentication_response_string"));
    let answer = PasskeyAnswer { ceremony: &ceremony, response: &response };
    submit(app, submission, Given::Passkey(answer)).await
}

/// What is given.
#[derive(Clone, Copy)]
enum Given<'a> {
    Code(Presented<'a>),
    Passkey(PasskeyAnswer<'a>),
}

async fn submit(app: App, submission: Submission, given: Given<'_>) -> Result<Response, Error> {
    let Submission { browser, request, query, .. } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    // Beside a first factor only: given in place of one, it would make an old sign-in new.
    let session = browser.session.as_ref();
    let step = journey::next_step(&app, session, current.as_ref())?;
    let Some(active) = session.filter(|_| step == Step::SecondFactor) else {
        return browser.redirect(&app, &journey::next(&app, session, current.as_ref())?);
    };
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let place = place(&app, &request, &browser, active, current.as_ref());
    let by = browser.by(&request);
    let (outcome, problem) = match given {
        Given::Code(presented @ Presented::Totp(_)) => {
            (acts::present_second_factor(&app, &by, place, presented).await?, "wrong")
        }
        Given::Code(presented @ Presented::RecoveryCode(_)) => {
            (acts::present_second_factor(&app, &by, place, presented).await?, "wrong_recovery")
        }
        Given::Passkey(answer) => (acts::present_passkey(&app, &by, place, answer).await?, "wrong_passkey"),
    };
    match outcome {
        FactorOutcome::Accepted(session) => {
            taken.given_back(&app)?;
            if let Given::Code(Presented::RecoveryCode(_)) = given {
                return show_what_is_left(&app, &browser, &session, current.as_ref());
            }
            journey::go_on_signed_in(&app, &request, &browser, &session, current.as_ref()).await
        }
        FactorOutcome::Wrong => ask(&app, &browser, session, current.as_ref(), Some(problem)),
        FactorOutcome::Suspended => ask(&app, &browser, session, current.as_ref(), Some("suspended")),
    }
}

/// Whoever used a recovery code has lost something: they see what is left before they go on (SEC-79).
fn show_what_is_left(
    app: &App,
    browser: &Browser,
    session: &NewSession,
    current: Option<&Current>,
) -> Result<Response, Error> {
    let known = app.store.read(|tx| credentials::find(tx, session.active.user.id))?;
    let left = known.map_or(0, |known| known.second_factors.recovery_tags.len());
    let page = RecoveryCodeUsed { left, next_href: journey::next(app, Some(&session.active), current)? };
    let response = journey::speak(browser.clone().signed_in(session), current).page(app, &page)?;
    journey::hand_over(app, session, response)
}

fn ask(
    app: &App,
    browser: &Browser,
    session: Option<&ActiveSession>,
    current: Option<&Current>,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let known = match session {
        Some(active) => app.store.read(|tx| credentials::find(tx, active.user.id))?,
        None => None,
    };
    let known = known.map(|known| known.second_factors).unwrap_or_default();
    let has_passkeys = known.passkeys.iter().any(|passkey| passkey.suspended_at.is_none());
    let browser = journey::speak(browser.clone(), current);
    let page = SecondFactor {
        interaction: current.map(|current| current.id.clone()),
        has_application: known.totp.is_some(),
        has_passkeys: has_passkeys && app.passkeys.is_some(),
        has_suspended_passkey: known.passkeys.iter().any(|passkey| passkey.suspended_at.is_some()),
        problem: problem.map(str::to_owned),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}
