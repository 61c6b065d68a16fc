//! Requests that a moderator decides on, found by number, by person, by organization, and those that wait.

use crate::domain::{Moderation, ModerationId, OrganizationId, UserId};
use crate::store::engine::Table;
use crate::store::{Read, Snapshot, StoreError, Tx, counters};

pub(in crate::store) const MODERATIONS: Table<ModerationId, Moderation> = Table::new("moderations");
pub(in crate::store) const BY_USER: Table<(UserId, ModerationId), ModerationId> = Table::new("moderations_by_user");
pub(in crate::store) const BY_ORGANIZATION: Table<(OrganizationId, ModerationId), ModerationId> =
    Table::new("moderations_by_organization");
pub(in crate::store) const PENDING: Table<ModerationId, ModerationId> = Table::new("moderations_pending");
const COUNTER: &str = "moderations";

/// More requests than a person makes; a bound, so that no listing is endless.
const OF_ONE_USER: usize = 10_000;

/// The request with this number.
pub fn find(tx: &impl Read, id: ModerationId) -> Result<Option<Moderation>, StoreError> {
    MODERATIONS.find(tx, &id)
}

/// At most `limit` requests with numbers below `before`, the last one first.
pub fn list_latest(tx: &impl Read, before: Option<ModerationId>, limit: usize) -> Result<Vec<Moderation>, StoreError> {
    MODERATIONS.list_latest(tx, before.as_ref(), limit)
}

/// At most `limit` requests that wait, after `after`, the oldest first.
pub fn list_pending(tx: &impl Read, after: Option<ModerationId>, limit: usize) -> Result<Vec<Moderation>, StoreError> {
    of(tx, PENDING.list(tx, after.as_ref(), limit)?)
}

/// How many requests wait.
pub fn count_pending(tx: &Snapshot) -> Result<u64, StoreError> {
    tx.count(PENDING.name())
}

/// Every request of a person, the oldest first.
pub fn list_of_user(tx: &impl Read, user_id: UserId) -> Result<Vec<Moderation>, StoreError> {
    of(tx, BY_USER.list_within(tx, &user_id, None, OF_ONE_USER)?)
}

/// At most `limit` requests for an organization, the last one first.
pub fn list_of_organization(
    tx: &impl Read,
    organization_id: OrganizationId,
    limit: usize,
) -> Result<Vec<Moderation>, StoreError> {
    of(tx, BY_ORGANIZATION.list_latest_within(tx, &organization_id, None, limit)?)
}

fn of(tx: &impl Read, ids: Vec<ModerationId>) -> Result<Vec<Moderation>, StoreError> {
    ids.iter().map(|id| MODERATIONS.get(tx, id)).collect()
}

/// The next number; not given again once the transaction is kept.
pub fn next_id(tx: &mut Tx) -> Result<ModerationId, StoreError> {
    counters::next(tx, COUNTER).map(ModerationId)
}

/// The last number ever given.
pub(in crate::store) fn last_id(tx: &impl Read) -> Result<u64, StoreError> {
    counters::last(tx, COUNTER)
}

/// Enters a request under a number of [`next_id`].
pub fn insert(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    let Moderation { id, user_id, organization_id, .. } = *moderation;
    MODERATIONS.insert(tx, &id, moderation)?;
    BY_USER.insert(tx, &(user_id, id), &id)?;
    BY_ORGANIZATION.insert(tx, &(organization_id, id), &id)?;
    note_pending(tx, moderation)
}

/// Writes a request anew; person and organization stay what they were.
pub fn update(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    MODERATIONS.update(tx, &moderation.id, moderation)?;
    note_pending(tx, moderation)
}

fn note_pending(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    match moderation.is_pending() {
        true => PENDING.put(tx, &moderation.id, &moderation.id).map(drop),
        false => PENDING.delete(tx, &moderation.id).map(drop),
    }
}

/// Deletes a request.
pub fn delete(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    let Moderation { id, user_id, organization_id, .. } = *moderation;
    PENDING.delete(tx, &id)?;
    BY_ORGANIZATION.delete(tx, &(organization_id, id))?;
    BY_USER.delete(tx, &(user_id, id))?;
    MODERATIONS.delete(tx, &id).map(drop)
}
