//! Files that only their owner reads.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Whether everybody on the machine may read this file.
#[cfg(unix)]
pub(super) fn is_readable_by_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(file.metadata()?.permissions().mode() & 0o007 != 0)
}

/// Whether everybody on the machine may read this file: that is not a matter of the file alone here.
#[cfg(not(unix))]
pub(super) fn is_readable_by_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Makes a file for its owner only; what was there is replaced.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

        // A link that somebody planted there would be written through.
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file = options.mode(0o600).custom_flags(flags).open(path)?;
        // A file that was there keeps its mode otherwise.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}
