//! What happened, in the order of time; written in the transaction of the act that it tells of, and never changed,
//! but for what tells of a person: network addresses go after some months, and with whoever is erased; after some years the
//! record itself goes (SEC-167, SEC-168).

use serde::{Deserialize, Serialize};

use super::engine::Table;
use super::{Read, StoreError, Tx, alerts, counters};
use crate::domain::{Alert, AuditRecord, AuditSubject, OrganizationId, UserId};
use crate::protocol::Timestamp;

pub(super) const RECORDS: Table<(u64, u64), AuditEntry> = Table::new("audit");
/// Where a record lies: milliseconds since 1970, and its number.
pub type Place = (u64, u64);
/// Where the records that tell of each person lie.
type PlacesOfUsers = Table<(UserId, Place), Place>;

/// The sign-ins of each person, and the attempts at one: where their records lie.
pub(super) const SIGN_INS: PlacesOfUsers = Table::new("sign_ins_by_user");
/// The same for everything else that a person did, or that was done to their account.
pub(super) const ACTS: PlacesOfUsers = Table::new("acts_by_user");
/// The same for what was done to each organization, to its domains and to its members.
pub(super) const OF_ORGANIZATIONS: Table<(OrganizationId, Place), Place> = Table::new("acts_by_organization");
/// By which word the records that were given up are counted.
pub const TRIMMED: &str = RECORDS.name();
/// How many rows are looked at at once.
const PAGE: usize = 500;
pub(super) const COUNTER: &str = "audit";

/// A record with its place in the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, counted over all records ever written.
    pub sequence: u64,
    /// What happened.
    pub record: AuditRecord,
}

/// At most `limit` entries after that of this time and number, the oldest first.
pub fn list(tx: &impl Read, at_millis: u64, sequence: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
    RECORDS.list(tx, Some(&(at_millis, sequence)), limit)
}

/// At most `limit` entries older than `before`, the latest first.
pub fn list_latest(tx: &impl Read, before: Option<&AuditEntry>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
    let before = before.map(|entry| (entry.record.at_millis, entry.sequence));
    RECORDS.list_latest(tx, before.as_ref(), limit)
}

/// At most `limit` sign-ins of a person, or attempts at one, older than that of this time and number; the latest first.
pub fn list_sign_ins(
    tx: &impl Read,
    user_id: UserId,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<AuditEntry>, StoreError> {
    list_of(tx, &SIGN_INS, user_id, before, limit)
}

/// At most `limit` other acts of a person or on their account, the latest first.
pub fn list_acts(tx: &impl Read, user_id: UserId, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
    list_of(tx, &ACTS, user_id, None, limit)
}

/// At most `limit` acts that concern an organization, older than that of this time and number; the latest first.
pub fn list_of_organization(
    tx: &impl Read,
    organization_id: OrganizationId,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<AuditEntry>, StoreError> {
    let before = before.map(|place| (organization_id, place));
    let places = OF_ORGANIZATIONS.list_latest_within(tx, &organization_id, before.as_ref(), limit)?;
    places.iter().map(|place| RECORDS.get(tx, place)).collect()
}

fn list_of(
    tx: &impl Read,
    index: &PlacesOfUsers,
    user_id: UserId,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<AuditEntry>, StoreError> {
    let before = before.map(|place| (user_id, place));
    let places = index.list_latest_within(tx, &user_id, before.as_ref(), limit)?;
    places.iter().map(|place| RECORDS.get(tx, place)).collect()
}

/// Takes the network address from at most `limit` records after `after` that are older than `until_millis`. How many had
/// one, and where to go on.
pub fn remove_addresses(
    tx: &mut Tx,
    after: Place,
    until_millis: u64,
    limit: usize,
) -> Result<(u64, Option<Place>), StoreError> {
    let page = RECORDS.list(tx, Some(&after), limit)?;
    let (is_full, mut count, mut last) = (page.len() >= limit, 0_u64, None);
    for entry in page {
        if entry.record.at_millis >= until_millis {
            return Ok((count, None));
        }
        let place = (entry.record.at_millis, entry.sequence);
        last = Some(place);
        count = count.saturating_add(u64::from(remove_address(tx, place)?));
    }
    Ok((count, last.filter(|_| is_full)))
}

/// Takes the network address from a record, if it is there and has one.
fn remove_address(tx: &mut Tx, place: Place) -> Result<bool, StoreError> {
    let Some(mut entry) = RECORDS.find(tx, &place)? else { return Ok(false) };
    if entry.record.origin.source.take().is_none() {
        return Ok(false);
    }
    RECORDS.update(tx, &place, &entry)?;
    Ok(true)
}

/// Gives up at most `limit` records that are older than `until_millis`, the oldest first, with what leads to them. How many
/// they were: their numbers are given to no others.
pub fn trim(tx: &mut Tx, until_millis: u64, limit: usize) -> Result<usize, StoreError> {
    let mut page = RECORDS.list(tx, None, limit)?;
    page.retain(|entry| entry.record.at_millis < until_millis);
    for entry in &page {
        let key = (entry.record.at_millis, entry.sequence);
        match entry.record.event.subject() {
            AuditSubject::SignIn(user_id) => SIGN_INS.delete(tx, &(user_id, key)).map(drop)?,
            AuditSubject::Act(user_id) => ACTS.delete(tx, &(user_id, key)).map(drop)?,
            AuditSubject::Nobody => {}
        }
        if let Some(organization_id) = entry.record.event.organization() {
            OF_ORGANIZATIONS.delete(tx, &(organization_id, key))?;
        }
        RECORDS.delete(tx, &key)?;
    }
    Ok(page.len())
}

/// Where records lie that a person wrote with their network address, and that no index of theirs leads to: what they did
/// in the console of administration among them.
/// Those after `after`.
pub fn list_unindexed_places(tx: &impl Read, mut after: Place, user_id: UserId) -> Result<Vec<Place>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = list(tx, after.0, after.1, PAGE)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = (last.record.at_millis, last.sequence);
        let is_theirs = |entry: &&AuditEntry| {
            entry.record.actor.person() == Some(user_id)
                && entry.record.origin.source.is_some()
                && entry.record.event.person() != Some(user_id)
        };
        found.extend(page.iter().filter(is_theirs).map(|entry| (entry.record.at_millis, entry.sequence)));
    }
}

/// Forgets where a person was: the network addresses of these records.
pub fn forget_addresses(tx: &mut Tx, places: &[Place]) -> Result<(), StoreError> {
    places.iter().try_for_each(|place| remove_address(tx, *place).map(drop))
}

/// Forgets which records tell of a person, and from which network addresses they were; the records stay.
pub fn forget_user(tx: &mut Tx, user_id: UserId) -> Result<(), StoreError> {
    for index in [&SIGN_INS, &ACTS] {
        loop {
            let places = index.list_within(tx, &user_id, None, PAGE)?;
            for place in &places {
                remove_address(tx, *place)?;
                index.delete(tx, &(user_id, *place))?;
            }
            if places.len() < PAGE {
                break;
            }
        }
    }
    Ok(())
}

/// The number of the last entry ever written.
pub(super) fn last_sequence(tx: &impl Read) -> Result<u64, StoreError> {
    counters::last(tx, COUNTER)
}

/// Appends a record; administrators hear of what concerns them, in the same transaction.
pub fn insert(tx: &mut Tx, record: &AuditRecord) -> Result<(), StoreError> {
    let sequence = counters::next(tx, COUNTER)?;
    let entry = AuditEntry { sequence, record: record.clone() };
    index(tx, &entry)?;
    if let Some(alert) = Alert::of(&record.event) {
        alerts::note(tx, alert, Timestamp(record.at_millis / 1000))?;
    }
    RECORDS.insert(tx, &(record.at_millis, sequence), &entry)
}

/// Puts a record into the indexes that it belongs to.
pub(super) fn index(tx: &mut Tx, entry: &AuditEntry) -> Result<(), StoreError> {
    let AuditEntry { sequence, record } = entry;
    let key = (record.at_millis, *sequence);
    match record.event.subject() {
        AuditSubject::SignIn(user_id) => SIGN_INS.put(tx, &(user_id, key), &key).map(drop)?,
        AuditSubject::Act(user_id) => ACTS.put(tx, &(user_id, key), &key).map(drop)?,
        AuditSubject::Nobody => {}
    }
    if let Some(organization_id) = record.event.organization() {
        OF_ORGANIZATIONS.put(tx, &(organization_id, key), &key)?;
    }
    Ok(())
}
