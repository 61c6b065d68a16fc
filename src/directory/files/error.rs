//! Why files cannot be imported. Nothing was changed: what was imported before goes on.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::store::{BulkError, OpenError};

/// The reason, with what to do about it.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        cause: io::Error,
    },
    /// A zip archive cannot be used.
    #[error("{file}: {reason}")]
    Archive {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file grows without measure when it is unpacked.
    #[error(
        "{file}: unpacks to more than {most_bytes} bytes, which no file of the register does at its size: it was not read \
         further"
    )]
    Bomb {
        /// The file.
        file: String,
        /// The most that it may be.
        most_bytes: u64,
    },
    /// A file is neither of the two.
    #[error(
        "{0}: neither StockEtablissement nor StockUniteLegale: its first line names none of their columns. Take the CSV \
         files, zipped or not, of the data set « Base Sirene des entreprises » on data.gouv.fr"
    )]
    UnknownFile(String),
    /// A file is of neither of the two public directories.
    #[error(
        "{0}: neither the directory of public services nor that of schools: it names none of their columns or members. Take \
         the CSV or JSON files of « Annuaire de l'administration » and « Annuaire de l'éducation » on data.gouv.fr"
    )]
    UnknownContacts(String),
    /// A file ends in the middle of something.
    #[error("{file}: ends in line {line}, in the middle of its list: fetch it again")]
    Cut {
        /// The file.
        file: String,
        /// Where it ends.
        line: u64,
    },
    /// A file ends in the middle of a line, which cannot be read.
    #[error("{file}: ends in the middle of line {line}: fetch it again")]
    CutLine {
        /// The file.
        file: String,
        /// Which one.
        line: u64,
    },
    /// There are more addresses than the whole country has.
    #[error("{file}: more addresses than {most_bytes} bytes of text: this is not a public directory as published")]
    TooManyContacts {
        /// The file.
        file: String,
        /// The most that is read.
        most_bytes: usize,
    },
    /// No address is left.
    #[error("these files give no address of anybody: nothing was changed")]
    NoContacts,
    /// Columns are missing.
    #[error("{file}: columns are missing: {}. The file was cut, or the register has changed its form", columns.join(", "))]
    MissingColumns {
        /// The file.
        file: String,
        /// Their names.
        columns: Vec<&'static str>,
    },
    /// A column is there twice: nobody knows which one counts.
    #[error("{file}: columns are there more than once: {}. Take the file as published", columns.join(", "))]
    RepeatedColumns {
        /// The file.
        file: String,
        /// Their names.
        columns: Vec<String>,
    },
    /// One of the two files was not given.
    #[error("the file of the {missing} is missing: give both, StockUniteLegale and StockEtablissement")]
    MissingFile {
        /// Which one.
        missing: &'static str,
    },
    /// Too much of a file cannot be read.
    #[error(
        "{file}: {rejected} of the first {lines} lines cannot be read ({reason}, first in line {line}): this is not the file as \
         published"
    )]
    TooManyRejected {
        /// The file.
        file: String,
        /// How many lines.
        rejected: u64,
        /// Of how many.
        lines: u64,
        /// Why the first one.
        reason: &'static str,
        /// Which one that is.
        line: u64,
    },
    /// Nothing is left.
    #[error("no establishment of these files passes the filter: nothing was changed")]
    Empty,
    /// Somebody else imports.
    #[error("another import is under way in {}", .0.display())]
    Locked(PathBuf),
    /// What is written cannot be kept.
    #[error("{}: {cause}", place.display())]
    Unwritable {
        /// Where.
        place: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file of the register cannot be written.
    #[error("what was read cannot be written: {0}")]
    Rows(#[from] BulkError),
    /// The same.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The index of names cannot be written.
    #[error("the index of names cannot be written: {0}")]
    Names(String),
}
