//! Invitations, by the link that was mailed; the one that works for an address is found by it.

use crate::domain::{Email, HandleKey, Invitation};
use crate::protocol::Timestamp;
use crate::store::engine::{HandleTable, Table};
use crate::store::{Read, StoreError, Tx, retention_rounds};

pub(in crate::store) const TABLE: HandleTable<Invitation> = HandleTable::new("invitations");
/// The last invitation of each address, until somebody uses it, takes it back, or its retention ends.
pub(in crate::store) const BY_EMAIL: Table<str, HandleKey<Invitation>> = Table::new("invitations_by_email");
/// How many rows are looked at at once.
const PAGE: usize = 1_000;

/// The invitation of this name, whatever became of it.
pub fn find(tx: &impl Read, key: &HandleKey<Invitation>) -> Result<Option<Invitation>, StoreError> {
    TABLE.find(tx, key)
}

/// The last invitation of an address that was neither used nor taken back.
pub fn find_by_email(tx: &impl Read, email: &Email) -> Result<Option<(HandleKey<Invitation>, Invitation)>, StoreError> {
    let Some(key) = BY_EMAIL.find(tx, email.as_str())? else { return Ok(None) };
    Ok(TABLE.find(tx, &key)?.map(|invitation| (key, invitation)))
}

/// Enters an invitation, as the one of its address.
pub fn insert(tx: &mut Tx, key: &HandleKey<Invitation>, invitation: &Invitation) -> Result<(), StoreError> {
    TABLE.insert(tx, key, invitation)?;
    BY_EMAIL.put(tx, invitation.email.as_str(), key).map(drop)
}

/// Writes an invitation anew that does not work any more.
pub fn close(tx: &mut Tx, key: &HandleKey<Invitation>, invitation: &Invitation) -> Result<(), StoreError> {
    TABLE.update(tx, key, invitation)?;
    if BY_EMAIL.find(tx, invitation.email.as_str())? == Some(*key) {
        BY_EMAIL.delete(tx, invitation.email.as_str())?;
    }
    Ok(())
}

/// At most `limit` invitations after `after`, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<Invitation>>,
    limit: usize,
) -> Result<Vec<(HandleKey<Invitation>, Invitation)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one, and what leads to it; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<Invitation>) -> Result<bool, StoreError> {
    if let Some(invitation) = TABLE.find(tx, key)? {
        close(tx, key, &invitation)?;
    }
    TABLE.delete(tx, key)
}

/// Addresses whose invitation is retained no longer at `now`: a purge leaves them behind.
pub fn list_left_behind(tx: &impl Read, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let (mut after, mut found): (Option<Vec<u8>>, _) = (None, Vec::new());
    loop {
        let page = BY_EMAIL.page(tx, after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(last.clone());
        for (email, key) in page {
            if key?.retained_until().has_come(now) {
                found.extend(String::from_utf8(email));
            }
        }
    }
}

/// Forgets such addresses, and notes how many for the round of retention.
pub fn forget_addresses(tx: &mut Tx, emails: &[String]) -> Result<(), StoreError> {
    emails.iter().try_for_each(|email| BY_EMAIL.delete(tx, email.as_str()).map(drop))?;
    retention_rounds::note_purged(tx, &[("invitation_addresses", emails.len())])
}
