//! Who is signed in, and how that ends. Sessions are named by a digest of what identifies them; handles are never shown.

use super::Decided;
use super::audit::record_look;
use super::users::{UserKey, UserRefusal, find};
use crate::acts::{ActError, By, Circumstances, session_name};
use crate::app::App;
use crate::domain::{AuditEvent, BrowserSession, HandleKey, Session, UserId};
use crate::protocol::Timestamp;
use crate::store::{Read, Store, StoreError, browser_sessions, users};

/// How many records are looked at at once.
const PAGE: usize = 500;

/// There is no such session, or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSession;

/// A session in use.
#[derive(Debug, Clone)]
pub struct ListedSession {
    /// How it is named: 16 hexadecimal digits.
    pub name: String,
    /// Where a listing goes on after it.
    pub key: HandleKey<BrowserSession>,
    /// The session.
    pub session: Session,
}

/// At most `limit` sessions in use after `after`, of one person or of all. The look is recorded, once for a listing.
///
/// # Errors
/// When the store fails.
pub async fn list_sessions(
    app: &App,
    by: &By,
    of: Option<UserKey>,
    after: Option<HandleKey<BrowserSession>>,
    limit: usize,
) -> Decided<Vec<ListedSession>, UserRefusal> {
    let user_id = match of {
        Some(key) => match app.store.read(|tx| find(tx, &key))? {
            Some(user) => Some(user.id),
            None => return Ok(Err(UserRefusal::Unknown)),
        },
        None => None,
    };
    if after.is_none() {
        record_look(app, by, AuditEvent::SessionsListed { user_id }).await?;
    }
    let now = app.clock.now();
    let is_wanted =
        move |session: &Session| session.is_alive(now) && user_id.is_none_or(|user_id| session.user_id == user_id);
    Ok(Ok(look_through(&app.store, after, limit, is_wanted).await?))
}

/// Looks for sessions on the blocking pool: there may be many to pass over.
async fn look_through(
    store: &Store,
    after: Option<HandleKey<BrowserSession>>,
    limit: usize,
    is_wanted: impl Fn(&Session) -> bool + Send + 'static,
) -> Result<Vec<ListedSession>, ActError> {
    let store = store.clone();
    let looking = tokio::task::spawn_blocking(move || store.read(|tx| collect(tx, after, limit, &is_wanted)));
    Ok(looking.await.unwrap_or(Err(StoreError::Panicked))?)
}

fn collect(
    tx: &impl Read,
    mut after: Option<HandleKey<BrowserSession>>,
    limit: usize,
    is_wanted: impl Fn(&Session) -> bool,
) -> Result<Vec<ListedSession>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = browser_sessions::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        for (key, record) in page {
            let BrowserSession::Live(session) = record else { continue };
            if !is_wanted(&session) || !is_honoured(tx, session.user_id, session.user_epoch)? {
                continue;
            }
            found.push(ListedSession { name: session_name(&session.id), key, session });
            if found.len() >= limit {
                return Ok(found);
            }
        }
    }
}

fn is_honoured(tx: &impl Read, user_id: UserId, epoch: u32) -> Result<bool, StoreError> {
    Ok(users::find(tx, user_id)?.is_some_and(|user| user.honours(epoch)))
}

/// Ends one session, in use or idle for too long, and what was issued in it.
///
/// # Errors
/// When the store fails.
pub async fn revoke_session(app: &App, by: &By, name: String) -> Decided<ListedSession, UnknownSession> {
    let now = app.clock.now();
    let wanted = name.clone();
    let found = look_through(&app.store, None, 1, move |session| session_name(&session.id) == wanted).await?;
    let Some(listed) = found.into_iter().next() else { return Ok(Err(UnknownSession)) };
    let circumstances = Circumstances::of(app, by);
    let outcome = app
        .store
        .write(move |tx| {
            // Another handle may have taken its place since it was found.
            let Some((key, session)) = in_use(tx, listed.key)? else { return Ok(Err(UnknownSession)) };
            browser_sessions::update(tx, &key, &BrowserSession::Ended { at: now })?;
            let (user_id, session) = (session.user_id, name.clone());
            circumstances.record(tx, AuditEvent::SessionRevoked { user_id, session })?;
            Ok(Ok(listed.clone()))
        })
        .await?;
    Ok(outcome)
}

/// Ends every session that is open when this is asked, and what was issued in them, some hundreds at once. Gives how many
/// were in use. Who signs in meanwhile is not run after.
///
/// # Errors
/// When the store fails; what was ended before stays ended.
pub async fn revoke_every_session(app: &App, by: &By) -> Result<u64, ActError> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    app.store.write(move |tx| circumstances.record(tx, AuditEvent::EverySessionRevoked)).await?;
    let (mut after, mut ended) = (None, 0_u64);
    let Some(end_of_all) = app.store.read(browser_sessions::find_last)? else { return Ok(ended) };
    while after != Some(end_of_all) {
        let page = app.store.read(|tx| browser_sessions::list(tx, after.as_ref(), PAGE))?;
        let mut keys: Vec<HandleKey<BrowserSession>> = page.into_iter().map(|(key, _)| key).collect();
        if let Some(position) = keys.iter().position(|key| *key == end_of_all) {
            keys.truncate(position.saturating_add(1));
        }
        // The last one may be purged meanwhile: then this ends where there is nothing more.
        let Some(last) = keys.last() else { break };
        after = Some(*last);
        ended = ended.saturating_add(end(app, keys, now).await?);
    }
    Ok(ended)
}

/// The session behind a handle: another one may have taken its place, on a page that was looked at already.
fn in_use(
    tx: &impl Read,
    mut key: HandleKey<BrowserSession>,
) -> Result<Option<(HandleKey<BrowserSession>, Session)>, StoreError> {
    loop {
        match browser_sessions::find(tx, &key)? {
            Some(BrowserSession::Renewed { by }) => key = by,
            Some(BrowserSession::Live(session)) => return Ok(Some((key, session))),
            Some(BrowserSession::Ended { .. }) | None => return Ok(None),
        }
    }
}

/// Ends those of these sessions that are in use; says how many.
async fn end(app: &App, keys: Vec<HandleKey<BrowserSession>>, now: Timestamp) -> Result<u64, ActError> {
    let ended = app
        .store
        .write(move |tx| {
            let mut ended = 0_u64;
            for key in &keys {
                let Some((key, session)) = in_use(tx, *key)? else { continue };
                browser_sessions::update(tx, &key, &BrowserSession::Ended { at: now })?;
                if session.is_alive(now) && is_honoured(tx, session.user_id, session.user_epoch)? {
                    ended = ended.saturating_add(1);
                }
            }
            Ok(ended)
        })
        .await?;
    Ok(ended)
}
