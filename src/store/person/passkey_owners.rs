//! Whose a passkey is: none belongs to two people. Written together with the credentials that hold it.

use crate::domain::UserId;
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const OWNERS: Table<str, UserId> = Table::new("passkey_owners");

/// Whose the passkey of this name is.
pub fn find(tx: &impl Read, id: &str) -> Result<Option<UserId>, StoreError> {
    OWNERS.find(tx, id)
}

/// Enters one. `Taken` when it is somebody's.
pub fn insert(tx: &mut Tx, id: &str, user_id: UserId) -> Result<(), StoreError> {
    OWNERS.insert(tx, id, &user_id)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    OWNERS.delete(tx, id)
}
