//! What e-mail domains are for organizations, read from both sides, and those of which links are still to be weighed.

use crate::domain::{EmailDomain, OrganizationDomain, OrganizationId, UnweighedDomain};
use crate::store::engine::{Ended, Table};
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const DOMAINS: Table<(OrganizationId, EmailDomain), OrganizationDomain> =
    Table::new("email_domains").remembering();
pub(in crate::store) const BY_DOMAIN: Table<(Ended, OrganizationId), OrganizationId> =
    Table::new("organizations_by_email_domain");
pub(in crate::store) const UNWEIGHED: Table<(OrganizationId, EmailDomain), UnweighedDomain> =
    Table::new("email_domains_unweighed");

/// What a domain is for an organization.
pub fn find(
    tx: &impl Read,
    organization_id: OrganizationId,
    domain: &EmailDomain,
) -> Result<Option<OrganizationDomain>, StoreError> {
    DOMAINS.find(tx, &(organization_id, domain.clone()))
}

/// At most `limit` domains of an organization, in alphabetical order.
pub fn list_of_organization(
    tx: &impl Read,
    organization_id: OrganizationId,
    limit: usize,
) -> Result<Vec<OrganizationDomain>, StoreError> {
    DOMAINS.list_within(tx, &organization_id, None, limit)
}

/// At most `limit` organizations that know a domain, whatever it is for them.
pub fn list_of_domain(
    tx: &impl Read,
    domain: &EmailDomain,
    limit: usize,
) -> Result<Vec<OrganizationDomain>, StoreError> {
    let known = BY_DOMAIN.list_within(tx, &Ended(domain.as_str().to_owned()), None, limit)?;
    known.into_iter().map(|id| DOMAINS.get(tx, &(id, domain.clone()))).collect()
}

/// Writes what a domain is for an organization, in place of what it was.
pub fn put(tx: &mut Tx, record: &OrganizationDomain) -> Result<(), StoreError> {
    let (id, domain) = (record.organization_id, record.domain.clone());
    BY_DOMAIN.put(tx, &(Ended(domain.as_str().to_owned()), id), &id)?;
    DOMAINS.put(tx, &(id, domain), record).map(drop)
}

/// Deletes what a domain is for an organization; says whether it was anything.
pub fn delete(tx: &mut Tx, organization_id: OrganizationId, domain: &EmailDomain) -> Result<bool, StoreError> {
    BY_DOMAIN.delete(tx, &(Ended(domain.as_str().to_owned()), organization_id))?;
    DOMAINS.delete(tx, &(organization_id, domain.clone()))
}

/// Some domain of which links are still to be weighed.
pub fn find_unweighed(tx: &impl Read) -> Result<Option<UnweighedDomain>, StoreError> {
    Ok(UNWEIGHED.list(tx, None, 1)?.pop())
}

/// Notes from where on the links of a domain are still to be weighed.
pub fn put_unweighed(tx: &mut Tx, record: &UnweighedDomain) -> Result<(), StoreError> {
    UNWEIGHED.put(tx, &(record.organization_id, record.domain.clone()), record).map(drop)
}

/// Notes that every link of a domain is weighed.
pub fn delete_unweighed(tx: &mut Tx, organization_id: OrganizationId, domain: &EmailDomain) -> Result<(), StoreError> {
    UNWEIGHED.delete(tx, &(organization_id, domain.clone())).map(drop)
}
