//! Whether the clock can be believed when something is deleted for good (SEC-196).

use std::time::Duration;

use crate::clock::Clock;
use crate::protocol::Timestamp;

/// A difference between the date and the time that has passed which is not called a leap.
const LEAP: u64 = 3_600;
/// How long a clock that has leapt must go on steadily before it is believed.
const PROBATION: Duration = Duration::from_secs(24 * 3_600);

/// A run that begins so long after the last time seen has begun by a wrong date, or after a long rest: nobody knows which.
const REST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Compares the date with the time that passes.
#[derive(Debug)]
pub(super) struct Steadiness {
    /// A date that was believed, and how long the clock had been running then.
    believed: (Timestamp, Duration),
    /// Where the clock went when it leapt forward, and when.
    leapt: Option<(Timestamp, Duration)>,
}

impl Steadiness {
    /// `seen_at` is the latest time that earlier runs have seen and believed; zero where there was none.
    pub(super) fn begin(clock: &Clock, seen_at: Timestamp) -> Self {
        let (date, elapsed) = (clock.wall(), clock.elapsed());
        let has_rested = seen_at > Timestamp(0) && date > seen_at.plus(REST);
        Self { believed: (if has_rested { seen_at } else { date }, elapsed), leapt: None }
    }

    /// Looks at the clock; whether what it shows may be acted upon for good.
    pub(super) fn observe(&mut self, clock: &Clock) -> bool {
        let (date, elapsed) = (clock.wall(), clock.elapsed());
        if date <= reached(self.believed, elapsed).plus(Duration::from_secs(LEAP)) {
            if self.leapt.take().is_some() {
                tracing::info!("the clock is where it should be again");
            }
            self.believed = (date, elapsed);
            return true;
        }
        // It goes on from where it leapt to, or it leaps again and is on probation from then on.
        let is_steady = self.leapt.is_some_and(|leapt| {
            let expected = reached(leapt, elapsed);
            date.0.abs_diff(expected.0) <= LEAP
        });
        if !is_steady {
            tracing::warn!(
                seconds = date.0.saturating_sub(reached(self.believed, elapsed).0),
                "the clock leapt forward: nothing is deleted for a day, unless it goes back"
            );
            self.leapt = Some((date, elapsed));
            return false;
        }
        let has_passed = self.leapt.is_some_and(|(_, since)| elapsed.saturating_sub(since) >= PROBATION);
        if has_passed {
            self.leapt = None;
            self.believed = (date, elapsed);
        }
        has_passed
    }
}

/// The date that a steady clock has come to.
fn reached((date, then): (Timestamp, Duration), elapsed: Duration) -> Timestamp {
    date.plus(elapsed.saturating_sub(then))
}
