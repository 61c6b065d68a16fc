//! What a moderator does: looks at requests, decides on them once, takes a decision back.

use super::Decided;
use super::email_domains::{check_status, put_domain};
use super::organizations::{OrganizationKey, find as find_organization};
use super::users::{UserKey, find as find_user};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AuditEvent, Client, EmailDomain, EmailDomainStatus, MailContent, Membership, Moderation, ModerationFault,
    ModerationId, ModerationKind, ModerationMove, ModerationNote, ModerationStep, Organization, OrganizationDomain,
    OutgoingMail, RejectionReason, User, Verification,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{
    Read, StoreError, Tx, clients, contact_proofs, email_domains, memberships, moderations, organizations, outbox,
    users,
};

/// How many members and other requests a dossier shows.
const SHOWN: usize = 20;
/// How many domains of an organization are shown.
const DOMAINS: usize = 200;

/// Why nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModerationRefusal {
    /// There is no such request.
    Unknown,
    /// There is no such organization.
    UnknownOrganization,
    /// The request cannot be moved so.
    Fault(ModerationFault),
    /// Anybody has an address at this host: it is approved for nobody (SEC-108).
    OpenToAnybody(EmailDomain),
    /// The instance keeps no links that nothing proves.
    Unverified,
    /// The domain is nothing for the organization.
    UnknownDomain,
}

/// Which requests are listed.
#[derive(Debug, Clone, Default)]
pub struct ModerationFilter {
    /// Decided ones too, the last first; else those that wait, the oldest first.
    pub decided_too: bool,
    /// Of this person.
    pub user: Option<UserKey>,
    /// For this organization.
    pub organization: Option<OrganizationKey>,
}

/// A request in a list.
#[derive(Debug, Clone)]
pub struct ListedModeration {
    /// The request.
    pub request: Moderation,
    /// Who asked.
    pub user: User,
    /// For which organization.
    pub organization: Organization,
}

/// Everything that a moderator weighs.
#[derive(Debug, Clone)]
pub struct ModerationDossier {
    /// The request, with who asked and for what.
    pub listed: ListedModeration,
    /// The service that the sign-in led to.
    pub client: Option<Client>,
    /// Whether anybody has an address at the person's host.
    pub is_open_to_anybody: bool,
    /// What domains are for the organization.
    pub domains: Vec<OrganizationDomain>,
    /// Some of its members, each with their address.
    pub members: Vec<(Membership, User)>,
    /// Other requests of the person, and other requests for the organization that wait.
    pub others: Vec<ListedModeration>,
}

/// How a person is let in.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Whether they work for the organization without belonging to it.
    pub is_external: bool,
    /// How it was proven; without it by the domain where that is approved, else by a proof that was received.
    pub verification: Option<Verification>,
    /// What the person's domain is for the organization from now on, if anything is to change.
    pub domain: Option<EmailDomainStatus>,
    /// Whether the person is told.
    pub notify: bool,
    /// What the moderator writes down.
    pub note: Option<String>,
}

/// How a person is refused.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// What the person reads.
    pub reason: Option<RejectionReason>,
    /// Whether they may correct their request.
    pub may_be_corrected: bool,
    /// Whether the person is told.
    pub notify: bool,
    /// What the moderator writes down.
    pub note: Option<String>,
}

fn listed(tx: &impl Read, request: Moderation) -> Result<Option<ListedModeration>, StoreError> {
    let user = users::find(tx, request.user_id)?;
    let organization = organizations::find(tx, request.organization_id)?;
    Ok(user.zip(organization).map(|(user, organization)| ListedModeration { request, user, organization }))
}

fn all_listed(tx: &impl Read, requests: Vec<Moderation>) -> Result<Vec<ListedModeration>, StoreError> {
    let mut list = Vec::new();
    for request in requests {
        list.extend(listed(tx, request)?);
    }
    Ok(list)
}

/// At most `limit` requests beyond `cursor`; that they were looked at is recorded.
///
/// # Errors
/// When the store fails.
pub async fn list_moderations(
    app: &App,
    by: &By,
    filter: &ModerationFilter,
    cursor: Option<ModerationId>,
    limit: usize,
) -> Result<Vec<ListedModeration>, ActError> {
    let circumstances = Circumstances::of(app, by);
    app.store.write(move |tx| circumstances.record(tx, AuditEvent::ModerationsListed)).await?;
    let found = app.store.read(|tx| {
        let requests = match (&filter.user, &filter.organization) {
            (Some(key), organization) => {
                let Some(user) = find_user(tx, key)? else { return Ok(Vec::new()) };
                let wanted = match organization {
                    Some(key) => Some(find_organization(tx, key)?.map(|known| known.id)),
                    None => None,
                };
                let mut requests = moderations::list_of_user(tx, user.id)?;
                requests.retain(|request| wanted.is_none_or(|id| id == Some(request.organization_id)));
                requests
            }
            (None, Some(key)) => {
                let Some(organization) = find_organization(tx, key)? else { return Ok(Vec::new()) };
                moderations::list_of_organization(tx, organization.id, limit)?
            }
            (None, None) if filter.decided_too => moderations::list_latest(tx, cursor, limit)?,
            (None, None) => moderations::list_pending(tx, cursor, limit)?,
        };
        let is_shown = |request: &Moderation| filter.decided_too || request.is_pending();
        all_listed(tx, requests.into_iter().filter(is_shown).take(limit).collect())
    })?;
    Ok(found)
}

/// Everything about a request; that it was looked at is recorded.
///
/// # Errors
/// When the store fails.
pub async fn view_moderation(app: &App, by: &By, id: ModerationId) -> Result<Option<ModerationDossier>, ActError> {
    let dossier = app.store.read(|tx| {
        let Some(request) = moderations::find(tx, id)? else { return Ok(None) };
        let client = match &request.client_id {
            Some(client_id) => clients::find(tx, client_id)?,
            None => None,
        };
        let mut members = Vec::new();
        for membership in memberships::list_of_organization(tx, request.organization_id, None, SHOWN)? {
            let user = users::get(tx, membership.user_id)?;
            members.push((membership, user));
        }
        let mut others = moderations::list_of_user(tx, request.user_id)?;
        let same = moderations::list_of_organization(tx, request.organization_id, SHOWN)?;
        others.extend(same.into_iter().filter(|other| other.is_pending() && other.user_id != request.user_id));
        others.retain(|other| other.id != id);
        others.truncate(SHOWN);
        let others = all_listed(tx, others)?;
        let domains = email_domains::list_of_organization(tx, request.organization_id, DOMAINS)?;
        let Some(listed) = listed(tx, request)? else { return Ok(None) };
        let domain = EmailDomain::of(&listed.user.email);
        let is_open_to_anybody = app.config.joining.providers.kind_of(&domain).is_open_to_anybody();
        Ok(Some(ModerationDossier { listed, client, is_open_to_anybody, domains, members, others }))
    })?;
    if let Some(dossier) = &dossier {
        let circumstances = Circumstances::of(app, by);
        let event = AuditEvent::ModerationViewed { moderation_id: id, user_id: dossier.listed.user.id };
        app.store.write(move |tx| circumstances.record(tx, event.clone())).await?;
    }
    Ok(dossier)
}

/// Lets a person in, or says that what they joined with was reviewed.
///
/// # Errors
/// When the store fails.
pub async fn accept_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    acceptance: Acceptance,
) -> Decided<Moderation, ModerationRefusal> {
    if acceptance.verification == Some(Verification::Unverified) && !app.config.joining.policy.allow_unverified {
        return Ok(Err(ModerationRefusal::Unverified));
    }
    let circumstances = Circumstances::of(app, by);
    let (now, providers) = (app.clock.now(), app.config.joining.providers.clone());
    let outcome = app
        .store
        .write(move |tx| {
            let request = match moved(tx, &circumstances, id, ModerationMove::Accept, &acceptance.note, now)? {
                Ok(request) => request,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let user = users::get(tx, request.user_id)?;
            let domain = EmailDomain::of(&user.email);
            if let Some(status) = acceptance.domain {
                if let Err(refusal) = check_status(&providers, &domain, status) {
                    return Ok(Err(refusal));
                }
                put_domain(tx, &circumstances, request.organization_id, &domain, status, now)?;
            }
            moderations::update(tx, &request)?;
            let organization = organizations::get(tx, request.organization_id)?;
            let is_approved = email_domains::find(tx, organization.id, &domain)?
                .is_some_and(|known| known.status.is_approved())
                && !providers.kind_of(&domain).is_open_to_anybody();
            let by_domain = if is_approved { Verification::Domain } else { Verification::ProofReceived };
            let verification = acceptance.verification.unwrap_or(by_domain);
            write_link(tx, &circumstances, &request, verification, acceptance.is_external, now)?;
            circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Accepted))?;
            if acceptance.notify && request.is_blocking() {
                let content = MailContent::ModerationAccepted { organization: organization.label };
                outbox::insert(tx, &OutgoingMail::notice(user.email, Locale::Fr, content, now))?;
            }
            Ok(Ok(request))
        })
        .await?;
    Ok(outcome)
}

/// Refuses a person.
///
/// # Errors
/// When the store fails.
pub async fn reject_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    rejection: Rejection,
) -> Decided<Moderation, ModerationRefusal> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let Rejection { reason, may_be_corrected, notify, note } = rejection.clone();
            let step = ModerationMove::Reject { reason: reason.clone(), may_be_corrected };
            let request = match moved(tx, &circumstances, id, step, &note, now)? {
                Ok(request) => request,
                Err(refusal) => return Ok(Err(refusal)),
            };
            moderations::update(tx, &request)?;
            let (user_id, organization_id) = (request.user_id, request.organization_id);
            // Who joined with a domain that was to be reviewed belongs to it no more.
            let is_of_the_link = request.kind == ModerationKind::NonVerifiedDomain;
            if is_of_the_link && memberships::delete(tx, user_id, organization_id)? {
                circumstances.record(tx, AuditEvent::MembershipDeleted { user_id, organization_id })?;
            }
            circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Rejected))?;
            if notify {
                let user = users::get(tx, user_id)?;
                let organization = organizations::get(tx, organization_id)?.label;
                let reason = reason.map(String::from);
                let content = MailContent::ModerationRejected { organization, reason, may_be_corrected };
                outbox::insert(tx, &OutgoingMail::notice(user.email, Locale::Fr, content, now))?;
            }
            Ok(Ok(request))
        })
        .await?;
    Ok(outcome)
}

/// Takes a decision back: the request waits again. A link that was made stays until somebody takes it away.
///
/// # Errors
/// When the store fails.
pub async fn reopen_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    note: Option<String>,
) -> Decided<Moderation, ModerationRefusal> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let request = match moved(tx, &circumstances, id, ModerationMove::Reopen, &note, now)? {
                Ok(request) => request,
                Err(refusal) => return Ok(Err(refusal)),
            };
            moderations::update(tx, &request)?;
            circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Reopened))?;
            Ok(Ok(request))
        })
        .await?;
    Ok(outcome)
}

/// The request after a move, with what was written down; not stored yet.
fn moved(
    tx: &impl Read,
    circumstances: &Circumstances,
    id: ModerationId,
    step: ModerationMove,
    note: &Option<String>,
    now: Timestamp,
) -> Result<Result<Moderation, ModerationRefusal>, StoreError> {
    let Some(request) = moderations::find(tx, id)? else { return Ok(Err(ModerationRefusal::Unknown)) };
    let by = circumstances.by.actor.clone();
    Ok(match request.moved(by.clone(), step, now) {
        Ok(mut request) => {
            request.notes.extend(note.clone().map(|text| ModerationNote { at: now, by, text }));
            Ok(request)
        }
        Err(fault) => Err(ModerationRefusal::Fault(fault)),
    })
}

/// The link that an acceptance makes, or proves.
fn write_link(
    tx: &mut Tx,
    circumstances: &Circumstances,
    request: &Moderation,
    verification: Verification,
    is_external: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (user_id, organization_id) = (request.user_id, request.organization_id);
    contact_proofs::delete(tx, user_id, organization_id)?;
    match memberships::find(tx, user_id, organization_id)? {
        // What proved the link better is kept.
        Some(known) if known.verification.is_proven() && known.is_external == is_external => return Ok(()),
        Some(known) => {
            memberships::update(tx, &Membership { verification, is_external, updated_at: now, ..known })?;
        }
        // Who left before the review of their domain stays away.
        None if !request.is_blocking() => return Ok(()),
        None => {
            let between = (user_id, organization_id);
            memberships::insert(tx, &Membership::begin(between, verification, is_external, now))?;
        }
    }
    circumstances.record(tx, AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification })
}
