//! The application from which people read their codes: one that we did not write.

use moncomptepro::protocol::Timestamp;
use totp_rs::{Builder, Secret};

use super::Page;

/// The key on a page that offers one, as a person types it.
pub(crate) fn totp_key(offer: &Page) -> String {
    offer.text(".key").split_whitespace().collect()
}

/// The code of that key at this time.
pub(crate) fn totp_code(key: &str, now: Timestamp) -> String {
    let secret = Secret::try_from_base32(key.to_uppercase()).unwrap();
    Builder::new().with_secret(secret).build_noncompliant().generate(now.0).to_string()
}
