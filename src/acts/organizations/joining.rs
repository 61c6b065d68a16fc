//! Joining: the directory is asked first, outside any transaction; then one transaction gathers the facts, decides, and
//! writes what follows.

use crate::acts::administration::{Heralds, put_domain};
use crate::acts::mailbox::{take_directory_look, take_joining_request, take_public_look};
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::JoiningSettings;
use crate::directory::DirectoryError;
use crate::domain::{
    AuditEvent, BrowserSession, ClientId, ContactProof, EmailDomain, EmailDomainStatus, Establishment,
    EstablishmentQuery, HandleKey, Interaction, Joining, JoiningFacts, JoiningRefusal, KnownContact, MailContent,
    Membership, Moderation, ModerationId, ModerationKind, ModerationState, ModerationStep, Organization,
    OrganizationId, OrganizationSource, OutgoingMail, RequestStanding, Session, Siret, Source, User, Verification,
    decide_joining,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{
    Read, StoreError, Tx, browser_sessions, contact_proofs, email_domains, interactions, memberships, moderations,
    organizations, outbox,
};

/// For how long facts that were read before stand in for a register that does not answer (SEC-114).
const FACTS_STAND_FOR_SECONDS: u64 = 30 * 24 * 3600;
/// The number of an organization that is not entered yet.
const NOT_ENTERED: OrganizationId = OrganizationId(0);

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
enum Found {
    Known { organization: Box<Organization>, contacts: Vec<KnownContact> },
    Unknown,
    Unavailable,
}

/// An attempt to join.
#[derive(Debug, Clone)]
pub struct JoiningAttempt {
    /// The organization.
    pub siret: Siret,
    /// Whether the person said that it is the right one.
    pub is_confirmed: bool,
    /// The sign-in under way.
    pub interaction: Option<HandleKey<Interaction>>,
    /// Whether the person works for the organization without belonging to it, as whoever led them here says.
    pub is_external: bool,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum JoiningOutcome {
    /// No source knows the number.
    Unknown,
    /// No source answers.
    Unavailable,
    /// The person cannot join.
    Refused(Box<Organization>, JoiningRefusal),
    /// The person belongs to it already.
    AlreadyMember(Box<Organization>),
    /// The person has to say that it is the right one.
    Confirm(Box<Organization>),
    /// A moderator decides, or has yet to.
    UnderReview(ModerationId),
    /// A moderator refused.
    Rejected(ModerationId),
    /// The person proves it by an address of the organization.
    ProveByContact(OrganizationId),
    /// The person joined, and acts for it in this session.
    Joined(OrganizationId),
    /// The session is over.
    SignedOut,
}

/// Looks a number up for a person.
///
/// # Errors
/// Too many were looked up, or the store fails.
pub async fn preview_organization(app: &App, active: &ActiveSession, siret: &Siret) -> Result<Preview, ActError> {
    take_directory_look(app, active.user.id)?;
    Ok(match look_up(app, siret, false).await? {
        Found::Known { organization, .. } => Preview::Known(organization),
        Found::Unknown => Preview::Unknown,
        Found::Unavailable => Preview::Unavailable,
    })
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
/// Too many were looked up from this source.
pub async fn look_up_publicly(app: &App, source: Source, siret: &Siret) -> Result<PublicLook, ActError> {
    take_public_look(app, source)?;
    Ok(match app.directory.find_establishment(siret).await {
        Ok(Some(establishment)) => PublicLook::Known(Box::new(establishment)),
        Ok(None) => PublicLook::Unknown,
        Err(DirectoryError::NoSource | DirectoryError::Unavailable) => PublicLook::Unavailable,
    })
}

/// Searches for a person; `None` where no source answers.
///
/// # Errors
/// Too many searches were made, or the store fails.
pub async fn search_organizations(
    app: &App,
    active: &ActiveSession,
    query: &EstablishmentQuery,
) -> Result<Option<Vec<Establishment>>, ActError> {
    take_directory_look(app, active.user.id)?;
    Ok(app.directory.search(query).await.ok())
}

/// What the directory says of a number; where it does not answer, what it said within the last 30 days, and what an
/// operator said at any time.
async fn look_up(app: &App, siret: &Siret, with_contacts: bool) -> Result<Found, ActError> {
    let now = app.clock.now();
    let known = app.store.read(|tx| organizations::find_by_siret(tx, siret))?;
    let establishment = match (app.directory.find_establishment(siret).await, &known) {
        (Ok(Some(establishment)), _) => establishment,
        (Ok(None), Some(known)) if known.source == OrganizationSource::Operator => return Ok(without_contacts(known)),
        (Ok(None), _) => return Ok(Found::Unknown),
        (Err(DirectoryError::NoSource | DirectoryError::Unavailable), Some(known)) if is_current(known, now) => {
            return Ok(without_contacts(known));
        }
        (Err(DirectoryError::NoSource | DirectoryError::Unavailable), _) => return Ok(Found::Unavailable),
    };
    let organization = establishment.to_organization(NOT_ENTERED, now);
    let has_contacts = with_contacts && (organization.is_commune() || organization.is_school());
    let contacts = match has_contacts {
        true => known_contacts(app, &establishment).await.unwrap_or_default(),
        false => Vec::new(),
    };
    Ok(Found::Known { organization: Box::new(organization), contacts })
}

fn without_contacts(known: &Organization) -> Found {
    Found::Known { organization: Box::new(known.clone()), contacts: Vec::new() }
}

fn is_current(known: &Organization, now: Timestamp) -> bool {
    known.source == OrganizationSource::Operator || now.seconds_since(known.updated_at) <= FACTS_STAND_FOR_SECONDS
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

/// Tries to join, for the person of a session.
///
/// # Errors
/// Too many attempts were made, or the store fails.
pub async fn join_organization(
    app: &App,
    by: &By,
    active: &ActiveSession,
    attempt: JoiningAttempt,
) -> Result<JoiningOutcome, ActError> {
    take_directory_look(app, active.user.id)?;
    let (organization, contacts) = match look_up(app, &attempt.siret, true).await? {
        Found::Known { organization, contacts } => (*organization, contacts),
        Found::Unknown => return Ok(JoiningOutcome::Unknown),
        Found::Unavailable => return Ok(JoiningOutcome::Unavailable),
    };
    // Whoever takes a request back and asks again does not write to moderators without end.
    let taken = take_joining_request(app, active.user.id, &attempt.siret)?;
    let circumstances = Circumstances::of(app, by);
    let known = app.store.read(|tx| organizations::find_by_siret(tx, &organization.siret))?;
    let heralds = Heralds::draw(app, known.map(|known| known.id))?;
    let (key, now, settings) = (active.key, app.clock.now(), app.config.joining.clone());
    let (outcome, is_announced) = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &key, now)? else {
                return Ok((JoiningOutcome::SignedOut, false));
            };
            let organization = match organizations::find_by_siret(tx, &organization.siret)? {
                Some(known) => Organization { id: known.id, created_at: known.created_at, ..organization.clone() },
                None => organization.clone(),
            };
            let decided = decide(tx, &settings, &user, &organization, &contacts, attempt.is_confirmed)?;
            let joined = Joined {
                key,
                session: &session,
                user: &user,
                interaction: attempt.interaction,
                is_external: attempt.is_external,
                locale: attempt.locale,
                circumstances: &circumstances,
                now,
            };
            let is_announced = matches!(decided, Joining::Moderate | Joining::Join { review: Some(_), .. });
            Ok((carry_out(tx, &joined, &heralds, organization, &contacts, decided)?, is_announced))
        })
        .await?;
    if !is_announced {
        taken.given_back(app)?;
    }
    Ok(outcome)
}

fn decide(
    tx: &impl Read,
    settings: &JoiningSettings,
    user: &User,
    organization: &Organization,
    contacts: &[KnownContact],
    is_confirmed: bool,
) -> Result<Joining, StoreError> {
    let domain = EmailDomain::of(&user.email);
    let facts = JoiningFacts {
        organization,
        email: &user.email,
        mailbox: settings.providers.kind_of(&domain),
        is_member: memberships::find(tx, user.id, organization.id)?.is_some(),
        request: standing_of(tx, user, organization.id)?,
        domain: email_domains::find(tx, organization.id, &domain)?.map(|known| known.status),
        contacts,
        is_confirmed,
        policy: settings.policy,
    };
    Ok(decide_joining(&facts))
}

/// How the person's last request for an organization stands.
fn standing_of(tx: &impl Read, user: &User, id: OrganizationId) -> Result<RequestStanding, StoreError> {
    let requests = moderations::list_of_user(tx, user.id)?;
    let last = requests.into_iter().rev().find(|request| request.organization_id == id && request.is_blocking());
    Ok(match last {
        Some(Moderation { id, state: ModerationState::Pending { .. }, .. }) => RequestStanding::Pending(id),
        Some(Moderation { id, state: ModerationState::Rejected { .. }, .. }) => RequestStanding::Rejected(id),
        // Whoever left after that may ask again.
        Some(Moderation { state: ModerationState::Accepted { .. }, .. }) | None => RequestStanding::None,
    })
}

/// Somebody who joins in this transaction, and where.
pub(super) struct Joined<'a> {
    /// Where their session lies.
    pub(super) key: HandleKey<BrowserSession>,
    /// Their session.
    pub(super) session: &'a Session,
    /// They.
    pub(super) user: &'a User,
    /// The sign-in under way.
    pub(super) interaction: Option<HandleKey<Interaction>>,
    /// Whether they say that they work for it without belonging to it.
    pub(super) is_external: bool,
    /// The language of their mails.
    pub(super) locale: Locale,
    /// Who does it, and when.
    pub(super) circumstances: &'a Circumstances,
    /// Now.
    pub(super) now: Timestamp,
}

fn carry_out(
    tx: &mut Tx,
    joined: &Joined<'_>,
    heralds: &Heralds,
    organization: Organization,
    contacts: &[KnownContact],
    decided: Joining,
) -> Result<JoiningOutcome, StoreError> {
    let entered = |tx: &mut Tx| {
        let entered = enter(tx, organization.clone(), joined.circumstances)?;
        note_official_domains(tx, joined, &entered, contacts)?;
        Ok::<_, StoreError>(entered)
    };
    Ok(match decided {
        Joining::Refuse(refusal) => JoiningOutcome::Refused(Box::new(organization), refusal),
        Joining::AlreadyMember => JoiningOutcome::AlreadyMember(Box::new(organization)),
        Joining::UnderReview(id) => JoiningOutcome::UnderReview(id),
        Joining::Rejected(id) => JoiningOutcome::Rejected(id),
        Joining::Confirm => JoiningOutcome::Confirm(Box::new(organization)),
        Joining::Join { verification, is_external, review } => {
            let organization = entered(tx)?;
            link(tx, joined, &organization, verification, is_external)?;
            if let Some(kind) = review {
                request(tx, joined, heralds, organization.id, kind)?;
            }
            JoiningOutcome::Joined(organization.id)
        }
        Joining::ProveByContact => {
            let organization = entered(tx)?;
            let known = contact_proofs::find(tx, joined.user.id, organization.id)?;
            let proof = ContactProof {
                user_id: joined.user.id,
                organization_id: organization.id,
                client_id: client_of(tx, joined)?,
                created_at: joined.now,
                code: known.and_then(|known| known.code),
            };
            contact_proofs::put(tx, &proof)?;
            JoiningOutcome::ProveByContact(organization.id)
        }
        Joining::Moderate => {
            let organization = entered(tx)?;
            let id = request(tx, joined, heralds, organization.id, ModerationKind::OrganizationJoinBlock)?;
            let content = MailContent::ModerationRequested { organization: organization.label };
            outbox::insert(tx, &OutgoingMail::notice(joined.user.email.clone(), joined.locale, content, joined.now))?;
            JoiningOutcome::UnderReview(id)
        }
    })
}

/// Enters an organization that is new here, and writes what changed of one that is not.
fn enter(tx: &mut Tx, organization: Organization, circumstances: &Circumstances) -> Result<Organization, StoreError> {
    if organization.id != NOT_ENTERED {
        organizations::update(tx, &organization)?;
        return Ok(organization);
    }
    let organization = Organization { id: organizations::next_id(tx)?, ..organization };
    organizations::insert(tx, &organization)?;
    circumstances.record(tx, AuditEvent::OrganizationCreated { organization_id: organization.id })?;
    Ok(organization)
}

/// The domain of a town hall's own address is its own: the directory says so, and nobody who joins; it proves the links of
/// members who waited for a review. What a moderator made of a domain stays.
fn note_official_domains(
    tx: &mut Tx,
    joined: &Joined<'_>,
    organization: &Organization,
    contacts: &[KnownContact],
) -> Result<(), StoreError> {
    if !organization.is_commune() || organization.is_school() {
        return Ok(());
    }
    for domain in contacts.iter().filter_map(KnownContact::own_domain) {
        let known = email_domains::find(tx, organization.id, &domain)?;
        if known.is_none_or(|known| known.status == EmailDomainStatus::NotVerifiedYet) {
            let status = EmailDomainStatus::OfficialContact;
            put_domain(tx, joined.circumstances, organization.id, &domain, status, joined.now)?;
        }
    }
    Ok(())
}

/// Links the person, who acts for the organization from now on in this session, and is welcomed.
pub(super) fn link(
    tx: &mut Tx,
    joined: &Joined<'_>,
    organization: &Organization,
    verification: Verification,
    is_external: bool,
) -> Result<(), StoreError> {
    let (user_id, organization_id, now) = (joined.user.id, organization.id, joined.now);
    let between = (user_id, organization_id);
    memberships::insert(tx, &Membership::begin(between, verification, is_external, now))?;
    contact_proofs::delete(tx, user_id, organization_id)?;
    let event = AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification };
    joined.circumstances.record(tx, event)?;
    let content = MailContent::Welcome { organization: organization.label.clone() };
    outbox::insert(tx, &OutgoingMail::notice(joined.user.email.clone(), joined.locale, content, now))?;
    let session = Session { organization_id: Some(organization_id), ..joined.session.clone() };
    browser_sessions::update(tx, &joined.key, &BrowserSession::Live(session))?;
    if let Some(key) = joined.interaction
        && let Some(mut interaction) = interactions::find(tx, &key)?
    {
        interaction.done(&joined.session.id, |progress| progress.organization = Some(organization_id));
        interactions::update(tx, &key, &interaction)?;
    }
    Ok(())
}

/// A moderator decides, or reviews; those who may are told.
fn request(
    tx: &mut Tx,
    joined: &Joined<'_>,
    heralds: &Heralds,
    organization_id: OrganizationId,
    kind: ModerationKind,
) -> Result<ModerationId, StoreError> {
    let moderation = Moderation {
        id: moderations::next_id(tx)?,
        user_id: joined.user.id,
        organization_id,
        kind,
        state: ModerationState::Pending { since: joined.now, by: None },
        client_id: client_of(tx, joined)?,
        created_at: joined.now,
        as_external: joined.is_external,
        locale: joined.locale,
        history: Vec::new(),
        notes: Vec::new(),
    };
    moderations::insert(tx, &moderation)?;
    heralds.announce(tx, &moderation, joined.now)?;
    joined.circumstances.record(tx, AuditEvent::moderation(&moderation, ModerationStep::Requested))?;
    Ok(moderation.id)
}

fn client_of(tx: &impl Read, joined: &Joined<'_>) -> Result<Option<ClientId>, StoreError> {
    let Some(key) = joined.interaction else { return Ok(None) };
    let interaction = interactions::find(tx, &key)?;
    Ok(interaction.and_then(|interaction| interaction.authorization().map(|pending| pending.client_id.clone())))
}
