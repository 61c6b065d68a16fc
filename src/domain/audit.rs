//! Who did what: one event for each act, in the act's own transaction.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ClientId, EmailDomain, EmailDomainStatus, FactorRemovalStop, ModerationId, OrganizationId, RemovalReason, Role,
    RoleName, UserId, Verification,
};
use crate::protocol::{SignatureAlgorithm, Timestamp};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A browser in which nobody is signed in.
    Visitor,
    /// A person, for themselves.
    User(UserId),
    /// A person in the console of administration, by the role that they have there.
    Officer {
        /// Who.
        user_id: UserId,
        /// As what.
        role: RoleName,
    },
    /// A relying party.
    Client(ClientId),
    /// The operator, through the control interface of an instance to try services with.
    Operator,
    /// The operator at the machine, by the name of their account on it.
    CommandLine(String),
    /// The program itself.
    System,
}

impl Actor {
    /// Whether it is a person who acts for themselves.
    pub fn is_for_themselves(&self) -> bool {
        matches!(self, Self::User(_) | Self::Visitor)
    }

    /// The person who acts, if it is one.
    pub fn person(&self) -> Option<UserId> {
        match self {
            Self::User(user_id) | Self::Officer { user_id, .. } => Some(*user_id),
            Self::Visitor | Self::Client(_) | Self::Operator | Self::CommandLine(_) | Self::System => None,
        }
    }
}

/// As listings and exports show it: `user:123`, `moderator:123`, `client:service`, `cli:root`…
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visitor => formatter.write_str("visitor"),
            Self::User(id) => write!(formatter, "user:{id}"),
            Self::Officer { user_id, role } => write!(formatter, "{}:{user_id}", role.as_str()),
            Self::Client(id) => write!(formatter, "client:{id}"),
            Self::Operator => formatter.write_str("operator"),
            Self::CommandLine(account) => write!(formatter, "cli:{account}"),
            Self::System => formatter.write_str("system"),
        }
    }
}

/// Where an act came from: the network address and the request's id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The address of the peer.
    pub source: Option<String>,
    /// The request's id, as shown on error pages and in logs.
    pub request_id: Option<String>,
    /// The session in which it was done, by the name that listings show: 8 bytes of a digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// How a person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With a link that was mailed.
    EmailLink,
    /// With a code that was mailed.
    EmailCode,
    /// With a passkey.
    Passkey,
    /// Chosen from a list, where trying services is what the instance is for.
    Chosen,
}

/// A secret that is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailedSecret {
    /// A code to give back.
    Code,
    /// A link to sign in with.
    MagicLink,
    /// A link to choose a password with.
    PasswordLink,
    /// A code that proves a new address.
    AddressCode,
    /// A link to take away what is known about the person.
    DataLink,
}

/// Why a password opened nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInFailure {
    /// Nobody has this address.
    UnknownAddress,
    /// The account is closed.
    AccountClosed,
    /// The person has not chosen a password yet.
    NoPassword,
    /// It is another one.
    WrongPassword,
    /// The code is another one than the one that was mailed.
    WrongCode,
    /// The answer of the passkey is not right.
    WrongPasskey,
}

/// Who has to wait after too many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockedOut {
    /// Whoever tries at this account.
    Account,
    /// This source, for every account.
    Source,
    /// This source, for one client or for all of them.
    ClientsOfSource,
}

/// Why requests were turned away before anything was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnedAway {
    /// The form came from another site, or its token is stale.
    ForeignForm,
    /// There were too many.
    TooMany,
}

/// Why a mail never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEnd {
    /// The server of its recipient does not take it.
    Refused,
    /// The code in it was over, or it had waited for too long.
    Expired,
    /// The server went away twice without saying whether it took it.
    Unconfirmed,
    /// It could not be put into words.
    Unwritable,
    /// Ten thousand others waited after it.
    CrowdedOut,
}

/// The steps, each with its word: a step that is not here does not exist, and none is left out of their list.
macro_rules! moderation_steps {
    ($($(#[$about:meta])* $step:ident = $word:literal),+ $(,)?) => {
        /// How a request to join moved.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ModerationStep {
            $($(#[$about])* $step),+
        }

        impl ModerationStep {
            /// Every step.
            pub const ALL: &'static [Self] = &[$(Self::$step),+];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$step => $word),+
                }
            }
        }
    };
}

moderation_steps! {
    /// It was made.
    Requested = "requested",
    /// A moderator let the person in, or reviewed the domain.
    Accepted = "accepted",
    /// A moderator refused.
    Rejected = "rejected",
    /// A moderator took a decision back.
    Reopened = "reopened",
    /// The person corrected what was refused.
    Corrected = "corrected",
    /// The person took it back.
    Cancelled = "cancelled",
    /// A moderator wrote something down about it.
    Commented = "commented",
}

/// A list that is handed out as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenList {
    /// Requests to join.
    Moderations,
    /// Organizations.
    Organizations,
}

/// A setting as it was and as it is; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What it was.
    pub before: Value,
    /// What it is now.
    pub after: Value,
}

/// What was done. Ids only: no secret, token, code or e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[expect(missing_docs, reason = "the fields are the ids that their names say")]
pub enum AuditEvent {
    /// A person was entered.
    UserCreated { user_id: UserId },
    /// A person opened an account.
    AccountOpened { user_id: UserId },
    /// A person gave back a secret that was mailed to the address of their account.
    EmailVerified { user_id: UserId },
    /// A secret was mailed; no user where the address is unknown.
    SecretMailed { user_id: Option<UserId>, secret: MailedSecret },
    /// The reader of a mailbox said that they had not asked for the link that was mailed.
    MagicLinkDisowned { user_id: Option<UserId> },
    /// A second factor was set up, with recovery codes; other sessions ended.
    SecondFactorAdded { user_id: UserId },
    /// An application that shows codes was taken away; other sessions ended.
    SecondFactorRemoved { user_id: UserId },
    /// A passkey was added; other sessions ended.
    PasskeyAdded { user_id: UserId },
    /// A passkey was taken away; other sessions ended.
    PasskeyRemoved { user_id: UserId },
    /// A passkey goes by another name.
    PasskeyRenamed { user_id: UserId },
    /// The authenticator of a passkey counted backwards: it is not accepted any more.
    PasskeySuspended { user_id: UserId },
    /// A second factor was given.
    SecondFactorGiven { user_id: UserId },
    /// A second factor was refused.
    SecondFactorRefused { user_id: UserId },
    /// The last wrong second factor in a row that is allowed: none is tried any more.
    SecondFactorSuspended { user_id: UserId },
    /// The person chose where their second factor is asked.
    SecondFactorUseChosen { user_id: UserId, always: bool },
    /// New recovery codes were made; those of before are dead.
    RecoveryCodesMade { user_id: UserId },
    /// An operator asked for the removal of somebody's second factors; it is carried out then.
    FactorRemovalAsked { user_id: UserId, reason: RemovalReason, due_at: Timestamp },
    /// It was stopped.
    FactorRemovalStopped { user_id: UserId, how: FactorRemovalStop },
    /// It was carried out; everything of the person is void.
    FactorRemovalDone { user_id: UserId },
    /// Somebody came back to an account that slept, and whose mailbox goes with a function: it is held.
    DormantAccountHeld { user_id: UserId },
    /// It is held no more: a second factor was given, or an administrator vouched for the person.
    DormantAccountFreed { user_id: UserId },
    /// An operator looked at the removals that are under way.
    FactorRemovalsListed,
    /// A person was told that their account, which nobody uses, is erased from then on.
    UnusedAccountAnnounced { user_id: UserId, erased_from: Timestamp },
    /// An operator invited an address, which the invitation itself knows.
    InvitationSent { invitation: String, organization_id: Option<OrganizationId> },
    /// An operator took an invitation back.
    InvitationRevoked { invitation: String },
    /// A person used an invitation, and belongs to that organization.
    InvitationAccepted { user_id: UserId, invitation: String, organization_id: Option<OrganizationId> },
    /// An operator looked at the invitations.
    InvitationsListed,
    /// A person signed in.
    SignedIn { user_id: UserId, client_id: Option<ClientId>, method: SignInMethod },
    /// A password opened nothing; no user where the address is unknown.
    SignInFailed { user_id: Option<UserId>, reason: SignInFailure },
    /// After too many failures nothing is tried until then.
    LockedOut { user_id: Option<UserId>, who: LockedOut, until: Timestamp },
    /// Requests were turned away; one record a minute says how many, and where the last came from.
    RequestsTurnedAway { reason: TurnedAway, count: u64 },
    /// A person signed out.
    SignedOut { user_id: UserId },
    /// A single-use link to choose a password was made.
    PasswordLinkIssued { user_id: UserId },
    /// A password was chosen; other sessions ended.
    PasswordChanged { user_id: UserId },
    /// Names, telephone or position changed.
    PersonalInformationChanged { user_id: UserId },
    /// An organization was chosen for this session.
    OrganizationSelected { user_id: UserId, organization_id: OrganizationId },
    /// A person allowed or refused what a client asks.
    ConsentDecided { user_id: UserId, client_id: ClientId, allowed: bool },
    /// A code was issued.
    CodeIssued { user_id: UserId, client_id: ClientId },
    /// A code was redeemed.
    CodeRedeemed { user_id: UserId, client_id: ClientId },
    /// A code was refused.
    CodeRefused { client_id: ClientId },
    /// The last wrong password in a row that is allowed: it opens nothing until its owner chooses another by mail.
    PasswordSuspended { user_id: Option<UserId> },
    /// A redeemed code came again: its tokens were revoked.
    CodeReplayed { client_id: ClientId },
    /// A client was entered or changed.
    ClientWritten { client_id: ClientId },
    /// An unknown client, or a new redirect URI of one, was recorded.
    ClientRecorded { client_id: ClientId },
    /// The first credential of a recorded client was kept.
    ClientSecretPinned { client_id: ClientId },
    /// What was shown for a client is nothing of its own; no client where nobody has that name.
    ClientCredentialsRefused { client_id: Option<ClientId> },
    /// What a client has was shown from none of its networks (SEC-134).
    ClientSourceRefused { client_id: ClientId },
    /// A request with the credentials of a client came without a certificate of its own.
    ClientCertificateRefused { client_id: ClientId },
    /// An operator looked at a person's data.
    UserViewed { user_id: UserId },
    /// An operator looked at the list of people.
    UsersListed,
    /// A person's account was closed; everything of theirs is void.
    UserDisabled { user_id: UserId },
    /// A person's account was opened again.
    UserEnabled { user_id: UserId },
    /// Every session and token of a person was ended.
    UserSignedOut { user_id: UserId },
    /// A person was erased; the id stays taken.
    UserErased { user_id: UserId },
    /// An officer looked at who has which role.
    TeamViewed,
    /// A person was given a role.
    RoleGranted { user_id: UserId, role: Role },
    /// A person's role was taken away.
    RoleRevoked { user_id: UserId, role: Role },
    /// A person entered the console of administration, by a proof with a second factor.
    AdministrationEntered { user_id: UserId, role: RoleName },
    /// They left it.
    AdministrationLeft { user_id: UserId },
    /// A person was refused there: they have no role, or none that may do this.
    AdministrationRefused { user_id: UserId },
    /// An organization was entered.
    OrganizationCreated { organization_id: OrganizationId },
    /// What the register says of an organization was read anew.
    OrganizationRefreshed { organization_id: OrganizationId },
    /// An officer looked at an organization and at those who belong to it.
    OrganizationViewed { organization_id: OrganizationId },
    /// A person was linked to an organization, or the link was changed.
    MembershipWritten {
        user_id: UserId,
        organization_id: OrganizationId,
        is_external: bool,
        verification: Verification,
    },
    /// A link was taken away, with what rested on it.
    MembershipDeleted { user_id: UserId, organization_id: OrganizationId },
    /// A code was mailed to an organization's own address, for a person who wants to join it.
    ContactCodeMailed { user_id: UserId, organization_id: OrganizationId },
    /// It was given back wrong, or too late.
    ContactCodeRefused { user_id: UserId, organization_id: OrganizationId },
    /// A person's request to join moved: made, decided, taken back.
    ModerationMoved {
        moderation_id: ModerationId,
        user_id: UserId,
        organization_id: OrganizationId,
        step: ModerationStep,
    },
    /// A moderator looked at a request.
    ModerationViewed { moderation_id: ModerationId, user_id: UserId },
    /// A moderator looked at the list of requests.
    ModerationsListed,
    /// An officer took a list as a file of so many lines.
    ListTaken { list: TakenList, lines: u64 },
    /// What an e-mail domain is for an organization was written.
    EmailDomainWritten { organization_id: OrganizationId, domain: EmailDomain, status: EmailDomainStatus },
    /// An e-mail domain is nothing for an organization any more.
    EmailDomainDeleted { organization_id: OrganizationId, domain: EmailDomain },
    /// The register was imported from files, which began at that instant.
    RegisterImported { imported_at: Timestamp, establishments: u64 },
    /// Official contacts were imported from files, which began at that instant.
    ContactsImported { imported_at: Timestamp, subjects: u64 },
    /// An operator looked at who is signed in.
    SessionsListed { user_id: Option<UserId> },
    /// A session was ended, by the digest that listings show.
    SessionRevoked { user_id: UserId, session: String },
    /// A person gave their account another address, and proved it.
    AddressChanged { user_id: UserId },
    /// The reader of the address before took that back.
    AddressRestored { user_id: UserId },
    /// A person took back the trust of a browser, by the digest that the page shows.
    BrowserDistrusted { user_id: UserId, browser: String },
    /// A person was shown everything that is known about them, or took it with them.
    PersonalDataExported { user_id: UserId },
    /// A person took back what a service was granted.
    ServiceRevoked { user_id: UserId, client_id: ClientId },
    /// Every session was ended.
    EverySessionRevoked,
    /// So many records were given up, of before that instant.
    AuditTrimmed { count: u64, until: Timestamp },
    /// An operator read the audit trail.
    AuditRead,
    /// A key began to sign in place of another one.
    SigningKeyRotated { algorithm: SignatureAlgorithm, kid: String, is_emergency: bool },
    /// A retired key is published no more.
    SigningKeyDropped { kid: String },
    /// Everything that was sealed with one master key was sealed with another, by their ids.
    MasterKeyRotated { from: String, to: String },
    /// A client was made.
    ClientCreated { client_id: ClientId },
    /// Settings of a client were changed.
    ClientChanged { client_id: ClientId, changes: Vec<FieldChange> },
    /// A client was deleted.
    ClientDeleted { client_id: ClientId },
    /// A client got another secret; the one before works until then, or not any more.
    ClientSecretRotated { client_id: ClientId, previous_valid_until: Option<Timestamp> },
    /// The database was found in an earlier state of itself: everything that was handed out was made void.
    DatabasePutBack,
    /// The run before went by a date that has not come yet: everything that was handed out was made void.
    DateWasAhead,
    /// A backup was made, of this instant.
    BackupCreated { taken_at: Timestamp },
    /// The database was read from a backup, of that instant.
    DatabaseRestored { taken_at: Timestamp },
    /// What could be read of a damaged database was put into a new one; so many records that are known of are lost.
    DatabaseSalvaged { lost: u64 },
    /// A mail was given up, by its kind and its number in the outbox; no user where the address is nobody's.
    MailGivenUp { user_id: Option<UserId>, mail: String, number: u64, end: MailEnd },
    /// Everything was put back to the beginning.
    InstanceReset,
    /// The instance began to serve, for the first time or again, with these settings other than the defaults, of which
    /// those weaken it.
    InstanceStarted { number: u64, version: String, settings: BTreeMap<String, String>, weakened_by: Vec<String> },
    /// The configuration was read again: what was applied, and the keys that wait for the next start.
    ConfigurationReloaded { applied: Vec<FieldChange>, at_next_start: Vec<String> },
    /// It was told to stop, and has stopped.
    InstanceStopped,
}

/// An event with its circumstances, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Milliseconds since 1970.
    pub at_millis: u64,
    /// Who.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// What.
    #[serde(flatten)]
    pub event: AuditEvent,
}
