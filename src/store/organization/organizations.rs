//! Organizations, found by identifier, by SIRET, by SIREN, by words of their names, and those that the
//! register closed or knows no more. Identifiers are sequential.

use std::collections::BTreeSet;

use crate::domain::{Organization, OrganizationId, OrganizationStanding, Siret, folded};
use crate::store::engine::{Ended, Table};
use crate::store::{Read, Snapshot, StoreError, Tx, counters};

pub(in crate::store) const ORGANIZATIONS: Table<OrganizationId, Organization> =
    Table::new("organizations").remembering();
pub(in crate::store) const BY_SIRET: Table<str, OrganizationId> = Table::new("organizations_by_siret");
/// One row for each word of the name and the place of each organization, as searches compare words.
pub(in crate::store) const BY_WORD: Table<(Ended, OrganizationId), OrganizationId> =
    Table::new("organizations_by_word");
/// One row for each organization that the register closed or knows no more.
pub(in crate::store) const BY_STANDING: Table<(Ended, OrganizationId), OrganizationId> =
    Table::new("organizations_by_standing");
pub(in crate::store) const COUNTER: &str = "organizations";
/// The most words of an organization that it is found by.
const WORDS: usize = 24;
/// How many organizations are looked at for a search whose words are all common.
const LOOKED_AT: usize = 1_000;
/// Organizations that the migration takes at once.
const AT_ONCE: usize = 1_000;

/// The organization with this identifier.
pub fn find(tx: &impl Read, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
    ORGANIZATIONS.find(tx, &id)
}

/// The organization with this identifier, which is known to exist.
pub fn get(tx: &impl Read, id: OrganizationId) -> Result<Organization, StoreError> {
    ORGANIZATIONS.get(tx, &id)
}

/// The organization with this SIRET.
pub fn find_by_siret(tx: &impl Read, siret: &Siret) -> Result<Option<Organization>, StoreError> {
    match BY_SIRET.find(tx, siret.as_str())? {
        Some(id) => ORGANIZATIONS.get(tx, &id).map(Some),
        None => Ok(None),
    }
}

/// At most `limit` organizations after `after`, by identifier.
pub fn list(tx: &impl Read, after: Option<OrganizationId>, limit: usize) -> Result<Vec<Organization>, StoreError> {
    ORGANIZATIONS.list(tx, after.as_ref(), limit)
}

/// At most `limit` establishments of a legal entity after `after`, by SIRET.
pub fn list_of_siren(
    tx: &impl Read,
    siren: &str,
    after: Option<&Siret>,
    limit: usize,
) -> Result<Vec<Organization>, StoreError> {
    let ids = BY_SIRET.list(tx, Some(after.map_or(siren, Siret::as_str)), limit)?;
    let mut found = Vec::new();
    for id in ids {
        let organization = ORGANIZATIONS.get(tx, &id)?;
        if organization.siret.siren() != siren {
            break;
        }
        found.push(organization);
    }
    Ok(found)
}

/// At most `limit` organizations after `after` whose name and place have all these words, by identifier; with where to go
/// on, if there may be more: of words that very many have, not all are looked at at once.
pub fn search(
    tx: &impl Read,
    text: &str,
    after: Option<OrganizationId>,
    limit: usize,
) -> Result<(Vec<Organization>, Option<OrganizationId>), StoreError> {
    let mut rarest: Option<Vec<OrganizationId>> = None;
    let wanted: BTreeSet<String> = folded(text).split(' ').map(str::to_owned).collect();
    for word in wanted.iter().take(WORDS) {
        let place = after.map(|after| (Ended(word.clone()), after));
        let having = BY_WORD.list_within(tx, &Ended(word.clone()), place.as_ref(), LOOKED_AT)?;
        if rarest.as_ref().is_none_or(|rarest| having.len() < rarest.len()) {
            rarest = Some(having);
        }
    }
    let candidates = rarest.unwrap_or_default();
    let mut next = candidates.last().copied().filter(|_| candidates.len() >= LOOKED_AT);
    let mut found: Vec<Organization> = Vec::new();
    for id in candidates {
        let organization = ORGANIZATIONS.get(tx, &id)?;
        if !words_of(&organization).is_superset(&wanted) {
            continue;
        }
        if found.len() >= limit {
            next = found.last().map(|last| last.id);
            break;
        }
        found.push(organization);
    }
    Ok((found, next))
}

/// At most `limit` organizations after `after` that the register closed, or that it knows no more, by identifier.
pub fn list_of_standing(
    tx: &impl Read,
    standing: OrganizationStanding,
    after: Option<OrganizationId>,
    limit: usize,
) -> Result<Vec<Organization>, StoreError> {
    let place = after.map(|after| (Ended(standing.as_str().to_owned()), after));
    let ids = BY_STANDING.list_within(tx, &Ended(standing.as_str().to_owned()), place.as_ref(), limit)?;
    ids.iter().map(|id| ORGANIZATIONS.get(tx, id)).collect()
}

/// The words by which an organization is found.
fn words_of(organization: &Organization) -> BTreeSet<String> {
    let text = format!("{} {}", organization.label, organization.address.as_deref().unwrap_or_default());
    folded(&text).split(' ').take(WORDS).map(str::to_owned).collect()
}

/// The rows of an organization in the index of words.
pub(in crate::store) fn rows_of_words(organization: &Organization) -> Vec<(Ended, OrganizationId)> {
    words_of(organization).into_iter().map(|word| (Ended(word), organization.id)).collect()
}

/// The row of an organization among those that the register closed or knows no more.
pub(in crate::store) fn row_of_standing(organization: &Organization) -> Option<(Ended, OrganizationId)> {
    organization.standing().map(|standing| (Ended(standing.as_str().to_owned()), organization.id))
}

pub(in crate::store) fn index(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    index_words(tx, organization)?;
    index_standing(tx, organization)
}

fn index_standing(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    row_of_standing(organization).map_or(Ok(()), |row| BY_STANDING.put(tx, &row, &organization.id).map(drop))
}

fn index_words(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    for row in rows_of_words(organization) {
        BY_WORD.put(tx, &row, &organization.id)?;
    }
    Ok(())
}

/// Makes the index of words of a database that had none.
pub(in crate::store) fn index_all(tx: &mut Tx) -> Result<(), StoreError> {
    each(tx, index_words)
}

/// Lists the organizations that the register closed or knows no more, in a database that did not.
pub(in crate::store) fn index_standings(tx: &mut Tx) -> Result<(), StoreError> {
    each(tx, index_standing)
}

fn each(tx: &mut Tx, index: fn(&mut Tx, &Organization) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let some = ORGANIZATIONS.list(tx, after.as_ref(), AT_ONCE)?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        some.iter().try_for_each(|organization| index(tx, organization))?;
    }
}

/// How many organizations there are.
pub fn count(tx: &Snapshot) -> Result<u64, StoreError> {
    tx.count(ORGANIZATIONS.name())
}

/// The next identifier; not given again once the transaction is kept.
pub fn next_id(tx: &mut Tx) -> Result<OrganizationId, StoreError> {
    counters::next(tx, COUNTER).map(OrganizationId)
}

/// The last identifier ever given.
pub(in crate::store) fn last_id(tx: &impl Read) -> Result<u64, StoreError> {
    counters::last(tx, COUNTER)
}

/// Enters an organization, under an identifier of [`next_id`] or one that it brings along. `Taken` when the identifier
/// or the SIRET is in use.
pub fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    ORGANIZATIONS.insert(tx, &organization.id, organization)?;
    BY_SIRET.insert(tx, organization.siret.as_str(), &organization.id)?;
    index(tx, organization)?;
    counters::raise(tx, COUNTER, organization.id.0)
}

/// Writes an organization anew. `Taken` when a new SIRET is in use.
pub fn update(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    let before = ORGANIZATIONS.get(tx, &organization.id)?;
    if before.siret != organization.siret {
        BY_SIRET.insert(tx, organization.siret.as_str(), &organization.id)?;
        BY_SIRET.delete(tx, before.siret.as_str())?;
    }
    if words_of(&before) != words_of(organization) {
        for row in rows_of_words(&before) {
            BY_WORD.delete(tx, &row)?;
        }
        index_words(tx, organization)?;
    }
    if before.standing() != organization.standing() {
        row_of_standing(&before).map_or(Ok(false), |row| BY_STANDING.delete(tx, &row))?;
        index_standing(tx, organization)?;
    }
    ORGANIZATIONS.update(tx, &organization.id, organization)
}
