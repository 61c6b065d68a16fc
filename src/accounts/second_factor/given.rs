//! The second factor, within a sign-in.

use super::pages::SecondFactor;
use super::place;
use crate::acts::{self, FactorOutcome, Presented};
use crate::app::App;
use crate::domain::steps::Step;
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// Asks for it.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let session = visit.browser.session.as_ref();
    match journey::next_step(&app, session, current.as_ref())? {
        Step::SecondFactor => ask(&app, &visit.browser, current.as_ref(), None),
        Step::SignIn
        | Step::SelectAccount
        | Step::VerifyEmail
        | Step::SetUpSecondFactor
        | Step::PersonalInformation
        | Step::SelectOrganization
        | Step::Consent
        | Step::Refuse(_)
        | Step::Finish => visit.browser.redirect(&app, &journey::next(&app, session, current.as_ref())?),
    }
}

/// Takes a code of the application.
pub(super) async fn submit_totp(app: App, submission: Submission) -> Result<Response, Error> {
    let typed = submission.form.get("totpToken").unwrap_or_default().to_owned();
    submit(app, submission, Presented::Totp(&typed)).await
}

/// Takes a recovery code.
pub(super) async fn submit_recovery_code(app: App, submission: Submission) -> Result<Response, Error> {
    let typed = submission.form.get("recovery_code").unwrap_or_default().to_owned();
    submit(app, submission, Presented::RecoveryCode(&typed)).await
}

async fn submit(app: App, submission: Submission, presented: Presented<'_>) -> Result<Response, Error> {
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
    let problem = match presented {
        Presented::Totp(_) => "wrong",
        Presented::RecoveryCode(_) => "wrong_recovery",
    };
    match acts::present_second_factor(&app, &browser.by(&request), place, presented).await? {
        FactorOutcome::Accepted(session) => {
            taken.given_back(&app)?;
            journey::go_on_signed_in(&app, &request, &browser, &session, current.as_ref()).await
        }
        FactorOutcome::Wrong => ask(&app, &browser, current.as_ref(), Some(problem)),
        FactorOutcome::Suspended => ask(&app, &browser, current.as_ref(), Some("suspended")),
    }
}

fn ask(app: &App, browser: &Browser, current: Option<&Current>, problem: Option<&str>) -> Result<Response, Error> {
    let browser = journey::speak(browser.clone(), current);
    let page = SecondFactor {
        interaction: current.map(|current| current.id.clone()),
        problem: problem.map(str::to_owned),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}
