//! Scopes: what a client asks to know.

use super::error::{ErrorCode, OAuthError};
use super::word::{Word, WordSet, words};

words! {
    /// A scope that can be granted.
    pub enum Scope {
        /// Makes the request an OpenID request (OIDC Core §3.1.2.1).
        Openid => "openid",
        /// Address and whether it is verified.
        Email => "email",
        /// Names, job, time of the last change.
        Profile => "profile",
        /// Telephone number.
        Phone => "phone",
        /// The one organization for which the person acts, as flat claims.
        Organization => "organization",
        /// Every organization of the person, as an array.
        Organizations => "organizations",
        /// The subject again, as the federation reads it.
        Uid => "uid",
        /// Given name.
        GivenName => "given_name",
        /// Family name, as the federation reads it.
        UsualName => "usual_name",
        /// SIRET of the one organization.
        Siret => "siret",
        /// Whether the one organization is a public service.
        IsPublicService => "is_public_service",
        /// The same under its older name.
        IsServicePublic => "is_service_public",
    }
}

/// A set of scopes, written with spaces between them.
pub type ScopeSet = WordSet<Scope>;

impl ScopeSet {
    /// Reads the `scope` parameter (RFC 6749 §3.3). Tokens that we do not know are left out, not refused: the
    /// national federation sends scopes that a provider may not know.
    ///
    /// # Errors
    /// `invalid_scope` when a token holds a character that no scope may hold.
    pub fn parse_requested(text: &str) -> Result<Self, OAuthError> {
        let is_scope_character = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if !text.bytes().all(|byte| byte == b' ' || is_scope_character(byte)) {
            return Err(OAuthError::new(ErrorCode::InvalidScope, "scope holds a character that is not allowed"));
        }
        Ok(text.split(' ').filter_map(Scope::find_word).collect())
    }
}
