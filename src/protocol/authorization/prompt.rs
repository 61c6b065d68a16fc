//! What the client wants the person to be asked.

use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::word::{WordSet, words};

words! {
    /// A value of `prompt` (OIDC Core §3.1.2.1) and two of our own.
    pub enum Prompt {
        /// No page at all.
        None => "none",
        /// Sign in again.
        Login => "login",
        /// Ask for consent even if it was given.
        Consent => "consent",
        /// Choose the account.
        SelectAccount => "select_account",
        /// Choose the organization again.
        SelectOrganization => "select_organization",
        /// Show the personal information so that it can be corrected.
        UpdateUserinfo => "update_userinfo",
    }
}

/// The values of `prompt`, written with spaces between them.
pub type PromptSet = WordSet<Prompt>;

impl PromptSet {
    /// Reads the `prompt` parameter.
    ///
    /// # Errors
    /// `invalid_request` for an unknown value, since the known ones are published, and for `none` with another.
    pub fn parse_requested(text: &str) -> Result<Self, OAuthError> {
        let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
        let prompts = Self::parse(text).map_err(|_| invalid("prompt holds an unknown value"))?;
        if prompts.contains(Prompt::None) && prompts.len() > 1 {
            return Err(invalid("prompt=none stands alone"));
        }
        Ok(prompts)
    }
}
