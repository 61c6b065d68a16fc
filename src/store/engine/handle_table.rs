//! Tables of time-limited records, by the name that the holder's opaque value leads to.
//!
//! The key holds half of the digest; the whole one is in the record and compared at every look-up.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record;
use super::table::Table;
use super::transaction::{Read, Tx};
use crate::domain::HandleKey;
use crate::store::StoreError;

/// A table of `V` by `HandleKey<V>`. Expiry is in the record, and is for the caller to judge.
pub(in crate::store) struct HandleTable<V> {
    rows: Table<HandleKey<V>, Named<V>>,
}

/// A record with its whole name.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "V: Serialize", deserialize = "V: DeserializeOwned"))]
pub(in crate::store) struct Named<V> {
    pub(in crate::store) key: HandleKey<V>,
    pub(in crate::store) record: V,
}

/// The same, as it is written.
#[derive(Serialize)]
#[serde(bound = "V: Serialize")]
struct Naming<'a, V> {
    key: &'a HandleKey<V>,
    record: &'a V,
}

/// The length of what the JSON of a [`Named`] begins with: its name, always as long.
const NAME_BYTES: usize = "{\"key\":\"\"".len() + 48;

/// The name in a record, as it lies there.
fn name_in(record: &[u8]) -> Option<&[u8]> {
    record::body_of(record).get(..NAME_BYTES)
}

impl<V: Serialize + DeserializeOwned + Clone> HandleTable<V> {
    pub(in crate::store) const fn new(name: &'static str) -> Self {
        Self { rows: Table::new(name) }
    }

    pub(in crate::store) const fn name(&self) -> &'static str {
        self.rows.name()
    }

    /// As [`Table::remembering`].
    pub(in crate::store) const fn remembering(self) -> Self
    where
        V: 'static,
    {
        Self { rows: self.rows.remembering() }
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
        match tx.put_row(self.name(), &key.to_bytes(), &self.seal(key, record)?)? {
            false => Ok(()),
            true => Err(StoreError::Taken { table: self.name() }),
        }
    }

    /// Writes a record in place of one of the same name. Where there is none it is refused, and the transaction with it.
    pub(in crate::store) fn update(&self, tx: &mut Tx, key: &HandleKey<V>, record: &V) -> Result<(), StoreError> {
        let sealed = self.seal(key, record)?;
        let is_its_own =
            tx.exchange_row(self.name(), &key.to_bytes(), &sealed, |before| name_in(before) == name_in(&sealed))?;
        match is_its_own {
            Some(true) => Ok(()),
            Some(false) | None => Err(StoreError::Absent { table: self.name() }),
        }
    }

    fn seal(&self, key: &HandleKey<V>, record: &V) -> Result<Vec<u8>, StoreError> {
        record::seal(self.name(), &key.to_bytes(), &Naming { key, record })
    }
}
