//! Lines that were not read, and the list of them that an import leaves.

use std::io;
use std::path::{Path, PathBuf};

/// A line that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Of which file.
    pub file: String,
    /// Which one; the first is 1.
    pub line: u64,
    /// Why.
    pub reason: &'static str,
}

/// Lists them in a file of its own; without any, the list of the import before goes.
pub(in crate::directory) fn keep_rejected(directory: &Path, rejected: &[Rejected]) -> io::Result<Option<PathBuf>> {
    let path = directory.join("rejected.tsv");
    if rejected.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            Ok(()) | Err(_) => Ok(None),
        };
    }
    let listed = |Rejected { file, line, reason }: &Rejected| format!("{file}\t{line}\t{reason}\n");
    let text: String = rejected.iter().map(listed).collect();
    std::fs::write(&path, text)?;
    Ok(Some(path))
}
