//! Opening an account by an invitation, or joining an organization by one.

use crate::accounts::change_password::word;
use crate::accounts::mailbox_pages::{AcceptInvitation, InvitationStep};
use crate::acts::{self, Acceptance, AcceptanceOutcome, InvitedStanding, OpenInvitation};
use crate::app::App;
use crate::journey;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// The name of the link's value.
const TOKEN: &str = "invitation_token";

/// Shows what an invitation is good for. Looking uses nothing up: programs look at links too.
pub(in crate::accounts) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let value = visit.query.get(TOKEN).unwrap_or_default();
    match acts::look_at_invitation(&app, value, visit.browser.session.as_ref())? {
        Some(open) => ask(&app, &visit.browser, value, open, None),
        None => void(&app, &visit.browser),
    }
}

/// Accepts it.
pub(in crate::accounts) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let value = form.get(TOKEN).unwrap_or_default();
    let Some(open) = acts::look_at_invitation(&app, value, browser.session.as_ref())? else {
        return void(&app, &browser);
    };
    let by = browser.by(&request);
    match (open.standing, &browser.session) {
        (InvitedStanding::HasAccount, _) => return ask(&app, &browser, value, open, None),
        (InvitedStanding::Owner, Some(active)) => {
            return match acts::join_by_invitation(&app, &by, value, active).await? {
                true => {
                    taken.given_back(&app)?;
                    browser.redirect(&app, paths::HOME)
                }
                false => void(&app, &browser),
            };
        }
        // Whoever else is signed in here says that they give way.
        (InvitedStanding::New, Some(_)) if form.get("instead") != Some("yes") => {
            return ask(&app, &browser, value, open, None);
        }
        (InvitedStanding::New | InvitedStanding::Owner, _) => {}
    }
    let password = form.get("password").unwrap_or_default();
    if form.get("password_confirmation").unwrap_or_default() != password {
        return ask(&app, &browser, value, open, Some("mismatch"));
    }
    let acceptance = Acceptance {
        value,
        password,
        source: request.source(),
        known_browser: journey::known_browser(&app, &request),
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::accept_invitation(&app, &by, acceptance).await? {
        AcceptanceOutcome::Opened(session) => {
            taken.given_back(&app)?;
            journey::go_on_signed_in(&app, &request, &browser, &session, None).await
        }
        AcceptanceOutcome::Refused(fault) => ask(&app, &browser, value, open, Some(word(fault))),
        AcceptanceOutcome::HasAccount => {
            ask(&app, &browser, value, OpenInvitation { standing: InvitedStanding::HasAccount, ..open }, None)
        }
        AcceptanceOutcome::Void => void(&app, &browser),
    }
}

fn ask(
    app: &App,
    browser: &Browser,
    value: &str,
    open: OpenInvitation,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let OpenInvitation { invitation, organization, standing } = open;
    let other = browser.session.as_ref().map(|active| active.user.email.to_string());
    let step = match standing {
        InvitedStanding::New => InvitationStep::New { other },
        InvitedStanding::Owner => InvitationStep::Owner,
        InvitedStanding::HasAccount => InvitationStep::HasAccount,
    };
    let page = AcceptInvitation {
        step,
        invitation: value.to_owned(),
        email: invitation.email.to_string(),
        organization,
        minimum: acts::minimum_password_length(app),
        problem: problem.map(str::to_owned),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}

fn void(app: &App, browser: &Browser) -> Result<Response, Error> {
    browser.page_with(app, &AcceptInvitation::void(), StatusCode::GONE, None)
}
