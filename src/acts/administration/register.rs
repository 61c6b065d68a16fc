//! Organizations looked for, entered and read anew, by what is known here and by what the register says.

use std::time::Duration;

use super::audit::{looking, record_look};
use super::moderation::{may_decide, may_enter};
use super::organizations::{OrganizationRefusal, find};
use super::{Decided, Officer, OrganizationKey};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::directory::Said;
use crate::domain::{
    Actor, AuditEvent, Establishment, EstablishmentQuery, EstablishmentSource, Organization, OrganizationId,
    OrganizationSource, OrganizationStanding, Siren, Siret, User, UserId, folded,
};
use crate::protocol::Timestamp;
use crate::store::audit::{self, AuditEntry};
use crate::store::{StoreError, Tx, organizations, users};

/// How many organizations one page shows.
pub const ORGANIZATIONS_SHOWN: usize = 50;
/// How many establishments of the register are shown beside them.
const FROM_REGISTER: usize = 20;
/// After how long the register is read anew.
const STALE_AFTER_SECONDS: u64 = 30 * 24 * 3600;
/// That it does not know an organization is noted once a day, however often it is asked.
const NOTED_AGAIN_AFTER_SECONDS: u64 = 24 * 3600;
/// How many organizations one round looks through, and about how many of them it asks.
const LOOKED_THROUGH: usize = 500;
const READ_AT_ONCE: usize = 50;
const BETWEEN_READS: Duration = Duration::from_millis(250);
/// More organizations than a moderator of some has.
const OF_ONE_MODERATOR: usize = 1_000;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct OrganizationSearch {
    /// Organizations that are known here.
    pub known: Vec<Organization>,
    /// After which one there may be more of them.
    pub next: Option<OrganizationId>,
    /// Establishments of the register that are not known here.
    pub from_register: Vec<Establishment>,
    /// Whether the register was asked, and did not answer.
    pub is_register_silent: bool,
}

/// What an officer looks for.
#[derive(Debug, Clone)]
pub enum OrganizationWanted {
    /// Whatever there is, after this one.
    Any(Option<OrganizationId>),
    /// Those that the register closed, or knows no more, after this one (SEC-114).
    Standing(OrganizationStanding, Option<OrganizationId>),
    /// One establishment.
    Siret(Siret),
    /// Those of one legal entity.
    Siren(Siren),
    /// By words of the name and the place.
    Words(EstablishmentQuery),
}

impl OrganizationWanted {
    /// What is typed into the field of the search.
    ///
    /// # Errors
    /// When it is too short or too long to be looked for.
    pub fn parse(text: &str, after: Option<OrganizationId>) -> Result<Self, crate::domain::QueryFault> {
        match (text.parse::<Siret>(), text.parse::<Siren>()) {
            _ if text.trim().is_empty() => Ok(Self::Any(after)),
            (Ok(siret), _) => Ok(Self::Siret(siret)),
            (Err(_), Ok(siren)) => Ok(Self::Siren(siren)),
            (Err(_), Err(_)) => {
                EstablishmentQuery::by_name(text).map(|query| Self::Words(query.limited(FROM_REGISTER)))
            }
        }
    }
}

/// Looks for organizations, as far as the officer may see them: a moderator of some organizations finds those and no other.
///
/// # Errors
/// When the store fails.
pub async fn look_for_organizations(
    app: &App,
    officer: &Officer,
    wanted: &OrganizationWanted,
) -> Result<OrganizationSearch, ActError> {
    if let Some(own) = officer.role.organizations() {
        let ids: Vec<OrganizationId> = own.iter().copied().take(OF_ONE_MODERATOR).collect();
        return among(app, &ids, wanted, ORGANIZATIONS_SHOWN);
    }
    search_organizations(app, wanted, None).await
}

/// The organizations that are known here and looked for after `after`, as far as the officer may see them, at most `most`; with
/// after which one there are more. The register is not asked.
///
/// # Errors
/// When the store fails.
pub async fn gather_organizations(
    app: &App,
    officer: &Officer,
    wanted: OrganizationWanted,
    after: Option<OrganizationId>,
    most: usize,
) -> Result<(Vec<Organization>, Option<OrganizationId>), ActError> {
    if let Some(own) = officer.role.organizations() {
        let ids: Vec<OrganizationId> = own.iter().copied().take(OF_ONE_MODERATOR).collect();
        return among(app, &ids, &wanted, most).map(|found| (found.known, found.next));
    }
    looking(&app.store, move |tx| {
        let (mut known, mut next) = find_known(tx, &wanted, after)?;
        while let Some(last) = next.filter(|_| known.len() <= most) {
            let (page, after) = find_known(tx, &wanted, Some(last))?;
            known.extend(page);
            next = after;
        }
        if known.len() > most {
            known.truncate(most);
            next = known.last().map(|last| last.id);
        }
        Ok((known, next))
    })
    .await
}

/// Looks for organizations after `after`, wherever they are known: here, and in the register, which is asked with the first
/// page.
///
/// # Errors
/// When the store fails.
pub async fn search_organizations(
    app: &App,
    wanted: &OrganizationWanted,
    after: Option<OrganizationId>,
) -> Result<OrganizationSearch, ActError> {
    let (mut known, next) = app.store.read(|tx| find_known(tx, wanted, after))?;
    let (found, is_register_silent) = match wanted {
        _ if after.is_some() => (Vec::new(), false),
        OrganizationWanted::Any(_) | OrganizationWanted::Standing(..) => (Vec::new(), false),
        // What is known is on its card, with what the register says.
        OrganizationWanted::Siret(_) if !known.is_empty() => (Vec::new(), false),
        OrganizationWanted::Siret(siret) => match app.directory.find_establishment(siret).await {
            Ok(found) => (found.into_iter().collect(), false),
            Err(_silent) => (Vec::new(), true),
        },
        OrganizationWanted::Siren(siren) => {
            among_sources(app, &EstablishmentQuery::of_siren(siren.clone()).limited(FROM_REGISTER)).await
        }
        OrganizationWanted::Words(query) => among_sources(app, query).await,
    };
    let mut from_register = Vec::new();
    for establishment in found {
        // A name that the register spells otherwise is known here all the same.
        match app.store.read(|tx| organizations::find_by_siret(tx, &establishment.siret))? {
            Some(organization) if known.iter().any(|other| other.id == organization.id) => {}
            // Another page has it.
            Some(_) if next.is_some() && matches!(wanted, OrganizationWanted::Siren(_)) => {}
            Some(organization) if next.is_some_and(|next| organization.id > next) => {}
            Some(organization) => known.push(organization),
            None => from_register.push(establishment),
        }
    }
    Ok(OrganizationSearch { known, next, from_register, is_register_silent })
}

/// What the register finds, and whether it is silent.
async fn among_sources(app: &App, query: &EstablishmentQuery) -> (Vec<Establishment>, bool) {
    match app.directory.search(query).await {
        Ok(found) => (found, false),
        Err(_silent) => (Vec::new(), true),
    }
}

fn find_known(
    tx: &crate::store::Snapshot,
    wanted: &OrganizationWanted,
    after: Option<OrganizationId>,
) -> Result<(Vec<Organization>, Option<OrganizationId>), StoreError> {
    let one_more = ORGANIZATIONS_SHOWN.saturating_add(1);
    let mut found = match wanted {
        OrganizationWanted::Any(begin) => organizations::list(tx, after.or(*begin), one_more)?,
        OrganizationWanted::Standing(standing, begin) => {
            organizations::list_of_standing(tx, *standing, after.or(*begin), one_more)?
        }
        OrganizationWanted::Siret(siret) => organizations::find_by_siret(tx, siret)?.into_iter().collect(),
        OrganizationWanted::Siren(siren) => {
            let last = after.map(|id| organizations::find(tx, id)).transpose()?.flatten();
            organizations::list_of_siren(tx, siren.as_str(), last.map(|last| last.siret).as_ref(), one_more)?
        }
        OrganizationWanted::Words(query) => {
            return organizations::search(tx, query.name(), after, ORGANIZATIONS_SHOWN);
        }
    };
    let may_be_more = found.len() > ORGANIZATIONS_SHOWN;
    found.truncate(ORGANIZATIONS_SHOWN);
    let next = found.last().map(|last| last.id).filter(|_| may_be_more);
    Ok((found, next))
}

/// The same among a few.
fn among(
    app: &App,
    ids: &[OrganizationId],
    wanted: &OrganizationWanted,
    most: usize,
) -> Result<OrganizationSearch, ActError> {
    let fits = |organization: &Organization| match wanted {
        OrganizationWanted::Any(after) => after.is_none_or(|after| organization.id > after),
        OrganizationWanted::Standing(standing, after) => {
            organization.standing() == Some(*standing) && after.is_none_or(|after| organization.id > after)
        }
        OrganizationWanted::Siret(siret) => organization.siret == *siret,
        OrganizationWanted::Siren(siren) => organization.siret.siren() == siren.as_str(),
        OrganizationWanted::Words(query) => {
            let place = organization.address.as_deref().unwrap_or_default();
            let text = folded(&format!("{} {place}", organization.label));
            folded(query.name()).split(' ').all(|word| text.split(' ').any(|known| known == word))
        }
    };
    let mut known = app.store.read(|tx| {
        let mut known = Vec::new();
        for id in ids {
            known.extend(organizations::find(tx, *id)?.filter(&fits));
        }
        Ok::<Vec<Organization>, StoreError>(known)
    })?;
    let may_be_more = known.len() > most;
    known.truncate(most);
    let next = known.last().map(|last| last.id).filter(|_| may_be_more);
    Ok(OrganizationSearch { known, next, ..OrganizationSearch::default() })
}

/// Enters what the register says of a number; one that is known here is given as it is.
///
/// # Errors
/// When the store fails.
pub async fn enter_from_register(app: &App, by: &By, siret: Siret) -> Decided<Organization, OrganizationRefusal> {
    let establishment = match app.directory.look_up(&siret).await {
        Ok(Said::Known(establishment)) => establishment,
        Ok(Said::Unknown | Said::Withheld) => return Ok(Err(OrganizationRefusal::NotInRegister)),
        Err(cause) => return Ok(Err(OrganizationRefusal::RegisterUnavailable(cause))),
    };
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            if !may_enter(tx, &circumstances.by.actor, now)? {
                return Ok(Err(OrganizationRefusal::Unknown));
            }
            if let Some(known) = organizations::find_by_siret(tx, &siret)? {
                return Ok(Ok(known));
            }
            let organization = establishment.to_organization(organizations::next_id(tx)?, now);
            organizations::insert(tx, &organization)?;
            circumstances.record(tx, AuditEvent::OrganizationCreated { organization_id: organization.id })?;
            Ok(Ok(organization))
        })
        .await?;
    Ok(outcome)
}

/// Reads anew what the register says of an organization.
///
/// # Errors
/// When the store fails.
pub async fn refresh_organization(
    app: &App,
    by: &By,
    key: OrganizationKey,
) -> Decided<Organization, OrganizationRefusal> {
    let Some(known) = app.store.read(|tx| find(tx, &key))? else { return Ok(Err(OrganizationRefusal::Unknown)) };
    let establishment = match app.directory.look_up(&known.siret).await {
        Ok(Said::Known(establishment)) => establishment,
        Ok(said @ (Said::Unknown | Said::Withheld)) => {
            note_not_found(app, by, &known.siret, said == Said::Withheld).await?;
            return Ok(Err(OrganizationRefusal::NotInRegister));
        }
        Err(cause) => return Ok(Err(OrganizationRefusal::RegisterUnavailable(cause))),
    };
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(known) = find(tx, &key)? else { return Ok(Err(OrganizationRefusal::Unknown)) };
            if !may_decide(tx, &circumstances.by.actor, known.id, now)? {
                return Ok(Err(OrganizationRefusal::Unknown));
            }
            let told = establishment.to_organization(known.id, now);
            let organization = Organization { created_at: known.created_at, ..told };
            organizations::update(tx, &organization)?;
            circumstances.record(tx, AuditEvent::OrganizationRefreshed { organization_id: organization.id })?;
            Ok(Ok(organization))
        })
        .await?;
    Ok(outcome)
}

/// Where the round goes on that reads organizations anew, and how many it has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefreshRound {
    /// The last one that was looked at; the round begins anew where there is none.
    pub after: Option<OrganizationId>,
    /// How many the register was asked about.
    pub read: usize,
}

/// Reads anew, a few at a time, what the register said of organizations more than thirty days ago (SEC-114), and what it could
/// not say while people asked to join them (SEC-199): claims and rules
/// rest on what it says now. A register that does not answer is left alone until the next round.
///
/// # Errors
/// When the store fails.
pub async fn refresh_stale_organizations(app: &App, round: RefreshRound) -> Result<RefreshRound, ActError> {
    let (now, after) = (app.clock.now(), round.after);
    let page = looking(&app.store, move |tx| organizations::list(tx, after, LOOKED_THROUGH)).await?;
    let is_stale = |known: &Organization| {
        let asked_at = known.not_found_at.map_or(known.updated_at, |at| at.max(known.updated_at));
        let is_old = now.seconds_since(asked_at) > STALE_AFTER_SECONDS;
        known.source == OrganizationSource::Register && is_old || !known.is_confirmed()
    };
    let mut done = RefreshRound { after: None, read: 0 };
    for known in &page {
        if is_stale(known) {
            if done.read == READ_AT_ONCE {
                return Ok(done);
            }
            match app.directory.look_up(&known.siret).await {
                Ok(Said::Known(told)) => write_anew(app, known.id, *told, now).await?,
                Ok(said @ (Said::Unknown | Said::Withheld)) => {
                    let is_withheld = said == Said::Withheld;
                    note_not_found(app, &By::local(Actor::System), &known.siret, is_withheld).await?;
                }
                Err(_) => return Ok(RefreshRound { after: done.after.or(after), ..done }),
            }
            done.read = done.read.saturating_add(1);
            // Services allow a few questions a second, and people ask them too.
            tokio::time::sleep(BETWEEN_READS).await;
        }
        done.after = Some(known.id);
    }
    Ok(if page.len() < LOOKED_THROUGH { RefreshRound { after: None, ..done } } else { done })
}

/// Reads anew, from the files of the register, what files that were imported before them said of organizations: claims and
/// rules rest on what an import says soon after it. What the files say that nobody may be told is told no more, whichever
/// source told it (SEC-113). `followed` is the import after which that was done; nobody is asked.
///
/// # Errors
/// When the store fails.
pub async fn follow_import(app: &App, followed: Option<Timestamp>) -> Result<Option<Timestamp>, ActError> {
    let imported_at = match app.directory.imported() {
        Some(imported) if followed != Some(imported.imported_at) => imported.imported_at,
        Some(_) | None => return Ok(followed),
    };
    let mut after = None;
    loop {
        let page = looking(&app.store, move |tx| organizations::list(tx, after, LOOKED_THROUGH)).await?;
        for known in page.iter().filter(|known| known.source == OrganizationSource::Register) {
            let is_of_files = is_of_former_import(known, imported_at);
            match app.directory.look_up_imported(&known.siret) {
                Ok(Said::Withheld) => note_not_found(app, &By::local(Actor::System), &known.siret, true).await?,
                Ok(Said::Known(told)) if is_of_files => write_anew(app, known.id, *told, app.clock.now()).await?,
                Ok(Said::Unknown) if is_of_files && app.directory.has_whole_register() => {
                    note_not_found(app, &By::local(Actor::System), &known.siret, false).await?;
                }
                // Another source told it, or may know it; or it is in the part that was left out.
                Ok(Said::Known(_) | Said::Unknown) => {}
                Err(_unreadable) => return Ok(followed),
            }
        }
        match page.last() {
            Some(last) if page.len() == LOOKED_THROUGH => after = Some(last.id),
            Some(_) | None => return Ok(Some(imported_at)),
        }
    }
}

/// Whether the files of the register told these facts, and other ones were imported after that. What was written before the
/// source was kept may be of files.
fn is_of_former_import(known: &Organization, imported_at: Timestamp) -> bool {
    known.as_of() < imported_at && known.told.is_none_or(|told| told.by == EstablishmentSource::Register)
}

/// Notes that the register was asked about an organization that is known here and did not know it any more: what it said
/// before stays, and administrators find it listed (SEC-114). Where a part of the register is all that could be asked, that
/// says nothing. What it says may not be told stays nowhere (SEC-113).
///
/// # Errors
/// When the store fails.
pub(in crate::acts) async fn note_not_found(
    app: &App,
    by: &By,
    siret: &Siret,
    is_withheld: bool,
) -> Result<(), ActError> {
    let now = app.clock.now();
    let changed = move |known: Organization| {
        let is_noted = known.not_found_at.is_some_and(|at| now.seconds_since(at) < NOTED_AGAIN_AFTER_SECONDS);
        match is_withheld {
            true => known.clone().withheld(now).filter(|changed| !is_noted || says_less(changed, &known)),
            false => known.not_found(now).filter(|_| !is_noted),
        }
    };
    let is_known = |tx: &crate::store::Snapshot| organizations::find_by_siret(tx, siret);
    let says_nothing = !is_withheld && app.directory.keeps_a_part();
    if says_nothing || app.store.read(is_known)?.and_then(changed).is_none() {
        return Ok(());
    }
    let (circumstances, siret) = (Circumstances::of(app, by), siret.clone());
    let job = move |tx: &mut Tx<'_>| {
        let Some(known) = organizations::find_by_siret(tx, &siret)? else { return Ok(()) };
        let Some(changed) = changed(known.clone()) else { return Ok(()) };
        organizations::update(tx, &changed)?;
        match known.not_found_at.is_none() || says_less(&changed, &known) {
            true => circumstances.record(tx, AuditEvent::OrganizationRefreshed { organization_id: changed.id }),
            false => Ok(()),
        }
    };
    Ok(app.store.write(job).await?)
}

/// Whether more was taken away than the date of the question.
fn says_less(changed: &Organization, known: &Organization) -> bool {
    *changed != Organization { not_found_at: changed.not_found_at, ..known.clone() }
}

/// Writes what the register says now; what it says differently is recorded.
async fn write_anew(app: &App, id: OrganizationId, told: Establishment, now: Timestamp) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let job = move |tx: &mut Tx<'_>| {
        let Some(known) = organizations::find(tx, id)? else { return Ok(()) };
        let fresh = Organization { created_at: known.created_at, ..told.to_organization(known.id, now) };
        organizations::update(tx, &fresh)?;
        match fresh == (Organization { updated_at: fresh.updated_at, told: fresh.told, ..known }) {
            true => Ok(()),
            false => circumstances.record(tx, AuditEvent::OrganizationRefreshed { organization_id: id }),
        }
    };
    Ok(app.store.write(job).await?)
}

/// Records that an officer looked at an organization and at those who belong to it (SEC-144).
///
/// # Errors
/// When the store fails.
pub async fn note_organization_view(app: &App, by: &By, organization_id: OrganizationId) -> Result<(), ActError> {
    record_look(app, by, AuditEvent::OrganizationViewed { organization_id }).await
}

/// An act of the history of an organization.
#[derive(Debug, Clone)]
pub struct OrganizationAct {
    /// The record.
    pub entry: AuditEntry,
    /// The person whom it is about, while they are there.
    pub about: Option<User>,
    /// The person who did it, while they are there.
    pub by: Option<User>,
}

/// At most `limit` acts that concern an organization, before `before`; the latest first.
///
/// # Errors
/// When the store fails.
pub fn list_organization_acts(
    app: &App,
    organization_id: OrganizationId,
    before: Option<(u64, u64)>,
    limit: usize,
) -> Result<Vec<OrganizationAct>, ActError> {
    let acts = app.store.read(|tx| {
        let person = |id: Option<UserId>| id.map_or(Ok(None), |id| users::find(tx, id));
        let entries = audit::list_of_organization(tx, organization_id, before, limit)?;
        let named = entries.into_iter().map(|entry| {
            let about = person(entry.record.event.person())?;
            let by = person(entry.record.actor.person())?;
            Ok::<_, StoreError>(OrganizationAct { entry, about, by })
        });
        named.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(acts)
}
