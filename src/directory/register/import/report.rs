//! What an import tells: while it runs, and when it is done.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::There;
use super::filter::Filter;
use super::pass::Kept;
use crate::directory::files::{Rejected, keep_rejected};
use crate::directory::register::about_file;
use crate::protocol::Timestamp;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Legal entities are read.
    Entities,
    /// Establishments are read.
    Establishments,
    /// Names are indexed.
    Names,
    /// Official contacts are read.
    Contacts,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// How much of the import is done, its steps together.
    pub done: u64,
    /// Of how much.
    pub whole: u64,
    /// How many lines this step has read.
    pub rows: u64,
}

/// What became of the lines of one file, the first left aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// Its path.
    pub file: String,
    /// How many there are.
    pub lines: u64,
    /// How many are in the register.
    pub kept: u64,
    /// How many the filter left out.
    pub left_out: u64,
    /// How many nobody may read.
    pub hidden: u64,
    /// How many could not be read.
    pub rejected: u64,
}

impl FileReport {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), lines: 0, kept: 0, left_out: 0, hidden: 0, rejected: 0 }
    }
}

/// What an import has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// When it began.
    pub imported_at: Timestamp,
    /// What was kept.
    pub filter: Filter,
    /// The files.
    pub files: Vec<FileReport>,
    /// How many legal entities there are.
    pub entities: u64,
    /// How many establishments there are.
    pub establishments: u64,
    /// How many lines said again what a line before them had said of the same number: the last one counts.
    #[serde(default)]
    pub repeated: u64,
    /// How many establishments the register before had, of the same part, where this one has less than half of them.
    #[serde(default)]
    pub shrunk_from: Option<u64>,
    /// How many of them are found by their name.
    pub searchable: u64,
    /// Size of the rows.
    pub rows_bytes: u64,
    /// Size of the index of names.
    pub names_bytes: u64,
    /// Where the lines are listed that could not be read, if there are any.
    pub rejected_file: Option<PathBuf>,
    /// Those lines.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}

impl ImportReport {
    pub(super) fn new(imported_at: Timestamp, filter: Filter) -> Self {
        Self {
            imported_at,
            filter,
            files: Vec::new(),
            entities: 0,
            establishments: 0,
            repeated: 0,
            shrunk_from: None,
            searchable: 0,
            rows_bytes: 0,
            names_bytes: 0,
            rejected_file: None,
            rejected: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, file: FileReport, rejected: Vec<Rejected>) {
        self.files.push(file);
        self.rejected.extend(rejected);
    }

    /// Counts each number once, however many lines are about it.
    pub(super) fn count(&mut self, kept: &Kept, there: &There) {
        (self.establishments, self.entities) = (there.establishments, there.entities);
        let lines = kept.establishments.saturating_add(kept.entities);
        self.repeated = lines.saturating_sub(there.establishments.saturating_add(there.entities));
    }

    /// Sees whether less than half of what was there is there still. What cannot be read of the register before is no reason
    /// to keep a new one out.
    pub(super) fn compare(&mut self, before: &Path) {
        let about = std::fs::read(about_file(before)).ok().and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        let same = about.filter(|before| before.filter == self.filter);
        self.shrunk_from = same.map(|before| before.establishments).filter(|before| self.establishments < before / 2);
    }

    /// How much room it takes.
    pub(super) fn measure(&mut self, generation: &Path) {
        self.rows_bytes = size_of(&generation.join(crate::directory::register::ROWS));
        self.names_bytes = size_of(&generation.join(crate::directory::register::NAMES));
    }

    /// Lists the lines that could not be read, in a file of its own; without any, the list of the import before goes.
    pub(super) fn keep_rejected(&mut self, directory: &Path) -> io::Result<()> {
        self.rejected_file = keep_rejected(directory, &self.rejected)?;
        Ok(())
    }
}

/// The size of a file, or of everything in a directory.
fn size_of(path: &Path) -> u64 {
    let Ok(found) = std::fs::metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries.filter_map(Result::ok).map(|entry| size_of(&entry.path())).sum()
}
