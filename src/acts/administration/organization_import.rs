//! Organizations of another system, their e-mail domains and their links, entered row by row: each one wholly or not at
//! all, and a second time changes nothing.

use std::collections::HashMap;

use super::email_domains::{check_status, put_domain};
use super::organizations::{OrganizationKey, find as find_organization};
use super::users::{UserKey, find as find_user};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::JoiningSettings;
use crate::directory::DirectoryError;
use crate::domain::{
    AuditEvent, EmailDomain, EmailDomainStatus, Membership, Organization, OrganizationFacts, OrganizationFault,
    OrganizationId, OrganizationSource, Siret, UserId, Verification,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, email_domains, memberships, organizations};

/// A row of another system.
#[derive(Debug, Clone)]
pub enum ImportedRow {
    /// An organization.
    Organization(Box<ImportedOrganization>),
    /// What an e-mail domain is for an organization.
    Domain {
        /// The organization.
        siret: Siret,
        /// The domain.
        domain: EmailDomain,
        /// What it is.
        status: EmailDomainStatus,
    },
    /// A person's link.
    Link {
        /// The organization.
        siret: Siret,
        /// The person, who is known here already.
        user: UserKey,
        /// Whether they work for it without belonging to it.
        is_external: bool,
        /// How it was proven there.
        verification: Verification,
        /// When it began.
        created_at: Option<Timestamp>,
    },
}

/// An organization as another system knew it.
#[derive(Debug, Clone)]
pub struct ImportedOrganization {
    /// Its number there, which services may know; kept where it is free here.
    pub id: Option<OrganizationId>,
    /// The register's number.
    pub siret: Siret,
    /// What is known of it; the register is asked where that is nothing.
    pub facts: Option<OrganizationFacts>,
    /// When it was first known there.
    pub created_at: Option<Timestamp>,
    /// When the register told these facts.
    pub told_at: Option<Timestamp>,
    /// Domains that the row itself brings along.
    pub domains: Vec<(EmailDomain, EmailDomainStatus)>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// It was entered, or would be.
    Imported,
    /// The organization was entered, or would be, under a number of ours: its own is somebody else's here.
    ImportedUnderAnotherId,
    /// It is here already as it is.
    Unchanged,
    /// Facts that cannot stand.
    Invalid(Vec<OrganizationFault>),
    /// It was entered, or would be, without domains where anybody has an address (SEC-108).
    ImportedWithoutDomains,
    /// No source knows the organization.
    UnknownOrganization,
    /// No source of the register answers; the same row may be entered later.
    Unavailable,
    /// The domain is something else for the organization here; what was decided here stays.
    DecidedOtherwise(EmailDomainStatus),
    /// The organization is closed.
    Closed,
    /// No source of the register has said yet what the organization is (SEC-199).
    Unconfirmed,
    /// There is no such person.
    UnknownUser,
    /// Anybody has an address at this host: it is approved for nobody (SEC-108).
    OpenToAnybody,
    /// The instance keeps no links that nothing proves.
    Unverified,
}

/// A row with what the register says of the organization that it needs.
struct Prepared {
    row: ImportedRow,
    looked_up: LookedUp,
}

/// Enters lines of rows, each line wholly or not at all, or says what would become of them. One outcome for each row, in
/// their order; where one of a line is refused, none of that line was entered.
///
/// # Errors
/// When the store fails; then none of them was entered.
pub async fn import_organizations(
    app: &App,
    by: &By,
    lines: Vec<Vec<ImportedRow>>,
    is_dry_run: bool,
) -> Result<Vec<Vec<RowOutcome>>, ActError> {
    let now = app.clock.now();
    let mut register = Register::default();
    let mut prepared = Vec::with_capacity(lines.len());
    for line in lines {
        let mut rows = Vec::with_capacity(line.len());
        for row in line {
            let looked_up = register.look_up(app, &row, now).await?;
            rows.push(Prepared { row, looked_up });
        }
        prepared.push(rows);
    }
    let joining = app.config.joining.clone();
    if is_dry_run {
        let said = |decided: Result<Plan, RowOutcome>| decided.map_or_else(|out| out, |plan| plan.outcome());
        let outcomes = app.store.read(|tx| {
            let outcomes_of = |rows: &Vec<Prepared>| {
                Ok(decide_line(tx, &joining, rows)?.into_iter().map(said).collect::<Vec<RowOutcome>>())
            };
            prepared.iter().map(outcomes_of).collect::<Result<Vec<_>, StoreError>>()
        })?;
        return Ok(outcomes);
    }
    let circumstances = Circumstances::of(app, by);
    let outcomes = app
        .store
        .write(move |tx| {
            let mut outcomes = Vec::with_capacity(prepared.len());
            for rows in &prepared {
                let decided = decide_line(tx, &joining, rows)?;
                let mut of_line = Vec::with_capacity(decided.len());
                let is_whole = decided.iter().all(|row| matches!(row, Ok(_) | Err(RowOutcome::Unchanged)));
                for row in decided {
                    of_line.push(match row {
                        Err(outcome) => outcome,
                        Ok(plan) => {
                            let outcome = plan.outcome();
                            if is_whole {
                                carry_out(tx, &circumstances, plan, now)?;
                            }
                            outcome
                        }
                    });
                }
                outcomes.push(of_line);
            }
            Ok(outcomes)
        })
        .await?;
    Ok(outcomes)
}

fn decide_line(
    tx: &impl Read,
    joining: &JoiningSettings,
    rows: &[Prepared],
) -> Result<Vec<Result<Plan, RowOutcome>>, StoreError> {
    rows.iter().map(|row| decide(tx, joining, row)).collect()
}

/// What the register said during one call.
#[derive(Default)]
struct Register {
    known: HashMap<Siret, LookedUp>,
    /// How many times in a row it did not answer; it is left alone then.
    failures: u32,
}

/// What the register says of an organization that is not known here.
#[derive(Debug, Clone)]
enum LookedUp {
    /// It was not asked: the organization is known here, or the row says enough.
    Not,
    Found(Box<Organization>),
    Unknown,
    Unavailable,
}

/// After how many times in a row the register is left alone for the rest of a call.
const FAILURES: u32 = 3;

impl Register {
    /// Asks about an organization that is not known here, and of which the row says nothing; about each once.
    async fn look_up(&mut self, app: &App, row: &ImportedRow, now: Timestamp) -> Result<LookedUp, ActError> {
        let siret = match row {
            ImportedRow::Organization(organization) if organization.facts.is_some() => return Ok(LookedUp::Not),
            ImportedRow::Organization(organization) => &organization.siret,
            ImportedRow::Domain { siret, .. } | ImportedRow::Link { siret, .. } => siret,
        };
        if app.store.read(|tx| organizations::find_by_siret(tx, siret))?.is_some() {
            return Ok(LookedUp::Not);
        }
        if let Some(said) = self.known.get(siret) {
            return Ok(said.clone());
        }
        if self.failures >= FAILURES {
            return Ok(LookedUp::Unavailable);
        }
        let said = match app.directory.find_establishment(siret).await {
            Ok(Some(found)) => LookedUp::Found(Box::new(found.to_organization(OrganizationId(0), now))),
            Ok(None) => LookedUp::Unknown,
            Err(DirectoryError::NoSource | DirectoryError::Unavailable | DirectoryError::Busy) => LookedUp::Unavailable,
        };
        self.failures = match said {
            LookedUp::Unavailable => self.failures.saturating_add(1),
            LookedUp::Not | LookedUp::Found(_) | LookedUp::Unknown => 0,
        };
        drop(self.known.insert(siret.clone(), said.clone()));
        Ok(said)
    }
}

impl LookedUp {
    /// The organization, or why there is none.
    fn found(&self) -> Result<&Organization, RowOutcome> {
        match self {
            Self::Found(found) if !found.is_active => Err(RowOutcome::Closed),
            Self::Found(found) => Ok(found),
            Self::Unavailable => Err(RowOutcome::Unavailable),
            Self::Not | Self::Unknown => Err(RowOutcome::UnknownOrganization),
        }
    }
}

/// What is to be written for a row.
struct Plan {
    /// The organization to enter first, and whether under its own number.
    enters: Option<(Organization, bool)>,
    siret: Siret,
    domains: Vec<(EmailDomain, EmailDomainStatus)>,
    /// Whether the row names domains where anybody has an address, which stay behind.
    lacks_domains: bool,
    link: Option<PlannedLink>,
}

/// A link to make, which began when the file says.
struct PlannedLink {
    user_id: UserId,
    verification: Verification,
    is_external: bool,
    began: Option<Timestamp>,
}

impl Plan {
    fn outcome(&self) -> RowOutcome {
        match self.enters {
            Some((_, false)) => RowOutcome::ImportedUnderAnotherId,
            Some(_) | None if self.lacks_domains => RowOutcome::ImportedWithoutDomains,
            Some(_) | None => RowOutcome::Imported,
        }
    }
}

fn decide(
    tx: &impl Read,
    joining: &JoiningSettings,
    prepared: &Prepared,
) -> Result<Result<Plan, RowOutcome>, StoreError> {
    match &prepared.row {
        ImportedRow::Organization(row) => decide_organization(tx, joining, row, &prepared.looked_up),
        ImportedRow::Domain { siret, domain, status } => {
            if check_status(&joining.providers, domain, *status).is_err() {
                return Ok(Err(RowOutcome::OpenToAnybody));
            }
            let (known, enters) = match place(tx, siret, &prepared.looked_up)? {
                Ok(found) => found,
                Err(outcome) => return Ok(Err(outcome)),
            };
            let said = match known {
                Some(known) => email_domains::find(tx, known.id, domain)?,
                None => None,
            };
            if let Some(standing) = said.and_then(|said| standing(said.status, *status)) {
                return Ok(Err(standing));
            }
            let domains = vec![(domain.clone(), *status)];
            Ok(Ok(Plan { enters, siret: siret.clone(), domains, lacks_domains: false, link: None }))
        }
        ImportedRow::Link { siret, user, is_external, verification, created_at } => {
            let Some(user) = find_user(tx, user)? else { return Ok(Err(RowOutcome::UnknownUser)) };
            let (known, enters) = match place(tx, siret, &prepared.looked_up)? {
                Ok(found) => found,
                Err(outcome) => return Ok(Err(outcome)),
            };
            let organization_id = known.as_ref().map_or(OrganizationId(0), |known| known.id);
            if memberships::find(tx, user.id, organization_id)?.is_some() {
                return Ok(Err(RowOutcome::Unchanged));
            }
            if known.as_ref().is_some_and(|known| !known.is_active) {
                return Ok(Err(RowOutcome::Closed));
            }
            if known.as_ref().is_some_and(|known| !known.is_confirmed()) {
                return Ok(Err(RowOutcome::Unconfirmed));
            }
            let domain = EmailDomain::of(&user.email);
            let said = email_domains::find(tx, organization_id, &domain)?;
            // Here a domain proves what it is approved for here, whatever it proved there.
            let is_approved = said.is_some_and(|said| said.status.is_approved());
            let verification = match *verification == Verification::Domain && !is_approved {
                true => Verification::DomainNotVerifiedYet,
                false => *verification,
            };
            if !verification.is_proven() && !joining.policy.allow_unverified {
                return Ok(Err(RowOutcome::Unverified));
            }
            let link =
                Some(PlannedLink { user_id: user.id, verification, is_external: *is_external, began: *created_at });
            Ok(Ok(Plan { enters, siret: siret.clone(), domains: Vec::new(), lacks_domains: false, link }))
        }
    }
}

/// What stands in the way of a status where there is one already: what was reviewed here, or in an earlier row, stays.
fn standing(here: EmailDomainStatus, there: EmailDomainStatus) -> Option<RowOutcome> {
    match (here, there) {
        (_, EmailDomainStatus::NotVerifiedYet) => Some(RowOutcome::Unchanged),
        (EmailDomainStatus::NotVerifiedYet, _) => None,
        (here, there) if here == there => Some(RowOutcome::Unchanged),
        (here, _) => Some(RowOutcome::DecidedOtherwise(here)),
    }
}

/// The organization, or the one to enter, under whatever number is free.
type Place = (Option<Organization>, Option<(Organization, bool)>);

fn place(tx: &impl Read, siret: &Siret, looked_up: &LookedUp) -> Result<Result<Place, RowOutcome>, StoreError> {
    if let Some(known) = find_organization(tx, &OrganizationKey::Siret(siret.clone()))? {
        return Ok(Ok((Some(known), None)));
    }
    Ok(looked_up.found().map(|found| (None, Some((found.clone(), true)))))
}

fn decide_organization(
    tx: &impl Read,
    joining: &JoiningSettings,
    row: &ImportedOrganization,
    looked_up: &LookedUp,
) -> Result<Result<Plan, RowOutcome>, StoreError> {
    if let Some(faults) = row.facts.as_ref().and_then(|facts| facts.check().err()) {
        return Ok(Err(RowOutcome::Invalid(faults)));
    }
    let known = organizations::find_by_siret(tx, &row.siret)?;
    let is_good = |(domain, status): &&(EmailDomain, EmailDomainStatus)| {
        check_status(&joining.providers, domain, *status).is_ok()
            && !joining.providers.kind_of(domain).is_open_to_anybody()
    };
    let mut domains: Vec<_> = row.domains.iter().filter(is_good).cloned().collect();
    let lacks_domains = domains.len() < row.domains.len();
    if let Some(known) = &known {
        let mut fresh = Vec::new();
        for (domain, status) in domains {
            let said = email_domains::find(tx, known.id, &domain)?;
            if said.and_then(|said| standing(said.status, status)).is_none() {
                fresh.push((domain, status));
            }
        }
        return Ok(match fresh.is_empty() {
            true => Err(RowOutcome::Unchanged),
            false => Ok(Plan { enters: None, siret: row.siret.clone(), domains: fresh, lacks_domains, link: None }),
        });
    }
    domains.dedup();
    let created_at = row.created_at.unwrap_or(Timestamp(0));
    let organization = match &row.facts {
        Some(facts) => Organization {
            // The register is asked again at the next occasion.
            source: OrganizationSource::Register,
            updated_at: row.told_at.unwrap_or(created_at),
            ..facts.clone().into_organization(OrganizationId(0), created_at)
        },
        None => match looked_up.found() {
            Ok(found) => Organization { created_at, ..found.clone() },
            Err(outcome) => return Ok(Err(outcome)),
        },
    };
    let own = match row.id {
        Some(id) if organizations::find(tx, id)?.is_none() => Some(id),
        Some(_) | None => None,
    };
    let is_own = own.is_some() || row.id.is_none();
    let organization = Organization { id: own.unwrap_or(OrganizationId(0)), ..organization };
    Ok(Ok(Plan { enters: Some((organization, is_own)), siret: row.siret.clone(), domains, lacks_domains, link: None }))
}

fn carry_out(tx: &mut Tx, circumstances: &Circumstances, plan: Plan, now: Timestamp) -> Result<(), StoreError> {
    let or_now = |at: Timestamp| if at.0 == 0 { now } else { at };
    if let Some((organization, _)) = plan.enters {
        let id = match organization.id.0 {
            0 => organizations::next_id(tx)?,
            _ => organization.id,
        };
        let (created_at, updated_at) = (or_now(organization.created_at), or_now(organization.updated_at));
        organizations::insert(tx, &Organization { id, created_at, updated_at, ..organization })?;
        circumstances.record(tx, AuditEvent::OrganizationCreated { organization_id: id })?;
    }
    let Some(organization) = organizations::find_by_siret(tx, &plan.siret)? else { return Ok(()) };
    for (domain, status) in &plan.domains {
        put_domain(tx, circumstances, organization.id, domain, *status, now)?;
    }
    if let Some(link) = plan.link {
        let between = (link.user_id, organization.id);
        let made = Membership::begin(between, link.verification, link.is_external, circumstances.deed(now)).greeted();
        let link = Membership { created_at: link.began.unwrap_or(now), ..made };
        memberships::insert(tx, &link)?;
        let event = AuditEvent::MembershipWritten {
            user_id: link.user_id,
            organization_id: link.organization_id,
            is_external: link.is_external,
            verification: link.verification,
        };
        circumstances.record(tx, event)?;
    }
    Ok(())
}
