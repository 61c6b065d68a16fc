//! Who administers, moderates and reads. Nobody is locked out by mistake, and nothing of it happens in silence
//! (SEC-142).

use super::Decided;
use super::audit::record_look;
use super::erasure::{administration_of, moderation_links_of};
use super::moderation::has_right;
use super::users::{UserKey, UserRefusal, find, may_lock_out};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, MailContent, OutgoingMail, Right, Role, User, UserId};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, administration_sessions, moderation_links, outbox, users};

/// How many people are looked at at once.
const PAGE: usize = 200;

/// At most `limit` people who have a role after `after`, by identifier.
///
/// # Errors
/// When the store fails.
pub fn list_administrators(app: &App, after: Option<UserId>, limit: usize) -> Result<Vec<User>, ActError> {
    Ok(app.store.read(|tx| users::list_with_role(tx, after, limit))?)
}

/// Records that an officer looked at who has which role (SEC-144).
///
/// # Errors
/// When the store fails.
pub async fn note_team_view(app: &App, by: &By) -> Result<(), ActError> {
    record_look(app, by, AuditEvent::TeamViewed).await
}

/// Gives a person a role in place of the one that they had.
///
/// # Errors
/// When the store fails.
pub async fn grant_role(
    app: &App,
    by: &By,
    key: UserKey,
    role: Role,
    even_the_last_administrator: bool,
) -> Decided<User, UserRefusal> {
    let may_lock_out = may_lock_out(by, even_the_last_administrator);
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            // The role is that of this instant, not that of the page.
            if !has_right(tx, &circumstances.by.actor, Right::ManageTeam, now)? {
                return Ok(Err(UserRefusal::Unknown));
            }
            let Some(user) = find(tx, &key)? else { return Ok(Err(UserRefusal::Unknown)) };
            if !user.may_sign_in() {
                return Ok(Err(UserRefusal::Disabled));
            }
            if user.role.as_ref() == Some(&role) {
                return Ok(Ok(user));
            }
            if !role.is_administrator() && is_last_administrator(tx, &user)? && !may_lock_out {
                return Ok(Err(UserRefusal::LastAdministrator));
            }
            let concerns = role.is_administrator() || user.is_active_administrator();
            if concerns {
                tell_administrators(tx, &user, now)?;
            }
            let user = User { role: Some(role.clone()), ..user };
            users::update(tx, &user)?;
            // What was open is worth the role with which it was opened.
            close_administration(tx, user.id)?;
            circumstances.record(tx, AuditEvent::RoleGranted { user_id: user.id, role: role.clone() })?;
            Ok(Ok(user))
        })
        .await?;
    Ok(outcome)
}

/// Takes a person's role away.
///
/// # Errors
/// When the store fails.
pub async fn revoke_role(
    app: &App,
    by: &By,
    key: UserKey,
    even_the_last_administrator: bool,
) -> Decided<User, UserRefusal> {
    let may_lock_out = may_lock_out(by, even_the_last_administrator);
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            // The role is that of this instant, not that of the page.
            if !has_right(tx, &circumstances.by.actor, Right::ManageTeam, now)? {
                return Ok(Err(UserRefusal::Unknown));
            }
            let Some(user) = find(tx, &key)? else { return Ok(Err(UserRefusal::Unknown)) };
            let Some(role) = user.role.clone() else { return Ok(Err(UserRefusal::NoRole)) };
            if is_last_administrator(tx, &user)? && !may_lock_out {
                return Ok(Err(UserRefusal::LastAdministrator));
            }
            if role.is_administrator() {
                tell_administrators(tx, &user, now)?;
            }
            let user = User { role: None, ..user };
            users::update(tx, &user)?;
            take_moderation_links(tx, user.id)?;
            close_administration(tx, user.id)?;
            circumstances.record(tx, AuditEvent::RoleRevoked { user_id: user.id, role })?;
            Ok(Ok(user))
        })
        .await?;
    Ok(outcome)
}

/// Takes away the links by which a person decides on requests: whoever is given a role again is sent new ones (SEC-76).
pub(super) fn take_moderation_links(tx: &mut Tx, user_id: UserId) -> Result<(), StoreError> {
    for key in moderation_links_of(tx, None, user_id)? {
        moderation_links::delete(tx, &key)?;
    }
    Ok(())
}

/// Ends what a person has open in the console: whoever is given a role again proves anew who they are (SEC-138).
fn close_administration(tx: &mut Tx, user_id: UserId) -> Result<(), StoreError> {
    for key in administration_of(tx, user_id)? {
        administration_sessions::delete(tx, &key)?;
    }
    Ok(())
}

/// Whether this person is an administrator, and the only one who can sign in.
pub(in crate::acts) fn is_last_administrator(tx: &impl Read, user: &User) -> Result<bool, StoreError> {
    if !user.is_active_administrator() {
        return Ok(false);
    }
    Ok(!active_administrators(tx)?.iter().any(|other| other.id != user.id))
}

/// The administrators who can sign in.
pub(in crate::acts) fn active_administrators(tx: &impl Read) -> Result<Vec<User>, StoreError> {
    let (mut after, mut administrators) = (None, Vec::new());
    loop {
        let page = users::list_with_role(tx, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(administrators) };
        after = Some(last.id);
        administrators.extend(page.into_iter().filter(User::is_active_administrator));
    }
}

/// Writes to every administrator, and to the person whom it is about.
fn tell_administrators(tx: &mut Tx, about: &User, now: Timestamp) -> Result<(), StoreError> {
    let mut readers = active_administrators(tx)?;
    if !readers.iter().any(|reader| reader.id == about.id) {
        readers.push(about.clone());
    }
    for reader in readers {
        let content = MailContent::AdministratorsChanged { at: now, about: about.email.clone() };
        let mail = OutgoingMail::notice(reader.email.clone(), reader.language(), content, now);
        outbox::insert(tx, &mail)?;
    }
    Ok(())
}
