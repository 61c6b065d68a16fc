//! What a person does with their own request: look at it, take it back, correct what was refused.

use crate::acts::administration::{Heralds, those_who_moderate};
use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AuditEvent, MailContent, Membership, Moderation, ModerationId, ModerationMove, ModerationStep, Organization,
    OutgoingMail,
};
use crate::protocol::Locale;
use crate::store::{Read, StoreError, memberships, moderations, organizations, outbox, users};

/// What became of a request that somebody wanted to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestCancelled {
    /// It is gone.
    Cancelled,
    /// It is none of theirs, or does not wait any more.
    NotThere,
}

/// What a request is about.
#[derive(Debug, Clone)]
pub struct OwnPlace {
    /// The organization.
    pub organization: Organization,
    /// The link that there is already.
    pub membership: Option<Membership>,
}

/// The person's own request (SEC-141: that of somebody else is not there).
fn own(tx: &impl Read, active: &ActiveSession, id: ModerationId) -> Result<Option<Moderation>, StoreError> {
    Ok(moderations::find(tx, id)?.filter(|request| request.user_id == active.user.id))
}

/// The same, where it is theirs to take back or to correct: what a moderator looks at of a link that there is ends with the
/// link only.
fn own_blocking(tx: &impl Read, active: &ActiveSession, id: ModerationId) -> Result<Option<Moderation>, StoreError> {
    Ok(own(tx, active, id)?.filter(Moderation::is_blocking))
}

/// A request of the person, the organization, and the link with it, if there is one.
///
/// # Errors
/// When the store fails.
pub fn find_own_request(
    app: &App,
    active: &ActiveSession,
    id: ModerationId,
) -> Result<Option<(Moderation, OwnPlace)>, ActError> {
    let found = app.store.read(|tx| {
        let Some(request) = own(tx, active, id)? else { return Ok(None) };
        let membership = memberships::find(tx, request.user_id, request.organization_id)?;
        let organization = organizations::find(tx, request.organization_id)?;
        Ok(organization.map(|organization| (request, OwnPlace { organization, membership })))
    })?;
    Ok(found)
}

/// Takes a request back that waits.
///
/// # Errors
/// When the store fails.
pub async fn cancel_request(
    app: &App,
    by: &By,
    active: &ActiveSession,
    id: ModerationId,
    locale: Locale,
) -> Result<RequestCancelled, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (active, now) = (active.clone(), app.clock.now());
    let outcome = app
        .store
        .write(move |tx| {
            let Some(request) = own_blocking(tx, &active, id)?.filter(Moderation::is_pending) else {
                return Ok(RequestCancelled::NotThere);
            };
            let organization = organizations::get(tx, request.organization_id)?;
            moderations::delete(tx, &request)?;
            let content = MailContent::ModerationCancelled {
                organization: organization.label,
                name: active.user.information.full_name(),
            };
            outbox::insert(tx, &OutgoingMail::notice(active.user.email.clone(), locale, content, now))?;
            circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Cancelled))?;
            Ok(RequestCancelled::Cancelled)
        })
        .await?;
    Ok(outcome)
}

/// Lets a refused request wait again, where the moderator left that to the person. Says whether it does.
///
/// # Errors
/// When the store fails.
pub async fn correct_request(app: &App, by: &By, active: &ActiveSession, id: ModerationId) -> Result<bool, ActError> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let readers = app.store.read(|tx| match moderations::find(tx, id)? {
        Some(request) => those_who_moderate(tx, Some(request.organization_id), now),
        None => Ok(Vec::new()),
    })?;
    let heralds = Heralds::draw(app, readers);
    let active = active.clone();
    let is_waiting = app
        .store
        .write(move |tx| {
            let Some(request) = own_blocking(tx, &active, id)? else { return Ok(false) };
            let Ok(request) = request.moved(circumstances.by.actor.clone(), ModerationMove::Correct, now) else {
                return Ok(false);
            };
            // It is judged by the address that they have now.
            let email = users::get(tx, request.user_id)?.email;
            let request = Moderation { asked_with: Some(email), ..request };
            moderations::update(tx, &request)?;
            heralds.announce(tx, &request, now)?;
            circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Corrected))?;
            Ok(true)
        })
        .await?;
    Ok(is_waiting)
}
