//! What the service manager is told, where one listens (`Type=notify` of systemd, sd_notify(3)).

use std::io;

/// Says that the instance answers.
///
/// # Errors
/// When the service manager listens somewhere where it cannot be told.
pub fn notify_ready() -> io::Result<()> {
    tell("READY=1")
}

/// Says that the instance was told to stop.
///
/// # Errors
/// When the service manager listens somewhere where it cannot be told.
pub fn notify_stopping() -> io::Result<()> {
    tell("STOPPING=1")
}

#[cfg(target_os = "linux")]
fn tell(state: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let Some(place) = std::env::var_os("NOTIFY_SOCKET").filter(|place| !place.is_empty()) else { return Ok(()) };
    // A name that begins with @ is one of the abstract namespace.
    let address = match place.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&place)?,
    };
    let socket = UnixDatagram::unbound()?;
    // Who starts the service may be slow to listen; it must not keep the instance from serving.
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), &address).map(drop)
}

/// There is no such service manager elsewhere.
#[cfg(not(target_os = "linux"))]
fn tell(_: &str) -> io::Result<()> {
    Ok(())
}
