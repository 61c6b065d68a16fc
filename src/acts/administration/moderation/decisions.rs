//! Decisions on requests, each taken once, on the state that it changes (SEC-111).

use super::reach::may_decide;
use super::{Acceptance, Accepted, ModerationRefusal, Rejection, Shown, SimilarOnes};
use crate::acts::administration::Decided;
use crate::acts::administration::email_domains::{check_status, is_own_cause, put_domain};
use crate::acts::administration::organizations::take_away;
use crate::acts::{By, Circumstances};
use crate::app::App;
use crate::config::JoiningSettings;
use crate::domain::{
    AcceptanceEffect, ApplicantFacts, AuditEvent, EmailDomain, EmailDomainStatus, FactMoved, FormerDomain, FormerLink,
    MailContent, MailProviders, Membership, Moderation, ModerationId, ModerationKind, ModerationMove, ModerationNote,
    ModerationStep, OutgoingMail, User, Verification,
};
use crate::protocol::Timestamp;
use crate::store::moderations::{Among, Direction, walk};
use crate::store::{
    Read, StoreError, Tx, contact_proofs, email_domains, memberships, moderations, organizations, outbox, users,
};

/// How many requests for an organization are looked at for similar ones.
pub(super) const LOOKED_AT: usize = 500;
/// How many notes a request bears, those of decisions apart.
const MOST_NOTES: usize = 200;

/// Who decides, when, and by which settings.
pub(super) struct Bench {
    pub(super) circumstances: Circumstances,
    pub(super) settings: JoiningSettings,
    pub(super) now: Timestamp,
}

impl Bench {
    pub(super) fn of(app: &App, by: &By) -> Self {
        let settings = app.config.joining.clone();
        Self { circumstances: Circumstances::of(app, by), settings, now: app.clock.now() }
    }

    /// The request, where whoever acts decides on it; else there is none.
    fn find(&self, tx: &impl Read, id: ModerationId) -> Result<Option<Moderation>, StoreError> {
        let Some(request) = moderations::find(tx, id)? else { return Ok(None) };
        let may = may_decide(tx, &self.circumstances.by.actor, request.organization_id, self.now)?;
        Ok(Some(request).filter(|_| may))
    }

    /// The request after a move, with what was written down; not stored yet.
    fn moved(
        &self,
        tx: &impl Read,
        id: ModerationId,
        step: ModerationMove,
        note: Option<String>,
    ) -> Result<Result<Moderation, ModerationRefusal>, StoreError> {
        let Some(request) = self.find(tx, id)? else { return Ok(Err(ModerationRefusal::Unknown)) };
        let by = self.circumstances.by.actor.clone();
        if by.person() == Some(request.user_id) {
            return Ok(Err(ModerationRefusal::Own));
        }
        Ok(match request.moved(by.clone(), step, self.now) {
            Ok(mut request) => {
                request.notes.extend(note.map(|text| ModerationNote { at: self.now, by, text }));
                Ok(request)
            }
            Err(fault) => Err(ModerationRefusal::Fault(fault)),
        })
    }

    pub(super) fn accept(
        &self,
        tx: &mut Tx,
        id: ModerationId,
        acceptance: &Acceptance,
    ) -> Result<Result<Accepted, ModerationRefusal>, StoreError> {
        if acceptance.verification == Some(Verification::Unverified) && !self.settings.policy.allow_unverified {
            return Ok(Err(ModerationRefusal::Unverified));
        }
        let request = match self.moved(tx, id, ModerationMove::Accept, acceptance.note.clone())? {
            Ok(request) => request,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(moved) = moved_since(tx, &request, &acceptance.shown, acceptance.domain.is_some())? {
            return Ok(Err(ModerationRefusal::Moved(moved)));
        }
        let organization = organizations::get(tx, request.organization_id)?;
        if request.is_blocking() && !organization.is_active {
            return Ok(Err(ModerationRefusal::Closed));
        }
        if !organization.is_confirmed() {
            return Ok(Err(ModerationRefusal::Unconfirmed));
        }
        let domain = EmailDomain::of(&users::get(tx, request.user_id)?.email);
        let mut approved = None;
        if let Some(status) = acceptance.domain {
            if let Err(refusal) = check_status(&self.settings.providers, &domain, status) {
                return Ok(Err(refusal));
            }
            if status.is_approved() && is_own_cause(tx, &self.circumstances.by.actor, request.organization_id, &domain)?
            {
                return Ok(Err(ModerationRefusal::OwnDomain(domain)));
            }
            let before = email_domains::find(tx, request.organization_id, &domain)?;
            put_domain(tx, &self.circumstances, request.organization_id, &domain, status, self.now)?;
            let is_new = before.as_ref().is_none_or(|before| before.status != status);
            approved = (is_new && status.is_approved()).then(|| FormerDomain { domain: domain.clone(), before });
        }
        self.let_in(tx, &request, acceptance, approved)?;
        let mut others = Vec::new();
        let similar = match acceptance.similar {
            SimilarOnes::Left => Vec::new(),
            SimilarOnes::All | SimilarOnes::UpTo(_) => similar_to(tx, &self.settings.providers, &request, &domain)?,
        };
        for similar in similar.into_iter().filter(|similar| acceptance.similar.has(similar.id)) {
            let step = self.moved(tx, similar.id, ModerationMove::Accept, acceptance.note.clone())?;
            let Ok(similar) = step else { continue };
            self.let_in(tx, &similar, acceptance, None)?;
            others.push(similar.id);
        }
        Ok(Ok(Accepted { request, others }))
    }

    /// Writes what follows from an acceptance; `approved` is the domain that it approved, as it was before.
    fn let_in(
        &self,
        tx: &mut Tx,
        request: &Moderation,
        acceptance: &Acceptance,
        approved: Option<FormerDomain>,
    ) -> Result<(), StoreError> {
        let (user, now) = (users::get(tx, request.user_id)?, self.now);
        let domain = EmailDomain::of(&user.email);
        let organization = organizations::get(tx, request.organization_id)?;
        let is_approved = email_domains::find(tx, organization.id, &domain)?
            .is_some_and(|known| known.status.is_approved())
            && !self.settings.providers.kind_of(&domain).is_open_to_anybody();
        let by_domain = if is_approved { Verification::Domain } else { Verification::ManualDecision };
        // A domain proves it where it is approved, whoever says so.
        let verification = acceptance.verification.filter(|said| *said != Verification::Domain).unwrap_or(by_domain);
        let link = self.write_link(tx, request, verification, acceptance.is_external)?;
        let effect = Some(AcceptanceEffect { link, domain: approved });
        moderations::update(tx, &Moderation { effect, ..request.clone() })?;
        self.circumstances.record(tx, AuditEvent::moderation(request, ModerationStep::Accepted))?;
        if acceptance.notify && request.is_blocking() {
            let content = MailContent::ModerationAccepted { organization: organization.label };
            outbox::insert(tx, &OutgoingMail::notice(user.email, request.locale, content, now))?;
        }
        Ok(())
    }

    /// The link that an acceptance makes, or proves: as it was before, where there was one.
    fn write_link(
        &self,
        tx: &mut Tx,
        request: &Moderation,
        verification: Verification,
        is_external: bool,
    ) -> Result<Option<FormerLink>, StoreError> {
        let (user_id, organization_id, now) = (request.user_id, request.organization_id, self.now);
        let mut former = None;
        contact_proofs::delete(tx, user_id, organization_id)?;
        match memberships::find(tx, user_id, organization_id)? {
            // What proved the link better is kept.
            Some(known) if known.verification.is_proven() && known.is_external == is_external => return Ok(None),
            Some(known) => {
                former = Some(FormerLink::of(&known, &users::get(tx, user_id)?.email));
                let proven = known.weighed(verification, self.circumstances.deed(now));
                memberships::update(tx, &Membership { is_external, ..proven })?;
            }
            // Who left before the review of their domain stays away.
            None if !request.is_blocking() => return Ok(None),
            None => {
                let between = (user_id, organization_id);
                memberships::insert(
                    tx,
                    &Membership::begin(between, verification, is_external, self.circumstances.deed(now)),
                )?;
            }
        }
        let event = AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification };
        self.circumstances.record(tx, event)?;
        Ok(former)
    }

    pub(super) fn reject(
        &self,
        tx: &mut Tx,
        id: ModerationId,
        rejection: &Rejection,
    ) -> Result<Result<Moderation, ModerationRefusal>, StoreError> {
        let Rejection { shown, reason, may_be_corrected, refuses_domain, notify, note } = rejection.clone();
        let waiting = moderations::find(tx, id)?;
        let step = ModerationMove::Reject { reason: reason.clone(), may_be_corrected };
        let request = match self.moved(tx, id, step, note)? {
            Ok(request) => request,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(moved) = moved_since(tx, &request, &shown, refuses_domain)? {
            return Ok(Err(ModerationRefusal::Moved(moved)));
        }
        let is_of_the_link = waiting.is_some_and(|request| request.kind == ModerationKind::NonVerifiedDomain);
        if stands_by_another_act(tx, &request, is_of_the_link, refuses_domain)? {
            return Ok(Err(ModerationRefusal::Linked));
        }
        moderations::update(tx, &request)?;
        let (user_id, organization_id, now) = (request.user_id, request.organization_id, self.now);
        let user = users::get(tx, user_id)?;
        if refuses_domain {
            let (domain, status) = (EmailDomain::of(&user.email), EmailDomainStatus::Refused);
            put_domain(tx, &self.circumstances, organization_id, &domain, status, now)?;
        }
        // Nor does a code let anybody in that the organization was sent before.
        contact_proofs::delete(tx, user_id, organization_id)?;
        // Who joined with a domain that was to be reviewed, or asked for a link to be proven, belongs to it no more.
        if take_away(tx, user_id, organization_id)? {
            self.circumstances.record(tx, AuditEvent::MembershipDeleted { user_id, organization_id })?;
        }
        self.circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Rejected))?;
        if notify {
            let organization = organizations::get(tx, organization_id)?.label;
            let reason = reason.map(String::from);
            let content = MailContent::ModerationRejected { organization, reason, may_be_corrected };
            outbox::insert(tx, &OutgoingMail::notice(user.email, request.locale, content, now))?;
        }
        Ok(Ok(request))
    }
}

/// The person of a request, as they are.
pub(super) fn facts_of(tx: &impl Read, request: &Moderation, user: &User) -> Result<ApplicantFacts, StoreError> {
    let link = memberships::find(tx, request.user_id, request.organization_id)?;
    let known = email_domains::find(tx, request.organization_id, &EmailDomain::of(&user.email))?;
    Ok(ApplicantFacts {
        email: user.email.clone(),
        name: user.information.full_name(),
        link: link.map(|link| (link.verification, link.is_external)),
        domain: known.map(|known| known.status),
    })
}

/// What moved since whoever decides was shown the person. Without a page, the domain of the address has to be the one that was
/// named, or the one with which they asked; where that is not known, nothing is made of a domain that was not named.
fn moved_since(
    tx: &impl Read,
    request: &Moderation,
    shown: &Shown,
    makes_something_of_domain: bool,
) -> Result<Option<FactMoved>, StoreError> {
    let user = users::get(tx, request.user_id)?;
    let is_same = match shown {
        Shown::Applicant(shown) => return Ok(shown.moved_to(&facts_of(tx, request, &user)?)),
        Shown::Domain(named) => *named == EmailDomain::of(&user.email),
        Shown::Request => match &request.asked_with {
            Some(email) => email.domain() == user.email.domain(),
            None => !makes_something_of_domain,
        },
    };
    Ok((!is_same).then_some(FactMoved::Address))
}

/// Whether the person belongs to the organization by something else than what the request is about: an operator linked them
/// meanwhile, or something proves the link whose domain was to be reviewed. A refusal would leave that as it is, or end what
/// somebody else decided.
pub(super) fn stands_by_another_act(
    tx: &impl Read,
    request: &Moderation,
    is_of_the_link: bool,
    refuses_domain: bool,
) -> Result<bool, StoreError> {
    let link = memberships::find(tx, request.user_id, request.organization_id)?;
    Ok(link.is_some_and(|link| {
        let falls_with_it = refuses_domain && link.verification == Verification::Domain;
        let is_about_it = is_of_the_link || request.asks_for_proof_of(&link);
        !is_about_it || (link.verification.is_proven() && !falls_with_it)
    }))
}

/// Others who wait for the same organization with the same domain, and asked with it, the oldest first; nobody where anybody
/// has an address at it, which says nothing of whoever has one (SEC-108).
pub(super) fn similar_to(
    tx: &impl Read,
    providers: &MailProviders,
    request: &Moderation,
    domain: &EmailDomain,
) -> Result<Vec<Moderation>, StoreError> {
    let mut similar = Vec::new();
    if providers.kind_of(domain).is_open_to_anybody() {
        return Ok(similar);
    }
    for other in waiting_for_the_same(tx, request)? {
        let user: Option<User> = users::find(tx, other.user_id)?;
        let asked_so = other.asked_with.as_ref().is_none_or(|email| email.domain() == domain.as_str());
        let is_same = asked_so && user.is_some_and(|user| EmailDomain::of(&user.email) == *domain);
        similar.extend(Some(other).filter(|other| is_same && other.kind == request.kind));
    }
    Ok(similar)
}

/// Others that wait for the same organization, the oldest first, of the last ones that were made.
pub(super) fn waiting_for_the_same(tx: &impl Read, request: &Moderation) -> Result<Vec<Moderation>, StoreError> {
    let among = Among::PendingOf(vec![request.organization_id]);
    let mut requests = walk(tx, &among, Direction::LatestFirst, None, LOOKED_AT)?;
    requests.retain(|other| other.id != request.id);
    requests.reverse();
    Ok(requests)
}

/// Lets a person in, or says that what they joined with was reviewed.
///
/// # Errors
/// When the store fails.
pub async fn accept_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    acceptance: Acceptance,
) -> Decided<Accepted, ModerationRefusal> {
    let bench = Bench::of(app, by);
    Ok(app.store.write(move |tx| bench.accept(tx, id, &acceptance)).await?)
}

/// Refuses a person.
///
/// # Errors
/// When the store fails.
pub async fn reject_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    rejection: Rejection,
) -> Decided<Moderation, ModerationRefusal> {
    let bench = Bench::of(app, by);
    Ok(app.store.write(move |tx| bench.reject(tx, id, &rejection)).await?)
}

/// Takes a decision back: the request waits again, and what an acceptance did to the link and the domain is undone. A domain
/// that was refused stays refused.
///
/// # Errors
/// When the store fails.
pub async fn reopen_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    note: Option<String>,
) -> Decided<Moderation, ModerationRefusal> {
    let bench = Bench::of(app, by);
    let outcome = app
        .store
        .write(move |tx| {
            let request = match bench.moved(tx, id, ModerationMove::Reopen, note.clone())? {
                Ok(request) => request,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(accepted) = moderations::find(tx, id)? {
                bench.take_back(tx, &accepted)?;
            }
            moderations::update(tx, &request)?;
            bench.circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Reopened))?;
            Ok(Ok(request))
        })
        .await?;
    Ok(outcome)
}

/// Writes something down about a request, whatever became of it; the person does not read it.
///
/// # Errors
/// When the store fails.
pub async fn comment_moderation(
    app: &App,
    by: &By,
    id: ModerationId,
    text: String,
) -> Decided<Moderation, ModerationRefusal> {
    let bench = Bench::of(app, by);
    let outcome = app
        .store
        .write(move |tx| {
            let Some(mut request) = bench.find(tx, id)? else { return Ok(Err(ModerationRefusal::Unknown)) };
            if request.notes.len() >= MOST_NOTES {
                return Ok(Err(ModerationRefusal::TooManyNotes));
            }
            let by = bench.circumstances.by.actor.clone();
            request.notes.push(ModerationNote { at: bench.now, by, text: text.clone() });
            moderations::update(tx, &request)?;
            bench.circumstances.record(tx, AuditEvent::moderation(&request, ModerationStep::Commented))?;
            Ok(Ok(request))
        })
        .await?;
    Ok(outcome)
}
