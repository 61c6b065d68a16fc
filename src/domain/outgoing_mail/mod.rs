//! Mails waiting to leave. A new kind is a variant here, a pair of templates, and its texts.

mod alert;
mod samples;

use serde::{Deserialize, Serialize};

use super::{AccountAct, Carried, Email, PersonalInformationChange, SealedSecret};
use crate::protocol::{Locale, Timestamp};
pub use alert::{Alert, AlertNote};

/// What a mail says; its text is made when it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailContent {
    /// Somebody signed in to the account from a browser.
    NewSignIn {
        /// When.
        at: Timestamp,
        /// The name of the service that asked, if one did.
        service: Option<String>,
    },
    /// Somebody was given the role of an administrator, or lost it.
    AdministratorsChanged {
        /// When.
        at: Timestamp,
        /// Whose role changed.
        about: Email,
    },
    /// A code to give back in the browser that asked for it.
    EmailCode {
        /// When it opens nothing any more.
        expires_at: Timestamp,
        /// The name of the service that the sign-in leads to, if it leads to one.
        service: Option<String>,
    },
    /// A link to sign in with, in the browser that asked for it.
    MagicLink {
        /// When it does not work any more.
        expires_at: Timestamp,
        /// The name of the service that the sign-in leads to, if it leads to one.
        service: Option<String>,
    },
    /// A link to choose a password with.
    PasswordLink {
        /// When it does not work any more.
        expires_at: Timestamp,
    },
    /// A link to take away what is known about the reader.
    DataLink {
        /// When it does not work any more.
        expires_at: Timestamp,
    },
    /// A second factor was set up.
    SecondFactorAdded {
        /// When.
        at: Timestamp,
    },
    /// Second factors were taken away.
    SecondFactorRemoved {
        /// When.
        at: Timestamp,
    },
    /// The second factor is asked on demand only from now on.
    SecondFactorOnDemand {
        /// When.
        at: Timestamp,
    },
    /// Too many wrong codes were given: no second factor is tried any more.
    SecondFactorSuspended {
        /// When.
        at: Timestamp,
    },
    /// Recovery codes were made; those of before are dead.
    RecoveryCodesMade {
        /// When.
        at: Timestamp,
    },
    /// A passkey was added.
    PasskeyAdded {
        /// When.
        at: Timestamp,
    },
    /// A passkey was taken away.
    PasskeyRemoved {
        /// When.
        at: Timestamp,
    },
    /// A passkey is not accepted any more, because its authenticator counted backwards.
    PasskeySuspended {
        /// When.
        at: Timestamp,
    },
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// When.
        at: Timestamp,
        /// How many are left.
        left: usize,
        /// Whether it is time to make new ones.
        are_few: bool,
    },
    /// An operator asked for the removal of the second factors; the link in it stops that.
    FactorRemovalAsked {
        /// When it is carried out.
        due_at: Timestamp,
        /// Why, in the operator's words.
        reason: String,
    },
    /// That removal was stopped.
    FactorRemovalStopped {
        /// When.
        at: Timestamp,
    },
    /// That removal was carried out.
    FactorRemovalDone {
        /// When.
        at: Timestamp,
    },
    /// Nobody uses the account: it will be erased, unless its owner comes back.
    UnusedAccount {
        /// From when on.
        erased_from: Timestamp,
    },
    /// An operator invites the reader to open an account by the link in it.
    Invitation {
        /// When it does not work any more.
        expires_at: Timestamp,
        /// The organization that the reader will belong to.
        organization: Option<String>,
    },
    /// The password of the account was changed.
    PasswordChanged {
        /// When.
        at: Timestamp,
    },
    /// Too many wrong passwords were given in a row: it opens nothing before the mailbox is proven.
    PasswordSuspended {
        /// When.
        at: Timestamp,
    },
    /// A code that proves the address that somebody wants for their account.
    AddressCode {
        /// When it opens nothing any more.
        expires_at: Timestamp,
    },
    /// Somebody wants the address for another account than the one that has it.
    AddressTaken {
        /// When.
        at: Timestamp,
    },
    /// The account has another address now; to the one before, with a link that takes that back.
    AddressChanged {
        /// When.
        at: Timestamp,
        /// Until when it can be taken back.
        expires_at: Timestamp,
    },
    /// The same, to the new address.
    AddressConfirmed {
        /// When.
        at: Timestamp,
    },
    /// The account has the address before again.
    AddressRestored {
        /// When.
        at: Timestamp,
    },
    /// The person's names, telephone number or position were changed.
    PersonalInformationChanged {
        /// When.
        at: Timestamp,
        /// What.
        changes: Vec<PersonalInformationChange>,
    },
    /// The account was deleted by its owner.
    AccountDeleted {
        /// When.
        at: Timestamp,
    },
    /// The operator did something to the account.
    AccountAdministered {
        /// When.
        at: Timestamp,
        /// What.
        act: AccountAct,
    },
    /// The person joined an organization.
    Welcome {
        /// Which.
        organization: String,
        /// Under what name.
        #[serde(default)]
        name: Option<String>,
    },
    /// A moderator will decide on the person's request.
    ModerationRequested {
        /// For which organization.
        organization: String,
    },
    /// Somebody's request waits for the reader, a moderator; the link in it decides.
    ModerationArrived {
        /// When the link does not work any more.
        expires_at: Timestamp,
        /// Who asks.
        applicant: Email,
        /// By what name.
        name: Option<String>,
        /// For which organization.
        organization: String,
        /// Whether the person has joined already, with a domain that is to be reviewed.
        #[serde(default)]
        is_review: bool,
        /// Whether it leads to the console, for an administrator, in place of a link that decides.
        #[serde(default)]
        is_for_console: bool,
        /// The request in the console, for an administrator: no secret.
        #[serde(default)]
        console_href: Option<String>,
    },
    /// The person took their request back.
    ModerationCancelled {
        /// For which organization.
        organization: String,
        /// Under what name.
        #[serde(default)]
        name: Option<String>,
    },
    /// A moderator let the person in.
    ModerationAccepted {
        /// Into which organization.
        organization: String,
    },
    /// A moderator refused.
    ModerationRejected {
        /// Which organization.
        organization: String,
        /// Why, in the words of the moderator.
        reason: Option<String>,
        /// Whether the person may correct their request.
        may_be_corrected: bool,
    },
    /// The decision that had let the person in was taken back.
    ModerationReopened {
        /// Into which organization.
        organization: String,
        /// Whether they belong to it still, by what nothing proves.
        is_member: bool,
    },
    /// Nothing proves any more that the person belongs to an organization: the domain of their address counts no more there.
    LinkUnproven {
        /// To which organization.
        organization: String,
    },
    /// A code for an organization's own address: somebody says that they belong to it.
    OfficialContactCode {
        /// When it proves nothing any more.
        expires_at: Timestamp,
        /// Who.
        applicant: Email,
        /// By what name.
        name: Option<String>,
        /// To which organization.
        organization: String,
    },
    /// Something came about that an administrator has to hear of.
    Alert {
        /// What.
        alert: Alert,
        /// When it came last.
        at: Timestamp,
        /// How often it came since such a mail was written.
        count: u64,
    },
    /// The operator tries whether mails arrive.
    Trial {
        /// When.
        at: Timestamp,
    },
}

impl MailContent {
    /// Whether it was written to many at once, and waits for those that somebody waits for (SEC-198).
    pub const fn can_wait(&self) -> bool {
        matches!(self, Self::Invitation { .. } | Self::UnusedAccount { .. })
    }

    /// The name of its templates and texts; also its word in logs and in the audit.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NewSignIn { .. } => "new-sign-in",
            Self::AdministratorsChanged { .. } => "administrators-changed",
            Self::EmailCode { .. } => "email-code",
            Self::MagicLink { .. } => "magic-link",
            Self::PasswordLink { .. } => "password-link",
            Self::DataLink { .. } => "data-link",
            Self::SecondFactorAdded { .. } => "second-factor-added",
            Self::SecondFactorRemoved { .. } => "second-factor-removed",
            Self::SecondFactorOnDemand { .. } => "second-factor-on-demand",
            Self::SecondFactorSuspended { .. } => "second-factor-suspended",
            Self::PasskeyAdded { .. } => "passkey-added",
            Self::PasskeyRemoved { .. } => "passkey-removed",
            Self::PasskeySuspended { .. } => "passkey-suspended",
            Self::RecoveryCodeUsed { .. } => "recovery-code-used",
            Self::RecoveryCodesMade { .. } => "recovery-codes-made",
            Self::FactorRemovalAsked { .. } => "factor-removal-asked",
            Self::FactorRemovalStopped { .. } => "factor-removal-stopped",
            Self::FactorRemovalDone { .. } => "factor-removal-done",
            Self::UnusedAccount { .. } => "unused-account",
            Self::Invitation { .. } => "invitation",
            Self::PasswordChanged { .. } => "password-changed",
            Self::PasswordSuspended { .. } => "password-suspended",
            Self::AddressCode { .. } => "address-code",
            Self::AddressTaken { .. } => "address-taken",
            Self::AddressChanged { .. } => "address-changed",
            Self::AddressConfirmed { .. } => "address-confirmed",
            Self::AddressRestored { .. } => "address-restored",
            Self::PersonalInformationChanged { .. } => "personal-information-changed",
            Self::AccountDeleted { .. } => "account-deleted",
            Self::AccountAdministered { .. } => "account-administered",
            Self::Welcome { .. } => "welcome",
            Self::ModerationRequested { .. } => "moderation-requested",
            Self::ModerationArrived { .. } => "moderation-arrived",
            Self::ModerationCancelled { .. } => "cancel-moderation",
            Self::ModerationAccepted { .. } => "moderation-processed",
            Self::ModerationRejected { .. } => "moderation-rejected",
            Self::ModerationReopened { .. } => "moderation-reopened",
            Self::LinkUnproven { .. } => "link-unproven",
            Self::OfficialContactCode { .. } => "official-contact-email-verification",
            Self::Alert { .. } => "alert",
            Self::Trial { .. } => "trial",
        }
    }

    /// Whether it tells of this person, whoever reads it.
    fn is_about(&self, email: &Email) -> bool {
        match self {
            Self::AdministratorsChanged { about, .. }
            | Self::ModerationArrived { applicant: about, .. }
            | Self::OfficialContactCode { applicant: about, .. } => about == email,
            Self::NewSignIn { .. }
            | Self::EmailCode { .. }
            | Self::MagicLink { .. }
            | Self::PasswordLink { .. }
            | Self::DataLink { .. }
            | Self::SecondFactorAdded { .. }
            | Self::SecondFactorRemoved { .. }
            | Self::SecondFactorOnDemand { .. }
            | Self::SecondFactorSuspended { .. }
            | Self::PasskeyAdded { .. }
            | Self::PasskeyRemoved { .. }
            | Self::PasskeySuspended { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesMade { .. }
            | Self::FactorRemovalAsked { .. }
            | Self::FactorRemovalStopped { .. }
            | Self::FactorRemovalDone { .. }
            | Self::UnusedAccount { .. }
            | Self::Invitation { .. }
            | Self::PasswordChanged { .. }
            | Self::PasswordSuspended { .. }
            | Self::AddressCode { .. }
            | Self::AddressTaken { .. }
            | Self::AddressChanged { .. }
            | Self::AddressConfirmed { .. }
            | Self::AddressRestored { .. }
            | Self::PersonalInformationChanged { .. }
            | Self::AccountDeleted { .. }
            | Self::AccountAdministered { .. }
            | Self::Welcome { .. }
            | Self::ModerationRequested { .. }
            | Self::ModerationCancelled { .. }
            | Self::ModerationAccepted { .. }
            | Self::ModerationRejected { .. }
            | Self::ModerationReopened { .. }
            | Self::LinkUnproven { .. }
            | Self::Alert { .. }
            | Self::Trial { .. } => false,
        }
    }
}

/// A mail of the outbox: written in the transaction of the act that it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingMail {
    /// To whom.
    pub to: Email,
    /// In which language.
    pub locale: Locale,
    /// What it says.
    pub content: MailContent,
    /// When it was written.
    pub created_at: Timestamp,
    /// The code or link in it; a notice has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carries: Option<Carried>,
}

impl OutgoingMail {
    /// A mail without code or link.
    pub fn notice(to: Email, locale: Locale, content: MailContent, now: Timestamp) -> Self {
        Self { to, locale, content, created_at: now, carries: None }
    }

    /// The same with a code or a link, which is over at `expires_at`.
    #[must_use]
    pub fn carrying(self, secret: SealedSecret, expires_at: Timestamp) -> Self {
        Self { carries: Some(Carried { secret, expires_at }), ..self }
    }

    /// Whether the code or link in it is over.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.carries.as_ref().is_some_and(|carried| carried.expires_at.has_come(now))
    }

    /// Whether it tells of this person, whoever reads it.
    pub fn is_about(&self, email: &Email) -> bool {
        self.content.is_about(email)
    }
}
