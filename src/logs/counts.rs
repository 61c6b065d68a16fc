//! Numbers for those who watch over the instance: how often, and how long. None of them is about anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock;

/// Acts that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A person proved who they are.
    SignedIn,
    /// Address and password did not belong together, or the account is closed.
    SignInRefused,
    /// Too many attempts were made before.
    SignInLimited,
    /// The password was suspended.
    SignInSuspended,
    /// Every password worker was busy.
    SignInBusy,
    /// It could not be decided.
    SignInFailed,
    /// A code was issued.
    CodeIssued,
    /// A code was redeemed.
    CodeRedeemed,
    /// A code was refused.
    CodeRefused,
    /// A redeemed code came again.
    CodeReplayed,
    /// Tokens were issued for a code.
    TokensForCode,
    /// A client proved who it is.
    ClientProved,
    /// A client did not.
    ClientRefused,
    /// A client tried too often.
    ClientLimited,
    /// A mail was taken by the server of mails.
    MailSent,
    /// A mail was put off.
    MailDeferred,
    /// A mail was refused for good.
    MailRefused,
    /// A mail was worth nothing any more.
    MailExpired,
    /// Nobody knows whether a mail was taken.
    MailUnconfirmed,
    /// A mail could not be put into words.
    MailUnwritable,
    /// A mail gave way to ten thousand others that waited.
    MailCrowdedOut,
    /// The server of mails was there.
    SmtpReached,
    /// The server of mails was not there, or did not want us.
    SmtpFailed,
    /// A password is among those that were leaked somewhere.
    PasswordLeaked,
    /// A password is not.
    PasswordNotLeaked,
    /// The service of leaked passwords did not say: the password was accepted.
    PasswordLeakUnknown,
}

/// A family of numbers, the name of its label, and the word of each act in it.
pub type Family = (&'static str, &'static str, &'static [(Counted, &'static str)]);

impl Counted {
    /// Every act that is counted, by family.
    pub const FAMILIES: &'static [Family] = &[
        (
            "sign_ins",
            "outcome",
            &[
                (Self::SignedIn, "signed_in"),
                (Self::SignInRefused, "refused"),
                (Self::SignInLimited, "limited"),
                (Self::SignInSuspended, "suspended"),
                (Self::SignInBusy, "busy"),
                (Self::SignInFailed, "failed"),
            ],
        ),
        (
            "codes",
            "outcome",
            &[
                (Self::CodeIssued, "issued"),
                (Self::CodeRedeemed, "redeemed"),
                (Self::CodeRefused, "refused"),
                (Self::CodeReplayed, "replayed"),
            ],
        ),
        ("tokens", "grant", &[(Self::TokensForCode, "authorization_code")]),
        (
            "client_authentications",
            "outcome",
            &[(Self::ClientProved, "proved"), (Self::ClientRefused, "refused"), (Self::ClientLimited, "limited")],
        ),
        (
            "mails",
            "outcome",
            &[
                (Self::MailSent, "sent"),
                (Self::MailDeferred, "deferred"),
                (Self::MailRefused, "refused"),
                (Self::MailExpired, "expired"),
                (Self::MailUnconfirmed, "unconfirmed"),
                (Self::MailUnwritable, "unwritable"),
                (Self::MailCrowdedOut, "crowded_out"),
            ],
        ),
        ("smtp_connections", "outcome", &[(Self::SmtpReached, "opened"), (Self::SmtpFailed, "failed")]),
        (
            "leaked_password_checks",
            "outcome",
            &[
                (Self::PasswordLeaked, "leaked"),
                (Self::PasswordNotLeaked, "not_leaked"),
                (Self::PasswordLeakUnknown, "unanswered"),
            ],
        ),
    ];
}

/// As many numbers as there are acts to count.
const NUMBERS: usize = Counted::PasswordLeakUnknown as usize + 1;

/// How often acts happened since the start; clones share the numbers.
#[derive(Debug, Clone)]
pub struct Counts {
    numbers: Arc<[AtomicU64; NUMBERS]>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { numbers: Arc::new(std::array::from_fn(|_| AtomicU64::new(0))) }
    }
}

impl Counts {
    /// It happened once more.
    pub fn count(&self, counted: Counted) {
        if let Some(number) = self.numbers.get(counted as usize) {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it happened.
    pub fn get(&self, counted: Counted) -> u64 {
        self.numbers.get(counted as usize).map_or(0, |number| number.load(Ordering::Relaxed))
    }
}

/// The upper ends of the classes of durations, in milliseconds and as seconds are written.
const CLASSES: [(u64, &str); 13] = [
    (1, "0.001"),
    (2, "0.002"),
    (5, "0.005"),
    (10, "0.01"),
    (20, "0.02"),
    (50, "0.05"),
    (100, "0.1"),
    (250, "0.25"),
    (500, "0.5"),
    (1_000, "1"),
    (2_500, "2.5"),
    (5_000, "5"),
    (10_000, "10"),
];

/// How long something took, counted by class.
#[derive(Debug, Default)]
pub struct Durations {
    classes: [AtomicU64; CLASSES.len()],
    longer: AtomicU64,
    micros: AtomicU64,
}

/// What was counted, as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationsRead {
    /// The upper end of each class in seconds, and how many took no longer.
    pub classes: Vec<(&'static str, u64)>,
    /// How many in all.
    pub count: u64,
    /// How long in all, in seconds.
    pub seconds: f64,
}

impl Durations {
    /// It took so long once more.
    pub fn note(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let class = CLASSES.iter().position(|(end, _)| micros <= end.saturating_mul(1000));
        let number = class.and_then(|class| self.classes.get(class)).unwrap_or(&self.longer);
        number.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted until now.
    pub fn read(&self) -> DurationsRead {
        let mut count = 0_u64;
        let classes = CLASSES.iter().zip(&self.classes).map(|((_, end), number)| {
            count = count.saturating_add(number.load(Ordering::Relaxed));
            (*end, count)
        });
        let classes = classes.collect();
        let count = count.saturating_add(self.longer.load(Ordering::Relaxed));
        let seconds = Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64();
        DurationsRead { classes, count, seconds }
    }
}

/// Tells how long something takes, for numbers and lines; nothing is decided by it.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: tokio::time::Instant,
}

impl Stopwatch {
    /// From now on.
    pub fn start() -> Self {
        Self { started: clock::machine_instant() }
    }

    /// Until now.
    pub fn elapsed(&self) -> Duration {
        clock::machine_instant().saturating_duration_since(self.started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_a_number_and_a_word_of_its_own() {
        let counts = Counts::default();
        let mut all = Vec::new();
        for (_, _, acts) in Counted::FAMILIES {
            for (counted, _) in *acts {
                assert!(!all.contains(counted));
                counts.count(*counted);
                assert_eq!(counts.get(*counted), 1, "{counted:?}");
                all.push(*counted);
            }
        }
        assert_eq!(all.len(), NUMBERS);
    }

    #[test]
    fn a_duration_is_counted_in_every_class_that_holds_it() {
        let durations = Durations::default();
        for millis in [1, 4, 30_000] {
            durations.note(Duration::from_millis(millis));
        }
        let read = durations.read();
        let of = |end| read.classes.iter().find(|(known, _)| *known == end).unwrap().1;
        assert_eq!([of("0.001"), of("0.002"), of("0.005"), of("10"), read.count], [1, 1, 2, 2, 3]);
        assert!((read.seconds - 30.005).abs() < 0.000_001);
    }
}
