//! Who is at work in the console of administration: they enter by a recent proof with a second factor, and are read anew
//! with their role at each request (SEC-138).

use super::Decided;
use crate::acts::sessions::{ActiveSession, find_live, session_name};
use crate::acts::{ActError, By, Circumstances, has_officers_proof};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    ADMINISTRATION_LIFETIME, Actor, AdministrationSession, AuditEvent, BrowserHint, Handle, HandleKey, OrganizationId,
    Origin, Right, Role, User,
};
use crate::protocol::Timestamp;
use crate::store::administration_sessions;

/// Why nobody enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryRefusal {
    /// The person has no role, or none any more.
    NoRole,
    /// Their last proof is old, or was made without a second factor.
    Unproven,
}

/// A person at work in the console, as they are at this request.
#[derive(Debug, Clone)]
pub struct Officer {
    /// Who.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// When they have to prove anew who they are, however much they do until then.
    pub until: Timestamp,
    /// The time of this request.
    now: Timestamp,
    /// The name of their session.
    session: String,
    key: HandleKey<AdministrationSession>,
}

impl Officer {
    /// Whether they have a right.
    pub fn has(&self, right: Right) -> bool {
        self.role.has(right, self.now)
    }

    /// Whether they may look at an organization; whichever they may not is as one that is not there (SEC-141).
    pub fn may_see(&self, organization_id: OrganizationId) -> bool {
        self.role.may_see(organization_id, self.now)
    }

    /// Whether they may decide for an organization.
    pub fn may_moderate(&self, organization_id: OrganizationId) -> bool {
        self.role.may_moderate(organization_id, self.now)
    }

    /// Who acts, for the audit: this person, by their role.
    pub fn acting(&self, origin: Origin, browser: Option<BrowserHint>) -> By {
        let actor = Actor::Officer { user_id: self.user.id, role: self.role.name() };
        By { actor, origin: Origin { session: Some(self.session.clone()), ..origin }, browser }
    }
}

/// Whoever is at work in the session of a person, by the cookie of administration; `None` when it opens nothing: it was
/// never ours, is over, belongs to another session, or the person has no role or no second factor any more.
///
/// # Errors
/// When the store fails.
pub async fn find_officer(app: &App, active: &ActiveSession, value: &str) -> Result<Option<Officer>, ActError> {
    let Some(key) = crypto::parse_handle::<AdministrationSession>(value) else { return Ok(None) };
    let now = app.clock.now();
    let found = app.store.read(|tx| administration_sessions::find(tx, &key))?;
    let is_theirs = |opened: &AdministrationSession| {
        opened.user_id == active.user.id && opened.session == active.session.id && opened.is_alive(now)
    };
    let Some(opened) = found.filter(is_theirs).filter(|_| !active.user.second_factor.is_none()) else {
        return Ok(None);
    };
    let Some(role) = role_in_use(&active.user, now) else { return Ok(None) };
    if opened.wants_touch(now) {
        app.store
            .write(move |tx| match administration_sessions::find(tx, &key)? {
                Some(opened) => {
                    administration_sessions::update(tx, &key, &AdministrationSession { last_used_at: now, ..opened })
                }
                None => Ok(()),
            })
            .await?;
    }
    let until = role.until().map_or(opened.latest_end(), |end| end.min(opened.latest_end()));
    let session = session_name(&active.session.id);
    Ok(Some(Officer { user: active.user.clone(), role, until, now, session, key }))
}

/// The role of a person, while it gives them anything.
fn role_in_use(user: &User, now: Timestamp) -> Option<Role> {
    user.role.clone().filter(|role| role.has(Right::Enter, now))
}

/// Opens the console to a person who proved who they are a short while ago, with a second factor. What the browser had
/// opened before is void.
///
/// # Errors
/// When the store fails.
pub async fn enter_console(
    app: &App,
    by: &By,
    active: &ActiveSession,
    previous: Option<&str>,
) -> Decided<Handle<AdministrationSession>, EntryRefusal> {
    let circumstances = Circumstances::of(app, by);
    let (now, window) = (app.clock.now(), app.config.clone());
    let handle = crypto::issue_handle::<AdministrationSession>(&app.random, now.plus(ADMINISTRATION_LIFETIME));
    let previous = previous.and_then(crypto::parse_handle::<AdministrationSession>);
    let (key, session_key) = (handle.key, active.key);
    let outcome = app
        .store
        .write(move |tx| {
            let entering = match find_live(tx, &session_key, now)? {
                Some((session, user)) if has_officers_proof(&window, (&session, &user), now) => Some((session, user)),
                Some(_) | None => None,
            };
            let Some((session, user)) = entering else { return Ok(Err(EntryRefusal::Unproven)) };
            let Some(role) = role_in_use(&user, now) else {
                circumstances.record(tx, AuditEvent::AdministrationRefused { user_id: user.id })?;
                return Ok(Err(EntryRefusal::NoRole));
            };
            if let Some(previous) = previous {
                administration_sessions::delete(tx, &previous)?;
            }
            let opened = AdministrationSession::begin(user.id, session.id, now);
            administration_sessions::insert(tx, &key, &opened)?;
            let event = AuditEvent::AdministrationEntered { user_id: user.id, role: role.name() };
            circumstances.record(tx, event)?;
            Ok(Ok(()))
        })
        .await?;
    Ok(outcome.map(|()| handle))
}

/// Closes the console; the person stays signed in.
///
/// # Errors
/// When the store fails.
pub async fn leave_console(app: &App, by: &By, officer: &Officer) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let (key, user_id) = (officer.key, officer.user.id);
    app.store
        .write(move |tx| {
            administration_sessions::delete(tx, &key)?;
            circumstances.record(tx, AuditEvent::AdministrationLeft { user_id })
        })
        .await?;
    Ok(())
}

/// Records that a person asked for something of the console that they may not do.
///
/// # Errors
/// When the store fails.
pub async fn note_refusal(app: &App, by: &By, user: &User) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let user_id = user.id;
    let event = AuditEvent::AdministrationRefused { user_id };
    app.store.write(move |tx| circumstances.record(tx, event.clone())).await?;
    Ok(())
}
