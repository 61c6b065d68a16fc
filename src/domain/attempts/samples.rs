//! What happens too often to be recorded each time: one record a minute says how often.

use std::time::Duration;

use super::super::TurnedAway;
use crate::protocol::Timestamp;

/// The least time between two records of one kind.
const BETWEEN: Duration = Duration::from_secs(60);

/// Each reason.
const EVERY: [TurnedAway; 2] = [TurnedAway::ForeignForm, TurnedAway::TooMany];

/// What was counted since the last record of each kind.
#[derive(Debug, Default)]
pub struct Samples {
    foreign_forms: Sample,
    too_many: Sample,
}

#[derive(Debug, Default)]
struct Sample {
    /// Since the last record.
    count: u64,
    /// Ever.
    total: u64,
    recorded_at: Option<Timestamp>,
}

impl Samples {
    /// Counts one; how many a record has to tell of, when one is due.
    pub fn note(&mut self, reason: TurnedAway, now: Timestamp) -> Option<u64> {
        let sample = self.of(reason);
        sample.count = sample.count.saturating_add(1);
        sample.total = sample.total.saturating_add(1);
        sample.is_due(now).then(|| sample.take(now))
    }

    /// What was counted and is due to be recorded, though nothing more came; with `at_once`, whatever was counted.
    pub fn take_due(&mut self, now: Timestamp, at_once: bool) -> Vec<(TurnedAway, u64)> {
        let mut due = Vec::new();
        for reason in EVERY {
            let sample = self.of(reason);
            if sample.count > 0 && (at_once || sample.is_due(now)) {
                due.push((reason, sample.take(now)));
            }
        }
        due
    }

    /// How many there were since the start.
    pub fn total(&mut self, reason: TurnedAway) -> u64 {
        self.of(reason).total
    }

    fn of(&mut self, reason: TurnedAway) -> &mut Sample {
        match reason {
            TurnedAway::ForeignForm => &mut self.foreign_forms,
            TurnedAway::TooMany => &mut self.too_many,
        }
    }
}

impl Sample {
    fn is_due(&self, now: Timestamp) -> bool {
        self.recorded_at.is_none_or(|at| at.plus(BETWEEN).has_come(now) || now < at)
    }

    fn take(&mut self, now: Timestamp) -> u64 {
        self.recorded_at = Some(now);
        std::mem::take(&mut self.count)
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
        assert_eq!(samples.note(TurnedAway::TooMany, Timestamp(1_201)), None);
        assert_eq!(samples.take_due(Timestamp(1_259), false), [], "a minute is not over");
        assert_eq!(samples.take_due(Timestamp(1_260), false), [(TurnedAway::TooMany, 1)], "nobody else has to come");
        assert_eq!(samples.take_due(Timestamp(9_999), false), []);
        assert_eq!(samples.note(TurnedAway::TooMany, Timestamp(1_261)), None);
        assert_eq!(
            samples.take_due(Timestamp(1_262), true),
            [(TurnedAway::TooMany, 1)],
            "at the end, whatever there is"
        );
        assert_eq!((samples.total(TurnedAway::TooMany), samples.total(TurnedAway::ForeignForm)), (8, 1));
        assert_eq!(
            samples.note(TurnedAway::TooMany, Timestamp(500)),
            Some(1),
            "a clock that was set back hides nothing"
        );
    }
}
