//! Who is at work in the console of administration in which browser.

use crate::domain::{AdministrationSession, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<AdministrationSession> = HandleTable::new("administration_sessions");

/// The session of this name, expired or not.
pub fn find(
    tx: &impl Read,
    key: &HandleKey<AdministrationSession>,
) -> Result<Option<AdministrationSession>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a session.
pub fn insert(
    tx: &mut Tx,
    key: &HandleKey<AdministrationSession>,
    session: &AdministrationSession,
) -> Result<(), StoreError> {
    TABLE.insert(tx, key, session)
}

/// Writes a session anew.
pub fn update(
    tx: &mut Tx,
    key: &HandleKey<AdministrationSession>,
    session: &AdministrationSession,
) -> Result<(), StoreError> {
    TABLE.update(tx, key, session)
}

/// At most `limit` sessions after `after`, expired or not, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<AdministrationSession>>,
    limit: usize,
) -> Result<Vec<(HandleKey<AdministrationSession>, AdministrationSession)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Ends one: it opens nothing any more. Says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<AdministrationSession>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
