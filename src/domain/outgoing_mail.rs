//! Mails waiting to leave.

use serde::{Deserialize, Serialize};

use super::Email;
use crate::protocol::{Locale, Timestamp};

/// What a mail says; its text is made when it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailContent {
    /// Somebody signed in to the account from a browser.
    NewSignIn {
        /// When.
        at: Timestamp,
        /// The name of the service that asked, if one did.
        service: Option<String>,
    },
    /// Somebody was given the role of an administrator, or lost it.
    AdministratorsChanged {
        /// When.
        at: Timestamp,
        /// Whose role changed.
        about: Email,
    },
    /// The password of the account was changed.
    PasswordChanged {
        /// When.
        at: Timestamp,
    },
}

/// A mail of the outbox: written in the transaction of the act that it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingMail {
    /// To whom.
    pub to: Email,
    /// In which language.
    pub locale: Locale,
    /// What it says.
    pub content: MailContent,
    /// When it was written.
    pub created_at: Timestamp,
}

impl OutgoingMail {
    /// Whether it tells of this person, whoever reads it.
    pub fn is_about(&self, email: &Email) -> bool {
        match &self.content {
            MailContent::AdministratorsChanged { about, .. } => about == email,
            MailContent::NewSignIn { .. } | MailContent::PasswordChanged { .. } => false,
        }
    }
}
