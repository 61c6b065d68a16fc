//! Mails: from the outbox to where they go.
//!
//! Refuses to be waited for: acts write to the outbox, this room empties it. Doors: [`deliver_due`], [`drop_stale`],
//! [`Mailbox`].

mod mailbox;

use std::time::Duration;

use thiserror::Error;

use crate::clock::Clock;
use crate::render::{RenderError, Renderer};
use crate::store::outbox::{self, QueuedMail};
use crate::store::{Store, StoreError};

pub use mailbox::{Mailbox, ReceivedMail};

/// Why the outbox could not be emptied; what was not delivered is still in it.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A mail could not be written.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// How long a mail that cannot leave is worth keeping: a notice of last week helps nobody.
const WORTH_KEEPING: Duration = Duration::from_secs(3 * 24 * 3600);

/// Drops what has waited for more than three days. How many were dropped.
///
/// # Errors
/// When the store fails.
pub async fn drop_stale(store: &Store, clock: &Clock) -> Result<usize, StoreError> {
    let now = clock.now();
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

/// Delivers what waits in the outbox, oldest first, into the mailbox. How many were delivered.
///
/// # Errors
/// When a mail cannot be rendered or the store fails; what was not delivered stays.
pub async fn deliver_due(
    store: &Store,
    renderer: &Renderer,
    mailbox: &Mailbox,
    clock: &Clock,
) -> Result<usize, DeliveryError> {
    let waiting = store.read(|tx| outbox::list(tx, None, ROUND))?;
    let mut delivered = Vec::new();
    for QueuedMail { id, mail } in waiting {
        let written = renderer.mail(&mail.content, mail.locale)?;
        mailbox.receive(id, &mail, written, clock.now());
        delivered.push(id);
    }
    let count = delivered.len();
    remove(store, delivered).await?;
    Ok(count)
}
