//! A person's organizations and requests, and what may be proposed to them.

use crate::acts::ActError;
use crate::acts::sessions::ActiveSession;
use crate::app::App;
use crate::domain::{EmailDomain, Membership, Moderation, Organization, OrganizationId, Siret, UserId};
use crate::store::{Read, StoreError, email_domains, memberships, moderations, organizations};

/// More organizations are not proposed: the address says too little then.
const MAX_SUGGESTIONS: usize = 3;
/// How many organizations of one domain are looked at.
const LOOKED_AT: usize = 50;
/// The ministry that everybody in the armed forces belongs to.
const ARMED_FORCES: &str = "11009001600053";

/// A link of the person.
#[derive(Debug, Clone)]
pub struct OwnMembership {
    /// The link.
    pub membership: Membership,
    /// The organization.
    pub organization: Organization,
}

/// A request of the person.
#[derive(Debug, Clone)]
pub struct OwnRequest {
    /// The request.
    pub request: Moderation,
    /// The organization.
    pub organization: Organization,
}

/// The person's links, the oldest first, and what they wait for or were refused.
///
/// # Errors
/// When the store fails.
pub fn list_own_organizations(
    app: &App,
    active: &ActiveSession,
) -> Result<(Vec<OwnMembership>, Vec<OwnRequest>), ActError> {
    let user_id = active.user.id;
    let lists = app.store.read(|tx| {
        let mut links = Vec::new();
        for membership in memberships::list_of_user(tx, user_id)? {
            if let Some(organization) = organizations::find(tx, membership.organization_id)? {
                links.push(OwnMembership { membership, organization });
            }
        }
        let mut requests = Vec::new();
        for request in moderations::list_of_user(tx, user_id)? {
            let is_shown = request.is_blocking() && !request.is_accepted();
            let organization = organizations::find(tx, request.organization_id)?;
            if let Some(organization) = organization.filter(|_| is_shown) {
                requests.push(OwnRequest { request, organization });
            }
        }
        Ok((links, requests))
    })?;
    Ok(lists)
}

/// An organization of the person, with the link.
///
/// # Errors
/// When the store fails.
pub fn find_own_organization(
    app: &App,
    active: &ActiveSession,
    id: OrganizationId,
) -> Result<Option<OwnMembership>, ActError> {
    let user_id = active.user.id;
    let found = app.store.read(|tx| {
        let Some(membership) = memberships::find(tx, user_id, id)? else { return Ok(None) };
        Ok(organizations::find(tx, id)?.map(|organization| OwnMembership { membership, organization }))
    })?;
    Ok(found)
}

/// The organization of a person who has one only: it is chosen without being asked for.
///
/// # Errors
/// When the store fails.
pub fn find_only_organization(app: &App, active: &ActiveSession) -> Result<Option<OwnMembership>, ActError> {
    let (links, _) = list_own_organizations(app, active)?;
    let mut links = links.into_iter();
    Ok(links.next().filter(|_| links.next().is_none()))
}

/// Organizations that the person's e-mail domain is approved for and that they do not belong to: none where anybody has
/// such an address, and none where there are more than three.
///
/// # Errors
/// When the store fails.
pub async fn suggest_organizations(app: &App, active: &ActiveSession) -> Result<Vec<Organization>, ActError> {
    let (user_id, domain) = (active.user.id, EmailDomain::of(&active.user.email));
    let says_nothing = app.config.joining.providers.kind_of(&domain).is_open_to_anybody() || domain.is_of_an_academy();
    if says_nothing {
        return Ok(Vec::new());
    }
    if domain.is_of_the_armed_forces() {
        return ministry(app, active).await;
    }
    let found = app.store.read(|tx| approved(tx, &domain, user_id))?;
    Ok(if found.len() > MAX_SUGGESTIONS { Vec::new() } else { found })
}

fn approved(tx: &impl Read, domain: &EmailDomain, user_id: UserId) -> Result<Vec<Organization>, StoreError> {
    let mut found = Vec::new();
    for known in email_domains::list_of_domain(tx, domain, LOOKED_AT)? {
        let is_member = memberships::find(tx, user_id, known.organization_id)?.is_some();
        let organization = organizations::find(tx, known.organization_id)?;
        let is_proposed = known.status.is_approved() && !is_member;
        found.extend(organization.filter(|organization| is_proposed && organization.is_active));
    }
    Ok(found)
}

async fn ministry(app: &App, active: &ActiveSession) -> Result<Vec<Organization>, ActError> {
    let Ok(siret) = ARMED_FORCES.parse::<Siret>() else { return Ok(Vec::new()) };
    let (now, user_id) = (app.clock.now(), active.user.id);
    let is_member = app.store.read(|tx| {
        let known = organizations::find_by_siret(tx, &siret)?;
        known.map_or(Ok(false), |known| Ok(memberships::find(tx, user_id, known.id)?.is_some()))
    })?;
    let found = app.directory.find_establishment(&siret).await.ok().flatten().filter(|_| !is_member);
    Ok(found.map(|establishment| establishment.to_organization(OrganizationId(0), now)).into_iter().collect())
}
