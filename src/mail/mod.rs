//! Mails: from the outbox to where they go.
//!
//! Refuses to be waited for: acts write to the outbox, periodic work empties it. Refuses a server that is not who it
//! should be. Doors: [`Enclosure`], [`reseal`], [`deliver_due`], [`Mailbox`], [`Conversation`], [`hand_over`], [`Agenda`].

mod agenda;
mod conversation;
mod examination;
mod mailbox;
mod message;
mod secret;
#[cfg(test)]
mod tests;
mod trouble;
mod trust;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::clock::Clock;
use crate::config::Mailing;
use crate::crypto::MasterKeys;
use crate::domain::{MailEnd, MailOutcome, OutgoingMail};
use crate::protocol::Secret;
use crate::render::{MailFrame, Renderer, WrittenMail};
use crate::store::outbox::{self, QueuedMail};
use crate::store::{Store, StoreError, sent_mails};
use message::{Identity, Letter};

pub use agenda::{Agenda, Fate, Urgency, retry_at};
pub use conversation::{Conversation, Steps};
pub use examination::{Examination, Trial, examine};
pub use mailbox::{Mailbox, ReceivedMail};
pub use secret::{Enclosure, reseal};
pub use trouble::{Meaning, Reason, Stage, TlsFault, Trouble};
pub use trust::{TrustError, check_authority};

/// What mails are written with.
#[derive(Clone, Copy)]
pub struct Pen<'a> {
    /// The templates.
    pub renderer: &'a Renderer,
    /// What opens the codes and links in them.
    pub master_keys: &'a MasterKeys,
    /// The name of the instance.
    pub instance_name: &'a str,
    /// Its address.
    pub issuer: &'a str,
    /// Where its people ask for help.
    pub contact: Option<&'a str>,
    /// Its host.
    pub host: &'a str,
    /// The random name of its database.
    pub instance_id: &'a str,
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
    let now = clock.now();
    for queued in waiting {
        match write(pen, queued.id, &queued.mail) {
            Some(written) => {
                mailbox.receive(queued.id, &queued.mail, written, now);
                delivered.push(queued);
            }
            None => failed.push(queued),
        }
    }
    let count = delivered.len();
    if delivered.is_empty() && failed.is_empty() {
        return Ok(0);
    }
    let set_aside = store
        .write(move |tx| {
            for queued in &delivered {
                // What was erased meanwhile leaves no trace.
                if outbox::delete(tx, queued.id)? {
                    sent_mails::insert(tx, queued, MailOutcome::Sent, now)?;
                }
            }
            let mut set_aside = Vec::new();
            for queued in &failed {
                if outbox::note_failure(tx, queued.id)? {
                    sent_mails::insert(tx, queued, MailOutcome::GivenUp(MailEnd::Unwritable), now)?;
                    set_aside.push(queued.id);
                }
            }
            Ok(set_aside)
        })
        .await?;
    for id in set_aside {
        tracing::error!(id, "a mail was set aside after three tries; it does not leave any more");
    }
    Ok(count)
}

/// What came of handing a mail over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// The server took it, and said this.
    Accepted(String),
    /// It did not.
    Failed(Trouble),
    /// It cannot be put into words.
    Unwritable,
}

/// Writes a mail and hands it to the server.
pub async fn hand_over(
    conversation: &mut Conversation,
    pen: Pen<'_>,
    mailing: &Mailing,
    queued: &QueuedMail,
    steps: &Steps,
) -> Handed {
    let Some(letter) = compose(pen, mailing, queued.id, &queued.mail) else { return Handed::Unwritable };
    match conversation.hand_over(&letter, steps).await {
        Ok(said) => Handed::Accepted(said),
        Err(trouble) => Handed::Failed(trouble),
    }
}

/// The mail as it goes over the wire; `None`, with a line in the log, when it cannot be written.
fn compose(pen: Pen<'_>, mailing: &Mailing, id: u64, mail: &OutgoingMail) -> Option<Letter> {
    let written = write(pen, id, mail)?;
    let identity = Identity::new(pen.instance_id, id, mail, pen.host);
    match Letter::compose(mailing, mail, &written, &identity) {
        Ok(letter) => Some(letter),
        Err(cause) => {
            tracing::error!(id, %cause, "a mail cannot be written");
            None
        }
    }
}

/// The mail as its reader will see it; `None`, with a line in the log, when it cannot be written.
fn write(pen: Pen<'_>, id: u64, mail: &OutgoingMail) -> Option<WrittenMail> {
    let secret = match secret::open(pen.master_keys, mail) {
        Ok(secret) => secret,
        Err(cause) => {
            tracing::error!(id, %cause, "the code or link of a mail cannot be opened");
            return None;
        }
    };
    let secret = secret.as_ref().map(Secret::expose);
    let Pen { instance_name, issuer, contact, .. } = pen;
    let frame = MailFrame { locale: mail.locale, instance_name, issuer, to: mail.to.as_str(), contact, secret };
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
