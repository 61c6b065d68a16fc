//! Which browsers a person made trusted: for the list that they see, and so that there are not too many. Written together
//! with the browsers, which it does not outlive in a backup.

use crate::domain::{HandleKey, KnownBrowser, UserId};
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TRUSTED: Table<UserId, Vec<HandleKey<KnownBrowser>>> =
    Table::new("trusted_browsers_by_user");

/// The browsers that a person made trusted, the oldest first; some may not be any more.
pub fn list(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<KnownBrowser>>, StoreError> {
    Ok(TRUSTED.find(tx, &user_id)?.unwrap_or_default())
}

/// Writes the list anew.
pub fn put(tx: &mut Tx, user_id: UserId, browsers: &Vec<HandleKey<KnownBrowser>>) -> Result<(), StoreError> {
    TRUSTED.put(tx, &user_id, browsers).map(drop)
}

/// Deletes the list; says whether there was one.
pub fn delete(tx: &mut Tx, user_id: UserId) -> Result<bool, StoreError> {
    TRUSTED.delete(tx, &user_id)
}
