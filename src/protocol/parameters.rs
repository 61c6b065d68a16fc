//! Request parameters: a query string or an urlencoded body, read strictly.

use std::fmt;

use super::error::{ErrorCode, OAuthError};

/// The most characters of a name that a message repeats (SEC-118).
const MAX_QUOTED: usize = 64;

/// The parameters of one request in the order in which they came.
///
/// Empty values count as absent (RFC 6749 §3.1); unknown names are kept and ignored. Printing shows names only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Parameters(Vec<(String, String)>);

/// Why a query string or a body cannot be read. `name` is the parameter, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// A `%` without two hexadecimal digits.
    #[error("bad percent-encoding in {name}")]
    BadEncoding {
        /// The parameter.
        name: String,
    },
    /// The decoded bytes are not UTF-8.
    #[error("{name} is not UTF-8")]
    NotUtf8 {
        /// The parameter.
        name: String,
    },
    /// More than [`Parameters::MAX_COUNT`].
    #[error("too many parameters")]
    TooMany,
    /// More than [`Parameters::MAX_BYTES`].
    #[error("parameters too long")]
    TooLong,
}

impl From<ParametersError> for OAuthError {
    fn from(error: ParametersError) -> Self {
        Self::new(ErrorCode::InvalidRequest, error.to_string())
    }
}

impl Parameters {
    /// The longest text that is read, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// The most parameters that are read.
    pub const MAX_COUNT: usize = 100;

    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// What is malformed, or too much.
    pub fn parse(text: &[u8]) -> Result<Self, ParametersError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ParametersError::TooLong);
        }
        let mut parameters = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == Self::MAX_COUNT {
                return Err(ParametersError::TooMany);
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let raw_name = halves.next().unwrap_or_default();
            let named = |error| match error {
                FormDecodingError::BadEncoding => ParametersError::BadEncoding { name: readable(raw_name) },
                FormDecodingError::NotUtf8 => ParametersError::NotUtf8 { name: readable(raw_name) },
            };
            let name = decode_form(raw_name).map_err(named)?;
            let value = decode_form(halves.next().unwrap_or_default()).map_err(named)?;
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The value of `name`; `None` when absent or empty. Of a repeated name, the first value: whoever acts on values
    /// checks repetition before.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(present, _)| present == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether `name` occurs, even with an empty value.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(present, _)| present == name)
    }

    /// The first name that occurs twice, `resource` and `audience` apart, which may (RFC 8707 §2).
    pub fn repeated(&self) -> Option<&str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str()).enumerate();
        names
            .find(|(position, name)| {
                !matches!(*name, "resource" | "audience")
                    && self.0.iter().take(*position).any(|(earlier, _)| earlier == name)
            })
            .map(|(_, name)| name)
    }

    /// Whether `name` occurs twice.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(present, _)| present == name).count() > 1
    }

    /// Refuses a parameter that occurs twice (RFC 6749 §3.1, §3.2).
    ///
    /// # Errors
    /// `invalid_request` naming it.
    pub fn check_unrepeated(&self) -> Result<(), OAuthError> {
        match self.repeated() {
            Some(name) => {
                let name: String = name.chars().take(MAX_QUOTED).collect();
                Err(OAuthError::new(ErrorCode::InvalidRequest, format!("{name} is repeated")))
            }
            None => Ok(()),
        }
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Why one name or value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormDecodingError {
    BadEncoding,
    NotUtf8,
}

/// Decodes one name or value; unlike browsers, refuses what is malformed instead of guessing.
pub(super) fn decode_form(text: &[u8]) -> Result<String, FormDecodingError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = bytes.next().and_then(hexadecimal_digit).ok_or(FormDecodingError::BadEncoding)?;
                let low = bytes.next().and_then(hexadecimal_digit).ok_or(FormDecodingError::BadEncoding)?;
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| FormDecodingError::NotUtf8)
}

fn hexadecimal_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Enough of a malformed name to recognise it.
fn readable(raw_name: &[u8]) -> String {
    String::from_utf8_lossy(raw_name).chars().take(MAX_QUOTED).collect()
}
