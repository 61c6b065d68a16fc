//! Which sessions a person has open: for the list that they see, and so that there are not too many. Written together with
//! the sessions, which it does not outlive in a backup.

use crate::domain::{BrowserSession, HandleKey, UserId};
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const OPEN: Table<UserId, Vec<HandleKey<BrowserSession>>> = Table::new("sessions_by_user");

/// The sessions that a person began, the oldest first; some may be over.
pub fn list(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<BrowserSession>>, StoreError> {
    Ok(OPEN.find(tx, &user_id)?.unwrap_or_default())
}

/// Writes the list anew.
pub fn put(tx: &mut Tx, user_id: UserId, sessions: &Vec<HandleKey<BrowserSession>>) -> Result<(), StoreError> {
    OPEN.put(tx, &user_id, sessions).map(drop)
}

/// Deletes the list; says whether there was one.
pub fn delete(tx: &mut Tx, user_id: UserId) -> Result<bool, StoreError> {
    OPEN.delete(tx, &user_id)
}
