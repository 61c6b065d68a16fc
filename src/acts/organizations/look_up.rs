//! Looking a number or a name up: the directory is asked first, outside any transaction, and the store says what was known
//! before.

use super::joining::NOT_ENTERED;
use crate::acts::administration::note_not_found;
use crate::acts::mailbox::{take_directory_look, take_public_look};
use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By};
use crate::app::App;
use crate::directory::{DirectoryError, Said};
use crate::domain::{
    Actor, EmailDomain, Establishment, EstablishmentQuery, KnownContact, Organization, OrganizationSource, Siret,
    Source,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, organizations};

/// For how long facts that were read before stand in for a register that does not answer (SEC-114).
const FACTS_STAND_FOR_SECONDS: u64 = 30 * 24 * 3600;

/// What is known of a number.
#[derive(Debug, Clone)]
pub enum Preview {
    /// The register knows it.
    Known(Box<Organization>),
    /// No source knows it.
    Unknown,
    /// No source answers.
    Unavailable,
}

/// What the directory and the store say together.
pub(super) enum Found {
    Known {
        organization: Box<Organization>,
        contacts: Vec<KnownContact>,
    },
    Unknown,
    /// No source answers: what was known of it long ago, or its number alone.
    Silent(Box<Organization>),
}

/// Looks a number up for a person, for pages that are looked at: nothing is written.
///
/// # Errors
/// Too many were looked up, or the store fails.
pub async fn preview_organization(app: &App, active: &ActiveSession, siret: &Siret) -> Result<Preview, ActError> {
    take_directory_look(app, active.user.id)?;
    let (told, now) = (ask(app, siret, false).await, app.clock.now());
    Ok(match app.store.read(|tx| found(tx, siret, &told, now))? {
        Found::Known { organization, .. } => Preview::Known(organization),
        Found::Unknown => Preview::Unknown,
        Found::Silent(_) => Preview::Unavailable,
    })
}

/// Notes that the register does not know what somebody asked to join; whoever asked hears the same where nothing can be
/// written, and the log says so.
pub(super) async fn note_unknown(app: &App, siret: &Siret, told: &Told) {
    let is_withheld = matches!(told, Told::Withheld);
    if let Err(cause) = note_not_found(app, &By::local(Actor::System), siret, is_withheld).await {
        tracing::warn!(%siret, %cause, "it cannot be noted that the register does not know this number");
    }
}

/// What the register says of a number to whoever asks.
#[derive(Debug, Clone)]
pub enum PublicLook {
    /// What everybody may read of it.
    Known(Box<Establishment>),
    /// No source knows it, or may tell.
    Unknown,
    /// No source answers.
    Unavailable,
}

/// Looks a number up for whoever asks.
///
/// # Errors
/// Too many were looked up from this source, or too many ask at this moment.
pub async fn look_up_publicly(app: &App, source: Source, siret: &Siret) -> Result<PublicLook, ActError> {
    take_public_look(app, source)?;
    Ok(match app.directory.find_establishment(siret).await {
        Ok(Some(establishment)) => PublicLook::Known(Box::new(establishment)),
        Ok(None) => PublicLook::Unknown,
        Err(DirectoryError::NoSource | DirectoryError::Unavailable) => PublicLook::Unavailable,
        Err(DirectoryError::Busy) => return Err(ActError::Busy),
    })
}

/// Searches for a person; `None` where no source answers.
///
/// # Errors
/// Too many searches were made, too many are under way, or the store fails.
pub async fn search_organizations(
    app: &App,
    active: &ActiveSession,
    query: &EstablishmentQuery,
) -> Result<Option<Vec<Establishment>>, ActError> {
    take_directory_look(app, active.user.id)?;
    match app.directory.search(query).await {
        Ok(found) => Ok(Some(found)),
        Err(DirectoryError::NoSource | DirectoryError::Unavailable) => Ok(None),
        Err(DirectoryError::Busy) => Err(ActError::Busy),
    }
}

/// What the directory says of a number.
pub(super) enum Told {
    /// It knows it, and these addresses of it.
    Known(Box<Establishment>, Vec<KnownContact>),
    /// No source knows it.
    Unknown,
    /// Nobody may be told anything of it.
    Withheld,
    /// No source answers.
    Unavailable,
}

/// Asks the directory, which is done outside any transaction.
pub(super) async fn ask(app: &App, siret: &Siret, with_contacts: bool) -> Told {
    let establishment = match app.directory.look_up(siret).await {
        Ok(Said::Known(establishment)) => establishment,
        Ok(Said::Unknown) => return Told::Unknown,
        Ok(Said::Withheld) => return Told::Withheld,
        Err(DirectoryError::NoSource | DirectoryError::Unavailable | DirectoryError::Busy) => {
            return Told::Unavailable;
        }
    };
    let organization = establishment.to_organization(NOT_ENTERED, app.clock.now());
    let has_contacts = with_contacts && (organization.is_commune() || organization.is_school());
    let contacts = match has_contacts {
        true => known_contacts(app, &establishment).await.unwrap_or_default(),
        false => Vec::new(),
    };
    Told::Known(establishment, contacts)
}

/// What is known of a number by what the directory says; where it does not answer, by what it said within the last 30 days,
/// and by what an operator said at any time; older facts, or the number alone, are no more than what a moderator is asked
/// about. The organization has its identifier, where it is entered already.
pub(super) fn found(tx: &impl Read, siret: &Siret, told: &Told, now: Timestamp) -> Result<Found, StoreError> {
    let known = organizations::find_by_siret(tx, siret)?;
    Ok(match (told, known) {
        (Told::Known(establishment, contacts), known) => {
            let told = establishment.to_organization(NOT_ENTERED, now);
            let organization = match known {
                Some(known) => Organization { id: known.id, created_at: known.created_at, ..told },
                None => told,
            };
            Found::Known { organization: Box::new(organization), contacts: contacts.clone() }
        }
        (Told::Unknown | Told::Withheld, Some(known)) if known.source == OrganizationSource::Operator => {
            without_contacts(known)
        }
        (Told::Unknown | Told::Withheld, _) => Found::Unknown,
        (Told::Unavailable, Some(known)) if is_current(&known, now) => without_contacts(known),
        (Told::Unavailable, Some(known)) => Found::Silent(Box::new(known)),
        (Told::Unavailable, None) => {
            Found::Silent(Box::new(Organization::unconfirmed(NOT_ENTERED, siret.clone(), now)))
        }
    })
}

fn without_contacts(known: Organization) -> Found {
    Found::Known { organization: Box::new(known), contacts: Vec::new() }
}

fn is_current(known: &Organization, now: Timestamp) -> bool {
    match known.source {
        OrganizationSource::Operator => true,
        OrganizationSource::Unconfirmed => false,
        OrganizationSource::Register | OrganizationSource::Invented => {
            // What the register has said since is that it does not know it.
            known.not_found_at.is_none() && now.seconds_since(known.updated_at) <= FACTS_STAND_FOR_SECONDS
        }
    }
}

/// The addresses of an establishment in the public directories, with who gives them.
pub(super) async fn known_contacts(
    app: &App,
    establishment: &Establishment,
) -> Result<Vec<KnownContact>, DirectoryError> {
    let providers = &app.config.joining.providers;
    let found = app.directory.find_official_contacts(establishment).await?;
    let contact = |email| KnownContact { mailbox: providers.kind_of(&EmailDomain::of(&email)), email };
    Ok(found.into_iter().map(|official| contact(official.email)).collect())
}
