//! Mails that leave the outbox, those that never will, and those that wake an administrator.

mod alerts;

use std::time::Duration;

pub use alerts::tell_administrators;

use super::{By, Circumstances};
use crate::app::App;
use crate::domain::{Actor, AuditEvent, Email, MailContent, MailEnd, MailOutcome, User};
use crate::logs::Counted;
use crate::mail::{self, Fate, Pen};
use crate::protocol::Timestamp;
use crate::store::outbox::{self, QueuedMail};
use crate::store::{Read, StoreError, Tx, sent_mails, users};

/// How long what was set aside can be looked at.
const KEPT_ASIDE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many mails are looked at at once.
const PAGE: usize = 500;

/// What mails of this instance are written with.
pub fn pen(app: &App) -> Pen<'_> {
    Pen {
        renderer: &app.renderer,
        master_keys: &app.master_keys,
        instance_name: &app.config.instance_name,
        issuer: app.config.issuer(),
        contact: app.config.notices.contact.as_ref().map(Email::as_str),
        host: app.config.public_url.host(),
        instance_id: &app.store.header().instance_id,
    }
}

/// Delivers what waits into the mailbox of the instance, which nothing leaves. How many were delivered.
///
/// # Errors
/// When the store fails; what was not delivered stays.
pub async fn deliver_to_mailbox(app: &App) -> Result<usize, StoreError> {
    mail::deliver_due(&app.store, pen(app), &app.mailbox, &app.clock).await
}

/// Writes down what became of a mail. What will never leave is in the audit.
///
/// # Errors
/// When the store fails; then nothing is written down.
pub async fn settle_mail(app: &App, id: u64, fate: Fate) -> Result<(), StoreError> {
    let (circumstances, now) = (Circumstances::of(app, &By::local(Actor::System)), app.clock.now());
    let ended = app
        .store
        .write(move |tx| {
            let Some(queued) = outbox::find(tx, id)? else { return Ok(None) };
            let end = match fate {
                Fate::Accepted => {
                    outbox::delete(tx, id)?;
                    sent_mails::insert(tx, &queued, MailOutcome::Sent, now)?;
                    return Ok(None);
                }
                Fate::Later(due_at) => {
                    outbox::postpone(tx, id, due_at)?;
                    return Ok(None);
                }
                Fate::Unconfirmed(due_at) => outbox::note_unconfirmed(tx, id, due_at)?.then_some(MailEnd::Unconfirmed),
                Fate::Unwritable => outbox::note_failure(tx, id)?.then_some(MailEnd::Unwritable),
                Fate::Refused => outbox::set_aside(tx, id)?.then_some(MailEnd::Refused),
                Fate::Expired => outbox::delete(tx, id)?.then_some(MailEnd::Expired),
            };
            match end {
                Some(end) => note_end(tx, &circumstances, &queued, (end, now)).map(|()| Some(end)),
                None => Ok(None),
            }
        })
        .await?;
    app.counts.count(match (fate, ended) {
        (Fate::Accepted, _) => Counted::MailSent,
        (_, Some(MailEnd::Refused)) => Counted::MailRefused,
        (_, Some(MailEnd::Expired)) => Counted::MailExpired,
        (_, Some(MailEnd::Unconfirmed)) => Counted::MailUnconfirmed,
        (_, Some(MailEnd::Unwritable)) => Counted::MailUnwritable,
        (_, Some(MailEnd::CrowdedOut)) => Counted::MailCrowdedOut,
        (Fate::Later(_) | Fate::Unconfirmed(_) | Fate::Unwritable | Fate::Refused | Fate::Expired, None) => {
            Counted::MailDeferred
        }
    });
    Ok(())
}

/// Gives up what has waited for too long and what is worth nothing any more, and forgets what was set aside a month ago.
/// How many were given up, those that gave way to others among them.
///
/// # Errors
/// When the store fails.
pub async fn drop_stale_mails(app: &App) -> Result<usize, StoreError> {
    let (now, kept) = (app.clock.wall(), app.config.mail_kept);
    if !app.store.read(|tx| has_stale(tx, kept, now))? {
        return Ok(0);
    }
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let (dropped, crowded_out) = app
        .store
        .write(move |tx| {
            let crowded_out = outbox::take_crowded_out(tx)?;
            for queued in &crowded_out {
                note_end(tx, &circumstances, queued, (MailEnd::CrowdedOut, now))?;
            }
            outbox::forget_set_aside(tx, |mail| mail.created_at.plus(KEPT_ASIDE).has_come(now))?;
            let (mut after, mut dropped) = (None, 0_usize);
            loop {
                let page = outbox::list(tx, after, PAGE)?;
                let Some(last) = page.last() else { return Ok((dropped, crowded_out.len())) };
                after = Some(last.id);
                for queued in page.iter().filter(|queued| is_stale(queued, kept, now)) {
                    outbox::delete(tx, queued.id)?;
                    note_end(tx, &circumstances, queued, (MailEnd::Expired, now))?;
                    dropped = dropped.saturating_add(1);
                }
            }
        })
        .await?;
    for _ in 0..dropped {
        app.counts.count(Counted::MailExpired);
    }
    for _ in 0..crowded_out {
        app.counts.count(Counted::MailCrowdedOut);
    }
    Ok(dropped.saturating_add(crowded_out))
}

/// Whether there is anything to give up or to forget: a look costs no commit.
fn has_stale(tx: &impl Read, kept: Duration, now: Timestamp) -> Result<bool, StoreError> {
    let is_old = |queued: &QueuedMail| queued.mail.created_at.plus(KEPT_ASIDE).has_come(now);
    if outbox::list_set_aside(tx, 1)?.iter().any(is_old) || !outbox::list_crowded_out(tx)?.is_empty() {
        return Ok(true);
    }
    let mut after = None;
    loop {
        let page = outbox::list(tx, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.id);
        if page.iter().any(|queued| is_stale(queued, kept, now)) {
            return Ok(true);
        }
    }
}

/// Whether a mail is worth nothing any more.
pub fn is_stale(queued: &QueuedMail, kept: Duration, now: Timestamp) -> bool {
    queued.mail.has_expired(now) || queued.mail.created_at.plus(kept).has_come(now)
}

fn note_end(
    tx: &mut Tx,
    circumstances: &Circumstances,
    queued: &QueuedMail,
    (end, now): (MailEnd, Timestamp),
) -> Result<(), StoreError> {
    sent_mails::insert(tx, queued, MailOutcome::GivenUp(end), now)?;
    let user = users::find_by_email(tx, &queued.mail.to)?;
    let user_id = user.as_ref().map(|user| user.id);
    // Whoever was not told is not erased; they are told anew. Whose mailbox is no more has left.
    let is_untold = matches!(queued.mail.content, MailContent::UnusedAccount { .. }) && end != MailEnd::Refused;
    if let Some(user) = user.filter(|user| is_untold && user.unused_notice.is_some()) {
        users::update(tx, &User { unused_notice: None, ..user })?;
    }
    let mail = queued.mail.content.name().to_owned();
    circumstances.record(tx, AuditEvent::MailGivenUp { user_id, mail, number: queued.id, end })
}
