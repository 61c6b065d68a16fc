//! Requests that wait are decided anew, by the rules, when their person has another address: whoever has one now that proves
//! it does not go on waiting. The directory is asked first, outside any transaction.

use std::sync::Arc;

use super::joining::{link_standing, note_official_domains};
use super::look_up::{Found, Told, ask, found};
use crate::acts::administration::status_for;
use crate::acts::mailbox::take_directory_look;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::JoiningSettings;
use crate::domain::{
    AcceptanceEffect, Actor, AuditEvent, Deed, EmailDomain, Joining, JoiningFacts, KnownContact, MailContent,
    Membership, Moderation, ModerationKind, ModerationMove, ModerationState, ModerationStep, Organization,
    OrganizationId, OutgoingMail, RequestStanding, Siret, User, UserId, Verification, decide_joining,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, contact_proofs, memberships, moderations, organizations, outbox};

/// For how many organizations, at most, the directory is asked; what waits for others is left to moderators.
const AT_MOST: usize = 5;

/// What the directory says of the organizations that a person waits for.
#[derive(Clone)]
pub(in crate::acts) struct Reconsidering {
    told: Arc<Vec<(OrganizationId, Siret, Told)>>,
    settings: JoiningSettings,
}

/// Whether the rules decide on a request: it waits before the person joins, and no moderator took it up again.
fn is_for_the_rules(request: &Moderation) -> bool {
    let by_moderator = match &request.state {
        ModerationState::Pending { by: Some(by), .. } => by.person() != Some(request.user_id),
        ModerationState::Pending { by: None, .. } => false,
        ModerationState::Accepted { .. } | ModerationState::Rejected { .. } => true,
    };
    request.kind == ModerationKind::OrganizationJoinBlock && !by_moderator
}

impl Reconsidering {
    /// Asks what is to be known of the organizations that a person waits for.
    pub(in crate::acts) async fn prepare(app: &App, user_id: UserId) -> Result<Self, ActError> {
        let awaited = app.store.read(|tx| {
            let mut requests = moderations::list_of_user(tx, user_id)?;
            requests.retain(is_for_the_rules);
            requests.truncate(AT_MOST);
            requests
                .iter()
                .map(|request| organizations::get(tx, request.organization_id))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut told = Vec::new();
        for organization in awaited {
            // Whoever looks too much up is judged by what is known.
            let answer = match take_directory_look(app, user_id) {
                Ok(()) => ask(app, &organization.siret, true).await,
                Err(_) => Told::Unavailable,
            };
            told.push((organization.id, organization.siret, answer));
        }
        Ok(Self { told: Arc::new(told), settings: app.config.joining.clone() })
    }

    /// Decides on what waits, for a person whose address was just proven. What the rules leave to a moderator waits on.
    pub(in crate::acts) fn carry_out(
        &self,
        tx: &mut Tx,
        user: &User,
        circumstances: &Circumstances,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // A rule decides, and nobody.
        let by = By { actor: Actor::System, ..circumstances.by.clone() };
        let circumstances = Circumstances { by, at_millis: circumstances.at_millis };
        for request in moderations::list_of_user(tx, user.id)? {
            let asked = self.told.iter().find(|(id, ..)| *id == request.organization_id);
            let Some((_, siret, told)) = asked.filter(|_| is_for_the_rules(&request)) else { continue };
            let Found::Known { organization, contacts } = found(tx, siret, told, now)? else { continue };
            let decided = self.decide(tx, user, &organization, &contacts)?;
            let Joining::Join { verification, is_external, review } = decided else { continue };
            // Whom a moderator refused before, the rules let in by what proves it only.
            if review.is_some() && !request.history.is_empty() {
                continue;
            }
            // Whoever belongs there waits for a proof, and for nothing else.
            let is_linked = memberships::find(tx, user.id, organization.id)?.is_some();
            if is_linked && !verification.is_proven() {
                continue;
            }
            organizations::update(tx, &organization)?;
            note_official_domains(tx, &circumstances, &organization, &contacts, now)?;
            let kind = review.unwrap_or(request.kind);
            let request = Moderation { kind, asked_with: Some(user.email.clone()), ..request };
            join(tx, &circumstances, &request, (verification, is_external), now)?;
            settle(tx, &circumstances, request, (user, *organization), review.is_some(), now)?;
        }
        Ok(())
    }

    fn decide(
        &self,
        tx: &impl Read,
        user: &User,
        organization: &Organization,
        contacts: &[KnownContact],
    ) -> Result<Joining, StoreError> {
        let facts = JoiningFacts {
            organization,
            email: &user.email,
            mailbox: self.settings.providers.kind_of(&EmailDomain::of(&user.email)),
            // The request is about the link, where there is one: nobody else looks at it.
            link: link_standing(memberships::find(tx, user.id, organization.id)?.as_ref(), &[]),
            request: RequestStanding::None,
            domain: status_for(tx, user, organization.id)?,
            contacts,
            // They said so when they asked.
            is_confirmed: true,
            is_register_silent: false,
            policy: self.settings.policy,
        };
        Ok(decide_joining(&facts))
    }
}

/// Links the person by a rule.
fn join(
    tx: &mut Tx,
    circumstances: &Circumstances,
    request: &Moderation,
    (verification, is_external): (Verification, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    let (user_id, organization_id) = (request.user_id, request.organization_id);
    let deed = Deed::of_the_program(now);
    let known = memberships::find(tx, user_id, organization_id)?;
    let is_external = is_external || request.as_external || known.as_ref().is_some_and(|known| known.is_external);
    match known {
        Some(known) => memberships::update(tx, &Membership { is_external, ..known.weighed(verification, deed) })?,
        None => {
            let between = (user_id, organization_id);
            memberships::insert(tx, &Membership::begin(between, verification, is_external, deed))?;
        }
    }
    contact_proofs::delete(tx, user_id, organization_id)?;
    let event = AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification };
    circumstances.record(tx, event)
}

/// What becomes of the request: it is accepted, or is one about the domain from now on.
fn settle(
    tx: &mut Tx,
    circumstances: &Circumstances,
    request: Moderation,
    (user, organization): (&User, Organization),
    is_to_be_reviewed: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (locale, organization) = (request.locale, organization.label);
    let content = match is_to_be_reviewed {
        true => {
            moderations::update(tx, &request)?;
            MailContent::Welcome { organization, name: user.information.full_name() }
        }
        false => {
            let Ok(request) = request.moved(Actor::System, ModerationMove::Accept, now) else { return Ok(()) };
            moderations::update(tx, &Moderation { effect: Some(AcceptanceEffect::default()), ..request.clone() })?;
            circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Accepted))?;
            MailContent::ModerationAccepted { organization }
        }
    };
    outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now)).map(drop)
}
