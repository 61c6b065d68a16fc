//! Who is signed in in which browser.

use crate::domain::{BrowserSession, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx, logout_notices};

pub(in crate::store) const TABLE: HandleTable<BrowserSession> = HandleTable::new("browser_sessions").remembering();

/// The session of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<BrowserSession>) -> Result<Option<BrowserSession>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a session.
pub fn insert(tx: &mut Tx, key: &HandleKey<BrowserSession>, session: &BrowserSession) -> Result<(), StoreError> {
    TABLE.insert(tx, key, session)
}

/// Writes a session anew. Where it ends by that, the services that were reached in it are to be told.
pub fn update(tx: &mut Tx, key: &HandleKey<BrowserSession>, session: &BrowserSession) -> Result<(), StoreError> {
    if let (BrowserSession::Ended { .. }, Some(BrowserSession::Live(before))) = (session, TABLE.find(tx, key)?) {
        logout_notices::note_end(tx, &before)?;
    }
    TABLE.update(tx, key, session)
}

/// At most `limit` sessions after `after`, expired or not, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<BrowserSession>>,
    limit: usize,
) -> Result<Vec<(HandleKey<BrowserSession>, BrowserSession)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// The session whose retention ends last.
pub fn find_last(tx: &impl Read) -> Result<Option<HandleKey<BrowserSession>>, StoreError> {
    Ok(TABLE.rows().list_latest(tx, None, 1)?.first().map(|named| named.key))
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<BrowserSession>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
