//! Which step of a sign-in comes next: one table, from facts to step. The first line that holds decides; this is the table
//! itself, as the code has it.
//!
#![doc = include_str!("table.md")]
//!
//! The code of an organization, which goes to the organization's own address, is asked before an organization is chosen: it
//! belongs to joining one. The link is made once the code was given back, so that whatever can be chosen is proven, and whoever
//! belongs to others already is not kept waiting by a code that they gave up. Then one is chosen, then comes its welcome.

mod rules;
#[cfg(test)]
mod tests;

use super::{MailboxStanding, ModerationId, OrganizationId};
use crate::protocol::ErrorCode;
pub use rules::{next, table};

/// Something that a request may demand once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Not asked.
    Absent,
    /// Asked, and not done yet.
    Open,
    /// Asked and done.
    Done,
}

impl Demand {
    /// A demand that is asked or not, done or not.
    pub fn of(asked: bool, done: bool) -> Self {
        match (asked, done) {
            (false, _) => Self::Absent,
            (true, false) => Self::Open,
            (true, true) => Self::Done,
        }
    }
}

/// Whether the person is the one that the request names by a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// No one is named, or it is this person.
    Expected,
    /// Somebody else is named, and this person was signed in already.
    Other,
    /// Somebody else is named, and this person signed in when asked for them.
    OtherAfterSignIn,
}

/// How the second factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// Nothing demands one, or one was given.
    Settled,
    /// One is demanded, and the person has one.
    Wanted,
    /// One is demanded, and the person has none; with whether they proved who they are a short while ago, without which
    /// none is set up.
    Missing {
        /// Whether they did.
        is_proof_recent: bool,
    },
}

/// What is known of the person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFacts {
    /// Whether they are who the request names.
    pub identity: Identity,
    /// How their second factor stands.
    pub second_factor: SecondFactor,
    /// Whether their mailbox is proven, and this browser theirs.
    pub mailbox: MailboxStanding,
    /// Whether both names are known.
    pub names_known: bool,
    /// Whether only an administrator can let them in.
    pub is_held: bool,
    /// Where they stand with organizations.
    pub affiliation: Affiliation,
}

/// Where a person stands with organizations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Affiliation {
    /// How many organizations this client may hear of.
    pub organizations: usize,
    /// Whether one of them is chosen, or the only one.
    pub is_chosen: bool,
    /// The organization that the person began to prove by its own address that they belong to.
    pub contact_proof: Option<OrganizationId>,
    /// The request of the person that waits for a moderator.
    pub pending_request: Option<ModerationId>,
    /// The organization chosen, where the person was not welcomed yet.
    pub welcome_due: Option<OrganizationId>,
}

/// What the request demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// A credential presented after the request came (`prompt=login`, `max_age`).
    pub fresh_sign_in: Demand,
    /// The account confirmed (`prompt=select_account`).
    pub account: Demand,
    /// A level of assurance that the session does not reach and that no step can add.
    pub assurance_out_of_reach: bool,
    /// The personal information looked at (`prompt=update_userinfo`).
    pub information: Demand,
    /// One organization to act for.
    pub one_organization: bool,
    /// At least one organization.
    pub any_organization: bool,
    /// The organization that the client names and the person does not belong to, until another one is chosen.
    pub hinted_organization: Demand,
    /// The chooser, even with an organization chosen (`prompt=select_organization`).
    pub organization_chooser: Demand,
    /// Consent (`prompt=consent`).
    pub consent: Demand,
}

impl Demands {
    /// Nothing but being signed in.
    pub const NONE: Self = Self {
        fresh_sign_in: Demand::Absent,
        account: Demand::Absent,
        assurance_out_of_reach: false,
        information: Demand::Absent,
        one_organization: false,
        any_organization: false,
        hinted_organization: Demand::Absent,
        organization_chooser: Demand::Absent,
        consent: Demand::Absent,
    };
}

/// Everything that decides the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The person signed in, if the session is alive and the account usable.
    pub person: Option<PersonFacts>,
    /// What the request demands.
    pub demands: Demands,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Present a credential.
    SignIn,
    /// Confirm the account.
    SelectAccount,
    /// Give a second factor.
    SecondFactor,
    /// Give back a code that is mailed.
    VerifyEmail,
    /// Ask an administrator to be let in.
    AskAdministrator,
    /// Set a second factor up.
    SetUpSecondFactor,
    /// Give or look at names, telephone and position.
    PersonalInformation,
    /// Join an organization.
    JoinOrganization,
    /// Give back the code that was sent to an organization's own address.
    OfficialContact(OrganizationId),
    /// Wait for a moderator.
    ModerationPending(ModerationId),
    /// Choose the organization to act for.
    SelectOrganization,
    /// Be welcomed in an organization.
    Welcome(OrganizationId),
    /// Allow what the client asks.
    Consent,
    /// Tell the client that it cannot be.
    Refuse(ErrorCode),
    /// Everything is there.
    Finish,
}

impl Step {
    /// What it is, as the table names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign in",
            Self::SelectAccount => "confirm the account",
            Self::SecondFactor => "give a second factor",
            Self::VerifyEmail => "give back a mailed code",
            Self::AskAdministrator => "ask an administrator",
            Self::SetUpSecondFactor => "set up a second factor",
            Self::PersonalInformation => "personal information",
            Self::JoinOrganization => "join an organization",
            Self::OfficialContact(_) => "give back the code of the organization",
            Self::ModerationPending(_) => "wait for a moderator",
            Self::SelectOrganization => "choose an organization",
            Self::Welcome(_) => "welcome",
            Self::Consent => "consent",
            Self::Refuse(_) => "tell the client that it cannot be",
            Self::Finish => "back to the client",
        }
    }

    /// What a client that forbids any page (`prompt=none`) is told instead of this step; `None` when no page is
    /// needed (OpenID Connect Core §3.1.2.6).
    pub fn error_without_pages(self) -> Option<ErrorCode> {
        match self {
            Self::SignIn => Some(ErrorCode::LoginRequired),
            Self::SelectAccount => Some(ErrorCode::AccountSelectionRequired),
            Self::SecondFactor
            | Self::VerifyEmail
            | Self::AskAdministrator
            | Self::SetUpSecondFactor
            | Self::PersonalInformation
            | Self::JoinOrganization
            | Self::OfficialContact(_)
            | Self::ModerationPending(_)
            | Self::SelectOrganization
            | Self::Welcome(_) => Some(ErrorCode::InteractionRequired),
            Self::Consent => Some(ErrorCode::ConsentRequired),
            Self::Refuse(code) => Some(code),
            Self::Finish => None,
        }
    }
}
