//! The ways in which a client may prove itself.

use crate::protocol::word::words;

words! {
    /// A value of `token_endpoint_auth_method` (OIDC Core §9).
    pub enum ClientAuthenticationMethod {
        /// The secret in the `Authorization` header: what a client gets that registers nothing.
        Basic => "client_secret_basic",
        /// The secret in the body.
        Post => "client_secret_post",
        /// No secret: public clients.
        None => "none",
    }
}
