//! Hashes that other programs made: read and compared until their owner signs in, and never made here.
//!
//! Within bounds, as stored hashes of ours (SEC-65): bcrypt up to cost 14, PBKDF2 up to two million rounds, argon2 of any
//! kind up to the memory and passes of ours.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::hashing::{Memory, Parameters, StoredHash};

/// The least and the most rounds of bcrypt, as powers of two.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;
/// The most rounds of PBKDF2.
const MAX_ROUNDS: u32 = 2_000_000;
/// The most bytes of a password that bcrypt looks at.
const BCRYPT_BYTES: usize = 72;
/// How many bytes of its output bcrypt writes down.
const BCRYPT_OUTPUT: usize = 23;

/// Base64 with or without its padding; the last character may have bits that mean nothing, which some leave set.
fn reader(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// A stored hash, whoever made it.
pub(super) enum KnownHash {
    /// Argon2, of ours or of others.
    Argon2(StoredHash),
    /// bcrypt.
    Bcrypt {
        /// Rounds, as a power of two.
        cost: u32,
        /// The salt.
        salt: [u8; 16],
        /// What comes out.
        output: Vec<u8>,
    },
    /// PBKDF2 with HMAC.
    Pbkdf2 {
        /// The digest.
        algorithm: pbkdf2::Algorithm,
        /// How many rounds.
        rounds: NonZeroU32,
        /// The salt.
        salt: Vec<u8>,
        /// What comes out.
        output: Vec<u8>,
    },
}

impl KnownHash {
    /// Reads a hash in one of the spellings that are common; `None` for anything else, and beyond the bounds.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(hash) = StoredHash::parse(text) {
            return Some(Self::Argon2(hash));
        }
        bcrypt(text).or_else(|| pbkdf2_of_django(text)).or_else(|| pbkdf2_of_phc(text))
    }

    /// Whether `password` gives this hash.
    pub(super) fn matches(&self, memory: &mut Memory, password: &str) -> bool {
        match self {
            Self::Argon2(hash) => hash.matches(memory, password),
            Self::Bcrypt { cost, salt, output } => {
                let mut text = Zeroizing::new(password.as_bytes().to_vec());
                text.push(0);
                text.truncate(BCRYPT_BYTES);
                let given = Zeroizing::new(bcrypt::bcrypt(*cost, *salt, &text));
                given.get(..BCRYPT_OUTPUT).is_some_and(|given| bool::from(given.ct_eq(output)))
            }
            Self::Pbkdf2 { algorithm, rounds, salt, output } => {
                pbkdf2::verify(*algorithm, *rounds, salt, password.as_bytes(), output).is_ok()
            }
        }
    }

    /// Whether the password is to be hashed anew once it is known: what others made always is.
    pub(super) fn is_below(&self, current: Parameters) -> bool {
        match self {
            Self::Argon2(hash) => hash.is_below(current),
            Self::Bcrypt { .. } | Self::Pbkdf2 { .. } => true,
        }
    }
}

/// Whether a text is a hash that passwords can be compared with here.
pub fn is_password_hash(text: &str) -> bool {
    KnownHash::parse(text).is_some()
}

/// `$2b$10$` and 53 characters, of which 22 are the salt.
fn bcrypt(text: &str) -> Option<KnownHash> {
    let reader = reader(&alphabet::BCRYPT);
    let mut parts = text.strip_prefix('$')?.split('$');
    let (kind, cost, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if !["2a", "2b", "2y"].contains(&kind) || parts.next().is_some() || cost.len() != 2 || rest.len() != 53 {
        return None;
    }
    let cost = cost.parse().ok().filter(|cost| BCRYPT_COSTS.contains(cost))?;
    let (salt, output) = rest.split_at_checked(22)?;
    let salt = <[u8; 16]>::try_from(reader.decode(salt).ok()?).ok()?;
    let output = reader.decode(output).ok().filter(|output| output.len() == BCRYPT_OUTPUT)?;
    Some(KnownHash::Bcrypt { cost, salt, output })
}

/// `pbkdf2_sha256$600000$salt$hash`: the salt is the text itself.
fn pbkdf2_of_django(text: &str) -> Option<KnownHash> {
    let (kind, rest) = text.split_once('$')?;
    let algorithm = match kind {
        "pbkdf2_sha1" => pbkdf2::PBKDF2_HMAC_SHA1,
        "pbkdf2_sha256" => pbkdf2::PBKDF2_HMAC_SHA256,
        "pbkdf2_sha512" => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return None,
    };
    let mut parts = rest.split('$');
    let (rounds, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let output = reader(&alphabet::STANDARD).decode(output).ok()?;
    bounded(algorithm, rounds, salt.as_bytes().to_vec(), output)
}

/// `$pbkdf2-sha256$i=600000,l=32$salt$hash`, or the rounds alone in the second place, as Python's passlib writes them.
fn pbkdf2_of_phc(text: &str) -> Option<KnownHash> {
    let mut parts = text.strip_prefix('$')?.split('$');
    let algorithm = match parts.next()? {
        "pbkdf2" | "pbkdf2-sha1" => pbkdf2::PBKDF2_HMAC_SHA1,
        "pbkdf2-sha256" => pbkdf2::PBKDF2_HMAC_SHA256,
        "pbkdf2-sha512" => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return None,
    };
    let (cost, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let rounds = match cost.contains('=') {
        true => cost.split(',').find_map(|part| part.strip_prefix("i="))?,
        false => cost,
    };
    let decode = |text: &str| reader(&alphabet::STANDARD).decode(text.replace('.', "+")).ok();
    bounded(algorithm, rounds, decode(salt)?, decode(output)?)
}

fn bounded(algorithm: pbkdf2::Algorithm, rounds: &str, salt: Vec<u8>, output: Vec<u8>) -> Option<KnownHash> {
    let rounds: NonZeroU32 = rounds.parse().ok().filter(|rounds: &NonZeroU32| rounds.get() <= MAX_ROUNDS)?;
    let is_sized = (1..=64).contains(&salt.len()) && (16..=64).contains(&output.len());
    is_sized.then_some(KnownHash::Pbkdf2 { algorithm, rounds, salt, output })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_of(hash: &str, password: &str) -> bool {
        KnownHash::parse(hash).unwrap_or_else(|| panic!("{hash}")).matches(&mut Memory::default(), password)
    }

    /// Made by libxcrypt and by Python's hashlib, in the spellings of bcrypt, Django, passlib and PHC.
    const HASHES: [&str; 12] = [
        "$2a$04$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K",
        "$2b$04$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K",
        "$2y$04$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K",
        "pbkdf2_sha256$1000$selselsel$Kmr+t4Xyc9yAW24oL8fa9x4S10TASDj11H3C+t83qnk=",
        "$pbkdf2-sha256$1000$yMnKy8zNzs/Q0dLT1NXW1w$XIkvxg0bdODVoXr11su27Q.NrqibRdStg/Pto7d3Ibo",
        "$pbkdf2-sha256$i=1000,l=32$yMnKy8zNzs/Q0dLT1NXW1w$XIkvxg0bdODVoXr11su27Q+NrqibRdStg/Pto7d3Ibo",
        "pbkdf2_sha512$1000$selselsel$KLlBXxhveSwFDs1L7IqEGQYBkupv39xoNJEhvzKpNEre/OpLLi7ZH2WJEOkxktLaohlqwkyHqFnxmDDfo6m5Nw==",
        "$pbkdf2-sha512$1000$yMnKy8zNzs/Q0dLT1NXW1w$Co6e41fRPnLoLY5LXeFOmIFC.nj0d8Coapvi1WZrOT2Ka37uDoxH.x2cMJWM7Cokf4Eh6XBztzH4UE/Kw3fZHA",
        "$pbkdf2-sha512$i=1000,l=32$yMnKy8zNzs/Q0dLT1NXW1w$Co6e41fRPnLoLY5LXeFOmIFC+nj0d8Coapvi1WZrOT0",
        "pbkdf2_sha1$1000$selselsel$f4J7aEeGS6PPbPPvA6XTnFtX+rY=",
        "$pbkdf2$1000$yMnKy8zNzs/Q0dLT1NXW1w$xqpQa3gdRpSvlTzaLulPY/dLnwg",
        "$pbkdf2-sha1$i=1000,l=32$yMnKy8zNzs/Q0dLT1NXW1w$xqpQa3gdRpSvlTzaLulPY/dLnwgjcJaoYi8stQBHZes",
    ];
    const LONG: &str = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe";

    #[test]
    fn hashes_that_others_made_are_those_of_their_passwords() {
        for hash in HASHES {
            assert!(is_of(hash, "une phrase de passe assez longue"), "{hash}");
            assert!(!is_of(hash, "une phrase de passe assez longue."), "{hash}");
            assert!(KnownHash::parse(hash).unwrap().is_below(Parameters::floor()), "{hash}");
        }
    }

    #[test]
    fn bcrypt_reads_seventy_two_bytes_as_its_makers_do() {
        assert!(is_of(LONG, &"a".repeat(72)) && is_of(LONG, &"a".repeat(90)) && !is_of(LONG, &"a".repeat(71)));
    }

    #[test]
    fn sec_65_a_foreign_hash_cannot_ask_for_more_than_the_bounds() {
        let bcrypt = |cost: &str| format!("$2b${cost}$abcdefghijklmnopqrstuuK5s6TUpQEzYCdhZdDxrcBqIWuiSGx1K");
        assert!(is_password_hash(&bcrypt("14")));
        for cost in ["03", "15", "31", "4", "-4"] {
            assert!(!is_password_hash(&bcrypt(cost)), "{cost}");
        }
        let pbkdf2 = |rounds: &str| format!("pbkdf2_sha256${rounds}$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert!(is_password_hash(&pbkdf2("2000000")));
        for rounds in ["0", "2000001", "4294967296", "-1", ""] {
            assert!(!is_password_hash(&pbkdf2(rounds)), "{rounds}");
        }
        for text in ["", "$", "$2b$10$", "pbkdf2_sha256$1$salt$AAAA", "$pbkdf2-md5$1$AAAA$AAAA", "{SSHA}abc", "secret"]
        {
            assert!(!is_password_hash(text), "{text}");
        }
    }
}
