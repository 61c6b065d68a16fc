//! Mails that leave the outbox.

use crate::app::App;
use crate::mail::{self, Pen};
use crate::store::StoreError;

/// Delivers what waits into the mailbox of the instance, which nothing leaves. How many were delivered.
///
/// # Errors
/// When the store fails; what was not delivered stays.
pub async fn deliver_to_mailbox(app: &App) -> Result<usize, StoreError> {
    mail::deliver_due(&app.store, pen(app), &app.mailbox, &app.clock).await
}

fn pen(app: &App) -> Pen<'_> {
    Pen { renderer: &app.renderer, master_key: &app.master_key, instance_name: &app.config.instance_name }
}
