//! The text of a password as it is hashed: the same bytes however it was typed (RFC 8265 §4.2, OpaqueString).

use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

/// A longer password is refused before it is hashed.
const MAX_BYTES: usize = 512;
/// As above, in code points.
const MAX_CODE_POINTS: usize = 128;

/// Composed (NFC), other spaces as the ASCII space; nothing trimmed, no case changed. Wipes itself.
pub fn normalize_password(password: &str) -> Zeroizing<String> {
    let spaced: Zeroizing<String> = Zeroizing::new(password.chars().map(to_ascii_space).collect());
    let mut text = Zeroizing::new(String::with_capacity(spaced.len().saturating_mul(3)));
    // Writing to a string does not fail; a missing end would be another password, not a shorter right one.
    if ComposingNormalizerBorrowed::new_nfc().normalize_to(&spaced, &mut *text).is_err() {
        text.clear();
    }
    text
}

/// The bytes to hash; `None` for a password too long to be one. The text is measured before and after normalization,
/// so that a megabyte costs nothing.
pub(super) fn prepare(password: &str) -> Option<Zeroizing<String>> {
    if password.len() > MAX_BYTES {
        return None;
    }
    let text = normalize_password(password);
    let fits = text.len() <= MAX_BYTES && text.chars().count() <= MAX_CODE_POINTS;
    fits.then_some(text)
}

/// The space separators of Unicode (general category Zs).
fn to_ascii_space(character: char) -> char {
    match character {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        other => other,
    }
}
