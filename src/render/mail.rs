//! Mails as they leave: subject, text and HTML.

use minijinja::{Value, context};

use crate::domain::MailContent;

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenMail {
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The name of a mail's templates and texts, and what they are given.
pub(super) fn outline(content: &MailContent) -> (&'static str, Value) {
    match content {
        MailContent::NewSignIn { at, service } => ("new-sign-in", context! { at => at.0, service }),
        MailContent::AdministratorsChanged { at, about } => {
            ("administrators-changed", context! { at => at.0, about => about.as_str() })
        }
        MailContent::PasswordChanged { at } => ("password-changed", context! { at => at.0 }),
    }
}
