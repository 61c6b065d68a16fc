//! Users, organizations, memberships, clients, sessions and grants: states, rules, decisions.
//!
//! Pure: no async, no IO, no clock, no randomness; instants and random values come in as arguments.
//! Refuses HTTP, storage and pages. Doors: the types re-exported here, [`steps`] and [`claims`].

#![deny(clippy::wildcard_enum_match_arm)]

mod account_page;
mod attempts;
mod audit;
mod audit_subject;
mod authorization;
mod backups;
mod carried;
pub mod claims;
mod client;
mod client_settings;
mod handle;
mod ids;
mod interaction;
mod organization;
mod outgoing_mail;
mod person;
mod pre_session;
mod session;
pub mod steps;

pub use account_page::{AccountPage, ConsolePage, NoConsolePage};
pub use attempts::{
    AttemptLimit, Ban, Banned, GuessLimits, GuessRefusal, Limiter, MalformedNetwork, Network, Refusals,
    SUSPENSION_LIFETIME, Samples, Source, SourceLimits, Surge, Taken, TooManyAttempts,
};
pub use audit::{
    Actor, AuditEvent, AuditRecord, FieldChange, LockedOut, MailEnd, MailedSecret, ModerationStep, Origin,
    SignInFailure, SignInMethod, TakenList, TurnedAway,
};
pub use audit_subject::AuditSubject;
pub use authorization::{
    ACCESS_TOKEN_LIFETIME, AccessToken, Authorization, AuthorizationCode, CODE_LIFETIME, CodePresentation, CodeRefusal,
    CodeState, Grant, GrantState, Redemption, ServiceUse, ServiceUseState,
};
pub use backups::Retention;
pub use carried::{Carried, SealedSecret};
pub use client::{
    ClaimsProfile, Client, ClientAuthentication, ClientOrigin, ClientState, RetiringSecret, SecretDigest,
};
pub use client_settings::{ClientFault, ClientFaultReason, ClientSettings, MAX_CERTIFICATES, RegistrationRules};
pub use handle::{Handle, HandleKey, InOrder};
pub use ids::{ClientId, MalformedId, OrganizationId, UserId};
pub use interaction::{Destination, INTERACTION_LIFETIME, Interaction, PendingAuthorization, Progress};
pub use organization::{
    AcceptanceEffect, Activity, AddressParts, ApplicantFacts, CommuneCode, ContactCode, ContactProof,
    ContactProofRefusal, CountryCode, Day, Deed, DepartmentCode, Diffusion, EmailDomain, EmailDomainStatus,
    Establishment, EstablishmentName, EstablishmentQuery, EstablishmentSource, FactMoved, FormerDomain, FormerLink,
    Greeting, HeadcountBand, HeadcountYear, Joining, JoiningFacts, JoiningPolicy, JoiningRefusal, KnownContact,
    LegalCategory, Likeness, LinkStanding, LookAlike, MODERATION_LINK_LIFETIME, MailProviders, MailboxKind,
    MalformedCode, MalformedEmailDomain, MalformedRejectionReason, MalformedSiren, MalformedSiret, Membership,
    Moderation, ModerationFault, ModerationId, ModerationKind, ModerationLink, ModerationMove, ModerationNote,
    ModerationQuery, ModerationQueryFault, ModerationStanding, ModerationState, NameParts, OfficialContact,
    OfficialContactKind, Organization, OrganizationDomain, OrganizationFacts, OrganizationFault, OrganizationSource,
    OrganizationStanding, PublicBody, QueryFault, RejectionReason, RequestStanding, Siren, Siret, Told, UNKNOWN_NAME,
    UnweighedDomain, Verification, capitalized, decide_joining, department_of, folded, look_alikes, normalized_words,
    street_type, town_name, visible, words_of,
};
pub use outgoing_mail::{Alert, AlertNote, MailContent, OutgoingMail};
pub use person::{
    AccountAct, AccountData, AddressChange, AddressChangeRefusal, BrowserTrust, CodePurpose, Credentials,
    DATA_LINK_LIFETIME, DORMANT_AFTER, DataLink, Email, EventData, FactorRemoval, FactorRemovalState,
    FactorRemovalStop, Invitation, InvitationState, InvitedTo, KNOWN_BROWSER_LIFETIME, KnownBrowser, LinkRequest,
    MAILED_CODE_DIGITS, MOST_PASSKEYS, MagicLink, MailData, MailOutcome, MailboxName, MailboxPolicy, MailboxStanding,
    MailedCode, MailedCodeRefusal, MalformedEmail, MalformedMailboxName, MalformedReason, NOTICE_OF_ERASURE,
    OrganizationData, PASSKEY_CEREMONY_LIFETIME, PERSONAL_DATA_FORMAT, Passkey, PasskeyCeremony, PasskeyData,
    PasskeyNameFault, PasskeyPurpose, PasswordFault, PasswordLink, PasswordLinkRefusal, PasswordRules, PersonalData,
    PersonalInformation, PersonalInformationChange, PersonalInformationFault, PersonalInformationField, RECOVERY_CODES,
    ROUNDS_OF_NOTICE, RemovalReason, RequestData, RetentionRound, RetentionStep, Right, Role, RoleName,
    SecondFactorUse, SecondFactors, SentMail, ServiceData, SessionData, Totp, TrustedBrowserData, UnusedNotice, User,
    UserState, check_password, decide_retention, decide_trimming, digits_of_code, suggest_spelling,
};
pub use pre_session::{MAX_PENDING, PRE_SESSION_LIFETIME, PreSession, admit};
pub use session::{
    ADMINISTRATION_LIFETIME, AcrVocabulary, AdministrationSession, AssertedAssurance, Assurance, BrowserHint,
    BrowserProgram, BrowserSession, BrowserSystem, Factor, LogoutNotice, Proof, Session, SessionId, Whereabouts,
    acr_of,
};
