//! Identifiers of people, organizations and clients.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An identifier that does not have the shape of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a well-formed identifier")]
pub struct MalformedId;

/// A person: random in [10⁹, 2⁵³) unless seeded or imported. Its decimal text is `sub` and `uid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub u64);

/// An organization: sequential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrganizationId(pub u64);

impl FromStr for UserId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        parse_decimal(text).map(Self)
    }
}

impl FromStr for OrganizationId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        parse_decimal(text).map(Self)
    }
}

fn parse_decimal(text: &str) -> Result<u64, MalformedId> {
    let canonical = text == "0" || !text.starts_with('0');
    if text.is_empty() || !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MalformedId);
    }
    text.parse().map_err(|_| MalformedId)
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A client: 3 to 64 characters of `[A-Za-z0-9._-]`, never all digits so that it cannot pass for a person
/// (RFC 9700 §4.15.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let well_formed = (3..=64).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.bytes().all(|byte| byte.is_ascii_digit());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(MalformedId) }
    }
}

impl TryFrom<String> for ClientId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_2_r_1_a_client_id_cannot_pass_for_a_person() {
        for text in ["abc", "my-app", "a.b_c-9", "1a2", "standard_client_id"] {
            assert!(text.parse::<ClientId>().is_ok(), "{text}");
        }
        let long = "a".repeat(65);
        for text in ["", "ab", "123", "154", "a b", "é-app", "a/b", &long] {
            assert_eq!(text.parse::<ClientId>(), Err(MalformedId), "{text}");
        }
    }

    #[test]
    fn sec_3_a_number_has_one_spelling() {
        assert_eq!("154".parse::<UserId>(), Ok(UserId(154)));
        for text in ["", "0154", "+154", "-1", " 154", "1e3", "99999999999999999999999"] {
            assert_eq!(text.parse::<UserId>(), Err(MalformedId), "{text}");
        }
    }
}
