//! How many attempts fail in the whole instance, and when that is out of the ordinary.

use crate::protocol::Timestamp;

/// The seconds that are counted together.
const SLOT: u64 = 300;
/// The slots of the time that says what is usual: a day.
const SLOTS: u64 = 24 * 3600 / SLOT;
/// How much more than usual is worth waking somebody.
const FACTOR: u64 = 10;
/// What counts as usual at least, in a slot: a handful of mistyped passwords wakes nobody.
const LEAST_USUAL: u64 = 5;
/// The usual number is kept in parts of this many.
const PARTS: u64 = 1000;

/// Failures over ten times the usual rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surge {
    /// Failures in the last five minutes at most.
    pub failures: u64,
    /// Failures in five minutes, over the last day.
    pub usual: u64,
}

/// Failures of the whole instance.
#[derive(Debug)]
pub(super) struct Rate {
    slot: u64,
    failures: u64,
    usual_parts: u64,
    is_told: bool,
    surged_at: Option<Timestamp>,
}

impl Rate {
    pub(super) fn new() -> Self {
        Self { slot: 0, failures: 0, usual_parts: 0, is_told: false, surged_at: None }
    }

    /// Counts a failure. Gives the surge that begins with it, once in a slot.
    pub(super) fn note(&mut self, now: Timestamp) -> Option<Surge> {
        self.turn_to(now.0 / SLOT);
        self.failures = self.failures.saturating_add(1);
        let usual = (self.usual_parts / PARTS).max(LEAST_USUAL);
        if self.is_told || self.failures <= usual.saturating_mul(FACTOR) {
            return None;
        }
        self.is_told = true;
        self.surged_at = Some(now);
        Some(Surge { failures: self.failures, usual })
    }

    /// Whether a surge began so short a time ago that whoever looks from time to time has not missed it.
    pub(super) fn is_in_surge(&self, now: Timestamp) -> bool {
        self.surged_at.is_some_and(|at| now.seconds_since(at) < SLOT)
    }

    /// Each slot that is over moves what is usual towards its own number.
    fn turn_to(&mut self, slot: u64) {
        if slot == self.slot {
            return;
        }
        let passed = slot.saturating_sub(self.slot).min(8 * SLOTS);
        for number in 0..passed {
            let failures = if number == 0 { self.failures } else { 0 };
            let kept = self.usual_parts.saturating_mul(SLOTS.saturating_sub(1));
            self.usual_parts = kept.saturating_add(failures.saturating_mul(PARTS)) / SLOTS;
        }
        self.slot = slot;
        self.failures = 0;
        self.is_told = false;
    }
}
