//! The end of joining: for whom the person acts from now on.

use super::pages::Welcome;
use super::place::{Found, Place, tile};
use crate::acts;
use crate::app::App;
use crate::web::{Error, Response, StatusCode, Submission, Visit};

/// Welcomes the person in the organization that they act for in this session.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let Some(own) = chosen(&app, &place)? else { return place.go_on(&app).await };
    let page = Welcome {
        interaction: place.interaction(),
        client: place.client(&app)?,
        name: place.active.user.information.full_name().unwrap_or_default(),
        email: place.active.user.email.to_string(),
        organization: tile(&own.organization),
        is_external: own.membership.is_external,
        is_proven: own.membership.verification.is_proven(),
        verification: own.membership.verification.as_str(),
    };
    place.answer(&app, &page, StatusCode::OK)
}

/// Goes on.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, query, .. } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    if let Some(own) = chosen(&app, &place)? {
        acts::finish_greeting(&app, &place.active, own.organization.id).await?;
    }
    place.go_on(&app).await
}

fn chosen(app: &App, place: &Place) -> Result<Option<acts::OwnMembership>, Error> {
    let progress = place.current.as_ref().map(|current| current.interaction.progress.of(&place.active.session.id));
    let id = progress.and_then(|progress| progress.organization).or(place.active.session.organization_id);
    match id {
        Some(id) => Ok(acts::find_own_organization(app, &place.active, id)?),
        None => acts::find_only_organization(app, &place.active).map_err(Error::from),
    }
}
