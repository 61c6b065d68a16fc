//! How much the store does, and how long writing takes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Held;
use crate::logs::{Durations, Stopwatch};

/// Numbers of one store since the start.
#[derive(Debug, Default)]
pub struct Statistics {
    /// From the beginning of a write transaction until it is durable.
    pub transactions: Durations,
    reads: AtomicU64,
    /// Read transactions that are under way, the oldest first.
    under_way: Mutex<BTreeMap<u64, Stopwatch>>,
    given_up: AtomicU64,
    held: Mutex<Option<Held>>,
    acknowledged: AtomicU64,
    refused: AtomicU64,
}

impl Statistics {
    /// A transaction became durable with so many writes in it.
    pub(super) fn note(&self, since: Stopwatch, writes: usize) {
        self.transactions.note(since.elapsed());
        self.acknowledged.fetch_add(u64::try_from(writes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// So many writes were refused.
    pub(super) fn note_refused(&self, writes: usize) {
        self.refused.fetch_add(u64::try_from(writes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// A read transaction begins; it is under way for as long as the answer lives.
    pub(super) fn begin_read(&self) -> Reading<'_> {
        let number = self.reads.fetch_add(1, Ordering::Relaxed);
        locked(&self.under_way).insert(number, Stopwatch::start());
        Reading { statistics: self, number }
    }

    /// How long the oldest of the read transactions has been under way; zero where there is none.
    pub fn oldest_read(&self) -> Duration {
        locked(&self.under_way).first_key_value().map(|(_, since)| since.elapsed()).unwrap_or_default()
    }

    /// A read transaction took too long.
    pub(super) fn note_given_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// Read transactions that took too long.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// What the tables took of the file, when that was looked at last.
    pub fn held(&self) -> Option<Held> {
        *locked(&self.held)
    }

    pub(super) fn note_held(&self, held: Held) {
        *locked(&self.held) = Some(held);
    }

    /// Read transactions that began.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Writes that are durable.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Writes that failed, or of which nobody knows.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read transaction that is under way.
pub(super) struct Reading<'a> {
    statistics: &'a Statistics,
    number: u64,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        locked(&self.statistics.under_way).remove(&self.number);
    }
}
