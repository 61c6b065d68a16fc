//! Typed tables of digested records.

use std::marker::PhantomData;
use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::{Key, Leading};
use super::transaction::{Order, Read, Span, Tx};
use super::{record, remembered};
use crate::store::StoreError;

/// The bytes of a key, and what lies there as far as it opens.
pub(in crate::store) type Opened<V> = (Vec<u8>, Result<V, StoreError>);

/// How the record under a key of a table is read.
type Opening<V> = fn(&'static str, &[u8], &[u8]) -> Result<V, StoreError>;

/// A table of `V` by `K`. Its name is part of every record's digest and never changes.
pub(in crate::store) struct Table<K: ?Sized, V> {
    name: &'static str,
    open: Opening<V>,
    kinds: PhantomData<fn(&K) -> V>,
}

impl<K: Key + ?Sized, V: DeserializeOwned + Clone + 'static> Table<K, V> {
    /// For records that are read much more often than they change.
    pub(in crate::store) const fn remembering(self) -> Self {
        Self { open: remembered::open, ..self }
    }
}

impl<K: Key + ?Sized, V: Serialize + DeserializeOwned> Table<K, V> {
    pub(in crate::store) const fn new(name: &'static str) -> Self {
        Self { name, open: record::open, kinds: PhantomData }
    }

    pub(in crate::store) const fn name(&self) -> &'static str {
        self.name
    }

    pub(in crate::store) fn find(&self, tx: &impl Read, key: &K) -> Result<Option<V>, StoreError> {
        let key = key.to_bytes();
        tx.row(self.name, &key, |bytes| (self.open)(self.name, &key, bytes))?.transpose()
    }

    pub(in crate::store) fn get(&self, tx: &impl Read, key: &K) -> Result<V, StoreError> {
        self.find(tx, key)?.ok_or(StoreError::Absent { table: self.name })
    }

    pub(in crate::store) fn has(&self, tx: &impl Read, key: &K) -> Result<bool, StoreError> {
        Ok(tx.row(self.name, &key.to_bytes(), |_| ())?.is_some())
    }

    /// At most `limit` values whose keys come after `after`, in the order of the keys.
    pub(in crate::store) fn list(&self, tx: &impl Read, after: Option<&K>, limit: usize) -> Result<Vec<V>, StoreError> {
        let after = after.map(Key::to_bytes);
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.list_span(tx, Span { from, to: Bound::Unbounded, limit, order: Order::Ascending })
    }

    /// At most `limit` values whose keys come before `before`, the last key first.
    pub(in crate::store) fn list_latest(
        &self,
        tx: &impl Read,
        before: Option<&K>,
        limit: usize,
    ) -> Result<Vec<V>, StoreError> {
        let before = before.map(Key::to_bytes);
        let to = before.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.list_span(tx, Span { from: Bound::Unbounded, to, limit, order: Order::Descending })
    }

    /// At most `limit` values whose keys begin with `prefix` and come after `after`.
    pub(in crate::store) fn list_within(
        &self,
        tx: &impl Read,
        prefix: &impl Leading,
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<V>, StoreError> {
        let prefix = prefix.to_bytes();
        let after = after.map(Key::to_bytes);
        let end = successor(&prefix);
        let from = after.as_deref().map_or(Bound::Included(prefix.as_slice()), Bound::Excluded);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.list_span(tx, Span { from, to, limit, order: Order::Ascending })
    }

    /// At most `limit` values whose keys begin with `prefix` and come before `before`, the last key first.
    pub(in crate::store) fn list_latest_within(
        &self,
        tx: &impl Read,
        prefix: &impl Leading,
        before: Option<&K>,
        limit: usize,
    ) -> Result<Vec<V>, StoreError> {
        let prefix = prefix.to_bytes();
        let end = before.map(Key::to_bytes).or_else(|| successor(&prefix));
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.list_span(tx, Span { from: Bound::Included(&prefix), to, limit, order: Order::Descending })
    }

    /// The bytes of the last key that begins with `prefix`, whether or not its record opens.
    pub(in crate::store) fn last_key_within(
        &self,
        tx: &impl Read,
        prefix: &impl Leading,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let prefix = prefix.to_bytes();
        let end = successor(&prefix);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let span = Span { from: Bound::Included(&prefix), to, limit: 1, order: Order::Descending };
        Ok(tx.rows(self.name, span)?.pop().map(|(key, _)| key))
    }

    /// At most `limit` rows whose keys come after `after`, each with the bytes of its key; what does not open is told row
    /// by row.
    pub(in crate::store) fn page(
        &self,
        tx: &impl Read,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Opened<V>>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = tx.rows(self.name, Span { from, to: Bound::Unbounded, limit, order: Order::Ascending })?;
        let opened = rows.into_iter().map(|(key, bytes)| {
            let value = (self.open)(self.name, &key, &bytes);
            (key, value)
        });
        Ok(opened.collect())
    }

    fn list_span(&self, tx: &impl Read, span: Span<'_>) -> Result<Vec<V>, StoreError> {
        let rows = tx.rows(self.name, span)?;
        rows.iter().map(|(key, bytes)| (self.open)(self.name, key, bytes)).collect()
    }

    /// Writes a record that is new. An existing key is refused, and the transaction with it.
    pub(in crate::store) fn insert(&self, tx: &mut Tx, key: &K, value: &V) -> Result<(), StoreError> {
        match self.put(tx, key, value)? {
            false => Ok(()),
            true => Err(StoreError::Taken { table: self.name }),
        }
    }

    /// Writes a record in place of one that is there.
    pub(in crate::store) fn update(&self, tx: &mut Tx, key: &K, value: &V) -> Result<(), StoreError> {
        match self.put(tx, key, value)? {
            true => Ok(()),
            false => Err(StoreError::Absent { table: self.name }),
        }
    }

    /// Writes a record; says whether it replaced one.
    pub(in crate::store) fn put(&self, tx: &mut Tx, key: &K, value: &V) -> Result<bool, StoreError> {
        let key = key.to_bytes();
        let bytes = record::seal(self.name, &key, value)?;
        tx.put_row(self.name, &key, &bytes)
    }

    /// Deletes a record; says whether there was one.
    pub(in crate::store) fn delete(&self, tx: &mut Tx, key: &K) -> Result<bool, StoreError> {
        tx.delete_row(self.name, &key.to_bytes())
    }
}

/// The first bytes after everything that begins with `prefix`; none when nothing comes after.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut bytes = prefix.get(..=last)?.to_vec();
    let byte = bytes.last_mut()?;
    *byte = byte.checked_add(1)?;
    Some(bytes)
}
