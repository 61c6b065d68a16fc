//! Random values: from the operating system, or repeatable from a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of random values. Clones draw from one stream.
#[derive(Debug, Clone)]
pub struct Random {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

/// User ids are at least this, so that they never look like the small numbers of seeds and imports.
const FIRST_USER_ID: u64 = 1_000_000_000;
/// User ids are below this, so that every JSON reader holds them exactly.
const END_OF_USER_IDS: u64 = 1 << 53;

impl Random {
    /// The operating system's source.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// The same values in the same order at every start, for repeatable trials. Protects nothing.
    pub fn seeded(seed: u64) -> Self {
        Self { source: Source::Seeded { seed, drawn: Arc::new(AtomicU64::new(0)) } }
    }

    /// Fills `bytes`. A system without entropy stops the process: no value is better than a guessable one.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.source {
            Source::System => fill_from_system(bytes),
            Source::Seeded { seed, drawn } => {
                for chunk in bytes.chunks_mut(32) {
                    let number = drawn.fetch_add(1, Ordering::Relaxed);
                    let mut context = Context::new(&SHA256);
                    context.update(&seed.to_be_bytes());
                    context.update(&number.to_be_bytes());
                    for (slot, byte) in chunk.iter_mut().zip(context.finish().as_ref()) {
                        *slot = *byte;
                    }
                }
            }
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A new user id, uniform in [10⁹, 2⁵³).
    pub fn user_id(&self) -> u64 {
        loop {
            let candidate = u64::from_be_bytes(self.bytes()) % END_OF_USER_IDS;
            if candidate >= FIRST_USER_ID {
                return candidate;
            }
        }
    }

    /// `N` decimal digits, each as likely as the others.
    pub fn digits<const N: usize>(&self) -> String {
        let mut digits = String::with_capacity(N);
        while digits.len() < N {
            // 250 is the largest multiple of ten that a byte holds: what is above would favour the small digits.
            let [byte] = self.bytes::<1>();
            if byte < 250 {
                digits.push(char::from(b'0' + byte % 10));
            }
        }
        digits
    }

    /// 256 random bits as 43 characters of base64url: client secrets, request ids, nonces.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws from the operating system")]
fn fill_from_system(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        tracing::error!("the operating system gives no random bytes");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn r_1_user_ids_are_spread_over_their_range() {
        let random = Random::seeded(7);
        let ids: HashSet<u64> = (0..10_000).map(|_| random.user_id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| (FIRST_USER_ID..END_OF_USER_IDS).contains(id)));
        assert!(ids.iter().any(|id| *id > END_OF_USER_IDS / 2), "the upper half is never drawn");
    }

    #[test]
    fn sec_68_digits_are_as_likely_as_one_another() {
        let random = Random::seeded(7);
        let mut counts = [0_u32; 10];
        for _ in 0..10_000 {
            let digits = random.digits::<10>();
            assert_eq!(digits.len(), 10);
            for digit in digits.bytes() {
                counts[usize::from(digit - b'0')] += 1;
            }
        }
        // Chi-square with nine degrees of freedom: above 27.9 once in a thousand.
        let square = |count: &u32| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0;
        assert!(counts.iter().map(square).sum::<f64>() < 27.9, "{counts:?}");
    }

    #[test]
    fn sec_5_tokens_hold_256_bits_and_do_not_repeat() {
        let random = Random::system();
        let tokens: HashSet<String> = (0..20_000).map(|_| random.token()).collect();
        assert_eq!(tokens.len(), 20_000);
        assert!(tokens.iter().all(|token| token.len() == 43));
        let prefixes: HashSet<&str> = tokens.iter().map(|token| &token[..8]).collect();
        assert_eq!(prefixes.len(), 20_000, "two tokens share 48 bits");
    }

    #[test]
    fn a_seed_repeats_its_stream_and_clones_share_it() {
        let first = Random::seeded(1);
        let values = [first.token(), first.clone().token(), first.token()];
        let again = Random::seeded(1);
        assert_eq!(values, [again.token(), again.token(), again.token()]);
        assert_ne!(values[0], values[1]);
        assert_ne!(values[0], Random::seeded(2).token());
    }
}
