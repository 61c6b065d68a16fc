//! The public keys that our signatures verify with (RFC 7517 §5).

use super::discovery::public_document;
use crate::app::App;
use crate::web::{Error, Request, Response};

pub(super) use super::discovery::preflight;

/// Hands the keys out, those that will sign next and those that have signed included.
pub(super) async fn respond(app: App, _: Request) -> Result<Response, Error> {
    Ok(public_document(app.keyring.jwks().to_string(), "public, max-age=300"))
}
