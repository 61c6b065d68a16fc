//! A person's organizations and requests, and what may be proposed to them.

use crate::acts::ActError;
use crate::acts::sessions::ActiveSession;
use crate::app::App;
use crate::domain::{EmailDomain, Membership, Moderation, ModerationId, Organization, OrganizationId, Siret, UserId};
use crate::store::{Read, StoreError, email_domains, memberships, moderations, organizations, users};

/// No more organizations are proposed: the address says too little then.
const MAX_SUGGESTIONS: usize = 3;
/// How many members of each are counted.
const COUNTED: usize = 100;
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
    /// What waits for a moderator who says whether it is proven.
    pub request: Option<ModerationId>,
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
        let of_user = moderations::list_of_user(tx, user_id)?;
        let mut links = Vec::new();
        for membership in memberships::list_of_user(tx, user_id)? {
            if let Some(organization) = organizations::find(tx, membership.organization_id)? {
                let request = pending_about(&of_user, &membership);
                links.push(OwnMembership { membership, organization, request });
            }
        }
        let mut requests = Vec::new();
        for request in of_user {
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

/// What waits for a moderator about a link that nothing proves.
fn pending_about(requests: &[Moderation], link: &Membership) -> Option<ModerationId> {
    let is_about = |request: &&Moderation| request.organization_id == link.organization_id && request.is_pending();
    let pending = requests.iter().rev().find(is_about).filter(|_| !link.verification.is_proven());
    pending.map(|request| request.id)
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
        let request = pending_about(&moderations::list_of_user(tx, user_id)?, &membership);
        Ok(organizations::find(tx, id)?.map(|organization| OwnMembership { membership, organization, request }))
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

/// Organizations that the person's e-mail domain is approved for and that they do not belong to, the one with the most
/// members first, and nothing of what is closed or in the register no more: none where anybody has such an
/// address; where there are more than three, those that at least a fifth
/// of their members belong to.
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
    let found = app.store.read(|tx| {
        let found = approved(tx, &domain, user_id)?;
        if found.len() < 2 {
            return Ok(found);
        }
        let counted = found.into_iter().map(|one| Ok((count_members(tx, one.id, &domain)?, one)));
        Ok(most_likely(counted.collect::<Result<Vec<_>, StoreError>>()?))
    })?;
    Ok(found)
}

/// How many members of an organization have an address of this domain, among the first of them.
fn count_members(tx: &impl Read, id: OrganizationId, domain: &EmailDomain) -> Result<usize, StoreError> {
    let mut count = 0_usize;
    for link in memberships::list_of_organization(tx, id, None, COUNTED)? {
        let user = users::find(tx, link.user_id)?;
        let is_counted = user.is_some_and(|user| EmailDomain::of(&user.email) == *domain);
        count = count.saturating_add(usize::from(is_counted));
    }
    Ok(count)
}

/// Those that are worth proposing, of organizations with their members.
fn most_likely(mut counted: Vec<(usize, Organization)>) -> Vec<Organization> {
    // Those with as many keep their order.
    counted.sort_by_key(|(members, _)| std::cmp::Reverse(*members));
    if counted.len() > MAX_SUGGESTIONS {
        let all: usize = counted.iter().map(|(members, _)| members).sum();
        counted.retain(|(members, _)| *members > 0 && members.saturating_mul(5) >= all);
    }
    counted.into_iter().map(|(_, organization)| organization).take(MAX_SUGGESTIONS).collect()
}

fn approved(tx: &impl Read, domain: &EmailDomain, user_id: UserId) -> Result<Vec<Organization>, StoreError> {
    let mut found = Vec::new();
    for known in email_domains::list_of_domain(tx, domain, LOOKED_AT)? {
        let is_member = memberships::find(tx, user_id, known.organization_id)?.is_some();
        let organization = organizations::find(tx, known.organization_id)?;
        let is_proposed = known.status.is_approved() && !is_member;
        found.extend(organization.filter(|organization| is_proposed && organization.standing().is_none()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationFacts, OrganizationId};
    use crate::protocol::Timestamp;

    fn proposed(members: &[usize]) -> Vec<u64> {
        let organization = |id: usize| {
            let facts = OrganizationFacts {
                siret: "21920023500014".parse().unwrap(),
                label: String::from("Commune"),
                legal_category: None,
                activity: None,
                headcount: None,
                entity_headcount: None,
                is_head_office: true,
                is_active: true,
                address: None,
            };
            facts.into_organization(OrganizationId(id as u64), Timestamp(0))
        };
        let counted = members.iter().enumerate().map(|(id, members)| (*members, organization(id))).collect();
        most_likely(counted).iter().map(|one| one.id.0).collect()
    }

    #[test]
    fn of_many_organizations_of_a_domain_those_with_a_fifth_of_its_members_are_proposed() {
        assert_eq!(proposed(&[0, 0]), [0, 1]);
        assert_eq!(proposed(&[1, 7, 3]), [1, 2, 0], "the one with the most members first");
        assert_eq!(proposed(&[5, 20, 75, 0]), [2, 1]);
        assert_eq!(proposed(&[5, 19, 76, 0]), [2]);
        assert!(proposed(&[0, 0, 0, 0]).is_empty(), "nobody is counted: the address says too little");
        assert_eq!(proposed(&[20, 20, 20, 20, 20]).len(), 3);
    }
}
