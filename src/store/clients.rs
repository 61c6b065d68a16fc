//! Relying parties.

use super::engine::{Ended, Key as _, Table};
use super::{Read, StoreError, Tx};
use crate::domain::{Client, ClientId};

pub(super) const CLIENTS: Table<ClientId, Client> = Table::new("clients").remembering();
/// The origins whose scripts may read answers: those of usable public clients, one row for each client at each of them.
pub(super) const PUBLIC_ORIGINS: Table<(Ended, ClientId), ClientId> = Table::new("public_origins");
/// The services that people are offered.
pub(super) const OFFERED: Table<ClientId, ClientId> = Table::new("offered_clients");
/// Clients that the migration takes at once.
const AT_ONCE: usize = 1_000;
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

/// At most `limit` services that people are offered after `after`, by identifier.
pub fn list_offered(tx: &impl Read, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
    let ids = OFFERED.list(tx, after, limit)?;
    ids.into_iter().map(|id| CLIENTS.get(tx, &id)).collect()
}

/// Whether a usable public client is answered at this origin.
pub fn has_public_origin(tx: &impl Read, origin: &str) -> Result<bool, StoreError> {
    if origin.contains('\0') {
        return Ok(false);
    }
    Ok(!PUBLIC_ORIGINS.list_within(tx, &Ended(origin.to_owned()), None, 1)?.is_empty())
}

/// Enters a client. `Taken` when the identifier is in use.
pub fn insert(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    CLIENTS.insert(tx, &client.id, client)?;
    index(tx, client)
}

/// Writes a client anew.
pub fn update(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    let before = CLIENTS.get(tx, &client.id)?;
    remove_from_indexes(tx, &before)?;
    index(tx, client)?;
    CLIENTS.update(tx, &client.id, client)
}

/// The rows of a client in the index of origins.
pub(super) fn rows_of_origins(client: &Client) -> Vec<(Ended, ClientId)> {
    client.script_origins().into_iter().map(|origin| (Ended(origin), client.id.clone())).collect()
}

/// Whether the bytes of a row of that index are one of this client's.
pub(super) fn is_row_of_origin(client: &Client, row: &[u8]) -> bool {
    rows_of_origins(client).iter().any(|key| key.to_bytes() == row)
}

pub(super) fn index(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    for row in rows_of_origins(client) {
        PUBLIC_ORIGINS.put(tx, &row, &client.id)?;
    }
    if client.is_offered() {
        OFFERED.put(tx, &client.id, &client.id)?;
    }
    Ok(())
}

fn remove_from_indexes(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    for row in rows_of_origins(client) {
        PUBLIC_ORIGINS.delete(tx, &row)?;
    }
    OFFERED.delete(tx, &client.id).map(|_| ())
}

/// Makes the indexes of a database that had none.
pub(super) fn index_all(tx: &mut Tx) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let some = CLIENTS.list(tx, after.as_ref(), AT_ONCE)?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id.clone());
        some.iter().try_for_each(|client| index(tx, client))?;
    }
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
    forget(tx, id)
}

/// Deletes a client that was never given anything: nothing is kept of it.
pub fn forget(tx: &mut Tx, id: &ClientId) -> Result<bool, StoreError> {
    let Some(client) = CLIENTS.find(tx, id)? else { return Ok(false) };
    remove_from_indexes(tx, &client)?;
    CLIENTS.delete(tx, id)
}
