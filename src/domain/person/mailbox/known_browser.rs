//! A browser in which a person signed in before.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{User, UserId, Whereabouts};
use crate::protocol::Timestamp;

/// How long a browser is known after a sign-in.
pub const KNOWN_BROWSER_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);
/// With less left than this, a sign-in makes it known anew.
const RENEWED_BELOW: u64 = 45 * 24 * 3600;

/// What the cookie of a known browser stands for. It proves nothing about who sits there: strangers who guess at the
/// person's password elsewhere do not slow down this browser, and its own wrong guesses are counted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBrowser {
    /// Whose browser it is.
    pub user_id: UserId,
    /// The person's epoch at the sign-in: a new password voids it, like all that they had open.
    pub user_epoch: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// Wrong passwords given here in a row.
    pub wrong_guesses: u32,
    /// The trust that a mailed secret given back here earned; `None` where none was, or where it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<BrowserTrust>,
}

/// A mailed secret was given back in a browser: that stands for the next ones (SEC-81).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserTrust {
    /// When it was.
    pub since: Timestamp,
    /// Until when it stands for the next ones.
    pub until: Timestamp,
    /// In what browser, and from where.
    #[serde(flatten)]
    pub whereabouts: Whereabouts,
}

impl KnownBrowser {
    /// A browser in which this person has just signed in.
    pub fn begin(user: &User, now: Timestamp) -> Self {
        Self {
            user_id: user.id,
            user_epoch: user.epoch,
            expires_at: now.plus(KNOWN_BROWSER_LIFETIME),
            wrong_guesses: 0,
            trust: None,
        }
    }

    /// Whether a mailed secret was given back in it, not long ago. Waives the next mailed code and nothing else.
    pub fn is_trusted(&self, now: Timestamp) -> bool {
        self.trust.as_ref().is_some_and(|trust| !trust.until.has_come(now))
    }

    /// Whether it still is a browser of this person.
    pub fn is_of(&self, user: &User, now: Timestamp) -> bool {
        self.user_id == user.id && user.honours(self.user_epoch) && !self.expires_at.has_come(now)
    }

    /// Whether it would soon be forgotten.
    pub fn wants_renewal(&self, now: Timestamp) -> bool {
        self.expires_at.seconds_since(now) < RENEWED_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_95_a_browser_is_known_to_one_person_for_ninety_days_and_not_beyond_a_new_password() {
        let now = Timestamp(1_000_000);
        let mut user = User::new(UserId(7), "jean@exemple.fr".parse().unwrap(), now);
        let known = KnownBrowser::begin(&user, now);
        let last_day = now.plus(Duration::from_secs(90 * 24 * 3600 - 1));
        assert!(known.is_of(&user, last_day) && !known.is_of(&user, now.plus(KNOWN_BROWSER_LIFETIME)));
        let other = User::new(UserId(8), "marie@exemple.fr".parse().unwrap(), now);
        assert!(!known.is_of(&other, now));
        assert!(!known.wants_renewal(now) && known.wants_renewal(last_day));
        user.epoch += 1;
        assert!(!known.is_of(&user, now), "everything that ends the person's sessions ends this too");
    }
}
