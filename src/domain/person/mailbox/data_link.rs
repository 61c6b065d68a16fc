//! The single-use link by which a person takes away what is known about them (SEC-169).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{User, UserId};
use crate::protocol::Timestamp;

/// How long such a link works.
pub const DATA_LINK_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// What it stands for. It opens nothing by itself: whoever uses it is signed in as that person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataLink {
    /// Whose data.
    pub user_id: UserId,
    /// The person's epoch when it was asked for: everything that voids their sessions voids it too.
    pub user_epoch: u32,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl DataLink {
    /// Whether it is good for this person now.
    pub fn is_good(&self, user: &User, now: Timestamp) -> bool {
        self.user_id == user.id && user.honours(self.user_epoch) && !self.expires_at.has_come(now)
    }
}
