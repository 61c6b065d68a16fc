//! E-mail addresses in their canonical form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text is not an e-mail address that we can write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a well-formed e-mail address")]
pub struct MalformedEmail;

/// An e-mail address: trimmed and lower case, at most 254 bytes, the local part at most 63, the domain made of
/// letters, digits, dots and hyphens. Two spellings of one address are one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The full host name after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for Email {
    type Err = MalformedEmail;

    fn from_str(text: &str) -> Result<Self, MalformedEmail> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.split_once('@').ok_or(MalformedEmail)?;
        let local_allowed = |character: char| {
            !character.is_whitespace() && !character.is_control() && !r#"@"(),:;<>[\]"#.contains(character)
        };
        let visible = local.chars().all(|character| local_allowed(character) && !is_invisible(character));
        let label_allowed = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let well_formed = text.len() <= 254
            && (1..=63).contains(&local.len())
            && visible
            && !domain.is_empty()
            && domain.split('.').all(label_allowed);
        if well_formed { Ok(Self(text)) } else { Err(MalformedEmail) }
    }
}

/// Zero-width, format and bidirectional control characters.
pub(in crate::domain) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

impl TryFrom<String> for Email {
    type Error = MalformedEmail;

    fn try_from(text: String) -> Result<Self, MalformedEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
