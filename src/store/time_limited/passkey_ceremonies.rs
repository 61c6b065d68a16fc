//! Questions about passkeys that are open to browsers.

use crate::domain::{HandleKey, PasskeyCeremony};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<PasskeyCeremony> = HandleTable::new("passkey_ceremonies");

/// The question of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<PasskeyCeremony>) -> Result<Option<PasskeyCeremony>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a question.
pub fn insert(tx: &mut Tx, key: &HandleKey<PasskeyCeremony>, ceremony: &PasskeyCeremony) -> Result<(), StoreError> {
    TABLE.insert(tx, key, ceremony)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<PasskeyCeremony>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
