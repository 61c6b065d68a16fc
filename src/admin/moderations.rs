//! `moderations`: requests to join, and what is decided on them; `organizations/…/domains`: what e-mail domains are.

use serde::{Deserialize, Serialize};

use super::organizations::{Authorship, parse as parse_organization};
use super::page::{Cursor, ENTRIES, Page};
use super::refusal::Refusal;
use super::{Reply, Request, done, users};
use crate::acts::administration::{
    self as acts, Acceptance, Accepted, Contacts, LinkUndone, ListedModeration, ModerationDossier, ModerationFilter,
    ModerationRefusal, OrganizationKey, Rejection, Shown, SimilarOnes, Undoing,
};
use crate::domain::{
    Activity, Email, EmailDomain, EmailDomainStatus, EstablishmentSource, HeadcountBand, LegalCategory, Likeness,
    Moderation, ModerationId, ModerationKind, ModerationQuery, ModerationQueryFault, ModerationStanding,
    ModerationState, OfficialContact, OrganizationDomain, OrganizationId, OrganizationStanding, RejectionReason, Siret,
    UserId, Verification,
};

/// Which requests are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default)]
    cursor: Cursor,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    decided: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    organization: Option<String>,
}

/// A request as it is listed.
#[derive(Debug, Serialize)]
struct View {
    moderation_id: ModerationId,
    status: &'static str,
    kind: ModerationKind,
    user_id: UserId,
    email: Email,
    name: Option<String>,
    organization_id: OrganizationId,
    siret: Siret,
    label: String,
    client_id: Option<String>,
    created_at: String,
    decided_at: Option<String>,
    decided_by: Option<String>,
    reason: Option<String>,
    may_be_corrected: Option<bool>,
}

/// A request with everything that a moderator weighs.
#[derive(Debug, Serialize)]
struct DossierView {
    #[serde(flatten)]
    request: View,
    service: Option<String>,
    job: Option<String>,
    phone_number: Option<String>,
    as_external: bool,
    /// The address with which they asked; null where they did before that was kept.
    asked_with: Option<Email>,
    email_domain: String,
    email_domain_status: Option<EmailDomainStatus>,
    is_open_to_anybody: bool,
    legal_category: Option<LegalCategory>,
    activity: Option<Activity>,
    address: Option<String>,
    is_public_service: bool,
    is_active: bool,
    /// What is the matter with it: closed, or in the register no more.
    standing: Option<OrganizationStanding>,
    is_head_office: bool,
    headcount: Option<HeadcountBand>,
    /// Which source of the register told what it is; null where none did, or nobody knows.
    told_by: Option<EstablishmentSource>,
    as_of: String,
    /// None where the directories do not answer.
    official_contacts: Option<Vec<OfficialContact>>,
    domains: Vec<DomainView>,
    look_alikes: Vec<LookAlikeView>,
    members: Vec<MemberView>,
    /// The person's own link to the organization.
    link: Option<LinkView>,
    /// What `reopen` undoes, of a request that is accepted.
    reopening: Option<ReopeningView>,
    duplicates: Vec<ModerationId>,
    similar: Vec<ModerationId>,
    others: Vec<View>,
    /// How it stood before, and how it stands, the oldest first.
    history: Vec<ModerationState>,
    notes: Vec<NoteView>,
}

#[derive(Debug, Serialize)]
struct DomainView {
    domain: String,
    status: EmailDomainStatus,
    updated_at: String,
    /// Null where it is not approved.
    verified_at: Option<String>,
    /// Null where nobody knows.
    decided_by: Option<String>,
}

#[derive(Debug, Serialize)]
struct LookAlikeView {
    domain: String,
    likeness: Likeness,
}

#[derive(Debug, Serialize)]
struct MemberView {
    user_id: UserId,
    email: Email,
    is_external: bool,
    verification: Verification,
    #[serde(flatten)]
    authorship: Authorship,
}

#[derive(Debug, Serialize)]
struct LinkView {
    is_external: bool,
    verification: Verification,
    #[serde(flatten)]
    authorship: Authorship,
}

#[derive(Debug, Serialize)]
struct ReopeningView {
    /// `none`, `ends`, `put_back` or `stays`.
    link: &'static str,
    /// Of a link that is put back.
    verification: Option<Verification>,
    /// The domain that the acceptance approved.
    domain: Option<String>,
    /// What it is again; null where nobody had spoken of it.
    domain_status: Option<EmailDomainStatus>,
}

#[derive(Debug, Serialize)]
struct NoteView {
    at: String,
    by: String,
    text: String,
}

/// How a person is let in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accept {
    /// The domain of the person's address, as it was shown; without it, the one with which they asked.
    email_domain: Option<EmailDomain>,
    #[serde(default)]
    is_external: bool,
    verification: Option<Verification>,
    domain: Option<EmailDomainStatus>,
    #[serde(default)]
    with_similar: bool,
    #[serde(default = "yes")]
    notify: bool,
    note: Option<String>,
}

/// How a person is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reject {
    /// The domain of the person's address, as it was shown; without it, the one with which they asked.
    email_domain: Option<EmailDomain>,
    reason: Option<String>,
    #[serde(default)]
    may_be_corrected: bool,
    #[serde(default)]
    refuses_domain: bool,
    #[serde(default = "yes")]
    notify: bool,
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reopen {
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Comment {
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteDomain {
    status: EmailDomainStatus,
}

fn yes() -> bool {
    true
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request).await,
        ("GET", [id]) => show(request, parse(id)?).await,
        ("POST", [id, "accept"]) => accept(request, parse(id)?).await,
        ("POST", [id, "reject"]) => reject(request, parse(id)?).await,
        ("POST", [id, "reopen"]) => reopen(request, parse(id)?).await,
        ("POST", [id, "comment"]) => comment(request, parse(id)?).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

/// What follows `organizations/…/domains`.
pub(super) async fn route_domains(request: &Request<'_>, key: OrganizationKey, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => match acts::list_email_domains(request.app, &key)? {
            Some(domains) => {
                let views: Vec<DomainView> = domains.iter().map(domain_view).collect();
                Ok(done(&serde_json::json!({ "domains": views, "next": null })))
            }
            None => Err(Refusal::Unknown { noun: "org", id: key.to_string() }),
        },
        ("PUT", [domain]) => {
            let WriteDomain { status } = request.call.document()?;
            let (name, domain) = (key.to_string(), parse_domain(domain)?);
            match acts::write_email_domain(request.app, request.by, key, domain, status).await? {
                Ok(written) => Ok(done(&domain_view(&written))),
                Err(refusal) => Err(refused(&name, refusal)),
            }
        }
        ("DELETE", [domain]) => {
            request.call.nothing_else()?;
            let (name, domain) = (key.to_string(), parse_domain(domain)?);
            let shown = domain.to_string();
            match acts::delete_email_domain(request.app, request.by, key, domain).await? {
                Ok(()) => Ok(done(&serde_json::json!({ "domain": shown, "deleted": true }))),
                Err(refusal) => Err(refused(&name, refusal)),
            }
        }
        _ => Err(Refusal::NoSuchAddress),
    }
}

fn parse(id: &str) -> Result<ModerationId, Refusal> {
    let expected = "the number of a request is expected";
    id.parse().map_err(|_| Refusal::Identifier { noun: "moderation", id: id.chars().take(64).collect(), expected })
}

fn parse_domain(text: &str) -> Result<EmailDomain, Refusal> {
    text.parse()
        .map_err(|fault: crate::domain::MalformedEmailDomain| Refusal::Invalid(vec![("domain", fault.to_string())]))
}

fn refused(id: &str, refusal: ModerationRefusal) -> Refusal {
    let id = id.to_owned();
    match refusal {
        ModerationRefusal::Unknown => Refusal::Unknown { noun: "moderation", id },
        ModerationRefusal::UnknownOrganization => Refusal::Unknown { noun: "org", id },
        ModerationRefusal::Fault(fault) => Refusal::Moderation(id, fault),
        ModerationRefusal::OpenToAnybody(domain) => Refusal::OpenToAnybody(domain.to_string()),
        ModerationRefusal::Unverified => Refusal::Unverified,
        ModerationRefusal::UnknownDomain => Refusal::UnknownDomain(id),
        ModerationRefusal::TooManyNotes => Refusal::TooManyNotes(id),
        ModerationRefusal::Closed => Refusal::Closed,
        ModerationRefusal::Unconfirmed => Refusal::Unconfirmed,
        ModerationRefusal::Own => Refusal::Own,
        ModerationRefusal::Linked => Refusal::Linked(id),
        ModerationRefusal::Moved(_) => Refusal::Moved(id),
        ModerationRefusal::OwnDomain(domain) => Refusal::OwnDomain(domain.to_string()),
    }
}

async fn list(request: &Request<'_>) -> Reply {
    let Query { cursor, query, decided, user, organization } = request.call.parameters()?;
    let mut query: ModerationQuery = query.as_deref().unwrap_or_default().parse().map_err(malformed)?;
    if decided.as_deref() == Some("true") {
        query.standing = ModerationStanding::Any;
    }
    let filter = ModerationFilter {
        query,
        user: user.map(|key| users::parse(&key)).transpose()?,
        organization: organization.map(|key| parse_organization(&key)).transpose()?,
    };
    let after = cursor.key("moderations")?;
    let page = acts::list_moderations(request.app, request.by, &filter, after, ENTRIES).await?;
    let items: Vec<View> = page.listed.into_iter().map(view).collect();
    let next = page.next.map(|last| Cursor::write("moderations", &last.to_string()));
    Ok(done(&Page { items, next }))
}

fn malformed(fault: ModerationQueryFault) -> Refusal {
    Refusal::Invalid(vec![("query", fault.to_string())])
}

async fn show(request: &Request<'_>, id: ModerationId) -> Reply {
    request.call.nothing_else()?;
    match acts::view_moderation(request.app, request.by, id).await? {
        Some(dossier) => Ok(done(&dossier_view(dossier))),
        None => Err(Refusal::Unknown { noun: "moderation", id: id.to_string() }),
    }
}

async fn accept(request: &Request<'_>, id: ModerationId) -> Reply {
    let Accept { email_domain, is_external, verification, domain, with_similar, notify, note } =
        request.call.document()?;
    let note = note.map(checked_note).transpose()?;
    let similar = if with_similar { SimilarOnes::All } else { SimilarOnes::Left };
    let shown = email_domain.map_or(Shown::Request, Shown::Domain);
    let acceptance = Acceptance { shown, is_external, verification, domain, similar, notify, note };
    match acts::accept_moderation(request.app, request.by, id, acceptance).await? {
        Ok(Accepted { request, others }) => Ok(done(&decided(&request, &others))),
        Err(refusal) => Err(refused(&id.to_string(), refusal)),
    }
}

async fn reject(request: &Request<'_>, id: ModerationId) -> Reply {
    let Reject { email_domain, reason, may_be_corrected, refuses_domain, notify, note } = request.call.document()?;
    let reason = reason.map(RejectionReason::try_from).transpose();
    let reason = reason.map_err(|fault| Refusal::Invalid(vec![("reason", fault.to_string())]))?;
    let note = note.map(checked_note).transpose()?;
    let shown = email_domain.map_or(Shown::Request, Shown::Domain);
    let rejection = Rejection { shown, reason, may_be_corrected, refuses_domain, notify, note };
    answered(id, acts::reject_moderation(request.app, request.by, id, rejection).await?)
}

async fn reopen(request: &Request<'_>, id: ModerationId) -> Reply {
    let Reopen { note } = request.call.document()?;
    let note = note.map(checked_note).transpose()?;
    answered(id, acts::reopen_moderation(request.app, request.by, id, note).await?)
}

async fn comment(request: &Request<'_>, id: ModerationId) -> Reply {
    let Comment { note } = request.call.document()?;
    answered(id, acts::comment_moderation(request.app, request.by, id, checked_note(note)?).await?)
}

fn checked_note(text: String) -> Result<String, Refusal> {
    let is_good = !text.trim().is_empty() && text.chars().count() <= 1_000 && !text.contains('\0');
    let expected = String::from("a text of 1 to 1000 characters is expected");
    if is_good { Ok(text) } else { Err(Refusal::Invalid(vec![("note", expected)])) }
}

fn answered(id: ModerationId, outcome: Result<Moderation, ModerationRefusal>) -> Reply {
    match outcome {
        Ok(request) => Ok(done(&decided(&request, &[]))),
        Err(refusal) => Err(refused(&id.to_string(), refusal)),
    }
}

fn decided(request: &Moderation, others: &[ModerationId]) -> serde_json::Value {
    let (status, ..) = state(request);
    serde_json::json!({
        "moderation_id": request.id,
        "status": status,
        "user_id": request.user_id,
        "organization_id": request.organization_id,
        "accepted_likewise": others,
    })
}

type Decision = (&'static str, Option<String>, Option<String>, Option<String>, Option<bool>);

fn state(request: &Moderation) -> Decision {
    match &request.state {
        ModerationState::Pending { .. } => ("pending", None, None, None, None),
        ModerationState::Accepted { at, by } => ("accepted", Some(at.to_iso8601()), Some(by.to_string()), None, None),
        ModerationState::Rejected { at, by, reason, may_be_corrected } => {
            let reason = reason.clone().map(String::from);
            ("rejected", Some(at.to_iso8601()), Some(by.to_string()), reason, Some(*may_be_corrected))
        }
    }
}

fn view(listed: ListedModeration) -> View {
    let ListedModeration { request, user, organization, .. } = listed;
    let (status, decided_at, decided_by, reason, may_be_corrected) = state(&request);
    View {
        moderation_id: request.id,
        status,
        kind: request.kind,
        user_id: user.id,
        name: user.information.full_name(),
        email: user.email,
        organization_id: organization.id,
        siret: organization.siret,
        label: organization.label,
        client_id: request.client_id.map(String::from),
        created_at: request.created_at.to_iso8601(),
        decided_at,
        decided_by,
        reason,
        may_be_corrected,
    }
}

fn domain_view(known: &OrganizationDomain) -> DomainView {
    DomainView {
        domain: known.domain.to_string(),
        status: known.status,
        updated_at: known.updated_at.to_iso8601(),
        verified_at: known.verified_at().map(|at| at.to_iso8601()),
        decided_by: known.decided_by.as_ref().map(ToString::to_string),
    }
}

fn reopening_view(undoing: Undoing) -> ReopeningView {
    let (link, verification) = match undoing.link {
        LinkUndone::None => ("none", None),
        LinkUndone::Ends => ("ends", None),
        LinkUndone::PutBack(verification) => ("put_back", Some(verification)),
        LinkUndone::Stays => ("stays", None),
    };
    let (domain, domain_status) = undoing.domain.unzip();
    let domain = domain.map(|domain| domain.to_string());
    ReopeningView { link, verification, domain, domain_status: domain_status.flatten() }
}

fn dossier_view(dossier: ModerationDossier) -> DossierView {
    let others = dossier.others().cloned().map(view).collect();
    let look_alikes = dossier
        .look_alikes
        .iter()
        .map(|alike| LookAlikeView { domain: alike.known.to_string(), likeness: alike.likeness });
    let look_alikes = look_alikes.collect();
    let ids = |listed: &[ListedModeration]| listed.iter().map(|other| other.request.id).collect();
    let (duplicates, similar) = (ids(&dossier.duplicates), ids(&dossier.similar));
    let ModerationDossier { listed, client, is_open_to_anybody, domains, members, contacts, link, undoing, .. } =
        dossier;
    let domain = EmailDomain::of(&listed.user.email);
    let note = |note: &crate::domain::ModerationNote| NoteView {
        at: note.at.to_iso8601(),
        by: note.by.to_string(),
        text: note.text.clone(),
    };
    DossierView {
        service: client.map(|client| client.name),
        job: listed.user.information.job.clone(),
        phone_number: listed.user.information.phone_number.clone(),
        as_external: listed.request.as_external,
        is_active: listed.organization.is_active,
        standing: listed.organization.standing(),
        is_head_office: listed.organization.is_head_office,
        headcount: listed.organization.headcount,
        told_by: listed.organization.told.map(|told| told.by),
        as_of: listed.organization.as_of().to_iso8601(),
        official_contacts: match contacts {
            Contacts::Known(known) => Some(known),
            Contacts::Unavailable => None,
        },
        duplicates,
        similar,
        history: listed.request.history.iter().chain([&listed.request.state]).cloned().collect(),
        email_domain_status: domains.iter().find(|known| known.domain == domain).map(|known| known.status),
        asked_with: listed.request.asked_with.clone(),
        email_domain: domain.to_string(),
        is_open_to_anybody,
        legal_category: listed.organization.legal_category.clone(),
        activity: listed.organization.activity.clone(),
        address: listed.organization.address.clone(),
        is_public_service: listed.organization.is_public_service(),
        notes: listed.request.notes.iter().map(note).collect(),
        domains: domains.iter().map(domain_view).collect(),
        members: members
            .into_iter()
            .map(|(membership, user)| MemberView {
                authorship: Authorship::of(&membership),
                user_id: user.id,
                email: user.email,
                is_external: membership.is_external,
                verification: membership.verification,
            })
            .collect(),
        link: link.as_ref().map(|link| LinkView {
            is_external: link.is_external,
            verification: link.verification,
            authorship: Authorship::of(link),
        }),
        reopening: undoing.map(reopening_view),
        look_alikes,
        others,
        request: view(listed),
    }
}
