//! The files of public directories, read once into a generation of their own that takes the place of the one before when it is
//! whole. What was imported of a directory that none of the files is of stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::addresses::addresses_in;
use super::fields::{Columns, Written, annuaire_of};
use super::report::{Annuaire, AnnuaireReport, ContactsFile, ContactsReport};
use super::{CACHE_BYTES, DEEPEST, Entries, Generation, PLACE, ROWS, about_file};
use crate::directory::files::{
    Chunks, ImportError, Next, NextObject, Objects, Records, Rejected, keep_rejected, with_chunks,
};
use crate::directory::place::Place;
use crate::directory::register::{Course, Progress, Step};
use crate::directory::remote::cleaned;
use crate::domain::{Email, OfficialContact};
use crate::protocol::{Timestamp, json_depth};
use crate::store::{BulkReader, BulkWriter};

/// The most text of addresses and names: ten times what the whole country has. It bounds the memory.
const MOST_BYTES: usize = 96 * 1024 * 1024;
/// After how many records whoever watches is told.
const WATCHED_EVERY: u64 = 4_096;
/// The most rejected records that are told one by one.
const MOST_TOLD: usize = 10_000;
/// So many broken records are borne, and one in so many after that.
const BORNE: u64 = 1_000;
const BORNE_SHARE: u64 = 20;
/// The most bytes of a row.
const MAX_ROW_BYTES: usize = 3_900;

/// Imports files into a data directory and lets them count. Blocks for as long as it takes.
///
/// # Errors
/// Why not; what was imported before goes on.
pub fn import_contacts(
    data_directory: &Path,
    files: &[PathBuf],
    now: Timestamp,
    watch: &mut dyn FnMut(Progress),
) -> Result<ContactsReport, ImportError> {
    let place = Place::of(data_directory, PLACE);
    let unwritable = |cause| ImportError::Unwritable { place: place.directory().to_owned(), cause };
    let sizes = files.iter().map(|path| with_chunks(path, |_, size| Ok(size))).collect::<Result<Vec<_>, _>>()?;
    let whole = sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
    let course = Course::begin(whole, 0, watch);
    let mut pass = Pass { entries: Entries::new(), bytes: 0, rejected: Vec::new(), course };
    let mut read: Vec<(Annuaire, ContactsFile)> = Vec::new();
    for (path, size) in files.iter().zip(sizes) {
        let name = path.display().to_string();
        pass.course.open(size);
        let ((annuaire, told), bytes) = with_chunks(path, |chunks, _| Ok((pass.read(&name, chunks)?, chunks.bytes)))?;
        pass.course.pass(Step::Contacts, bytes, told.records);
        read.push((annuaire, told));
    }
    let Pass { entries, rejected, .. } = pass;
    if entries.is_empty() {
        return Err(ImportError::NoContacts);
    }
    // Nothing is written before the files are understood.
    let Some(_lock) = place.lock().map_err(unwritable)? else {
        return Err(ImportError::Locked(place.directory().to_owned()));
    };
    let before = before(&place).map_err(unwritable)?;
    let generation = place.begin(&format!("{}-{}", now.0, std::process::id())).map_err(unwritable)?;
    let mut report = ContactsReport::default();
    for (annuaire, file) in read {
        let of_it = |((table, _), _): &(&(&'static str, u64), _)| annuaire.tables().contains(table);
        let subjects = u64::try_from(entries.iter().filter(of_it).count()).unwrap_or(u64::MAX);
        let empty = || AnnuaireReport { imported_at: now, files: Vec::new(), subjects };
        report.annuaires.entry(annuaire).or_insert_with(empty).files.push(file);
    }

    let mut writer = BulkWriter::create(&generation.join(ROWS), CACHE_BYTES)?;
    for ((table, number), gathered) in entries {
        writer.add(table, number, &row(gathered.into_contacts()))?;
    }
    if let Some(before) = before {
        for (annuaire, told) in before.about.annuaires {
            if report.annuaires.contains_key(&annuaire) {
                continue;
            }
            for table in annuaire.tables() {
                copy(&before.rows, &mut writer, table)?;
            }
            report.annuaires.insert(annuaire, told);
        }
    }
    writer.finish(&[])?;
    report.rejected_file = keep_rejected(place.directory(), &rejected).map_err(unwritable)?;
    report.rejected = rejected;
    let about = serde_json::to_vec_pretty(&report).unwrap_or_default();
    std::fs::write(about_file(&generation), about).map_err(unwritable)?;
    place.publish(&generation).map_err(unwritable)?;
    Ok(report)
}

/// What counts until now; one that cannot be read is no reason to keep it.
fn before(place: &Place) -> std::io::Result<Option<Generation>> {
    let Some((_, path)) = place.current()? else { return Ok(None) };
    match Generation::open(&path) {
        Ok(generation) => Ok(Some(generation)),
        Err(reason) => {
            tracing::warn!(%reason, "the contacts that were imported before cannot be read: nothing of them is kept");
            Ok(None)
        }
    }
}

fn copy(from: &BulkReader, to: &mut BulkWriter, table: &'static str) -> Result<(), ImportError> {
    let mut rows = from.rows(table)?;
    while let Some((number, row)) = rows.advance()? {
        to.add(table, number, row)?;
    }
    Ok(())
}

/// The addresses of an establishment as they lie; where they are too long for a row, the first ones.
fn row(mut contacts: Vec<OfficialContact>) -> Vec<u8> {
    loop {
        let bytes = serde_json::to_vec(&contacts).unwrap_or_default();
        if bytes.len() <= MAX_ROW_BYTES || contacts.pop().is_none() {
            return bytes;
        }
    }
}

/// The files on their way in.
struct Pass<'a> {
    entries: Entries,
    /// Of the text in them.
    bytes: usize,
    rejected: Vec<Rejected>,
    course: Course<'a>,
}

/// How a file goes.
struct Reading<'a> {
    told: ContactsFile,
    /// Records that are none, other than those whose addresses are none.
    broken: u64,
    first_broken: Option<(&'static str, u64)>,
    annuaires: BTreeSet<Annuaire>,
    name: &'a str,
}

impl Pass<'_> {
    /// Reads a file, of lines or of objects; what cannot be read is told, and too much of that ends it.
    fn read(&mut self, name: &str, chunks: &mut Chunks) -> Result<(Annuaire, ContactsFile), ImportError> {
        let told = ContactsFile { file: name.to_owned(), records: 0, kept: 0, left_out: 0, rejected: 0 };
        let mut reading = Reading { told, broken: 0, first_broken: None, annuaires: BTreeSet::new(), name };
        let first =
            chunks.peek()?.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xef | 0xbb | 0xbf));
        match first {
            Some(b'{' | b'[') => self.read_objects(&mut reading, chunks)?,
            Some(_) | None => self.read_lines(&mut reading, chunks)?,
        }
        reading.check(reading.broken == reading.told.records)?;
        let annuaire = reading.annuaires.first().copied();
        let annuaire = annuaire.ok_or_else(|| ImportError::UnknownContacts(name.to_owned()))?;
        Ok((annuaire, reading.told))
    }

    fn read_lines(&mut self, reading: &mut Reading<'_>, chunks: &mut Chunks) -> Result<(), ImportError> {
        let mut records = Records::new(chunks)?;
        let columns = match records.next()? {
            Some(Next::Record(header)) => Columns::of(reading.name, Some(&header)),
            Some(Next::TooLong { .. }) | None => Columns::of(reading.name, None),
        }?;
        reading.annuaires.insert(columns.annuaire);
        while let Some(next) = records.next()? {
            let (line, written) = match next {
                Next::TooLong { line } => (line, Err("a line or a quoted text without an end")),
                Next::Record(record) => (record.line, columns.read(&record)),
            };
            if written.is_err() && records.is_cut() {
                return Err(ImportError::CutLine { file: reading.name.to_owned(), line });
            }
            self.note(reading, line, written.map(|written| (columns.annuaire, written)))?;
            self.tell(reading, records.read_bytes);
        }
        Ok(())
    }

    fn read_objects(&mut self, reading: &mut Reading<'_>, chunks: &mut Chunks) -> Result<(), ImportError> {
        let unknown = || ImportError::UnknownContacts(reading.name.to_owned());
        let mut objects = Objects::begin(reading.name, chunks)?.ok_or_else(unknown)?;
        let mut annuaire = None;
        while let Some(next) = objects.next()? {
            let (line, written) = match next {
                NextObject::TooLong { line } => (line, Err("an object without an end")),
                NextObject::Object { line, bytes } if json_depth(bytes) > DEEPEST => {
                    (line, Err("brackets deeper than any record's"))
                }
                NextObject::Object { line, bytes } => match serde_json::from_slice(bytes) {
                    Ok(Value::Object(object)) => {
                        annuaire = annuaire.or_else(|| annuaire_of(object.keys().map(String::as_str)));
                        let known = annuaire.ok_or("none of the members of a public directory");
                        (line, known.map(|annuaire| (annuaire, Written::of_object(annuaire, &object))))
                    }
                    Ok(_) => (line, Err("not an object")),
                    Err(_) => (line, Err("not JSON")),
                },
            };
            reading.annuaires.extend(annuaire);
            self.note(reading, line, written)?;
            self.tell(reading, objects.read_bytes);
        }
        Ok(())
    }

    /// Takes a record in, or tells why not.
    fn note(
        &mut self,
        reading: &mut Reading<'_>,
        line: u64,
        written: Result<(Annuaire, Written), &'static str>,
    ) -> Result<(), ImportError> {
        reading.told.records = reading.told.records.saturating_add(1);
        let taken = match &written {
            Ok((annuaire, written)) => self.take(*annuaire, written),
            Err(reason) => {
                reading.broken = reading.broken.saturating_add(1);
                reading.first_broken.get_or_insert((*reason, line));
                Err(*reason)
            }
        };
        match taken {
            Ok(true) => reading.told.kept = reading.told.kept.saturating_add(1),
            Ok(false) => reading.told.left_out = reading.told.left_out.saturating_add(1),
            Err(reason) => {
                reading.told.rejected = reading.told.rejected.saturating_add(1);
                if self.rejected.len() < MOST_TOLD {
                    self.rejected.push(Rejected { file: reading.name.to_owned(), line, reason });
                }
                reading.check(reading.broken > BORNE)?;
            }
        }
        match self.bytes > MOST_BYTES {
            true => Err(ImportError::TooManyContacts { file: reading.name.to_owned(), most_bytes: MOST_BYTES }),
            false => Ok(()),
        }
    }

    /// Says whether it gave an address.
    fn take(&mut self, annuaire: Annuaire, written: &Written) -> Result<bool, &'static str> {
        if written.addresses().is_empty() {
            return Ok(false);
        }
        let subjects = written.subjects(annuaire)?;
        let addresses: Vec<Email> = addresses_in(written.addresses()).collect();
        if addresses.is_empty() {
            return Err("what stands in the place of addresses is none");
        }
        let name = cleaned(written.name()).unwrap_or_default();
        for subject in &subjects {
            let added = self.entries.entry(subject.place()).or_default().add(&addresses, &name, subject.kind());
            self.bytes = self.bytes.saturating_add(added);
        }
        Ok(!subjects.is_empty())
    }

    fn tell(&mut self, reading: &Reading<'_>, done: u64) {
        if reading.told.records.is_multiple_of(WATCHED_EVERY) {
            self.course.tell(Step::Contacts, done, reading.told.records);
        }
    }
}

impl Reading<'_> {
    /// Whether it is worth going on.
    fn check(&self, may_be_too_many: bool) -> Result<(), ImportError> {
        match self.first_broken {
            Some((reason, line)) if may_be_too_many && self.broken.saturating_mul(BORNE_SHARE) > self.told.records => {
                Err(ImportError::TooManyRejected {
                    file: self.name.to_owned(),
                    rejected: self.broken,
                    lines: self.told.records,
                    reason,
                    line,
                })
            }
            Some(_) | None => Ok(()),
        }
    }
}
