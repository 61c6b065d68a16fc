//! How much the store does, and how long writing takes.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::logs::{Durations, Stopwatch};

/// Numbers of one store since the start.
#[derive(Debug, Default)]
pub struct Statistics {
    /// From the beginning of a write transaction until it is durable.
    pub transactions: Durations,
    reads: AtomicU64,
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

    /// A read transaction begins.
    pub(super) fn note_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
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
