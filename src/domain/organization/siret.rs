//! SIRET and SIREN numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text is not a SIRET.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a SIRET: 14 digits with a valid check digit are expected")]
pub struct MalformedSiret;

/// The register's number of an establishment: 14 digits, the first nine the SIREN of its legal entity. Holds no
/// white space, no dot and no hyphen, and passes the register's check digit (Luhn; for La Poste also a digit sum that 5 divides).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret(String);

const LA_POSTE: &str = "356000000";

impl Siret {
    /// The 14 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SIREN of the legal entity: the first 9 digits.
    pub fn siren(&self) -> &str {
        self.0.get(..9).unwrap_or_default()
    }
}

impl FromStr for Siret {
    type Err = MalformedSiret;

    fn from_str(text: &str) -> Result<Self, MalformedSiret> {
        let digits = unspaced(text);
        if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MalformedSiret);
        }
        let sum: u32 = digits.bytes().map(|byte| u32::from(byte - b'0')).sum();
        let exempt = digits.starts_with(LA_POSTE) && sum.is_multiple_of(5);
        if luhn_sum(&digits).is_multiple_of(10) || exempt { Ok(Self(digits)) } else { Err(MalformedSiret) }
    }
}

/// The text is not a SIREN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a SIREN: 9 digits with a valid check digit are expected")]
pub struct MalformedSiren;

/// The register's number of a legal entity: 9 digits that pass its check digit (Luhn).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Siren(String);

impl Siren {
    /// The 9 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Siren {
    type Err = MalformedSiren;

    fn from_str(text: &str) -> Result<Self, MalformedSiren> {
        let digits = unspaced(text);
        let is_number = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && luhn_sum(&digits).is_multiple_of(10) { Ok(Self(digits)) } else { Err(MalformedSiren) }
    }
}

impl fmt::Display for Siren {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A number without what people write between its digits: spaces, dots and hyphens.
fn unspaced(text: &str) -> String {
    let is_between =
        |character: char| character.is_whitespace() || matches!(character, '.' | '-' | '\u{2010}'..='\u{2015}');
    text.chars().filter(|character| !is_between(*character)).collect()
}

fn luhn_sum(digits: &str) -> u32 {
    let weigh = |(position, byte): (usize, u8)| {
        let digit = u32::from(byte - b'0');
        match (position % 2, digit) {
            (0, _) => digit,
            (_, 0..=4) => digit * 2,
            (_, _) => digit * 2 - 9,
        }
    };
    digits.bytes().rev().enumerate().map(weigh).sum()
}

impl TryFrom<String> for Siret {
    type Error = MalformedSiret;

    fn try_from(text: String) -> Result<Self, MalformedSiret> {
        text.parse()
    }
}

impl From<Siret> for String {
    fn from(siret: Siret) -> Self {
        siret.0
    }
}

impl fmt::Display for Siret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
