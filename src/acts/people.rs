//! Entering people, organizations and clients: the command line, fixtures and the form that invents a person.

use serde_json::{Map, Value};

use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AuditEvent, Client, Credentials, Email, Membership, Organization, OrganizationDomain, OrganizationId,
    PersonalInformation, User, UserId, Verification,
};
use crate::protocol::Timestamp;
use crate::store::{StoreError, Tx, clients, credentials, email_domains, memberships, organizations, users};

/// Records to enter as they are; what is there already under the same identifier is replaced.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// Organizations.
    pub organizations: Vec<Organization>,
    /// What e-mail domains are for them.
    pub email_domains: Vec<OrganizationDomain>,
    /// People with their password hashes.
    pub users: Vec<(User, Option<String>)>,
    /// Links, in the order of the list.
    pub memberships: Vec<Membership>,
    /// Clients.
    pub clients: Vec<Client>,
}

/// Enters records.
///
/// # Errors
/// When the store fails.
pub async fn enter(app: &App, by: &By, entries: Entries) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    app.store.write(move |tx| put_entries(tx, &circumstances, &entries, now)).await?;
    Ok(())
}

/// The same within a transaction.
pub(super) fn put_entries(
    tx: &mut Tx,
    circumstances: &Circumstances,
    entries: &Entries,
    now: Timestamp,
) -> Result<(), StoreError> {
    for organization in &entries.organizations {
        put_organization(tx, organization)?;
    }
    for domain in &entries.email_domains {
        email_domains::put(tx, domain)?;
    }
    for (user, password_hash) in &entries.users {
        put_user(tx, user)?;
        put_credentials(tx, user.id, password_hash.clone(), now)?;
        circumstances.record(tx, AuditEvent::UserCreated { user_id: user.id })?;
    }
    for membership in &entries.memberships {
        put_membership(tx, membership)?;
    }
    for client in &entries.clients {
        put_client(tx, client)?;
        circumstances.record(tx, AuditEvent::ClientWritten { client_id: client.id.clone() })?;
    }
    Ok(())
}

/// A person to invent. Where the address is known, what is told here replaces what was known; the rest stays.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The address; it counts as proven.
    pub email: Email,
    /// Names, telephone number and position.
    pub information: PersonalInformation,
    /// The organization, found by its SIRET or entered with the next identifier, and whether the person is external.
    pub organization: Option<(Organization, bool)>,
    /// Claims over what the account would yield.
    pub additional_claims: Map<String, Value>,
}

/// Enters one person with one organization.
///
/// # Errors
/// When the store fails.
pub async fn enter_person(app: &App, by: &By, person: NewPerson) -> Result<(UserId, Option<OrganizationId>), ActError> {
    let circumstances = Circumstances::of(app, by);
    let (now, fresh_id) = (app.clock.now(), UserId(app.random.user_id()));
    let ids = app
        .store
        .write(move |tx| {
            let known = users::find_by_email(tx, &person.email)?;
            let mut user = known.unwrap_or_else(|| User::new(fresh_id, person.email.clone(), now));
            user.email_verified_at = Some(now);
            user.information = completed(&person.information, user.information);
            if !person.additional_claims.is_empty() {
                user.additional_claims = person.additional_claims.clone();
            }
            user.updated_at = now;
            put_user(tx, &user)?;
            let organization_id = match &person.organization {
                Some((organization, is_external)) => {
                    let id = organization_by_siret(tx, organization)?;
                    let (between, made) = ((user.id, id), circumstances.deed(now));
                    let link = Membership::begin(between, Verification::Domain, *is_external, made);
                    put_membership(tx, &link.greeted())?;
                    Some(id)
                }
                None => None,
            };
            circumstances.record(tx, AuditEvent::UserCreated { user_id: user.id })?;
            Ok((user.id, organization_id))
        })
        .await?;
    Ok(ids)
}

/// What was told, and what was known where nothing was told.
fn completed(told: &PersonalInformation, known: PersonalInformation) -> PersonalInformation {
    PersonalInformation {
        given_name: told.given_name.clone().or(known.given_name),
        family_name: told.family_name.clone().or(known.family_name),
        phone_number: told.phone_number.clone().or(known.phone_number),
        job: told.job.clone().or(known.job),
    }
}

fn organization_by_siret(tx: &mut Tx, organization: &Organization) -> Result<OrganizationId, StoreError> {
    if let Some(known) = organizations::find_by_siret(tx, &organization.siret)? {
        return Ok(known.id);
    }
    let id = organizations::next_id(tx)?;
    organizations::insert(tx, &Organization { id, ..organization.clone() })?;
    Ok(id)
}

fn put_organization(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    match organizations::find(tx, organization.id)? {
        Some(_) => organizations::update(tx, organization),
        None => organizations::insert(tx, organization),
    }
}

fn put_user(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    match users::find(tx, user.id)? {
        Some(_) => users::update(tx, user),
        None => users::insert(tx, user),
    }
}

fn put_credentials(
    tx: &mut Tx,
    user_id: UserId,
    password_hash: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = Credentials::new(user_id, password_hash, now);
    match credentials::find(tx, user_id)? {
        Some(_) => credentials::update(tx, &known),
        None => credentials::insert(tx, &known),
    }
}

fn put_membership(tx: &mut Tx, membership: &Membership) -> Result<(), StoreError> {
    match memberships::find(tx, membership.user_id, membership.organization_id)? {
        Some(_) => memberships::update(tx, membership),
        None => memberships::insert(tx, membership),
    }
}

fn put_client(tx: &mut Tx, client: &Client) -> Result<(), StoreError> {
    match clients::find(tx, &client.id)? {
        Some(_) => clients::update(tx, client),
        None => clients::insert(tx, client),
    }
}
