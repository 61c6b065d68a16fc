//! The link between a person and an organization, and how it was proven.

use serde::{Deserialize, Serialize};

use crate::domain::{Actor, Deed, Email, OrganizationId, UserId};
use crate::protocol::Timestamp;

/// How the right to act for the organization was proven. The words are those of the original's `verification_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// The e-mail domain is approved for the organization.
    Domain,
    /// The e-mail address is the organization's own, of a public directory.
    OfficialContactEmail,
    /// A code that was sent to the organization's own address was given back.
    CodeSentToOfficialContactEmail,
    /// A moderator received a proof.
    ProofReceived,
    /// A moderator or an administrator decided, by what they saw or knew; no proof was kept.
    ManualDecision,
    /// An operator invited the person.
    Invitation,
    /// A moderator found the person among the representatives in the register of enterprises.
    InListeDirigeantsRne,
    /// A moderator found the person among the representatives in the register of associations.
    InListeDirigeantsRna,
    /// The e-mail domain is that of a professional order, whose members it is given to.
    OrdreProfessionnelDomain,
    /// The e-mail domain is known and not reviewed yet.
    DomainNotVerifiedYet,
    /// The instance moderates nobody.
    Bypassed,
    /// Nothing proves it: the business of one person.
    NoVerificationMeansForEntrepriseUnipersonnelle,
    /// Nothing proves it: a small association.
    NoVerificationMeansForSmallAssociation,
    /// Nothing proves it: a farm or a property company.
    NoVerificationMeansForSmallOrganization,
    /// Nothing proves it.
    Unverified,
}

impl Verification {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::OfficialContactEmail => "official_contact_email",
            Self::CodeSentToOfficialContactEmail => "code_sent_to_official_contact_email",
            Self::ProofReceived => "proof_received",
            Self::ManualDecision => "manual_decision",
            Self::Invitation => "invitation",
            Self::InListeDirigeantsRne => "in_liste_dirigeants_rne",
            Self::InListeDirigeantsRna => "in_liste_dirigeants_rna",
            Self::OrdreProfessionnelDomain => "ordre_professionnel_domain",
            Self::DomainNotVerifiedYet => "domain_not_verified_yet",
            Self::Bypassed => "bypassed",
            Self::NoVerificationMeansForEntrepriseUnipersonnelle => {
                "no_verification_means_for_entreprise_unipersonnelle"
            }
            Self::NoVerificationMeansForSmallAssociation => "no_verification_means_for_small_association",
            Self::NoVerificationMeansForSmallOrganization => "no_verification_means_for_small_organization",
            Self::Unverified => "unverified",
        }
    }

    /// Whether it still holds when the person has the address `after` in place of `before`: what the address or its domain
    /// proved is proven under no other one (SEC-102).
    pub fn holds_under(self, before: &Email, after: &Email) -> bool {
        match self {
            Self::OfficialContactEmail => before == after,
            Self::Domain | Self::OrdreProfessionnelDomain | Self::DomainNotVerifiedYet => {
                before.domain() == after.domain()
            }
            Self::CodeSentToOfficialContactEmail
            | Self::ProofReceived
            | Self::ManualDecision
            | Self::Invitation
            | Self::InListeDirigeantsRne
            | Self::InListeDirigeantsRna
            | Self::Bypassed
            | Self::NoVerificationMeansForEntrepriseUnipersonnelle
            | Self::NoVerificationMeansForSmallAssociation
            | Self::NoVerificationMeansForSmallOrganization
            | Self::Unverified => true,
        }
    }

    /// Whether something proves the link: the claim `organization_verified`. Without it the link is told to no client
    /// that insists on verified ones (SEC-108).
    pub fn is_proven(self) -> bool {
        match self {
            Self::Domain
            | Self::OfficialContactEmail
            | Self::CodeSentToOfficialContactEmail
            | Self::ProofReceived
            | Self::ManualDecision
            | Self::Invitation
            | Self::InListeDirigeantsRne
            | Self::InListeDirigeantsRna
            | Self::OrdreProfessionnelDomain => true,
            Self::DomainNotVerifiedYet
            | Self::Bypassed
            | Self::NoVerificationMeansForEntrepriseUnipersonnelle
            | Self::NoVerificationMeansForSmallAssociation
            | Self::NoVerificationMeansForSmallOrganization
            | Self::Unverified => false,
        }
    }
}

/// Whether the person was welcomed in the organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    /// The page that welcomes them is still to come.
    Due,
    /// It was shown, or is not wanted.
    #[default]
    Done,
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
    /// Whether the person was welcomed.
    #[serde(default)]
    pub greeting: Greeting,
    /// Who made it; `None` where it was made before that was kept, and the audit does not tell.
    #[serde(default)]
    pub made_by: Option<Actor>,
    /// Who saw that it is proven, and when: the program, where a rule does. `None` where nothing proves it, and where that
    /// was before it was kept, and the audit does not tell (SEC-108).
    #[serde(default)]
    pub verified: Option<Deed>,
    /// When it began; memberships are listed in this order.
    pub created_at: Timestamp,
    /// Its last change.
    pub updated_at: Timestamp,
}

impl Membership {
    /// A link that somebody makes, and whose person is still to be welcomed.
    pub fn begin(
        (user_id, organization_id): (UserId, OrganizationId),
        verification: Verification,
        is_external: bool,
        made: Deed,
    ) -> Self {
        Self {
            user_id,
            organization_id,
            is_external,
            verification,
            greeting: Greeting::Due,
            created_at: made.at,
            updated_at: made.at,
            made_by: Some(made.by.clone()),
            verified: verification.is_proven().then_some(made),
        }
    }

    /// The same for somebody who needs no welcome.
    #[must_use]
    pub fn greeted(self) -> Self {
        Self { greeting: Greeting::Done, ..self }
    }

    /// The same, proven or not by a deed. What proved it before in the same way proves it still.
    #[must_use]
    pub fn weighed(self, verification: Verification, deed: Deed) -> Self {
        let updated_at = deed.at;
        let verified = match verification == self.verification && self.verified.is_some() {
            true => self.verified,
            false => verification.is_proven().then_some(deed),
        };
        Self { verification, verified, updated_at, ..self }
    }
}
