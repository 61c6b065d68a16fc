//! What a moderator does: looks at requests, weighs them, decides on them once, takes a decision back, writes things down.
//!
//! Whoever moderates some organizations only meets no request for another one: it is not there (SEC-141).

mod authors;
mod decisions;
mod dossier;
mod links;
mod listing;
mod reach;
mod undoing;

use super::organizations::OrganizationKey;
use super::users::UserKey;
use crate::domain::{
    ApplicantFacts, EmailDomain, EmailDomainStatus, FactMoved, ModerationFault, ModerationQuery, Organization,
    RejectionReason, User, Verification,
};
use crate::domain::{Moderation, ModerationId};

pub use authors::list_authors;
pub use decisions::{accept_moderation, comment_moderation, reject_moderation, reopen_moderation};
pub use dossier::{Contacts, ModerationDossier, view_moderation};
pub(in crate::acts) use links::{Heralds, those_who_moderate};
pub use links::{LinkDecision, LinkOutcome, ModerationLinkPlace, decide_by_moderation_link, look_at_moderation_link};
pub use listing::{ModerationPage, list_moderations, list_more_moderations};
pub(super) use reach::{has_right, is_delegated, may_decide, may_enter};
pub use undoing::{LinkUndone, Undoing};

/// Why nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModerationRefusal {
    /// There is no such request, for this moderator.
    Unknown,
    /// There is no such organization.
    UnknownOrganization,
    /// The request cannot be moved so.
    Fault(ModerationFault),
    /// Anybody has an address at this host: it is approved for nobody (SEC-108).
    OpenToAnybody(EmailDomain),
    /// The instance keeps no links that nothing proves.
    Unverified,
    /// The domain is nothing for the organization.
    UnknownDomain,
    /// Too much was written down about it already.
    TooManyNotes,
    /// The establishment is closed: nobody joins it any more (SEC-107).
    Closed,
    /// No source of the register has said yet what the organization is (SEC-199).
    Unconfirmed,
    /// Nobody decides on their own request.
    Own,
    /// The person is not any more as whoever decides was shown them.
    Moved(FactMoved),
    /// Nobody approves the domain of their own address for an organization of which nothing proves that they are a member.
    OwnDomain(EmailDomain),
    /// The person belongs to the organization by another act than this request: that link is taken away first, or stays.
    Linked,
}

/// Which requests are listed.
#[derive(Debug, Clone, Default)]
pub struct ModerationFilter {
    /// What is looked for.
    pub query: ModerationQuery,
    /// Of this person, over the address in the query.
    pub user: Option<UserKey>,
    /// For this organization, over the number in the query.
    pub organization: Option<OrganizationKey>,
}

/// A request in a list.
#[derive(Debug, Clone)]
pub struct ListedModeration {
    /// The request.
    pub request: Moderation,
    /// Who asked.
    pub user: User,
    /// For which organization.
    pub organization: Organization,
    /// The name of the service that the sign-in led to.
    pub service: Option<String>,
    /// Who decided, by their name.
    pub decider: Option<String>,
}

/// Others who wait for the same organization with the same domain: nobody where anybody has an address at that host
/// (SEC-108).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimilarOnes {
    /// They wait on.
    Left,
    /// Whoever waits at that moment.
    All,
    /// Those up to this number, the last one that the moderator saw.
    UpTo(ModerationId),
}

impl SimilarOnes {
    fn has(self, id: ModerationId) -> bool {
        match self {
            Self::Left => false,
            Self::All => true,
            Self::UpTo(last) => id <= last,
        }
    }
}

/// What whoever decides was shown of the person: it has to be so still when they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shown {
    /// The domain of the address with which they asked.
    #[default]
    Request,
    /// An address of this domain.
    Domain(EmailDomain),
    /// Everything that a page shows.
    Applicant(Box<ApplicantFacts>),
}

/// How a person is let in.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The person who is.
    pub shown: Shown,
    /// Whether they work for the organization without belonging to it.
    pub is_external: bool,
    /// How it was proven; without it by the domain where that is approved, else by nothing but the decision.
    pub verification: Option<Verification>,
    /// What the person's domain is for the organization from now on, if anything is to change.
    pub domain: Option<EmailDomainStatus>,
    /// Which of those who wait for the same organization with the same domain are let in likewise.
    pub similar: SimilarOnes,
    /// Whether the person is told.
    pub notify: bool,
    /// What the moderator writes down.
    pub note: Option<String>,
}

/// How a person is refused.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// The person who is.
    pub shown: Shown,
    /// What the person reads.
    pub reason: Option<RejectionReason>,
    /// Whether they may correct their request.
    pub may_be_corrected: bool,
    /// Whether nobody joins the organization with the person's domain from now on.
    pub refuses_domain: bool,
    /// Whether the person is told.
    pub notify: bool,
    /// What the moderator writes down.
    pub note: Option<String>,
}

/// A request that was decided, and others with it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The request.
    pub request: Moderation,
    /// Those that were let in likewise.
    pub others: Vec<ModerationId>,
}
