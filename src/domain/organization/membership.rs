//! The link between a person and an organization, and how it was proven.

use serde::{Deserialize, Serialize};

use crate::domain::{OrganizationId, UserId};
use crate::protocol::Timestamp;

/// How the right to act for the organization was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// The e-mail domain is approved for the organization.
    Domain,
    /// The e-mail domain is known and not reviewed yet.
    DomainNotVerifiedYet,
    /// A moderator received a proof.
    ProofReceived,
    /// Nothing proves it.
    Unverified,
}

impl Verification {
    /// Whether the link may be told to a client that insists on links with a ground, be it a domain not reviewed yet.
    pub fn may_be_released(self) -> bool {
        match self {
            Self::Domain | Self::ProofReceived | Self::DomainNotVerifiedYet => true,
            Self::Unverified => false,
        }
    }

    /// Whether something proves the link: the claim `organization_verified`.
    pub fn is_proven(self) -> bool {
        match self {
            Self::Domain | Self::ProofReceived => true,
            Self::DomainNotVerifiedYet | Self::Unverified => false,
        }
    }
}

/// One person in one organization; at most one for each pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Who.
    pub user_id: UserId,
    /// In which organization.
    pub organization_id: OrganizationId,
    /// Whether the person works for the organization without belonging to it.
    pub is_external: bool,
    /// How the link was proven.
    pub verification: Verification,
    /// When it began; memberships are listed in this order.
    pub created_at: Timestamp,
    /// Its last change.
    pub updated_at: Timestamp,
}
