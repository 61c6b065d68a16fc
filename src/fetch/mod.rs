//! The only outward HTTP, bounded in time and size, and what is asked of name servers.
//!
//! Refuses redirects and every address that its caller cannot choose freely. Doors: [`own_server`].

mod mail_exchange;
mod own_server;

use std::io;

use thiserror::Error;

pub use mail_exchange::{MailExchange, find_mail_exchange};
pub use own_server::{OwnAnswer, OwnRequest, own_server};

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
    /// The answer is larger than any that is read, or broke off.
    #[error("the answer is too large or broke off")]
    Body,
}
