//! The instance as a whole.

use std::sync::PoisonError;

use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::AuditEvent;

/// Forgets everything that is stored, received and counted; what was issued before is not honoured any more.
///
/// # Errors
/// When the store fails.
pub async fn reset(app: &App, by: &By) -> Result<(), ActError> {
    app.store.clear().await?;
    app.mailbox.clear();
    app.attempts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let circumstances = Circumstances::of(app, by);
    app.store.write(move |tx| circumstances.record(tx, AuditEvent::InstanceReset)).await?;
    Ok(())
}
