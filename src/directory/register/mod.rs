//! The national register, imported from its files as published.
//!
//! Rows lie in a file of their own, names in an index beside it; both are written once, in a generation of their own, and
//! swapped together: an instance that serves notices it at the next question and answers the ones under way from the
//! generation before.

mod import;
mod names;
mod place;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Answer;
use crate::domain::{Establishment, EstablishmentQuery, Siret};
use crate::store::BulkReader;
pub use import::{FileReport, Filter, Import, ImportError, ImportReport, Progress, Rejected, Step, import};
use names::Names;
use place::{Place, Stamp};
use rows::{ENTITIES, ESTABLISHMENTS, EntityRow, EstablishmentRow};

/// The file of the rows in a generation.
const ROWS: &str = "rows.redb";
/// The directory of the index of names in a generation.
const NAMES: &str = "names";
/// Memory for the pages of the rows.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// What a generation says of itself.
fn about_file(generation: &Path) -> PathBuf {
    generation.join("about.json")
}

/// One generation, open.
struct Generation {
    rows: BulkReader,
    names: Names,
    about: ImportReport,
}

/// The register of a data directory, whichever generation counts.
pub(super) struct Register {
    place: Place,
    open: Mutex<Option<(Stamp, Arc<Generation>)>>,
}

impl Register {
    pub(super) fn of(data_directory: &Path) -> Self {
        Self { place: Place::of(data_directory), open: Mutex::new(None) }
    }

    /// What the import has told that made the generation that counts; `None` before the first.
    pub(super) fn about(&self) -> Answer<ImportReport> {
        self.with(|generation| Ok(Some(generation.about.clone())))
    }

    pub(super) fn find(&self, siret: &Siret) -> Answer<Establishment> {
        self.with(|generation| {
            let number = siret.as_str().parse().unwrap_or(0);
            generation.find(number)
        })
    }

    pub(super) fn search(&self, query: &EstablishmentQuery) -> Answer<Vec<Establishment>> {
        self.with(|generation| {
            let numbers = generation.names.search(query).map_err(|cause| cause.to_string())?;
            let found = numbers.into_iter().filter_map(|number| generation.find(number).transpose());
            found.collect::<Result<Vec<_>, _>>().map(Some)
        })
    }

    /// Asks the generation that counts; what it does not know is unknown.
    fn with<T>(&self, ask: impl FnOnce(&Generation) -> Result<Option<T>, String>) -> Answer<T> {
        let asked = match self.current() {
            Ok(None) => return Answer::Absent,
            Ok(Some(generation)) => ask(&generation),
            Err(reason) => Err(reason),
        };
        match asked {
            Ok(Some(found)) => Answer::Known(found),
            Ok(None) => Answer::Unknown,
            Err(reason) => {
                tracing::error!(%reason, "the register cannot be read: import it anew with `directory import`");
                Answer::Failed
            }
        }
    }

    /// Opens the generation that counts, unless it is open.
    fn current(&self) -> Result<Option<Arc<Generation>>, String> {
        let current = self.place.current().map_err(|cause| cause.to_string())?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((stamp, path)) = current else {
            *open = None;
            return Ok(None);
        };
        if let Some((known, generation)) = open.as_ref()
            && *known == stamp
        {
            return Ok(Some(Arc::clone(generation)));
        }
        let generation = Arc::new(Generation::open(&path)?);
        tracing::info!(establishments = generation.about.establishments, "the register has been opened");
        *open = Some((stamp, Arc::clone(&generation)));
        Ok(Some(generation))
    }
}

impl Generation {
    fn open(path: &Path) -> Result<Self, String> {
        let about = std::fs::read(about_file(path)).map_err(|cause| cause.to_string())?;
        Ok(Self {
            rows: BulkReader::open(&path.join(ROWS), CACHE_BYTES).map_err(|cause| cause.to_string())?,
            names: Names::open(&path.join(NAMES)).map_err(|cause| cause.to_string())?,
            about: serde_json::from_slice(&about).map_err(|cause| cause.to_string())?,
        })
    }

    fn find(&self, number: u64) -> Result<Option<Establishment>, String> {
        let read = |table, number| self.rows.find(table, number).map_err(|cause| cause.to_string());
        let Some(row) = read(ESTABLISHMENTS, number)? else { return Ok(None) };
        let entity = read(ENTITIES, number / 100_000)?;
        let unreadable = || format!("the row of {number:014} is something else");
        let row = EstablishmentRow::read(&row).ok_or_else(unreadable)?;
        let entity = match &entity {
            Some(entity) => EntityRow::read(entity).ok_or_else(unreadable)?,
            None => EntityRow::new(0),
        };
        let siret = format!("{number:014}").parse().map_err(|_| unreadable())?;
        Ok(Some(rows::establishment(siret, &row, &entity, self.about.imported_at)))
    }
}
