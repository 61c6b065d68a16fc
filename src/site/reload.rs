//! The configuration read again while the instance serves: what can change is applied, what cannot is told, and a bad
//! one changes nothing (SEC-217).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use super::{Reception, manager, routes};
use crate::acts::{self, By, DeclarationError};
use crate::config::{Changed, ConfigError, Loaded};
use crate::domain::Actor;
use crate::logs::Log;
use crate::protocol::Locale;
use crate::serve::{self, Hangups};

/// How long the reading may take.
const READING: Duration = Duration::from_secs(10);

/// The configuration that an instance was started with, and how it is read again.
#[derive(Clone)]
pub struct Operated {
    /// As it was read last.
    pub loaded: Loaded,
    /// Reads it again. Blocks.
    pub again: Arc<dyn Fn() -> Result<Loaded, ConfigError> + Send + Sync>,
}

/// Why nothing was changed.
#[derive(Debug, Error)]
enum ReloadError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Clients(#[from] DeclarationError),
    #[error("it was not read to its end: {0}")]
    Broken(#[from] tokio::task::JoinError),
    #[error("the file is not read within {} s", READING.as_secs())]
    Unanswered,
}

/// Reads the configuration again whenever the system says so, for ever.
pub(super) async fn follow(
    mut operated: Operated,
    front: watch::Sender<Arc<Reception>>,
    log: Option<Log>,
    mut hangups: Hangups,
) {
    loop {
        hangups.next().await;
        manager::tell(serve::notify_reloading());
        match reload(&operated, &front, log.as_ref()).await {
            Ok(loaded) => operated.loaded = loaded,
            Err(ReloadError::Config(cause)) => {
                for problem in &cause.problems {
                    tracing::error!("{}", problem.say(Locale::En));
                }
                tracing::error!("the configuration is not good: the one before goes on, nothing was changed");
            }
            Err(cause) => {
                tracing::error!(%cause, "the configuration is not used: the one before goes on, nothing was changed");
            }
        }
        // Whichever holds now: it answers. An instance that was told to stop meanwhile has said so.
        if !front.borrow().app().stopping.load(Ordering::Relaxed) {
            manager::tell(serve::notify_ready());
        }
    }
}

async fn reload(
    operated: &Operated,
    front: &watch::Sender<Arc<Reception>>,
    log: Option<&Log>,
) -> Result<Loaded, ReloadError> {
    let again = Arc::clone(&operated.again);
    // A file of a disk that does not answer must not keep every later change out.
    let reading = tokio::time::timeout(READING, tokio::task::spawn_blocking(move || again()));
    let loaded = reading.await.map_err(|_elapsed| ReloadError::Unanswered)???;
    let before = Arc::clone(&front.borrow());
    let app = before.app().clone();
    let config = app.config.reloaded(&loaded.config);
    // The clients first: they are what can still be refused.
    acts::declare_clients(&app, &By::local(Actor::System), &config.declared_clients).await?;
    if let Some(log) = log {
        log.set_level(&config.logs.level);
    }
    let app = app.with(|parts| parts.config = Arc::new(config));
    front.send_replace(Arc::new(before.under(app.clone(), routes(&app))));
    let changed = operated.loaded.changed_in(&loaded);
    tell(&changed);
    if let Err(cause) = acts::note_reload(&app, &changed).await {
        tracing::warn!(%cause, "the new configuration is not in the audit");
    }
    Ok(loaded)
}

fn tell(changed: &[Changed]) {
    let keys = |is_reloadable| {
        let wanted = changed.iter().filter(|changed| changed.is_reloadable == is_reloadable);
        wanted.map(|changed| changed.key.as_str()).collect::<Vec<_>>().join(", ")
    };
    tracing::info!(applied = keys(true), "the configuration was read again; its clients are those of the file");
    let waiting = keys(false);
    if !waiting.is_empty() {
        tracing::warn!(keys = waiting, "these keys were changed and take effect at the next start");
    }
}
