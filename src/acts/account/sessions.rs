//! The sessions of a person, as they see and end them.

use crate::acts::pre_sessions::{Renewal, issue_browser_handle, renew};
use crate::acts::sessions::{ActiveSession, find_live, find_unended, session_name};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, BrowserSession, Handle, HandleKey, PreSession, Session};
use crate::store::{browser_sessions, user_sessions};

/// One of them.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// How it is named: 16 hexadecimal digits.
    pub name: String,
    /// The session.
    pub session: Session,
    /// Whether it is the one that looks.
    pub is_this_one: bool,
}

/// Which of them to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndedSessions {
    /// The one of this name.
    One(String),
    /// All but the one that asks.
    Others,
    /// All.
    All,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum SessionsEnd {
    /// So many others ended, and the one that asked goes on.
    GoesOn(usize),
    /// The one that asked ended with them; with the browser's next handle.
    SignedOut(Handle<PreSession>),
}

/// The sessions of a person in use, the one that looks first, then by last use.
///
/// # Errors
/// When the store fails.
pub fn list_own_sessions(app: &App, active: &ActiveSession) -> Result<Vec<OwnSession>, ActError> {
    let now = app.clock.now();
    let mut sessions = app.store.read(|tx| {
        let mut found = Vec::new();
        for key in user_sessions::list(tx, active.user.id)? {
            if let Some((session, _)) = find_live(tx, &key, now)? {
                let is_this_one = session.id == active.session.id;
                found.push(OwnSession { name: session_name(&session.id), session, is_this_one });
            }
        }
        Ok(found)
    })?;
    sessions.sort_by_key(|own| (!own.is_this_one, std::cmp::Reverse(own.session.last_used_at)));
    Ok(sessions)
}

/// Ends sessions of the person who asks, and what was issued in them.
///
/// # Errors
/// When the store fails.
pub async fn end_own_sessions(
    app: &App,
    by: &By,
    active: &ActiveSession,
    browser: HandleKey<PreSession>,
    which: EndedSessions,
) -> Result<SessionsEnd, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (user_id, own, now) = (active.user.id, active.session.id.clone(), app.clock.now());
    let next = issue_browser_handle(app);
    let to = next.key;
    let (others, is_signed_out) = app
        .store
        .write(move |tx| {
            let (mut others, mut is_signed_out) = (0_usize, false);
            for key in user_sessions::list(tx, user_id)? {
                let Some((session, _)) = find_unended(tx, &key)? else { continue };
                let (name, is_own) = (session_name(&session.id), session.id == own);
                let is_meant = match &which {
                    EndedSessions::One(wanted) => *wanted == name,
                    EndedSessions::Others => !is_own,
                    EndedSessions::All => true,
                };
                if !is_meant {
                    continue;
                }
                browser_sessions::update(tx, &key, &BrowserSession::Ended { at: now })?;
                if is_own {
                    is_signed_out = true;
                    circumstances.record(tx, AuditEvent::SignedOut { user_id })?;
                } else {
                    others = others.saturating_add(1);
                    circumstances.record(tx, AuditEvent::SessionRevoked { user_id, session: name })?;
                }
            }
            if is_signed_out {
                renew(tx, &browser, &Renewal { to, session: None, entered: None }, now)?;
            }
            Ok((others, is_signed_out))
        })
        .await?;
    Ok(if is_signed_out { SessionsEnd::SignedOut(next) } else { SessionsEnd::GoesOn(others) })
}
