//! Entering people, organizations and clients: the command line, fixtures and the form that invents a person.

use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AuditEvent, Client, Credentials, Email, Membership, Organization, OrganizationId, PersonalInformation, User,
    UserId, Verification,
};
use crate::store::{StoreError, Tx, clients, counters, credentials, memberships, organizations, users};
use serde_json::{Map, Value};

/// Records to enter as they are; what is there already under the same identifier is replaced.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// Organizations.
    pub organizations: Vec<Organization>,
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
    app.store
        .write(move |tx| {
            for organization in &entries.organizations {
                organizations::put(tx, organization)?;
            }
            for (user, password_hash) in &entries.users {
                users::put(tx, user)?;
                let password_hash = password_hash.clone();
                credentials::put(tx, &Credentials { user_id: user.id, password_hash, password_changed_at: now })?;
                circumstances.record(tx, AuditEvent::UserCreated { user_id: user.id })?;
            }
            for membership in &entries.memberships {
                memberships::put(tx, membership)?;
            }
            for client in &entries.clients {
                clients::put(tx, client)?;
                circumstances.record(tx, AuditEvent::ClientWritten { client_id: client.id.clone() })?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// A person to invent, or to change into what is told here when the address is known.
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
            user.information = person.information.clone();
            user.additional_claims = person.additional_claims.clone();
            user.updated_at = now;
            users::put(tx, &user)?;
            let organization_id = match &person.organization {
                Some((organization, is_external)) => {
                    let id = organization_by_siret(tx, organization)?;
                    let link = Membership {
                        user_id: user.id,
                        organization_id: id,
                        is_external: *is_external,
                        verification: Verification::Domain,
                        created_at: now,
                        updated_at: now,
                    };
                    memberships::put(tx, &link)?;
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

fn organization_by_siret(tx: &mut Tx, organization: &Organization) -> Result<OrganizationId, StoreError> {
    if let Some(known) = organizations::find_by_siret(tx, &organization.siret)? {
        return Ok(known.id);
    }
    let id = OrganizationId(counters::next_organization_id(tx)?);
    organizations::put(tx, &Organization { id, ..organization.clone() })?;
    Ok(id)
}
