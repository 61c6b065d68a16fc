//! Periodic work: what has expired is deleted, what waits in the outbox leaves.
//!
//! Refuses to be waited for: a round that fails is logged, and the next one comes. Doors: [`run`].

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
use crate::mail;

/// How long between two rounds of the outbox.
const OUTBOX_EVERY: Duration = Duration::from_secs(1);
/// How long between two purges.
const PURGE_EVERY: Duration = Duration::from_secs(60);

/// Works until `stopped` becomes true.
pub async fn run(app: App, mut stopped: watch::Receiver<bool>) {
    let mut outbox = tokio::time::interval(OUTBOX_EVERY);
    let mut purge = tokio::time::interval(PURGE_EVERY);
    loop {
        tokio::select! {
            _ = outbox.tick() => empty_outbox(&app).await,
            _ = purge.tick() => purge_expired(&app).await,
            _ = stopped.changed() => return,
        }
    }
}

/// Mails go to the mailbox page where there is one. Where there is none they wait, for some days at most, until a relay
/// can be configured.
async fn empty_outbox(app: &App) {
    if app.config.mailbox_page {
        if let Err(cause) = mail::deliver_due(&app.store, &app.renderer, &app.mailbox, &app.clock).await {
            tracing::warn!(%cause, "the outbox was not emptied");
        }
    } else if let Err(cause) = mail::drop_stale(&app.store, &app.clock).await {
        tracing::warn!(%cause, "stale mails were not dropped");
    }
}

async fn purge_expired(app: &App) {
    match app.store.purge(app.clock.now()).await {
        Ok(purged) if purged.records > 0 => tracing::debug!(records = purged.records, "purged what had expired"),
        Ok(_) => {}
        Err(cause) => tracing::warn!(%cause, "nothing was purged"),
    }
}
