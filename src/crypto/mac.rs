//! Message authentication: form tokens and other values that the server makes again instead of storing.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroize as _;

use crate::crypto::Random;

/// A key of HMAC-SHA-256. Does not print; the library wipes its state when it is dropped.
#[derive(Clone)]
pub struct MacKey {
    key: hmac::Key,
}

impl MacKey {
    /// A new random key.
    pub fn generate(random: &Random) -> Self {
        Self::from_bytes(random.bytes())
    }

    /// A key from its 256 bits.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        bytes.zeroize();
        Self { key }
    }

    /// The tag of `parts` for one `purpose`, 43 characters of base64url. Neither another purpose nor another division
    /// into parts gives the same tag.
    pub fn tag(&self, purpose: &str, parts: &[&str]) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, &message(purpose, parts)))
    }

    /// Whether `tag` is the tag of `parts` for `purpose`. Nothing verifies when there is no part or a part is empty:
    /// a missing handle must not share one tag among everybody.
    pub fn verify(&self, purpose: &str, parts: &[&str], tag: &str) -> bool {
        let has_parts = !parts.is_empty() && parts.iter().all(|part| !part.is_empty());
        has_parts
            && URL_SAFE_NO_PAD
                .decode(tag)
                .is_ok_and(|tag| hmac::verify(&self.key, &message(purpose, parts), &tag).is_ok())
    }
}

/// Each piece with its length before it, so that pieces cannot flow into one another.
fn message(purpose: &str, parts: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    for piece in std::iter::once(&purpose).chain(parts) {
        message.extend_from_slice(&(piece.len() as u64).to_be_bytes());
        message.extend_from_slice(piece.as_bytes());
    }
    message
}

impl fmt::Debug for MacKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_verifies_for_its_key_purpose_and_parts_only() {
        let key = MacKey::generate(&Random::system());
        let tag = key.tag("csrf", &["handle", "path"]);
        assert_eq!(tag.len(), 43);
        assert!(key.verify("csrf", &["handle", "path"], &tag));
        assert!(!key.verify("logout", &["handle", "path"], &tag));
        assert!(!key.verify("csrf", &["handlep", "ath"], &tag));
        assert!(!key.verify("csrf", &["handlepath"], &tag));
        assert!(!MacKey::generate(&Random::system()).verify("csrf", &["handle", "path"], &tag));
    }

    #[test]
    fn sec_8_a_tag_is_read_in_its_one_spelling_only() {
        let key = MacKey::from_bytes([7; 32]);
        let tag = key.tag("csrf", &["handle"]);
        for cut in 0..tag.len() {
            assert!(!key.verify("csrf", &["handle"], &tag[..cut]), "cut to {cut}");
        }
        // 43 characters hold 258 bits: the last character has two spare bits, which must be zero.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let accepted: Vec<char> =
            alphabet.chars().filter(|last| key.verify("csrf", &["handle"], &format!("{}{last}", &tag[..42]))).collect();
        assert_eq!(accepted, [tag.chars().last().unwrap()]);
        for wrong in [format!("{tag}="), format!("{tag}\n"), format!("{tag}A")] {
            assert!(!key.verify("csrf", &["handle"], &wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_absent_handle_has_no_valid_tag() {
        let key = MacKey::from_bytes([7; 32]);
        assert!(!key.verify("csrf", &[""], &key.tag("csrf", &[""])));
        assert!(!key.verify("csrf", &[], &key.tag("csrf", &[])));
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", MacKey::from_bytes([7; 32])), "MacKey(…)");
    }
}
