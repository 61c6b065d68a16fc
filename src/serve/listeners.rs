//! The sockets that an instance listens on: several addresses, one port.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;
use tokio::net::TcpListener;

/// How many ports after the wanted one are tried.
const NEXT_PORTS: u16 = 50;

/// Why nothing is listened on.
#[derive(Debug, Error)]
#[error("{address} cannot be listened on: {cause}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub cause: std::io::Error,
}

/// Listeners on one port.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Bound {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn into_listeners(self) -> Vec<TcpListener> {
        self.listeners
    }
}

/// Listens on a port of every address; port 0 is one that the system chooses. With `next_free`, a port in use is
/// passed over for the next one. An address family that this machine lacks is passed over as long as one is left.
///
/// # Errors
/// The address that cannot be listened on, and why.
pub async fn bind(addresses: &[IpAddr], port: u16, next_free: bool) -> Result<Bound, BindError> {
    let last = if next_free { port.saturating_add(NEXT_PORTS) } else { port };
    let mut candidate = port;
    loop {
        match bind_all(addresses, candidate).await {
            Err(refused) if refused.cause.kind() == std::io::ErrorKind::AddrInUse && candidate < last => {
                candidate = candidate.saturating_add(1);
            }
            outcome => return outcome,
        }
    }
}

async fn bind_all(addresses: &[IpAddr], port: u16) -> Result<Bound, BindError> {
    let mut listeners = Vec::new();
    let mut port = port;
    let mut missing = None;
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                port = listener.local_addr().map_err(|cause| BindError { address, cause })?.port();
                listeners.push(listener);
            }
            Err(cause) if is_missing_family(&cause) => missing = Some(BindError { address, cause }),
            Err(cause) => return Err(BindError { address, cause }),
        }
    }
    match missing {
        Some(refused) if listeners.is_empty() => Err(refused),
        Some(_) | None => Ok(Bound { listeners, port }),
    }
}

/// The machine has no such address at all, as without IPv6.
fn is_missing_family(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), std::io::ErrorKind::AddrNotAvailable | std::io::ErrorKind::Unsupported)
}
