//! What the store asks of the file system: files for their owner only, entries that outlive a power cut, room left.
//!
//! The calls that differ from system to system are in the files beside this one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

#[cfg(not(unix))]
mod other;
mod trouble;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use other as system;
pub(in crate::store) use system::{
    check_own_directory, close_own_directory, create_directory, create_new, keep_new_files_private, open_private, space,
};
pub use trouble::DiskTrouble;
#[cfg(unix)]
use unix as system;

/// What speaks against a directory or a file of data; inside the error of the system's kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Exposed {
    /// Other accounts may write in the directory.
    #[error("other accounts may write in it (mode {mode:03o}): see what lies in it, then `chmod 700 {}`", path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Other accounts may look into the directory, and it is not this program's alone.
    #[error(
        "other accounts may look into it (mode {mode:03o}), and it holds other things than data of this program: name a \
         directory for it alone, or `chmod 700 {}`", path.display()
    )]
    Readable {
        /// The directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to another account.
    #[error(
        "it belongs to account {owner}, and this process works as account {own}: start it under that account, or give it \
         the data with chown"
    )]
    OtherOwner {
        /// The account that owns it.
        owner: u32,
        /// The account of this process.
        own: u32,
    },
    /// It is a symbolic link.
    #[error("it is a symbolic link, which is not followed: put the file itself there")]
    Link,
}

/// Room on the file system of a directory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What may still be written.
    pub free: u64,
    /// The whole.
    pub total: u64,
}

/// Room left below which an operator is warned, as a part of the whole and in bytes: the smaller counts.
const LOW_SHARE: u64 = 10;
const LOW_BYTES: u64 = 500 * 1024 * 1024;

impl Space {
    /// Whether it is time to make room: less than a tenth of the whole and less than 500 MiB.
    pub fn is_low(self) -> bool {
        self.free < (self.total / LOW_SHARE).min(LOW_BYTES)
    }
}

/// A file system on which data is not safe, or not kept (SEC-184).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoorFileSystem {
    /// It lies on another machine: what was flushed, and who holds a lock, is what that one says.
    Network(&'static str),
    /// A program keeps it (FUSE), and nobody knows how.
    Program,
    /// The layer of a container, which goes with it.
    Layer,
    /// The memory of this machine.
    Memory,
}

impl PoorFileSystem {
    /// By the number of the kind (`statfs`, as Linux has it in `linux/magic.h`); `None` for all others.
    fn of(kind: i128) -> Option<Self> {
        // Some systems extend the sign of what is 32 bits long.
        match kind & 0xffff_ffff {
            0x6969 => Some(Self::Network("NFS")),
            0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some(Self::Network("SMB")),
            0x0102_1997 => Some(Self::Network("9p")),
            0x00c3_6400 => Some(Self::Network("Ceph")),
            0x5346_414f | 0x6b41_4653 => Some(Self::Network("AFS")),
            0x6573_5546 => Some(Self::Program),
            0x794c_7630 => Some(Self::Layer),
            0x0102_1994 | 0x8584_58f6 => Some(Self::Memory),
            _ => None,
        }
    }
}

/// What speaks against the file system of a directory, or of the one above it that is there.
pub(in crate::store) fn find_poor(directory: &Path) -> Option<PoorFileSystem> {
    let nearest = directory.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    PoorFileSystem::of(system::kind(nearest)?)
}

/// Makes the entries of a directory as durable as the files: one that was made or renamed is there after a power cut.
pub(in crate::store) fn sync_directory(path: &Path) -> io::Result<()> {
    system::sync_directory(path)?;
    #[cfg(test)]
    SYNCED.with_borrow_mut(|synced| synced.push(path.to_path_buf()));
    Ok(())
}

#[cfg(test)]
thread_local! {
    /// The directories whose entries this thread has made durable.
    pub(crate) static SYNCED: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// The directory in which a file lies.
pub(in crate::store) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with `suffix` after its name.
pub(in crate::store) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

/// Writes a small file whole or not at all: under another name first, then in place of the old one.
pub(in crate::store) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = beside(path, ".new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = create_new(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_directory(directory_of(path))
}

/// Makes a file of this many bytes that really takes its room.
pub(in crate::store) fn fill(path: &Path, bytes: usize) -> io::Result<()> {
    const PIECE: usize = 256 * 1024;
    let mut file: File = create_new(path)?;
    let piece = vec![0xa5; PIECE];
    let mut left = bytes;
    while left > 0 {
        let now = piece.get(..left.min(PIECE)).unwrap_or_default();
        file.write_all(now)?;
        left = left.saturating_sub(now.len());
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_184_every_file_system_on_which_data_is_not_safe_is_known_by_its_number() {
        for (kind, known) in [
            (0x6969, Some(PoorFileSystem::Network("NFS"))),
            (0x517b, Some(PoorFileSystem::Network("SMB"))),
            (0xff53_4d42, Some(PoorFileSystem::Network("SMB"))),
            (i128::from(0xff53_4d42_u32.cast_signed()), Some(PoorFileSystem::Network("SMB"))),
            (0xfe53_4d42, Some(PoorFileSystem::Network("SMB"))),
            (0x0102_1997, Some(PoorFileSystem::Network("9p"))),
            (0x6573_5546, Some(PoorFileSystem::Program)),
            (0x794c_7630, Some(PoorFileSystem::Layer)),
            (0x0102_1994, Some(PoorFileSystem::Memory)),
            // ext4, XFS, Btrfs, ZFS, F2FS.
            (0xef53, None),
            (0x5846_5342, None),
            (0x9123_683e, None),
            (0x2fc1_2fc1, None),
            (0xf2f5_2010, None),
        ] {
            assert_eq!(PoorFileSystem::of(kind), known, "{kind:x}");
        }
    }
}
