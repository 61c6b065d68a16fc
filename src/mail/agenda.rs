//! Which mail is tried when, and whether the server is worth trying: in memory, made anew from the outbox at every start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::trouble::Meaning;
use crate::config::Mailing;
use crate::crypto::Random;
use crate::protocol::Timestamp;

/// How many times longer than the first time a mail is put off the following times, and from then on (SEC-147).
const DELAYS: [u64; 4] = [1, 5, 15, 60];
/// The longest pause after a server was away, and after one that does not want us, in seconds.
const LONGEST_AWAY: u64 = 60;
const LONGEST_UNWANTED: u64 = 300;
/// How much longer than that a wait may be, by chance, in percent.
const JITTER: u64 = 25;

/// What is known of the mails that wait.
#[derive(Debug, Default)]
pub struct Agenda {
    /// Of those for which nobody waits, then of those which were written to many, by the time at which they are due.
    due: BTreeSet<(Urgency, Timestamp, u64)>,
    seen: Option<u64>,
    pause: Option<Pause>,
    mailing: Option<Mailing>,
    unsettled: BTreeMap<u64, Fate>,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server took it.
    Accepted,
    /// It is tried again then.
    Later(Timestamp),
    /// Nobody knows whether the server took it; it may be tried once more, then.
    Unconfirmed(Timestamp),
    /// The server will never take it.
    Refused,
    /// It is worth nothing any more.
    Expired,
    /// It cannot be put into words.
    Unwritable,
}

/// Whether somebody waits for a mail. Those who do come first (SEC-198): a code is over in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Somebody may be waiting for it.
    Awaited,
    /// It was written to many at once, and nobody asked for it.
    Patient,
}

/// The server is left alone.
#[derive(Debug, Clone, Copy)]
struct Pause {
    failures: u32,
    /// On the running time of the clock.
    until: Duration,
}

impl Agenda {
    /// The last mail that was entered: what came later is not known yet.
    pub fn seen(&self) -> Option<u64> {
        self.seen
    }

    /// Enters a mail that waits.
    pub fn enter(&mut self, id: u64, due_at: Timestamp, urgency: Urgency) {
        self.due.insert((urgency, due_at, id));
        self.seen = self.seen.max(Some(id));
    }

    /// Takes the next mail that is due.
    pub fn next_due(&mut self, now: Timestamp) -> Option<(u64, Urgency)> {
        let first = self.first_due(now)?;
        self.due.remove(&first);
        let (urgency, _, id) = first;
        Some((id, urgency))
    }

    /// Whether a mail is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.first_due(now).is_some()
    }

    fn first_due(&self, now: Timestamp) -> Option<(Urgency, Timestamp, u64)> {
        let first = |urgency| self.due.range((urgency, Timestamp::default(), 0)..).next().copied();
        let is_due = |entry: &(Urgency, Timestamp, u64)| entry.1.has_come(now);
        first(Urgency::Awaited).filter(is_due).or_else(|| first(Urgency::Patient).filter(is_due))
    }

    /// Whether the server is left alone at this running time. With another configuration it is tried at once.
    pub fn is_paused(&mut self, mailing: &Mailing, elapsed: Duration) -> bool {
        if self.mailing.as_ref() != Some(mailing) {
            self.mailing = Some(mailing.clone());
            self.pause = None;
        }
        self.pause.is_some_and(|pause| elapsed < pause.until)
    }

    /// The server was there.
    pub fn reached(&mut self) {
        self.pause = None;
    }

    /// The server was not there, or did not want us: it is left alone for a while, longer every time.
    pub fn leave_alone(&mut self, meaning: Meaning, elapsed: Duration, random: &Random) -> Duration {
        let failures = self.pause.map_or(0, |pause| pause.failures);
        let longest = if meaning == Meaning::ServerRefusesUs { LONGEST_UNWANTED } else { LONGEST_AWAY };
        let seconds = 1_u64.checked_shl(failures).unwrap_or(longest).min(longest);
        let wait = with_jitter(seconds, random);
        self.pause = Some(Pause { failures: failures.saturating_add(1).min(32), until: elapsed.saturating_add(wait) });
        wait
    }

    /// Keeps in mind what became of a mail until the store has it: a mail that was taken is not sent again because the
    /// disk is full.
    pub fn keep(&mut self, id: u64, fate: Fate) {
        self.unsettled.insert(id, fate);
    }

    /// What the store does not have yet.
    pub fn unsettled(&self) -> Vec<(u64, Fate)> {
        self.unsettled.iter().map(|(id, fate)| (*id, *fate)).collect()
    }

    /// The store has it.
    pub fn settled(&mut self, id: u64) {
        self.unsettled.remove(&id);
    }
}

/// When a mail that was put off so many times is tried again, if the first time was `first` long.
pub fn retry_at(now: Timestamp, first: Duration, delays: u16, random: &Random) -> Timestamp {
    let last = DELAYS.last().copied().unwrap_or(1);
    let times = DELAYS.get(usize::from(delays)).copied().unwrap_or(last);
    now.plus(with_jitter(first.as_secs().saturating_mul(times), random))
}

fn with_jitter(seconds: u64, random: &Random) -> Duration {
    let millis = seconds.saturating_mul(1_000);
    let [chance] = random.bytes::<1>();
    let more = millis.saturating_mul(JITTER).saturating_mul(u64::from(chance)) / (100 * 255);
    Duration::from_millis(millis.saturating_add(more))
}
