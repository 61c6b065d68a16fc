//! What the service manager is told, where one listens (`Type=notify` of systemd, sd_notify(3)).

use std::io;
use std::time::Duration;

/// Says that the instance answers.
///
/// # Errors
/// When the service manager listens somewhere where it cannot be told.
pub fn notify_ready() -> io::Result<()> {
    tell("READY=1")
}

/// Says that the configuration is being read again, until [`notify_ready`] says that this is over.
///
/// # Errors
/// When the service manager listens somewhere where it cannot be told.
pub fn notify_reloading() -> io::Result<()> {
    tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_micros()))
}

/// Says that the instance lives, to a service manager that asks for it ([`watchdog_interval`]).
///
/// # Errors
/// When the service manager listens somewhere where it cannot be told.
pub fn notify_alive() -> io::Result<()> {
    tell("WATCHDOG=1")
}

/// After how long a silence the service manager ends this process; `None` where it does not ask to hear that it lives, or asks
/// another process (`WATCHDOG_USEC` and `WATCHDOG_PID`, sd_watchdog_enabled(3)).
pub fn watchdog_interval() -> Option<Duration> {
    let variable = |name| std::env::var(name).ok();
    interval_of(variable("WATCHDOG_USEC").as_deref(), variable("WATCHDOG_PID").as_deref(), std::process::id())
}

fn interval_of(micros: Option<&str>, asked: Option<&str>, own: u32) -> Option<Duration> {
    let micros = micros?.parse::<u64>().ok().filter(|micros| *micros > 1)?;
    asked.is_none_or(|asked| asked.parse() == Ok(own)).then(|| Duration::from_micros(micros))
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

/// By the clock that the service manager compares with its own: it tells this message from one about an earlier signal.
#[cfg(target_os = "linux")]
fn monotonic_micros() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000)
}

#[cfg(not(target_os = "linux"))]
fn monotonic_micros() -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_187_only_the_process_that_is_asked_tells_that_it_lives() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(interval_of(Some("1000000"), None, 7), second);
        assert_eq!(interval_of(Some("1000000"), Some("7"), 7), second);
        for (micros, asked) in [
            (None, None),
            (None, Some("7")),
            (Some("0"), None),
            (Some("1"), None),
            (Some("-1"), None),
            (Some("soon"), Some("7")),
            (Some("1000000"), Some("8")),
            (Some("1000000"), Some("")),
        ] {
            assert_eq!(interval_of(micros, asked, 7), None, "{micros:?} {asked:?}");
        }
    }
}
