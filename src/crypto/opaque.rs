//! Opaque values of time-limited records: codes, tokens, sessions, links.
//!
//! A value is base64url(4 bytes big-endian, end of the record's retention ‖ 32 random bytes), 48 characters. Only the
//! digest of its random part is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::Random;
use crate::crypto::digest::sha256;
use crate::domain::{Handle, HandleKey};
use crate::protocol::Timestamp;

/// Every opaque value has this many characters.
const LENGTH: usize = 48;

/// Makes a value whose record is kept until `retained_until`.
pub fn issue_handle<K>(random: &Random, retained_until: Timestamp) -> Handle<K> {
    let secret: [u8; 32] = random.bytes();
    let key = HandleKey::new(retained_until, sha256(&secret));
    let mut bytes = [0; 36];
    let (time, tail) = bytes.split_at_mut(4);
    // The prefix is taken from the key, so that what is shown and what is stored cannot differ.
    time.copy_from_slice(&key.to_bytes().first_chunk::<4>().copied().unwrap_or_default());
    tail.copy_from_slice(&secret);
    Handle { value: URL_SAFE_NO_PAD.encode(bytes), key }
}

/// The name of a record that no value opens, kept until `retained_until`: only other records lead to it. Names of one
/// second are in the order in which they were made, `at_millis` after 1970, so that what is written together lies
/// together.
pub fn name_in_order<K>(random: &Random, retained_until: Timestamp, at_millis: u64) -> HandleKey<K> {
    let mut name: [u8; 32] = random.bytes();
    if let Some(head) = name.first_chunk_mut::<6>() {
        let [_, _, time @ ..] = at_millis.to_be_bytes();
        *head = time;
    }
    HandleKey::new(retained_until, name)
}

/// The name of the record that `value` opens; `None` unless it is written exactly as issued.
pub fn parse_handle<K>(value: &str) -> Option<HandleKey<K>> {
    if value.len() != LENGTH {
        return None;
    }
    let bytes = <[u8; 36]>::try_from(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    let (time, secret) = bytes.split_first_chunk::<4>()?;
    Some(HandleKey::new(Timestamp(u64::from(u32::from_be_bytes(*time))), sha256(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Code;

    #[test]
    fn r_2_a_value_leads_back_to_the_name_of_its_record() {
        let random = Random::system();
        let issued = issue_handle::<Code>(&random, Timestamp(1_700_000_000));
        assert_eq!(issued.value.len(), LENGTH);
        let key = parse_handle::<Code>(&issued.value).unwrap();
        assert!(key == issued.key);
        assert_eq!(key.retained_until(), Timestamp(1_700_000_000));
        assert_eq!(&key.to_bytes()[..4], &1_700_000_000_u32.to_be_bytes());
        assert!(issue_handle::<Code>(&random, Timestamp(1_700_000_000)).key != issued.key);
    }

    #[test]
    fn names_that_no_value_opens_are_in_the_order_in_which_they_were_made_and_never_the_same() {
        let random = Random::system();
        let made = |at_millis| name_in_order::<Code>(&random, Timestamp(1_700_000_000), at_millis);
        let names: Vec<_> = (0..1_000).map(|milli| made(1_699_996_400_000 + milli).to_bytes()).collect();
        assert!(names.is_sorted(), "later ones come after");
        assert!(made(7).to_bytes() != made(7).to_bytes(), "two of one moment differ in what they lie under");
        assert_eq!(made(7).retained_until(), Timestamp(1_700_000_000));
    }

    #[test]
    fn sec_6_the_stored_name_does_not_give_the_value() {
        let issued = issue_handle::<Code>(&Random::system(), Timestamp(9));
        let bytes = URL_SAFE_NO_PAD.decode(&issued.value).unwrap();
        assert_eq!(issued.key.digest(), &sha256(&bytes[4..]));
        assert!(!serde_json::to_string(&issued.key).unwrap().contains(&issued.value[6..]));
    }

    #[test]
    fn sec_8_only_the_whole_value_in_its_one_spelling_is_read() {
        let value = issue_handle::<Code>(&Random::system(), Timestamp(1_700_000_000)).value;
        for cut in 0..LENGTH {
            assert!(parse_handle::<Code>(&value[..cut]).is_none(), "cut to {cut}");
        }
        for wrong in [
            format!("{value}A"),
            format!("{value}="),
            format!("{value}\n"),
            format!(" {value}"),
            format!("{}=", &value[..47]),
            format!("{} ", &value[..47]),
            format!("{}+", &value[..47]),
            format!("{}/", &value[..47]),
            format!("{}é", &value[..46]),
        ] {
            assert!(parse_handle::<Code>(&wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn sec_8_every_changed_character_names_another_record() {
        let issued = issue_handle::<Code>(&Random::system(), Timestamp(1_700_000_000));
        for position in 0..LENGTH {
            let mut changed = issued.value.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(parse_handle::<Code>(&changed).is_none_or(|key| key != issued.key), "position {position}");
        }
    }
}
