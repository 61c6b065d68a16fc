//! A table of a fixed size at most, which forgets what matters least.

use std::collections::HashMap;

use super::windows::TooManyAttempts;
use crate::protocol::Timestamp;

/// How long to wait when there is room for nobody: every entry is one that may not be forgotten.
const WAIT_WHEN_FULL: u64 = 60;

/// What a table holds for one key.
pub(super) trait Entry {
    /// Whether it says nothing any more.
    fn is_over(&self, now: Timestamp) -> bool;

    /// How much would be lost with it; `None` for what may not be forgotten.
    fn weight(&self, now: Timestamp) -> Option<u32>;
}

/// Entries by key (a keyed hash of what is limited).
#[derive(Debug)]
pub(super) struct Table<E> {
    entries: HashMap<u64, E>,
    capacity: usize,
}

impl<E: Entry> Table<E> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity }
    }

    /// The entry of `key`, made if there is none.
    ///
    /// # Errors
    /// When the table is full of what may not be forgotten: stricter over its capacity, never open.
    pub(super) fn enter(
        &mut self,
        key: u64,
        now: Timestamp,
        make: impl FnOnce() -> E,
    ) -> Result<&mut E, TooManyAttempts> {
        if !self.entries.contains_key(&key) && self.entries.len() >= self.capacity {
            self.make_room(now)?;
        }
        Ok(self.entries.entry(key).or_insert_with(make))
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut E> {
        self.entries.get_mut(&key)
    }

    pub(super) fn forget(&mut self, key: u64) -> Option<E> {
        self.entries.remove(&key)
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Drops what is over; where that is not enough, the eighth that matters least, so that making room stays rare.
    fn make_room(&mut self, now: Timestamp) -> Result<(), TooManyAttempts> {
        self.entries.retain(|_, entry| !entry.is_over(now));
        if self.entries.len() < self.capacity {
            return Ok(());
        }
        let weigh = |(key, entry): (&u64, &E)| entry.weight(now).map(|weight| (weight, *key));
        let mut lightest: Vec<(u32, u64)> = self.entries.iter().filter_map(weigh).collect();
        if lightest.is_empty() {
            return Err(TooManyAttempts { retry_after: WAIT_WHEN_FULL });
        }
        let leaving = (self.capacity / 8).clamp(1, lightest.len());
        if leaving < lightest.len() {
            lightest.select_nth_unstable(leaving);
            lightest.truncate(leaving);
        }
        for (_, key) in lightest {
            self.entries.remove(&key);
        }
        Ok(())
    }
}
