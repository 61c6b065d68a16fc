//! The national register, imported from its files as published.
//!
//! Rows lie in a file of their own, names in an index beside it; both are written once, in a generation of their own, and
//! swapped together: an instance that serves notices it at the next question and answers the ones under way from the
//! generation before.

mod import;
mod names;
mod rows;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Answer;
use super::current::Current;
use super::place::Place;
use crate::domain::{Establishment, EstablishmentQuery, Siren, Siret};
use crate::store::BulkReader;
pub(super) use import::Course;
pub use import::{FileReport, Filter, Import, ImportReport, Progress, Step, import};
use names::Names;
use rows::{ACTIVE, ENTITIES, ESTABLISHMENTS, EntityRow, EstablishmentRow, HEAD_OFFICE, PARTIAL, WITHHELD};

/// The name of its place in the data directory.
const PLACE: &str = "register";
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

/// What a generation says of a number.
enum Found<T> {
    Told(T),
    /// Nobody may tell anything of it.
    Withheld,
}

/// What it says, of what may be told.
fn told<T>(answer: Answer<Found<T>>) -> Answer<T> {
    match answer {
        Answer::Known(Found::Told(known)) => Answer::Known(known),
        Answer::Known(Found::Withheld) | Answer::Withheld => Answer::Withheld,
        Answer::Unknown => Answer::Unknown,
        Answer::Absent => Answer::Absent,
        Answer::Failed => Answer::Failed,
        Answer::Busy => Answer::Busy,
    }
}

/// The register of a data directory, whichever generation counts.
pub(super) struct Register(Current<Generation>);

impl Register {
    pub(super) fn of(data_directory: &Path) -> Self {
        Self(Current::new(Place::of(data_directory, PLACE), Generation::open))
    }

    /// What the import has told that made the generation that counts; `None` before the first.
    pub(super) fn about(&self) -> Answer<ImportReport> {
        self.0.with(|generation| Ok(Some(generation.about.clone())))
    }

    pub(super) fn find(&self, siret: &Siret) -> Answer<Establishment> {
        told(self.0.with(|generation| {
            let number = siret.as_str().parse().unwrap_or(0);
            generation.find(number)
        }))
    }

    pub(super) fn search(&self, query: &EstablishmentQuery) -> Answer<Vec<Establishment>> {
        told(self.0.with(|generation| match query.siren() {
            Some(siren) => generation.list_of(siren, query),
            None => generation.search(query).map(|found| Some(Found::Told(found))),
        }))
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

    fn find(&self, number: u64) -> Result<Option<Found<Establishment>>, String> {
        let read = |table, number| self.rows.find(table, number).map_err(|cause| cause.to_string());
        let (row, entity) = (read(ESTABLISHMENTS, number)?, read(ENTITIES, number / 100_000)?);
        let unreadable = || format!("the row of {number:014} is something else");
        let entity = match &entity {
            Some(entity) => EntityRow::read(entity).ok_or_else(unreadable)?,
            // What nothing is known of may have asked for discretion.
            None => EntityRow::new(PARTIAL),
        };
        let row = match &row {
            _ if entity.has(WITHHELD) => return Ok(Some(Found::Withheld)),
            Some(row) => EstablishmentRow::read(row).ok_or_else(unreadable)?,
            None => return Ok(None),
        };
        if row.has(WITHHELD) {
            return Ok(Some(Found::Withheld));
        }
        let siret = format!("{number:014}").parse().map_err(|_| unreadable())?;
        let told = rows::establishment(siret, &row, &entity, self.about.imported_at);
        Ok(Some(Found::Told(told)))
    }

    fn search(&self, query: &EstablishmentQuery) -> Result<Vec<Establishment>, String> {
        let numbers = self.names.search(query).map_err(|cause| cause.to_string())?;
        let mut establishments = Vec::new();
        for number in numbers {
            if let Some(Found::Told(establishment)) = self.find(number)? {
                establishments.push(establishment);
            }
        }
        Ok(establishments)
    }

    /// The establishments of a legal entity: its head office, then those in activity, then the others. They lie side by
    /// side; the largest entities have some tens of thousands.
    fn list_of(&self, siren: &Siren, query: &EstablishmentQuery) -> Result<Option<Found<Vec<Establishment>>>, String> {
        let first = siren.as_str().parse::<u64>().unwrap_or(0).saturating_mul(100_000);
        let mut flags = BTreeMap::new();
        let note = |number, row: &[u8]| {
            let _ = flags.insert(number, row.first().copied().unwrap_or(WITHHELD));
        };
        let walked = self.rows.visit(ESTABLISHMENTS, first, first.saturating_add(99_999), note);
        walked.map_err(|cause| cause.to_string())?;
        let mut numbers: Vec<(u64, u8)> = flags.into_iter().collect();
        numbers.sort_by_key(|(number, flags)| (Reverse(flags & HEAD_OFFICE), Reverse(flags & ACTIVE), *number));
        let (mut establishments, mut is_withheld) = (Vec::new(), false);
        for (number, _) in numbers {
            match self.find(number)? {
                Some(Found::Told(found)) => establishments.push(found.masked()),
                Some(Found::Withheld) => is_withheld = true,
                None => {}
            }
            establishments.pop_if(|found| !query.is_there(found));
            if establishments.len() == query.limit() {
                break;
            }
        }
        Ok(match (establishments.is_empty(), is_withheld) {
            (true, true) => Some(Found::Withheld),
            (true, false) => None,
            (false, _) => Some(Found::Told(establishments)),
        })
    }
}
