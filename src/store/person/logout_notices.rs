//! Which services are still to be told that a session is over: written in the transaction that ends it.

use serde::{Deserialize, Serialize};

use super::user_sessions;
use crate::domain::{BrowserSession, LogoutNotice, Session, User};
use crate::protocol::Timestamp;
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx, browser_sessions, clients, users};

/// How many wait at most; beyond, the one that is due first is given up.
const MOST_WAITING: u64 = 100_000;
/// How many are read at once.
const PAGE: usize = 2_000;
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
    /// Where it lies.
    pub fn place(&self) -> (u64, u64) {
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

/// Enters one, after those that are due at the same time.
pub(in crate::store) fn enter(tx: &mut Tx, notice: LogoutNotice, due_at: Timestamp) -> Result<(), StoreError> {
    // By the keys alone: a record that does not open stops nobody who signs out.
    let last = NOTICES.last_key_within(tx, &due_at.0)?;
    let number =
        last.as_deref().and_then(<[u8]>::last_chunk).map_or(0, |last| u64::from_be_bytes(*last).saturating_add(1));
    make_room(tx, MOST_WAITING)?;
    let queued = QueuedLogout { due_at, number, notice };
    NOTICES.insert(tx, &queued.place(), &queued)
}

/// Room for one more, where `most` may wait: whoever is due first is given up, whether or not it opens.
pub(in crate::store) fn make_room(tx: &mut Tx, most: u64) -> Result<(), StoreError> {
    if tx.count(NOTICES.name())? < most {
        return Ok(());
    }
    for (key, _) in NOTICES.page(tx, None, 1)? {
        tx.delete_row(NOTICES.name(), &key)?;
        tx.remark("too many services wait to be told of sign-outs: the first of them are not told");
    }
    Ok(())
}

/// Those that are due and that `is_wanted` wants, the first one first, and the keys of those that do not open. Looks at all
/// that are due: belongs on the blocking pool.
pub fn list_due(
    tx: &impl Read,
    now: Timestamp,
    mut is_wanted: impl FnMut(&QueuedLogout) -> bool,
) -> Result<(Vec<QueuedLogout>, Vec<Vec<u8>>), StoreError> {
    let (mut wanted, mut unreadable) = (Vec::new(), Vec::new());
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = NOTICES.page(tx, after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok((wanted, unreadable)) };
        after = Some(last.clone());
        for (key, opened) in page {
            match opened {
                Ok(queued) if !queued.due_at.has_come(now) => return Ok((wanted, unreadable)),
                Ok(queued) if is_wanted(&queued) => wanted.push(queued),
                Ok(_) => {}
                Err(StoreError::Damaged { .. }) => unreadable.push(key),
                Err(cause) => return Err(cause),
            }
        }
    }
}

/// Deletes those that do not open: nobody can say who was to be told.
pub fn delete_unreadable(tx: &mut Tx, keys: &[Vec<u8>]) -> Result<(), StoreError> {
    keys.iter().try_for_each(|key| tx.delete_row(NOTICES.name(), key).map(drop))
}

/// Whether one still waits.
pub fn is_waiting(tx: &impl Read, queued: &QueuedLogout) -> Result<bool, StoreError> {
    Ok(NOTICES.find(tx, &queued.place())?.as_ref() == Some(queued))
}

/// One that is done with; says whether it was there.
pub fn delete(tx: &mut Tx, queued: &QueuedLogout) -> Result<bool, StoreError> {
    NOTICES.delete(tx, &queued.place())
}

/// One is called again at `due_at`, as `notice`.
pub fn postpone(tx: &mut Tx, queued: &QueuedLogout, notice: LogoutNotice, due_at: Timestamp) -> Result<(), StoreError> {
    if delete(tx, queued)? { enter(tx, notice, due_at) } else { Ok(()) }
}
