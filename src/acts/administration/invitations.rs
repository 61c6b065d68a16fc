//! Invitations, as operators send, see and take them back (SEC-76).

use std::time::Duration;

use super::Decided;
use super::audit::record_look;
use super::organizations::{OrganizationKey, find as find_organization_of};
use crate::acts::account::is_anothers;
use crate::acts::mailbox::invitation_name;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Email, HandleKey, Invitation, InvitationState, InvitedTo, MailContent, Organization, OutgoingMail,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, invitations, organizations, outbox};

/// How long what became of an invitation is kept.
const KEPT_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);

/// Whom to invite.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The address.
    pub email: Email,
    /// The organization that the person will belong to, and whether as somebody external.
    pub organization: Option<(OrganizationKey, bool)>,
    /// The language of the mail.
    pub locale: Locale,
    /// Whether an invitation that is open is left as it is, where it brings the same along.
    pub keep_open: bool,
}

/// Why nobody was invited, or no invitation taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationRefusal {
    /// There is an account with this address already.
    HasAccount,
    /// There is no such organization.
    UnknownOrganization,
    /// The organization is closed: nobody joins it any more (SEC-107).
    Closed,
    /// No source of the register has said yet what the organization is (SEC-199).
    Unconfirmed,
    /// Mails do not leave this instance.
    NoMail,
    /// So many mails wait to leave that this one would take the place of what somebody waits for.
    TooManyMails,
    /// The address has no invitation that works.
    Unknown,
}

/// An invitation as operators see it. Its link is in the mail and nowhere else.
#[derive(Debug, Clone)]
pub struct ListedInvitation {
    /// Where it lies.
    pub key: HandleKey<Invitation>,
    /// The name that the audit knows it by.
    pub name: String,
    /// The invitation.
    pub invitation: Invitation,
    /// The organization that it brings along.
    pub organization: Option<Organization>,
    /// Whether it was there before, and was left as it is.
    pub is_kept: bool,
}

/// Invites an address. The invitation that it had does not work any more, unless it is to be kept.
///
/// # Errors
/// When the store fails.
pub async fn invite(app: &App, by: &By, new: NewInvitation) -> Decided<ListedInvitation, InvitationRefusal> {
    if app.config.lacks_mail() {
        return Ok(Err(InvitationRefusal::NoMail));
    }
    let now = app.clock.now();
    let expires_at = now.plus(app.config.accounts.invitation_lifetime);
    let handle = crypto::issue_handle::<Invitation>(&app.random, expires_at.plus(KEPT_AFTER));
    let href = format!("{}/users/accept-invitation?invitation_token={}", app.config.issuer(), handle.value);
    let secret = Enclosure::new(&app.master_keys, &app.random, &new.email, &href);
    let (circumstances, key) = (Circumstances::of(app, by), handle.key);
    let outcome = app
        .store
        .write(move |tx| {
            if is_anothers(tx, &new.email, None, now)? {
                return Ok(Err(InvitationRefusal::HasAccount));
            }
            let organization = match &new.organization {
                Some((organization, _)) => match find_organization_of(tx, organization)? {
                    Some(found) if !found.is_active => return Ok(Err(InvitationRefusal::Closed)),
                    Some(found) if !found.is_confirmed() => return Ok(Err(InvitationRefusal::Unconfirmed)),
                    Some(found) => Some(found),
                    None => return Ok(Err(InvitationRefusal::UnknownOrganization)),
                },
                None => None,
            };
            let is_external = new.organization.as_ref().is_some_and(|(_, is_external)| *is_external);
            let invited_to = organization.as_ref().map(|found| InvitedTo { organization_id: found.id, is_external });
            let known = invitations::find_by_email(tx, &new.email)?;
            let is_kept = |known: &Invitation| new.keep_open && known.is_open(now) && known.organization == invited_to;
            let known = match known {
                Some((key, known)) if is_kept(&known) => {
                    let name = invitation_name(&key);
                    return Ok(Ok(ListedInvitation { key, name, invitation: known, organization, is_kept: true }));
                }
                known => known,
            };
            if outbox::is_busy(tx)? {
                return Ok(Err(InvitationRefusal::TooManyMails));
            }
            if let Some((known_key, known)) = known {
                take_back(tx, &known_key, known, now)?;
            }
            let invitation = Invitation {
                email: new.email.clone(),
                organization: invited_to,
                invited_by: circumstances.by.actor.clone(),
                invited_at: now,
                expires_at,
                state: InvitationState::Open,
            };
            invitations::insert(tx, &key, &invitation)?;
            let label = organization.as_ref().map(|found| found.label.clone());
            let content = MailContent::Invitation { expires_at, organization: label };
            let mail = OutgoingMail::notice(new.email.clone(), new.locale, content, now);
            outbox::insert(tx, &mail.carrying(secret.seal(tx)?, expires_at))?;
            let name = invitation_name(&key);
            let organization_id = organization.as_ref().map(|found| found.id);
            let event = AuditEvent::InvitationSent { invitation: name.clone(), organization_id };
            circumstances.record(tx, event)?;
            Ok(Ok(ListedInvitation { key, name, invitation, organization, is_kept: false }))
        })
        .await?;
    Ok(outcome)
}

/// Takes the invitation of an address back: its link opens nothing any more.
///
/// # Errors
/// When the store fails.
pub async fn revoke_invitation(app: &App, by: &By, email: Email) -> Decided<ListedInvitation, InvitationRefusal> {
    let (now, circumstances) = (app.clock.now(), Circumstances::of(app, by));
    let outcome = app
        .store
        .write(move |tx| {
            let Some((key, known)) = invitations::find_by_email(tx, &email)? else {
                return Ok(Err(InvitationRefusal::Unknown));
            };
            let Some(invitation) = take_back(tx, &key, known, now)? else {
                return Ok(Err(InvitationRefusal::Unknown));
            };
            let name = invitation_name(&key);
            circumstances.record(tx, AuditEvent::InvitationRevoked { invitation: name.clone() })?;
            let organization = organization_of(tx, &invitation)?;
            Ok(Ok(ListedInvitation { key, name, invitation, organization, is_kept: false }))
        })
        .await?;
    Ok(outcome)
}

/// A mail that has not left yet goes with it.
fn take_back(
    tx: &mut Tx,
    key: &HandleKey<Invitation>,
    known: Invitation,
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    let Some(revoked) = known.revoked(now) else { return Ok(None) };
    invitations::close(tx, key, &revoked)?;
    outbox::delete_where(tx, |mail| {
        mail.to == revoked.email && matches!(mail.content, MailContent::Invitation { .. })
    })?;
    Ok(Some(revoked))
}

/// At most `limit` invitations after `after`, those that end first before the others, whatever became of them. The look is
/// recorded, once for a listing.
///
/// # Errors
/// When the store fails.
pub async fn list_invitations(
    app: &App,
    by: &By,
    after: Option<HandleKey<Invitation>>,
    limit: usize,
) -> Result<Vec<ListedInvitation>, ActError> {
    if after.is_none() {
        record_look(app, by, AuditEvent::InvitationsListed).await?;
    }
    Ok(app.store.read(|tx| {
        let mut listed = Vec::new();
        for (key, invitation) in invitations::list(tx, after.as_ref(), limit)? {
            let organization = organization_of(tx, &invitation)?;
            listed.push(ListedInvitation {
                key,
                name: invitation_name(&key),
                invitation,
                organization,
                is_kept: false,
            });
        }
        Ok(listed)
    })?)
}

fn organization_of(tx: &impl Read, invitation: &Invitation) -> Result<Option<Organization>, StoreError> {
    match invitation.organization {
        Some(invited) => organizations::find(tx, invited.organization_id),
        None => Ok(None),
    }
}

/// Forgets addresses that were invited once, where nothing of the invitation is kept any more.
///
/// # Errors
/// When the store fails.
pub async fn forget_old_invitations(app: &App) -> Result<usize, ActError> {
    let now = app.clock.wall();
    let left = app.store.read(|tx| invitations::list_left_behind(tx, now))?;
    let count = left.len();
    if count > 0 {
        app.store.write(move |tx| invitations::forget_addresses(tx, &left)).await?;
    }
    Ok(count)
}
