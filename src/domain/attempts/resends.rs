//! Mails of one kind to one address: each further one after a longer wait, whatever the browser.

use super::table::{Entry, Table};
use super::windows::TooManyAttempts;
use crate::domain::person::wait_after;
use crate::protocol::Timestamp;

/// How long none must have been asked for before the waits begin anew: as long as what a mail carries is good.
const CALM_AFTER: u64 = 60 * 60;

#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Timestamp,
    before: u8,
    /// The one before it, should nothing come of this one: when it was, and how many were before it.
    former: Option<(Timestamp, u8)>,
}

impl Asked {
    fn next_at(&self) -> Timestamp {
        self.at.plus(wait_after(self.before))
    }
}

impl Entry for Asked {
    fn is_over(&self, now: Timestamp) -> bool {
        now.seconds_since(self.at) >= CALM_AFTER
    }

    fn weight(&self, now: Timestamp) -> Option<u32> {
        self.next_at().has_come(now).then_some(u32::from(self.before))
    }
}

/// Mails by key.
#[derive(Debug)]
pub(super) struct Resends {
    table: Table<Asked>,
}

impl Resends {
    pub(super) fn new(capacity: usize) -> Self {
        Self { table: Table::new(capacity) }
    }

    /// Seconds before another one may be asked for; `None` for at once.
    pub(super) fn wait(&mut self, key: u64, now: Timestamp) -> Option<u64> {
        let asked = self.table.get_mut(key)?;
        let waits = !asked.is_over(now) && !asked.next_at().has_come(now);
        waits.then(|| asked.next_at().seconds_since(now).max(1))
    }

    /// Takes one.
    ///
    /// # Errors
    /// When the last one was asked for a moment ago; nothing is counted then.
    pub(super) fn take(&mut self, key: u64, now: Timestamp) -> Result<(), TooManyAttempts> {
        if let Some(retry_after) = self.wait(key, now) {
            return Err(TooManyAttempts { retry_after });
        }
        let last = self.table.get_mut(key).filter(|asked| !asked.is_over(now));
        let former = last.map(|asked| (asked.at, asked.before));
        let before = former.map_or(0, |(_, before)| before.saturating_add(1));
        let asked = Asked { at: now, before, former };
        *self.table.enter(key, now, || asked)? = asked;
        Ok(())
    }

    /// Gives the last one back, which nothing came of: the wait is again what it was before it.
    pub(super) fn give_back(&mut self, key: u64) {
        let Some(asked) = self.table.get_mut(key) else { return };
        match asked.former {
            Some((at, before)) => *asked = Asked { at, before, former: None },
            None => self.forget(key),
        }
    }

    /// The waits begin anew.
    pub(super) fn forget(&mut self, key: u64) {
        let _former = self.table.forget(key);
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_74_each_further_mail_waits_longer_and_after_a_calm_hour_all_begins_anew() {
        let mut resends = Resends::new(10);
        let mut now = 1_000;
        for wait in [60, 300, 1_200, 1_200] {
            assert_eq!(resends.take(1, Timestamp(now)), Ok(()));
            assert_eq!(resends.wait(1, Timestamp(now + 10)), Some(wait - 10));
            assert_eq!(resends.take(1, Timestamp(now + wait - 1)), Err(TooManyAttempts { retry_after: 1 }));
            now += wait;
        }
        assert_eq!((resends.wait(1, Timestamp(now)), resends.take(2, Timestamp(now))), (None, Ok(())));
        now += 3_600;
        assert_eq!(resends.take(1, Timestamp(now)), Ok(()));
        assert_eq!(resends.wait(1, Timestamp(now)), Some(60));
    }

    #[test]
    fn sec_74_a_mail_that_was_not_sent_is_waited_for_no_longer_than_the_one_before_it() {
        let mut resends = Resends::new(10);
        assert_eq!(resends.take(1, Timestamp(1_000)), Ok(()));
        resends.give_back(1);
        assert_eq!((resends.wait(1, Timestamp(1_001)), resends.len()), (None, 0));
        assert_eq!(resends.take(1, Timestamp(1_001)), Ok(()));
        assert_eq!(resends.take(1, Timestamp(1_061)), Ok(()));
        resends.give_back(1);
        assert_eq!(resends.wait(1, Timestamp(1_060)), Some(1));
        assert_eq!(resends.take(1, Timestamp(1_062)), Ok(()));
        assert_eq!(resends.wait(1, Timestamp(1_062)), Some(300), "it is the second one");
        resends.forget(1);
        assert_eq!((resends.wait(1, Timestamp(1_062)), resends.take(1, Timestamp(1_062))), (None, Ok(())));
        assert_eq!(resends.wait(1, Timestamp(1_062)), Some(60), "anew");
    }

    #[test]
    fn sec_74_a_table_that_is_full_of_waits_sends_nothing_more() {
        let mut resends = Resends::new(3);
        for key in 0..3 {
            assert_eq!(resends.take(key, Timestamp(1_000)), Ok(()));
        }
        assert!(resends.take(3, Timestamp(1_001)).is_err());
        assert_eq!((resends.take(3, Timestamp(1_060)), resends.len()), (Ok(()), 3));
    }
}
