//! Who is signed in in which browser.

use super::engine::HandleTable;
use super::{Read, StoreError, Tx};
use crate::domain::{BrowserSession, HandleKey};

pub(super) const TABLE: HandleTable<BrowserSession> = HandleTable::new("browser_sessions");

/// The session of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<BrowserSession>) -> Result<Option<BrowserSession>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a session.
pub fn insert(tx: &mut Tx, key: &HandleKey<BrowserSession>, session: &BrowserSession) -> Result<(), StoreError> {
    TABLE.insert(tx, key, session)
}

/// Writes a session anew.
pub fn update(tx: &mut Tx, key: &HandleKey<BrowserSession>, session: &BrowserSession) -> Result<(), StoreError> {
    TABLE.update(tx, key, session)
}
