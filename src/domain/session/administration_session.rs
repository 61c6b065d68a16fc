//! The server-side record behind the cookie of administration: beside the session of a person, and for less time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SessionId;
use crate::domain::UserId;
use crate::protocol::Timestamp;

/// How long it lasts at most (SEC-90).
const ABSOLUTE: Duration = Duration::from_secs(8 * 3600);
/// How long it lasts unused (SEC-90).
const IDLE: Duration = Duration::from_secs(30 * 60);
/// How old the note of last use may get before it is written again.
const TOUCH_EVERY: u64 = 5 * 60;
/// How long it is kept at most.
pub const ADMINISTRATION_LIFETIME: Duration = ABSOLUTE;

/// A person at work in the console of administration. It holds nothing of their role, which is read anew at each request
/// (SEC-91), and counts in the session of the person in which it was opened, and in no other: it ends with that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministrationSession {
    /// Who.
    pub user_id: UserId,
    /// The session of theirs beside which it counts.
    pub session: SessionId,
    /// When it was opened, on a proof with a second factor.
    pub started_at: Timestamp,
    /// The last use, to within five minutes.
    pub last_used_at: Timestamp,
}

impl AdministrationSession {
    /// One that begins now.
    pub fn begin(user_id: UserId, session: SessionId, now: Timestamp) -> Self {
        Self { user_id, session, started_at: now, last_used_at: now }
    }

    /// The end however much it is used.
    pub fn latest_end(&self) -> Timestamp {
        self.started_at.plus(ABSOLUTE)
    }

    /// Whether it still counts.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        !self.last_used_at.plus(IDLE).min(self.latest_end()).has_come(now)
    }

    /// Whether the note of last use is old enough to be written again.
    pub fn wants_touch(&self, now: Timestamp) -> bool {
        now.seconds_since(self.last_used_at) >= TOUCH_EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_90_administration_ends_after_half_an_idle_hour_and_after_eight_hours_in_all() {
        let mut opened = AdministrationSession::begin(UserId(7), SessionId(String::from("s")), Timestamp(1000));
        assert!(opened.is_alive(Timestamp(1000 + 30 * 60 - 1)));
        assert!(!opened.is_alive(Timestamp(1000 + 30 * 60)));
        opened.last_used_at = Timestamp(1000 + 8 * 3600 - 60);
        assert!(opened.is_alive(Timestamp(1000 + 8 * 3600 - 1)));
        assert!(!opened.is_alive(Timestamp(1000 + 8 * 3600)));
        assert!(!opened.wants_touch(Timestamp(1000 + 8 * 3600)) && opened.wants_touch(Timestamp(1000 + 9 * 3600)));
    }
}
