//! People, found by identifier and by e-mail address. Identifiers of erased people are never given again.

use super::engine::Table;
use super::{Read, Snapshot, StoreError, Tx, logout_notices};
use crate::domain::{Email, OrganizationId, Role, User, UserId};
use crate::protocol::Timestamp;

pub(super) const USERS: Table<UserId, User> = Table::new("users").remembering();
pub(super) const BY_EMAIL: Table<str, UserId> = Table::new("users_by_email");
pub(super) const ERASED: Table<UserId, Timestamp> = Table::new("erased_users");
/// People who have a role: few, looked for together.
pub(super) const WITH_ROLE: Table<UserId, UserId> = Table::new("users_with_role");

/// Those who decide for an organization, under its identifier; those who decide for all of them, under 0, which is none.
pub(super) const DECIDERS: Table<(OrganizationId, UserId), UserId> = Table::new("users_who_decide");
/// Where those who decide for all organizations are found.
const ALL: OrganizationId = OrganizationId(0);
/// People that the migration takes at once.
const AT_ONCE: usize = 1_000;

/// The person with this identifier.
pub fn find(tx: &impl Read, id: UserId) -> Result<Option<User>, StoreError> {
    USERS.find(tx, &id)
}

/// The person with this identifier, who is known to exist.
pub fn get(tx: &impl Read, id: UserId) -> Result<User, StoreError> {
    USERS.get(tx, &id)
}

/// The person with this address.
pub fn find_by_email(tx: &impl Read, email: &Email) -> Result<Option<User>, StoreError> {
    match BY_EMAIL.find(tx, email.as_str())? {
        Some(id) => USERS.get(tx, &id).map(Some),
        None => Ok(None),
    }
}

/// At most `limit` people after `after`, by identifier.
pub fn list(tx: &impl Read, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
    USERS.list(tx, after.as_ref(), limit)
}

/// At most `limit` people who have a role after `after`, by identifier.
pub fn list_with_role(tx: &impl Read, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
    let ids = WITH_ROLE.list(tx, after.as_ref(), limit)?;
    ids.into_iter().map(|id| USERS.get(tx, &id)).collect()
}

/// At most `limit` people after `after` whose role lets them decide for this organization among some, or for all of them
/// where none is named; by identifier. Their role may be over.
pub fn list_who_decide(
    tx: &impl Read,
    organization: Option<OrganizationId>,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<User>, StoreError> {
    let under = organization.unwrap_or(ALL);
    let after = after.map(|id| (under, id));
    let ids = DECIDERS.list_within(tx, &under, after.as_ref(), limit)?;
    ids.into_iter().map(|id| USERS.get(tx, &id)).collect()
}

/// How many people have a role.
pub fn count_with_role(tx: &Snapshot) -> Result<u64, StoreError> {
    tx.count(WITH_ROLE.name())
}

/// People who were erased, and when.
pub fn list_erased(tx: &impl Read) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
    let id_of = |key: &[u8]| key.try_into().map(|bytes| UserId(u64::from_be_bytes(bytes)));
    let rows = ERASED.page(tx, None, usize::MAX)?;
    let read = |(key, at): (Vec<u8>, Result<Timestamp, StoreError>)| {
        let id = id_of(&key).map_err(|_| StoreError::Damaged { table: ERASED.name() })?;
        Ok((id, at?))
    };
    rows.into_iter().map(read).collect()
}

/// Whether an identifier was that of somebody who was erased.
pub fn is_erased(tx: &impl Read, id: UserId) -> Result<bool, StoreError> {
    ERASED.has(tx, &id)
}

/// Takes an identifier for good, of somebody who was erased elsewhere and is not here.
pub fn note_erased(tx: &mut Tx, id: UserId, at: Timestamp) -> Result<(), StoreError> {
    ERASED.put(tx, &id, &at).map(|_| ())
}

/// Enters a person. `Taken` when the identifier or the address is in use, or the identifier belonged to somebody erased.
pub fn insert(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    if ERASED.has(tx, &user.id)? {
        return Err(StoreError::Taken { table: USERS.name() });
    }
    USERS.insert(tx, &user.id, user)?;
    BY_EMAIL.insert(tx, user.email.as_str(), &user.id)?;
    note_role(tx, user)?;
    index_decisions(tx, user)
}

/// Puts a person into every index.
pub(super) fn index(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    BY_EMAIL.put(tx, user.email.as_str(), &user.id)?;
    note_role(tx, user)?;
    index_decisions(tx, user)
}

/// Keeps the index of those who have a role.
fn note_role(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    match user.role {
        Some(_) => WITH_ROLE.put(tx, &user.id, &user.id).map(|_| ()),
        None => WITH_ROLE.delete(tx, &user.id).map(|_| ()),
    }
}

/// The rows of a person in the index of those who decide.
pub(super) fn rows_of_decisions(user: &User) -> Vec<(OrganizationId, UserId)> {
    match &user.role {
        Some(Role::Administrator | Role::Moderator { organizations: None, .. }) => vec![(ALL, user.id)],
        Some(Role::Moderator { organizations: Some(some), .. }) => {
            some.iter().filter(|id| **id != ALL).map(|id| (*id, user.id)).collect()
        }
        Some(Role::Reader) | None => Vec::new(),
    }
}

fn index_decisions(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    rows_of_decisions(user).iter().try_for_each(|row| DECIDERS.put(tx, row, &user.id).map(|_| ()))
}

/// Makes the index of those who decide in a database that had none.
pub(super) fn index_who_decides(tx: &mut Tx) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let some = list_with_role(tx, after, AT_ONCE)?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        some.iter().try_for_each(|user| index_decisions(tx, user))?;
    }
}

/// Writes a person anew. `Taken` when a new address is in use.
pub fn update(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    let before = USERS.get(tx, &user.id)?;
    if !user.honours(before.epoch) {
        logout_notices::note_ends_of(tx, &before)?;
    }
    if before.email != user.email {
        BY_EMAIL.insert(tx, user.email.as_str(), &user.id)?;
        BY_EMAIL.delete(tx, before.email.as_str())?;
    }
    if before.role.is_some() != user.role.is_some() {
        note_role(tx, user)?;
    }
    if before.role != user.role {
        for row in rows_of_decisions(&before) {
            DECIDERS.delete(tx, &row)?;
        }
        index_decisions(tx, user)?;
    }
    USERS.update(tx, &user.id, user)
}

/// Erases a person; the identifier stays taken for ever. Says whether there was one.
///
/// Credentials and memberships are records of their own and are deleted by their own modules.
pub fn delete(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(user) = USERS.find(tx, &id)? else { return Ok(false) };
    BY_EMAIL.delete(tx, user.email.as_str())?;
    WITH_ROLE.delete(tx, &id)?;
    for row in rows_of_decisions(&user) {
        DECIDERS.delete(tx, &row)?;
    }
    ERASED.put(tx, &id, &now)?;
    USERS.delete(tx, &id)
}
