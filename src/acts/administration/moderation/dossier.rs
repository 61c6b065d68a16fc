//! Everything that a moderator weighs.

use std::collections::{BTreeMap, BTreeSet};

use super::ListedModeration;
use super::authors::{authors_of, names_of};
use super::decisions::{facts_of, similar_to, stands_by_another_act, waiting_for_the_same};
use super::listing::{all_listed, listed_with};
use super::reach::{Reach, may_decide};
use super::undoing::{Undoing, foresee};
use crate::acts::administration::audit::looking;
use crate::acts::administration::email_domains::is_own_cause;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    Actor, ApplicantFacts, AuditEvent, Client, EmailDomain, LookAlike, MailProviders, Membership, Moderation,
    ModerationId, ModerationKind, ModerationState, OfficialContact, Organization, OrganizationDomain, User, UserId,
    folded, look_alikes,
};
use crate::protocol::Timestamp;
use crate::store::moderations::{Among, Direction, walk};
use crate::store::{Read, StoreError, clients, email_domains, memberships, moderations, organizations, users};

/// How many members and other requests a dossier shows.
const SHOWN: usize = 20;
/// How many domains of an organization are shown.
const DOMAINS: usize = 200;

/// What public directories say of an organization's own addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contacts {
    /// They give these, or none.
    Known(Vec<OfficialContact>),
    /// They do not answer.
    Unavailable,
}

/// Everything that a moderator weighs.
#[derive(Debug, Clone)]
pub struct ModerationDossier {
    /// The request, with who asked and for what.
    pub listed: ListedModeration,
    /// Whether whoever looks decides on it too.
    pub may_decide: bool,
    /// The service that the sign-in led to.
    pub client: Option<Client>,
    /// Whether anybody has an address at the person's host.
    pub is_open_to_anybody: bool,
    /// What domains are for the organization.
    pub domains: Vec<OrganizationDomain>,
    /// The person, as a decision is about them.
    pub facts: ApplicantFacts,
    /// Whether whoever looks may approve the person's domain: it is not that of an own cause of theirs.
    pub may_approve_domain: bool,
    /// The person's link to the organization.
    pub link: Option<Membership>,
    /// Whether that stands by another act than the request, which is not refused as long as it does.
    pub stands_by_another_act: bool,
    /// What taking the acceptance back comes to, of one that is accepted.
    pub undoing: Option<Undoing>,
    /// Hosts of the organization that the person's is like.
    pub look_alikes: Vec<LookAlike>,
    /// The organization's own addresses.
    pub contacts: Contacts,
    /// Some of its members, each with their address.
    pub members: Vec<(Membership, User)>,
    /// What the person belongs to.
    pub memberships: Vec<(Membership, Organization)>,
    /// Other requests of the person, the last one first.
    pub earlier: Vec<ListedModeration>,
    /// Requests for the same organization that wait, of somebody with the same name or of the person.
    pub duplicates: Vec<ListedModeration>,
    /// Requests for the same organization that wait, of others with the same domain.
    pub similar: Vec<ListedModeration>,
    /// Other requests for the same organization that wait.
    pub waiting: Vec<ListedModeration>,
    /// Who decided and wrote, by their names.
    pub deciders: BTreeMap<UserId, String>,
}

impl ModerationDossier {
    /// Other requests of the person, and for the organization, each once.
    pub fn others(&self) -> impl Iterator<Item = &ListedModeration> {
        self.earlier.iter().chain(&self.waiting)
    }

    /// Other requests, each once: as one that seems to be made twice, else as a similar one, else as an earlier one of the
    /// person, else as one that waits.
    pub fn each_once(&self) -> [Vec<&ListedModeration>; 4] {
        let mut seen = BTreeSet::new();
        [&self.duplicates, &self.similar, &self.earlier, &self.waiting]
            .map(|list| list.iter().filter(|other| seen.insert(other.request.id)).collect())
    }

    /// The host of the person's address.
    pub fn domain(&self) -> EmailDomain {
        EmailDomain::of(&self.listed.user.email)
    }

    /// Whoever acted, as moderators call them.
    pub fn name_of(&self, actor: &Actor) -> String {
        let name = actor.person().and_then(|id| self.deciders.get(&id));
        name.cloned().unwrap_or_else(|| actor.to_string())
    }
}

/// Everything about a request; that it was looked at is recorded.
///
/// # Errors
/// When the store fails.
pub async fn view_moderation(app: &App, by: &By, id: ModerationId) -> Result<Option<ModerationDossier>, ActError> {
    let Some(dossier) = gather(app, by.actor.clone(), id).await? else { return Ok(None) };
    let dossier = complete(app, dossier).await;
    let circumstances = Circumstances::of(app, by);
    let event = AuditEvent::ModerationViewed { moderation_id: id, user_id: dossier.listed.user.id };
    app.store.write(move |tx| circumstances.record(tx, event.clone())).await?;
    Ok(Some(dossier))
}

/// What the directory says of it, and what follows from that.
pub(super) async fn complete(app: &App, mut dossier: ModerationDossier) -> ModerationDossier {
    dossier.contacts = contacts(app, &dossier.listed.organization).await;
    let official = match &dossier.contacts {
        Contacts::Known(known) => known.iter().map(|contact| EmailDomain::of(&contact.email)).collect(),
        Contacts::Unavailable => Vec::new(),
    };
    let approved = dossier.domains.iter().filter(|known| known.status.is_approved()).map(|known| &known.domain);
    let providers = &app.config.joining.providers;
    let own = official.iter().filter(|domain| !providers.kind_of(domain).is_open_to_anybody());
    dossier.look_alikes = look_alikes(&dossier.domain(), approved.chain(own));
    dossier
}

/// The organization's own addresses, at this moment.
async fn contacts(app: &App, organization: &Organization) -> Contacts {
    match app.directory.find_establishment(&organization.siret).await {
        Ok(Some(establishment)) => match app.directory.find_official_contacts(&establishment).await {
            Ok(known) => Contacts::Known(known),
            Err(_) => Contacts::Unavailable,
        },
        Ok(None) => Contacts::Known(Vec::new()),
        Err(_) => Contacts::Unavailable,
    }
}

/// What the store says of it, where it is there for whoever looks (SEC-141); the read is a long one.
pub(super) async fn gather(app: &App, actor: Actor, id: ModerationId) -> Result<Option<ModerationDossier>, ActError> {
    let (now, joining) = (app.clock.now(), app.config.joining.clone());
    looking(&app.store, move |tx| gathered(&joining.providers, tx, &actor, id, now)).await
}

fn gathered(
    providers: &MailProviders,
    tx: &impl Read,
    actor: &Actor,
    id: ModerationId,
    now: Timestamp,
) -> Result<Option<ModerationDossier>, StoreError> {
    let reach = Reach::of(tx, actor, now)?;
    let Some(request) = moderations::find(tx, id)?.filter(|request| reach.has(request.organization_id)) else {
        return Ok(None);
    };
    let client = match &request.client_id {
        Some(client_id) => clients::find(tx, client_id)?,
        None => None,
    };
    let service = client.as_ref().map(|client| client.name.clone());
    let Some(listed) = listed_with(tx, request.clone(), service)? else { return Ok(None) };
    let domain = EmailDomain::of(&listed.user.email);
    let mut members = Vec::new();
    for membership in memberships::list_of_organization(tx, request.organization_id, None, SHOWN)? {
        let user = users::get(tx, membership.user_id)?;
        members.push((membership, user));
    }
    let mut belongs = Vec::new();
    for membership in memberships::list_of_user(tx, request.user_id)? {
        if reach.has(membership.organization_id) && belongs.len() < SHOWN {
            let organization = organizations::get(tx, membership.organization_id)?;
            belongs.push((membership, organization));
        }
    }
    let mut earlier = walk(tx, &Among::User(request.user_id), Direction::LatestFirst, None, SHOWN)?;
    earlier.retain(|other| other.id != id && reach.has(other.organization_id));
    let others = waiting_for_the_same(tx, &request)?;
    let duplicates = same_person(tx, &listed.user, &others)?;
    let similar = similar_to(tx, providers, &request, &domain)?;
    let waiting: Vec<Moderation> =
        others.into_iter().filter(|other| other.user_id != request.user_id).take(SHOWN).collect();
    let domains = email_domains::list_of_organization(tx, request.organization_id, DOMAINS)?;
    let link = memberships::find(tx, request.user_id, request.organization_id)?;
    let authors = authors_of(members.iter().map(|(membership, _)| membership).chain(&link), &domains);
    let deciders = names_of(tx, deciders(&request).chain(authors))?;
    let is_open_to_anybody = providers.kind_of(&domain).is_open_to_anybody();
    let is_of_the_link = request.kind == ModerationKind::NonVerifiedDomain;
    Ok(Some(ModerationDossier {
        // Nobody decides on their own request.
        facts: facts_of(tx, &request, &listed.user)?,
        may_approve_domain: !is_own_cause(tx, actor, request.organization_id, &domain)?,
        link,
        stands_by_another_act: request.is_pending() && stands_by_another_act(tx, &request, is_of_the_link, false)?,
        undoing: foresee(tx, &request)?,
        may_decide: may_decide(tx, actor, request.organization_id, now)? && actor.person() != Some(request.user_id),
        client,
        is_open_to_anybody,
        domains,
        look_alikes: Vec::new(),
        contacts: Contacts::Unavailable,
        members,
        memberships: belongs,
        earlier: all_listed(tx, earlier)?,
        duplicates: all_listed(tx, duplicates)?,
        similar: all_listed(tx, similar)?,
        waiting: all_listed(tx, waiting)?,
        deciders,
        listed,
    }))
}

/// Those of the requests that seem to be the person's own, made twice.
fn same_person(tx: &impl Read, person: &User, others: &[Moderation]) -> Result<Vec<Moderation>, StoreError> {
    let name = person.information.full_name().map(|name| folded(&name));
    let mut found = Vec::new();
    for other in others {
        let is_theirs = other.user_id == person.id;
        let is_alike = || -> Result<bool, StoreError> {
            let of_other = users::find(tx, other.user_id)?.and_then(|user| user.information.full_name());
            Ok(name.is_some() && of_other.map(|name| folded(&name)) == name)
        };
        if is_theirs || is_alike()? {
            found.push(other.clone());
        }
    }
    found.truncate(SHOWN);
    Ok(found)
}

/// Those who acted on a request.
fn deciders(request: &Moderation) -> impl Iterator<Item = &Actor> {
    fn of_state(state: &ModerationState) -> Option<&Actor> {
        match state {
            ModerationState::Pending { by, .. } => by.as_ref(),
            ModerationState::Accepted { by, .. } | ModerationState::Rejected { by, .. } => Some(by),
        }
    }
    let decided = request.history.iter().chain([&request.state]).filter_map(of_state);
    decided.chain(request.notes.iter().map(|note| &note.by))
}
