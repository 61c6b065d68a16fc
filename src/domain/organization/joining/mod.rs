//! Joining an organization: what an e-mail domain proves, who decides, and on what.

mod acceptance;
mod applicant;
mod contact_proof;
mod decision;
mod email_domain;
mod look_alike;
mod mail_providers;
mod moderation;
mod moderation_link;
mod moderation_query;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use acceptance::{AcceptanceEffect, FormerDomain, FormerLink};
pub use applicant::{ApplicantFacts, FactMoved};
pub use contact_proof::{ContactCode, ContactProof, ContactProofRefusal, normalized_words, words_of};
pub use decision::{
    Joining, JoiningFacts, JoiningPolicy, JoiningRefusal, KnownContact, LinkStanding, RequestStanding, decide_joining,
};
pub use email_domain::{EmailDomain, EmailDomainStatus, MalformedEmailDomain, OrganizationDomain, UnweighedDomain};
pub use look_alike::{Likeness, LookAlike, look_alikes};
pub use mail_providers::{MailProviders, MailboxKind};
pub use moderation::{
    MalformedRejectionReason, Moderation, ModerationFault, ModerationId, ModerationKind, ModerationMove,
    ModerationNote, ModerationState, RejectionReason,
};
pub use moderation_link::{MODERATION_LINK_LIFETIME, ModerationLink};
pub use moderation_query::{Day, ModerationQuery, ModerationQueryFault, ModerationStanding};
