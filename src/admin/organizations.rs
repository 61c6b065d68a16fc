//! `organizations`: establishments, and who belongs to them.

use serde::{Deserialize, Serialize};

use super::page::{Cursor, ENTRIES, Listing, Page};
use super::refusal::Refusal;
use super::{Reply, Request, created, done, moderations, users};
use crate::acts::administration::{self as acts, Link, OrganizationDossier, OrganizationKey};
use crate::domain::{
    Activity, Email, EstablishmentSource, HeadcountBand, LegalCategory, Membership, Organization, OrganizationFacts,
    OrganizationId, OrganizationSource, OrganizationStanding, Siret, User, UserId, Verification,
};
use crate::protocol::Timestamp;

/// An organization as it is shown.
#[derive(Debug, Serialize)]
struct View {
    organization_id: OrganizationId,
    siret: Siret,
    label: String,
    legal_category: Option<LegalCategory>,
    activity: Option<Activity>,
    headcount: Option<HeadcountBand>,
    entity_headcount: Option<HeadcountBand>,
    is_head_office: bool,
    is_active: bool,
    is_public_service: bool,
    address: Option<String>,
    source: OrganizationSource,
    /// Which source of the register told it; null where none did, or nobody knows.
    told_by: Option<EstablishmentSource>,
    /// When: of files, when they were imported.
    told_at: Option<String>,
    /// Whether the register closed it, or knows it no more (SEC-114); null where neither.
    standing: Option<OrganizationStanding>,
    /// When the register was last asked about it and did not know it any more.
    not_found_at: Option<String>,
    created_at: String,
    updated_at: String,
}

/// An organization with those who belong to it.
#[derive(Debug, Serialize)]
struct DossierView {
    #[serde(flatten)]
    organization: View,
    members: Page<MemberView>,
}

/// A person who belongs to an organization.
#[derive(Debug, Serialize)]
struct MemberView {
    user_id: UserId,
    email: Email,
    is_external: bool,
    verification: Verification,
    created_at: String,
    #[serde(flatten)]
    authorship: Authorship,
}

/// Who made a link, and when it was proven and by whom; null where that is not known (SEC-108).
#[derive(Debug, Serialize)]
pub(super) struct Authorship {
    made_by: Option<String>,
    verified_at: Option<String>,
    verified_by: Option<String>,
}

impl Authorship {
    pub(super) fn of(link: &Membership) -> Self {
        Self {
            made_by: link.made_by.as_ref().map(ToString::to_string),
            verified_at: link.verified.as_ref().map(|deed| deed.at.to_iso8601()),
            verified_by: link.verified.as_ref().map(|deed| deed.by.to_string()),
        }
    }
}

/// A link as it is shown.
#[derive(Debug, Serialize)]
struct LinkView {
    organization_id: OrganizationId,
    user_id: UserId,
    is_external: bool,
    verification: Verification,
    created_at: String,
    updated_at: String,
    #[serde(flatten)]
    authorship: Authorship,
}

/// A link to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    #[serde(default)]
    is_external: bool,
    verification: Option<Verification>,
}

/// Which organizations are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfStanding {
    #[serde(default)]
    standing: Option<OrganizationStanding>,
    #[serde(default)]
    cursor: Cursor,
}

/// What is looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    q: String,
    #[serde(default)]
    cursor: Cursor,
}

/// An organization that was found: known here where it has an identifier, in the register only where it has none.
#[derive(Debug, Serialize)]
struct FoundView {
    organization_id: Option<OrganizationId>,
    siret: Siret,
    label: String,
    address: Option<String>,
    is_head_office: bool,
    is_active: bool,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request),
        ("POST", []) => create(request).await,
        ("GET", ["search"]) => search(request).await,
        ("POST", [key, "enter"]) => enter(request, key).await,
        ("GET", [key]) => show(request, &parse(key)?).await,
        ("POST", [key, "refresh"]) => refresh(request, parse(key)?).await,
        ("GET", [key, "history"]) => history(request, &parse(key)?).await,
        (_, [key, "domains", rest @ ..]) => moderations::route_domains(request, parse(key)?, rest).await,
        ("PUT", [key, "members", user]) => link(request, parse(key)?, user).await,
        ("DELETE", [key, "members", user]) => unlink(request, parse(key)?, user).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

pub(super) fn parse(key: &str) -> Result<OrganizationKey, Refusal> {
    let expected = "a SIRET (14 digits with a valid check digit) or an identifier is expected";
    key.parse().map_err(|_| Refusal::Identifier { noun: "org", id: key.chars().take(64).collect(), expected })
}

fn list(request: &Request<'_>) -> Reply {
    let OfStanding { standing, cursor } = request.call.parameters()?;
    let listed = acts::list_organizations(request.app, standing, cursor.key("organizations")?, ENTRIES)?;
    let views = listed.into_iter().map(view).collect();
    Ok(done(&Page::new("organizations", views, |view: &View| view.organization_id.to_string())))
}

/// By SIRET, by SIREN, or by words of the name and the place.
async fn search(request: &Request<'_>) -> Reply {
    let Search { q, cursor } = request.call.parameters()?;
    let after = cursor.key("found")?;
    let invalid = || Refusal::Invalid(vec![("q", String::from("a SIRET, a SIREN or words of the name are expected"))]);
    let wanted = match acts::OrganizationWanted::parse(&q, None) {
        Ok(acts::OrganizationWanted::Any(_)) | Err(_) => return Err(invalid()),
        Ok(wanted) => wanted,
    };
    let found = acts::search_organizations(request.app, &wanted, after).await?;
    let known = found.known.into_iter().map(|known| FoundView {
        organization_id: Some(known.id),
        siret: known.siret,
        label: known.label,
        address: known.address,
        is_head_office: known.is_head_office,
        is_active: known.is_active,
    });
    let in_register = found.from_register.into_iter().map(|told| FoundView {
        organization_id: None,
        label: told.name.label(),
        address: told.town(),
        is_head_office: told.is_head_office,
        is_active: told.is_active,
        siret: told.siret,
    });
    let items: Vec<FoundView> = known.chain(in_register).collect();
    let note =
        found.is_register_silent.then_some("no source of the register answers: only what is known here was found");
    let next = found.next.map(|next| Cursor::write("found", &next.to_string()));
    Ok(done(&serde_json::json!({ "items": items, "next": next, "note": note })))
}

/// Enters what the register says of a number.
async fn enter(request: &Request<'_>, siret: &str) -> Reply {
    request.call.nothing_else()?;
    let OrganizationKey::Siret(number) = parse(siret)? else {
        let (id, expected) = (siret.to_owned(), "a SIRET is expected: 14 digits with a valid check digit");
        return Err(Refusal::Identifier { noun: "org", id, expected });
    };
    if let Some(known) = acts::find_organization(request.app, &OrganizationKey::Siret(number.clone()))? {
        return Err(Refusal::of_organization(siret, "", acts::OrganizationRefusal::Exists(known.id)));
    }
    match acts::enter_from_register(request.app, request.by, number).await? {
        Ok(organization) => Ok(created(&view(organization))),
        Err(refusal) => Err(Refusal::of_organization(siret, "", refusal)),
    }
}

async fn create(request: &Request<'_>) -> Reply {
    let facts: OrganizationFacts = request.call.document()?;
    let siret = facts.siret.to_string();
    match acts::create_organization(request.app, request.by, facts).await? {
        Ok(organization) => Ok(created(&view(organization))),
        Err(refusal) => Err(Refusal::of_organization(&siret, "", refusal)),
    }
}

/// Reads anew what the register says.
async fn refresh(request: &Request<'_>, key: OrganizationKey) -> Reply {
    request.call.nothing_else()?;
    let name = key.to_string();
    match acts::refresh_organization(request.app, request.by, key).await? {
        Ok(organization) => Ok(done(&view(organization))),
        Err(refusal) => Err(Refusal::of_organization(&name, "", refusal)),
    }
}

/// The latest acts that concern it.
async fn history(request: &Request<'_>, key: &OrganizationKey) -> Reply {
    request.call.nothing_else()?;
    let unknown = || Refusal::Unknown { noun: "org", id: key.to_string() };
    let organization = acts::find_organization(request.app, key)?.ok_or_else(unknown)?;
    acts::note_organization_view(request.app, request.by, organization.id).await?;
    let acts = acts::list_organization_acts(request.app, organization.id, None, ENTRIES)?;
    let shown = |act: &acts::OrganizationAct| {
        serde_json::json!({
            "at": Timestamp(act.entry.record.at_millis / 1_000).to_iso8601(),
            "by": act.entry.record.actor.to_string(),
            "act": act.entry.record.event,
        })
    };
    let items: Vec<serde_json::Value> = acts.iter().map(shown).collect();
    Ok(done(&serde_json::json!({ "known_since": organization.created_at.to_iso8601(), "items": items })))
}

async fn show(request: &Request<'_>, key: &OrganizationKey) -> Reply {
    let Listing { cursor } = request.call.parameters()?;
    let after = members_after(&cursor)?;
    match acts::view_organization(request.app, key, after, ENTRIES)? {
        Some(OrganizationDossier { organization, members }) => {
            acts::note_organization_view(request.app, request.by, organization.id).await?;
            let members = members.into_iter().map(member_view).collect();
            let members = Page::new("members", members, |member: &MemberView| member.user_id.to_string());
            Ok(done(&DossierView { organization: view(organization), members }))
        }
        None => Err(Refusal::Unknown { noun: "org", id: key.to_string() }),
    }
}

fn members_after(cursor: &Cursor) -> Result<Option<UserId>, Refusal> {
    cursor.key("members")
}

async fn link(request: &Request<'_>, key: OrganizationKey, user: &str) -> Reply {
    let NewLink { is_external, verification } = request.call.document()?;
    let (name, link) = (key.to_string(), Link { is_external, verification });
    match acts::link_user(request.app, request.by, key, users::parse(user)?, link).await? {
        Ok(membership) => Ok(done(&link_view(&membership))),
        Err(refusal) => Err(Refusal::of_organization(&name, user, refusal)),
    }
}

async fn unlink(request: &Request<'_>, key: OrganizationKey, user: &str) -> Reply {
    request.call.nothing_else()?;
    let name = key.to_string();
    match acts::unlink_user(request.app, request.by, key, users::parse(user)?).await? {
        Ok((user_id, organization_id)) => {
            Ok(done(&serde_json::json!({ "organization_id": organization_id, "user_id": user_id, "deleted": true })))
        }
        Err(refusal) => Err(Refusal::of_organization(&name, user, refusal)),
    }
}

fn view(organization: Organization) -> View {
    View {
        told_by: organization.told.map(|told| told.by),
        told_at: organization.told.map(|told| told.at.to_iso8601()),
        standing: organization.standing(),
        not_found_at: organization.not_found_at.map(Timestamp::to_iso8601),
        organization_id: organization.id,
        is_public_service: organization.is_public_service(),
        siret: organization.siret,
        label: organization.label,
        legal_category: organization.legal_category,
        activity: organization.activity,
        headcount: organization.headcount,
        entity_headcount: organization.entity_headcount,
        is_head_office: organization.is_head_office,
        is_active: organization.is_active,
        address: organization.address,
        source: organization.source,
        created_at: organization.created_at.to_iso8601(),
        updated_at: organization.updated_at.to_iso8601(),
    }
}

fn member_view((membership, user): (Membership, User)) -> MemberView {
    MemberView {
        authorship: Authorship::of(&membership),
        user_id: user.id,
        email: user.email,
        is_external: membership.is_external,
        verification: membership.verification,
        created_at: membership.created_at.to_iso8601(),
    }
}

fn link_view(membership: &Membership) -> LinkView {
    LinkView {
        authorship: Authorship::of(membership),
        organization_id: membership.organization_id,
        user_id: membership.user_id,
        is_external: membership.is_external,
        verification: membership.verification,
        created_at: membership.created_at.to_iso8601(),
        updated_at: membership.updated_at.to_iso8601(),
    }
}
