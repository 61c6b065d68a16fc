//! What e-mail domains are for organizations, and what they prove for members.

use super::Decided;
use super::moderation::{ModerationRefusal, may_decide};
use super::organizations::{OrganizationKey, find as find_organization};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    Actor, AuditEvent, Deed, EmailDomain, EmailDomainStatus, FormerDomain, MailContent, MailProviders, Membership,
    OrganizationDomain, OrganizationId, OutgoingMail, UnweighedDomain, User, UserId, Verification,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, email_domains, memberships, organizations, outbox, users};

/// How many domains of an organization are shown.
const DOMAINS: usize = 200;
/// How many members are looked at at once.
const PAGE: usize = 500;
/// How many while somebody waits for their own joining.
const WEIGHED_AT_ONCE: usize = 50;

/// Whether a domain may be that for an organization.
pub(super) fn check_status(
    providers: &MailProviders,
    domain: &EmailDomain,
    status: EmailDomainStatus,
) -> Result<(), ModerationRefusal> {
    match status.is_approved() && providers.kind_of(domain).is_open_to_anybody() {
        true => Err(ModerationRefusal::OpenToAnybody(domain.clone())),
        false => Ok(()),
    }
}

/// Whether whoever acts would open an organization to themselves: the domain is that of their own address, and nothing proves
/// yet that they are a member. Commands at the machine are nobody's own cause.
pub(super) fn is_own_cause(
    tx: &impl Read,
    actor: &Actor,
    organization_id: OrganizationId,
    domain: &EmailDomain,
) -> Result<bool, StoreError> {
    let Some(user) = actor.person().map(|id| users::find(tx, id)).transpose()?.flatten() else { return Ok(false) };
    let link = memberships::find(tx, user.id, organization_id)?;
    Ok(EmailDomain::of(&user.email) == *domain && !link.is_some_and(|link| link.verification.is_proven()))
}

/// What the domain of a person's address is for an organization when they join it: nothing where they approved it themselves,
/// with whatever address they had then.
pub(in crate::acts) fn status_for(
    tx: &impl Read,
    user: &User,
    organization_id: OrganizationId,
) -> Result<Option<EmailDomainStatus>, StoreError> {
    let known = email_domains::find(tx, organization_id, &EmailDomain::of(&user.email))?;
    let is_own = |known: &OrganizationDomain| {
        known.status.is_approved() && known.decided_by.as_ref().and_then(Actor::person) == Some(user.id)
    };
    Ok(known.filter(|known| !is_own(known)).map(|known| known.status))
}

/// Says what a domain is for an organization. Links of members with that domain that nothing proved are proven by one that
/// is approved; those that it proved are not any more when it is refused (SEC-109).
pub(super) fn put_domain(
    tx: &mut Tx,
    circumstances: &Circumstances,
    organization_id: OrganizationId,
    domain: &EmailDomain,
    status: EmailDomainStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    write_status(tx, circumstances, (organization_id, domain), status, now)?;
    let deed = circumstances.deed(now);
    let is_approved = status.is_approved();
    Weighing { circumstances, organization_id, domain, is_approved, told: None, deed }.all(tx)
}

fn write_status(
    tx: &mut Tx,
    circumstances: &Circumstances,
    (organization_id, domain): (OrganizationId, &EmailDomain),
    status: EmailDomainStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = email_domains::find(tx, organization_id, domain)?;
    let is_same = known.as_ref().is_some_and(|known| known.status == status && known.decided_by.is_some());
    if !is_same {
        let record = OrganizationDomain {
            organization_id,
            domain: domain.clone(),
            status,
            created_at: known.map_or(now, |known| known.created_at),
            updated_at: now,
            decided_by: Some(status.decider(circumstances.by.actor.clone())),
        };
        email_domains::put(tx, &record)?;
    }
    let event = AuditEvent::EmailDomainWritten { organization_id, domain: domain.clone(), status };
    circumstances.record(tx, event)
}

/// Approves the domains that the directory gives as an organization's own while somebody joins it. What a moderator made of
/// one stays. Links of members who waited for its review are proven: a few at once, the others by [`weigh_waiting_links`], so
/// that nobody waits for them however many there are.
pub(in crate::acts) fn approve_official_domains(
    tx: &mut Tx,
    circumstances: &Circumstances,
    organization_id: OrganizationId,
    domains: impl Iterator<Item = EmailDomain>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut left = WEIGHED_AT_ONCE;
    for domain in domains {
        let known = email_domains::find(tx, organization_id, &domain)?;
        let waited = known.is_some();
        if known.is_some_and(|known| known.status != EmailDomainStatus::NotVerifiedYet) {
            continue;
        }
        write_status(tx, circumstances, (organization_id, &domain), EmailDomainStatus::OfficialContact, now)?;
        // Of a domain that nobody had spoken of, nobody waits for the review.
        if !waited {
            continue;
        }
        let (is_approved, told, deed) = (true, None, Deed::of_the_program(now));
        let weighing = Weighing { circumstances, organization_id, domain: &domain, is_approved, told, deed };
        let weighed = weighing.some(tx, None, left)?;
        left = left.saturating_sub(weighed.links);
        if weighed.may_be_more {
            email_domains::put_unweighed(tx, &UnweighedDomain { organization_id, domain, after: weighed.last })?;
        }
    }
    Ok(())
}

/// Weighs the links that joining left for later, some hundreds per transaction, until none is left; says of how many.
///
/// # Errors
/// When the store fails: it goes on from there the next time.
pub async fn weigh_waiting_links(app: &App) -> Result<usize, ActError> {
    let mut links: usize = 0;
    while app.store.read(email_domains::find_unweighed)?.is_some() {
        let circumstances = Circumstances::of(app, &By::local(Actor::System));
        let now = app.clock.now();
        let weighed = app.store.write(move |tx| weigh_more(tx, &circumstances, now)).await?;
        links = links.saturating_add(weighed);
    }
    Ok(links)
}

fn weigh_more(tx: &mut Tx, circumstances: &Circumstances, now: Timestamp) -> Result<usize, StoreError> {
    let Some(UnweighedDomain { organization_id, domain, after }) = email_domains::find_unweighed(tx)? else {
        return Ok(0);
    };
    // Whoever decided otherwise meanwhile weighed all of them.
    let known = email_domains::find(tx, organization_id, &domain)?;
    let is_approved = known.is_some_and(|known| known.status.is_approved());
    let (told, deed) = (None, Deed::of_the_program(now));
    let weighing = Weighing { circumstances, organization_id, domain: &domain, is_approved, told, deed };
    let weighed = weighing.some(tx, after, PAGE)?;
    match weighed.may_be_more {
        true => {
            let after = weighed.last.or(after);
            email_domains::put_unweighed(tx, &UnweighedDomain { organization_id, domain, after })?;
        }
        false => email_domains::delete_unweighed(tx, organization_id, &domain)?,
    }
    Ok(weighed.links)
}

/// Makes a domain again what it was before somebody approved it, for a moderator who takes that back. `applicant` is told of
/// what became of their own link by whoever calls this.
pub(super) fn put_back_domain(
    tx: &mut Tx,
    circumstances: &Circumstances,
    organization_id: OrganizationId,
    former: &FormerDomain,
    applicant: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let FormerDomain { domain, before } = former;
    let (event, is_approved) = match before {
        Some(before) => {
            email_domains::put(tx, before)?;
            let status = before.status;
            (AuditEvent::EmailDomainWritten { organization_id, domain: domain.clone(), status }, status.is_approved())
        }
        None => {
            email_domains::delete(tx, organization_id, domain)?;
            (AuditEvent::EmailDomainDeleted { organization_id, domain: domain.clone() }, false)
        }
    };
    circumstances.record(tx, event)?;
    let (told, deed) = (Some(applicant), circumstances.deed(now));
    Weighing { circumstances, organization_id, domain, is_approved, told, deed }.all(tx)
}

/// The links of members with a domain, weighed anew. Whoever loses their proof is told, but for `told` and where so many mails
/// wait that nothing is written to many at once: pages say it all the same.
struct Weighing<'a> {
    circumstances: &'a Circumstances,
    organization_id: OrganizationId,
    domain: &'a EmailDomain,
    is_approved: bool,
    told: Option<UserId>,
    deed: Deed,
}

/// What was looked at.
struct Weighed {
    links: usize,
    last: Option<UserId>,
    may_be_more: bool,
}

impl Weighing<'_> {
    /// All of them.
    fn all(&self, tx: &mut Tx) -> Result<(), StoreError> {
        email_domains::delete_unweighed(tx, self.organization_id, self.domain)?;
        let mut after = None;
        loop {
            let weighed = self.some(tx, after, PAGE)?;
            if !weighed.may_be_more {
                return Ok(());
            }
            after = weighed.last;
        }
    }

    /// At most `limit` after that of `after`.
    fn some(&self, tx: &mut Tx, after: Option<UserId>, limit: usize) -> Result<Weighed, StoreError> {
        let page = memberships::list_of_organization(tx, self.organization_id, after, limit)?;
        let (links, last) = (page.len(), page.last().map(|link| link.user_id));
        page.into_iter().try_for_each(|link| self.one(tx, link))?;
        Ok(Weighed { links, last, may_be_more: links >= limit })
    }

    fn one(&self, tx: &mut Tx, link: Membership) -> Result<(), StoreError> {
        let organization_id = self.organization_id;
        let verification = match (self.is_approved, link.verification) {
            (true, known) if !known.is_proven() => Verification::Domain,
            (false, Verification::Domain) => Verification::DomainNotVerifiedYet,
            (true | false, _) => return Ok(()),
        };
        let user = users::get(tx, link.user_id)?;
        if EmailDomain::of(&user.email) != *self.domain {
            return Ok(());
        }
        let event = AuditEvent::MembershipWritten {
            user_id: link.user_id,
            organization_id,
            is_external: link.is_external,
            verification,
        };
        memberships::update(tx, &link.weighed(verification, self.deed.clone()))?;
        self.circumstances.record(tx, event)?;
        if !verification.is_proven() && self.told != Some(user.id) && !outbox::is_busy(tx)? {
            let content = MailContent::LinkUnproven { organization: organizations::get(tx, organization_id)?.label };
            outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), user.language(), content, self.deed.at))?;
        }
        Ok(())
    }
}

/// Says what a domain is for an organization.
///
/// # Errors
/// When the store fails.
pub async fn write_email_domain(
    app: &App,
    by: &By,
    key: OrganizationKey,
    domain: EmailDomain,
    status: EmailDomainStatus,
) -> Decided<OrganizationDomain, ModerationRefusal> {
    if let Err(refusal) = check_status(&app.config.joining.providers, &domain, status) {
        return Ok(Err(refusal));
    }
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(organization) = find_organization(tx, &key)? else {
                return Ok(Err(ModerationRefusal::UnknownOrganization));
            };
            if !may_decide(tx, &circumstances.by.actor, organization.id, now)? {
                return Ok(Err(ModerationRefusal::UnknownOrganization));
            }
            if status.is_approved() && is_own_cause(tx, &circumstances.by.actor, organization.id, &domain)? {
                return Ok(Err(ModerationRefusal::OwnDomain(domain.clone())));
            }
            put_domain(tx, &circumstances, organization.id, &domain, status, now)?;
            let Some(written) = email_domains::find(tx, organization.id, &domain)? else {
                return Ok(Err(ModerationRefusal::UnknownDomain));
            };
            // Somebody who says the same says it too: it rests on whoever said it first no more.
            let decider = Some(status.decider(circumstances.by.actor.clone()));
            if written.decided_by == decider {
                return Ok(Ok(written));
            }
            let written = OrganizationDomain { decided_by: decider, updated_at: now, ..written };
            email_domains::put(tx, &written)?;
            Ok(Ok(written))
        })
        .await?;
    Ok(outcome)
}

/// Forgets what a domain is for an organization; what it proved is not proven any more.
///
/// # Errors
/// When the store fails.
pub async fn delete_email_domain(
    app: &App,
    by: &By,
    key: OrganizationKey,
    domain: EmailDomain,
) -> Decided<(), ModerationRefusal> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(organization) = find_organization(tx, &key)? else {
                return Ok(Err(ModerationRefusal::UnknownOrganization));
            };
            if !may_decide(tx, &circumstances.by.actor, organization.id, now)? {
                return Ok(Err(ModerationRefusal::UnknownOrganization));
            }
            if !email_domains::delete(tx, organization.id, &domain)? {
                return Ok(Err(ModerationRefusal::UnknownDomain));
            }
            let organization_id = organization.id;
            let event = AuditEvent::EmailDomainDeleted { organization_id, domain: domain.clone() };
            circumstances.record(tx, event)?;
            let (is_approved, told, deed) = (false, None, circumstances.deed(now));
            let circumstances = &circumstances;
            Weighing { circumstances, organization_id, domain: &domain, is_approved, told, deed }.all(tx)?;
            Ok(Ok(()))
        })
        .await?;
    Ok(outcome)
}

/// The domain of this person's own address, where they do not approve it for an organization: nothing proves yet that they are
/// a member.
///
/// # Errors
/// When the store fails.
pub fn find_own_cause(app: &App, user_id: UserId, id: OrganizationId) -> Result<Option<EmailDomain>, ActError> {
    let found = app.store.read(|tx| {
        let Some(user) = users::find(tx, user_id)? else { return Ok(None) };
        let domain = EmailDomain::of(&user.email);
        Ok(is_own_cause(tx, &Actor::User(user_id), id, &domain)?.then_some(domain))
    })?;
    Ok(found)
}

/// Whether a domain is anything for an organization.
///
/// # Errors
/// When the store fails.
pub fn has_email_domain(app: &App, id: OrganizationId, domain: &EmailDomain) -> Result<bool, ActError> {
    Ok(app.store.read(|tx| email_domains::find(tx, id, domain))?.is_some())
}

/// The domains of an organization.
///
/// # Errors
/// When the store fails.
pub fn list_email_domains(app: &App, key: &OrganizationKey) -> Result<Option<Vec<OrganizationDomain>>, ActError> {
    let found = app.store.read(|tx| {
        let Some(organization) = find_organization(tx, key)? else { return Ok(None) };
        email_domains::list_of_organization(tx, organization.id, DOMAINS).map(Some)
    })?;
    Ok(found)
}
