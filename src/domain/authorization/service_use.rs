//! That a person uses a service, and that they do not want to any more.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{ClientId, UserId};
use crate::protocol::Timestamp;

/// How old the note of last use may get before it is written again.
const NOTED_EVERY: Duration = Duration::from_secs(5 * 60);

/// Whether a person uses a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceUseState {
    /// They do.
    InUse {
        /// The first time.
        since: Timestamp,
        /// The last time, to within five minutes.
        last: Timestamp,
    },
    /// They took it back: the service is told nothing more before they allow it anew.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

/// What is known of one person and one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUse {
    /// Who.
    pub user_id: UserId,
    /// Which service.
    pub client_id: ClientId,
    /// Raised to void everything that the service was granted by this person.
    pub epoch: u32,
    /// Whether they use it.
    pub state: ServiceUseState,
}

impl ServiceUse {
    /// The first use.
    pub fn begin(user_id: UserId, client_id: ClientId, now: Timestamp) -> Self {
        Self { user_id, client_id, epoch: 0, state: ServiceUseState::InUse { since: now, last: now } }
    }

    /// Another use; `None` when what is noted says enough.
    pub fn used(self, now: Timestamp) -> Option<Self> {
        let state = match self.state {
            ServiceUseState::InUse { last, .. } if now.seconds_since(last) < NOTED_EVERY.as_secs() => return None,
            ServiceUseState::InUse { since, .. } => ServiceUseState::InUse { since, last: now },
            ServiceUseState::Revoked { .. } => ServiceUseState::InUse { since: now, last: now },
        };
        Some(Self { state, ..self })
    }

    /// The person takes it back: nothing that the service was granted is honoured any more.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        Self { epoch: self.epoch.saturating_add(1), state: ServiceUseState::Revoked { at: now }, ..self }
    }

    /// Whether the person took it back, and did not allow it anew.
    pub fn is_revoked(&self) -> bool {
        match self.state {
            ServiceUseState::Revoked { .. } => true,
            ServiceUseState::InUse { .. } => false,
        }
    }

    /// First and last use, while it is in use.
    pub fn in_use(&self) -> Option<(Timestamp, Timestamp)> {
        match self.state {
            ServiceUseState::InUse { since, last } => Some((since, last)),
            ServiceUseState::Revoked { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_every_five_minutes_and_one_that_was_taken_back_begins_anew() {
        let first = ServiceUse::begin(UserId(7), "service".parse().unwrap(), Timestamp(1000));
        assert_eq!(first.clone().used(Timestamp(1299)), None);
        let later = first.used(Timestamp(1300)).unwrap();
        assert_eq!(later.in_use(), Some((Timestamp(1000), Timestamp(1300))));
        let revoked = later.revoked(Timestamp(1301));
        assert!(revoked.is_revoked() && revoked.epoch == 1 && revoked.in_use().is_none());
        let again = revoked.used(Timestamp(1302)).unwrap();
        assert_eq!((again.epoch, again.in_use()), (1, Some((Timestamp(1302), Timestamp(1302)))));
    }
}
