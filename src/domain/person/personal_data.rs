//! Everything that is kept about one person, in the shape in which they get it (SEC-169). Instants are ISO 8601 in UTC.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{AuditEvent, BrowserHint, Factor, ModerationKind, Verification};
use crate::protocol::Locale;

/// The name of this shape. A member that is added changes nothing; anything else gets another name.
pub const PERSONAL_DATA_FORMAT: &str = "moncomptepro-personal-data-1";

/// Everything about one person. No secret, and nothing of anybody else.
#[derive(Debug, Clone, Serialize)]
pub struct PersonalData {
    /// [`PERSONAL_DATA_FORMAT`].
    pub format: &'static str,
    /// Where it comes from.
    pub issuer: String,
    /// When it was put together.
    pub exported_at: String,
    /// The account.
    pub account: AccountData,
    /// The organizations, and how the person is linked to them.
    pub organizations: Vec<OrganizationData>,
    /// The requests to join an organization, the oldest first.
    pub requests: Vec<RequestData>,
    /// The services used, the last one first, and those that were withdrawn.
    pub services: Vec<ServiceData>,
    /// The sessions in use.
    pub sessions: Vec<SessionData>,
    /// The browsers in which a password is enough.
    pub trusted_browsers: Vec<TrustedBrowserData>,
    /// Sign-ins and attempts at one, the latest first.
    pub sign_ins: Vec<EventData>,
    /// What else was done by the person or to their account, the latest first.
    pub acts: Vec<EventData>,
    /// The mails that were written to the person, the latest first: those that wait to leave and those that are done with.
    pub mails: Vec<MailData>,
}

/// The account.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct AccountData {
    pub user_id: String,
    pub email: String,
    pub email_verified_at: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub phone_number: Option<String>,
    pub job: Option<String>,
    pub role: Option<&'static str>,
    /// The language that they used last.
    pub language: Option<Locale>,
    pub created_at: String,
    pub updated_at: String,
    pub sign_in_count: u64,
    pub last_sign_in_at: Option<String>,
    /// When the password was chosen, where there is one.
    pub password_chosen_at: Option<String>,
    /// When the application that shows codes was set up, where there is one.
    pub authenticator_added_at: Option<String>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeyData>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub additional_claims: Map<String, Value>,
}

/// A passkey: nothing of its key.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PasskeyData {
    pub name: Option<String>,
    pub made_in: Option<BrowserHint>,
    pub added_at: String,
    pub last_used_at: Option<String>,
    pub uses: u64,
    pub suspended_at: Option<String>,
}

/// An organization of the person.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct OrganizationData {
    pub siret: String,
    pub label: String,
    pub is_external: bool,
    pub verification: Verification,
    pub linked_at: String,
    pub updated_at: String,
}

/// A request of the person about an organization.
#[derive(Debug, Clone, Serialize)]
pub struct RequestData {
    /// The SIRET of the organization.
    pub siret: String,
    /// What a moderator decides.
    pub kind: ModerationKind,
    /// How it stands: `pending`, `accepted`, `rejected`.
    pub status: &'static str,
    /// What the person was told when it was refused.
    pub reason: Option<String>,
    /// When it was made.
    pub requested_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// The service that the sign-in led to.
    pub client_id: Option<String>,
}

/// A service that the person uses or used.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceData {
    /// Its identifier.
    pub client_id: String,
    /// Its name, while it is there.
    pub name: Option<String>,
    /// The first use, since it was last withdrawn.
    pub first_used_at: Option<String>,
    /// The last use, to within five minutes.
    pub last_used_at: Option<String>,
    /// When its access was withdrawn.
    pub withdrawn_at: Option<String>,
}

/// A session.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SessionData {
    pub session_id: String,
    pub started_at: String,
    pub last_used_at: String,
    pub browser: Option<BrowserHint>,
    pub source: Option<String>,
    pub methods: Vec<Factor>,
    /// The SIRET of the organization that the person acts for in it.
    pub organization: Option<String>,
}

/// A browser in which a password is enough.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TrustedBrowserData {
    pub trusted_since: String,
    pub trusted_until: String,
    pub browser: Option<BrowserHint>,
    pub source: Option<String>,
}

/// An event of the audit.
#[derive(Debug, Clone, Serialize)]
pub struct EventData {
    /// When.
    pub at: String,
    /// `person`, `visitor`, `service`, `operator` or `program`: nobody else is named.
    pub by: &'static str,
    /// From where, cut when it is old; nothing where somebody else acted.
    pub source: Option<String>,
    /// What: `event`, and what belongs to it.
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// A mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailData {
    /// What it is about.
    pub kind: String,
    /// The address that it goes to.
    pub to: String,
    /// When it was written.
    pub written_at: String,
    /// What became of it: `waiting`, `sent`, or why it never left.
    pub outcome: &'static str,
    /// When that was; nothing while it waits.
    pub ended_at: Option<String>,
}
