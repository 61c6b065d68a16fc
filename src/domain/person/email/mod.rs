//! E-mail addresses in their canonical form.

mod former;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;

/// How long what stands before the `@` is at most (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;

/// The text is not an e-mail address that we can write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a well-formed e-mail address")]
pub struct MalformedEmail;

/// An e-mail address in its one canonical form, which is also the only one that is ever written to (SEC-101): ASCII, lower
/// case, at most 254 bytes; a dot-atom of at most 64 before the `@` (RFC 5322 §3.2.3), a host name in A-labels after it.
/// Two spellings of one address are one value. Nothing is folded but ASCII letters: what another alphabet makes look or
/// fold alike is refused and never mapped. What follows a `+` is kept: it is for each provider to say what it means.
///
/// That is what can be typed (`FromStr`). What is read back from a record may be older than these rules: it is what it was,
/// so that no record becomes unreadable by a stricter rule, and [`Email::can_be_typed`] tells the difference.
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

    /// Whether its owner can still type it. Only an address that an earlier version entered cannot.
    pub fn can_be_typed(&self) -> bool {
        self.0.parse::<Self>().is_ok_and(|typed| typed == *self)
    }

    /// Reads an address that somebody wrote into a document, as strictly as one that is typed.
    ///
    /// # Errors
    /// When it is none.
    pub fn deserialize_typed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl FromStr for Email {
    type Err = MalformedEmail;

    fn from_str(text: &str) -> Result<Self, MalformedEmail> {
        let text = text.trim();
        if !text.is_ascii() || text.len() > 254 {
            return Err(MalformedEmail);
        }
        let text = text.to_ascii_lowercase();
        let (local, domain) = text.split_once('@').ok_or(MalformedEmail)?;
        if is_dot_atom(local) && is_host_name(domain) { Ok(Self(text)) } else { Err(MalformedEmail) }
    }
}

/// Words joined by single dots, unquoted; the backquote is left out, since no mailbox needs it and shells read it.
fn is_dot_atom(local: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_{|}~-".contains(&byte);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_allowed);
    local.len() <= LONGEST_LOCAL_PART && local.split('.').all(is_word)
}

/// A host name below a top-level one that is a word: no address of a machine is. What is written in A-labels is what IDNA
/// makes of it, and reads in letters that the registry of `.fr` allows beside ASCII: with those of any other alphabet, one
/// name can be made to look like another. The list of public suffixes is not asked: it would be 700 KB of the executable and
/// age with it; a domain that takes no mail is found by asking for its mail servers.
fn is_host_name(domain: &str) -> bool {
    let is_canonical = idna::domain_to_ascii_strict(domain).is_ok_and(|ascii| ascii == domain);
    let (shown, decoded) = idna::domain_to_unicode(domain);
    let is_legible =
        |letter: char| letter.is_ascii() || matches!(letter, 'ß'..='ï' | 'ñ'..='ö' | 'ù'..='ý' | 'ÿ' | 'œ');
    let is_word = |label: &str| label.starts_with("xn--") || label.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_below_a_word = domain.rsplit_once('.').is_some_and(|(_, top)| is_word(top));
    is_canonical && is_below_a_word && decoded.is_ok() && shown.chars().all(is_legible)
}

/// Zero-width, format and bidirectional control characters.
pub(in crate::domain) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

impl TryFrom<String> for Email {
    type Error = MalformedEmail;

    /// Of a record, which an earlier version may have written.
    fn try_from(text: String) -> Result<Self, MalformedEmail> {
        if former::is_email(&text) { Ok(Self(text)) } else { text.parse() }
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
