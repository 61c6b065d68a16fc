//! The gate in front of the pages of a person: who may come through, and where everybody else is led.

use super::officer::{lead_officer, lead_to_entrance};
use super::{Browser, Error, Guard, Method, Request, Response, cookies, paths};
use crate::acts::{self, ActiveSession};
use crate::app::App;
use crate::domain::steps::Step;

/// Where whoever may not come through is led instead; `None` for those who may. A form that they sent is not kept, and has
/// done nothing. A password alone opens no page of a person whose mailbox, browser or second factor is still to be
/// proven; what protects
/// an account wants a proof made in this session a short while ago as well (SEC-93), with every factor that the
/// account has (SEC-80), and comes back to the page after it.
pub(super) async fn lead_elsewhere(
    app: &App,
    guard: Guard,
    browser: &mut Browser,
    request: &Request,
) -> Result<Option<Response>, Error> {
    let page = match guard {
        Guard::Person => None,
        Guard::RecentProof(page) => Some(page),
        Guard::Administration(right) => return lead_officer(app, right, browser, request).await,
        Guard::AdministrationEntrance => return lead_to_entrance(app, browser, request).await,
        Guard::Public
        | Guard::Visitor
        | Guard::Session
        | Guard::Link
        | Guard::SignIn
        | Guard::ClientRequest
        | Guard::Client
        | Guard::Bearer
        | Guard::Operator => return Ok(None),
    };
    let Some(active) = &browser.session else {
        // The pages of a sign-in under way know where it begins.
        let is_under_way = request.query()?.get("interaction").is_some();
        let former = || paths::page_of_former(&request.path).filter(|_| !is_under_way);
        let wanted = page.or_else(|| paths::page_of(&request.path)).or_else(former);
        let said = what_is_over(app, request);
        return wanted.map(|page| browser.redirect(app, &paths::sign_in_for(page, said))).transpose();
    };
    if let Some(elsewhere) = lead_to_proofs(app, browser, active, request)? {
        return Ok(Some(elsewhere));
    }
    let is_recent = active.session.has_recent_proof(app.clock.now(), app.config.recent_proof);
    let Some(page) = page.filter(|_| !is_recent || !acts::has_every_factor(app, active)) else { return Ok(None) };
    let handle = acts::begin_proof(app, request.source(), active, browser.place().handle, page).await?;
    browser.redirect(app, &paths::interaction(&handle.value)).map(Some)
}

/// What the page of sign-in says to whoever comes with a session that is over, or sent a form that was not read.
fn what_is_over(app: &App, request: &Request) -> Option<&'static str> {
    let had_session = cookies::find(&request.headers, &app.config.cookies, cookies::SESSION).is_some();
    match request.method == Method::POST {
        true => Some("session_over_unsent"),
        false => had_session.then_some("session_over"),
    }
}

/// Where a person is led whose second factor, mailbox or browser is still to be proven.
pub(super) fn lead_to_proofs(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    request: &Request,
) -> Result<Option<Response>, Error> {
    let query = request.query()?;
    // What names no sign-in under way is not carried into an address of ours.
    let interaction = match query.get("interaction") {
        Some(id) if acts::find_interaction(app, id)?.is_some() => Some(id),
        Some(_) | None => None,
    };
    let step = match acts::security_step(app, active) {
        Step::SecondFactor => Some(paths::SECOND_FACTOR),
        Step::VerifyEmail => Some(paths::VERIFY_EMAIL),
        Step::AskAdministrator => Some(paths::DORMANT_ACCOUNT),
        Step::SetUpSecondFactor => Some(paths::SET_UP_SECOND_FACTOR),
        Step::SignIn => Some(paths::START_SIGN_IN),
        Step::SelectAccount
        | Step::PersonalInformation
        | Step::JoinOrganization
        | Step::OfficialContact(_)
        | Step::ModerationPending(_)
        | Step::SelectOrganization
        | Step::Welcome(_)
        | Step::Consent
        | Step::Refuse(_)
        | Step::Finish => None,
    };
    step.map(|path| browser.redirect(app, &paths::within(path, interaction))).transpose()
}
