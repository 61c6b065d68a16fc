//! Codes of six digits that change every thirty seconds (RFC 6238, HMAC-SHA-1 as every application knows it).

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::protocol::Timestamp;

/// Seconds of one period.
const PERIOD: u64 = 30;

/// The key of an application: 160 bits (RFC 4226 §4). Does not print.
#[derive(Clone)]
pub struct TotpKey(Zeroizing<Vec<u8>>);

impl TotpKey {
    /// A key of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Its bytes, to be sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As applications read it: base32 without padding (RFC 4648 §6).
    pub fn to_base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.0)
    }

    /// The period whose code this is, one before and one after the present one included; `None` when it is of none. Spaces
    /// of any kind are not part of a code. Every period is compared, whatever was found.
    pub fn period_of(&self, typed: &str, now: Timestamp) -> Option<u64> {
        let digits: String = typed.chars().filter(|character| !character.is_whitespace()).collect();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let present = now.0 / PERIOD;
        let mut found = None;
        for period in present.saturating_sub(1)..=present.saturating_add(1) {
            if bool::from(self.code_at(period).as_bytes().ct_eq(digits.as_bytes())) {
                found = Some(period);
            }
        }
        found
    }

    /// The last period whose code is good at this time.
    pub fn latest_period(now: Timestamp) -> u64 {
        (now.0 / PERIOD).saturating_add(1)
    }

    /// The code of a period (RFC 4226 §5.3).
    pub fn code_at(&self, period: u64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &period.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
        let cut = bytes.get(offset..).and_then(<[u8]>::first_chunk::<4>).copied().unwrap_or_default();
        let number = (u32::from_be_bytes(cut) & 0x7fff_ffff) % 1_000_000;
        format!("{number:06}")
    }
}

impl std::fmt::Debug for TotpKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TotpKey(…)")
    }
}

/// A recovery code of 80 bits, in four groups of four letters and digits.
pub fn recovery_code(random: &super::Random) -> String {
    let text = data_encoding::BASE32_NOPAD.encode(&random.bytes::<10>()).to_ascii_lowercase();
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join("-")
}

/// A recovery code as it is compared: without what people put between its letters.
pub fn plain_recovery_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Random;

    #[test]
    fn sec_77_codes_are_those_of_rfc_6238() {
        let key = TotpKey::from_bytes(b"12345678901234567890");
        // RFC 6238, appendix B: the last six of its eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(key.code_at(seconds / 30), code);
            assert_eq!(key.period_of(code, Timestamp(seconds)), Some(seconds / 30));
        }
        assert_eq!(key.to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn sec_77_one_period_before_and_one_after_and_no_more() {
        let key = TotpKey::from_bytes(&[7; 20]);
        let now = Timestamp(1_795_424_400);
        let present = now.0 / 30;
        let accepted: Vec<u64> = (present - 5..=present + 5)
            .filter(|period| key.period_of(&key.code_at(*period), now) == Some(*period))
            .collect();
        assert_eq!(accepted, [present - 1, present, present + 1]);
        for typed in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(key.period_of(typed, now), None, "{typed:?}");
        }
        let code = key.code_at(present);
        assert_eq!(key.period_of(&format!(" {}\u{a0}{} ", &code[..3], &code[3..]), now), Some(present));
    }

    #[test]
    fn sec_79_recovery_codes_hold_eighty_bits_and_are_read_as_people_write_them() {
        let code = recovery_code(&Random::system());
        assert_eq!((code.len(), code.matches('-').count()), (19, 3));
        let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
        assert_eq!(plain_recovery_code(&typed), code.replace('-', ""));
    }
}
