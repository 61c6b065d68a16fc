//! `StockUniteLegale` and `StockEtablissement` as published, read once from the first line to the last, into a generation of
//! their own that takes the place of the one before when it is whole.

mod columns;
mod course;
mod filter;
mod pass;
mod report;

use std::path::{Path, PathBuf};

use super::names::NameWriter;
use super::rows::{ENTITIES, ESTABLISHMENTS, EntityRow, EstablishmentRow, PARTIAL, WITHHELD};
use super::{NAMES, PLACE, ROWS, about_file};
pub(super) use crate::directory::files::ImportError;
use crate::directory::place::Place;
use crate::protocol::Timestamp;
use crate::store::{BulkReader, BulkWriter};
use columns::Kind;
pub(in crate::directory) use course::Course;
pub use filter::Filter;
use pass::{File, Kept, Pass};
pub use report::{FileReport, ImportReport, Progress, Step};

/// Memory for the pages of the file that is written.
const CACHE_BYTES: usize = 48 * 1024 * 1024;

/// What is imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// The files, in any order.
    pub files: Vec<PathBuf>,
    /// What of them is kept.
    pub filter: Filter,
}

/// Imports files into a data directory and lets them count. Blocks for as long as it takes.
///
/// # Errors
/// Why not; the register before goes on.
pub fn import(
    data_directory: &Path,
    import: &Import,
    now: Timestamp,
    watch: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let place = Place::of(data_directory, PLACE);
    let unwritable = |cause| ImportError::Unwritable { place: place.directory().to_owned(), cause };
    let files = sorted_files(import)?;
    let Some(_lock) = place.lock().map_err(unwritable)? else {
        return Err(ImportError::Locked(place.directory().to_owned()));
    };
    let generation = place.begin(&format!("{}-{}", now.0, std::process::id())).map_err(unwritable)?;
    let mut report = ImportReport::new(now, import.filter.clone());

    let mut writer = BulkWriter::create(&generation.join(ROWS), CACHE_BYTES)?;
    let mut kept = Kept::default();
    let size_of = |kind: Option<Kind>| {
        let some = files.iter().filter(|file| kind.is_none_or(|kind| file.kind == kind));
        some.fold(0, |sum: u64, file| sum.saturating_add(file.size))
    };
    let mut course = Course::begin(size_of(None), size_of(Some(Kind::Establishments)), watch);
    for file in &files {
        let mut pass = Pass { filter: &import.filter, writer: &mut writer, kept: &mut kept, course: &mut course };
        let (told, rejected) = pass.read(file)?;
        report.add(told, rejected);
    }
    if kept.establishments == 0 {
        return Err(ImportError::Empty);
    }
    writer.finish(&[])?;

    let rows = BulkReader::open(&generation.join(ROWS), CACHE_BYTES)?;
    let (searchable, there) = index(&rows, &generation.join(NAMES), kept.establishments, &mut course)?;
    drop(rows);
    report.searchable = searchable;
    report.count(&kept, &there);
    if let Some((_, before)) = place.current().map_err(unwritable)? {
        report.compare(&before);
    }
    report.measure(&generation);
    report.keep_rejected(place.directory()).map_err(unwritable)?;
    let about = serde_json::to_vec_pretty(&report).unwrap_or_default();
    std::fs::write(about_file(&generation), about).map_err(unwritable)?;
    place.publish(&generation).map_err(unwritable)?;
    Ok(report)
}

/// Says what each file is, and puts first the one by which the other is filtered.
fn sorted_files(import: &Import) -> Result<Vec<File>, ImportError> {
    let mut files = import.files.iter().map(|path| File::look_at(path)).collect::<Result<Vec<_>, _>>()?;
    for (kind, missing) in [
        (Kind::Entities, "legal entities (StockUniteLegale)"),
        (Kind::Establishments, "establishments (StockEtablissement)"),
    ] {
        if !files.iter().any(|file| file.kind == kind) {
            return Err(ImportError::MissingFile { missing });
        }
    }
    let first = if import.filter.is_public_sector_only { Kind::Entities } else { Kind::Establishments };
    files.sort_by_key(|file| file.kind != first);
    Ok(files)
}

/// Enters every establishment that may be found by its name, in the order of the register: how many are found so, and what
/// there is.
fn index(
    rows: &BulkReader,
    directory: &Path,
    establishments: u64,
    course: &mut Course<'_>,
) -> Result<(u64, There), ImportError> {
    let mut there = There::default();
    let mut writer = NameWriter::create(directory)?;
    let mut entities = rows.rows(ENTITIES)?;
    let mut walk = rows.rows(ESTABLISHMENTS)?;
    let mut entity: Option<(u64, Vec<u8>)> = None;
    let mut seen = 0_u64;
    course.index(0, establishments);
    while let Some((siret, bytes)) = walk.advance()? {
        seen = seen.saturating_add(1);
        if seen.is_multiple_of(pass::WATCHED_EVERY) {
            course.index(seen, establishments);
        }
        let siren = siret / 100_000;
        while entity.as_ref().is_none_or(|(number, _)| *number < siren) {
            match entities.advance()? {
                Some((number, bytes)) => {
                    there.note_entity(bytes);
                    let (known, kept) = entity.get_or_insert_default();
                    *known = number;
                    kept.clear();
                    kept.extend_from_slice(bytes);
                }
                None => break,
            }
        }
        let Some(row) = EstablishmentRow::read(bytes) else { continue };
        there.establishments = there.establishments.saturating_add(u64::from(!row.has(WITHHELD)));
        let known = entity.as_ref().filter(|(number, _)| *number == siren);
        let entity_row = known.and_then(|(_, bytes)| EntityRow::read(bytes)).unwrap_or_else(|| EntityRow::new(PARTIAL));
        let is_discreet = |flags: u8| flags & (PARTIAL | WITHHELD) != 0;
        if !is_discreet(row.flags) && !is_discreet(entity_row.flags) {
            writer.add(siret, &row, &entity_row)?;
        }
    }
    while let Some((_, bytes)) = entities.advance()? {
        there.note_entity(bytes);
    }
    let searchable = writer.finish()?;
    course.index(establishments, establishments);
    Ok((searchable, there))
}

/// What is in the register in the end, each number once, but for what nobody may read.
#[derive(Debug, Default)]
struct There {
    establishments: u64,
    entities: u64,
}

impl There {
    fn note_entity(&mut self, row: &[u8]) {
        // The flags come first.
        let is_told = row.first().is_some_and(|flags| flags & WITHHELD == 0);
        self.entities = self.entities.saturating_add(u64::from(is_told));
    }
}
