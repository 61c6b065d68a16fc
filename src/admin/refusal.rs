//! Why a call is not answered as asked: a word for programs, a sentence for people, the remedy in it.

use serde_json::{Value, json};
use thiserror::Error;

use super::Answer;
use crate::acts::administration::{
    ClientRefusal, KeyRefusal, MAX_SECRET_OVERLAP, OrganizationRefusal, UserKey, UserRefusal,
};
use crate::acts::{ActError, BackupRefusal, MasterKeyRotationError};
use crate::app::App;
use crate::directory::DirectoryError;
use crate::domain::ModerationFault;
use crate::protocol::{SignatureAlgorithm, Timestamp};
use crate::store::signing_keys::MAX_KEYS;
use crate::store::{DiskTrouble, StoreError};
use crate::web::StatusCode;

/// A refusal; nothing was changed.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    #[error("this instance (version {}) does not know this command", env!("CARGO_PKG_VERSION"))]
    NoSuchAddress,
    #[error("{0}")]
    Malformed(String),
    #[error("this cursor is not one of this listing: begin without")]
    Cursor,
    #[error("no {noun} {id}: see `{noun} list`")]
    Unknown { noun: &'static str, id: String },
    #[error("no source knows {0}, or may tell of it: see `directory status` and `directory search`")]
    UnknownEstablishment(String),
    /// The import left a part of the register out, and no other source is asked.
    #[error("{0} is not in the part of the register that was imported: see `directory status`; import the whole of it")]
    LeftOut(String),
    #[error("the register does not know {0}, or may not tell what it is: `org add {0} --label NAME` enters it by hand")]
    NotInRegister(String),
    #[error("{id} is not the identifier of a {noun}: {expected}")]
    Identifier { noun: &'static str, id: String, expected: &'static str },
    #[error("{noun} {id} is there already: {remedy}")]
    Exists { noun: &'static str, id: String, remedy: &'static str },
    #[error("the account of {0} is closed: `user enable` opens it again")]
    Disabled(String),
    #[error(
        "{0} is the only administrator whose account is open: grant the role to somebody else first, or add \
         --last-administrator at the machine"
    )]
    LastAdministrator(String),
    #[error("{0} has no role: see `admin list`")]
    NoRole(String),
    #[error("{0} has no second factor: their password or a mail is enough to sign in")]
    NoSecondFactor(String),
    #[error("the removal of the second factors of {0} was asked for already: see `user factor list`")]
    RemovalPending(String),
    #[error("no removal of the second factors of {0} is under way: see `user factor list`")]
    NoRemoval(String),
    #[error("no mail leaves this instance, and an invitation is one: set mail.from and smtp.host, or `user create`")]
    NoMail,
    /// The outbox is half full.
    #[error(
        "thousands of mails wait to leave, and an invitation would wait behind them or take the place of one: see `doctor mail`, and \
         run the same again once they are gone; who is invited already stays so"
    )]
    TooManyMails,
    #[error("{0} has no invitation that works: see `user invitations`")]
    NoInvitation(String),
    #[error("{user} does not belong to {organization}: see `org show {organization}`")]
    NotAMember { user: String, organization: String },
    #[error(
        "this instance keeps no links that nothing proves: say how it was verified, or set joining.allow_unverified"
    )]
    Unverified,
    #[error(
        "the domain of this address is not approved for the organization: `org domain` says so, or say how else the link was \
         verified"
    )]
    NotByDomain,
    #[error("the establishment is closed according to the register: nobody joins it any more")]
    Closed,
    /// No source of the register has said yet what it is.
    #[error("no source of the register has said yet what this establishment is: `org refresh` asks it")]
    Unconfirmed,
    #[error("nobody decides on what concerns themselves: somebody else has to")]
    Own,
    #[error(
        "the person of request {0} belongs to the organization by another act, which a refusal does not touch: `org unlink` ends that \
         first, or `moderation accept {0}`"
    )]
    Linked(String),
    #[error(
        "the person of request {0} has an address of another domain than the one named, or with which they asked: see `moderation show \
         {0}`, and add --email-domain with the domain that it shows"
    )]
    Moved(String),
    #[error(
        "{0} is the domain of your own address, and nothing proves yet that you are a member of this organization: somebody else \
         approves it"
    )]
    OwnDomain(String),
    #[error("request {0} cannot be moved so: {1}; `moderation show {0}` says how it stands")]
    Moderation(String, ModerationFault),
    #[error("request {0} bears two hundred notes already: add nothing more")]
    TooManyNotes(String),
    #[error("anybody has an address at {0}: it is approved for no organization")]
    OpenToAnybody(String),
    #[error("this domain is nothing for organization {0}: see `org domain {0}`")]
    UnknownDomain(String),
    #[error("{}", sentence(.0))]
    Invalid(Vec<(&'static str, String)>),
    #[error("client {id} is declared in {file}: change it there, and send the instance SIGHUP")]
    Declared { id: String, file: String },
    #[error("client {0} is public and has no secret: `client update {0} --auth-method basic` makes it confidential")]
    HasNoSecret(String),
    #[error("the secret before can work for {} days more at most", MAX_SECRET_OVERLAP.as_secs() / 86400)]
    OverlapTooLong,
    #[error(
        "client {id} has a new secret already, and the one before works until {until}: rotate again then, or with --overlap 0, which \
         ends both"
    )]
    SecretRetiring { id: String, until: Timestamp },
    #[error("the keys of this instance come with the program, and are the same everywhere: they are not rotated")]
    KeysNotOurs,
    #[error(
        "the next {} key has not been published for long enough: services that keep keys would refuse its tokens. Wait \
         until {from}, or add --now", .algorithm.as_str()
    )]
    KeyTooYoung { algorithm: SignatureAlgorithm, from: Timestamp },
    #[error(
        "there are as many keys as there can be ({MAX_KEYS}), and those that signed stay published for a while. Wait until one is \
         published no more (`keys list` says when), or replace all of an algorithm with --emergency"
    )]
    TooManyKeys,
    #[error("something else was changed there at the same time: look again, and repeat the command")]
    Conflict,
    #[error("{0}")]
    Directory(#[from] DirectoryError),
    #[error("this is no sandbox: what it holds is not thrown away by a command")]
    NotASandbox,
    #[error("this instance begins with people of its own: restart it, or use the button of its first page")]
    BeginsOtherwise,
    #[error("the answer cannot be written: {0}")]
    Unwritable(String),
    #[error("{0}")]
    Backup(#[from] BackupRefusal),
    #[error("{0}")]
    MasterKey(MasterKeyRotationError),
    #[error("nothing can be stored: {0}")]
    Storage(DiskTrouble),
    #[error("{0}")]
    Act(#[from] ActError),
}

impl From<MasterKeyRotationError> for Refusal {
    fn from(cause: MasterKeyRotationError) -> Self {
        if let MasterKeyRotationError::Act(cause) = cause { Self::Act(cause) } else { Self::MasterKey(cause) }
    }
}

/// Every setting with what is wrong with it.
fn sentence(faults: &[(&'static str, String)]) -> String {
    let parts: Vec<String> = faults.iter().map(|(field, reason)| format!("{field}: {reason}")).collect();
    parts.join("; ")
}

/// The file that an operator has to change.
fn configuration_file(app: &App) -> String {
    let file = app.config.file.as_ref().map(|path| path.display().to_string());
    file.unwrap_or_else(|| String::from("the configuration file"))
}

impl Refusal {
    /// What became of a client.
    pub(super) fn of_client(app: &App, id: &str, refusal: ClientRefusal) -> Self {
        let id = id.to_owned();
        match refusal {
            ClientRefusal::Unknown => Self::Unknown { noun: "client", id },
            ClientRefusal::Exists => {
                let remedy = "choose another identifier, or change it with `client update`";
                Self::Exists { noun: "client", id, remedy }
            }
            ClientRefusal::Invalid(faults) => {
                Self::Invalid(faults.into_iter().map(|fault| (fault.field, fault.reason.to_string())).collect())
            }
            ClientRefusal::Declared => Self::Declared { id, file: configuration_file(app) },
            ClientRefusal::HasNoSecret => Self::HasNoSecret(id),
            ClientRefusal::OverlapTooLong => Self::OverlapTooLong,
            ClientRefusal::SecretRetiring(until) => Self::SecretRetiring { id, until },
        }
    }

    /// What became of a person.
    pub(super) fn of_user(key: &UserKey, refusal: UserRefusal) -> Self {
        let id = key.to_string();
        match refusal {
            UserRefusal::Unknown => Self::Unknown { noun: "user", id },
            UserRefusal::EmailTaken => {
                let remedy = "`user reset-password` gives a new link";
                Self::Exists { noun: "user", id, remedy }
            }
            UserRefusal::Disabled => Self::Disabled(id),
            UserRefusal::LastAdministrator => Self::LastAdministrator(id),
            UserRefusal::NoRole => Self::NoRole(id),
            UserRefusal::NoSecondFactor => Self::NoSecondFactor(id),
            UserRefusal::RemovalPending => Self::RemovalPending(id),
            UserRefusal::NoRemoval => Self::NoRemoval(id),
        }
    }

    /// What became of an organization, or of a link to it.
    pub(super) fn of_organization(id: &str, user: &str, refusal: OrganizationRefusal) -> Self {
        let (id, user) = (id.to_owned(), user.to_owned());
        match refusal {
            OrganizationRefusal::Unknown => Self::Unknown { noun: "org", id },
            OrganizationRefusal::Exists(_) => Self::Exists { noun: "org", id, remedy: "`org show` shows it" },
            OrganizationRefusal::Invalid(faults) => {
                Self::Invalid(faults.into_iter().map(|fault| (fault.field, fault.expected.to_owned())).collect())
            }
            OrganizationRefusal::UnknownUser => Self::Unknown { noun: "user", id: user },
            OrganizationRefusal::Unverified => Self::Unverified,
            OrganizationRefusal::NotByDomain => Self::NotByDomain,
            OrganizationRefusal::Closed => Self::Closed,
            OrganizationRefusal::Unconfirmed => Self::Unconfirmed,
            OrganizationRefusal::Own => Self::Own,
            OrganizationRefusal::NotInRegister => Self::NotInRegister(id),
            OrganizationRefusal::RegisterUnavailable(cause) => Self::Directory(cause),
            OrganizationRefusal::NotAMember => Self::NotAMember { user, organization: id },
        }
    }

    /// What became of the keys.
    pub(super) fn of_keys(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::NotOurs => Self::KeysNotOurs,
            KeyRefusal::TooYoung { algorithm, from } => Self::KeyTooYoung { algorithm, from },
            KeyRefusal::TooMany => Self::TooManyKeys,
            KeyRefusal::Conflict => Self::Conflict,
        }
    }

    /// Whoever is at the machine is told what is wrong with it.
    pub(super) fn with_cause(self, app: &App) -> Self {
        if let (Self::Act(ActError::Store(StoreError::Unavailable)), Some(trouble)) = (&self, app.store.trouble()) {
            return Self::Storage(trouble);
        }
        self
    }

    fn outline(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchAddress => (StatusCode::NOT_FOUND, "no_such_address"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Cursor => (StatusCode::BAD_REQUEST, "cursor"),
            Self::Unknown { .. } | Self::UnknownEstablishment(_) | Self::LeftOut(_) => {
                (StatusCode::NOT_FOUND, "unknown")
            }
            Self::NotInRegister(_) => (StatusCode::NOT_FOUND, "not_in_register"),
            Self::Identifier { .. } => (StatusCode::BAD_REQUEST, "identifier"),
            Self::Exists { .. } => (StatusCode::CONFLICT, "exists"),
            Self::Disabled(_) => (StatusCode::CONFLICT, "disabled"),
            Self::LastAdministrator(_) => (StatusCode::CONFLICT, "last_administrator"),
            Self::NoRole(_) => (StatusCode::CONFLICT, "no_role"),
            Self::NoSecondFactor(_) => (StatusCode::CONFLICT, "no_second_factor"),
            Self::RemovalPending(_) => (StatusCode::CONFLICT, "removal_pending"),
            Self::NoMail => (StatusCode::CONFLICT, "no_mail"),
            Self::TooManyMails => (StatusCode::CONFLICT, "too_many_mails"),
            Self::NoInvitation(_) => (StatusCode::CONFLICT, "no_invitation"),
            Self::NoRemoval(_) => (StatusCode::CONFLICT, "no_removal"),
            Self::NotAMember { .. } => (StatusCode::CONFLICT, "not_a_member"),
            Self::Unverified => (StatusCode::CONFLICT, "unverified"),
            Self::NotByDomain => (StatusCode::CONFLICT, "not_by_domain"),
            Self::Closed => (StatusCode::CONFLICT, "closed"),
            Self::Unconfirmed => (StatusCode::CONFLICT, "unconfirmed"),
            Self::Own => (StatusCode::CONFLICT, "own"),
            Self::Linked(_) => (StatusCode::CONFLICT, "linked"),
            Self::Moved(_) => (StatusCode::CONFLICT, "moved"),
            Self::OwnDomain(_) => (StatusCode::CONFLICT, "own_domain"),
            Self::Moderation(..) => (StatusCode::CONFLICT, "decided"),
            Self::TooManyNotes(_) => (StatusCode::CONFLICT, "too_many_notes"),
            Self::OpenToAnybody(_) => (StatusCode::CONFLICT, "open_to_anybody"),
            Self::UnknownDomain(_) => (StatusCode::NOT_FOUND, "unknown_domain"),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid"),
            Self::Declared { .. } => (StatusCode::CONFLICT, "declared"),
            Self::HasNoSecret(_) => (StatusCode::CONFLICT, "has_no_secret"),
            Self::OverlapTooLong => (StatusCode::BAD_REQUEST, "overlap_too_long"),
            Self::SecretRetiring { .. } => (StatusCode::CONFLICT, "secret_retiring"),
            Self::KeysNotOurs => (StatusCode::CONFLICT, "keys_not_ours"),
            Self::KeyTooYoung { .. } => (StatusCode::CONFLICT, "key_too_young"),
            Self::TooManyKeys => (StatusCode::CONFLICT, "too_many_keys"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict"),
            Self::Directory(DirectoryError::NoSource) => (StatusCode::CONFLICT, "no_source"),
            Self::Directory(DirectoryError::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, "directory_unavailable"),
            Self::Directory(DirectoryError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "directory_busy"),
            Self::NotASandbox => (StatusCode::CONFLICT, "not_a_sandbox"),
            Self::BeginsOtherwise => (StatusCode::CONFLICT, "begins_otherwise"),
            Self::Unwritable(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Backup(_) => (StatusCode::CONFLICT, "no_backup"),
            Self::MasterKey(_) => (StatusCode::CONFLICT, "master_key"),
            Self::Act(ActError::Busy | ActError::Unguarded) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Act(ActError::TooManyAttempts { .. }) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Act(ActError::Suspended) => (StatusCode::FORBIDDEN, "password_suspended"),
            Self::Act(ActError::Superseded) => (StatusCode::CONFLICT, "superseded"),
            Self::Act(ActError::Passkey(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "passkey"),
            Self::Act(ActError::Sealed(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "sealed"),
            Self::Act(ActError::Store(_)) | Self::Storage(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
        }
    }

    /// The document of a refusal.
    pub(super) fn answer(self) -> Answer {
        let (status, error) = self.outline();
        if status.is_server_error() {
            tracing::error!(cause = %self, "a call of the administration failed");
        }
        let mut body = json!({ "error": error, "message": self.to_string() });
        if let (Self::Invalid(faults), Some(members)) = (&self, body.as_object_mut()) {
            let faults = faults.iter().map(|(field, reason)| json!({ "field": field, "reason": reason }));
            members.insert(String::from("fields"), Value::Array(faults.collect()));
        }
        Answer { status, body }
    }
}
