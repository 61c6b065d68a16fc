//! What people prove their identity with, apart from who they are: read by few, written rarely.

use super::passkey_owners;
use crate::domain::{Credentials, UserId};
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const CREDENTIALS: Table<UserId, Credentials> = Table::new("credentials");

/// The credentials of a person.
pub fn find(tx: &impl Read, user_id: UserId) -> Result<Option<Credentials>, StoreError> {
    CREDENTIALS.find(tx, &user_id)
}

/// At most `limit` credentials of the people after `after`.
pub fn list(tx: &impl Read, after: Option<UserId>, limit: usize) -> Result<Vec<Credentials>, StoreError> {
    CREDENTIALS.list(tx, after.as_ref(), limit)
}

/// Enters the first credentials of a person.
pub fn insert(tx: &mut Tx, credentials: &Credentials) -> Result<(), StoreError> {
    CREDENTIALS.insert(tx, &credentials.user_id, credentials)
}

/// Writes the credentials of a person anew.
pub fn update(tx: &mut Tx, credentials: &Credentials) -> Result<(), StoreError> {
    CREDENTIALS.update(tx, &credentials.user_id, credentials)
}

/// Deletes the credentials of a person, passkeys included; says whether there were any.
pub fn delete(tx: &mut Tx, user_id: UserId) -> Result<bool, StoreError> {
    if let Some(known) = CREDENTIALS.find(tx, &user_id)? {
        for passkey in &known.second_factors.passkeys {
            passkey_owners::delete(tx, &passkey.id)?;
        }
    }
    CREDENTIALS.delete(tx, &user_id)
}
