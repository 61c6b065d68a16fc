//! Links of mails by which moderators decide on a request.

use crate::domain::{HandleKey, ModerationLink};
use crate::store::engine::HandleTable;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const TABLE: HandleTable<ModerationLink> = HandleTable::new("moderation_links");

/// The link of this name, whether it works or not.
pub fn find(tx: &impl Read, key: &HandleKey<ModerationLink>) -> Result<Option<ModerationLink>, StoreError> {
    TABLE.find(tx, key)
}

/// Enters a link.
pub fn insert(tx: &mut Tx, key: &HandleKey<ModerationLink>, link: &ModerationLink) -> Result<(), StoreError> {
    TABLE.insert(tx, key, link)
}

/// At most `limit` links after `after`, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<ModerationLink>>,
    limit: usize,
) -> Result<Vec<(HandleKey<ModerationLink>, ModerationLink)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<ModerationLink>) -> Result<bool, StoreError> {
    TABLE.delete(tx, key)
}
