//! The only reader of the system's time. A steerable clock can be frozen and moved; the one of production cannot, and
//! does not let itself be set back: what has expired stays expired.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::protocol::Timestamp;

/// How far the system's time may step back before it is no longer followed.
const TOLERANCE_MILLIS: u64 = 120_000;

/// A source of the current instant. Clones share one time.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
    /// The latest time that was seen. `None`: the source is followed wherever it goes.
    latest: Option<Arc<Mutex<Seen>>>,
}

#[derive(Debug, Clone)]
enum Source {
    /// The system's time, which nobody can steer.
    System { started: Instant },
    /// A time of our own.
    Steered(Arc<Mutex<Steering>>),
}

/// A time in milliseconds, and how long the clock had been running then.
#[derive(Debug, Clone, Copy)]
struct Seen {
    millis: u64,
    after: Duration,
}

/// Where a steered clock stands.
#[derive(Debug, Clone, Copy)]
struct Steering {
    hand: Hand,
    started: Instant,
    /// By how much it was moved forward.
    advanced: Duration,
}

/// In milliseconds.
#[derive(Debug, Clone, Copy)]
enum Hand {
    Frozen { at: u64 },
    Running { ahead: i64 },
}

/// The clock of production was asked to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this clock cannot be steered")]
pub struct NotSteerable;

impl Clock {
    /// The system's time, unless it is set back. Refuses to be steered.
    pub fn system() -> Self {
        Self { source: Source::System { started: instant() }, latest: None }.guarded()
    }

    /// The system's time until somebody steers it.
    pub fn steerable() -> Self {
        Self::steered(Hand::Running { ahead: 0 })
    }

    /// A steerable clock that stands still at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::steered(Hand::Frozen { at: start.0.saturating_mul(1000) })
    }

    fn steered(hand: Hand) -> Self {
        let steering = Steering { hand, started: instant(), advanced: Duration::ZERO };
        Self { source: Source::Steered(Arc::new(Mutex::new(steering))), latest: None }
    }

    /// The same clock, which no longer follows its source backwards (SEC-195).
    #[must_use]
    pub fn guarded(self) -> Self {
        Self { latest: Some(Arc::new(Mutex::new(Seen { millis: 0, after: Duration::ZERO }))), ..self }
    }

    /// The current instant, by which everything that expires is judged.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.now_millis() / 1000)
    }

    /// The current instant in milliseconds since 1970, for audit and logs.
    ///
    /// When the source steps back by more than two minutes, time goes on from the latest that was seen.
    pub fn now_millis(&self) -> u64 {
        let wall = self.wall_millis();
        let Some(latest) = &self.latest else { return wall };
        let after = self.elapsed();
        let mut seen = locked(latest);
        if wall.saturating_add(TOLERANCE_MILLIS) < seen.millis {
            let since = u64::try_from(after.saturating_sub(seen.after).as_millis()).unwrap_or(u64::MAX);
            return seen.millis.saturating_add(since);
        }
        if wall > seen.millis {
            *seen = Seen { millis: wall, after };
        }
        wall
    }

    /// What the source shows, set back or not: for those who compare it with a clock of their own.
    pub fn wall(&self) -> Timestamp {
        Timestamp(self.wall_millis() / 1000)
    }

    /// By how many seconds the source is behind the instant by which everything is judged; zero on good days.
    pub fn seconds_behind(&self) -> u64 {
        let (now, wall) = (self.now_millis(), self.wall_millis());
        now.saturating_sub(wall) / 1000
    }

    /// Time is at least `seen`, as an earlier run has noted.
    pub fn raise(&self, seen: Timestamp) {
        let Some(latest) = &self.latest else { return };
        let (mut latest, after) = (locked(latest), self.elapsed());
        if latest.millis < seen.0.saturating_mul(1000) {
            *latest = Seen { millis: seen.0.saturating_mul(1000), after };
        }
    }

    /// How long the clock has been running: goes on at its own pace, whatever becomes of the date.
    pub fn elapsed(&self) -> Duration {
        match &self.source {
            Source::System { started } => instant().saturating_duration_since(*started),
            Source::Steered(steering) => {
                let steering = locked(steering);
                match steering.hand {
                    Hand::Frozen { .. } => steering.advanced,
                    Hand::Running { .. } => {
                        steering.advanced.saturating_add(instant().saturating_duration_since(steering.started))
                    }
                }
            }
        }
    }

    /// How long the clock has been running, as a time of its own: no date, and no change of the date moves it. For limits
    /// that hold within one run (SEC-195).
    pub fn running(&self) -> Timestamp {
        Timestamp(self.elapsed().as_secs())
    }

    /// The date on which the clock will have been running for so long, or did.
    pub fn date_of(&self, running: Timestamp) -> Timestamp {
        let (now, here) = (self.now(), self.running());
        Timestamp(
            now.plus(Duration::from_secs(running.seconds_since(here))).0.saturating_sub(here.seconds_since(running)),
        )
    }

    /// How long the clock will have been running on that date.
    pub fn running_at(&self, date: Timestamp) -> Timestamp {
        let (now, here) = (self.now(), self.running());
        Timestamp(here.plus(Duration::from_secs(date.seconds_since(now))).0.saturating_sub(now.seconds_since(date)))
    }

    /// Stops at `at`.
    pub fn freeze(&self, at: Timestamp) -> Result<(), NotSteerable> {
        self.steer(|steering| steering.hand = Hand::Frozen { at: at.0.saturating_mul(1000) })
    }

    /// Moves forward by `duration`; a clock that stands still stands still later.
    pub fn advance(&self, duration: Duration) -> Result<(), NotSteerable> {
        let step = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.steer(|steering| {
            steering.advanced = steering.advanced.saturating_add(duration);
            steering.hand = match steering.hand {
                Hand::Frozen { at } => Hand::Frozen { at: at.saturating_add(step) },
                Hand::Running { ahead } => Hand::Running { ahead: ahead.saturating_add_unsigned(step) },
            };
        })
    }

    /// Goes on from the instant that it shows, at the pace of the system.
    pub fn resume(&self) -> Result<(), NotSteerable> {
        self.steer(|steering| {
            if let Hand::Frozen { at } = steering.hand {
                let ahead = i128::from(at) - i128::from(system_millis());
                steering.hand = Hand::Running { ahead: i64::try_from(ahead).unwrap_or(i64::MAX) };
            }
        })
    }

    /// Goes back to the system's time.
    pub fn reset(&self) -> Result<(), NotSteerable> {
        self.steer(|steering| steering.hand = Hand::Running { ahead: 0 })
    }

    /// Seconds by which this clock is ahead of the system's time; negative when behind.
    pub fn offset(&self) -> i64 {
        let ahead = i128::from(self.wall_millis()) - i128::from(system_millis());
        i64::try_from(ahead / 1000).unwrap_or(i64::MAX)
    }

    /// Whether the clock stands still.
    pub fn is_frozen(&self) -> bool {
        match &self.source {
            Source::System { .. } => false,
            Source::Steered(steering) => matches!(locked(steering).hand, Hand::Frozen { .. }),
        }
    }

    fn wall_millis(&self) -> u64 {
        match &self.source {
            Source::System { .. } => system_millis(),
            Source::Steered(steering) => locked(steering).hand.millis(),
        }
    }

    fn steer(&self, change: impl FnOnce(&mut Steering)) -> Result<(), NotSteerable> {
        match &self.source {
            Source::System { .. } => Err(NotSteerable),
            Source::Steered(steering) => {
                change(&mut locked(steering));
                Ok(())
            }
        }
    }
}

impl Hand {
    fn millis(self) -> u64 {
        match self {
            Self::Frozen { at } => at,
            Self::Running { ahead } => system_millis().saturating_add_signed(ahead),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A point on the machine's own time, for limits of sockets. No clock steers it, and it never goes back.
pub fn machine_instant() -> tokio::time::Instant {
    tokio::time::Instant::from_std(instant())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
fn system_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the pace of the system")]
fn instant() -> Instant {
    Instant::now()
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
        assert_eq!(clock.elapsed(), Duration::from_secs(90));
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
    fn sec_195_the_time_of_a_run_is_not_moved_with_the_date() {
        let clock = Clock::manual(Timestamp(1_700_000_000)).guarded();
        clock.advance(Duration::from_secs(50)).unwrap();
        for date in [1_700_003_650, 1_600_000_000] {
            clock.freeze(Timestamp(date)).unwrap();
            assert_eq!(clock.running(), Timestamp(50));
            let now = clock.now();
            assert_eq!(clock.date_of(Timestamp(80)), now.plus(Duration::from_secs(30)));
            assert_eq!(clock.date_of(Timestamp(20)), Timestamp(now.0 - 30));
            assert_eq!(clock.running_at(now.plus(Duration::from_secs(30))), Timestamp(80));
            assert_eq!(clock.running_at(Timestamp(now.0 - 30)), Timestamp(20));
        }
    }

    #[test]
    fn r_9_the_clock_of_production_cannot_be_steered() {
        let clock = Clock::system();
        assert_eq!(clock.freeze(Timestamp(1)), Err(NotSteerable));
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(NotSteerable));
        assert_eq!(clock.resume(), Err(NotSteerable));
        assert_eq!(clock.reset(), Err(NotSteerable));
        assert_eq!(clock.offset(), 0);
        assert_eq!(clock.seconds_behind(), 0);
    }

    #[test]
    fn sec_195_time_goes_on_from_the_latest_seen_when_it_is_set_back() {
        let day = 24 * 3_600;
        for step in [3_600, day, 365 * day] {
            let clock = Clock::manual(Timestamp(1_700_000_000)).guarded();
            assert_eq!(clock.now(), Timestamp(1_700_000_000));
            clock.freeze(Timestamp(1_700_000_000 - step)).unwrap();
            assert_eq!((clock.now(), clock.wall()), (Timestamp(1_700_000_000), Timestamp(1_700_000_000 - step)));
            assert_eq!(clock.seconds_behind(), step);
            clock.advance(Duration::from_secs(300)).unwrap();
            assert_eq!(clock.now(), Timestamp(1_700_000_300), "and it does not stand still");
            clock.freeze(Timestamp(1_700_000_500)).unwrap();
            assert_eq!((clock.now(), clock.seconds_behind()), (Timestamp(1_700_000_500), 0));
        }
    }

    #[test]
    fn sec_195_a_small_step_back_is_followed_and_an_earlier_run_is_remembered() {
        let clock = Clock::manual(Timestamp(1_700_000_000)).guarded();
        assert_eq!(clock.now(), Timestamp(1_700_000_000));
        clock.freeze(Timestamp(1_699_999_900)).unwrap();
        assert_eq!((clock.now(), clock.seconds_behind()), (Timestamp(1_699_999_900), 0));

        let clock = Clock::manual(Timestamp(1_600_000_000)).guarded();
        clock.raise(Timestamp(1_700_000_000));
        assert_eq!(clock.now(), Timestamp(1_700_000_000));
        clock.raise(Timestamp(1_650_000_000));
        assert_eq!(clock.now(), Timestamp(1_700_000_000));
    }
}
