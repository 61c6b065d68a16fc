//! Counting attempts, so that guessing is slow: a bounded table in memory, on a clock that is given.

use std::collections::HashMap;
use std::time::Duration;

use crate::protocol::Timestamp;

/// How many attempts in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Attempts allowed in one window.
    pub attempts: u32,
    /// The window.
    pub window: Duration,
}

/// Too many attempts: when the next one is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAttempts {
    /// Seconds to wait.
    pub retry_after: u64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends_at: Timestamp,
    used: u32,
}

/// Attempts by key. Over its capacity it forgets the windows that end first, and refuses new keys rather than
/// forgetting one that is exhausted.
#[derive(Debug)]
pub struct AttemptCounter {
    windows: HashMap<u64, Window>,
    capacity: usize,
}

impl AttemptCounter {
    /// An empty table of at most `capacity` keys.
    pub fn new(capacity: usize) -> Self {
        Self { windows: HashMap::new(), capacity }
    }

    /// Takes one attempt for `key` (a keyed hash of what is limited) before it is made.
    ///
    /// # Errors
    /// When the window's attempts are used up; nothing is counted then.
    pub fn reserve(&mut self, key: u64, limit: AttemptLimit, now: Timestamp) -> Result<(), TooManyAttempts> {
        if !self.windows.contains_key(&key) && self.windows.len() >= self.capacity {
            self.make_room(limit, now)?;
        }
        let window = self.windows.entry(key).or_insert(Window { ends_at: now.plus(limit.window), used: 0 });
        if window.ends_at.has_come(now) {
            *window = Window { ends_at: now.plus(limit.window), used: 0 };
        }
        if window.used >= limit.attempts {
            return Err(TooManyAttempts { retry_after: window.ends_at.seconds_since(now).max(1) });
        }
        window.used = window.used.saturating_add(1);
        Ok(())
    }

    /// Gives an attempt back: it succeeded, or was never made.
    pub fn release(&mut self, key: u64) {
        if let Some(window) = self.windows.get_mut(&key) {
            window.used = window.used.saturating_sub(1);
        }
    }

    /// Forgets every attempt of `key`: a success.
    pub fn forget(&mut self, key: u64) {
        self.windows.remove(&key);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.windows.clear();
    }

    /// How many keys are held.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether no key is held.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    fn make_room(&mut self, limit: AttemptLimit, now: Timestamp) -> Result<(), TooManyAttempts> {
        self.windows.retain(|_, window| !window.ends_at.has_come(now));
        if self.windows.len() < self.capacity {
            return Ok(());
        }
        let exhausted = |window: &Window| window.used >= limit.attempts;
        let weakest =
            self.windows.iter().filter(|(_, window)| !exhausted(window)).min_by_key(|(_, window)| window.used);
        match weakest.map(|(key, _)| *key) {
            Some(key) => {
                self.windows.remove(&key);
                Ok(())
            }
            None => Err(TooManyAttempts { retry_after: limit.window.as_secs().max(1) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AttemptLimit = AttemptLimit { attempts: 3, window: Duration::from_secs(60) };

    #[test]
    fn r_7_an_attempt_is_taken_before_it_is_made_and_the_wait_is_honest() {
        let mut counter = AttemptCounter::new(10);
        for _ in 0..3 {
            assert_eq!(counter.reserve(1, LIMIT, Timestamp(100)), Ok(()));
        }
        assert_eq!(counter.reserve(1, LIMIT, Timestamp(110)), Err(TooManyAttempts { retry_after: 50 }));
        assert_eq!(counter.reserve(2, LIMIT, Timestamp(110)), Ok(()), "another key is not concerned");
        assert_eq!(counter.reserve(1, LIMIT, Timestamp(160)), Ok(()), "the window is over");
    }

    #[test]
    fn sec_99_over_its_capacity_the_table_stays_small_and_keeps_what_is_exhausted() {
        let mut counter = AttemptCounter::new(4);
        for _ in 0..3 {
            counter.reserve(1, LIMIT, Timestamp(0)).unwrap();
        }
        for key in 2..1000 {
            counter.reserve(key, LIMIT, Timestamp(1)).unwrap();
        }
        assert_eq!(counter.len(), 4);
        assert!(counter.reserve(1, LIMIT, Timestamp(2)).is_err(), "the victim's counter is still effective");
    }
}
