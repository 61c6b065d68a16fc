//! What the file of a key asks of the system: to be its owner's alone, and to outlive a power cut.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
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

/// Writes a small file for its owner only, whole or not at all: under another name first, then in the place of the old one.
///
/// # Errors
/// When the system refuses.
pub fn replace_for_owner(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let temporary = path.with_file_name(name);
    match fs::remove_file(&temporary) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        Ok(()) | Err(_) => {}
    }
    let mut file = create_for_owner(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_directory(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// The entry of a new file must be on the disk as surely as its content.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    sync_entries(directory)?;
    #[cfg(test)]
    SYNCED.with_borrow_mut(|synced| synced.push(directory.to_path_buf()));
    Ok(())
}

#[cfg(test)]
thread_local! {
    /// The directories whose entries this thread has made durable.
    pub(crate) static SYNCED: std::cell::RefCell<Vec<std::path::PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(unix)]
fn sync_entries(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be opened, and its entries are written with the file.
#[cfg(not(unix))]
fn sync_entries(_: &Path) -> io::Result<()> {
    Ok(())
}
