//! A person: identity, address, credentials, and the rules of what they may type.

mod account_act;
mod address_change;
mod alphabets;
mod credentials;
mod dormant_account;
mod email;
mod factor_removal;
mod invitation;
mod mailbox;
mod passkey;
mod password_link;
mod password_policy;
mod personal_data;
mod personal_information;
mod role;
mod second_factors;
#[cfg(test)]
mod tests;
mod unused_account;
mod user;

pub use account_act::AccountAct;
pub use address_change::{AddressChange, AddressChangeRefusal};
pub use credentials::Credentials;
pub use dormant_account::{DORMANT_AFTER, MailboxName, MalformedMailboxName};
pub(super) use email::is_invisible;
pub use email::{Email, MalformedEmail};
pub use factor_removal::{FactorRemoval, FactorRemovalState, FactorRemovalStop, MalformedReason, RemovalReason};
pub use invitation::{Invitation, InvitationState, InvitedTo};
pub(super) use mailbox::wait_after;
pub use mailbox::{
    BrowserTrust, CodePurpose, DATA_LINK_LIFETIME, DataLink, KNOWN_BROWSER_LIFETIME, KnownBrowser, LinkRequest,
    MAILED_CODE_DIGITS, MagicLink, MailOutcome, MailboxPolicy, MailboxStanding, MailedCode, MailedCodeRefusal,
    SentMail, digits_of_code, suggest_spelling,
};
pub use passkey::{
    MOST_PASSKEYS, PASSKEY_CEREMONY_LIFETIME, Passkey, PasskeyCeremony, PasskeyNameFault, PasskeyPurpose,
};
pub use password_link::{PasswordLink, PasswordLinkRefusal};
pub use password_policy::{PasswordFault, PasswordRules, check_password};
pub use personal_data::{
    AccountData, EventData, MailData, OrganizationData, PERSONAL_DATA_FORMAT, PasskeyData, PersonalData, RequestData,
    ServiceData, SessionData, TrustedBrowserData,
};
pub use personal_information::{
    PersonalInformation, PersonalInformationChange, PersonalInformationFault, PersonalInformationField,
};
pub use role::{Right, Role, RoleName};
pub use second_factors::{RECOVERY_CODES, SecondFactorUse, SecondFactors, Totp};
pub use unused_account::{
    NOTICE_OF_ERASURE, ROUNDS_OF_NOTICE, RetentionRound, RetentionStep, UnusedNotice, decide_retention, decide_trimming,
};
pub use user::{User, UserState};
