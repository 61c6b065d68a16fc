//! What an authorization answer holds and how it travels.

use crate::protocol::word::words;

words! {
    /// How the answer goes back through the browser.
    pub enum ResponseMode {
        /// Appended to the query of the redirect URI: what a code flow gets that asks for nothing.
        Query => "query",
        /// Posted by a page (OAuth 2.0 Form Post Response Mode).
        FormPost => "form_post",
    }
}

words! {
    /// What the answer holds (OAuth 2.0 Multiple Response Types).
    pub enum ResponseType {
        /// An authorization code.
        Code => "code",
    }
}
