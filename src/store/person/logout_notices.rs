//! Which services are still to be told that a session is over: written in the transaction that ends it.

use serde::{Deserialize, Serialize};

use super::user_sessions;
use crate::domain::{BrowserSession, LogoutNotice, Session, User};
use crate::protocol::Timestamp;
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx, browser_sessions, clients, users};

/// How many wait at most for their first call; beyond, the oldest is given up.
const MOST_WAITING: u64 = 100_000;
/// Of those that nobody was told of yet.
const AT_ONCE: Timestamp = Timestamp(0);

/// In the order in which they are due.
pub(in crate::store) const NOTICES: Table<(u64, u64), QueuedLogout> = Table::new("logout_notices");

/// A notice with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedLogout {
    /// When the service is called next.
    pub due_at: Timestamp,
    /// Its number among those of that instant.
    pub number: u64,
    /// What it is told.
    pub notice: LogoutNotice,
}

impl QueuedLogout {
    fn place(&self) -> (u64, u64) {
        (self.due_at.0, self.number)
    }
}

/// A session that counts until now ends: every service that was reached in it and wants to know is to be told.
pub(in crate::store) fn note_end(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    if !users::find(tx, session.user_id)?.is_some_and(|user| user.honours(session.user_epoch)) {
        // It was over before, and told then.
        return Ok(());
    }
    for client_id in &session.clients {
        if clients::find(tx, client_id)?.is_some_and(|client| client.backchannel_logout_uri.is_some()) {
            enter(tx, LogoutNotice::of(session, client_id), AT_ONCE)?;
        }
    }
    Ok(())
}

/// All sessions of a person that count until now end. To be called before the person is written anew or deleted.
pub fn note_ends_of(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    for key in user_sessions::list(tx, user.id)? {
        if let Some(BrowserSession::Live(session)) = browser_sessions::find(tx, &key)? {
            note_end(tx, &session)?;
        }
    }
    Ok(())
}

fn enter(tx: &mut Tx, notice: LogoutNotice, due_at: Timestamp) -> Result<(), StoreError> {
    let last = NOTICES.list_latest_within(tx, &due_at.0, None, 1)?.pop();
    let number = last.map_or(0, |last| last.number.saturating_add(1));
    let oldest = NOTICES.list_within(tx, &due_at.0, None, 1)?.pop();
    if let Some(oldest) = oldest.filter(|oldest| number.saturating_sub(oldest.number) >= MOST_WAITING) {
        tracing::warn!(client_id = %oldest.notice.client_id, "too many services wait to be told of sign-outs: one is not");
        NOTICES.delete(tx, &oldest.place())?;
    }
    let queued = QueuedLogout { due_at, number, notice };
    NOTICES.insert(tx, &queued.place(), &queued)
}

/// At most `limit` of those that are due, the first one first.
pub fn list_due(tx: &impl Read, now: Timestamp, limit: usize) -> Result<Vec<QueuedLogout>, StoreError> {
    let mut queued = NOTICES.list(tx, None, limit)?;
    queued.retain(|queued| queued.due_at.has_come(now));
    Ok(queued)
}

/// One that is done with; says whether it was there.
pub fn delete(tx: &mut Tx, queued: &QueuedLogout) -> Result<bool, StoreError> {
    NOTICES.delete(tx, &queued.place())
}

/// One is called again at `due_at`, as `notice`.
pub fn postpone(tx: &mut Tx, queued: &QueuedLogout, notice: LogoutNotice, due_at: Timestamp) -> Result<(), StoreError> {
    if delete(tx, queued)? { enter(tx, notice, due_at) } else { Ok(()) }
}
