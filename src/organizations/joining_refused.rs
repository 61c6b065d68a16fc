//! Why an address joins an organization never, and what one can do instead.

use super::pages::{JoiningRefused, RefusalReason};
use super::place::{Found, Place, tile};
use crate::acts::{self, Preview};
use crate::app::App;
use crate::domain::Siret;
use crate::web::{Error, Response, StatusCode, Visit};

/// Says so.
pub(super) async fn show(app: App, visit: Visit, reason: RefusalReason) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let organization = match visit.query.get("siret").and_then(|siret| siret.parse::<Siret>().ok()) {
        Some(siret) => match acts::preview_organization(&app, &place.active, &siret).await? {
            Preview::Known(organization) => Some(tile(&organization)),
            Preview::Unknown | Preview::Unavailable => None,
        },
        None => None,
    };
    let page = JoiningRefused {
        interaction: place.interaction(),
        client: place.client(&app)?,
        email: place.active.user.email.to_string(),
        reason,
        organization,
    };
    place.answer(&app, &page, StatusCode::OK)
}
