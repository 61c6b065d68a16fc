//! Guesses at one secret: a few at once, then each after a longer wait, and none any more after a hundred in a row.

use std::time::Duration;

use super::table::{Entry, Table};
use super::windows::{AttemptLimit, TooManyAttempts};
use crate::protocol::Timestamp;

/// How long a secret must have been left alone before its waits begin anew. What was guessed in a row stays counted.
const CALM_AFTER: u64 = 24 * 3600;

/// How often one secret may be guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessLimits {
    /// Guesses without a wait.
    pub free: AttemptLimit,
    /// The wait after them; doubled with every further guess.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// Wrong guesses in a row, over whatever time, after which there are no more.
    pub in_a_row: u32,
}

impl GuessLimits {
    fn wait(&self, level: u32) -> Duration {
        let doublings = level.saturating_sub(1).min(16);
        self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait)
    }
}

/// Why a guess may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuessRefusal {
    /// Not yet.
    TooMany(TooManyAttempts),
    /// Not until the secret is replaced by its owner.
    Suspended,
}

impl From<TooManyAttempts> for GuessRefusal {
    fn from(refusal: TooManyAttempts) -> Self {
        Self::TooMany(refusal)
    }
}

/// A guess taken: where the secret stands if it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// When the next one is welcome; `None` for at once.
    pub waits_until: Option<Timestamp>,
    /// Waits imposed so far, each longer than the one before.
    pub level: u32,
    /// Wrong guesses in a row.
    pub in_a_row: u32,
}

#[derive(Debug, Clone, Copy)]
struct Guesses {
    window_ends_at: Timestamp,
    in_window: u32,
    level: u32,
    waits_until: Timestamp,
    in_a_row: u32,
    /// Suspended before a restart, where nothing else remembers it.
    is_suspended: bool,
    last_at: Timestamp,
}

impl Guesses {
    fn none(now: Timestamp) -> Self {
        let past = Timestamp(0);
        Self {
            window_ends_at: past,
            in_window: 0,
            level: 0,
            waits_until: past,
            in_a_row: 0,
            is_suspended: false,
            last_at: now,
        }
    }

    fn is_calm(&self, now: Timestamp) -> bool {
        now.seconds_since(self.last_at) >= CALM_AFTER
    }
}

impl Entry for Guesses {
    /// Never by itself: the count in a row has no end.
    fn is_over(&self, _: Timestamp) -> bool {
        false
    }

    fn weight(&self, now: Timestamp) -> Option<u32> {
        let weight = if self.is_suspended { u32::MAX } else { self.in_a_row };
        self.waits_until.has_come(now).then_some(weight)
    }
}

/// Guesses by key.
#[derive(Debug)]
pub(super) struct GuessTable {
    table: Table<Guesses>,
}

impl GuessTable {
    pub(super) fn new(capacity: usize) -> Self {
        Self { table: Table::new(capacity) }
    }

    /// Takes one guess before it is made. `known_in_a_row` is what the store remembers.
    ///
    /// # Errors
    /// Why it may not be made; nothing is counted then.
    pub(super) fn take(
        &mut self,
        key: u64,
        limits: &GuessLimits,
        known_in_a_row: u32,
        now: Timestamp,
    ) -> Result<Taken, GuessRefusal> {
        let guesses = self.table.enter(key, now, || Guesses::none(now))?;
        guesses.in_a_row = guesses.in_a_row.max(known_in_a_row);
        if guesses.in_a_row >= limits.in_a_row {
            return Err(GuessRefusal::Suspended);
        }
        if !guesses.waits_until.has_come(now) {
            let retry_after = guesses.waits_until.seconds_since(now).max(1);
            return Err(TooManyAttempts { retry_after }.into());
        }
        if guesses.is_calm(now) {
            guesses.level = 0;
        }
        if guesses.level == 0 && guesses.window_ends_at.has_come(now) {
            guesses.window_ends_at = now.plus(limits.free.window);
            guesses.in_window = 0;
        }
        guesses.in_window = guesses.in_window.saturating_add(1);
        guesses.in_a_row = guesses.in_a_row.saturating_add(1);
        guesses.last_at = now;
        let must_wait = guesses.level > 0 || guesses.in_window >= limits.free.attempts;
        if must_wait {
            guesses.level = guesses.level.saturating_add(1);
            guesses.waits_until = now.plus(limits.wait(guesses.level));
        }
        let waits_until = must_wait.then_some(guesses.waits_until);
        Ok(Taken { waits_until, level: guesses.level, in_a_row: guesses.in_a_row })
    }

    /// Gives a guess back that was never made.
    pub(super) fn give_back(&mut self, key: u64) {
        let Some(guesses) = self.table.get_mut(key) else { return };
        guesses.in_window = guesses.in_window.saturating_sub(1);
        guesses.in_a_row = guesses.in_a_row.saturating_sub(1);
        if guesses.level > 0 {
            guesses.level = guesses.level.saturating_sub(1);
            guesses.waits_until = Timestamp(0);
        }
    }

    /// The secret was known, or replaced by its owner: every guess is forgotten.
    pub(super) fn forget(&mut self, key: u64) {
        self.table.forget(key);
    }

    /// Goes on with a suspension of before a restart, of an address that nobody has.
    pub(super) fn suspend(&mut self, key: u64, until: Timestamp, now: Timestamp) {
        if until.has_come(now) {
            return;
        }
        if let Ok(guesses) = self.table.enter(key, now, || Guesses::none(now)) {
            guesses.is_suspended = true;
        }
    }

    /// Whether such a suspension stands.
    pub(super) fn is_suspended(&mut self, key: u64) -> bool {
        self.table.get_mut(key).is_some_and(|guesses| guesses.is_suspended)
    }

    /// Goes on with a wait of before a restart. How many guesses were made in a row is in the store, where the owner's
    /// proof takes them away.
    pub(super) fn restore(&mut self, key: u64, waits_until: Timestamp, level: u32, now: Timestamp) {
        if waits_until.has_come(now) {
            return;
        }
        let Ok(guesses) = self.table.enter(key, now, || Guesses::none(now)) else { return };
        if guesses.waits_until < waits_until {
            guesses.waits_until = waits_until;
            guesses.level = level;
            guesses.last_at = now;
        }
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}
