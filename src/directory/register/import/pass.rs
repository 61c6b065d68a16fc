//! One file, from its first line to its last.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Course;
use super::columns::{Kind, Layout, Line};
use super::filter::Filter;
use super::report::{FileReport, Step};
use crate::directory::files::{ImportError, Next, Record, Records, Rejected, with_chunks};
use crate::directory::register::rows::{
    ACTIVE, ENTITIES, ESTABLISHMENTS, EntityRow, EstablishmentRow, entity, establishment,
};
use crate::store::{BulkError, BulkWriter};

/// After how many lines whoever watches is told.
pub(super) const WATCHED_EVERY: u64 = 65_536;
/// The most rejected lines that are told one by one.
const MOST_TOLD: usize = 10_000;
/// So many rejected lines are borne, and one line in so many after that.
const BORNE: u64 = 1_000;
const BORNE_SHARE: u64 = 20;

/// A file of which it is known what it is.
pub(super) struct File {
    path: PathBuf,
    pub(super) kind: Kind,
    /// In bytes, unpacked, as the file says or likely is.
    pub(super) size: u64,
}

impl File {
    /// Reads the first line.
    pub(super) fn look_at(path: &Path) -> Result<Self, ImportError> {
        let (kind, size) = with_chunks(path, |chunks, size| {
            let mut records = Records::of_lines(chunks)?;
            Ok((layout(&path.display().to_string(), &mut records)?.kind, size))
        })?;
        Ok(Self { path: path.to_owned(), kind, size })
    }
}

fn layout(file: &str, records: &mut Records<'_>) -> Result<Layout, ImportError> {
    match records.next()? {
        Some(Next::Record(header)) => Layout::of(file, Some(&header)),
        Some(Next::TooLong { .. }) | None => Layout::of(file, None),
    }
}

/// What is kept so far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) entities: u64,
    pub(super) establishments: u64,
    /// Legal entities that were read first, where their category decides.
    public: Option<HashSet<u32>>,
    /// Legal entities of the establishments that were read first, where those decide; sorted and once each when asked.
    sirens: Option<Vec<u32>>,
}

impl Kept {
    fn has_siren(&mut self, siren: u64) -> bool {
        match &self.sirens {
            Some(sirens) => u32::try_from(siren).is_ok_and(|siren| sirens.binary_search(&siren).is_ok()),
            None => true,
        }
    }

    fn is_public(&self, siren: u64) -> bool {
        match &self.public {
            Some(public) => u32::try_from(siren).is_ok_and(|siren| public.contains(&siren)),
            None => true,
        }
    }
}

/// A file on its way into the register.
pub(super) struct Pass<'a, 'w> {
    pub(super) filter: &'a Filter,
    pub(super) writer: &'a mut BulkWriter,
    pub(super) kept: &'a mut Kept,
    pub(super) course: &'a mut Course<'w>,
}

impl Pass<'_, '_> {
    /// Reads it; what cannot be read is told, and too much of that ends it.
    pub(super) fn read(&mut self, file: &File) -> Result<(FileReport, Vec<Rejected>), ImportError> {
        let name = file.path.display().to_string();
        let (step, remembers) = match file.kind {
            Kind::Entities => (Step::Entities, self.filter.is_public_sector_only),
            Kind::Establishments => (Step::Establishments, self.filter.is_by_place()),
        };
        match (file.kind, remembers) {
            (Kind::Entities, true) => {
                self.kept.public.get_or_insert_default();
            }
            (Kind::Establishments, true) if !self.filter.is_public_sector_only => {
                self.kept.sirens.get_or_insert_default();
            }
            (_, _) => {}
        }
        self.course.open(file.size);
        let (told, rejected, bytes) = with_chunks(&file.path, |chunks, _| {
            let mut records = Records::of_lines(chunks)?;
            let layout = layout(&name, &mut records)?;
            let mut told = FileReport::new(&name);
            let mut rejected = Vec::new();
            let mut bytes = Vec::new();
            while let Some(next) = records.next()? {
                told.lines = told.lines.saturating_add(1);
                let (line, outcome) = match next {
                    Next::TooLong { line } => (line, Err("a line or a quoted text without an end")),
                    Next::Record(record) => (record.line, self.take(&layout, &record, &mut bytes)),
                };
                match outcome {
                    Ok(Outcome::Kept) => told.kept = told.kept.saturating_add(1),
                    Ok(Outcome::LeftOut) => told.left_out = told.left_out.saturating_add(1),
                    Ok(Outcome::Hidden) => told.hidden = told.hidden.saturating_add(1),
                    Ok(Outcome::Failed(cause)) => return Err(cause),
                    Err(_) if records.is_cut() => return Err(ImportError::CutLine { file: name.clone(), line }),
                    Err(reason) => {
                        told.rejected = told.rejected.saturating_add(1);
                        if rejected.len() < MOST_TOLD {
                            rejected.push(Rejected { file: name.clone(), line, reason });
                        }
                        check(&told, &rejected, told.rejected > BORNE)?;
                    }
                }
                if told.lines.is_multiple_of(WATCHED_EVERY) {
                    self.course.tell(step, records.read_bytes, told.lines);
                }
            }
            check(&told, &rejected, told.rejected == told.lines)?;
            Ok((told, rejected, chunks.bytes))
        })?;
        if file.kind == Kind::Establishments {
            self.course.keep((file.size, bytes), told.kept, told.lines);
        }
        self.course.pass(step, bytes, told.lines);
        if let Some(sirens) = &mut self.kept.sirens {
            sirens.sort_unstable();
            sirens.dedup();
        }
        Ok((told, rejected))
    }

    fn take(&mut self, layout: &Layout, record: &Record<'_>, bytes: &mut Vec<u8>) -> Result<Outcome, &'static str> {
        let added = match layout.kind {
            Kind::Entities => {
                let (siren, row): (u64, EntityRow<'_>) = match layout.read(record)? {
                    Line::Row(siren, row) => (siren, row),
                    Line::Hidden(siren, row) => {
                        row.write(bytes);
                        return Ok(hidden(self.writer.add(ENTITIES, siren, bytes)));
                    }
                };
                let category = row.text(entity::CATEGORY).unwrap_or_default();
                if !self.filter.admits_entity(siren, category) || !self.kept.has_siren(siren) {
                    return Ok(Outcome::LeftOut);
                }
                if let (Some(public), Ok(siren)) = (&mut self.kept.public, u32::try_from(siren)) {
                    public.insert(siren);
                }
                self.kept.entities = self.kept.entities.saturating_add(1);
                row.write(bytes);
                self.writer.add(ENTITIES, siren, bytes)
            }
            Kind::Establishments => {
                let (siret, row): (u64, EstablishmentRow<'_>) = match layout.read(record)? {
                    Line::Row(siret, row) => (siret, row),
                    Line::Hidden(siret, row) => {
                        row.write(bytes);
                        return Ok(hidden(self.writer.add(ESTABLISHMENTS, siret, bytes)));
                    }
                };
                let siren = siret / 100_000;
                let commune = row.text(establishment::COMMUNE_CODE).unwrap_or_default();
                if !self.filter.admits_establishment(row.has(ACTIVE), commune) || !self.kept.is_public(siren) {
                    return Ok(Outcome::LeftOut);
                }
                if let (Some(sirens), Ok(siren)) = (&mut self.kept.sirens, u32::try_from(siren))
                    && sirens.last() != Some(&siren)
                {
                    sirens.push(siren);
                }
                self.kept.establishments = self.kept.establishments.saturating_add(1);
                row.write(bytes);
                self.writer.add(ESTABLISHMENTS, siret, bytes)
            }
        };
        Ok(added.map_or_else(|cause| Outcome::Failed(cause.into()), |()| Outcome::Kept))
    }
}

/// What became of a line.
enum Outcome {
    Kept,
    LeftOut,
    Hidden,
    Failed(ImportError),
}

fn hidden(added: Result<(), BulkError>) -> Outcome {
    added.map_or_else(|cause| Outcome::Failed(cause.into()), |()| Outcome::Hidden)
}

/// Whether it is worth going on.
fn check(told: &FileReport, rejected: &[Rejected], may_be_too_many: bool) -> Result<(), ImportError> {
    match rejected.first() {
        Some(first) if may_be_too_many && told.rejected.saturating_mul(BORNE_SHARE) > told.lines => {
            Err(ImportError::TooManyRejected {
                file: first.file.clone(),
                rejected: told.rejected,
                lines: told.lines,
                reason: first.reason,
                line: first.line,
            })
        }
        Some(_) | None => Ok(()),
    }
}
