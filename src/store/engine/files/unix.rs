//! Unix: modes of files and directories, flushing of directories, room of a file system.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::Space;

/// Makes a directory, and those above it, for its owner only.
pub(in crate::store) fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens a file for reading and writing, made if it is not there, for its owner only.
pub(in crate::store) fn open_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Makes a file that is not there yet, for its owner only.
pub(in crate::store) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Makes the entries of a directory as durable as the files.
pub(in crate::store) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Room on the file system of `path`; `None` where the system does not tell.
pub(in crate::store) fn space(path: &Path) -> Option<Space> {
    let told = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Some(Space { free: bytes(told.f_bavail), total: bytes(told.f_blocks) })
}
