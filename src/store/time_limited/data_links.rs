//! Single-use links by which a person takes away what is known about them.

use crate::domain::{DataLink, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<DataLink> = HandleTable::new("data_links");

/// The link of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<DataLink>) -> Result<Option<DataLink>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a link.
pub fn insert(tx: &mut Tx, key: &HandleKey<DataLink>, link: &DataLink) -> Result<(), StoreError> {
    TABLE.insert(tx, key, link)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<DataLink>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
