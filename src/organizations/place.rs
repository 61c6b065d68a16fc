//! Who asks, and within which sign-in: what every page of this room begins with.

use super::pages::EstablishmentTile;
use crate::acts::{self, ActiveSession, OwnMembership};
use crate::app::App;
use crate::domain::{Establishment, HandleKey, Interaction, Organization, OrganizationStanding};
use crate::journey::{self, Current};
use crate::protocol::Parameters;
use crate::render::Page;
use crate::web::pages::ClientLabel;
use crate::web::{Browser, Error, Response, StatusCode, paths};

/// A person in their browser, with the sign-in under way.
pub(super) struct Place {
    pub(super) browser: Browser,
    pub(super) current: Option<Current>,
    pub(super) active: ActiveSession,
}

/// Where a request belongs.
pub(super) enum Found {
    /// Here.
    Here(Box<Place>),
    /// Nobody is signed in: at the beginning.
    Elsewhere(Response),
}

impl Place {
    /// Whose browser it is, and which sign-in the query names.
    pub(super) async fn of(app: &App, browser: Browser, query: &Parameters) -> Result<Found, Error> {
        let current = journey::current(app, &browser, query).await?;
        match browser.session.clone() {
            Some(active) => Ok(Found::Here(Box::new(Self { browser, current, active }))),
            None => browser.redirect(app, &journey::next(app, None, current.as_ref())?).map(Found::Elsewhere),
        }
    }

    /// The value of the sign-in under way.
    pub(super) fn interaction(&self) -> Option<String> {
        self.current.as_ref().map(|current| current.id.clone())
    }

    /// Where its record lies.
    pub(super) fn key(&self) -> Option<HandleKey<Interaction>> {
        self.current.as_ref().map(|current| current.key)
    }

    /// The service that it leads to.
    pub(super) fn client(&self, app: &App) -> Result<Option<ClientLabel>, Error> {
        Ok(self.current.as_ref().map(|current| journey::client_label(app, current)).transpose()?.flatten())
    }

    /// A page.
    pub(super) fn answer<P: Page>(self, app: &App, page: &P, status: StatusCode) -> Result<Response, Error> {
        let browser = journey::speak(self.browser, self.current.as_ref());
        browser.page_with(app, page, status, self.current.as_ref().and_then(Current::form_target).as_deref())
    }

    /// Another page of the same sign-in.
    pub(super) fn lead_to(&self, app: &App, path: &str) -> Result<Response, Error> {
        self.browser.redirect(app, &paths::within(path, self.current.as_ref().map(|current| current.id.as_str())))
    }

    /// The next step, as the session is now.
    pub(super) async fn go_on(&self, app: &App) -> Result<Response, Error> {
        let session = acts::find_session(app, &self.active.value).await?;
        self.browser.redirect(app, &journey::next(app, session.as_ref(), self.current.as_ref())?)
    }
}

/// An organization that is known here, as a tile.
pub(super) fn tile(organization: &Organization) -> EstablishmentTile {
    EstablishmentTile {
        siret: organization.siret.to_string(),
        label: organization.label.clone(),
        address: organization.address.clone(),
        is_head_office: organization.is_head_office,
        is_active: !organization.is_closed(),
        is_unknown: organization.standing() == Some(OrganizationStanding::Unknown),
        as_of: None,
    }
}

/// What the register was asked about, with its age where something older stands in for its answer.
pub(super) fn tile_of_answer(app: &App, organization: &Organization) -> EstablishmentTile {
    let stale = organization.told.filter(|told| told.is_stale(app.clock.now()));
    EstablishmentTile { as_of: stale.map(|told| told.at.0), ..tile(organization) }
}

/// An organization of the person as a tile.
pub(super) fn tile_of_own(own: &OwnMembership) -> EstablishmentTile {
    tile(&own.organization)
}

/// An establishment of the register as a tile.
pub(super) fn tile_of(app: &App, establishment: &Establishment) -> EstablishmentTile {
    EstablishmentTile {
        siret: establishment.siret.to_string(),
        label: establishment.name.label(),
        address: establishment.town(),
        is_head_office: establishment.is_head_office,
        is_active: establishment.is_active,
        is_unknown: false,
        as_of: establishment.is_stale(app.clock.now()).then_some(establishment.fetched_at.0),
    }
}
