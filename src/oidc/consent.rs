//! Consent: what a client will hear of the person, allowed or refused by them.

use super::answer;
use super::pages::{Consent, ConsentOrganization};
use crate::acts::{self, ActiveSession};
use crate::app::App;
use crate::domain::PendingAuthorization;
use crate::domain::claims::{disclosed_scopes, wants_one_organization};
use crate::domain::steps::Step;
use crate::journey::{self, Current};
use crate::protocol::ErrorCode;
use crate::store::{clients, organizations};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// Asks, if that is the step that is open.
pub(super) async fn show(id: String, app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current_by_id(&app, &visit.browser, &id).await?;
    let browser = journey::speak(visit.browser, Some(&current));
    let session = browser.session.clone();
    let step = journey::next_step(&app, session.as_ref(), Some(&current))?;
    let (Step::Consent, Some(active), Some(pending)) = (step, session, current.interaction.authorization()) else {
        return go_on(&app, &browser, &current);
    };
    let client = app.store.read(|tx| clients::find(tx, &pending.client_id))?.ok_or_else(Error::expired_interaction)?;
    let disclosed = disclosed_scopes(&client, &pending.request.scope, &pending.request.claims);
    let page = Consent {
        interaction: current.id.clone(),
        client: journey::client_label(&app, &current)?.ok_or_else(Error::expired_interaction)?,
        email: active.user.email.to_string(),
        scopes: disclosed.iter().collect(),
        organization: organization(&app, &active, pending, &current)?.filter(|_| wants_one_organization(&disclosed)),
    };
    browser.page_with(&app, &page, StatusCode::OK, current.form_target().as_deref())
}

/// Goes on, or tells the client that the person refused.
pub(super) async fn submit(id: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let current = journey::current_by_id(&app, &browser, &id).await?;
    let step = journey::next_step(&app, browser.session.as_ref(), Some(&current))?;
    let asked = (step, &browser.session, current.interaction.authorization());
    let (Step::Consent, Some(active), Some(pending)) = asked else {
        return go_on(&app, &browser, &current);
    };
    let allowed = match form.get("decision") {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(Error::bad_request("bad_request")),
    };
    let client_id = pending.client_id.clone();
    if !acts::decide_consent(&app, &browser.by(&request), active, current.key, client_id, allowed).await? {
        return Err(Error::expired_interaction());
    }
    match allowed {
        true => go_on(&app, &browser, &current),
        false => answer::error(&app, &browser, pending, ErrorCode::AccessDenied),
    }
}

/// The organization that the client would hear of.
fn organization(
    app: &App,
    active: &ActiveSession,
    pending: &PendingAuthorization,
    current: &Current,
) -> Result<Option<ConsentOrganization>, Error> {
    let person = Some((&active.session, &active.user));
    let organization = app.store.read(|tx| {
        let Some(client) = clients::find(tx, &pending.client_id)? else { return Ok(None) };
        let (progress, now) = (&current.interaction.progress, app.clock.now());
        let standing = acts::gather(tx, &app.config, person, Some((&client, pending)), progress, now)?;
        standing.organization_id.map_or(Ok(None), |id| organizations::find(tx, id))
    })?;
    Ok(organization
        .map(|organization| ConsentOrganization { label: organization.label, siret: organization.siret.to_string() }))
}

fn go_on(app: &App, browser: &Browser, current: &Current) -> Result<Response, Error> {
    browser.redirect(app, &journey::next(app, browser.session.as_ref(), Some(current))?)
}
