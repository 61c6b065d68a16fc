//! Whether a person is known to read their mailbox, and to be the one in this browser.

use std::time::Duration;

use crate::domain::{Session, User};
use crate::protocol::Timestamp;

/// What the operator asks of mailboxes and browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxPolicy {
    /// How long a proof counts.
    pub proof_lifetime: Duration,
    /// Whether a password opens nothing by itself in a browser in which no mailed secret was given back.
    pub asks_in_new_browsers: bool,
    /// How long a browser is trusted after that.
    pub trust_lifetime: Duration,
}

impl MailboxPolicy {
    /// Proofs of ninety days, browsers trusted for thirty.
    pub const STANDARD: Self = Self {
        proof_lifetime: Duration::from_secs(90 * 24 * 3600),
        asks_in_new_browsers: true,
        trust_lifetime: Duration::from_secs(30 * 24 * 3600),
    };
}

/// How a mailbox stands, in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxStanding {
    /// Proven, not long ago, and this browser is trusted.
    Proven,
    /// It was never proven.
    Unproven,
    /// The proof is too old.
    Stale,
    /// The person has not given back a mailed secret in this browser.
    NewBrowser,
}

impl MailboxStanding {
    /// How the mailbox of the person signed in stands.
    pub fn of(user: &User, session: &Session, policy: MailboxPolicy, now: Timestamp) -> Self {
        match user.email_verified_at {
            None => Self::Unproven,
            Some(_) if !user.proved_mailbox_since_held() => Self::Stale,
            Some(at) if at.plus(policy.proof_lifetime).has_come(now) => Self::Stale,
            Some(_) if policy.asks_in_new_browsers && !session.is_in_trusted_browser => Self::NewBrowser,
            Some(_) => Self::Proven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Factor, Proof, SessionId, UserId};

    #[test]
    fn sec_102_a_proof_of_the_mailbox_lasts_ninety_days_to_the_second() {
        let now = Timestamp(1_000_000_000);
        let mut user = User::new(UserId(7), "jean@exemple.fr".parse().unwrap(), now);
        let proof = Proof { factor: Factor::Password, at: now };
        let mut session = Session::begin(SessionId(String::from("s")), user.id, 0, proof);
        let of = |user: &User, session: &Session, at| MailboxStanding::of(user, session, MailboxPolicy::STANDARD, at);
        assert_eq!(of(&user, &session, now), MailboxStanding::Unproven);
        user.email_verified_at = Some(now);
        assert_eq!(of(&user, &session, now), MailboxStanding::NewBrowser);
        session.is_in_trusted_browser = true;
        let last = now.plus(Duration::from_secs(90 * 24 * 3600 - 1));
        assert_eq!(of(&user, &session, last), MailboxStanding::Proven);
        assert_eq!(of(&user, &session, last.plus(Duration::from_secs(1))), MailboxStanding::Stale);
        session.is_in_trusted_browser = false;
        let relaxed = MailboxPolicy { asks_in_new_browsers: false, ..MailboxPolicy::STANDARD };
        assert_eq!(MailboxStanding::of(&user, &session, relaxed, last), MailboxStanding::Proven);
    }
}
