//! What is under way in which browser, by the handle in its cookie.

use crate::domain::{HandleKey, PreSession};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<PreSession> = HandleTable::new("pre_sessions");

/// What this handle opens; `None` when nothing was begun under it.
pub fn find(tx: &impl Read, key: &HandleKey<PreSession>) -> Result<Option<PreSession>, StoreError> {
    TABLE.find(tx, key)
}

/// Writes what this handle opens, whether or not it opened anything before.
pub fn put(tx: &mut Tx, key: &HandleKey<PreSession>, pre_session: &PreSession) -> Result<(), StoreError> {
    match TABLE.find(tx, key)? {
        Some(_) => TABLE.update(tx, key, pre_session),
        None => TABLE.insert(tx, key, pre_session),
    }
}
