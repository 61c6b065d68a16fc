//! Changes of addresses, by the link that takes them back.

use crate::domain::{AddressChange, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<AddressChange> = HandleTable::new("address_changes");

/// The change of this name, taken back or not.
pub fn find(tx: &impl Read, key: &HandleKey<AddressChange>) -> Result<Option<AddressChange>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a change.
pub fn insert(tx: &mut Tx, key: &HandleKey<AddressChange>, change: &AddressChange) -> Result<(), StoreError> {
    TABLE.insert(tx, key, change)
}

/// Writes a change anew.
pub fn update(tx: &mut Tx, key: &HandleKey<AddressChange>, change: &AddressChange) -> Result<(), StoreError> {
    TABLE.update(tx, key, change)
}

/// At most `limit` changes after `after`, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<AddressChange>>,
    limit: usize,
) -> Result<Vec<(HandleKey<AddressChange>, AddressChange)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<AddressChange>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
