//! Which services a person uses.

use crate::domain::{ClientId, ServiceUse, UserId};
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const USES: Table<(UserId, ClientId), ServiceUse> = Table::new("service_uses").remembering();

/// More services than a person uses; a bound, so that no listing is endless.
const OF_ONE_USER: usize = 10_000;

/// What is known of a person and a service.
pub fn find(tx: &impl Read, user_id: UserId, client_id: &ClientId) -> Result<Option<ServiceUse>, StoreError> {
    USES.find(tx, &(user_id, client_id.clone()))
}

/// Everything that is known of a person's services, by identifier.
pub fn list_of_user(tx: &impl Read, user_id: UserId) -> Result<Vec<ServiceUse>, StoreError> {
    USES.list_within(tx, &user_id, None, OF_ONE_USER)
}

/// Writes what is known of a person and a service.
pub fn put(tx: &mut Tx, known: &ServiceUse) -> Result<(), StoreError> {
    USES.put(tx, &(known.user_id, known.client_id.clone()), known).map(drop)
}

/// Deletes everything that is known of a person's services.
pub fn delete_of_user(tx: &mut Tx, user_id: UserId) -> Result<(), StoreError> {
    for known in list_of_user(tx, user_id)? {
        USES.delete(tx, &(user_id, known.client_id))?;
    }
    Ok(())
}
