//! Browsers in which somebody signed in before.

use crate::domain::{HandleKey, KnownBrowser};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<KnownBrowser> = HandleTable::new("known_browsers");

/// The browser of this name, known or not any more.
pub fn find(tx: &impl Read, key: &HandleKey<KnownBrowser>) -> Result<Option<KnownBrowser>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a browser.
pub fn insert(tx: &mut Tx, key: &HandleKey<KnownBrowser>, browser: &KnownBrowser) -> Result<(), StoreError> {
    TABLE.insert(tx, key, browser)
}

/// Writes a browser anew.
pub fn update(tx: &mut Tx, key: &HandleKey<KnownBrowser>, browser: &KnownBrowser) -> Result<(), StoreError> {
    TABLE.update(tx, key, browser)
}

/// At most `limit` browsers after `after`, known or not any more, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<KnownBrowser>>,
    limit: usize,
) -> Result<Vec<(HandleKey<KnownBrowser>, KnownBrowser)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<KnownBrowser>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
