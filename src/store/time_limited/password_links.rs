//! Single-use links to choose a password.

use crate::domain::{HandleKey, PasswordLink};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<PasswordLink> = HandleTable::new("password_links");

/// The link of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<PasswordLink>) -> Result<Option<PasswordLink>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a link.
pub fn insert(tx: &mut Tx, key: &HandleKey<PasswordLink>, link: &PasswordLink) -> Result<(), StoreError> {
    TABLE.insert(tx, key, link)
}

/// Writes a link anew.
pub fn update(tx: &mut Tx, key: &HandleKey<PasswordLink>, link: &PasswordLink) -> Result<(), StoreError> {
    TABLE.update(tx, key, link)
}

/// At most `limit` links after `after`, expired or not, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<PasswordLink>>,
    limit: usize,
) -> Result<Vec<(HandleKey<PasswordLink>, PasswordLink)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<PasswordLink>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
