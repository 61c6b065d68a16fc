//! Records that were read lately, as they were parsed: the same few clients, people and sessions are read several times
//! by every request.
//!
//! A record counts as the same only in the very same bytes, which were found sound when they were parsed: what a
//! transaction sees never depends on what is remembered. Each thread remembers for itself, so that nobody waits.

use std::any::Any;
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::de::DeserializeOwned;

use super::record;
use crate::store::StoreError;

/// Records that one thread remembers; the next one in the same place takes it.
const PLACES: usize = 512;

struct Remembered {
    table: &'static str,
    key: Vec<u8>,
    bytes: Vec<u8>,
    value: Box<dyn Any>,
}

thread_local! {
    static LATELY: RefCell<Vec<Option<Remembered>>> = const { RefCell::new(Vec::new()) };
}

/// As [`record::open`].
pub(super) fn open<V: DeserializeOwned + Clone + 'static>(
    table: &'static str,
    key: &[u8],
    bytes: &[u8],
) -> Result<V, StoreError> {
    let place = place_of(table, key);
    LATELY.with_borrow_mut(|places| {
        if places.is_empty() {
            places.resize_with(PLACES, || None);
        }
        let Some(found) = places.get_mut(place) else { return record::open(table, key, bytes) };
        let same = found.as_ref().filter(|known| known.table == table && known.key == key && known.bytes == bytes);
        if let Some(value) = same.and_then(|known| known.value.downcast_ref::<V>()) {
            return Ok(value.clone());
        }
        let value: V = record::open(table, key, bytes)?;
        *found = Some(Remembered { table, key: key.to_vec(), bytes: bytes.to_vec(), value: Box::new(value.clone()) });
        Ok(value)
    })
}

fn place_of(table: &str, key: &[u8]) -> usize {
    let mut hasher = DefaultHasher::new();
    (table, key).hash(&mut hasher);
    let places = u64::try_from(PLACES).unwrap_or(u64::MAX);
    usize::try_from(hasher.finish() % places).unwrap_or_default()
}
