//! Who belongs to which organization, read from both sides.

use crate::domain::{Membership, OrganizationId, UserId};
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const MEMBERSHIPS: Table<(UserId, OrganizationId), Membership> =
    Table::new("memberships").remembering();
pub(in crate::store) const BY_ORGANIZATION: Table<(OrganizationId, UserId), UserId> =
    Table::new("memberships_by_organization");

/// More organizations than a person has; a bound, so that no listing is endless.
const OF_ONE_USER: usize = 10_000;

/// The link between a person and an organization.
pub fn find(
    tx: &impl Read,
    user_id: UserId,
    organization_id: OrganizationId,
) -> Result<Option<Membership>, StoreError> {
    MEMBERSHIPS.find(tx, &(user_id, organization_id))
}

/// All links of a person, the oldest first.
pub fn list_of_user(tx: &impl Read, user_id: UserId) -> Result<Vec<Membership>, StoreError> {
    let mut memberships = MEMBERSHIPS.list_within(tx, &user_id, None, OF_ONE_USER)?;
    memberships.sort_by_key(|membership| (membership.created_at, membership.organization_id));
    Ok(memberships)
}

/// At most `limit` links of an organization after that of `after`, by the identifier of the person.
pub fn list_of_organization(
    tx: &impl Read,
    organization_id: OrganizationId,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<Membership>, StoreError> {
    let after = after.map(|user_id| (organization_id, user_id));
    let members = BY_ORGANIZATION.list_within(tx, &organization_id, after.as_ref(), limit)?;
    members.into_iter().map(|user_id| MEMBERSHIPS.get(tx, &(user_id, organization_id))).collect()
}

/// Enters a link. `Taken` when there is one between the two.
pub fn insert(tx: &mut Tx, membership: &Membership) -> Result<(), StoreError> {
    let Membership { user_id, organization_id, .. } = *membership;
    MEMBERSHIPS.insert(tx, &(user_id, organization_id), membership)?;
    BY_ORGANIZATION.insert(tx, &(organization_id, user_id), &user_id)
}

/// Writes a link anew.
pub fn update(tx: &mut Tx, membership: &Membership) -> Result<(), StoreError> {
    MEMBERSHIPS.update(tx, &(membership.user_id, membership.organization_id), membership)
}

/// Deletes a link; says whether there was one.
pub fn delete(tx: &mut Tx, user_id: UserId, organization_id: OrganizationId) -> Result<bool, StoreError> {
    BY_ORGANIZATION.delete(tx, &(organization_id, user_id))?;
    MEMBERSHIPS.delete(tx, &(user_id, organization_id))
}
