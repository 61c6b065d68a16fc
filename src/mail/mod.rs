//! Mails: from the outbox to where they go.
//!
//! Refuses to be waited for: acts write to the outbox, this room empties it. Doors: [`seal`], [`deliver_due`],
//! [`drop_stale`], [`Mailbox`].

mod mailbox;
mod secret;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::clock::Clock;
use crate::crypto::MasterKey;
use crate::domain::OutgoingMail;
use crate::protocol::Secret;
use crate::render::{MailFrame, Renderer, WrittenMail};
use crate::store::outbox::{self, QueuedMail};
use crate::store::{Store, StoreError};

pub use mailbox::{Mailbox, ReceivedMail};
pub use secret::seal;

/// What mails are written with.
#[derive(Clone, Copy)]
pub struct Pen<'a> {
    /// The templates.
    pub renderer: &'a Renderer,
    /// What opens the codes and links in them.
    pub master_key: &'a MasterKey,
    /// The name of the instance.
    pub instance_name: &'a str,
}

/// How long a mail that cannot leave is worth keeping: a notice of last week helps nobody.
const WORTH_KEEPING: Duration = Duration::from_secs(3 * 24 * 3600);

/// Drops what has waited for more than three days. How many were dropped.
///
/// # Errors
/// When the store fails.
pub async fn drop_stale(store: &Store, clock: &Clock) -> Result<usize, StoreError> {
    let now = clock.wall();
    let is_stale = |queued: &QueuedMail| queued.mail.created_at.plus(WORTH_KEEPING).has_come(now);
    let waiting = store.read(|tx| outbox::list(tx, None, ROUND))?;
    let stale: Vec<u64> = waiting.iter().filter(|queued| is_stale(queued)).map(|queued| queued.id).collect();
    let count = stale.len();
    remove(store, stale).await?;
    Ok(count)
}

async fn remove(store: &Store, ids: Vec<u64>) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    store
        .write(move |tx| {
            for id in &ids {
                outbox::delete(tx, *id)?;
            }
            Ok(())
        })
        .await
}

/// The most mails of one round.
const ROUND: usize = 100;

/// Delivers what waits in the outbox, oldest first, into the mailbox. How many were delivered. A mail that cannot be
/// written holds up none of the others, and is set aside when it has been tried three times.
///
/// # Errors
/// When the store fails; what was not delivered stays.
pub async fn deliver_due(store: &Store, pen: Pen<'_>, mailbox: &Mailbox, clock: &Clock) -> Result<usize, StoreError> {
    let waiting = store.read(|tx| outbox::list(tx, None, ROUND))?;
    let (mut delivered, mut failed) = (Vec::new(), Vec::new());
    for QueuedMail { id, mail, .. } in waiting {
        match write(pen, id, &mail) {
            Some(written) => {
                mailbox.receive(id, &mail, written, clock.now());
                delivered.push(id);
            }
            None => failed.push(id),
        }
    }
    let count = delivered.len();
    remove(store, delivered).await?;
    note_failures(store, failed).await?;
    Ok(count)
}

/// The mail as its reader will see it; `None`, with a line in the log, when it cannot be written.
fn write(pen: Pen<'_>, id: u64, mail: &OutgoingMail) -> Option<WrittenMail> {
    let secret = match secret::open(pen.master_key, mail) {
        Ok(secret) => secret,
        Err(cause) => {
            tracing::error!(id, %cause, "the code or link of a mail cannot be opened");
            return None;
        }
    };
    let secret = secret.as_ref().map(Secret::expose);
    let frame = MailFrame { locale: mail.locale, instance_name: pen.instance_name, secret };
    let written = catch_unwind(AssertUnwindSafe(|| pen.renderer.mail(&mail.content, &frame)));
    match written {
        Ok(Ok(written)) => Some(written),
        Ok(Err(cause)) => {
            tracing::error!(id, %cause, "a mail cannot be written");
            None
        }
        Err(_panic) => {
            tracing::error!(id, "writing a mail panicked");
            None
        }
    }
}

async fn note_failures(store: &Store, ids: Vec<u64>) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let set_aside = store
        .write(move |tx| {
            let mut set_aside = Vec::new();
            for id in &ids {
                if outbox::note_failure(tx, *id)? {
                    set_aside.push(*id);
                }
            }
            Ok(set_aside)
        })
        .await?;
    for id in set_aside {
        tracing::error!(id, "a mail was set aside after three tries; it does not leave any more");
    }
    Ok(())
}
