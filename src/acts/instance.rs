//! The instance as a whole: when it begins and ceases to serve, and when it begins again.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde_json::Value;

use super::clients::to_client;
use super::people::put_entries;
use super::{ActError, By, Circumstances, Entries};
use crate::app::App;
use crate::config::{Changed, InstanceKind};
use crate::domain::{Actor, AuditEvent, FieldChange};
use crate::store::{self, StoreError, Tx, counters};

/// The counter of starts.
const STARTS: &str = "starts";

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
    /// There are people at its beginning, which only its own way to begin again enters.
    BeginsOtherwise,
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
    if !app.config.begins_empty() {
        return Ok(SandboxReset::BeginsOtherwise);
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

/// The instance begins to serve with these settings; the first time, it was set up.
///
/// # Errors
/// When the store fails.
pub async fn note_start(app: &App, settings: BTreeMap<String, String>) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let weakened_by: Vec<String> = app.config.weakenings().iter().map(|weakening| weakening.key.to_owned()).collect();
    app.store
        .write(move |tx| {
            let number = counters::next(tx, STARTS)?;
            let version = String::from(env!("CARGO_PKG_VERSION"));
            let (settings, weakened_by) = (settings.clone(), weakened_by.clone());
            circumstances.record(tx, AuditEvent::InstanceStarted { number, version, settings, weakened_by })
        })
        .await?;
    Ok(())
}

/// Whether the writer of the store answers: it flushes nothing as it flushes every act, or refuses while the store mends
/// itself. Does not end where it is stuck.
pub async fn is_writer_alive(app: &App) -> bool {
    app.store.write(|_| Ok(())).await.is_ok() || !app.store.is_healthy()
}

/// The configuration was read again while the instance serves.
///
/// # Errors
/// When the store fails.
pub async fn note_reload(app: &App, changed: &[Changed]) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let (applied, waiting): (Vec<&Changed>, Vec<&Changed>) = changed.iter().partition(|changed| changed.is_reloadable);
    let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::from);
    let applied: Vec<FieldChange> = applied
        .into_iter()
        .map(|changed| FieldChange {
            field: changed.key.clone(),
            before: value(&changed.before),
            after: value(&changed.after),
        })
        .collect();
    let at_next_start: Vec<String> = waiting.into_iter().map(|changed| changed.key.clone()).collect();
    app.store
        .write(move |tx| {
            let (applied, at_next_start) = (applied.clone(), at_next_start.clone());
            circumstances.record(tx, AuditEvent::ConfigurationReloaded { applied, at_next_start })
        })
        .await?;
    Ok(())
}

/// The instance was told to stop, and has stopped.
///
/// # Errors
/// When the store fails.
pub async fn note_stop(app: &App) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    app.store.write(move |tx| circumstances.record(tx, AuditEvent::InstanceStopped)).await?;
    Ok(())
}
