//! Who holds a data directory: a note for the one who finds it locked.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The note's name in the data directory.
const FILE_NAME: &str = "moncomptepro.pid";

fn path(directory: &Path) -> PathBuf {
    directory.join(FILE_NAME)
}

/// Notes that this process holds the directory. The lock is the database's own; this only gives it a name.
pub(super) fn note(directory: &Path) {
    let path = path(directory);
    if let Err(cause) = write(&path) {
        tracing::warn!(path = %path.display(), %cause, "a second instance will not be able to name this one");
    }
}

fn write(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// The process that holds a directory that is locked, if it is known.
pub(super) fn find(directory: &Path) -> Option<u32> {
    let noted = std::fs::read_to_string(path(directory)).ok()?.trim().parse().ok()?;
    is_alive(noted).then_some(noted)
}

/// How a message names the holder.
pub(super) fn named(holder: Option<u32>) -> String {
    holder.map_or_else(|| String::from("another process"), |process| format!("process {process}"))
}

/// Whether there is such a process; a note may be older than the lock.
#[cfg(target_os = "linux")]
fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

/// Elsewhere the note is believed.
#[cfg(not(target_os = "linux"))]
fn is_alive(_: u32) -> bool {
    true
}
