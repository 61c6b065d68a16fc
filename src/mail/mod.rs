//! Mails: from the outbox to where they go.
//!
//! Refuses to be waited for: acts write to the outbox, this room empties it. Doors: [`deliver_due`], [`Mailbox`].

mod mailbox;

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
    if count > 0 {
        store
            .write(move |tx| {
                for id in &delivered {
                    outbox::delete(tx, *id)?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(count)
}
