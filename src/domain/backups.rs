//! Which backups that were made by schedule are kept.

use std::collections::BTreeSet;

use crate::protocol::Timestamp;

const DAY: u64 = 24 * 3600;
/// 1 January 1970 was a Thursday; weeks begin on Monday.
const DAYS_BEFORE_MONDAY: u64 = 3;

/// Of how many days, weeks and months the newest backup is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days.
    pub daily: usize,
    /// Weeks.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
}

impl Retention {
    /// Those of these instants whose backups are kept no longer; never the newest.
    pub fn superfluous(&self, taken: &[Timestamp]) -> Vec<Timestamp> {
        let mut newest_first = taken.to_vec();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        let mut kept: BTreeSet<Timestamp> = newest_first.first().copied().into_iter().collect();
        kept.extend(newest_of(&newest_first, self.daily, |taken| taken.0 / DAY));
        kept.extend(newest_of(&newest_first, self.weekly, |taken| {
            (taken.0 / DAY).saturating_add(DAYS_BEFORE_MONDAY) / 7
        }));
        kept.extend(newest_of(&newest_first, self.monthly, |taken| {
            taken.to_iso8601().chars().take(7).collect::<String>()
        }));
        newest_first.retain(|taken| !kept.contains(taken));
        newest_first
    }
}

/// The newest of each of the last `most` periods in which there are any.
fn newest_of<Period: Ord>(
    newest_first: &[Timestamp],
    most: usize,
    period: impl Fn(Timestamp) -> Period,
) -> Vec<Timestamp> {
    let mut seen = BTreeSet::new();
    let mut newest = Vec::new();
    for taken in newest_first {
        if newest.len() < most && seen.insert(period(*taken)) {
            newest.push(*taken);
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 23 November 2026, 09:00 UTC.
    const MONDAY: u64 = 1_795_424_400;

    #[test]
    fn sec_213_the_newest_of_the_last_days_weeks_and_months_is_kept() {
        let retention = Retention { daily: 3, weekly: 2, monthly: 2 };
        // Twice a day for a hundred days.
        let taken: Vec<Timestamp> = (0..200).map(|half_day| Timestamp(MONDAY - half_day * DAY / 2)).collect();
        let doomed: BTreeSet<Timestamp> = retention.superfluous(&taken).into_iter().collect();
        let kept: Vec<String> =
            taken.iter().filter(|taken| !doomed.contains(taken)).map(|taken| taken.to_iso8601()).collect();
        let of = |text: &str| format!("{text}:00:00.000Z");
        let expected = ["2026-11-23T09", "2026-11-22T21", "2026-11-21T21", "2026-10-31T21"];
        assert_eq!(kept, expected.map(of), "Sunday's is that of the week before as well");
    }

    #[test]
    fn sec_213_the_newest_is_never_deleted() {
        let none = Retention { daily: 0, weekly: 0, monthly: 0 };
        assert_eq!(none.superfluous(&[Timestamp(1), Timestamp(3), Timestamp(2)]), [Timestamp(2), Timestamp(1)]);
        assert!(none.superfluous(&[]).is_empty());
    }
}
