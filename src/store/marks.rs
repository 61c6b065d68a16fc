//! How far the database has come: which run it is in, and the latest time that it has seen. The same is noted in a file
//! beside it, so that a database put back to an earlier state is known (SEC-193).

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::engine::{Table, files};
use super::{Read, StoreError, Tx};
use crate::protocol::Timestamp;

pub(super) const MARKS: Table<str, Mark> = Table::new("marks");
const KEY: &str = "mark";
/// A mark is shorter than this.
const MOST_BYTES: u64 = 1_024;

/// How far a database has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Raised at every start and every few minutes; never goes back.
    pub term: u64,
    /// The latest time seen, when it could be believed.
    pub seen_at: Timestamp,
    /// The time by which the last run dated what it handed out, believed or not.
    #[serde(default)]
    pub dated_at: Timestamp,
}

/// The mark in the database; that of a beginning when there is none.
pub fn get(tx: &impl Read) -> Result<Mark, StoreError> {
    Ok(MARKS.find(tx, KEY)?.unwrap_or_default())
}

/// Notes a mark in the database.
pub fn put(tx: &mut Tx, mark: &Mark) -> Result<(), StoreError> {
    MARKS.put(tx, KEY, mark).map(|_| ())
}

/// The file beside the database.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    instance_id: String,
    #[serde(flatten)]
    mark: Mark,
}

/// The file's name in a data directory, and after that of a key which lies elsewhere.
pub const FILE_NAME: &str = "high-water";

/// The file in a data directory.
pub fn in_directory(data: &Path) -> PathBuf {
    data.join(FILE_NAME)
}

/// The mark that was noted in a file for this database; `None` when there is none, or it is another database's.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read_file(path: &Path, instance_id: &str) -> io::Result<Option<Mark>> {
    let text = match std::fs::File::open(path) {
        Ok(file) => io::read_to_string(io::Read::take(file, MOST_BYTES))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let noted: Noted = serde_json::from_str(&text).map_err(io::Error::other)?;
    Ok((noted.instance_id == instance_id).then_some(noted.mark))
}

/// Notes a mark in a file, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(path: &Path, instance_id: &str, mark: Mark) -> io::Result<()> {
    let noted = Noted { instance_id: instance_id.to_owned(), mark };
    let mut text = serde_json::to_vec(&noted).map_err(io::Error::other)?;
    text.push(b'\n');
    files::replace(path, &text)
}
