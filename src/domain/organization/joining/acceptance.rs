//! What an acceptance changed beside its request, so that it can be taken back.

use serde::{Deserialize, Serialize};

use super::{EmailDomain, OrganizationDomain};
use crate::domain::{Deed, Email, Membership, Verification};
use crate::protocol::Timestamp;

/// What an acceptance changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceEffect {
    /// The link as it was, where there was one and it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<FormerLink>,
    /// The domain that it approved, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<FormerDomain>,
}

/// A link as it was before an acceptance changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerLink {
    /// Whether the person worked for the organization without belonging to it.
    pub is_external: bool,
    /// How it was proven.
    pub verification: Verification,
    /// Who had seen that, and when.
    pub verified: Option<Deed>,
    /// The person's address then.
    pub email: Email,
}

/// A domain as it was before an acceptance approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerDomain {
    /// The domain.
    pub domain: EmailDomain,
    /// What it was; nothing where nobody had spoken of it.
    pub before: Option<OrganizationDomain>,
}

impl FormerLink {
    /// The link of a person with this address.
    pub fn of(link: &Membership, email: &Email) -> Self {
        Self {
            is_external: link.is_external,
            verification: link.verification,
            verified: link.verified.clone(),
            email: email.clone(),
        }
    }

    /// The link as it was, for a person whose address is `email` now; what the domain of it proved is proven only where it is
    /// approved still.
    pub fn put_back(self, link: Membership, email: &Email, is_domain_approved: bool, now: Timestamp) -> Membership {
        let verification = if !self.verification.holds_under(&self.email, email) {
            Verification::Unverified
        } else if self.verification == Verification::Domain && !is_domain_approved {
            Verification::DomainNotVerifiedYet
        } else {
            self.verification
        };
        let verified = self.verified.filter(|_| verification == self.verification);
        Membership { is_external: self.is_external, verification, verified, updated_at: now, ..link }
    }
}

impl Membership {
    /// Whether nothing but this deed proves it; where nothing does, whether it was made by it.
    pub fn rests_on(&self, deed: &Deed) -> bool {
        match &self.verified {
            Some(verified) => verified == deed,
            None => self.made_by.as_ref() == Some(&deed.by) && self.created_at == deed.at,
        }
    }

    /// Whether it was made by this deed.
    pub fn was_made_by(&self, deed: &Deed) -> bool {
        self.made_by.as_ref() == Some(&deed.by) && self.created_at == deed.at
    }
}

impl OrganizationDomain {
    /// Whether it is approved by this deed.
    pub fn rests_on(&self, deed: &Deed) -> bool {
        self.status.is_approved() && self.decided_by.as_ref() == Some(&deed.by) && self.updated_at == deed.at
    }
}
