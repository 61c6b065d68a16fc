//! The instance as a whole.

use std::sync::PoisonError;

use super::declared_clients::to_client;
use super::people::put_entries;
use super::{ActError, By, Circumstances, Entries};
use crate::app::App;
use crate::config::InstanceKind;
use crate::domain::{Actor, AuditEvent};
use crate::store::{self, StoreError, Tx};

/// Forgets everything that is stored, received and counted, and enters what there is at the beginning, at once: nobody
/// sees the instance empty. What was issued before is not honoured any more.
///
/// # Errors
/// When the store fails.
pub async fn reset(app: &App, by: &By, beginning: Entries) -> Result<(), ActError> {
    begin_again(app, by, beginning, store::clear).await
}

/// What became of a wish to empty an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxReset {
    /// Only its signing keys and the clients of its configuration file are left.
    Done,
    /// What is there counts: only a sandbox is emptied.
    NotASandbox,
}

/// Empties a sandbox: people, organizations, links, clients, sessions, mails. Its signing keys stay, so that services
/// that keep them go on, and the clients of the configuration file are entered again.
///
/// # Errors
/// When the store fails; nothing is changed then.
pub async fn reset_sandbox(app: &App, by: &By) -> Result<SandboxReset, ActError> {
    if app.config.kind != InstanceKind::Sandbox {
        return Ok(SandboxReset::NotASandbox);
    }
    let now = app.clock.now();
    let clients = app.config.declared_clients.iter().map(|declared| to_client(declared, now)).collect();
    begin_again(app, by, Entries { clients, ..Entries::default() }, store::clear_all_but_keys).await?;
    Ok(SandboxReset::Done)
}

async fn begin_again(
    app: &App,
    by: &By,
    beginning: Entries,
    clear: fn(&mut Tx) -> Result<(), StoreError>,
) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let entering = Circumstances::of(app, &By::local(Actor::System));
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            clear(tx)?;
            circumstances.record(tx, AuditEvent::InstanceReset)?;
            put_entries(tx, &entering, &beginning, now)
        })
        .await?;
    app.mailbox.clear();
    app.limiter.lock().unwrap_or_else(PoisonError::into_inner).clear();
    Ok(())
}
