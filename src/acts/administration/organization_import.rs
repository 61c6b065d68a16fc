//! Organizations of another system, their e-mail domains and their links, entered row by row: each one wholly or not at
//! all, and a second time changes nothing.

use super::email_domains::{check_status, put_domain};
use super::organizations::{OrganizationKey, find as find_organization};
use super::users::{UserKey, find as find_user};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::JoiningSettings;
use crate::domain::{
    AuditEvent, EmailDomain, EmailDomainStatus, Greeting, Membership, Organization, OrganizationFacts,
    OrganizationFault, OrganizationId, OrganizationSource, Siret, Verification,
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
    /// No source knows the organization, or none answers.
    UnknownOrganization,
    /// The organization is closed.
    Closed,
    /// There is no such person.
    UnknownUser,
    /// Anybody has an address at this host: it is approved for nobody (SEC-108).
    OpenToAnybody,
    /// The instance keeps no links that nothing proves.
    Unverified,
}

/// A row with the organization that it needs, if the register was asked for it.
struct Prepared {
    row: ImportedRow,
    looked_up: Option<Organization>,
}

/// Enters rows, or says what would become of them. One outcome for each, in their order.
///
/// # Errors
/// When the store fails; then none of them was entered.
pub async fn import_organizations(
    app: &App,
    by: &By,
    rows: Vec<ImportedRow>,
    is_dry_run: bool,
) -> Result<Vec<RowOutcome>, ActError> {
    let now = app.clock.now();
    let mut prepared = Vec::with_capacity(rows.len());
    for row in rows {
        let looked_up = look_up(app, &row, now).await?;
        prepared.push(Prepared { row, looked_up });
    }
    let joining = app.config.joining.clone();
    if is_dry_run {
        let outcomes = app.store.read(|tx| {
            let outcome = |row: &Prepared| Ok(decide(tx, &joining, row)?.map_or_else(|out| out, |plan| plan.outcome()));
            prepared.iter().map(outcome).collect::<Result<Vec<_>, StoreError>>()
        })?;
        return Ok(outcomes);
    }
    let circumstances = Circumstances::of(app, by);
    let outcomes = app
        .store
        .write(move |tx| {
            let mut outcomes = Vec::with_capacity(prepared.len());
            for row in &prepared {
                outcomes.push(match decide(tx, &joining, row)? {
                    Err(outcome) => outcome,
                    Ok(plan) => {
                        let outcome = plan.outcome();
                        carry_out(tx, &circumstances, plan, now)?;
                        outcome
                    }
                });
            }
            Ok(outcomes)
        })
        .await?;
    Ok(outcomes)
}

/// Asks the register about an organization that is not known here, and of which the row says nothing.
async fn look_up(app: &App, row: &ImportedRow, now: Timestamp) -> Result<Option<Organization>, ActError> {
    let siret = match row {
        ImportedRow::Organization(organization) if organization.facts.is_some() => return Ok(None),
        ImportedRow::Organization(organization) => &organization.siret,
        ImportedRow::Domain { siret, .. } | ImportedRow::Link { siret, .. } => siret,
    };
    if app.store.read(|tx| organizations::find_by_siret(tx, siret))?.is_some() {
        return Ok(None);
    }
    // A source that does not answer leaves the row for another time.
    let found = app.directory.find_establishment(siret).await.ok().flatten();
    Ok(found.map(|establishment| establishment.to_organization(OrganizationId(0), now)))
}

/// What is to be written for a row.
struct Plan {
    /// The organization to enter first, and whether under its own number.
    enters: Option<(Organization, bool)>,
    siret: Siret,
    domains: Vec<(EmailDomain, EmailDomainStatus)>,
    link: Option<Membership>,
}

impl Plan {
    fn outcome(&self) -> RowOutcome {
        match self.enters {
            Some((_, false)) if self.link.is_none() => RowOutcome::ImportedUnderAnotherId,
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
        ImportedRow::Organization(row) => decide_organization(tx, joining, row, prepared.looked_up.as_ref()),
        ImportedRow::Domain { siret, domain, status } => {
            if check_status(&joining.providers, domain, *status).is_err() {
                return Ok(Err(RowOutcome::OpenToAnybody));
            }
            let (known, enters) = match place(tx, siret, prepared.looked_up.as_ref())? {
                Ok(found) => found,
                Err(outcome) => return Ok(Err(outcome)),
            };
            let said = match known {
                Some(known) => email_domains::find(tx, known.id, domain)?,
                None => None,
            };
            if said.is_some_and(|said| said.status == *status) {
                return Ok(Err(RowOutcome::Unchanged));
            }
            let domains = vec![(domain.clone(), *status)];
            Ok(Ok(Plan { enters, siret: siret.clone(), domains, link: None }))
        }
        ImportedRow::Link { siret, user, is_external, verification, created_at } => {
            let Some(user) = find_user(tx, user)? else { return Ok(Err(RowOutcome::UnknownUser)) };
            let (known, enters) = match place(tx, siret, prepared.looked_up.as_ref())? {
                Ok(found) => found,
                Err(outcome) => return Ok(Err(outcome)),
            };
            let organization_id = known.as_ref().map_or(OrganizationId(0), |known| known.id);
            if memberships::find(tx, user.id, organization_id)?.is_some() {
                return Ok(Err(RowOutcome::Unchanged));
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
            let began = created_at.unwrap_or(Timestamp(0));
            let link = Membership::begin((user.id, organization_id), verification, *is_external, began);
            let link = Some(Membership { greeting: Greeting::Done, ..link });
            Ok(Ok(Plan { enters, siret: siret.clone(), domains: Vec::new(), link }))
        }
    }
}

/// The organization, or the one to enter, under whatever number is free.
type Place = (Option<Organization>, Option<(Organization, bool)>);

fn place(
    tx: &impl Read,
    siret: &Siret,
    looked_up: Option<&Organization>,
) -> Result<Result<Place, RowOutcome>, StoreError> {
    if let Some(known) = find_organization(tx, &OrganizationKey::Siret(siret.clone()))? {
        return Ok(Ok((Some(known), None)));
    }
    Ok(match looked_up {
        None => Err(RowOutcome::UnknownOrganization),
        Some(found) if !found.is_active => Err(RowOutcome::Closed),
        Some(found) => Ok((None, Some((found.clone(), true)))),
    })
}

fn decide_organization(
    tx: &impl Read,
    joining: &JoiningSettings,
    row: &ImportedOrganization,
    looked_up: Option<&Organization>,
) -> Result<Result<Plan, RowOutcome>, StoreError> {
    let is_open = |(domain, status): &(EmailDomain, EmailDomainStatus)| {
        check_status(&joining.providers, domain, *status).is_err()
    };
    if row.domains.iter().any(is_open) {
        return Ok(Err(RowOutcome::OpenToAnybody));
    }
    if let Some(faults) = row.facts.as_ref().and_then(|facts| facts.check().err()) {
        return Ok(Err(RowOutcome::Invalid(faults)));
    }
    let known = organizations::find_by_siret(tx, &row.siret)?;
    let mut domains = row.domains.clone();
    if let Some(known) = &known {
        for at in (0..domains.len()).rev() {
            let said = match domains.get(at) {
                Some((domain, _)) => email_domains::find(tx, known.id, domain)?,
                None => None,
            };
            if said.zip(domains.get(at)).is_some_and(|(said, (_, status))| said.status == *status) {
                drop(domains.remove(at));
            }
        }
        if domains.is_empty() {
            return Ok(Err(RowOutcome::Unchanged));
        }
        return Ok(Ok(Plan { enters: None, siret: row.siret.clone(), domains, link: None }));
    }
    let created_at = row.created_at.unwrap_or(Timestamp(0));
    let organization = match (&row.facts, looked_up) {
        (Some(facts), _) => Organization {
            // The register is asked again at the next occasion.
            source: OrganizationSource::Register,
            updated_at: row.told_at.unwrap_or(created_at),
            ..facts.clone().into_organization(OrganizationId(0), created_at)
        },
        (None, Some(found)) => Organization { created_at, ..found.clone() },
        (None, None) => return Ok(Err(RowOutcome::UnknownOrganization)),
    };
    let own = match row.id {
        Some(id) if organizations::find(tx, id)?.is_none() => Some(id),
        Some(_) | None => None,
    };
    let is_own = own.is_some() || row.id.is_none();
    let organization = Organization { id: own.unwrap_or(OrganizationId(0)), ..organization };
    Ok(Ok(Plan { enters: Some((organization, is_own)), siret: row.siret.clone(), domains, link: None }))
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
        let link = Membership {
            organization_id: organization.id,
            created_at: or_now(link.created_at),
            updated_at: now,
            ..link
        };
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
