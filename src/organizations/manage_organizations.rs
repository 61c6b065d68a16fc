//! The organizations of a person: what they belong to, what they wait for, and how they leave.

use super::pages::{ManageOrganizations, OwnOrganization, OwnRequest};
use super::place::tile;
use crate::acts;
use crate::app::App;
use crate::domain::{ModerationState, OrganizationId};
use crate::web::{Error, Response, Submission, Visit, paths};

/// What the page says that was done.
const NOTIFICATIONS: [&str; 2] = ["quit_organization_success", "cancel_moderation_success"];

/// Shows them.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let (links, requests) = acts::list_own_organizations(&app, active)?;
    let word = visit.query.get("notification").unwrap_or_default();
    let own = |link: acts::OwnMembership| OwnOrganization {
        id: link.organization.id.to_string(),
        organization: tile(&link.organization),
        is_external: link.membership.is_external,
        is_proven: link.membership.verification.is_proven(),
        verification: link.membership.verification.as_str(),
        request: link.request.map(|id| id.to_string()),
        joined_at: link.membership.created_at.0,
    };
    let request = |own: acts::OwnRequest| OwnRequest {
        id: own.request.id.to_string(),
        organization: tile(&own.organization),
        is_pending: matches!(own.request.state, ModerationState::Pending { .. }),
        requested_at: own.request.created_at.0,
    };
    let page = ManageOrganizations {
        notification: NOTIFICATIONS.into_iter().find(|known| *known == word).map(str::to_owned),
        organizations: links.into_iter().map(own).collect(),
        requests: requests.into_iter().map(request).collect(),
    };
    visit.browser.page(&app, &page)
}

/// Leaves one.
pub(super) async fn quit(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let id: OrganizationId = segment.parse().map_err(|_| Error::NotFound)?;
    match acts::leave_organization(&app, &browser.by(&request), active, id).await? {
        true => browser.redirect(&app, &paths::notifying(paths::MANAGE_ORGANIZATIONS, "quit_organization_success")),
        false => Err(Error::NotFound),
    }
}
