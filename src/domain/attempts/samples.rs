//! What happens too often to be recorded each time: one record a minute says how often.

use std::time::Duration;

use super::super::TurnedAway;
use crate::protocol::Timestamp;

/// The least time between two records of one kind.
const BETWEEN: Duration = Duration::from_secs(60);

/// What was counted since the last record of each kind.
#[derive(Debug, Default)]
pub struct Samples {
    foreign_forms: Sample,
    too_many: Sample,
}

#[derive(Debug, Default)]
struct Sample {
    count: u64,
    recorded_at: Option<Timestamp>,
}

impl Samples {
    /// Counts one; how many a record has to tell of, when one is due.
    pub fn note(&mut self, reason: TurnedAway, now: Timestamp) -> Option<u64> {
        let sample = match reason {
            TurnedAway::ForeignForm => &mut self.foreign_forms,
            TurnedAway::TooMany => &mut self.too_many,
        };
        sample.count = sample.count.saturating_add(1);
        let is_due = sample.recorded_at.is_none_or(|at| at.plus(BETWEEN).has_come(now) || now < at);
        is_due.then(|| {
            sample.recorded_at = Some(now);
            std::mem::take(&mut sample.count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_161_one_record_a_minute_tells_of_all() {
        let mut samples = Samples::default();
        let told: Vec<Option<u64>> =
            [0, 1, 59, 60, 61, 200].iter().map(|at| samples.note(TurnedAway::TooMany, Timestamp(1_000 + at))).collect();
        assert_eq!(told, [Some(1), None, None, Some(3), None, Some(2)]);
        assert_eq!(samples.note(TurnedAway::ForeignForm, Timestamp(1_001)), Some(1), "each kind apart");
        assert_eq!(
            samples.note(TurnedAway::TooMany, Timestamp(500)),
            Some(1),
            "a clock that was set back hides nothing"
        );
    }
}
