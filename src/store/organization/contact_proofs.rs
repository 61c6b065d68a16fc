//! People who are to prove by an address of an organization that they belong to it. One whose hour is over is replaced at
//! the next attempt.

use crate::domain::{ContactProof, OrganizationId, UserId};
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const PROOFS: Table<(UserId, OrganizationId), ContactProof> = Table::new("contact_proofs");

/// More than a person begins; a bound, so that no listing is endless.
const OF_ONE_USER: usize = 1_000;

/// What a person is to prove for an organization.
pub fn find(
    tx: &impl Read,
    user_id: UserId,
    organization_id: OrganizationId,
) -> Result<Option<ContactProof>, StoreError> {
    PROOFS.find(tx, &(user_id, organization_id))
}

/// Everything that a person is to prove.
pub fn list_of_user(tx: &impl Read, user_id: UserId) -> Result<Vec<ContactProof>, StoreError> {
    PROOFS.list_within(tx, &user_id, None, OF_ONE_USER)
}

/// Writes what a person is to prove for an organization.
pub fn put(tx: &mut Tx, proof: &ContactProof) -> Result<(), StoreError> {
    PROOFS.put(tx, &(proof.user_id, proof.organization_id), proof).map(drop)
}

/// Deletes it; says whether there was anything.
pub fn delete(tx: &mut Tx, user_id: UserId, organization_id: OrganizationId) -> Result<bool, StoreError> {
    PROOFS.delete(tx, &(user_id, organization_id))
}
