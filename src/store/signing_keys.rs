//! The keyring at rest: the store knows names, `crypto` knows what the bodies mean and seals what is secret in them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::Table;
use super::{Read, StoreError, Tx};

pub(super) const KEYS: Table<str, StoredSigningKey> = Table::new("signing_keys");

/// The most keys, retired ones among them: none is made beyond, and so many are read.
pub const MAX_KEYS: usize = 1000;

/// Keys that outlive the master key from which they came.
pub(super) const KEPT: Table<str, Value> = Table::new("kept_keys");
/// The one record of that table.
const MAC_KEYS: &str = "mac_keys";

/// Where the record of a signing key says which master key sealed it.
const SEALED_BY: &str = "/private/key_id";

/// A signing key as the keyring wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSigningKey {
    /// Its key id.
    pub kid: String,
    /// Its record; the private part is sealed.
    pub body: Value,
}

/// Every key, by key id.
pub fn list_all(tx: &impl Read) -> Result<Vec<StoredSigningKey>, StoreError> {
    list(tx, MAX_KEYS)
}

/// At most `limit` keys, by key id.
pub fn list(tx: &impl Read, limit: usize) -> Result<Vec<StoredSigningKey>, StoreError> {
    KEYS.list(tx, None, limit)
}

/// The key with this id.
pub fn find(tx: &impl Read, kid: &str) -> Result<Option<StoredSigningKey>, StoreError> {
    KEYS.find(tx, kid)
}

/// Enters a key. `Taken` when its id is in use.
pub fn insert(tx: &mut Tx, key: &StoredSigningKey) -> Result<(), StoreError> {
    KEYS.insert(tx, &key.kid, key)
}

/// Writes a key anew.
pub fn update(tx: &mut Tx, key: &StoredSigningKey) -> Result<(), StoreError> {
    KEYS.update(tx, &key.kid, key)
}

/// Deletes a key; says whether there was one.
pub fn delete(tx: &mut Tx, kid: &str) -> Result<bool, StoreError> {
    KEYS.delete(tx, kid)
}

/// The keys of message authentication that outlived the master key from which they came, sealed; none before that.
pub fn find_mac_keys(tx: &impl Read) -> Result<Option<Value>, StoreError> {
    KEPT.find(tx, MAC_KEYS)
}

/// The id of the master key that sealed what is stored; `None` where nothing is sealed that an instance needs to start.
pub fn sealing_key(tx: &impl Read) -> Result<Option<String>, StoreError> {
    match find_mac_keys(tx)?.as_ref().and_then(|kept| kept.pointer("/key_id")?.as_str()) {
        Some(id) => Ok(Some(id.to_owned())),
        None => Ok(list(tx, 1)?.first().and_then(StoredSigningKey::sealed_by).map(str::to_owned)),
    }
}

impl StoredSigningKey {
    /// The id of the master key that sealed it.
    pub fn sealed_by(&self) -> Option<&str> {
        self.body.pointer(SEALED_BY).and_then(Value::as_str)
    }
}

/// Keeps them.
pub fn put_mac_keys(tx: &mut Tx, sealed: &Value) -> Result<(), StoreError> {
    KEPT.put(tx, MAC_KEYS, sealed).map(drop)
}
