//! Access tokens.

use crate::domain::{AccessToken, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<AccessToken> = HandleTable::new("access_tokens");

/// The token of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<AccessToken>) -> Result<Option<AccessToken>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a token.
pub fn insert(tx: &mut Tx, key: &HandleKey<AccessToken>, token: &AccessToken) -> Result<(), StoreError> {
    TABLE.insert(tx, key, token)
}

/// Writes a token anew.
pub fn update(tx: &mut Tx, key: &HandleKey<AccessToken>, token: &AccessToken) -> Result<(), StoreError> {
    TABLE.update(tx, key, token)
}
