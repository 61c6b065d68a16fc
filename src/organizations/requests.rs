//! A request that waits for a moderator, and one that was refused.

use super::pages::{ModerationRejected, UnableToAutoJoin};
use super::place::{Found, Place, tile};
use crate::acts::{self, OwnPlace, RequestCancelled};
use crate::app::App;
use crate::domain::{Moderation, ModerationId, ModerationState};
use crate::protocol::Parameters;
use crate::web::{Error, Response, StatusCode, Submission, Visit, paths};

/// The person's own request that the query names.
fn own(app: &App, place: &Place, query: &Parameters) -> Result<(Moderation, OwnPlace), Error> {
    let id: ModerationId = query.get("moderation_id").unwrap_or_default().parse().map_err(|_| Error::NotFound)?;
    acts::find_own_request(app, &place.active, id)?.ok_or(Error::NotFound)
}

/// Says that a moderator will decide.
pub(super) async fn show_pending(app: App, visit: Visit) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let (request, OwnPlace { organization, membership }) = own(&app, &place, &visit.query)?;
    match request.state {
        ModerationState::Pending { .. } => {}
        // Decided meanwhile.
        ModerationState::Accepted { .. } => return place.go_on(&app).await,
        ModerationState::Rejected { .. } => {
            let id = place.interaction();
            let path = paths::about_request(paths::MODERATION_REJECTED, request.id, id.as_deref());
            return place.browser.redirect(&app, &path);
        }
    }
    let (links, _) = acts::list_own_organizations(&app, &place.active)?;
    let page = UnableToAutoJoin {
        interaction: place.interaction(),
        client: place.client(&app)?,
        moderation_id: request.id.to_string(),
        name: place.active.user.information.full_name().unwrap_or_default(),
        email: place.active.user.email.to_string(),
        organization: tile(&organization),
        is_unconfirmed: !organization.is_confirmed(),
        has_organizations: !links.is_empty(),
        may_be_cancelled: request.is_blocking(),
        is_linked: membership.is_some_and(|known| !known.verification.is_proven()),
    };
    place.answer(&app, &page, StatusCode::OK)
}

/// Says why it was refused, and whether it may be corrected.
pub(super) async fn show_rejected(app: App, visit: Visit) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let (request, OwnPlace { organization, .. }) = own(&app, &place, &visit.query)?;
    let ModerationState::Rejected { reason, may_be_corrected, .. } = request.state else {
        return place.go_on(&app).await;
    };
    let page = ModerationRejected {
        interaction: place.interaction(),
        client: place.client(&app)?,
        moderation_id: request.id.to_string(),
        organization: tile(&organization),
        reason: reason.map(String::from),
        may_be_corrected,
    };
    place.answer(&app, &page, StatusCode::OK)
}

/// Takes a request back.
pub(super) async fn cancel(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, .. } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id: ModerationId = segment.parse().map_err(|_| Error::NotFound)?;
    let (by, locale) = (place.browser.by(&request), place.browser.locale);
    // Sent twice, the second does nothing and says the same.
    let outcome = acts::cancel_request(&app, &by, &place.active, id, locale).await?;
    match (&place.current, outcome) {
        (Some(_), _) => place.go_on(&app).await,
        (None, RequestCancelled::Cancelled) => {
            place.browser.redirect(&app, &paths::notifying(paths::MANAGE_ORGANIZATIONS, "cancel_moderation_success"))
        }
        (None, RequestCancelled::NotThere) => place.browser.redirect(&app, paths::MANAGE_ORGANIZATIONS),
    }
}

/// Lets a refused request wait again, and asks for the names that it is about.
pub(super) async fn reopen(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, .. } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id: ModerationId = segment.parse().map_err(|_| Error::NotFound)?;
    match acts::correct_request(&app, &place.browser.by(&request), &place.active, id).await? {
        true => place.lead_to(&app, paths::PERSONAL_INFORMATION),
        false => Err(Error::NotFound),
    }
}
