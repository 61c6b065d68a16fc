//! Sign-ins under way.

use crate::domain::{HandleKey, Interaction};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<Interaction> = HandleTable::new("interactions");

/// The interaction of this name, expired or not.
pub fn find(tx: &impl Read, key: &HandleKey<Interaction>) -> Result<Option<Interaction>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters an interaction.
pub fn insert(tx: &mut Tx, key: &HandleKey<Interaction>, interaction: &Interaction) -> Result<(), StoreError> {
    TABLE.insert(tx, key, interaction)
}

/// Writes an interaction anew.
pub fn update(tx: &mut Tx, key: &HandleKey<Interaction>, interaction: &Interaction) -> Result<(), StoreError> {
    TABLE.update(tx, key, interaction)
}

/// At most `limit` sign-ins after `after`, expired or not, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<Interaction>>,
    limit: usize,
) -> Result<Vec<(HandleKey<Interaction>, Interaction)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<Interaction>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
