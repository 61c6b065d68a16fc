//! Organizations, found by identifier and by SIRET. Identifiers are sequential.

use crate::domain::{Organization, OrganizationId, Siret};
use crate::store::engine::Table;
use crate::store::{Read, Snapshot, StoreError, Tx, counters};

pub(in crate::store) const ORGANIZATIONS: Table<OrganizationId, Organization> =
    Table::new("organizations").remembering();
pub(in crate::store) const BY_SIRET: Table<str, OrganizationId> = Table::new("organizations_by_siret");
const COUNTER: &str = "organizations";

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
    counters::raise(tx, COUNTER, organization.id.0)
}

/// Writes an organization anew. `Taken` when a new SIRET is in use.
pub fn update(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    let before = ORGANIZATIONS.get(tx, &organization.id)?;
    if before.siret != organization.siret {
        BY_SIRET.insert(tx, organization.siret.as_str(), &organization.id)?;
        BY_SIRET.delete(tx, before.siret.as_str())?;
    }
    ORGANIZATIONS.update(tx, &organization.id, organization)
}
