//! The certificate that a client shows in the handshake of TLS, known by its thumbprint.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// SHA-256 of a certificate in DER (the bytes of `x5t#S256`, RFC 8705 §3.1).
///
/// Shown as tools do: 32 pairs of capital hexadecimal digits with colons between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CertificateThumbprint(pub [u8; 32]);

/// A text that is no thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "64 hexadecimal digits are expected, with or without colons: `openssl x509 -noout -fingerprint -sha256` prints them"
)]
pub struct MalformedThumbprint;

impl fmt::Display for CertificateThumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ":" };
            write!(formatter, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for CertificateThumbprint {
    type Err = MalformedThumbprint;

    /// Reads what tools print: pairs of digits, capital or small, with colons or spaces between them or nothing.
    fn from_str(text: &str) -> Result<Self, MalformedThumbprint> {
        let mut digits = text.chars().filter(|sign| !matches!(sign, ':' | ' ')).map(|sign| sign.to_digit(16));
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                return Err(MalformedThumbprint);
            };
            *byte = u8::try_from(high << 4 | low).map_err(|_| MalformedThumbprint)?;
        }
        if digits.next().is_none() { Ok(Self(bytes)) } else { Err(MalformedThumbprint) }
    }
}

impl From<CertificateThumbprint> for String {
    fn from(thumbprint: CertificateThumbprint) -> Self {
        thumbprint.to_string()
    }
}

impl TryFrom<String> for CertificateThumbprint {
    type Error = MalformedThumbprint;

    fn try_from(text: String) -> Result<Self, MalformedThumbprint> {
        text.parse()
    }
}

/// What a client that asks over mutual TLS has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownCertificate {
    /// It came to where certificates are asked for, and has none.
    Nothing,
    /// It holds the key of this certificate.
    Thumbprint(CertificateThumbprint),
}
