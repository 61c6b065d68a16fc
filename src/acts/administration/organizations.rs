//! Organizations: entered, looked at, and who belongs to them.

use std::str::FromStr;

use super::Decided;
use super::moderation::{is_delegated, may_decide, may_enter};
use super::users::{UserKey, find as find_user};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::directory::DirectoryError;
use crate::domain::{
    AuditEvent, EmailDomain, Membership, ModerationStep, Organization, OrganizationFacts, OrganizationFault,
    OrganizationId, OrganizationStanding, Siret, User, UserId, Verification,
};
use crate::store::{
    Read, StoreError, Tx, contact_proofs, email_domains, memberships, moderations, organizations, users,
};

/// How an operator names an organization: by SIRET or by our identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationKey {
    /// Our identifier.
    Id(OrganizationId),
    /// The register's number.
    Siret(Siret),
}

/// The text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SIRET (14 digits with a valid check digit) or an identifier is expected")]
pub struct MalformedOrganizationKey;

impl FromStr for OrganizationKey {
    type Err = MalformedOrganizationKey;

    fn from_str(text: &str) -> Result<Self, MalformedOrganizationKey> {
        let digits = text.chars().filter(|character| !character.is_whitespace()).count();
        match digits >= 14 {
            true => text.parse().map(Self::Siret).map_err(|_| MalformedOrganizationKey),
            false => text.parse().map(Self::Id).map_err(|_| MalformedOrganizationKey),
        }
    }
}

impl std::fmt::Display for OrganizationKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Siret(siret) => siret.fmt(formatter),
        }
    }
}

/// Why nothing was done to an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationRefusal {
    /// There is no such organization.
    Unknown,
    /// This SIRET is there already.
    Exists(OrganizationId),
    /// Facts that cannot stand.
    Invalid(Vec<OrganizationFault>),
    /// There is no such person.
    UnknownUser,
    /// The instance keeps no links that nothing proves.
    Unverified,
    /// No domain proves the link: that of the person's address is not approved for the organization (SEC-108).
    NotByDomain,
    /// The person does not belong to it.
    NotAMember,
    /// The register does not know the number, or may not tell.
    NotInRegister,
    /// No source of the register answers, or there is none that could.
    RegisterUnavailable(DirectoryError),
    /// The establishment is closed: nobody joins it any more (SEC-107).
    Closed,
    /// No source of the register has said yet what it is (SEC-199).
    Unconfirmed,
    /// Nobody links themselves to an organization in the console.
    Own,
}

/// An organization and some of those who belong to it.
#[derive(Debug, Clone)]
pub struct OrganizationDossier {
    /// The organization.
    pub organization: Organization,
    /// The links, by the identifier of the person.
    pub members: Vec<(Membership, User)>,
}

/// A link to make or to change.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Whether the person works for the organization without belonging to it.
    pub is_external: bool,
    /// How that was proven; without it, a link that there is keeps its proof, and a new one is what somebody decided.
    pub verification: Option<Verification>,
}

pub(super) fn find(tx: &impl Read, key: &OrganizationKey) -> Result<Option<Organization>, StoreError> {
    match key {
        OrganizationKey::Id(id) => organizations::find(tx, *id),
        OrganizationKey::Siret(siret) => organizations::find_by_siret(tx, siret),
    }
}

/// Enters an organization, under the next identifier.
///
/// # Errors
/// When the store fails.
pub async fn create_organization(
    app: &App,
    by: &By,
    facts: OrganizationFacts,
) -> Decided<Organization, OrganizationRefusal> {
    if let Err(faults) = facts.check() {
        return Ok(Err(OrganizationRefusal::Invalid(faults)));
    }
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            // The role is that of this instant, not that of the page.
            if !may_enter(tx, &circumstances.by.actor, now)? {
                return Ok(Err(OrganizationRefusal::Unknown));
            }
            if let Some(known) = organizations::find_by_siret(tx, &facts.siret)? {
                return Ok(Err(OrganizationRefusal::Exists(known.id)));
            }
            let organization = facts.clone().into_organization(organizations::next_id(tx)?, now);
            organizations::insert(tx, &organization)?;
            circumstances.record(tx, AuditEvent::OrganizationCreated { organization_id: organization.id })?;
            Ok(Ok(organization))
        })
        .await?;
    Ok(outcome)
}

/// At most `limit` organizations after `after`, by identifier.
///
/// # Errors
/// When the store fails.
pub fn list_organizations(
    app: &App,
    standing: Option<OrganizationStanding>,
    after: Option<OrganizationId>,
    limit: usize,
) -> Result<Vec<Organization>, ActError> {
    let listed = app.store.read(|tx| match standing {
        Some(standing) => organizations::list_of_standing(tx, standing, after, limit),
        None => organizations::list(tx, after, limit),
    });
    Ok(listed?)
}

/// The organization that an operator named.
///
/// # Errors
/// When the store fails.
pub fn find_organization(app: &App, key: &OrganizationKey) -> Result<Option<Organization>, ActError> {
    Ok(app.store.read(|tx| find(tx, key))?)
}

/// An organization with at most `limit` of those who belong to it, after `after`.
///
/// # Errors
/// When the store fails.
pub fn view_organization(
    app: &App,
    key: &OrganizationKey,
    after: Option<UserId>,
    limit: usize,
) -> Result<Option<OrganizationDossier>, ActError> {
    let found = app.store.read(|tx| {
        let Some(organization) = find(tx, key)? else { return Ok(None) };
        let mut members = Vec::new();
        for membership in memberships::list_of_organization(tx, organization.id, after, limit)? {
            let user = users::get(tx, membership.user_id)?;
            members.push((membership, user));
        }
        Ok(Some(OrganizationDossier { organization, members }))
    })?;
    Ok(found)
}

/// The link between a person and an organization.
///
/// # Errors
/// When the store fails.
pub fn find_membership(app: &App, id: OrganizationId, key: &UserKey) -> Result<Option<Membership>, ActError> {
    let found = app.store.read(|tx| match find_user(tx, key)? {
        Some(user) => memberships::find(tx, user.id, id),
        None => Ok(None),
    })?;
    Ok(found)
}

/// Links a person to an organization, or changes the link that there is.
///
/// # Errors
/// When the store fails.
pub async fn link_user(
    app: &App,
    by: &By,
    key: OrganizationKey,
    user_key: UserKey,
    link: Link,
) -> Decided<Membership, OrganizationRefusal> {
    let keeps_unproven = app.config.joining.policy.allow_unverified;
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(organization) = find(tx, &key)? else { return Ok(Err(OrganizationRefusal::Unknown)) };
            let actor = &circumstances.by.actor;
            if !may_decide(tx, actor, organization.id, now)? {
                return Ok(Err(OrganizationRefusal::Unknown));
            }
            let Some(user) = find_user(tx, &user_key)? else { return Ok(Err(OrganizationRefusal::UnknownUser)) };
            let (user_id, organization_id) = (user.id, organization.id);
            let Link { is_external, verification } = link;
            let known = memberships::find(tx, user_id, organization_id)?;
            // Whoever has some organizations learns of nobody else that they have an account (SEC-141).
            if known.is_none() && is_delegated(tx, actor)? && !has_asked(tx, user_id, organization_id)? {
                return Ok(Err(OrganizationRefusal::UnknownUser));
            }
            if actor.person() == Some(user_id) {
                return Ok(Err(OrganizationRefusal::Own));
            }
            if known.is_none() && !organization.is_active {
                return Ok(Err(OrganizationRefusal::Closed));
            }
            if known.is_none() && !organization.is_confirmed() {
                return Ok(Err(OrganizationRefusal::Unconfirmed));
            }
            let kept = known.as_ref().map_or(Verification::ManualDecision, |known| known.verification);
            let verification = verification.unwrap_or(kept);
            let is_new = known.as_ref().is_none_or(|known| known.verification != verification);
            if is_new && !verification.is_proven() && !keeps_unproven {
                return Ok(Err(OrganizationRefusal::Unverified));
            }
            if is_new && verification == Verification::Domain {
                let said = email_domains::find(tx, organization_id, &EmailDomain::of(&user.email))?;
                if !said.is_some_and(|said| said.status.is_approved()) {
                    return Ok(Err(OrganizationRefusal::NotByDomain));
                }
            }
            let is_same = |known: &Membership| known.is_external == is_external && known.verification == verification;
            if let Some(known) = known.as_ref().filter(|known| is_same(known)) {
                return Ok(Ok(known.clone()));
            }
            let deed = circumstances.deed(now);
            let membership = match known {
                Some(known) => {
                    let membership = Membership { is_external, ..known.weighed(verification, deed) };
                    memberships::update(tx, &membership)?;
                    membership
                }
                None => {
                    let between = (user_id, organization_id);
                    let membership = Membership::begin(between, verification, is_external, deed).greeted();
                    memberships::insert(tx, &membership)?;
                    membership
                }
            };
            let event = AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification };
            circumstances.record(tx, event)?;
            Ok(Ok(membership))
        })
        .await?;
    Ok(outcome)
}

/// Whether a person asked to join an organization, whatever became of it.
fn has_asked(tx: &impl Read, user_id: UserId, organization_id: OrganizationId) -> Result<bool, StoreError> {
    let requests = moderations::list_of_user(tx, user_id)?;
    Ok(requests.iter().any(|request| request.organization_id == organization_id))
}

/// Ends a link, and what was given for the organization with it (SEC-37); says whether there was one.
pub(super) fn take_away(tx: &mut Tx, user_id: UserId, organization_id: OrganizationId) -> Result<bool, StoreError> {
    if !memberships::delete(tx, user_id, organization_id)? {
        return Ok(false);
    }
    let mut user = users::get(tx, user_id)?;
    user.take_link(organization_id);
    users::update(tx, &user)?;
    Ok(true)
}

/// Takes a link away, with what rested on it and nothing else (SEC-37): codes and tokens that were given for the organization
/// end, no session acts for it any more, and what waited for a review or a proof of the link is gone. What the
/// person has elsewhere goes on.
///
/// # Errors
/// When the store fails.
pub async fn unlink_user(
    app: &App,
    by: &By,
    key: OrganizationKey,
    user_key: UserKey,
) -> Decided<(UserId, OrganizationId), OrganizationRefusal> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(organization) = find(tx, &key)? else { return Ok(Err(OrganizationRefusal::Unknown)) };
            let actor = &circumstances.by.actor;
            if !may_decide(tx, actor, organization.id, now)? {
                return Ok(Err(OrganizationRefusal::Unknown));
            }
            let Some(user) = find_user(tx, &user_key)? else { return Ok(Err(OrganizationRefusal::UnknownUser)) };
            let (user_id, organization_id) = (user.id, organization.id);
            let Some(link) = memberships::find(tx, user_id, organization_id)? else {
                return Ok(Err(OrganizationRefusal::NotAMember));
            };
            take_away(tx, user_id, organization_id)?;
            contact_proofs::delete(tx, user_id, organization_id)?;
            for request in moderations::list_of_user(tx, user_id)? {
                // What was asked before somebody made the link waits as it did.
                let is_of_the_link = request.is_open_review() || request.asks_for_proof_of(&link);
                if request.organization_id == organization_id && is_of_the_link && request.is_pending() {
                    moderations::delete(tx, &request)?;
                    circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Cancelled))?;
                }
            }
            circumstances.record(tx, AuditEvent::MembershipDeleted { user_id, organization_id })?;
            Ok(Ok((user_id, organization_id)))
        })
        .await?;
    Ok(outcome)
}
