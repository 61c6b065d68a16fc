//! Browser sessions: found by their cookie, kept awake, ended.

mod logout_notices;

use super::pre_sessions::{Renewal, issue_browser_handle, renew};
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{AuditEvent, BrowserSession, Handle, HandleKey, PreSession, Session, SessionId, User, UserId};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, browser_sessions, user_sessions, users};

pub use logout_notices::tell_of_logouts;

/// How many sessions one person may have at one time.
const MAX_SESSIONS: usize = 50;

/// The session of a request, read with the person as they are now.
#[derive(Debug, Clone)]
pub struct ActiveSession {
    /// The value of the cookie.
    pub value: String,
    /// Where the record lies.
    pub key: HandleKey<BrowserSession>,
    /// The session.
    pub session: Session,
    /// The person.
    pub user: User,
}

/// The live session behind a cookie's value; `None` when there is none, it is over, or the person may not be here.
///
/// # Errors
/// When the store fails.
pub async fn find_session(app: &App, value: &str) -> Result<Option<ActiveSession>, ActError> {
    let Some(key) = crypto::parse_handle::<BrowserSession>(value) else { return Ok(None) };
    let now = app.clock.now();
    let Some((session, user)) = app.store.read(|tx| find_live(tx, &key, now))? else { return Ok(None) };
    if session.wants_touch(now) {
        app.store
            .write(move |tx| match browser_sessions::find(tx, &key)? {
                Some(BrowserSession::Live(session)) => {
                    browser_sessions::update(tx, &key, &BrowserSession::Live(Session { last_used_at: now, ..session }))
                }
                Some(BrowserSession::Renewed { .. } | BrowserSession::Ended { .. }) | None => Ok(()),
            })
            .await?;
    }
    Ok(Some(ActiveSession { value: value.to_owned(), key, session, user }))
}

/// A session that nobody has ended, in use or idle for too long, with whose it is: services that were reached in it have not
/// heard of its end.
pub(super) fn find_unended(
    tx: &impl Read,
    key: &HandleKey<BrowserSession>,
) -> Result<Option<(Session, User)>, StoreError> {
    let Some(BrowserSession::Live(session)) = browser_sessions::find(tx, key)? else { return Ok(None) };
    let Some(user) = users::find(tx, session.user_id)? else { return Ok(None) };
    Ok(user.honours(session.user_epoch).then_some((session, user)))
}

/// The one answer to "is this session usable, and whose is it?".
pub(super) fn find_live(
    tx: &impl Read,
    key: &HandleKey<BrowserSession>,
    now: Timestamp,
) -> Result<Option<(Session, User)>, StoreError> {
    Ok(find_unended(tx, key)?.filter(|(session, _)| session.is_alive(now)))
}

/// Notes that a person has a session open under `begun`, in place of `replaced`. Over the most that one may have, the oldest
/// end (SEC-92).
pub(super) fn note_session(
    tx: &mut Tx,
    user_id: UserId,
    replaced: Option<HandleKey<BrowserSession>>,
    begun: HandleKey<BrowserSession>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut sessions = user_sessions::list(tx, user_id)?;
    sessions.retain(|key| Some(*key) != replaced && !key.retained_until().has_come(now));
    sessions.push(begun);
    if sessions.len() > MAX_SESSIONS {
        let mut alive = Vec::new();
        for key in sessions {
            if find_live(tx, &key, now)?.is_some() {
                alive.push(key);
            }
        }
        let kept = alive.split_off(alive.len().saturating_sub(MAX_SESSIONS));
        for key in alive {
            browser_sessions::update(tx, &key, &BrowserSession::Ended { at: now })?;
        }
        sessions = kept;
    }
    user_sessions::put(tx, user_id, &sessions)
}

/// Ends a session: nothing issued in it is honoured any more, and what was under way in the browser is over. Gives the
/// browser's next handle.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(
    app: &App,
    by: &By,
    active: &ActiveSession,
    browser: HandleKey<PreSession>,
) -> Result<Handle<PreSession>, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (key, user_id, now) = (active.key, active.user.id, app.clock.now());
    let next = issue_browser_handle(app);
    let to = next.key;
    app.store
        .write(move |tx| {
            browser_sessions::update(tx, &key, &BrowserSession::Ended { at: now })?;
            renew(tx, &browser, &Renewal { to, session: None, entered: None }, now)?;
            circumstances.record(tx, AuditEvent::SignedOut { user_id })
        })
        .await?;
    Ok(next)
}

/// The name under which a session is shown: the first 8 bytes of a digest.
pub fn session_name(id: &SessionId) -> String {
    let digest = crypto::sha256(id.0.as_bytes());
    let first = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{first:016x}")
}
