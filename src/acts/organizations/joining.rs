//! Joining: the directory is asked first, outside any transaction; then one transaction gathers the facts, decides, and
//! writes what follows, told to moderators who were looked for before where one is needed.

use std::sync::Arc;

use super::look_up::{Found, Told, ask, found, note_unknown};
use crate::acts::administration::{Heralds, approve_official_domains, status_for, those_who_moderate};
use crate::acts::mailbox::{take_directory_look, take_joining_request};
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::JoiningSettings;
use crate::domain::{
    AuditEvent, BrowserSession, ClientId, ContactProof, Deed, EmailDomain, Greeting, HandleKey, Interaction, Joining,
    JoiningFacts, JoiningRefusal, KnownContact, LinkStanding, MailContent, Membership, Moderation, ModerationId,
    ModerationKind, ModerationState, ModerationStep, Organization, OrganizationId, OutgoingMail, RequestStanding,
    Session, Siret, User, Verification, decide_joining,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{
    Read, StoreError, Tx, browser_sessions, contact_proofs, interactions, memberships, moderations, organizations,
    outbox,
};

/// The number of an organization that is not entered yet.
pub(super) const NOT_ENTERED: OrganizationId = OrganizationId(0);

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
    /// No source answers, and nobody moderates.
    Unavailable,
    /// The person cannot join.
    Refused(Box<Organization>, JoiningRefusal),
    /// The person belongs to it already; with whether something proves it.
    AlreadyMember(Box<Organization>, bool),
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

/// What one attempt needs in its write transaction.
#[derive(Clone)]
struct Attempted {
    key: HandleKey<BrowserSession>,
    attempt: JoiningAttempt,
    told: Arc<Told>,
    settings: JoiningSettings,
    circumstances: Circumstances,
    now: Timestamp,
}

/// What the rules say by the facts of one instant, and those facts.
struct Decided {
    session: Session,
    user: User,
    organization: Organization,
    contacts: Vec<KnownContact>,
    decided: Joining,
}

/// What an attempt comes to by the facts of one instant.
enum Weighed {
    Decided(Box<Decided>),
    /// Nothing is to be decided.
    Settled(JoiningOutcome),
}

impl Attempted {
    fn weigh(&self, tx: &impl Read) -> Result<Weighed, StoreError> {
        let Some((session, user)) = find_live(tx, &self.key, self.now)? else {
            return Ok(Weighed::Settled(JoiningOutcome::SignedOut));
        };
        let (organization, contacts, is_silent) = match found(tx, &self.attempt.siret, &self.told, self.now)? {
            Found::Known { organization, contacts } => (*organization, contacts, false),
            Found::Unknown => return Ok(Weighed::Settled(JoiningOutcome::Unknown)),
            // Where nobody is moderated, nobody would ever say what it is.
            Found::Silent(_) if self.settings.policy.bypass_moderation => {
                return Ok(Weighed::Settled(JoiningOutcome::Unavailable));
            }
            Found::Silent(organization) => (*organization, Vec::new(), true),
        };
        let decided = self.decide(tx, &user, &organization, &contacts, is_silent)?;
        Ok(Weighed::Decided(Box::new(Decided { session, user, organization, contacts, decided })))
    }

    fn decide(
        &self,
        tx: &impl Read,
        user: &User,
        organization: &Organization,
        contacts: &[KnownContact],
        is_register_silent: bool,
    ) -> Result<Joining, StoreError> {
        let domain = EmailDomain::of(&user.email);
        let mut requests = moderations::list_of_user(tx, user.id)?;
        requests.retain(|request| request.organization_id == organization.id);
        let facts = JoiningFacts {
            organization,
            email: &user.email,
            mailbox: self.settings.providers.kind_of(&domain),
            link: link_standing(memberships::find(tx, user.id, organization.id)?.as_ref(), &requests),
            request: standing_of(&requests),
            domain: status_for(tx, user, organization.id)?,
            contacts,
            is_confirmed: self.attempt.is_confirmed,
            is_register_silent,
            policy: self.settings.policy,
        };
        Ok(decide_joining(&facts))
    }

    /// Whom to tell of a request, where there comes to be one; nobody is looked for where an attempt needs no moderator.
    /// `Err` where nothing is to be decided.
    fn readers(
        &self,
        tx: &impl Read,
        even_if_needless: bool,
    ) -> Result<Result<Option<Vec<User>>, JoiningOutcome>, StoreError> {
        let (organization, decided) = match self.weigh(tx)? {
            Weighed::Decided(weighed) => (weighed.organization, weighed.decided),
            Weighed::Settled(outcome) => return Ok(Err(outcome)),
        };
        let known = (organization.id != NOT_ENTERED).then_some(organization.id);
        let is_wanted = needs_moderators(&decided) || even_if_needless;
        Ok(Ok(is_wanted.then(|| those_who_moderate(tx, known, self.now)).transpose()?))
    }

    /// Decides and writes; `None` where moderators have to be told, and no links were drawn for them.
    fn write(&self, tx: &mut Tx, heralds: Option<&Heralds>) -> Result<Option<(JoiningOutcome, bool)>, StoreError> {
        let weighed = match self.weigh(tx)? {
            Weighed::Decided(weighed) => *weighed,
            Weighed::Settled(outcome) => return Ok(Some((outcome, false))),
        };
        let Decided { session, user, organization, contacts, decided } = weighed;
        let is_announced = needs_moderators(&decided);
        if is_announced && heralds.is_none() {
            return Ok(None);
        }
        let joined = Joined {
            key: self.key,
            session: &session,
            user: &user,
            interaction: self.attempt.interaction,
            is_external: self.attempt.is_external,
            locale: self.attempt.locale,
            circumstances: &self.circumstances,
            now: self.now,
        };
        Ok(Some((carry_out(tx, &joined, heralds, organization, &contacts, decided)?, is_announced)))
    }
}

fn needs_moderators(decided: &Joining) -> bool {
    matches!(decided, Joining::Moderate | Joining::Join { review: Some(_), .. })
}

/// Tries to join, for the person of a session: the directory is read once, then the store is read once and written once.
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
    let told = Arc::new(ask(app, &attempt.siret, true).await);
    // Whoever takes a request back and asks again does not write to moderators without end.
    let taken = take_joining_request(app, active.user.id, &attempt.siret)?;
    let attempted = Attempted {
        key: active.key,
        attempt,
        told,
        settings: app.config.joining.clone(),
        circumstances: Circumstances::of(app, by),
        now: app.clock.now(),
    };
    let mut was_missed = false;
    let (outcome, is_announced) = loop {
        let heralds = match app.store.read(|tx| attempted.readers(tx, was_missed))? {
            Ok(readers) => readers.map(|readers| Heralds::draw(app, readers)),
            Err(outcome) => {
                if matches!(outcome, JoiningOutcome::Unknown) {
                    note_unknown(app, &attempted.attempt.siret, &attempted.told).await;
                }
                break (outcome, false);
            }
        };
        let this = attempted.clone();
        match app.store.write(move |tx| this.write(tx, heralds.as_ref())).await? {
            Some(done) => break done,
            // Between reading and writing a moderator became necessary, once at most.
            None => was_missed = true,
        }
    };
    if !is_announced {
        taken.given_back(app)?;
    }
    Ok(outcome)
}

/// How the person's last request for an organization stands, of those that they made for it.
pub(super) fn standing_of(requests: &[Moderation]) -> RequestStanding {
    match requests.iter().rev().find(|request| request.is_blocking()) {
        Some(Moderation { id, state: ModerationState::Pending { .. }, .. }) => RequestStanding::Pending(*id),
        Some(Moderation { id, state: ModerationState::Rejected { .. }, .. }) => RequestStanding::Rejected(*id),
        // Whoever left after that, or lost what proved it, may ask again.
        Some(Moderation { state: ModerationState::Accepted { .. }, .. }) | None => RequestStanding::None,
    }
}

/// How the link of a person with the organization stands, of which these are the requests.
pub(super) fn link_standing(known: Option<&Membership>, requests: &[Moderation]) -> LinkStanding {
    match known {
        None => LinkStanding::None,
        Some(known) if known.verification.is_proven() => LinkStanding::Proven,
        Some(_) => {
            let review = requests.iter().rev().find(|request| request.is_open_review());
            LinkStanding::Unproven { review: review.map(|request| request.id) }
        }
    }
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
    heralds: Option<&Heralds>,
    organization: Organization,
    contacts: &[KnownContact],
    decided: Joining,
) -> Result<JoiningOutcome, StoreError> {
    let entered = |tx: &mut Tx| {
        let entered = enter(tx, organization.clone(), joined.circumstances)?;
        note_official_domains(tx, joined.circumstances, &entered, contacts, joined.now)?;
        Ok::<_, StoreError>(entered)
    };
    Ok(match decided {
        Joining::Refuse(refusal) => JoiningOutcome::Refused(Box::new(organization), refusal),
        Joining::AlreadyMember => {
            let known = memberships::find(tx, joined.user.id, organization.id)?;
            let is_proven = known.is_some_and(|known| known.verification.is_proven());
            JoiningOutcome::AlreadyMember(Box::new(organization), is_proven)
        }
        Joining::UnderReview(id) => JoiningOutcome::UnderReview(id),
        Joining::Rejected(id) => JoiningOutcome::Rejected(id),
        Joining::Confirm => JoiningOutcome::Confirm(Box::new(organization)),
        Joining::Join { verification, is_external, review } => {
            let organization = entered(tx)?;
            let there_was_one = memberships::find(tx, joined.user.id, organization.id)?.is_some();
            link(tx, joined, &organization, verification, is_external)?;
            let review = review.map(|kind| request(tx, joined, heralds, organization.id, kind)).transpose()?;
            match review.filter(|_| there_was_one) {
                // They belong to it as before: what is new is that somebody looks at it.
                Some(review) => JoiningOutcome::UnderReview(review),
                None => JoiningOutcome::Joined(organization.id),
            }
        }
        Joining::ProveByContact => {
            let organization = entered(tx)?;
            let known = contact_proofs::find(tx, joined.user.id, organization.id)?;
            let proof = ContactProof {
                user_id: joined.user.id,
                organization_id: organization.id,
                client_id: client_of(tx, joined)?,
                created_at: joined.now,
                as_external: joined.is_external,
                code: known.and_then(|known| known.code),
            };
            contact_proofs::put(tx, &proof)?;
            JoiningOutcome::ProveByContact(organization.id)
        }
        Joining::Moderate => {
            let organization = entered(tx)?;
            // It is for the moderator now, not for whoever reads a code that the organization was sent before.
            contact_proofs::delete(tx, joined.user.id, organization.id)?;
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
pub(super) fn note_official_domains(
    tx: &mut Tx,
    circumstances: &Circumstances,
    organization: &Organization,
    contacts: &[KnownContact],
    now: Timestamp,
) -> Result<(), StoreError> {
    if !organization.is_commune() || organization.is_school() {
        return Ok(());
    }
    let own = contacts.iter().filter_map(KnownContact::own_domain);
    approve_official_domains(tx, circumstances, organization.id, own, now)
}

/// Links the person, who acts for the organization from now on in this session, and is welcomed. A link that there is, and
/// that nothing proved, is this one from now on.
pub(super) fn link(
    tx: &mut Tx,
    joined: &Joined<'_>,
    organization: &Organization,
    verification: Verification,
    is_external: bool,
) -> Result<(), StoreError> {
    let (user_id, organization_id, now) = (joined.user.id, organization.id, joined.now);
    let known = memberships::find(tx, user_id, organization_id)?;
    // Whoever was marked as external by a moderator stays so, and whoever came as one is one.
    let is_external = is_external || joined.is_external || known.as_ref().is_some_and(|known| known.is_external);
    match known {
        Some(known) => prove_again(tx, joined, known, verification, is_external)?,
        None => {
            // The person joins, by a rule that proves it or not.
            let made_by = Some(joined.circumstances.by.actor.clone());
            let between = (user_id, organization_id);
            let joins = Membership::begin(between, verification, is_external, Deed::of_the_program(now));
            memberships::insert(tx, &Membership { made_by, ..joins })?;
            let content = MailContent::Welcome {
                organization: organization.label.clone(),
                name: joined.user.information.full_name(),
            };
            outbox::insert(tx, &OutgoingMail::notice(joined.user.email.clone(), joined.locale, content, now))?;
        }
    }
    contact_proofs::delete(tx, user_id, organization_id)?;
    let event = AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification };
    joined.circumstances.record(tx, event)?;
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

/// The link that there is, by what a rule says of it now; nobody has to look any more at one that is proven.
fn prove_again(
    tx: &mut Tx,
    joined: &Joined<'_>,
    known: Membership,
    verification: Verification,
    is_external: bool,
) -> Result<(), StoreError> {
    let weighed = Membership { is_external, ..known.weighed(verification, Deed::of_the_program(joined.now)) };
    if !verification.is_proven() {
        return memberships::update(tx, &weighed);
    }
    memberships::update(tx, &Membership { greeting: Greeting::Due, ..weighed })?;
    for request in moderations::list_of_user(tx, weighed.user_id)? {
        if request.organization_id == weighed.organization_id && request.is_open_review() {
            moderations::delete(tx, &request)?;
            joined.circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Cancelled))?;
        }
    }
    Ok(())
}

/// A moderator decides, or reviews; those who may are told.
fn request(
    tx: &mut Tx,
    joined: &Joined<'_>,
    heralds: Option<&Heralds>,
    organization_id: OrganizationId,
    kind: ModerationKind,
) -> Result<ModerationId, StoreError> {
    let known = memberships::find(tx, joined.user.id, organization_id)?;
    let moderation = Moderation {
        id: moderations::next_id(tx)?,
        user_id: joined.user.id,
        organization_id,
        kind,
        state: ModerationState::Pending { since: joined.now, by: None },
        client_id: client_of(tx, joined)?,
        created_at: joined.now,
        as_external: joined.is_external || known.is_some_and(|known| known.is_external),
        locale: joined.locale,
        asked_with: Some(joined.user.email.clone()),
        effect: None,
        history: Vec::new(),
        notes: Vec::new(),
    };
    moderations::insert(tx, &moderation)?;
    if let Some(heralds) = heralds {
        heralds.announce(tx, &moderation, joined.now)?;
    }
    joined.circumstances.record(tx, AuditEvent::moderation(&moderation, ModerationStep::Requested))?;
    Ok(moderation.id)
}

fn client_of(tx: &impl Read, joined: &Joined<'_>) -> Result<Option<ClientId>, StoreError> {
    let Some(key) = joined.interaction else { return Ok(None) };
    let interaction = interactions::find(tx, &key)?;
    Ok(interaction.and_then(|interaction| interaction.authorization().map(|pending| pending.client_id.clone())))
}
