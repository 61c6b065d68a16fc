//! So many attempts in such a time.

use std::time::Duration;

use super::table::{Entry, Table};
use crate::protocol::Timestamp;

/// How many attempts in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Attempts allowed in one window.
    pub attempts: u32,
    /// The window.
    pub window: Duration,
}

/// Too many attempts: when the next one is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAttempts {
    /// Seconds to wait.
    pub retry_after: u64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends_at: Timestamp,
    used: u32,
    allowed: u32,
}

impl Entry for Window {
    fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at.has_come(now)
    }

    fn weight(&self, _: Timestamp) -> Option<u32> {
        (self.used < self.allowed).then_some(self.used)
    }
}

/// Attempts by key, each key with a window of its own that begins with its first attempt.
#[derive(Debug)]
pub(super) struct Windows {
    table: Table<Window>,
}

impl Windows {
    pub(super) fn new(capacity: usize) -> Self {
        Self { table: Table::new(capacity) }
    }

    /// Takes one attempt before it is made. Gives the end of the window when this was the last one in it.
    ///
    /// # Errors
    /// When the window's attempts are used up; nothing is counted then.
    pub(super) fn take(
        &mut self,
        key: u64,
        limit: AttemptLimit,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, TooManyAttempts> {
        let fresh = Window { ends_at: now.plus(limit.window), used: 0, allowed: limit.attempts };
        let window = self.table.enter(key, now, || fresh)?;
        if window.is_over(now) {
            *window = fresh;
        }
        if window.used >= limit.attempts {
            return Err(TooManyAttempts { retry_after: window.ends_at.seconds_since(now).max(1) });
        }
        window.used = window.used.saturating_add(1);
        Ok((window.used == limit.attempts).then_some(window.ends_at))
    }

    /// Gives an attempt back: it succeeded, or was never made.
    pub(super) fn give_back(&mut self, key: u64) {
        if let Some(window) = self.table.get_mut(key) {
            window.used = window.used.saturating_sub(1);
        }
    }

    /// Takes away the one attempt noted for `key`, if there is one in time.
    pub(super) fn collect(&mut self, key: u64, now: Timestamp) -> bool {
        self.table.forget(key).is_some_and(|window| window.used > 0 && !window.is_over(now))
    }

    /// Nothing more for `key` until `until`, as it was before a restart.
    pub(super) fn shut(&mut self, key: u64, until: Timestamp, now: Timestamp) {
        let shut = Window { ends_at: until, used: u32::MAX, allowed: 0 };
        if let Ok(window) = self.table.enter(key, now, || shut)
            && window.ends_at < until
        {
            *window = shut;
        }
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}
