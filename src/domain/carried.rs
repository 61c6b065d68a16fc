//! The code or link of a mail, sealed.

use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// A code or a link as the outbox keeps it: sealed, so that neither a database nor a copy of it opens an account. What it
/// says is known to whoever sealed it, and to whoever lets the mail leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecret(String);

impl SealedSecret {
    /// Holds what was sealed already.
    pub fn new(sealed: String) -> Self {
        Self(sealed)
    }

    /// What was sealed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The code or link of a mail. A mail that carries one is worth nothing once it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// What the templates write as `mail.secret`.
    pub secret: SealedSecret,
    /// When it opens nothing any more.
    pub expires_at: Timestamp,
}
