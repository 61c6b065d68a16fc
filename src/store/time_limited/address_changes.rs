//! Changes of addresses, by the link that takes them back; the last one by which an account left an address is found by it.

use crate::domain::{AddressChange, Email, HandleKey};
use crate::protocol::Timestamp;
use crate::store::engine::{HandleTable, Table};
use crate::store::{Read, StoreError, Tx, retention_rounds};

pub(in crate::store) const TABLE: HandleTable<AddressChange> = HandleTable::new("address_changes");
/// The last change away from each address, until its retention ends.
pub(in crate::store) const BY_FORMER: Table<str, HandleKey<AddressChange>> = Table::new("address_changes_by_former");
/// How many rows are looked at at once.
const PAGE: usize = 1_000;

/// The change of this name, taken back or not.
pub fn find(tx: &impl Read, key: &HandleKey<AddressChange>) -> Result<Option<AddressChange>, StoreError> {
    TABLE.find(tx, key)
}

/// The last change by which an account left this address, taken back or not.
pub fn find_by_former(tx: &impl Read, email: &Email) -> Result<Option<AddressChange>, StoreError> {
    match BY_FORMER.find(tx, email.as_str())? {
        Some(key) => TABLE.find(tx, &key),
        None => Ok(None),
    }
}

/// Enters a change, as the one of the address that it leaves.
pub fn insert(tx: &mut Tx, key: &HandleKey<AddressChange>, change: &AddressChange) -> Result<(), StoreError> {
    TABLE.insert(tx, key, change)?;
    BY_FORMER.put(tx, change.from.as_str(), key).map(drop)
}

/// Writes a change anew.
pub fn update(tx: &mut Tx, key: &HandleKey<AddressChange>, change: &AddressChange) -> Result<(), StoreError> {
    TABLE.update(tx, key, change)
}

/// At most `limit` changes after `after`, in the order in which their retention ends.
pub fn list(
    tx: &impl Read,
    after: Option<&HandleKey<AddressChange>>,
    limit: usize,
) -> Result<Vec<(HandleKey<AddressChange>, AddressChange)>, StoreError> {
    TABLE.list(tx, after, limit)
}

/// Deletes one, and what leads to it; says whether it was there.
pub fn delete(tx: &mut Tx, key: &HandleKey<AddressChange>) -> Result<bool, StoreError> {
    if let Some(change) = TABLE.find(tx, key)?
        && BY_FORMER.find(tx, change.from.as_str())? == Some(*key)
    {
        BY_FORMER.delete(tx, change.from.as_str())?;
    }
    TABLE.delete(tx, key)
}

/// Addresses that were left by changes retained no longer at `now`: a purge leaves them behind.
pub fn list_left_behind(tx: &impl Read, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let (mut after, mut found): (Option<Vec<u8>>, _) = (None, Vec::new());
    loop {
        let page = BY_FORMER.page(tx, after.as_deref(), PAGE)?;
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
    emails.iter().try_for_each(|email| BY_FORMER.delete(tx, email.as_str()).map(drop))?;
    retention_rounds::note_purged(tx, &[("former_addresses", emails.len())])
}
