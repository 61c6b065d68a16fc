//! The only reader of the system's time. A steerable clock can be frozen and moved; the one of production cannot.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::protocol::Timestamp;

/// A source of the current instant. Clones share one time.
#[derive(Debug, Clone)]
pub struct Clock {
    /// `None`: the system's time, which nobody can steer.
    steering: Option<Arc<Mutex<Steering>>>,
}

/// Where a steered clock stands, in milliseconds.
#[derive(Debug, Clone, Copy)]
enum Steering {
    Frozen { at: u64 },
    Running { ahead: i64 },
}

/// The clock of production was asked to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this clock cannot be steered")]
pub struct NotSteerable;

impl Clock {
    /// The system's time. Refuses to be steered.
    pub fn system() -> Self {
        Self { steering: None }
    }

    /// The system's time until somebody steers it.
    pub fn steerable() -> Self {
        Self::steered(Steering::Running { ahead: 0 })
    }

    /// A steerable clock that stands still at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::steered(Steering::Frozen { at: start.0.saturating_mul(1000) })
    }

    fn steered(steering: Steering) -> Self {
        Self { steering: Some(Arc::new(Mutex::new(steering))) }
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.now_millis() / 1000)
    }

    /// The current instant in milliseconds since 1970, for audit and logs.
    pub fn now_millis(&self) -> u64 {
        match &self.steering {
            None => system_millis(),
            Some(steering) => steering.lock().unwrap_or_else(PoisonError::into_inner).millis(),
        }
    }

    /// Stops at `at`.
    pub fn freeze(&self, at: Timestamp) -> Result<(), NotSteerable> {
        self.steer(|_| Steering::Frozen { at: at.0.saturating_mul(1000) })
    }

    /// Moves forward by `duration`; a clock that stands still stands still later.
    pub fn advance(&self, duration: Duration) -> Result<(), NotSteerable> {
        let step = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.steer(|steering| match steering {
            Steering::Frozen { at } => Steering::Frozen { at: at.saturating_add(step) },
            Steering::Running { ahead } => Steering::Running { ahead: ahead.saturating_add_unsigned(step) },
        })
    }

    /// Goes on from the instant that it shows, at the pace of the system.
    pub fn resume(&self) -> Result<(), NotSteerable> {
        self.steer(|steering| match steering {
            Steering::Frozen { at } => {
                let ahead = i128::from(at) - i128::from(system_millis());
                Steering::Running { ahead: i64::try_from(ahead).unwrap_or(i64::MAX) }
            }
            running @ Steering::Running { .. } => running,
        })
    }

    /// Goes back to the system's time.
    pub fn reset(&self) -> Result<(), NotSteerable> {
        self.steer(|_| Steering::Running { ahead: 0 })
    }

    /// Seconds by which this clock is ahead of the system's time; negative when behind.
    pub fn offset(&self) -> i64 {
        let ahead = i128::from(self.now_millis()) - i128::from(system_millis());
        i64::try_from(ahead / 1000).unwrap_or(i64::MAX)
    }

    /// Whether the clock stands still.
    pub fn is_frozen(&self) -> bool {
        self.steering.as_ref().is_some_and(|steering| {
            matches!(*steering.lock().unwrap_or_else(PoisonError::into_inner), Steering::Frozen { .. })
        })
    }

    fn steer(&self, change: impl FnOnce(Steering) -> Steering) -> Result<(), NotSteerable> {
        let mut steering = self.steering.as_ref().ok_or(NotSteerable)?.lock().unwrap_or_else(PoisonError::into_inner);
        *steering = change(*steering);
        Ok(())
    }
}

impl Steering {
    fn millis(self) -> u64 {
        match self {
            Self::Frozen { at } => at,
            Self::Running { ahead } => system_millis().saturating_add_signed(ahead),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
fn system_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_and_moves_on_demand() {
        let clock = Clock::manual(Timestamp(1_000));
        let shared = clock.clone();
        clock.advance(Duration::from_secs(90)).unwrap();
        assert_eq!(shared.now(), Timestamp(1_090));
        assert!(shared.is_frozen());
        shared.freeze(Timestamp(500)).unwrap();
        assert_eq!(clock.now_millis(), 500_000);
    }

    #[test]
    fn a_resumed_clock_goes_on_from_where_it_stood() {
        let clock = Clock::manual(Timestamp(1_000));
        clock.resume().unwrap();
        assert!(!clock.is_frozen());
        assert!((1_000..1_060).contains(&clock.now().0));
        assert!(clock.offset() < -1_000_000);
        clock.reset().unwrap();
        assert_eq!(clock.offset(), 0);
        clock.advance(Duration::from_secs(3_600)).unwrap();
        assert!((3_599..=3_600).contains(&clock.offset()));
    }

    #[test]
    fn r_9_the_clock_of_production_cannot_be_steered() {
        let clock = Clock::system();
        assert_eq!(clock.freeze(Timestamp(1)), Err(NotSteerable));
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(NotSteerable));
        assert_eq!(clock.resume(), Err(NotSteerable));
        assert_eq!(clock.reset(), Err(NotSteerable));
        assert_eq!(clock.offset(), 0);
    }
}
