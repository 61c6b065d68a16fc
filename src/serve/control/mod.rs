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

/// Where the socket of a data directory lies.
fn socket_path(directory: &Path) -> PathBuf {
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
