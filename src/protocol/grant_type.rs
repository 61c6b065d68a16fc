//! What a client may exchange for tokens.

use super::word::words;

words! {
    /// A value of `grant_type`.
    pub enum GrantType {
        /// An authorization code (RFC 6749 §4.1.3).
        AuthorizationCode => "authorization_code",
    }
}
