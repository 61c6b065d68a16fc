//! When a service on the network is left alone: where its budget is spent, after failures in a row, and when it asks for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// After how many failures in a row nobody asks for a while.
const FAILURES: u32 = 5;
/// For how long.
const OPEN_FOR: Duration = Duration::from_secs(30);
/// The longest that a service may ask to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// How often a service may be asked.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// So many calls…
    pub calls: u32,
    /// … in so long.
    pub within: Duration,
}

/// Stands before a service. Every call asks it first, and says what became of it.
#[derive(Debug)]
pub struct Circuit {
    clock: Clock,
    budget: Budget,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody asks before.
    open_until: Duration,
    /// When the budget began to be spent, and how many calls were made since.
    since: Duration,
    calls: u32,
}

impl Circuit {
    /// Closed, with its whole budget.
    pub fn new(clock: Clock, budget: Budget) -> Self {
        Self { clock, budget, state: Mutex::default() }
    }

    /// Whether the service may be asked now; a call is spent.
    pub fn may_ask(&self) -> bool {
        let now = self.clock.elapsed();
        let mut state = self.state();
        if now < state.open_until {
            return false;
        }
        if now.saturating_sub(state.since) >= self.budget.within {
            state.since = now;
            state.calls = 0;
        }
        state.calls = state.calls.saturating_add(1);
        state.calls <= self.budget.calls
    }

    /// It answered: failures in a row are over.
    pub fn note_answer(&self) {
        self.state().failures = 0;
    }

    /// It did not answer; with the time for which it asked to be left alone.
    pub fn note_failure(&self, wait: Option<Duration>) {
        let now = self.clock.elapsed();
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let pause = match wait {
            Some(wait) => Some(wait.min(LONGEST_WAIT)),
            None => (state.failures >= FAILURES).then_some(OPEN_FOR),
        };
        if let Some(pause) = pause {
            state.open_until = now.saturating_add(pause);
            state.failures = 0;
        }
    }

    /// For how much longer nobody asks; `None` where it may be asked.
    pub fn left_alone_for(&self) -> Option<Duration> {
        let left = self.state().open_until.saturating_sub(self.clock.elapsed());
        Some(left).filter(|left| !left.is_zero())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
