//! Who made links and decided on domains before their records said so: what the audit tells of it (SEC-108).

use super::{email_domains, memberships};
use crate::domain::{Actor, AuditEvent, Deed, EmailDomain, EmailDomainStatus, OrganizationId, UserId, Verification};
use crate::protocol::Timestamp;
use crate::store::{StoreError, Tx, audit};

/// How many records of the audit are looked at at once.
const AT_ONCE: usize = 500;

/// Reads the audit, the oldest first, and writes into the links and the domains of now who made and decided them. What it
/// does not tell stays unknown.
pub(in crate::store) fn fill(tx: &mut Tx) -> Result<(), StoreError> {
    let mut after = (0, 0);
    loop {
        let entries = audit::list(tx, after.0, after.1, AT_ONCE)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = (last.record.at_millis, last.sequence);
        for entry in &entries {
            let record = &entry.record;
            let deed = Deed { by: record.actor.clone(), at: Timestamp(record.at_millis / 1_000) };
            match &record.event {
                AuditEvent::MembershipWritten { user_id, organization_id, verification, .. } => {
                    note_link(tx, (*user_id, *organization_id), Some(*verification), deed)?;
                }
                AuditEvent::InvitationAccepted { user_id, organization_id: Some(organization_id), .. } => {
                    let joins = Deed { by: Actor::User(*user_id), ..deed };
                    note_link(tx, (*user_id, *organization_id), None, joins)?;
                }
                AuditEvent::MembershipDeleted { user_id, organization_id } => {
                    forget_link(tx, (*user_id, *organization_id))?;
                }
                AuditEvent::EmailDomainWritten { organization_id, domain, status } => {
                    note_domain(tx, (*organization_id, domain), Some(*status), deed)?;
                }
                AuditEvent::EmailDomainDeleted { organization_id, domain } => {
                    note_domain(tx, (*organization_id, domain), None, deed)?;
                }
                _ => {}
            }
        }
    }
}

/// The first deed made the link; that which first said of it what is said now proved it.
fn note_link(
    tx: &mut Tx,
    (user_id, organization_id): (UserId, OrganizationId),
    verification: Option<Verification>,
    deed: Deed,
) -> Result<(), StoreError> {
    let Some(mut link) = memberships::find(tx, user_id, organization_id)? else { return Ok(()) };
    link.made_by.get_or_insert_with(|| deed.by.clone());
    match verification {
        Some(said) if said == link.verification && said.is_proven() => {
            link.verified.get_or_insert(program_where_it_joined(&link.made_by, deed));
        }
        // Who sent the invitation is not in this record; and what was said before holds no more.
        Some(_) | None => link.verified = None,
    }
    memberships::update(tx, &link)
}

/// Nobody proves their own link: a rule does.
fn program_where_it_joined(made_by: &Option<Actor>, deed: Deed) -> Deed {
    let is_own = deed.by.is_for_themselves() && made_by.as_ref() == Some(&deed.by);
    if is_own { Deed::of_the_program(deed.at) } else { deed }
}

/// A link that ended was another one than that of now.
fn forget_link(tx: &mut Tx, (user_id, organization_id): (UserId, OrganizationId)) -> Result<(), StoreError> {
    let Some(mut link) = memberships::find(tx, user_id, organization_id)? else { return Ok(()) };
    (link.made_by, link.verified) = (None, None);
    memberships::update(tx, &link)
}

fn note_domain(
    tx: &mut Tx,
    (organization_id, domain): (OrganizationId, &EmailDomain),
    status: Option<EmailDomainStatus>,
    deed: Deed,
) -> Result<(), StoreError> {
    let Some(mut known) = email_domains::find(tx, organization_id, domain)? else { return Ok(()) };
    known.decided_by = match status {
        Some(said) if said == known.status => Some(known.decided_by.take().unwrap_or_else(|| said.decider(deed.by))),
        Some(_) | None => None,
    };
    email_domains::put(tx, &known)
}
