//! The link that is mailed to an address, and signs its reader in in the browser that asked for it.

use serde::{Deserialize, Serialize};

use super::mailed_code::wait_after;
use crate::domain::{Email, HandleKey, Interaction, Whereabouts};
use crate::protocol::Timestamp;

/// What is known of the link that was asked for last in a sign-in, whether anybody got it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRequest {
    /// For which address.
    pub email: Email,
    /// When.
    pub asked_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// How many were asked for before it, for this address.
    pub resent: u8,
}

impl LinkRequest {
    /// When another one may be asked for.
    pub fn next_at(&self) -> Timestamp {
        self.asked_at.plus(wait_after(self.resent))
    }
}

/// What a link to `/users/sign-in-with-magic-link` stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MagicLink {
    /// To whom it was sent.
    pub email: Email,
    /// The epoch of the account with this address when it was asked; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_epoch: Option<u32>,
    /// The sign-in for which it was asked; it opens nothing elsewhere.
    pub interaction: HandleKey<Interaction>,
    /// The name of the service that the sign-in leads to, if it leads to one.
    pub service: Option<String>,
    /// From where it was asked.
    #[serde(default)]
    pub whereabouts: Whereabouts,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used, or given up by the owner of the mailbox.
    pub over_at: Option<Timestamp>,
}

impl MagicLink {
    /// Whether it works now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.over_at.is_none() && !self.expires_at.has_come(now)
    }

    /// Uses the link up; `None` when it does not work any more.
    #[must_use]
    pub fn redeem(self, now: Timestamp) -> Option<Self> {
        self.is_open(now).then_some(Self { over_at: Some(now), ..self })
    }
}
