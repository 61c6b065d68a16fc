//! The invitation of an address: a link by mail with which its reader opens an account, and what it brings along.

use serde::{Deserialize, Serialize};

use super::Email;
use crate::domain::{Actor, OrganizationId, UserId};
use crate::protocol::Timestamp;

/// The organization that the invited person will belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedTo {
    /// Which one.
    pub organization_id: OrganizationId,
    /// Whether the person works for it without belonging to it.
    pub is_external: bool,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Nothing yet.
    Open,
    /// It was used.
    Accepted {
        /// By whom.
        user_id: UserId,
        /// When.
        at: Timestamp,
    },
    /// An operator took it back, or another one took its place.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

/// What a link to `/users/accept-invitation` stands for. What it gives is here and nowhere in the link (SEC-76).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// To whom it was sent.
    pub email: Email,
    /// What it brings along.
    pub organization: Option<InvitedTo>,
    /// By whom.
    pub invited_by: Actor,
    /// When.
    pub invited_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// What became of it.
    pub state: InvitationState,
}

impl Invitation {
    /// Whether it works now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == InvitationState::Open && !self.expires_at.has_come(now)
    }

    /// Uses it up; `None` when it does not work any more.
    #[must_use]
    pub fn accepted(self, user_id: UserId, now: Timestamp) -> Option<Self> {
        self.is_open(now).then_some(Self { state: InvitationState::Accepted { user_id, at: now }, ..self })
    }

    /// Takes it back; `None` when it does not work any more.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Option<Self> {
        self.is_open(now).then_some(Self { state: InvitationState::Revoked { at: now }, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_76_an_invitation_is_used_once_in_its_time_and_never_after_it_was_taken_back() {
        let open = Invitation {
            email: "marie@mairie.example".parse().unwrap(),
            organization: None,
            invited_by: Actor::System,
            invited_at: Timestamp(0),
            expires_at: Timestamp(10),
            state: InvitationState::Open,
        };
        let accepted = open.clone().accepted(UserId(1), Timestamp(9)).unwrap();
        assert!(accepted.clone().accepted(UserId(2), Timestamp(9)).is_none());
        assert!(accepted.revoked(Timestamp(9)).is_none());
        assert!(open.clone().accepted(UserId(1), Timestamp(10)).is_none());
        let revoked = open.revoked(Timestamp(9)).unwrap();
        assert!(revoked.accepted(UserId(1), Timestamp(9)).is_none());
    }
}
