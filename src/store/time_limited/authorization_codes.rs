//! Authorization codes; a used one stays until its tokens are dead, so that a replay is known.

use crate::domain::{AuthorizationCode, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<AuthorizationCode> = HandleTable::new("authorization_codes");

/// The code of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<AuthorizationCode>) -> Result<Option<AuthorizationCode>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a code.
pub fn insert(tx: &mut Tx, key: &HandleKey<AuthorizationCode>, code: &AuthorizationCode) -> Result<(), StoreError> {
    TABLE.insert(tx, key, code)
}

/// Writes a code anew.
pub fn update(tx: &mut Tx, key: &HandleKey<AuthorizationCode>, code: &AuthorizationCode) -> Result<(), StoreError> {
    TABLE.update(tx, key, code)
}
