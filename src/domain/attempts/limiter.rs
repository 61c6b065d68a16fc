//! Every count of attempts, under one lock of the caller's.

use super::ban::{Ban, Banned};
use super::guesses::{GuessLimits, GuessRefusal, GuessTable, Taken};
use super::resends::Resends;
use super::surge::{Rate, Surge};
use super::windows::{AttemptLimit, TooManyAttempts, Windows};
use crate::protocol::Timestamp;

/// What one source may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    /// Forms sent to the pages of sign-in.
    pub submissions: AttemptLimit,
    /// Failures.
    pub failures: AttemptLimit,
    /// Sign-ins begun, finished or not: each is a record that outlives its request.
    pub begun: AttemptLimit,
}

impl SourceLimits {
    /// The same for a source that many people share.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        let more = |limit: AttemptLimit| AttemptLimit { attempts: limit.attempts.saturating_mul(factor), ..limit };
        Self { submissions: more(self.submissions), failures: more(self.failures), begun: more(self.begun) }
    }
}

/// Attempts counted, each under a keyed hash of what is limited.
#[derive(Debug)]
pub struct Limiter {
    guesses: GuessTable,
    failures: Windows,
    submissions: Windows,
    begun: Windows,
    paid: Windows,
    resends: Resends,
    rate: Rate,
    refusals: Refusals,
}

/// How often each limit refused something since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Wrong passwords for one account.
    pub guesses: u64,
    /// Failures from one source, or for one client.
    pub failures: u64,
    /// Forms from one source.
    pub submissions: u64,
}

impl Limiter {
    /// Empty tables of at most `capacity` keys each.
    pub fn new(capacity: usize) -> Self {
        let windows = || Windows::new(capacity);
        Self {
            guesses: GuessTable::new(capacity),
            failures: windows(),
            submissions: windows(),
            begun: windows(),
            paid: windows(),
            resends: Resends::new(capacity),
            rate: Rate::new(),
            refusals: Refusals::default(),
        }
    }

    /// Takes one guess at a secret; `known_in_a_row` is what the store remembers of it.
    ///
    /// # Errors
    /// Why it may not be made; nothing is counted then.
    pub fn take_guess(
        &mut self,
        secret: u64,
        limits: &GuessLimits,
        known_in_a_row: u32,
        now: Timestamp,
    ) -> Result<Taken, GuessRefusal> {
        self.guesses.take(secret, limits, known_in_a_row, now).inspect_err(|_| tell(&mut self.refusals.guesses))
    }

    /// Takes a guess at the password of an address that nobody has: the store remembers none.
    ///
    /// # Errors
    /// Why it may not be made; nothing is counted then.
    pub fn take_guess_at_nobody(
        &mut self,
        secret: u64,
        limits: &GuessLimits,
        now: Timestamp,
    ) -> Result<Taken, GuessRefusal> {
        if self.guesses.is_suspended(secret) {
            tell(&mut self.refusals.guesses);
            return Err(GuessRefusal::Suspended);
        }
        self.take_guess(secret, limits, 0, now)
    }

    /// Gives a guess back that was never made.
    pub fn give_back_guess(&mut self, secret: u64) {
        self.guesses.give_back(secret);
    }

    /// The secret was known, or replaced by its owner.
    pub fn forget_guesses(&mut self, secret: u64) {
        self.guesses.forget(secret);
    }

    /// Takes one failure, to be given back if there is none. Gives the ban that begins with it.
    ///
    /// # Errors
    /// When there were too many; nothing is counted then.
    pub fn take_failure(
        &mut self,
        key: u64,
        limit: AttemptLimit,
        now: Timestamp,
    ) -> Result<Option<Ban>, TooManyAttempts> {
        let taken = self.failures.take(key, limit, now);
        let last_until = taken.inspect_err(|_| tell(&mut self.refusals.failures))?;
        Ok(last_until.and_then(|until| Ban::lasting(key, until, Banned::Source, now)))
    }

    /// Gives a failure back.
    pub fn give_back_failure(&mut self, key: u64) {
        self.failures.give_back(key);
    }

    /// Takes one form sent.
    ///
    /// # Errors
    /// When there were too many; nothing is counted then.
    pub fn take_submission(&mut self, key: u64, limit: AttemptLimit, now: Timestamp) -> Result<(), TooManyAttempts> {
        let taken = self.submissions.take(key, limit, now);
        taken.inspect_err(|_| tell(&mut self.refusals.submissions)).map(drop)
    }

    /// Takes one sign-in begun.
    ///
    /// # Errors
    /// When there were too many; nothing is counted then.
    pub fn take_begun(&mut self, key: u64, limit: AttemptLimit, now: Timestamp) -> Result<(), TooManyAttempts> {
        self.begun.take(key, limit, now).map(drop)
    }

    /// Gives a sign-in back that came to its end.
    pub fn give_back_begun(&mut self, key: u64) {
        self.begun.give_back(key);
    }

    /// Gives a form back.
    pub fn give_back_submission(&mut self, key: u64) {
        self.submissions.give_back(key);
    }

    /// Notes that the next form of this sign-in is paid for by the one before: two forms make one sign-in.
    pub fn pay_ahead(&mut self, sign_in: u64, limit: AttemptLimit, now: Timestamp) {
        // Where there is no room for the note, the next form is charged like any other.
        if let Err(TooManyAttempts { .. }) = self.paid.take(sign_in, limit, now) {}
    }

    /// Uses that payment, once; whether there was one.
    pub fn use_payment(&mut self, sign_in: u64, now: Timestamp) -> bool {
        self.paid.collect(sign_in, now)
    }

    /// Seconds before another mail of a kind may be asked for; `None` for at once.
    pub fn wait_for_resend(&mut self, key: u64, now: Timestamp) -> Option<u64> {
        self.resends.wait(key, now)
    }

    /// Takes a mail of a kind.
    ///
    /// # Errors
    /// When the last one was asked for a moment ago; nothing is counted then.
    pub fn take_resend(&mut self, key: u64, now: Timestamp) -> Result<(), TooManyAttempts> {
        self.resends.take(key, now)
    }

    /// Gives a mail of a kind back that was not sent.
    pub fn give_back_resend(&mut self, key: u64) {
        self.resends.give_back(key);
    }

    /// The mail came to what it was asked for: the waits for others of its kind begin anew.
    pub fn forget_resends(&mut self, key: u64) {
        self.resends.forget(key);
    }

    /// Counts a failure of the whole instance; gives the surge that begins with it.
    pub fn note_failure(&mut self, now: Timestamp) -> Option<Surge> {
        self.rate.note(now)
    }

    /// Whether a surge began within the last minutes.
    pub fn is_in_surge(&self, now: Timestamp) -> bool {
        self.rate.is_in_surge(now)
    }

    /// Goes on where a ban of before a restart left off.
    pub fn restore(&mut self, ban: &Ban, now: Timestamp) {
        match ban.banned {
            Banned::Guesses { level } => self.guesses.restore(ban.subject, ban.until, level, now),
            Banned::Nobody => self.guesses.suspend(ban.subject, ban.until, now),
            Banned::Source => self.failures.shut(ban.subject, ban.until, now),
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.guesses.clear();
        for windows in [&mut self.failures, &mut self.submissions, &mut self.begun, &mut self.paid] {
            windows.clear();
        }
        self.resends.clear();
        self.rate = Rate::new();
    }

    /// How often each limit refused something.
    pub fn refusals(&self) -> Refusals {
        self.refusals
    }

    /// How many keys are held in all.
    pub fn len(&self) -> usize {
        let windows = [&self.failures, &self.submissions, &self.begun, &self.paid].map(Windows::len);
        windows.into_iter().fold(self.guesses.len(), usize::saturating_add).saturating_add(self.resends.len())
    }

    /// Whether no key is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn tell(refusals: &mut u64) {
    *refusals = refusals.saturating_add(1);
}
