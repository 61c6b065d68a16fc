//! An acceptance that is taken back: what it did to the link and to the domain is undone, and nothing that rests on
//! anything else.

use super::decisions::Bench;
use crate::acts::administration::email_domains::put_back_domain;
use crate::acts::administration::organizations::take_away;
use crate::domain::{
    AuditEvent, EmailDomain, EmailDomainStatus, FormerDomain, MailContent, Membership, Moderation, ModerationKind,
    OutgoingMail, Verification,
};
use crate::store::{Read, StoreError, Tx, email_domains, memberships, organizations, outbox, users};

/// What becomes of a link when the acceptance of its request is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkUndone {
    /// There is none.
    None,
    /// It ends.
    Ends,
    /// It is again what it was before.
    PutBack(Verification),
    /// It stays: something else proves it.
    Stays,
}

/// What becomes of what an acceptance did, once it is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoing {
    /// Of the link.
    pub link: LinkUndone,
    /// Of the domain that it approved: what that is again, where somebody had said what it is.
    pub domain: Option<(EmailDomain, Option<EmailDomainStatus>)>,
}

/// What taking an acceptance back comes to, by what stands now; `None` where the request is not accepted.
pub(super) fn foresee(tx: &impl Read, request: &Moderation) -> Result<Option<Undoing>, StoreError> {
    let Some(deed) = request.acceptance() else { return Ok(None) };
    let link = memberships::find(tx, request.user_id, request.organization_id)?;
    let domain = approved(tx, request)?;
    let is_domain_gone = domain.as_ref().is_some_and(|former| !is_approved(former));
    let link = match link {
        None => LinkUndone::None,
        Some(link) => {
            let falls = link.verification == Verification::Domain && is_domain_gone && link.was_made_by(&deed);
            match (falls || link.rests_on(&deed), former_of(tx, request, &link, &domain)?) {
                (false, _) => LinkUndone::Stays,
                (true, Some(former)) => LinkUndone::PutBack(former.verification),
                (true, None) => LinkUndone::Ends,
            }
        }
    };
    let domain = domain.map(|former| (former.domain, former.before.map(|before| before.status)));
    Ok(Some(Undoing { link, domain }))
}

fn is_approved(former: &FormerDomain) -> bool {
    former.before.as_ref().is_some_and(|before| before.status.is_approved())
}

/// The domain that the acceptance approved, where that stands still.
fn approved(tx: &impl Read, request: &Moderation) -> Result<Option<FormerDomain>, StoreError> {
    let Some(deed) = request.acceptance() else { return Ok(None) };
    let former = match &request.effect {
        Some(effect) => effect.domain.clone(),
        // Of before it was kept what it had been.
        None => {
            let domain = EmailDomain::of(&users::get(tx, request.user_id)?.email);
            Some(FormerDomain { domain, before: None })
        }
    };
    let Some(former) = former else { return Ok(None) };
    let known = email_domains::find(tx, request.organization_id, &former.domain)?;
    Ok(known.filter(|known| known.rests_on(&deed)).map(|_| former))
}

/// The link as it was before the acceptance changed it; nothing where the acceptance made it.
fn former_of(
    tx: &impl Read,
    request: &Moderation,
    link: &Membership,
    domain: &Option<FormerDomain>,
) -> Result<Option<Membership>, StoreError> {
    let Some(deed) = request.acceptance() else { return Ok(None) };
    let user = users::get(tx, request.user_id)?;
    if let Some(former) = request.effect.as_ref().and_then(|effect| effect.link.clone()) {
        let theirs = EmailDomain::of(&user.email);
        let is_domain_approved = match domain {
            Some(former) if former.domain == theirs => is_approved(former),
            Some(_) | None => email_domains::find(tx, request.organization_id, &theirs)?
                .is_some_and(|known| known.status.is_approved()),
        };
        return Ok(Some(former.put_back(link.clone(), &user.email, is_domain_approved, deed.at)));
    }
    if link.was_made_by(&deed) {
        return Ok(None);
    }
    // Of before it was kept what it had been: nothing proved it.
    let verification = match request.kind {
        ModerationKind::NonVerifiedDomain => Verification::DomainNotVerifiedYet,
        ModerationKind::OrganizationJoinBlock => Verification::Unverified,
    };
    Ok(Some(Membership { verification, verified: None, ..link.clone() }))
}

impl Bench {
    /// Undoes what an acceptance did; the person is told where they lose by it. `accepted` is the request as it stood.
    pub(super) fn take_back(&self, tx: &mut Tx, accepted: &Moderation) -> Result<(), StoreError> {
        let Some(undoing) = foresee(tx, accepted)? else { return Ok(()) };
        let (user_id, organization_id, now) = (accepted.user_id, accepted.organization_id, self.now);
        let domain = approved(tx, accepted)?;
        let link = memberships::find(tx, user_id, organization_id)?;
        let former = match &link {
            Some(link) => former_of(tx, accepted, link, &domain)?,
            None => None,
        };
        if let Some(former) = &domain {
            put_back_domain(tx, &self.circumstances, organization_id, former, user_id, now)?;
        }
        match (undoing.link, former) {
            (LinkUndone::None | LinkUndone::Stays, _) => return Ok(()),
            (LinkUndone::PutBack(verification), Some(former)) => {
                let is_external = former.is_external;
                memberships::update(tx, &Membership { updated_at: now, ..former })?;
                let mut user = users::get(tx, user_id)?;
                user.take_link(organization_id);
                users::update(tx, &user)?;
                let event = AuditEvent::MembershipWritten { user_id, organization_id, is_external, verification };
                self.circumstances.record(tx, event)?;
            }
            (LinkUndone::Ends | LinkUndone::PutBack(_), _) => {
                take_away(tx, user_id, organization_id)?;
                self.circumstances.record(tx, AuditEvent::MembershipDeleted { user_id, organization_id })?;
            }
        }
        let (user, organization) = (users::get(tx, user_id)?, organizations::get(tx, organization_id)?.label);
        let is_member = matches!(undoing.link, LinkUndone::PutBack(_));
        let content = MailContent::ModerationReopened { organization, is_member };
        outbox::insert(tx, &OutgoingMail::notice(user.email, accepted.locale, content, now)).map(drop)
    }
}
