//! That a session is over, to be told to a service that was reached in it (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Session, SessionId};
use crate::domain::{ClientId, UserId};
use crate::protocol::Timestamp;

/// How often a service is called at most (SEC-128).
const MOST_CALLS: u8 = 3;
/// How long is waited after a call that failed: before the second one, and before the third.
const WAITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];
/// How long after the latest end of its session a notice is still worth sending.
const WORTH_SENDING: Duration = Duration::from_secs(24 * 3600);

/// What one service is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutNotice {
    /// The service.
    pub client_id: ClientId,
    /// Who was signed in.
    pub user_id: UserId,
    /// The session that is over.
    pub session_id: SessionId,
    /// From when on it is told to nobody any more.
    pub expires_at: Timestamp,
    /// How many calls failed.
    #[serde(default)]
    pub failures: u8,
}

impl LogoutNotice {
    /// That of a session, for one of the services that were reached in it.
    pub fn of(session: &Session, client_id: &ClientId) -> Self {
        Self {
            client_id: client_id.clone(),
            user_id: session.user_id,
            session_id: session.id.clone(),
            expires_at: session.latest_end().plus(WORTH_SENDING),
            failures: 0,
        }
    }

    /// The same after a call that failed, with how long is waited before the next one; `None` where it is given up.
    pub fn failed(self) -> Option<(Self, Duration)> {
        let failures = self.failures.saturating_add(1);
        let wait = WAITS.get(usize::from(self.failures)).copied().filter(|_| failures < MOST_CALLS)?;
        Some((Self { failures, ..self }, wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Factor, Proof};

    #[test]
    fn sec_128_a_service_is_called_three_times_and_no_more() {
        let proof = Proof { factor: Factor::Password, at: Timestamp(1_000_000) };
        let session = Session::begin(SessionId(String::from("s")), UserId(7), 0, proof);
        let notice = LogoutNotice::of(&session, &"service".parse().unwrap());
        assert_eq!(notice.expires_at, Timestamp(1_000_000 + 48 * 3600));
        let (notice, wait) = notice.failed().unwrap();
        assert_eq!((notice.failures, wait.as_secs()), (1, 10));
        let (notice, wait) = notice.failed().unwrap();
        assert_eq!((notice.failures, wait.as_secs()), (2, 60));
        assert_eq!(notice.failed(), None);
    }
}
