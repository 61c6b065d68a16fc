//! The list of rooms: one instance put together from its configuration, and every request's way through it.

#![deny(clippy::wildcard_enum_match_arm)]

#[cfg(unix)]
mod control;
mod handling;
mod high_water;
mod keys;
mod machine;
mod manager;
mod metrics;
#[cfg(not(unix))]
mod no_control;
mod operations;
mod pages;
mod places;
mod preflight;
mod reception;
mod reload;
mod serving;
mod wind_down;

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use thiserror::Error;

use crate::acts::administration::KeyStoreError;
use crate::acts::{self, ActError, By, DeclarationError, declare_clients};
use crate::app::{App, Parts};
use crate::clock::Clock;
use crate::config::{Config, DataLocation, InstanceKind, Mode};
use crate::crypto::{Keyring, LaneLimits, MasterKeyError, MasterKeys, PasskeySite, PasswordLane, Random};
use crate::dev::{self, SeedError};
use crate::directory::{Directory, Seeds};
use crate::domain::{Actor, Limiter};
use crate::fetch::{LeakedPasswords, RelyingParties};
use crate::logs::{Counts, Log};
use crate::mail::Mailbox;
use crate::protocol::Timestamp;
use crate::render::{RenderError, Renderer};
use crate::store::{Location, NotTaken, OpenError, Opening, Snapshot, Store, StoreError, database_file, signing_keys};
use crate::web::Table;
use crate::{accounts, admin, jobs, oidc, organizations, serve};

use machine::Hashing;
#[cfg(not(unix))]
use no_control as control;

pub use control::{Commands, check_reach};
#[cfg(unix)]
pub use control::{account_name, listen_for_commands};
pub use manager::is_alive;
pub use metrics::{Metrics, Requests};
pub use pages::every_page;
pub use places::{Places, places};
pub use preflight::{Examined, Fault, preflight};
pub use reception::{Reception, is_local_name};
pub use reload::Operated;
pub use serving::settings;

/// The most keys of the table of attempts.
const ATTEMPTS_CAPACITY: usize = 200_000;

/// Why an instance does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Hashing passwords would leave too little memory to everything else.
    #[error(
        "this process may take {} MiB of memory, of which hashing one password would take {} MiB: more than two fifths. Give it \
         {} MiB or more (the memory of the machine or of the container, MemoryMax= of the unit)",
        seen >> 20, needed >> 20, Self::least_memory(*needed) >> 20
    )]
    TooLittleMemory {
        /// The memory that was seen, in bytes.
        seen: u64,
        /// That of one hash.
        needed: u64,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database is damaged.
    #[error("{}", damage(database, reason, backups))]
    Damaged {
        /// Its file, left as it is.
        database: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// The backups of the data directory, the newest first.
        backups: Vec<PathBuf>,
    },
    /// There is no database where there was one.
    #[error(
        "{} is missing or empty, but {} says that there was a database: put it back, with `moncomptepro restore` from a \
         backup; to begin anew without it, delete {}",
        database.display(), noted.display(), noted.display()
    )]
    Vanished {
        /// The file of the database.
        database: PathBuf,
        /// Where it is noted how far it had come.
        noted: PathBuf,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master key cannot be read or made.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The master key is not the one that sealed the signing keys.
    #[error(
        "{} holds the master key {found}, but the signing keys of this database were sealed with another one: put the \
         right key there; a backup names the one that it needs (`moncomptepro backup verify FILE`)", place.display()
    )]
    OtherMasterKey {
        /// Where the key lies.
        place: PathBuf,
        /// Which key it is.
        found: String,
    },
    /// A signing key cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The templates do not stand.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The seeds or the fixtures do not stand.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Something could not be written.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The name of the local socket would be longer than the system takes.
    #[error(
        "{} is too long: commands reach the instance by a file (control.sock) that the system refuses under so long a name.          Choose a data_dir of {most} bytes at most", directory.display()
    )]
    LongPath {
        /// The data directory.
        directory: PathBuf,
        /// The most bytes of its path.
        most: usize,
    },
    /// There can be no local socket.
    #[error(
        "{} cannot be made, and commands would not reach this instance: {cause}. The account that starts it has to be able          to write in data_dir", path.display()
    )]
    NoSocket {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("tls: {0}")]
    Tls(#[from] serve::TlsError),
    /// The clients of the configuration file do not go with those of the database.
    #[error(transparent)]
    Clients(#[from] DeclarationError),
}

impl StartError {
    /// The memory that affords a hash of so many bytes, in whole mebibytes.
    pub fn least_memory(needed: u64) -> u64 {
        (needed.saturating_mul(5) / 2).div_ceil(1 << 20) << 20
    }
}

/// What to do about a damaged database.
fn damage(database: &Path, reason: &str, backups: &[PathBuf]) -> String {
    let directory = database.parent().unwrap_or(Path::new(".")).display();
    let newest: Vec<String> = backups.iter().take(3).map(|path| path.display().to_string()).collect();
    let known = match newest.is_empty() {
        true => format!("no backup lies in {directory}/backups"),
        false => format!("the newest backups are {}", newest.join(", ")),
    };
    format!(
        "{} is damaged: {reason}. It was left as it is. To see more: `moncomptepro check --data-dir {directory}`; to put a \
         backup in its place: `moncomptepro restore FILE`; {known}. Without a backup: `moncomptepro salvage --data-dir \
         {directory}` puts what can still be read into a new database",
        database.display()
    )
}

/// Puts an instance together: opens the database, reads or makes the keys, enters what development mode starts with, or
/// the clients of the configuration file.
///
/// # Errors
/// What is in the way, in words that name it.
pub async fn start(config: Config, clock: Clock, random: Random) -> Result<App, StartError> {
    enough_memory(&config)?;
    let app = open(config, clock, random).await?;
    acts::restore_bans(&app)?;
    match app.config.mode {
        Mode::Dev => {
            dev::seed(&app).await?;
        }
        Mode::Serve => declare_clients(&app, &By::local(Actor::Operator), &app.config.declared_clients).await?,
    }
    Ok(app)
}

/// Whether passwords can be hashed within the memory that the process may take (SEC-64).
fn enough_memory(config: &Config) -> Result<(), StartError> {
    let Hashing { memory_bytes, parameters, limits } = Hashing::of(config);
    match limits {
        Some(_) => Ok(()),
        None => Err(StartError::TooLittleMemory { seen: memory_bytes, needed: parameters.memory_bytes() }),
    }
}

/// The same without entering anything: for commands, one of which may mend what keeps an instance from starting.
///
/// # Errors
/// What is in the way, in words that name it.
pub async fn open(config: Config, clock: Clock, random: Random) -> Result<App, StartError> {
    let config = Arc::new(config);
    let (store, backed_up) = open_store(&config, &clock, &random)?;
    let master_key = keys::master(&config, store.read(signing_keys::sealing_key)?.as_deref(), &random)?;
    let keyring = match config.mode {
        Mode::Dev => Keyring::new(dev::published_keys(clock.now()).map_err(KeyStoreError::from)?),
        Mode::Serve => keys::stored(&config, &store, &master_key, clock.now(), &random).await?,
    };
    let keys = keys::of_messages(&config, &store, &master_key)?;
    let hashing = Hashing::of(&config);
    let lane = hashing.limits.unwrap_or(LaneLimits { threads: 1, ..LaneLimits::default() });
    let seeds = match config.mode {
        Mode::Dev => dev::known_establishments(&config)?,
        Mode::Serve => Seeds::default(),
    };
    let app = App::new(Parts {
        directory: Directory::new(&config, clock.clone(), seeds),
        leaked_passwords: Arc::new(LeakedPasswords::new(&clock, config.reach.clone())),
        relying_parties: Arc::new(RelyingParties::new(&clock, config.reach.clone())),
        mail_exchanges: Arc::default(),
        clock,
        passwords: PasswordLane::with_limits(hashing.parameters, random.clone(), lane),
        passkeys: PasskeySite::new(config.issuer(), &config.instance_name).map(Arc::new),
        random,
        store,
        master_keys: MasterKeys::new(master_key),
        keyring,
        keys: Arc::new(keys),
        limiter: Arc::new(Mutex::new(Limiter::new(ATTEMPTS_CAPACITY))),
        turned_away: Arc::default(),
        counts: Counts::default(),
        renderer: Arc::new(Renderer::new()?),
        mailbox: Mailbox::new(),
        high_water: high_water::place(&config).map(Arc::new),
        ails: Arc::new(AtomicBool::new(false)),
        stopping: Arc::new(AtomicBool::new(false)),
        config,
    });
    acts::begin_run(&app).await.map_err(|cause| not_begun(cause, &app.config))?;
    if let Some(taken_at) = backed_up {
        acts::note_backup(&app, taken_at).await?;
    }
    Ok(app)
}

/// Every route of an instance.
pub fn routes(app: &App) -> Table {
    let routes = oidc::routes(app)
        .join(operations::routes(app))
        .join(accounts::routes(app))
        .join(organizations::routes(app))
        .join(admin::routes(app));
    match (app.config.mode, app.config.kind) {
        (Mode::Serve, InstanceKind::Production) => routes,
        (Mode::Serve, InstanceKind::Sandbox) => routes.join(dev::sandbox_routes(app)),
        (Mode::Dev, _) => routes.join(dev::routes(app)),
    }
}

/// The database, and when a backup was made because an older version had written it.
fn open_store(config: &Config, clock: &Clock, random: &Random) -> Result<(Store, Option<Timestamp>), StartError> {
    high_water::check_present(config)?;
    let location = match &config.data {
        DataLocation::Memory => Location::Memory,
        DataLocation::Directory(directory) => Location::Directory(directory.clone()),
    };
    let opening = Opening {
        location,
        cache_bytes: config.cache_bytes,
        mode: config.mode.as_str().to_owned(),
        issuer: config.issuer().to_owned(),
        instance_id: random.token(),
        accept_issuer_change: config.accept_issuer_change,
        now: clock.now(),
    };
    let backed_up = Cell::new(None);
    let before = |tx: &Snapshot| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let DataLocation::Directory(data) = &config.data else { return Ok(()) };
        let master_key = keys::master(config, signing_keys::sealing_key(tx)?.as_deref(), random)?;
        backed_up.set(acts::back_up_before_migration(tx, data, &master_key, clock.wall())?);
        Ok(())
    };
    let opened = Store::open_after(opening, &before).map_err(|cause| match (cause, &config.data) {
        (OpenError::Damaged(reason), DataLocation::Directory(directory)) => StartError::Damaged {
            database: database_file(directory),
            reason,
            backups: acts::list_own_backups(directory),
        },
        (cause, _) => StartError::Open(cause),
    });
    let store = opened?;
    if let DataLocation::Directory(directory) = &config.data {
        clear_workshops(directory);
    }
    Ok((store, backed_up.get()))
}

/// What cannot be thrown away keeps nobody from being served.
fn clear_workshops(directory: &Path) {
    match acts::clear_workshops(directory) {
        Ok(cleared) => {
            for workshop in cleared {
                tracing::warn!(directory = %workshop.display(), "a restore or a salvage was cut short: what it left was removed");
            }
        }
        Err(cause) => tracing::warn!(%cause, "what a restore or a salvage has left cannot be removed"),
    }
}

/// Why a run did not begin: where nothing could be written, the file is named.
fn not_begun(cause: ActError, config: &Config) -> StartError {
    match (cause, &config.data) {
        (ActError::Store(StoreError::Unavailable), DataLocation::Directory(directory)) => {
            StartError::Open(OpenError::Unusable { path: database_file(directory), cause: io::Error::other(NotTaken) })
        }
        (cause, _) => StartError::Act(cause),
    }
}

/// Whether there is a database in a data directory.
pub fn has_data(directory: &Path) -> bool {
    database_file(directory).exists()
}

/// How an instance is watched over.
#[derive(Default)]
pub struct Watching {
    /// The configuration, and how it is read again; there is none where everything was said on the command line.
    pub operated: Option<Operated>,
    /// Where its numbers are read; nowhere, unless the operator says so.
    pub metrics: Option<serve::Bound>,
    /// Its log, whose lost lines are one of them.
    pub log: Option<Log>,
    /// Where commands come in; nowhere for data in memory.
    pub commands: Commands,
}

/// Serves an instance on listeners that are bound, until it is told to stop.
///
/// # Errors
/// When the audit does not take the start.
pub async fn run(
    app: App,
    bound: serve::Bound,
    settings: serve::Settings,
    watching: Watching,
    signals: serve::Signals,
) -> std::io::Result<()> {
    let set = watching.operated.as_ref().map(|operated| operated.loaded.set()).unwrap_or_default();
    acts::note_start(&app, set).await.map_err(std::io::Error::other)?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let reception = Reception::new(app.clone(), routes(&app));
    let sink = watching.log.as_ref().map(|log| log.sink.clone());
    let metrics = Metrics::new(app.clone(), reception.requests().clone(), &settings, sink);
    let (front, current) = tokio::sync::watch::channel(Arc::new(reception));
    let commands = {
        let current = current.clone();
        watching.commands.answer(move || current.borrow().app().clone(), stopped.clone())
    };
    let mut beside = vec![tokio::spawn(manager::keep_telling(current.clone()))];
    if let Some(hangups) = signals.renew {
        let renewal = serving::renew(settings.tls.clone(), app.clock.clone(), hangups);
        beside.push(tokio::spawn(renewal));
    }
    if let (Some(operated), Some(hangups)) = (watching.operated, signals.reload) {
        beside.push(tokio::spawn(reload::follow(operated, front, watching.log, hangups)));
    }
    let chores = {
        let (current, tls) = (current.clone(), settings.tls.clone());
        let certificate_until = move || tls.as_ref().and_then(serve::Tls::to_be_renewed_before);
        let current = move || current.borrow().app().clone();
        tokio::spawn(jobs::run(current, certificate_until, stopped.clone(), jobs::Pace::STANDARD))
    };
    let token = app.config.metrics_token.clone();
    let shown =
        watching.metrics.map(|bound| tokio::spawn(metrics::run(bound, metrics, token, is_told(stopped.clone()))));
    let answer = move |request, client| {
        let reception = Arc::clone(&current.borrow());
        async move { reception.answer(request, client).await }
    };
    let stopping = async {
        signals.stop.told().await;
        tracing::info!("told to stop: requests under way may end");
        app.stopping.store(true, Ordering::Relaxed);
        manager::tell(serve::notify_stopping());
    };
    manager::tell(serve::notify_ready());
    let (issuer, version) = (app.config.issuer().to_owned(), env!("CARGO_PKG_VERSION"));
    tracing::info!(issuer, version, pid = std::process::id(), port = bound.port(), "the instance has started");
    serve::run(bound, settings, answer, stopping).await;
    beside.iter().for_each(tokio::task::JoinHandle::abort);
    stop.send_replace(true);
    wind_down::let_end("periodic work", Some(chores), wind_down::WITHIN).await;
    wind_down::let_end("the listener of the metrics", shown, wind_down::WITHIN).await;
    if let Err(cause) = acts::note_stop(&app).await {
        tracing::warn!(%cause, "the end of this run is not in the audit");
    }
    wind_down::let_end("the local socket", commands, wind_down::WITHIN.saturating_mul(2)).await;
    tracing::info!("the instance has stopped");
    Ok(())
}

/// Ends when this becomes true, or nobody is left to say so.
async fn is_told(mut stopped: tokio::sync::watch::Receiver<bool>) {
    // Whoever cannot be told any more is told.
    stopped.wait_for(|is_stopped| *is_stopped).await.map(drop).unwrap_or_default();
}
