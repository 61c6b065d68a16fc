//! The only outward HTTP, bounded in time and size, and what is asked of name servers.
//!
//! Refuses every address of this machine and of the network that it stands in, unless the operator names the host, and every
//! redirect to another host. Doors: [`own_server`], [`Outward`], [`LeakedPasswords`], [`RelyingParties`].

mod addresses;
mod circuit;
mod leaked_passwords;
mod mail_exchange;
mod outward;
mod own_server;
mod relying_parties;
#[cfg(test)]
mod tests;
mod trust;
mod turns;

use std::io;

use thiserror::Error;

pub use circuit::{Budget, Circuit};
pub use leaked_passwords::LeakedPasswords;
pub use mail_exchange::{MailExchange, MailExchanges};
pub use outward::{Outward, OutwardAnswer};
pub use own_server::{OwnAnswer, OwnRequest, own_server};
pub use relying_parties::RelyingParties;
pub use turns::{Turn, Turns};

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum FetchError {
    /// Nobody answers at the address.
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    /// The other end does not speak HTTP, or broke off.
    #[error("the exchange failed: {0}")]
    Http(#[from] hyper::Error),
    /// The request cannot be written as HTTP.
    #[error("the request cannot be sent: {0}")]
    Request(#[from] hyper::http::Error),
    /// No whole answer came in time.
    #[error("no answer in time")]
    TimedOut,
    /// Too many ask already.
    #[error("too many calls are under way")]
    Busy,
    /// The address may not be asked.
    #[error("an address that may not be asked: https to a machine of the public network is expected")]
    Forbidden,
    /// The answer leads elsewhere.
    #[error("a redirect to another host, or without an end")]
    Redirect,
    /// Nothing can be encrypted.
    #[error("tls: {0}")]
    Tls(String),
    /// The answer is larger than any that is read, or broke off.
    #[error("the answer is too large or broke off")]
    Body,
    /// It failed, or was asked too often, and is left alone for a while.
    #[error("it is left alone for a while: it failed, or was asked too often")]
    LeftAlone,
    /// It answered that it will not.
    #[error("status {0}")]
    Status(u16),
    /// The answer has another form than the service is known for.
    #[error("an answer of another form than such a service gives")]
    Nonsense,
    /// The answer is compressed, which nobody asked for.
    #[error("the answer is compressed, which was not asked for")]
    Compressed,
}
