//! Bans that survive a restart, by the end of their use.

use crate::domain::{Ban, HandleKey};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<Ban> = HandleTable::new("bans");

/// At most `limit` bans after `after`, by the end of their use.
pub fn list(tx: &impl Read, after: Option<&Ban>, limit: usize) -> Result<Vec<Ban>, StoreError> {
    let bans = TABLE.list(tx, after.map(key).as_ref(), limit)?;
    Ok(bans.into_iter().map(|(_, ban)| ban).collect())
}

/// Notes a ban; one that is noted already stays.
pub fn insert(tx: &mut Tx, ban: &Ban) -> Result<(), StoreError> {
    let key = key(ban);
    match TABLE.find(tx, &key)? {
        Some(_) => Ok(()),
        None => TABLE.insert(tx, &key, ban),
    }
}

/// Who and until when: neither is a secret, the subject is a keyed hash already.
fn key(ban: &Ban) -> HandleKey<Ban> {
    let mut name = [0; 32];
    let parts = ban.subject.to_be_bytes().into_iter().chain(ban.until.0.to_be_bytes());
    for (slot, byte) in name.iter_mut().zip(parts) {
        *slot = byte;
    }
    HandleKey::new(ban.retained_until(), name)
}
