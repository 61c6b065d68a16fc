//! Single-use links to sign in with.

use crate::domain::{HandleKey, MagicLink};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<MagicLink> = HandleTable::new("magic_links");

/// The link of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<MagicLink>) -> Result<Option<MagicLink>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a link.
pub fn insert(tx: &mut Tx, key: &HandleKey<MagicLink>, link: &MagicLink) -> Result<(), StoreError> {
    TABLE.insert(tx, key, link)
}

/// Writes a link anew.
pub fn update(tx: &mut Tx, key: &HandleKey<MagicLink>, link: &MagicLink) -> Result<(), StoreError> {
    TABLE.update(tx, key, link)
}

/// At most `limit` links after `after`, expired or not, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<MagicLink>>,
    limit: usize,
) -> Result<Vec<(HandleKey<MagicLink>, MagicLink)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<MagicLink>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
