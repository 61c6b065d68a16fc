//! The single-use link by which a person chooses a password.

use serde::{Deserialize, Serialize};

use super::User;
use crate::domain::UserId;
use crate::protocol::Timestamp;

/// What a link to `/users/change-password` stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// Whose password it sets.
    pub user_id: UserId,
    /// The person's epoch when the link was made: everything that voids their sessions voids it too.
    pub user_epoch: u32,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// Whether it was mailed to the address of the account, and to nobody else: whoever uses it reads the mailbox.
    #[serde(default)]
    pub is_mailed: bool,
}

/// Why a link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordLinkRefusal {
    /// Its time is over.
    Expired,
    /// It was used before, or something made it void.
    Void,
}

impl PasswordLink {
    /// Uses the link up.
    ///
    /// # Errors
    /// Why it cannot be used; nothing changes then.
    pub fn redeem(self, user: &User, now: Timestamp) -> Result<Self, PasswordLinkRefusal> {
        self.check(user, now)?;
        Ok(Self { used_at: Some(now), ..self })
    }

    /// Whether the link would work now.
    ///
    /// # Errors
    /// Why it would not.
    pub fn check(&self, user: &User, now: Timestamp) -> Result<(), PasswordLinkRefusal> {
        if self.used_at.is_some() || !user.honours(self.user_epoch) {
            return Err(PasswordLinkRefusal::Void);
        }
        if self.expires_at.has_come(now) {
            return Err(PasswordLinkRefusal::Expired);
        }
        Ok(())
    }
}
