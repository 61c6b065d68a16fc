//! The end of a link, by the person's own wish, and the end of the welcome.

use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, BrowserSession, Greeting, Membership, ModerationStep, OrganizationId, Session};
use crate::store::{browser_sessions, memberships, moderations};

/// Ends the person's link with an organization; says whether there was one. Services that were told of it are told of it
/// no more; the session goes on, and acts for nobody.
///
/// # Errors
/// When the store fails.
pub async fn leave_organization(
    app: &App,
    by: &By,
    active: &ActiveSession,
    organization_id: OrganizationId,
) -> Result<bool, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (key, now) = (active.key, app.clock.now());
    let left = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &key, now)? else { return Ok(false) };
            if !memberships::delete(tx, user.id, organization_id)? {
                return Ok(false);
            }
            if session.organization_id == Some(organization_id) {
                let session = Session { organization_id: None, ..session };
                browser_sessions::update(tx, &key, &BrowserSession::Live(session))?;
            }
            for request in moderations::list_of_user(tx, user.id)? {
                // Whoever asked for it to be proven and leaves is not let in again.
                if request.organization_id == organization_id && request.is_pending() {
                    moderations::delete(tx, &request)?;
                    circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Cancelled))?;
                }
            }
            circumstances.record(tx, AuditEvent::MembershipDeleted { user_id: user.id, organization_id })?;
            Ok(true)
        })
        .await?;
    Ok(left)
}

/// The person was welcomed in the organization that they act for.
///
/// # Errors
/// When the store fails.
pub async fn finish_greeting(
    app: &App,
    active: &ActiveSession,
    organization_id: OrganizationId,
) -> Result<(), ActError> {
    let user_id = active.user.id;
    app.store
        .write(move |tx| match memberships::find(tx, user_id, organization_id)? {
            Some(known) if known.greeting == Greeting::Due => {
                memberships::update(tx, &Membership { greeting: Greeting::Done, ..known })
            }
            Some(_) | None => Ok(()),
        })
        .await?;
    Ok(())
}
