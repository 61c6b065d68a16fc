//! Tables of time-limited records, by the name that the holder's opaque value leads to.
//!
//! The key holds half of the digest; the whole one is in the record and compared at every look-up.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::table::Table;
use super::transaction::{Read, Tx};
use crate::domain::HandleKey;
use crate::store::StoreError;

/// A table of `V` by `HandleKey<V>`. Expiry is in the record, and is for the caller to judge.
pub(in crate::store) struct HandleTable<V> {
    rows: Table<HandleKey<V>, Named<V>>,
}

/// A record with its whole name.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "V: Serialize", deserialize = "V: DeserializeOwned"))]
pub(in crate::store) struct Named<V> {
    pub(in crate::store) key: HandleKey<V>,
    pub(in crate::store) record: V,
}

impl<V: Serialize + DeserializeOwned + Clone> HandleTable<V> {
    pub(in crate::store) const fn new(name: &'static str) -> Self {
        Self { rows: Table::new(name) }
    }

    pub(in crate::store) const fn name(&self) -> &'static str {
        self.rows.name()
    }

    /// The rows beneath.
    pub(in crate::store) const fn rows(&self) -> &Table<HandleKey<V>, Named<V>> {
        &self.rows
    }

    /// The record of this name, expired or not.
    pub(in crate::store) fn find(&self, tx: &impl Read, key: &HandleKey<V>) -> Result<Option<V>, StoreError> {
        let named = self.rows.find(tx, key)?;
        Ok(named.filter(|named| named.key == *key).map(|named| named.record))
    }

    /// At most `limit` records with their names after `after`, those whose retention ends first before the others.
    pub(in crate::store) fn list(
        &self,
        tx: &impl Read,
        after: Option<&HandleKey<V>>,
        limit: usize,
    ) -> Result<Vec<(HandleKey<V>, V)>, StoreError> {
        let named = self.rows.list(tx, after, limit)?;
        Ok(named.into_iter().map(|named| (named.key, named.record)).collect())
    }

    /// Deletes a record; says whether there was one.
    pub(in crate::store) fn delete(&self, tx: &mut Tx, key: &HandleKey<V>) -> Result<bool, StoreError> {
        if self.find(tx, key)?.is_none() {
            return Ok(false);
        }
        self.rows.delete(tx, key)
    }

    pub(in crate::store) fn insert(&self, tx: &mut Tx, key: &HandleKey<V>, record: &V) -> Result<(), StoreError> {
        self.rows.insert(tx, key, &Named { key: *key, record: record.clone() })
    }

    pub(in crate::store) fn update(&self, tx: &mut Tx, key: &HandleKey<V>, record: &V) -> Result<(), StoreError> {
        if self.find(tx, key)?.is_none() {
            return Err(StoreError::Absent { table: self.name() });
        }
        self.rows.update(tx, key, &Named { key: *key, record: record.clone() })
    }
}
