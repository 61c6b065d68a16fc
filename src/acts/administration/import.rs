//! People of another system, entered row by row: each one wholly or not at all, and a second time changes nothing.

use super::organizations::{OrganizationKey, find as find_organization};
use crate::acts::account::is_anothers;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AuditEvent, Credentials, Email, Membership, OrganizationId, PersonalInformation, User, UserId, Verification,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, credentials, memberships, users};

/// A person as another system knew them.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// Their identifier there, which clients know as `sub`; a new one is drawn where there is none.
    pub id: Option<UserId>,
    /// The address.
    pub email: Email,
    /// When its mailbox was proven there.
    pub email_verified_at: Option<Timestamp>,
    /// What passwords are compared with; renewed at the first sign-in.
    pub password_hash: Option<String>,
    /// Names, telephone number and position, as far as they are known.
    pub information: PersonalInformation,
    /// When the account was opened.
    pub created_at: Option<Timestamp>,
    /// The last change of anything that the claims show.
    pub updated_at: Option<Timestamp>,
    /// How many times they signed in.
    pub sign_in_count: u64,
    /// The last time they did.
    pub last_sign_in_at: Option<Timestamp>,
    /// Organizations that they belong to; they are known here already.
    pub organizations: Vec<OrganizationKey>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The person was entered under this identifier, or would be.
    Imported(Option<UserId>),
    /// They are here already, under this identifier and address: nothing was changed.
    Unchanged(UserId),
    /// Somebody else has the address.
    EmailTaken,
    /// Somebody else has the identifier.
    IdTaken,
    /// Somebody who was erased had the identifier, which is never given again.
    IdErased,
    /// There is no such organization.
    UnknownOrganization(String),
    /// The organization is closed: nobody joins it any more (SEC-107).
    ClosedOrganization(String),
    /// No source of the register has said yet what the organization is (SEC-199).
    UnconfirmedOrganization(String),
}

/// Enters people, or says what would become of them. One outcome for each, in their order.
///
/// # Errors
/// When the store fails; then nobody of them was entered.
pub async fn import_users(
    app: &App,
    by: &By,
    people: Vec<ImportedUser>,
    is_dry_run: bool,
) -> Result<Vec<ImportOutcome>, ActError> {
    let now = app.clock.now();
    if is_dry_run {
        let outcome_of = |person| {
            Ok(app.store.read(|tx| decide(tx, person, now))?.err().unwrap_or(ImportOutcome::Imported(person.id)))
        };
        return people.iter().map(outcome_of).collect();
    }
    let circumstances = Circumstances::of(app, by);
    let drawn: Vec<(ImportedUser, UserId)> =
        people.into_iter().map(|person| (person, UserId(app.random.user_id()))).collect();
    let outcomes = app
        .store
        .write(move |tx| {
            let mut outcomes = Vec::with_capacity(drawn.len());
            for (person, fresh_id) in &drawn {
                outcomes.push(match decide(tx, person, now)? {
                    Err(outcome) => outcome,
                    Ok(organizations) => {
                        enter(tx, &circumstances, person, *fresh_id, &organizations, now)?;
                        ImportOutcome::Imported(Some(person.id.unwrap_or(*fresh_id)))
                    }
                });
            }
            Ok(outcomes)
        })
        .await?;
    Ok(outcomes)
}

/// The organizations of somebody who can be entered; else what is in the way.
fn decide(
    tx: &impl Read,
    person: &ImportedUser,
    now: Timestamp,
) -> Result<Result<Vec<OrganizationId>, ImportOutcome>, StoreError> {
    if let Some(known) = users::find_by_email(tx, &person.email)? {
        let is_same = person.id.is_none_or(|id| id == known.id);
        return Ok(Err(if is_same { ImportOutcome::Unchanged(known.id) } else { ImportOutcome::EmailTaken }));
    }
    if is_anothers(tx, &person.email, None, now)? {
        return Ok(Err(ImportOutcome::EmailTaken));
    }
    if let Some(id) = person.id {
        if users::find(tx, id)?.is_some() {
            return Ok(Err(ImportOutcome::IdTaken));
        }
        if users::is_erased(tx, id)? {
            return Ok(Err(ImportOutcome::IdErased));
        }
    }
    let mut organizations = Vec::new();
    for key in &person.organizations {
        match find_organization(tx, key)? {
            Some(found) if !found.is_active => return Ok(Err(ImportOutcome::ClosedOrganization(key.to_string()))),
            Some(found) if !found.is_confirmed() => {
                return Ok(Err(ImportOutcome::UnconfirmedOrganization(key.to_string())));
            }
            Some(found) if !organizations.contains(&found.id) => organizations.push(found.id),
            Some(_) => {}
            None => return Ok(Err(ImportOutcome::UnknownOrganization(key.to_string()))),
        }
    }
    Ok(Ok(organizations))
}

fn enter(
    tx: &mut Tx,
    circumstances: &Circumstances,
    person: &ImportedUser,
    fresh_id: UserId,
    organizations: &[OrganizationId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let created_at = person.created_at.unwrap_or(now);
    let user = User {
        email_verified_at: person.email_verified_at,
        information: person.information.clone(),
        updated_at: person.updated_at.unwrap_or(created_at),
        sign_in_count: person.sign_in_count,
        last_sign_in_at: person.last_sign_in_at,
        imported_at: Some(now),
        ..User::new(person.id.unwrap_or(fresh_id), person.email.clone(), created_at)
    };
    users::insert(tx, &user)?;
    credentials::insert(tx, &Credentials::new(user.id, person.password_hash.clone(), now))?;
    circumstances.record(tx, AuditEvent::UserCreated { user_id: user.id })?;
    for organization_id in organizations {
        let (user_id, verification) = (user.id, Verification::ManualDecision);
        let link = Membership::begin((user_id, *organization_id), verification, false, circumstances.deed(now));
        memberships::insert(tx, &link.greeted())?;
        let event = AuditEvent::MembershipWritten {
            user_id,
            organization_id: *organization_id,
            is_external: false,
            verification,
        };
        circumstances.record(tx, event)?;
    }
    Ok(())
}
