//! What can still be read of a damaged database, put into a new one (SEC-192). The damaged one is never written to.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::exchange::{FileError, SALVAGING, clear, exchange, failed};
use crate::crypto::Random;
use crate::domain::{Actor, AuditEvent, AuditRecord, Origin, UserId};
use crate::protocol::Timestamp;
use crate::store::marks::{self, Mark};
use crate::store::salvage::{SalvagedTable, Wreck, quietly, settle};
use crate::store::{self, DirectoryLock, Location, OpenError, Opening, StillImage, Store, StoreError, audit};

/// Where a new database lies that was not put in the place of the old one, in the data directory.
const SALVAGED: &str = "salvage";
/// What the file of the damaged database ends with, before the time.
const DAMAGED: &str = "damaged";
/// Memory for pages while it is built.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What is to be salvaged.
pub struct SalvageOrder {
    /// The data directory.
    pub data_directory: PathBuf,
    /// Where it is noted how far the database has come.
    pub high_water: PathBuf,
    /// Mode of running and issuer that the data is for, where they are known.
    pub identity: Option<(String, String)>,
    /// Whether the new database takes the place of the damaged one, which is kept beside it.
    pub replace: bool,
    /// Who salvages.
    pub actor: Actor,
    /// The time.
    pub now: Timestamp,
    /// Random values.
    pub random: Random,
}

/// What was salvaged.
#[derive(Debug)]
pub struct Salvaged {
    /// What became of the records of each table.
    pub tables: Vec<SalvagedTable>,
    /// People who lost their credentials and are disabled.
    pub disabled: Vec<UserId>,
    /// The new database.
    pub database: PathBuf,
    /// Where the damaged one lies now, if it was replaced.
    pub kept: Option<PathBuf>,
}

impl Salvaged {
    /// How many records are lost, as far as that is known.
    pub fn lost(&self) -> u64 {
        lost(&self.tables)
    }
}

/// Why nothing was salvaged. Nothing was replaced.
#[derive(Debug, Error)]
pub enum SalvageError {
    /// The data cannot be taken, or what was built cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Not even the beginning of the database can be read.
    #[error(
        "{}: nothing of it can be read ({reason}); `moncomptepro restore FILE` puts a backup in its place", path.display()
    )]
    Hopeless {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing says whose database it is.
    #[error("{}: whose database it is cannot be read any more: name its configuration with --config", .0.display())]
    Nameless(PathBuf),
    /// What was built cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was built does not agree with itself.
    #[error("what was salvaged does not agree with itself: {0}")]
    NotSound(String),
    /// A file cannot be made or moved.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Salvages the database of a directory on which no instance runs; `None` where it is sound, and nothing is done. Blocks.
///
/// # Errors
/// Why nothing was salvaged.
pub fn salvage(order: &SalvageOrder) -> Result<Option<Salvaged>, SalvageError> {
    quietly(|| salvage_aloud(order))
}

fn salvage_aloud(order: &SalvageOrder) -> Result<Option<Salvaged>, SalvageError> {
    let _held = DirectoryLock::take_as_it_is(&order.data_directory)?;
    if is_sound(order) {
        return Ok(None);
    }
    let path = store::database_file(&order.data_directory);
    let wreck = Wreck::of_directory(&order.data_directory).map_err(|cause| {
        if let OpenError::Damaged(reason) = cause {
            return SalvageError::Hopeless { path: path.clone(), reason };
        }
        SalvageError::Open(cause)
    })?;
    let workshop = order.data_directory.join(SALVAGING);
    clear(&workshop)?;
    let built = build(order, &wreck, &path, &workshop);
    if built.is_err() {
        clear(&workshop)?;
    }
    let (mut salvaged, instance_id, mark) = built?;
    drop(wreck);
    let beside = order.data_directory.join(SALVAGED);
    if order.replace {
        salvaged.kept = exchange(&order.data_directory, &workshop, DAMAGED, order.now)?;
        salvaged.database = path;
        marks::write_file(&order.high_water, &instance_id, mark).map_err(failed(&order.high_water))?;
        clear(&workshop)?;
        clear(&beside)?;
    } else {
        // Whole before it has its name: what a kill leaves is not taken for it.
        clear(&beside)?;
        std::fs::rename(&workshop, &beside).map_err(failed(&beside))?;
        store::sync_directory(&order.data_directory).map_err(failed(&order.data_directory))?;
        salvaged.database = store::database_file(&beside);
    }
    Ok(Some(salvaged))
}

fn is_sound(order: &SalvageOrder) -> bool {
    let report = StillImage::of_directory(&order.data_directory).map(|image| image.check(order.now));
    matches!(report, Ok(Ok(report)) if report.is_sound())
}

/// Builds the new database and judges it.
fn build(
    order: &SalvageOrder,
    wreck: &Wreck,
    path: &Path,
    workshop: &Path,
) -> Result<(Salvaged, String, Mark), SalvageError> {
    let header = wreck.header();
    let identity = order.identity.clone().or_else(|| header.map(|known| (known.mode.clone(), known.issuer.clone())));
    let (mode, issuer) = identity.ok_or_else(|| SalvageError::Nameless(path.to_path_buf()))?;
    let opening = Opening {
        location: Location::Directory(workshop.to_path_buf()),
        cache_bytes: CACHE_BYTES,
        mode,
        issuer,
        instance_id: header.map_or_else(|| order.random.token(), |known| known.instance_id.clone()),
        accept_issuer_change: false,
        now: order.now,
    };
    let blank = Store::open(opening.clone())?;
    let mut tables = wreck.pour_into(&blank)?;
    drop(blank);
    // Opened as any database is: its mode, its issuer and its format are judged, and older records brought up to date.
    let store = Store::open(opening)?;
    let settled = settle(&store, &mut tables, order.now)?;
    let instance_id = store.header().instance_id.clone();
    let mark = next_mark(order, wreck, &instance_id);
    let record = AuditRecord {
        at_millis: order.now.0.saturating_mul(1000),
        actor: order.actor.clone(),
        origin: Origin::default(),
        event: AuditEvent::DatabaseSalvaged { lost: lost(&tables) },
    };
    store.write_blocking(move |tx| {
        marks::put(tx, &mark)?;
        audit::insert(tx, &record)
    })?;
    if let Some(finding) = store.check(order.now)?.findings.first() {
        return Err(SalvageError::NotSound(finding.to_string()));
    }
    let database = store::database_file(workshop);
    Ok((Salvaged { tables, disabled: settled.disabled, database, kept: None }, instance_id, mark))
}

fn lost(tables: &[SalvagedTable]) -> u64 {
    tables.iter().filter(|table| !table.is_left_behind).filter_map(|table| table.lost).sum()
}

/// The run that follows comes after every run that there was, so that nothing handed out before is taken for its own.
fn next_mark(order: &SalvageOrder, wreck: &Wreck, instance_id: &str) -> Mark {
    let noted = marks::read_file(&order.high_water, instance_id).ok().flatten().unwrap_or_default();
    let known = wreck.mark();
    let term = noted.term.max(known.term).saturating_add(1);
    Mark { term, seen_at: noted.seen_at.max(known.seen_at), ..Mark::default() }
}
