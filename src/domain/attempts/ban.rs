//! A wait that is long enough to outlive a restart.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// How long an address that nobody has stays suspended: as long as an account that nobody uses is kept.
pub const SUSPENSION_LIFETIME: Duration = Duration::from_secs(36 * 30 * 24 * 3600);
/// From which length on a wait is kept in the store.
const KEPT_FROM: u64 = 5 * 60;

/// Who may not try again before when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The key under which it is counted.
    pub subject: u64,
    /// The end of the wait.
    pub until: Timestamp,
    /// What was counted.
    pub banned: Banned,
}

/// What a ban is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Banned {
    /// Guesses at one secret.
    Guesses {
        /// Waits imposed so far.
        level: u32,
    },
    /// Guesses at the password of an address of which the store counts none, because nobody has it: it is suspended like that
    /// of somebody.
    Nobody,
    /// Failures of one source, or of one client from one source.
    Source,
}

impl Ban {
    /// A ban, if it is long enough to be kept.
    pub fn lasting(subject: u64, until: Timestamp, banned: Banned, now: Timestamp) -> Option<Self> {
        (until.seconds_since(now) >= KEPT_FROM).then_some(Self { subject, until, banned })
    }

    /// Until when its record is of use.
    pub fn retained_until(&self) -> Timestamp {
        self.until
    }
}
