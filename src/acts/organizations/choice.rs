//! The organization that a person acts for in this session.

use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, BrowserSession, HandleKey, Interaction, OrganizationId, Session};
use crate::store::{browser_sessions, interactions, memberships};

/// What became of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationChoice {
    /// The session acts for it from now on.
    Chosen,
    /// The person does not belong to it.
    NotAMember,
}

/// Chooses the organization for this session, and for the sign-in under way.
///
/// # Errors
/// When the store fails.
pub async fn select_organization(
    app: &App,
    by: &By,
    active: &ActiveSession,
    interaction: Option<HandleKey<Interaction>>,
    organization_id: OrganizationId,
) -> Result<OrganizationChoice, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (key, id, now) = (active.key, active.session.id.clone(), app.clock.now());
    let choice = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &key, now)? else { return Ok(OrganizationChoice::NotAMember) };
            if memberships::find(tx, user.id, organization_id)?.is_none() {
                return Ok(OrganizationChoice::NotAMember);
            }
            let session = Session { organization_id: Some(organization_id), ..session };
            browser_sessions::update(tx, &key, &BrowserSession::Live(session))?;
            if let Some(key) = interaction
                && let Some(mut interaction) = interactions::find(tx, &key)?
            {
                interaction.done(&id, |progress| progress.organization = Some(organization_id));
                interactions::update(tx, &key, &interaction)?;
            }
            circumstances.record(tx, AuditEvent::OrganizationSelected { user_id: user.id, organization_id })?;
            Ok(OrganizationChoice::Chosen)
        })
        .await?;
    Ok(choice)
}
