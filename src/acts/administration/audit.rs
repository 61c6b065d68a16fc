//! The audit trail, read by operators; who reads it is recorded in it (SEC-164).

use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{Actor, AuditEvent, TakenList};
use crate::store::audit::{self, AuditEntry};
use crate::store::{Read, Store, StoreError};

/// How much older than the last one seen a record may be that was written after it: acts take their time before they
/// wait for the writer.
const LATE_MILLIS: u64 = 60_000;
/// How many records are looked at at once.
const PAGE: usize = 500;

/// A place in the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditPosition {
    /// Milliseconds since 1970.
    pub at_millis: u64,
    /// The number of the record there.
    pub sequence: u64,
}

impl AuditPosition {
    /// Where a record lies.
    pub fn of(entry: &AuditEntry) -> Self {
        Self { at_millis: entry.record.at_millis, sequence: entry.sequence }
    }

    /// Before everything of that time.
    pub fn at(at_millis: u64) -> Self {
        Self { at_millis, sequence: 0 }
    }
}

/// At most `limit` records after `after`, the oldest first. The first look is recorded.
///
/// # Errors
/// When the store fails.
pub async fn read_audit(
    app: &App,
    by: &By,
    after: AuditPosition,
    is_first: bool,
    limit: usize,
) -> Result<Vec<AuditEntry>, ActError> {
    if is_first {
        note(app, by).await?;
    }
    looking(&app.store, move |tx| audit::list(tx, after.at_millis, after.sequence, limit)).await
}

/// The last `limit` records, the oldest first. The look is recorded, and is the last of them.
///
/// # Errors
/// When the store fails.
pub async fn read_latest_audit(app: &App, by: &By, limit: usize) -> Result<Vec<AuditEntry>, ActError> {
    note(app, by).await?;
    let mut latest = looking(&app.store, move |tx| audit::list_latest(tx, None, limit)).await?;
    latest.reverse();
    Ok(latest)
}

/// At most `limit` records that were written after the one at `seen`, in the order of writing.
///
/// # Errors
/// When the store fails.
pub async fn follow_audit(app: &App, seen: AuditPosition, limit: usize) -> Result<Vec<AuditEntry>, ActError> {
    looking(&app.store, move |tx| written_after(tx, seen, limit)).await
}

fn written_after(tx: &impl Read, seen: AuditPosition, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
    let mut after = AuditPosition::at(seen.at_millis.saturating_sub(LATE_MILLIS));
    let mut fresh = Vec::new();
    loop {
        let page = audit::list(tx, after.at_millis, after.sequence, PAGE)?;
        let Some(last) = page.last() else { break };
        after = AuditPosition::of(last);
        fresh.extend(page.into_iter().filter(|entry| entry.sequence > seen.sequence));
    }
    fresh.sort_by_key(|entry| entry.sequence);
    fresh.truncate(limit);
    Ok(fresh)
}

/// Records that an officer takes a list as a file of so many lines: what it holds leaves by it (SEC-144).
///
/// # Errors
/// When the store fails.
pub async fn note_taken_list(app: &App, by: &By, list: TakenList, lines: usize) -> Result<(), ActError> {
    let lines = u64::try_from(lines).unwrap_or(u64::MAX);
    record_look(app, by, AuditEvent::ListTaken { list, lines }).await
}

async fn note(app: &App, by: &By) -> Result<(), ActError> {
    record_look(app, by, AuditEvent::AuditRead).await
}

/// Records that somebody looks. Where nothing can be written, whoever is at the machine still sees: they could read the
/// file itself, and need to know what is wrong. The log says so then.
pub(super) async fn record_look(app: &App, by: &By, event: AuditEvent) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    match app.store.write(move |tx| circumstances.record(tx, event.clone())).await {
        Err(StoreError::Unavailable) if matches!(by.actor, Actor::CommandLine(_)) => {
            tracing::warn!("nothing can be written: a look by command is not in the audit");
            Ok(())
        }
        outcome => Ok(outcome?),
    }
}

/// Long reads belong on the blocking pool.
pub(super) async fn looking<T: Send + 'static>(
    store: &Store,
    look: impl Fn(&crate::store::Snapshot) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ActError> {
    let store = store.clone();
    let looking = tokio::task::spawn_blocking(move || store.read(look));
    Ok(looking.await.unwrap_or(Err(StoreError::Panicked))?)
}
