//! The local socket by which commands reach a running instance: HTTP/1.1 over a Unix socket in the data directory.
//!
//! Only the owner of the data directory and root get an answer. The socket is made by whoever holds the database, so
//! that one which is there already is what a crash has left. Doors: [`ControlListener`], [`call`], [`own_uid`].

mod caller;
mod listener;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

pub use caller::{CallError, call};
pub use listener::{ControlListener, LocalRequest};

/// The name of the socket in the data directory.
const FILE_NAME: &str = "control.sock";
/// The most bytes of a document that is sent to an instance (SEC-148).
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// The most bytes of the path of a data directory, on every system: the shortest limit is 103 bytes for the whole.
pub const MAX_DIRECTORY_BYTES: usize = 90;

/// Whether the system takes the name of the socket of this data directory.
pub fn is_short_enough(directory: &Path) -> bool {
    std::os::unix::net::SocketAddr::from_pathname(socket_path(directory)).is_ok()
}

/// Where the socket of a data directory lies.
pub fn socket_path(directory: &Path) -> PathBuf {
    directory.join(FILE_NAME)
}

/// The account under which this process works, by its number.
///
/// # Errors
/// When the system gives no pair of sockets to ask with.
pub fn own_uid() -> std::io::Result<u32> {
    let (ours, _theirs) = UnixStream::pair()?;
    Ok(ours.peer_cred()?.uid())
}
