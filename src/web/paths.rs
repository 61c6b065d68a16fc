//! Every address of the site that code refers to. Redirects inside the site go here and nowhere else.

use std::borrow::Cow;

use crate::config::Notices;
use crate::domain::{AccountPage, ConsolePage, Siret};
use crate::render::NoticeLinks;

/// The home page.
pub const HOME: &str = "/";
/// What the register says of a number, which the query names.
pub const ORGANIZATION_INFO: &str = "/api/organization-info";
/// What the register says of a number.
pub const ORGANIZATION_INFO_OF: &str = "/api/sirene/organization-info/{id}";
/// The e-mail step.
pub const START_SIGN_IN: &str = "/users/start-sign-in";
/// The password step.
pub const SIGN_IN: &str = "/users/sign-in";
/// Choice of a password for an account to be.
pub const SIGN_UP: &str = "/users/sign-up";
/// The code that was mailed.
pub const VERIFY_EMAIL: &str = "/users/verify-email";
/// Another code.
pub const SEND_EMAIL_VERIFICATION: &str = "/users/send-email-verification";
/// A link to sign in with, by mail.
pub const SEND_MAGIC_LINK: &str = "/users/send-magic-link";
/// The link is on its way.
pub const MAGIC_LINK_SENT: &str = "/users/magic-link-sent";
/// Where it leads.
pub const SIGN_IN_WITH_MAGIC_LINK: &str = "/users/sign-in-with-magic-link";
/// It was asked by somebody else.
pub const DISOWN_MAGIC_LINK: &str = "/users/disown-magic-link";
/// What is kept about people.
pub const PERSONAL_DATA_NOTICE: &str = "/personal-data-notice";
/// The terms of use.
pub const TERMS: &str = "/terms";
/// Answers to what people ask most.
pub const HELP: &str = "/help";
/// The state of accessibility.
pub const ACCESSIBILITY: &str = "/accessibility";
/// Taking back a change of address.
pub const RESTORE_ADDRESS: &str = "/users/restore-address";
/// An account is opened by an invitation.
pub const ACCEPT_INVITATION: &str = "/users/accept-invitation";
/// The removal of second factors is stopped.
pub const KEEP_SECOND_FACTOR: &str = "/users/keep-second-factor";
/// A link to choose another password with, by mail.
pub const RESET_PASSWORD: &str = "/users/reset-password";
/// The second factor.
pub const SECOND_FACTOR: &str = "/users/2fa-sign-in";
/// A code of the application.
pub const SECOND_FACTOR_TOTP: &str = "/users/2fa-sign-in-with-totp";
/// A recovery code.
pub const SECOND_FACTOR_RECOVERY: &str = "/users/2fa-sign-in-with-recovery-code";
/// A passkey in place of a password.
pub const SIGN_IN_WITH_PASSKEY: &str = "/users/sign-in-with-passkey";
/// A passkey as second factor.
pub const SECOND_FACTOR_PASSKEY: &str = "/users/2fa-sign-in-with-passkey";
/// What a browser is asked about passkeys within a sign-in.
pub const PASSKEY_OPTIONS: &str = "/users/passkey-options";
/// How a second factor is set up within a sign-in.
pub const SET_UP_SECOND_FACTOR: &str = "/users/double-authentication-choice";
/// Questions that lead to a second factor, within a sign-in.
pub const DECISION_HELPER_IN_SIGN_IN: &str = "/users/mfa-decision-helper";
/// One of those that follow, or what they lead to.
pub const DECISION_IN_SIGN_IN: &str = "/users/mfa-decision-helper/{id}";
/// Questions that lead to a second factor.
pub const DECISION_HELPER: &str = "/mfa-decision-helper";
/// One of those that follow, or what they lead to.
pub const DECISION: &str = "/mfa-decision-helper/{id}";
/// A passkey is added within a sign-in.
pub const SET_UP_PASSKEY: &str = "/users/passkeys/verify-registration";
/// An account to which somebody came back after a year.
pub const DORMANT_ACCOUNT: &str = "/users/dormant-account";
/// The application is set up within a sign-in.
pub const SET_UP_TOTP: &str = "/users/totp-configuration";
/// What is asked beside the password, looked at and changed.
pub const DOUBLE_AUTHENTICATION: &str = "/double-authentication";
/// The application is set up, or another one in its place.
pub const TOTP_CONFIGURATION: &str = "/totp-configuration";
/// What a browser is asked to make a passkey of.
pub const NEW_PASSKEY_OPTIONS: &str = "/passkeys/options";
/// A passkey is added.
pub const NEW_PASSKEY: &str = "/passkeys/verify-registration";
/// A passkey is taken away.
pub const DELETE_PASSKEY: &str = "/delete-passkeys/{id}";
/// A passkey is given another name.
pub const RENAME_PASSKEY: &str = "/rename-passkeys/{id}";
/// The removal that an operator asked for is stopped.
pub const KEEP_OWN_SECOND_FACTOR: &str = "/keep-second-factor";
/// It is taken away.
pub const DELETE_TOTP_CONFIGURATION: &str = "/delete-totp-configuration";
/// Where it is asked.
pub const SET_FORCE_2FA: &str = "/set-force-2fa";
/// New recovery codes.
pub const RECOVERY_CODES: &str = "/recovery-codes";
/// Confirmation of the account.
pub const SELECT_ACCOUNT: &str = "/users/select-account";
/// Names, telephone and position.
pub const PERSONAL_INFORMATION: &str = "/users/personal-information";
/// Choice of the organization to act for.
pub const SELECT_ORGANIZATION: &str = "/users/select-organization";
/// A SIRET, or a name to look for.
pub const JOIN_ORGANIZATION: &str = "/users/join-organization";
/// Whether a big organization is the right one.
pub const JOIN_ORGANIZATION_CONFIRM: &str = "/users/join-organization-confirm";
/// The organization names its domains, and this is none of them.
pub const DOMAIN_NOT_ALLOWED: &str = "/users/domain-not-allowed-for-organization";
/// Nobody joins this organization with this domain.
pub const DOMAIN_REFUSED: &str = "/users/domain-refused-for-organization";
/// A public body, and an address that anybody can have.
pub const NOT_FOR_ANY_MAILBOX: &str = "/users/access-restricted-to-public-sector-email";
/// An address of the State, and no public body.
pub const NOT_FOR_THE_STATE: &str = "/users/access-restricted-to-private-sector-email";
/// The code that an organization's own address was sent.
pub const OFFICIAL_CONTACT: &str = "/users/official-contact-email-verification/{id}";
/// Another one, or the first.
pub const SEND_OFFICIAL_CONTACT: &str = "/users/send-official-contact-email-verification/{id}";
/// A request waits for a moderator.
pub const UNABLE_TO_AUTO_JOIN: &str = "/users/unable-to-auto-join-organization";
/// It is taken back.
pub const CANCEL_MODERATION: &str = "/users/cancel-moderation/{id}";
/// A request was refused.
pub const MODERATION_REJECTED: &str = "/users/moderation-rejected";
/// It is corrected.
pub const REOPEN_MODERATION: &str = "/users/reopen-moderation/{id}";
/// The person joined an organization.
pub const WELCOME: &str = "/users/welcome";
/// The original's page of one organization of the person.
pub const FORMER_ORGANIZATION: &str = "/users/organization/{id}";
/// The original's page of the organizations of an e-mail domain.
pub const FORMER_SUGGESTIONS: &str = "/users/organization-suggestions";
/// The original's page of the several addresses of a town hall.
pub const FORMER_WHICH_CONTACT: &str = "/users/official-contact-ask-which-email/{id}";
/// The original's welcome in one organization.
pub const FORMER_WELCOME: &str = "/users/welcome/{id}";
/// The original's ways to take a request back and begin anew: with another address, another organization, other names.
pub const FORMER_CANCEL_TO_SIGN_IN: &str = "/users/cancel-moderation-and-redirect-to-sign-in/{id}";
/// See [`FORMER_CANCEL_TO_SIGN_IN`].
pub const FORMER_CANCEL_TO_JOIN: &str = "/users/cancel-moderation-and-redirect-to-join-org/{id}";
/// See [`FORMER_CANCEL_TO_SIGN_IN`].
pub const FORMER_CANCEL_TO_NAMES: &str = "/users/cancel-moderation-and-redirect-to-personal-information/{id}";
/// The organizations of the person.
pub const MANAGE_ORGANIZATIONS: &str = "/manage-organizations";
/// The person leaves one.
pub const QUIT_ORGANIZATION: &str = "/users/quit-organization/{id}";
/// Choice of a password by a single-use link.
pub const CHANGE_PASSWORD: &str = "/users/change-password";
/// Sign-out of the home page.
pub const SIGN_OUT: &str = "/users/sign-out";
/// Names, telephone and position, looked at and changed at any time.
pub const OWN_PERSONAL_INFORMATION: &str = "/personal-information";
/// Address, password, sessions of the person.
pub const CONNECTION_AND_ACCOUNT: &str = "/connection-and-account";
/// Choice of another password.
pub const OWN_PASSWORD: &str = "/connection-and-account/password";
/// Choice of another address.
pub const OWN_EMAIL: &str = "/connection-and-account/email";
/// The code that proves it.
pub const OWN_EMAIL_CODE: &str = "/connection-and-account/email/code";
/// End of sessions.
pub const OWN_SESSIONS: &str = "/connection-and-account/sessions";
/// Browsers that are trusted no longer.
pub const OWN_BROWSERS: &str = "/connection-and-account/browsers";
/// Services that are told nothing more.
pub const OWN_SERVICES: &str = "/connection-and-account/services";
/// Sign-ins of the person, and attempts at one.
pub const SIGN_IN_HISTORY: &str = "/connection-and-account/sign-in-history";
/// Everything that is known about the person.
pub const MY_DATA: &str = "/connection-and-account/my-data";
/// The file with it, by a link that was mailed.
pub const MY_DATA_FILE: &str = "/connection-and-account/my-data/file";
/// The deletion of the account.
pub const DELETE: &str = "/users/delete";
/// The console of administration.
pub const ADMIN: &str = "/admin";
/// Its entrance.
pub const ADMIN_SIGN_IN: &str = "/admin/sign-in";
/// The way out of it.
pub const ADMIN_SIGN_OUT: &str = "/admin/sign-out";
/// Requests to join.
pub const ADMIN_MODERATIONS: &str = "/admin/moderations";
/// The same as a file.
pub const ADMIN_MODERATIONS_FILE: &str = "/admin/moderations.csv";
/// One request to join.
pub const ADMIN_MODERATION: &str = "/admin/moderations/{id}";
/// The person is let in.
pub const ACCEPT_MODERATION: &str = "/admin/moderations/{id}/accept";
/// They are refused.
pub const REJECT_MODERATION: &str = "/admin/moderations/{id}/reject";
/// A decision is taken back.
pub const REOPEN_ANY_MODERATION: &str = "/admin/moderations/{id}/reopen";
/// Something is written down about a request.
pub const COMMENT_MODERATION: &str = "/admin/moderations/{id}/comment";
/// One moderator decides on one request, by the link of a mail.
pub const MODERATION: &str = "/moderation/{id}";
/// Organizations.
pub const ADMIN_ORGANIZATIONS: &str = "/admin/organizations";
/// The same as a file.
pub const ADMIN_ORGANIZATIONS_FILE: &str = "/admin/organizations.csv";
/// One of them.
pub const ADMIN_ORGANIZATION: &str = "/admin/organizations/{id}";
/// What the register says of it is read anew.
pub const ADMIN_ORGANIZATION_REFRESH: &str = "/admin/organizations/{id}/refresh";
/// A domain is added to it.
pub const ADMIN_ORGANIZATION_DOMAINS: &str = "/admin/organizations/{id}/domains";
/// One of its domains is changed.
pub const ADMIN_ORGANIZATION_DOMAIN: &str = "/admin/organizations/{id}/domains/{id}";
/// One of its domains is removed.
pub const ADMIN_ORGANIZATION_DOMAIN_REMOVE: &str = "/admin/organizations/{id}/domains/{id}/remove";
/// Somebody is added to it.
pub const ADMIN_ORGANIZATION_MEMBERS: &str = "/admin/organizations/{id}/members";
/// The link of somebody with it is changed.
pub const ADMIN_ORGANIZATION_MEMBER: &str = "/admin/organizations/{id}/members/{id}";
/// The link of somebody with it is taken away.
pub const ADMIN_ORGANIZATION_MEMBER_REMOVE: &str = "/admin/organizations/{id}/members/{id}/remove";
/// What was done to it.
pub const ADMIN_ORGANIZATION_HISTORY: &str = "/admin/organizations/{id}/history";
/// Who has which role.
pub const ADMIN_TEAM: &str = "/admin/team";
/// A role is taken away.
pub const ADMIN_TEAM_REVOKE: &str = "/admin/team/{id}/revoke";
/// The mails of a sandbox.
pub const MAILBOX: &str = "/mailbox";
/// Authorization endpoint.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Token endpoint.
pub const TOKEN: &str = "/oauth/token";
/// UserInfo endpoint.
pub const USERINFO: &str = "/oauth/userinfo";
/// What services ask for where they show a certificate (RFC 8705 §5).
pub const OF_MUTUAL_TLS: [&str; 2] = [TOKEN, USERINFO];
/// Public keys.
pub const JWKS: &str = "/oauth/jwks";
/// RP-initiated logout.
pub const LOGOUT: &str = "/oauth/logout";
/// OpenID Provider metadata.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Authorization server metadata: the same document.
pub const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";

/// Where a sign-in under way resumes.
pub const INTERACTION: &str = "/interaction/{id}";
/// Where it is given up.
pub const CANCEL: &str = "/interaction/{id}/cancel";
/// The consent page.
pub const CONSENT: &str = "/interaction/{id}/consent";
/// Whether the process runs.
pub const LIVEZ: &str = "/livez";
/// Whether it can serve.
pub const READYZ: &str = "/readyz";
/// Embedded files.
pub const ASSET: &str = "/assets/{id}";

/// A page of the account that a sign-in leads back to.
pub fn account(page: AccountPage) -> Cow<'static, str> {
    Cow::Borrowed(match page {
        AccountPage::ConnectionAndAccount => CONNECTION_AND_ACCOUNT,
        AccountPage::Password => OWN_PASSWORD,
        AccountPage::Email => OWN_EMAIL,
        AccountPage::SignInHistory => SIGN_IN_HISTORY,
        AccountPage::MyData => MY_DATA,
        AccountPage::Delete => DELETE,
        AccountPage::DoubleAuthentication => DOUBLE_AUTHENTICATION,
        AccountPage::Administration => ADMIN_SIGN_IN,
        AccountPage::PersonalInformation => OWN_PERSONAL_INFORMATION,
        AccountPage::Organizations => MANAGE_ORGANIZATIONS,
        AccountPage::JoinOrganization => JOIN_ORGANIZATION,
        AccountPage::Welcome => WELCOME,
        AccountPage::OfficialContact(id) => return Cow::Owned(of(OFFICIAL_CONTACT, id)),
        AccountPage::AdministrationFor(wanted) => return Cow::Owned(entrance_to(wanted)),
    })
}

/// The entrance to the console, on the way to one of its pages.
pub fn entrance_to(wanted: ConsolePage) -> String {
    if wanted == ConsolePage::Home { ADMIN_SIGN_IN.to_owned() } else { format!("{ADMIN_SIGN_IN}?to={wanted}") }
}

/// A page of the console.
pub fn console(page: ConsolePage) -> String {
    if page == ConsolePage::Home { ADMIN.to_owned() } else { format!("{ADMIN}/{page}") }
}

/// The page of sign-in, for whoever asked for a page of the account without being signed in; it says `said`.
pub fn sign_in_for(page: AccountPage, said: Option<&'static str>) -> String {
    let asked = page.word().map(|word| format!("page={word}"));
    let said = said.map(|word| format!("notification={word}"));
    let parameters: Vec<String> = asked.into_iter().chain(said).collect();
    if parameters.is_empty() { START_SIGN_IN.to_owned() } else { format!("{START_SIGN_IN}?{}", parameters.join("&")) }
}

/// The page of the account that a path belongs to: its own, or that of a form of it.
pub fn page_of(path: &str) -> Option<AccountPage> {
    match path {
        OWN_PERSONAL_INFORMATION => Some(AccountPage::PersonalInformation),
        MANAGE_ORGANIZATIONS => Some(AccountPage::Organizations),
        CONNECTION_AND_ACCOUNT | OWN_SESSIONS | OWN_BROWSERS | OWN_SERVICES => Some(AccountPage::ConnectionAndAccount),
        OWN_PASSWORD => Some(AccountPage::Password),
        OWN_EMAIL | OWN_EMAIL_CODE => Some(AccountPage::Email),
        MY_DATA => Some(AccountPage::MyData),
        DELETE => Some(AccountPage::Delete),
        DOUBLE_AUTHENTICATION
        | TOTP_CONFIGURATION
        | DELETE_TOTP_CONFIGURATION
        | SET_FORCE_2FA
        | RECOVERY_CODES
        | NEW_PASSKEY
        | KEEP_OWN_SECOND_FACTOR => Some(AccountPage::DoubleAuthentication),
        _ if ["/delete-passkeys/", "/rename-passkeys/"].iter().any(|start| path.starts_with(start)) => {
            Some(AccountPage::DoubleAuthentication)
        }
        _ if path.starts_with("/users/quit-organization/") => Some(AccountPage::Organizations),
        _ => None,
    }
}

/// The page that an address of the original stands for, where a bookmark or an old mail names it.
pub fn page_of_former(path: &str) -> Option<AccountPage> {
    let under = |pattern: &str| path.strip_prefix(pattern.strip_suffix("{id}")?);
    if path == FORMER_SUGGESTIONS {
        return Some(AccountPage::JoinOrganization);
    }
    if let Some(id) = under(FORMER_WHICH_CONTACT) {
        return id.parse().ok().map(AccountPage::OfficialContact);
    }
    let is_of_one = under(FORMER_ORGANIZATION).map(|_| AccountPage::Organizations);
    is_of_one.or_else(|| under(FORMER_WELCOME).map(|_| AccountPage::Welcome))
}

/// A page of a sign-in under way.
pub fn within(path: &str, interaction: Option<&str>) -> String {
    match interaction {
        Some(id) => format!("{path}?interaction={id}"),
        None => path.to_owned(),
    }
}

/// A page about one thing, named by its number.
pub fn of(path: &str, number: impl std::fmt::Display) -> String {
    path.replace("{id}", &number.to_string())
}

/// A page of a sign-in under way, about the organization with this SIRET.
pub fn about_siret(path: &str, siret: &Siret, interaction: Option<&str>) -> String {
    match interaction {
        Some(id) => format!("{path}?siret={siret}&interaction={id}"),
        None => format!("{path}?siret={siret}"),
    }
}

/// A page of a sign-in under way, about the request with this number.
pub fn about_request(path: &str, number: impl std::fmt::Display, interaction: Option<&str>) -> String {
    match interaction {
        Some(id) => format!("{path}?moderation_id={number}&interaction={id}"),
        None => format!("{path}?moderation_id={number}"),
    }
}

/// A page that says what was just done.
pub fn notifying(path: &str, notification: &str) -> String {
    format!("{path}?notification={notification}")
}

/// Where a sign-in under way resumes.
pub fn interaction(id: &str) -> String {
    format!("/interaction/{id}")
}

/// The consent page of a sign-in under way.
pub fn consent(id: &str) -> String {
    format!("/interaction/{id}/consent")
}

/// Where the notices are: the operator's own, or those that come with the program.
pub(super) fn notices(notices: &Notices) -> NoticeLinks {
    let link = |own: &Option<String>, path: &str| own.clone().unwrap_or_else(|| path.to_owned());
    NoticeLinks {
        personal_data: link(&notices.personal_data_href, PERSONAL_DATA_NOTICE),
        terms: link(&notices.terms_href, TERMS),
        accessibility: link(&notices.accessibility_href, ACCESSIBILITY),
        accessibility_state: notices.accessibility.as_str(),
    }
}
