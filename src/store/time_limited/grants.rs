//! What redeemed codes gave; every token leads here.

use crate::domain::{Grant, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<Grant> = HandleTable::new("grants");

/// The grant of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<Grant>) -> Result<Option<Grant>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a grant.
pub fn insert(tx: &mut Tx, key: &HandleKey<Grant>, grant: &Grant) -> Result<(), StoreError> {
    TABLE.insert(tx, key, grant)
}

/// Writes a grant anew.
pub fn update(tx: &mut Tx, key: &HandleKey<Grant>, grant: &Grant) -> Result<(), StoreError> {
    TABLE.update(tx, key, grant)
}
