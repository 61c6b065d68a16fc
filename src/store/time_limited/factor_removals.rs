//! Removals of second factors that were asked for, by the link that stops them.

use crate::domain::{FactorRemoval, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<FactorRemoval> = HandleTable::new("factor_removals");

/// The removal of this name, pending or not.
pub fn find(tx: &impl Read, key: &HandleKey<FactorRemoval>) -> Result<Option<FactorRemoval>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a removal.
pub fn insert(tx: &mut Tx, key: &HandleKey<FactorRemoval>, removal: &FactorRemoval) -> Result<(), StoreError> {
    TABLE.insert(tx, key, removal)
}

/// Writes a removal anew.
pub fn update(tx: &mut Tx, key: &HandleKey<FactorRemoval>, removal: &FactorRemoval) -> Result<(), StoreError> {
    TABLE.update(tx, key, removal)
}

/// At most `limit` removals after `after`, pending or not, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<FactorRemoval>>,
    limit: usize,
) -> Result<Vec<(HandleKey<FactorRemoval>, FactorRemoval)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<FactorRemoval>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
