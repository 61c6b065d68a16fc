//! The instance as a whole.

use std::sync::PoisonError;

use super::people::put_entries;
use super::{ActError, By, Circumstances, Entries};
use crate::app::App;
use crate::domain::{Actor, AuditEvent};
use crate::store;

/// Forgets everything that is stored, received and counted, and enters what there is at the beginning, at once: nobody
/// sees the instance empty. What was issued before is not honoured any more.
///
/// # Errors
/// When the store fails.
pub async fn reset(app: &App, by: &By, beginning: Entries) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let entering = Circumstances::of(app, &By::local(Actor::System));
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            store::clear(tx)?;
            circumstances.record(tx, AuditEvent::InstanceReset)?;
            put_entries(tx, &entering, &beginning, now)
        })
        .await?;
    app.mailbox.clear();
    app.attempts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    Ok(())
}
