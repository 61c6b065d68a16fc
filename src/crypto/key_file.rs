//! What the file of a key asks of the system: to be its owner's alone, and to outlive a power cut.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Whether anybody on the machine may touch the file.
#[cfg(unix)]
pub fn is_open_to_everybody(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o007 != 0
}

/// Elsewhere the directory decides who may touch what is in it.
#[cfg(not(unix))]
pub fn is_open_to_everybody(_: &Metadata) -> bool {
    false
}

/// A new file, for its owner only from its first moment.
pub(super) fn create_for_owner(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The entry of a new file must be on the disk as surely as its content.
#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be opened, and its entries are written with the file.
#[cfg(not(unix))]
pub(super) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
