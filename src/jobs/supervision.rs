//! Work that goes on after a panic, and says so when it panics again and again (SEC-189).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::clock::Clock;

/// So many panics within a minute, and the instance is not ready.
const MOST_PANICS: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

/// Counts the panics of periodic work.
pub(super) struct Supervisor {
    clock: Clock,
    ails: Arc<AtomicBool>,
    panics: Mutex<VecDeque<Duration>>,
}

impl Supervisor {
    pub(super) fn new(app: &App) -> Self {
        Self::watching(app.clock.clone(), Arc::clone(&app.ails))
    }

    pub(super) fn watching(clock: Clock, ails: Arc<AtomicBool>) -> Self {
        Self { clock, ails, panics: Mutex::new(VecDeque::new()) }
    }

    /// Takes note of how a round ended.
    pub(super) fn note(&self, has_panicked: bool) {
        let now = self.clock.elapsed();
        let mut panics = self.panics.lock().unwrap_or_else(PoisonError::into_inner);
        if has_panicked {
            panics.push_back(now);
        }
        while panics.len() > MOST_PANICS || panics.front().is_some_and(|at| now.saturating_sub(*at) >= WITHIN) {
            panics.pop_front();
        }
        self.ails.store(panics.len() >= MOST_PANICS, Ordering::Release);
    }
}

/// Does one round after the other, `every` so long and from `first_after` on, until `stopped` becomes true. Each is a task of its own, so that its panic ends it
/// alone.
pub(super) async fn repeat<F>(
    name: &'static str,
    (every, first_after): (Duration, Duration),
    supervisor: &Supervisor,
    mut stopped: watch::Receiver<bool>,
    round: impl Fn() -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::select! {
        () = tokio::time::sleep(first_after) => {}
        _ = stopped.changed() => return,
    }
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let outcome = tokio::spawn(round()).await;
                if let Err(cause) = &outcome {
                    tracing::error!(work = name, %cause, "periodic work panicked; it goes on with its next round");
                }
                supervisor.note(outcome.is_err());
            }
            _ = stopped.changed() => return,
        }
    }
}
