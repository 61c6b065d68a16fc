//! The choice of the organization to act for.

use super::pages::{EstablishmentTile, OrganizationTile, SelectOrganization};
use crate::acts::{self, ActiveSession, OrganizationChoice};
use crate::app::App;
use crate::domain::{Activity, Membership, Organization, OrganizationId, OrganizationStanding};
use crate::journey::{self, Current};
use crate::store::clients;
use crate::web::{Error, Response, StatusCode, Submission, Visit};

/// Shows the organizations that the client may hear of.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let Some(active) = visit.browser.session.clone() else {
        return visit.browser.redirect(&app, &journey::next(&app, None, current.as_ref())?);
    };
    let (organizations, unproven) = tiles(&app, &active, current.as_ref())?;
    let page = SelectOrganization {
        interaction: current.as_ref().map(|current| current.id.clone()),
        client: current.as_ref().map(|current| journey::client_label(&app, current)).transpose()?.flatten(),
        organizations,
        unproven,
    };
    let browser = journey::speak(visit.browser, current.as_ref());
    browser.page_with(&app, &page, StatusCode::OK, current.as_ref().and_then(Current::form_target).as_deref())
}

/// Chooses one.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let Some(active) = browser.session.clone() else {
        return browser.redirect(&app, &journey::next(&app, None, current.as_ref())?);
    };
    let organization_id: OrganizationId =
        form.get("organization_id").unwrap_or_default().parse().map_err(|_| Error::bad_request("bad_request"))?;
    let key = current.as_ref().map(|current| current.key);
    match acts::select_organization(&app, &browser.by(&request), &active, key, organization_id).await? {
        OrganizationChoice::Chosen => {
            let session = acts::find_session(&app, &active.value).await?;
            browser.redirect(&app, &journey::next(&app, session.as_ref(), current.as_ref())?)
        }
        OrganizationChoice::NotAMember => Err(Error::NotFound),
    }
}

/// Those that the client may hear of, and those that it may not before they are proven.
fn tiles(
    app: &App,
    active: &ActiveSession,
    current: Option<&Current>,
) -> Result<(Vec<OrganizationTile>, Vec<EstablishmentTile>), Error> {
    let chosen = active.session.organization_id;
    let client_id = current.and_then(|current| current.interaction.authorization()).map(|pending| &pending.client_id);
    let (subject, client) = app.store.read(|tx| {
        let subject = acts::subject_of(tx, active.user.clone(), chosen)?;
        let client = match client_id {
            Some(id) => clients::find(tx, id)?,
            None => None,
        };
        Ok((subject, client))
    })?;
    let released: Vec<_> = match &client {
        Some(client) => subject.released_to(client).collect(),
        None => subject.organizations.iter().collect(),
    };
    let tile = |(membership, organization): &(Membership, Organization)| OrganizationTile {
        id: organization.id.to_string(),
        label: organization.label.clone(),
        siret: organization.siret.to_string(),
        address: organization.address.clone(),
        is_external: membership.is_external,
        is_chosen: chosen == Some(organization.id),
        is_closed: organization.is_closed(),
        is_unknown: organization.standing() == Some(OrganizationStanding::Unknown),
        activity: organization.activity.as_ref().and_then(Activity::label).map(str::to_owned),
        is_head_office: organization.is_head_office,
    };
    let is_withheld = |(_, organization): &&(Membership, Organization)| {
        !released.iter().any(|(_, released)| released.id == organization.id)
    };
    let withheld = subject.organizations.iter().filter(is_withheld);
    let unproven = withheld.map(|(_, organization)| super::place::tile(organization)).collect();
    Ok((released.into_iter().map(tile).collect(), unproven))
}
