//! Opaque values of time-limited records: codes, tokens, sessions, links.
//!
//! A value is base64url(4 bytes big-endian, end of the record's retention ‖ 32 random bytes), 48 characters. Only the
//! digest of its random part is stored.
//!
//! Of codes and access tokens hundreds may be made in one second. The first two of their 32 bytes are no random ones but
//! the millisecond in which they were made, and their names begin with it: what is written together, and asked for soon
//! after, lies on a few pages instead of one page each. 240 random bits are left.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::Random;
use crate::crypto::digest::sha256;
use crate::domain::{Handle, HandleKey, InOrder};
use crate::protocol::Timestamp;

/// Every opaque value has this many characters.
const LENGTH: usize = 48;

/// Makes a value whose record is kept until `retained_until`.
pub fn issue_handle<K>(random: &Random, retained_until: Timestamp) -> Handle<K> {
    let secret = random.bytes();
    shown(HandleKey::new(retained_until, sha256(&secret)), secret)
}

/// The same for a kind whose names are in the order in which they were made, `at_millis` after 1970.
pub fn issue_handle_in_order<K: InOrder>(random: &Random, retained_until: Timestamp, at_millis: u64) -> Handle<K> {
    let mut secret: [u8; 32] = random.bytes();
    let millisecond = u16::try_from(at_millis % 1000).unwrap_or_default();
    if let Some(head) = secret.first_chunk_mut() {
        *head = millisecond.to_be_bytes();
    }
    shown(HandleKey::new(retained_until, digest_in_order(&secret)), secret)
}

/// The digest, behind the millisecond instead of its own first two bytes.
fn digest_in_order(secret: &[u8; 32]) -> [u8; 32] {
    let mut digest = sha256(secret);
    if let (Some(head), Some(millisecond)) = (digest.first_chunk_mut::<2>(), secret.first_chunk()) {
        *head = *millisecond;
    }
    digest
}

fn shown<K>(key: HandleKey<K>, secret: [u8; 32]) -> Handle<K> {
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
pub fn name_in_order<K: InOrder>(random: &Random, retained_until: Timestamp, at_millis: u64) -> HandleKey<K> {
    let mut name: [u8; 32] = random.bytes();
    if let Some(head) = name.first_chunk_mut::<6>() {
        let [_, _, time @ ..] = at_millis.to_be_bytes();
        *head = time;
    }
    HandleKey::new(retained_until, name)
}

/// The name of the record that `value` opens; `None` unless it is written exactly as issued.
pub fn parse_handle<K>(value: &str) -> Option<HandleKey<K>> {
    let (time, secret) = read(value)?;
    Some(HandleKey::new(time, sha256(&secret)))
}

/// The same for a kind whose names are in order.
pub fn parse_handle_in_order<K: InOrder>(value: &str) -> Option<HandleKey<K>> {
    let (time, secret) = read(value)?;
    Some(HandleKey::new(time, digest_in_order(&secret)))
}

/// The end of the retention, and the 32 bytes behind it.
fn read(value: &str) -> Option<(Timestamp, [u8; 32])> {
    if value.len() != LENGTH {
        return None;
    }
    let bytes = <[u8; 36]>::try_from(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    let (time, secret) = bytes.split_first_chunk::<4>()?;
    Some((Timestamp(u64::from(u32::from_be_bytes(*time))), <[u8; 32]>::try_from(secret).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AuthorizationCode, Grant};

    struct Link;

    const END: Timestamp = Timestamp(1_700_000_000);
    const MADE: u64 = 1_699_996_400_000;

    fn link() -> Handle<Link> {
        issue_handle(&Random::system(), END)
    }

    fn code(at_millis: u64) -> Handle<AuthorizationCode> {
        issue_handle_in_order(&Random::system(), END, at_millis)
    }

    #[test]
    fn r_2_a_value_leads_back_to_the_name_of_its_record() {
        let (link, code) = (link(), code(MADE + 7));
        assert!(parse_handle(&link.value).unwrap() == link.key);
        assert!(parse_handle_in_order(&code.value).unwrap() == code.key);
        for (value, bytes) in [(&link.value, link.key.to_bytes()), (&code.value, code.key.to_bytes())] {
            assert_eq!(value.len(), LENGTH);
            assert_eq!(&bytes[..4], &1_700_000_000_u32.to_be_bytes());
        }
        assert_eq!((link.key.retained_until(), code.key.retained_until()), (END, END));
    }

    #[test]
    fn names_in_order_are_in_that_in_which_they_were_made_and_never_the_same() {
        let random = Random::system();
        let grant = |at_millis| name_in_order::<Grant>(&random, END, at_millis).to_bytes();
        assert!((0..1_000).map(|milli| grant(MADE + milli)).is_sorted(), "later ones come after");
        assert!((0..1_000).map(|milli| code(MADE + milli).key.to_bytes()).is_sorted(), "later ones come after");
        assert!(grant(7) != grant(7), "two of one moment differ in what they lie under");
        assert!(code(MADE).key.to_bytes() != code(MADE).key.to_bytes(), "two of one moment differ");
        assert_eq!(name_in_order::<Grant>(&random, END, MADE).retained_until(), END);
    }

    #[test]
    fn sec_5_no_two_values_of_one_moment_share_more_than_their_times() {
        let codes: Vec<_> = (0..64).map(|_| URL_SAFE_NO_PAD.decode(code(MADE).value).unwrap()).collect();
        let links: Vec<_> = (0..64).map(|_| URL_SAFE_NO_PAD.decode(link().value).unwrap()).collect();
        for (values, public) in [(codes, 6), (links, 4)] {
            for place in public..36 {
                let first = values[0][place];
                assert!(values.iter().any(|value| value[place] != first), "byte {place} is the same in all of them");
            }
        }
    }

    #[test]
    fn sec_6_the_stored_name_does_not_give_the_value() {
        let (link, code) = (link(), code(MADE));
        let link_bytes = URL_SAFE_NO_PAD.decode(&link.value).unwrap();
        let code_bytes = URL_SAFE_NO_PAD.decode(&code.value).unwrap();
        assert_eq!(link.key.digest(), &sha256(&link_bytes[4..]));
        assert_eq!(code.key.digest()[2..], sha256(&code_bytes[4..])[2..], "all but the millisecond");
        assert!(!serde_json::to_string(&link.key).unwrap().contains(&link.value[6..]));
        assert!(!serde_json::to_string(&code.key).unwrap().contains(&code.value[8..]));
    }

    #[test]
    fn sec_8_only_the_whole_value_in_its_one_spelling_is_read() {
        let value = code(MADE).value;
        let is_read = |value: &str| {
            parse_handle::<Link>(value).is_some() || parse_handle_in_order::<AuthorizationCode>(value).is_some()
        };
        assert!(is_read(&value));
        for cut in 0..LENGTH {
            assert!(!is_read(&value[..cut]), "cut to {cut}");
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
            assert!(!is_read(&wrong), "{wrong:?}");
        }
    }

    #[test]
    fn sec_8_every_changed_character_names_another_record() {
        let (link, code) = (link(), code(MADE));
        for position in 0..LENGTH {
            let changed = |value: &str| {
                let mut bytes = value.to_owned().into_bytes();
                bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
                String::from_utf8(bytes).unwrap()
            };
            let is_another = parse_handle(&changed(&link.value)).is_none_or(|key| key != link.key);
            assert!(is_another, "position {position}");
            let is_another = parse_handle_in_order(&changed(&code.value)).is_none_or(|key| key != code.key);
            assert!(is_another, "position {position} of a code");
        }
    }
}
