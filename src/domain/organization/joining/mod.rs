//! Joining an organization: what an e-mail domain proves, who decides, and on what.

mod contact_proof;
mod decision;
mod email_domain;
mod mail_providers;
mod moderation;
#[cfg(test)]
mod tests;

pub use contact_proof::{ContactCode, ContactProof, ContactProofRefusal, normalized_words, words_of};
pub use decision::{
    Joining, JoiningFacts, JoiningPolicy, JoiningRefusal, KnownContact, RequestStanding, decide_joining,
};
pub use email_domain::{EmailDomain, EmailDomainStatus, MalformedEmailDomain, OrganizationDomain};
pub use mail_providers::{MailProviders, MailboxKind};
pub use moderation::{
    MalformedRejectionReason, Moderation, ModerationFault, ModerationId, ModerationKind, ModerationMove,
    ModerationNote, ModerationState, RejectionReason,
};
