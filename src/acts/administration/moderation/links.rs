//! Moderators are told of a request by mail, each with a link of their own that decides on it once.

use super::decisions::Bench;
use super::dossier::{ModerationDossier, complete, gather};
use super::{Acceptance, Accepted, ModerationRefusal, Rejection};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    Actor, AuditEvent, Email, HandleKey, MODERATION_LINK_LIFETIME, MailContent, Moderation, ModerationLink,
    OrganizationId, OutgoingMail, User, UserId,
};
use crate::mail::Enclosure;
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, moderation_links, moderations, organizations, outbox, users};

/// How many people are told of a request.
const MOST_READERS: usize = 50;
/// How many people with a role are looked at at once.
const PAGE: usize = 200;

/// Links that are drawn before a transaction in which somebody may come to wait; those of it that nobody needs are nothing.
#[derive(Clone)]
pub(in crate::acts) struct Heralds {
    heralds: Vec<Herald>,
    issuer: String,
}

#[derive(Clone)]
struct Herald {
    user_id: UserId,
    email: Email,
    /// Where their link lies, and what it is; an administrator decides in the console, and has none (SEC-138).
    link: Option<(HandleKey<ModerationLink>, Enclosure)>,
}

impl Heralds {
    /// One link for each of these people.
    pub(in crate::acts) fn draw(app: &App, readers: Vec<User>) -> Self {
        let now = app.clock.now();
        let retained = now.plus(MODERATION_LINK_LIFETIME);
        let issuer = app.config.issuer().to_owned();
        let draw = |user: User| {
            let link = (!user.is_active_administrator()).then(|| {
                let handle = crypto::issue_handle::<ModerationLink>(&app.random, retained);
                let href = format!("{issuer}/moderation/{}", handle.value);
                (handle.key, Enclosure::new(&app.master_keys, &app.random, &user.email, &href))
            });
            Herald { user_id: user.id, email: user.email, link }
        };
        Self { heralds: readers.into_iter().map(draw).collect(), issuer }
    }

    /// Tells the moderators of the organization that a request waits; where it has none, the administrators.
    pub(in crate::acts) fn announce(
        &self,
        tx: &mut Tx,
        request: &Moderation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let applicant = users::get(tx, request.user_id)?;
        let organization = organizations::get(tx, request.organization_id)?.label;
        for (herald, reader) in self.readers(tx, request, now)? {
            let link = ModerationLink::new(&reader, request, now);
            let content = MailContent::ModerationArrived {
                expires_at: link.expires_at,
                applicant: applicant.email.clone(),
                name: applicant.information.full_name(),
                organization: organization.clone(),
                is_review: !request.is_blocking(),
                is_for_console: herald.link.is_none(),
                console_href: herald
                    .link
                    .is_none()
                    .then(|| format!("{}/admin/moderations/{}", self.issuer, request.id)),
            };
            let mail = OutgoingMail::notice(reader.email.clone(), reader.language(), content, now);
            let mail = match &herald.link {
                Some((key, secret)) => {
                    moderation_links::insert(tx, key, &link)?;
                    mail.carrying(secret.seal(tx)?, link.expires_at)
                }
                None => mail,
            };
            outbox::insert(tx, &mail)?;
        }
        Ok(())
    }

    fn readers(
        &self,
        tx: &impl Read,
        request: &Moderation,
        now: Timestamp,
    ) -> Result<Vec<(&Herald, User)>, StoreError> {
        let (mut moderators, mut administrators) = (Vec::new(), Vec::new());
        for herald in &self.heralds {
            let found = users::find(tx, herald.user_id)?;
            // The link was sealed for this address.
            let Some(user) = found.filter(|user| user.may_sign_in() && user.email == herald.email) else { continue };
            let may = user.role.as_ref().is_some_and(|role| role.may_moderate(request.organization_id, now));
            // Nobody's link decides with the rights of an administrator, who became one meanwhile.
            let is_as_drawn = user.is_active_administrator() == herald.link.is_none();
            match may && is_as_drawn && user.id != request.user_id {
                true if user.is_active_administrator() => administrators.push((herald, user)),
                true => moderators.push((herald, user)),
                false => {}
            }
        }
        Ok(if moderators.is_empty() { administrators } else { moderators })
    }
}

/// Some of those who decide for an organization: its moderators, and administrators, who are told where it has none. For one
/// that is not known yet, whoever moderates all of them.
pub(in crate::acts) fn those_who_moderate(
    tx: &impl Read,
    organization: Option<OrganizationId>,
    now: Timestamp,
) -> Result<Vec<User>, StoreError> {
    let (mut moderators, mut administrators) = (Vec::new(), Vec::new());
    for door in organization.map(Some).into_iter().chain([None]) {
        let mut after = None;
        while moderators.len() < MOST_READERS || administrators.len() < MOST_READERS {
            let page = users::list_who_decide(tx, door, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for user in page {
                // Whoever decides for all organizations does for none as well.
                let of = door.unwrap_or(OrganizationId(0));
                match user.may_sign_in() && user.role.as_ref().is_some_and(|role| role.may_moderate(of, now)) {
                    true if user.is_active_administrator() => administrators.push(user),
                    true => moderators.push(user),
                    false => {}
                }
            }
        }
    }
    moderators.truncate(MOST_READERS);
    administrators.truncate(MOST_READERS);
    moderators.append(&mut administrators);
    Ok(moderators)
}

/// What a link is good for.
#[derive(Debug, Clone)]
pub enum ModerationLinkPlace {
    /// It decides: who does, and on what.
    Open(Box<User>, Box<ModerationDossier>),
    /// The request was decided, or moved otherwise.
    Decided,
    /// It is none, too old, or that of somebody who moderates the organization no more.
    Void,
}

/// A decision by link.
#[derive(Debug, Clone)]
pub enum LinkDecision {
    /// The person is let in.
    Accept(Acceptance),
    /// They are refused.
    Reject(Rejection),
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum LinkOutcome {
    /// The request is decided so.
    Done(Box<Accepted>),
    /// The decision cannot be this one; the link still works.
    Refused(ModerationRefusal),
    /// The request was decided, or moved otherwise.
    Decided,
    /// The link is none, too old, or that of somebody who moderates the organization no more.
    Void,
}

/// A link with whom and what it is about, as both stand.
enum Standing {
    Open { user: Box<User>, request: Box<Moderation> },
    Decided,
    Void,
}

fn standing(tx: &impl Read, key: &HandleKey<ModerationLink>, now: Timestamp) -> Result<Standing, StoreError> {
    let Some(link) = moderation_links::find(tx, key)? else { return Ok(Standing::Void) };
    let Some(request) = moderations::find(tx, link.moderation_id)? else { return Ok(Standing::Void) };
    let Some(user) = users::find(tx, link.user_id)? else { return Ok(Standing::Void) };
    let may = user.role.as_ref().is_some_and(|role| role.may_moderate(request.organization_id, now));
    Ok(if link.opens(&user, &request, now) {
        Standing::Open { user: Box::new(user), request: Box::new(request) }
    } else if may && user.honours(link.epoch) && request.history.len() > link.moves {
        Standing::Decided
    } else {
        Standing::Void
    })
}

/// A moderator as they act by a link.
fn acting(user: &User) -> Option<Actor> {
    user.role.as_ref().map(|role| Actor::Officer { user_id: user.id, role: role.name() })
}

/// Looks at such a link. Looking decides nothing: programs look at links too. Whoever does sees what somebody asked for,
/// which is recorded.
///
/// # Errors
/// When the store fails.
pub async fn look_at_moderation_link(app: &App, by: &By, value: &str) -> Result<ModerationLinkPlace, ActError> {
    let Some(key) = crypto::parse_handle::<ModerationLink>(value) else { return Ok(ModerationLinkPlace::Void) };
    let now = app.clock.now();
    let (user, request) = match app.store.read(|tx| standing(tx, &key, now))? {
        Standing::Open { user, request } => (user, request),
        Standing::Decided => return Ok(ModerationLinkPlace::Decided),
        Standing::Void => return Ok(ModerationLinkPlace::Void),
    };
    let Some(actor) = acting(&user) else { return Ok(ModerationLinkPlace::Void) };
    let Some(dossier) = gather(app, actor.clone(), request.id).await? else { return Ok(ModerationLinkPlace::Void) };
    let dossier = complete(app, dossier).await;
    let circumstances = Circumstances::of(app, &By { actor, ..by.clone() });
    let event = AuditEvent::ModerationViewed { moderation_id: request.id, user_id: request.user_id };
    app.store.write(move |tx| circumstances.record(tx, event.clone())).await?;
    Ok(ModerationLinkPlace::Open(user, Box::new(dossier)))
}

/// Decides by a link, as the moderator whose it is.
///
/// # Errors
/// When the store fails.
pub async fn decide_by_moderation_link(
    app: &App,
    by: &By,
    value: &str,
    decision: LinkDecision,
) -> Result<LinkOutcome, ActError> {
    let Some(key) = crypto::parse_handle::<ModerationLink>(value) else { return Ok(LinkOutcome::Void) };
    let now = app.clock.now();
    let moderator = match app.store.read(|tx| standing(tx, &key, now))? {
        Standing::Open { user, .. } => user,
        Standing::Decided => return Ok(LinkOutcome::Decided),
        Standing::Void => return Ok(LinkOutcome::Void),
    };
    let Some(actor) = acting(&moderator) else { return Ok(LinkOutcome::Void) };
    let bench = Bench::of(app, &By { actor, ..by.clone() });
    let outcome = app
        .store
        .write(move |tx| {
            let request = match standing(tx, &key, bench.now)? {
                Standing::Open { request, .. } => request,
                Standing::Decided => return Ok(LinkOutcome::Decided),
                Standing::Void => return Ok(LinkOutcome::Void),
            };
            let decided = match &decision {
                LinkDecision::Accept(acceptance) => bench.accept(tx, request.id, acceptance)?,
                LinkDecision::Reject(rejection) => {
                    let rejected = bench.reject(tx, request.id, rejection)?;
                    rejected.map(|request| Accepted { request, others: Vec::new() })
                }
            };
            Ok(match decided {
                Ok(done) => LinkOutcome::Done(Box::new(done)),
                Err(refusal) => LinkOutcome::Refused(refusal),
            })
        })
        .await?;
    Ok(outcome)
}
