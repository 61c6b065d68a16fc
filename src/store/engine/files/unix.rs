//! Unix: modes of files and directories, flushing of directories, room of a file system.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::{Exposed, Space};

/// Makes a directory, and those above it, for its owner only.
pub(in crate::store) fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// What only a directory of data holds.
const SIGNS: [&str; 3] = ["moncomptepro.redb", "high-water", "instance.lock"];
/// What a directory may hold that becomes one: a key that was put there, what a new file system holds.
const BEFORE: [&str; 2] = ["master.key", "lost+found"];

/// Refuses a directory of data in which somebody else may put files, that is another account's, or that others may look
/// into and that holds something else: closing it would take that away from them. Whether it is theirs to look into.
pub(in crate::store) fn check_own_directory(path: &Path) -> io::Result<bool> {
    let found = fs::metadata(path)?;
    check_owner(&found)?;
    let mode = found.mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(io::Error::other(Exposed::Writable { path: path.to_path_buf(), mode }));
    }
    if mode & 0o077 == 0 {
        return Ok(false);
    }
    let names =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()?;
    let is_data = names.iter().any(|name| SIGNS.iter().any(|sign| name == sign));
    if is_data || names.iter().all(|name| BEFORE.iter().any(|other| name == other)) {
        return Ok(true);
    }
    Err(io::Error::other(Exposed::Readable { path: path.to_path_buf(), mode }))
}

/// Makes sure that a directory of data is its owner's only, or refuses it.
pub(in crate::store) fn close_own_directory(path: &Path) -> io::Result<()> {
    if check_own_directory(path)? {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
        tracing::warn!(directory = %path.display(), "other accounts could look into the data directory: it was given mode 700");
    }
    Ok(())
}

fn check_owner(found: &Metadata) -> io::Result<()> {
    let own = rustix::process::geteuid().as_raw();
    match found.uid() == own {
        true => Ok(()),
        false => Err(io::Error::other(Exposed::OtherOwner { owner: found.uid(), own })),
    }
}

/// From now on, whatever this process makes is for its owner only, unless it is told otherwise.
pub(in crate::store) fn keep_new_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Opens a file for reading and writing, made if it is not there, for its owner only. A link that stands in its place is
/// not followed, nor is a file of another account taken for ours.
pub(in crate::store) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(path).map_err(|cause| match cause.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => io::Error::other(Exposed::Link),
        Some(_) | None => cause,
    })?;
    check_owner(&file.metadata()?)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Makes a file that is not there yet, for its owner only.
pub(in crate::store) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Makes the entries of a directory as durable as the files.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The number by which the system knows the kind of the file system of `path`; `None` where it does not tell.
#[cfg(target_os = "linux")]
pub(super) fn kind(path: &Path) -> Option<i128> {
    rustix::fs::statfs(path).ok().map(|told| told.f_type.into())
}

/// Elsewhere kinds have other numbers, or none.
#[cfg(not(target_os = "linux"))]
pub(super) fn kind(_path: &Path) -> Option<i128> {
    None
}

/// Room on the file system of `path`; `None` where the system does not tell.
pub(in crate::store) fn space(path: &Path) -> Option<Space> {
    let told = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Some(Space { free: bytes(told.f_bavail), total: bytes(told.f_blocks) })
}
