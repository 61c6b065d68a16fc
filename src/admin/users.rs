//! `users`: people, and what they may do for the instance.

use serde::{Deserialize, Serialize};

use super::factor_removals;
use super::organizations::Authorship;
use super::page::{ENTRIES, Listing, Page};
use super::refusal::Refusal;
use super::{Reply, Request, created, done};
use crate::acts::administration::{
    self as acts, LinkedUser, NewUser, OrganizationKey, UserDossier, UserKey, UserRefusal,
};
use crate::domain::{
    Email, Membership, Organization, OrganizationId, PersonalInformation, PersonalInformationFault, Role, Siret, User,
    UserId, UserState, Verification,
};
use crate::protocol::Timestamp;
use crate::web::paths;

/// A person as they are shown.
#[derive(Debug, Serialize)]
pub(super) struct View {
    user_id: UserId,
    email: Email,
    email_verified_at: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    phone_number: Option<String>,
    job: Option<String>,
    enabled: bool,
    disabled_at: Option<String>,
    role: Option<&'static str>,
    /// Of a moderator for some organizations.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_organizations: Option<Vec<OrganizationId>>,
    /// Of a moderator until a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_until: Option<String>,
    created_at: String,
    updated_at: String,
    sign_in_count: u64,
    last_sign_in_at: Option<String>,
    /// Since when whoever came back after a year waits for a second factor, or for an administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_since: Option<String>,
}

/// A person with what belongs to them.
#[derive(Debug, Serialize)]
struct DossierView {
    #[serde(flatten)]
    user: View,
    /// Whether the mailbox goes with a function.
    has_generic_mailbox: bool,
    has_password: bool,
    has_authenticator_application: bool,
    passkeys: usize,
    recovery_codes_left: usize,
    organizations: Vec<LinkView>,
}

/// An organization of a person.
#[derive(Debug, Serialize)]
struct LinkView {
    organization_id: OrganizationId,
    siret: Siret,
    label: String,
    is_external: bool,
    verification: Verification,
    created_at: String,
    #[serde(flatten)]
    authorship: Authorship,
}

/// A person, and the link by which they choose a password.
#[derive(Debug, Serialize)]
struct LinkedView {
    #[serde(flatten)]
    user: View,
    password_link: String,
    password_link_expires_at: String,
}

/// A person to enter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    #[serde(deserialize_with = "Email::deserialize_typed")]
    email: Email,
    given_name: String,
    family_name: String,
    #[serde(default)]
    phone_number: String,
    #[serde(default)]
    job: String,
}

/// Another address for an account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAddress {
    #[serde(deserialize_with = "Email::deserialize_typed")]
    email: Email,
    #[serde(default)]
    verified: bool,
}

/// A role to give.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    role: String,
    organizations: Option<Vec<String>>,
    until: Option<String>,
    #[serde(default)]
    last_administrator: bool,
}

/// What is said with an act that could leave nobody to administer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    last_administrator: Option<String>,
}

impl Meant {
    fn is_meant(&self) -> bool {
        self.last_administrator.as_deref() == Some("true")
    }
}

/// What is said with a new link for a password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compromise {
    compromised: Option<String>,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request).await,
        ("POST", []) => create(request).await,
        ("GET", [key]) => show(request, parse(key)?).await,
        ("DELETE", [key]) => erase(request, parse(key)?).await,
        ("POST", [key, "disable"]) => disable(request, parse(key)?).await,
        ("POST", [key, "enable"]) => enable(request, parse(key)?).await,
        ("POST", [key, "sign-out"]) => sign_out(request, parse(key)?).await,
        ("PUT", [key, "email"]) => change_address(request, parse(key)?).await,
        ("POST", [key, "password-link"]) => reset_password(request, parse(key)?).await,
        ("POST", [key, "factor-removal"]) => factor_removals::ask(request, parse(key)?).await,
        ("DELETE", [key, "factor-removal"]) => factor_removals::cancel(request, parse(key)?).await,
        ("PUT", [key, "role"]) => grant(request, parse(key)?).await,
        ("DELETE", [key, "role"]) => revoke(request, parse(key)?).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

/// `administrators`: people who have a role.
pub(super) fn route_administrators(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let Listing { cursor } = request.call.parameters()?;
            let listed = acts::list_administrators(request.app, cursor.key("administrators")?, ENTRIES)?;
            Ok(done(&page("administrators", listed)))
        }
        _ => Err(Refusal::NoSuchAddress),
    }
}

pub(super) fn parse(key: &str) -> Result<UserKey, Refusal> {
    let expected = "an e-mail address or an identifier in digits is expected";
    key.parse().map_err(|_| Refusal::Identifier { noun: "user", id: key.chars().take(64).collect(), expected })
}

fn page(noun: &str, users: Vec<User>) -> Page<View> {
    Page::new(noun, users.into_iter().map(view).collect(), |view: &View| view.user_id.to_string())
}

async fn list(request: &Request<'_>) -> Reply {
    let Listing { cursor } = request.call.parameters()?;
    let listed = acts::list_users(request.app, request.by, cursor.key("users")?, ENTRIES).await?;
    Ok(done(&page("users", listed)))
}

async fn create(request: &Request<'_>) -> Reply {
    let NewPerson { email, given_name, family_name, phone_number, job } = request.call.document()?;
    let information = PersonalInformation::parse(&given_name, &family_name, &phone_number, &job).map_err(|faults| {
        Refusal::Invalid(faults.into_iter().map(|fault| (field(fault), reason(fault).to_owned())).collect())
    })?;
    let key = UserKey::Email(email.clone());
    match acts::create_user(request.app, request.by, NewUser { email, information }).await? {
        Ok(linked) => Ok(created(&linked_view(request, linked))),
        Err(refusal) => Err(Refusal::of_user(&key, refusal)),
    }
}

pub(super) fn field(fault: PersonalInformationFault) -> &'static str {
    match fault {
        PersonalInformationFault::Missing(field)
        | PersonalInformationFault::TooLong(field)
        | PersonalInformationFault::Malformed(field)
        | PersonalInformationFault::Mixed(field) => field.as_str(),
    }
}

pub(super) fn reason(fault: PersonalInformationFault) -> &'static str {
    match fault {
        PersonalInformationFault::Missing(_) => "is missing",
        PersonalInformationFault::TooLong(_) => "is longer than 255 characters",
        PersonalInformationFault::Malformed(_) => "holds characters that cannot stand there",
        PersonalInformationFault::Mixed(_) => "mixes letters of several alphabets",
    }
}

async fn show(request: &Request<'_>, key: UserKey) -> Reply {
    request.call.nothing_else()?;
    match acts::view_user(request.app, request.by, key.clone()).await? {
        Ok(UserDossier { user, has_password, second_factors, organizations }) => {
            let dossier = DossierView {
                has_generic_mailbox: user.email.is_generic(&request.app.config.generic_mailboxes),
                user: view(user),
                has_password,
                has_authenticator_application: second_factors.totp.is_some(),
                passkeys: second_factors.passkeys.len(),
                recovery_codes_left: second_factors.recovery_tags.len(),
                organizations: organizations.into_iter().map(link_view).collect(),
            };
            Ok(done(&dossier))
        }
        Err(refusal) => Err(Refusal::of_user(&key, refusal)),
    }
}

async fn erase(request: &Request<'_>, key: UserKey) -> Reply {
    let meant: Meant = request.call.parameters()?;
    match acts::erase_user(request.app, request.by, key.clone(), meant.is_meant()).await? {
        Ok(user_id) => Ok(done(&serde_json::json!({ "user_id": user_id, "deleted": true }))),
        Err(refusal) => Err(Refusal::of_user(&key, refusal)),
    }
}

async fn disable(request: &Request<'_>, key: UserKey) -> Reply {
    let meant: Meant = request.call.parameters()?;
    answer(&key, acts::disable_user(request.app, request.by, key.clone(), meant.is_meant()).await?)
}

async fn enable(request: &Request<'_>, key: UserKey) -> Reply {
    request.call.nothing_else()?;
    answer(&key, acts::enable_user(request.app, request.by, key.clone()).await?)
}

async fn sign_out(request: &Request<'_>, key: UserKey) -> Reply {
    request.call.nothing_else()?;
    answer(&key, acts::sign_out_user(request.app, request.by, key.clone()).await?)
}

async fn change_address(request: &Request<'_>, key: UserKey) -> Reply {
    let NewAddress { email, verified } = request.call.document()?;
    let outcome = acts::change_user_address(request.app, request.by, key.clone(), email.clone(), verified).await?;
    match outcome {
        // Whose it is already is another one than who was named.
        Err(UserRefusal::EmailTaken) => Err(Refusal::of_user(&UserKey::Email(email), UserRefusal::EmailTaken)),
        outcome => answer(&key, outcome),
    }
}

async fn reset_password(request: &Request<'_>, key: UserKey) -> Reply {
    let said: Compromise = request.call.parameters()?;
    let is_compromised = said.compromised.as_deref() == Some("true");
    match acts::reset_password(request.app, request.by, key.clone(), is_compromised).await? {
        Ok(linked) => Ok(created(&linked_view(request, linked))),
        Err(refusal) => Err(Refusal::of_user(&key, refusal)),
    }
}

async fn grant(request: &Request<'_>, key: UserKey) -> Reply {
    let grant: Grant = request.call.document()?;
    let is_meant = grant.last_administrator;
    let role = role(request, grant)?;
    answer(&key, acts::grant_role(request.app, request.by, key.clone(), role, is_meant).await?)
}

async fn revoke(request: &Request<'_>, key: UserKey) -> Reply {
    let meant: Meant = request.call.parameters()?;
    answer(&key, acts::revoke_role(request.app, request.by, key.clone(), meant.is_meant()).await?)
}

/// Reads a role; only a moderator has organizations and an end.
fn role(request: &Request<'_>, grant: Grant) -> Result<Role, Refusal> {
    let invalid = |field, reason: &str| Refusal::Invalid(vec![(field, reason.to_owned())]);
    let is_bounded = grant.organizations.is_some() || grant.until.is_some();
    match grant.role.as_str() {
        "administrator" | "reader" if is_bounded => {
            Err(invalid("role", "organizations and an end are for moderators only"))
        }
        "administrator" => Ok(Role::Administrator),
        "reader" => Ok(Role::Reader),
        "moderator" => {
            let organizations = grant.organizations.map(|keys| organization_ids(request, &keys)).transpose()?;
            let until = grant.until.map(|text| {
                Timestamp::parse_end(&text).ok_or_else(|| {
                    invalid("until", "a date or an instant is expected, such as 2027-01-31 or 2027-01-31T12:00:00Z")
                })
            });
            let until = until.transpose()?;
            if until.is_some_and(|until| until.has_come(request.app.clock.now())) {
                return Err(invalid("until", "is over already: an end to come is expected"));
            }
            Ok(Role::Moderator { organizations, until })
        }
        _ => Err(invalid("role", "administrator, moderator or reader is expected")),
    }
}

fn organization_ids(
    request: &Request<'_>,
    keys: &[String],
) -> Result<std::collections::BTreeSet<OrganizationId>, Refusal> {
    let id_of = |text: &String| {
        let key: OrganizationKey = super::organizations::parse(text)?;
        let found = acts::find_organization(request.app, &key)?;
        found.map(|organization| organization.id).ok_or_else(|| Refusal::Unknown { noun: "org", id: key.to_string() })
    };
    keys.iter().map(id_of).collect()
}

pub(super) fn answer(key: &UserKey, outcome: Result<User, UserRefusal>) -> Reply {
    match outcome {
        Ok(user) => Ok(done(&view(user))),
        Err(refusal) => Err(Refusal::of_user(key, refusal)),
    }
}

fn linked_view(request: &Request<'_>, linked: LinkedUser) -> LinkedView {
    let path = format!("{}?reset_password_token={}", paths::CHANGE_PASSWORD, linked.link.expose());
    LinkedView {
        user: view(linked.user),
        password_link: request.app.config.public_url.join(&path),
        password_link_expires_at: linked.expires_at.to_iso8601(),
    }
}

pub(super) fn view(user: User) -> View {
    let disabled_at = match user.state {
        UserState::Active => None,
        UserState::Disabled { at } => Some(at.to_iso8601()),
    };
    let (role_organizations, role_until) = match &user.role {
        Some(Role::Moderator { organizations, until }) => {
            let organizations = organizations.as_ref().map(|some| some.iter().copied().collect());
            (organizations, until.map(|until| until.to_iso8601()))
        }
        Some(Role::Administrator | Role::Reader) | None => (None, None),
    };
    View {
        user_id: user.id,
        enabled: disabled_at.is_none(),
        disabled_at,
        email_verified_at: user.email_verified_at.map(|at| at.to_iso8601()),
        email: user.email,
        given_name: user.information.given_name,
        family_name: user.information.family_name,
        phone_number: user.information.phone_number,
        job: user.information.job,
        role: user.role.as_ref().map(Role::as_str),
        role_organizations,
        role_until,
        created_at: user.created_at.to_iso8601(),
        updated_at: user.updated_at.to_iso8601(),
        sign_in_count: user.sign_in_count,
        last_sign_in_at: user.last_sign_in_at.map(|at| at.to_iso8601()),
        held_since: user.held_since.map(|at| at.to_iso8601()),
    }
}

fn link_view((membership, organization): (Membership, Organization)) -> LinkView {
    LinkView {
        authorship: Authorship::of(&membership),
        organization_id: organization.id,
        siret: organization.siret,
        label: organization.label,
        is_external: membership.is_external,
        verification: membership.verification,
        created_at: membership.created_at.to_iso8601(),
    }
}
