//! Relying parties.

use super::engine::Table;
use super::{Read, StoreError, Tx};
use crate::domain::{Client, ClientId};

pub(super) const CLIENTS: Table<ClientId, Client> = Table::new("clients");
/// The last epoch of clients that are gone: what they were given must not count for one that takes their name.
pub(super) const DELETED: Table<ClientId, u32> = Table::new("deleted_clients");

/// The client with this identifier.
pub fn find(tx: &impl Read, id: &ClientId) -> Result<Option<Client>, StoreError> {
    CLIENTS.find(tx, id)
}

/// The client with this identifier, which is known to exist.
pub fn get(tx: &impl Read, id: &ClientId) -> Result<Client, StoreError> {
    CLIENTS.get(tx, id)
}

/// At most `limit` clients after `after`, by identifier.
pub fn list(tx: &impl Read, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
    CLIENTS.list(tx, after, limit)
}

/// Enters a client. `Taken` when the identifier is in use.
pub fn insert(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    CLIENTS.insert(tx, &client.id, client)
}

/// Writes a client anew.
pub fn update(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    CLIENTS.update(tx, &client.id, client)
}

/// The epoch with which a client of this identifier begins: one that was never used under it.
pub fn first_epoch(tx: &impl Read, id: &ClientId) -> Result<u32, StoreError> {
    Ok(DELETED.find(tx, id)?.map_or(0, |last| last.saturating_add(1)))
}

/// Clients that are gone, with their last epoch.
pub(super) fn list_deleted(tx: &impl Read) -> Result<Vec<(ClientId, u32)>, StoreError> {
    let id_of = |key: Vec<u8>| String::from_utf8(key).ok().and_then(|text| text.parse().ok());
    let read = |(key, epoch): (Vec<u8>, Result<u32, StoreError>)| {
        let id = id_of(key).ok_or(StoreError::Damaged { table: DELETED.name() })?;
        Ok((id, epoch?))
    };
    DELETED.page(tx, None, usize::MAX)?.into_iter().map(read).collect()
}

/// Notes that a client of this name is gone, with its last epoch.
pub(super) fn note_deleted(tx: &mut Tx, id: &ClientId, epoch: u32) -> Result<(), StoreError> {
    let last = DELETED.find(tx, id)?.map_or(epoch, |known| known.max(epoch));
    DELETED.put(tx, id, &last).map(|_| ())
}

/// Deletes a client; says whether there was one.
pub fn delete(tx: &mut Tx, id: &ClientId) -> Result<bool, StoreError> {
    let Some(client) = CLIENTS.find(tx, id)? else { return Ok(false) };
    DELETED.put(tx, id, &client.epoch)?;
    CLIENTS.delete(tx, id)
}
