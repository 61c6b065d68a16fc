//! The sockets that an instance listens on: several addresses, one port.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

/// How many ports after the wanted one are tried.
const NEXT_PORTS: u16 = 50;
/// How often a port that the system chose for the first address may be in use at another one.
const CHOICES: u16 = 20;
/// `EAFNOSUPPORT` of Linux: a machine started without IPv6.
const NO_SUCH_FAMILY: i32 = 97;

/// Why nothing is listened on: the address, and what to do about it.
#[derive(Debug, Error)]
#[error("{address} cannot be listened on: {cause}{}", remedy(.address, .cause))]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub cause: io::Error,
}

impl BindError {
    /// Whether the machine has no IPv6 at all.
    pub fn lacks_family(&self) -> bool {
        self.cause.raw_os_error() == Some(NO_SUCH_FAMILY)
    }
}

/// The likely cause, and what helps.
fn remedy(address: &SocketAddr, cause: &io::Error) -> String {
    let port = address.port();
    match cause.kind() {
        io::ErrorKind::AddrInUse if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) => format!(
            "; [::] takes IPv4 as well: leave 0.0.0.0 out, or stop what listens there (`ss -ltnp 'sport = :{port}'` \
             names it)"
        ),
        io::ErrorKind::AddrInUse => format!(
            "; another process listens there (`ss -ltnp 'sport = :{port}'` names it): stop it, or choose another port"
        ),
        io::ErrorKind::PermissionDenied if port < 1024 => format!(
            "; ports below 1024 need a right: run as a service with AmbientCapabilities=CAP_NET_BIND_SERVICE, or choose \
             a port above, such as {}",
            port.saturating_add(8000)
        ),
        io::ErrorKind::PermissionDenied => String::from("; the rules of this system forbid it: choose another port"),
        io::ErrorKind::AddrNotAvailable => String::from(
            "; this machine has no such address (`ip address` lists them): choose one of them, 0.0.0.0 or [::] for all",
        ),
        _ if cause.raw_os_error() == Some(NO_SUCH_FAMILY) => {
            format!("; this machine has no IPv6: choose 0.0.0.0:{port}, or 127.0.0.1:{port}")
        }
        _ => String::new(),
    }
}

/// For whom a listener is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Browsers and services.
    Everybody,
    /// Services that show a certificate in the handshake of TLS (RFC 8705).
    Certificates,
}

/// Listeners on one port, and those on a port of its own at which certificates of clients are asked for.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<(TcpListener, Door)>,
    port: u16,
    /// Which listener is asked first the next time: none can keep the others waiting.
    turn: AtomicUsize,
}

impl Bound {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// These, and others at which certificates of clients are asked for.
    #[must_use]
    pub fn with_certificates_at(mut self, others: Self) -> Self {
        self.listeners.extend(others.listeners.into_iter().map(|(listener, _)| (listener, Door::Certificates)));
        self
    }

    /// The next connection, whatever listener it comes to.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Door)> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.listeners.len().max(1);
        poll_fn(|context| {
            let (later, first) = self.listeners.split_at(turn);
            for (listener, door) in first.iter().chain(later) {
                if let Poll::Ready(accepted) = listener.poll_accept(context) {
                    return Poll::Ready(accepted.map(|(stream, peer)| (stream, peer, *door)));
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// Listens on a port of every address; port 0 is one that the system chooses. With `next_free`, a port in use is
/// passed over for the next one, and an address family that this machine lacks as long as one is left: nobody chose
/// them. Otherwise every address is listened on, or none.
///
/// # Errors
/// The address that cannot be listened on, and why.
pub async fn bind(addresses: &[IpAddr], port: u16, next_free: bool) -> Result<Bound, BindError> {
    let mut candidate = port;
    let mut left = if port == 0 {
        CHOICES
    } else if next_free {
        NEXT_PORTS
    } else {
        0
    };
    loop {
        match bind_each(addresses, candidate, next_free).await {
            Err(refused) if refused.cause.kind() == io::ErrorKind::AddrInUse && left > 0 => {
                left = left.saturating_sub(1);
                candidate = if port == 0 { 0 } else { candidate.saturating_add(1) };
            }
            outcome => return outcome,
        }
    }
}

async fn bind_each(addresses: &[IpAddr], port: u16, is_lenient: bool) -> Result<Bound, BindError> {
    let mut listeners = Vec::new();
    let mut port = port;
    let mut missing = None;
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let refused = |cause| BindError { address, cause };
        match TcpListener::bind(address).await {
            Ok(listener) => {
                port = listener.local_addr().map_err(refused)?.port();
                listeners.push((listener, Door::Everybody));
            }
            Err(cause) if is_lenient && is_missing_family(&cause) => missing = Some(refused(cause)),
            Err(cause) => return Err(refused(cause)),
        }
    }
    match missing {
        Some(refused) if listeners.is_empty() => Err(refused),
        Some(_) | None => Ok(Bound { listeners, port, turn: AtomicUsize::new(0) }),
    }
}

/// The machine has no such address at all, as without IPv6.
fn is_missing_family(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::AddrNotAvailable || cause.raw_os_error() == Some(NO_SUCH_FAMILY)
}
