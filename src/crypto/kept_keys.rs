//! Keys of message authentication that outlive the master key from which they came: recovery codes, passkeys and bans know
//! people by them, and nobody could make those again (SEC-206).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::{MacKey, MasterKey, OpenError, Random, Sealed};

const CONTEXT: &str = "kept keys of message authentication";

/// Keys by their purpose. Do not print.
#[derive(Clone)]
pub struct KeptMacKeys {
    keys: BTreeMap<String, Zeroizing<[u8; 32]>>,
}

impl KeptMacKeys {
    /// Those that come from a master key.
    pub fn of(master: &MasterKey, purposes: &[&str]) -> Self {
        Self { keys: purposes.iter().map(|purpose| ((*purpose).to_owned(), master.mac_bytes(purpose))).collect() }
    }

    /// Those that were kept.
    ///
    /// # Errors
    /// When another master key sealed them, or they are damaged.
    pub fn open(sealed: &Sealed, master: &MasterKey) -> Result<Self, OpenError> {
        let plain = sealed.open(master, CONTEXT)?;
        let texts: BTreeMap<String, Zeroizing<String>> =
            serde_json::from_slice(&plain).map_err(|_| OpenError::Damaged)?;
        let read = |(purpose, text): (String, Zeroizing<String>)| {
            let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).map(Zeroizing::new).ok();
            let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
            Ok((purpose, Zeroizing::new(bytes.ok_or(OpenError::Damaged)?)))
        };
        Ok(Self { keys: texts.into_iter().map(read).collect::<Result<_, OpenError>>()? })
    }

    /// The same at rest.
    pub fn seal(&self, master: &MasterKey, random: &Random) -> Sealed {
        let texts: BTreeMap<&str, Zeroizing<String>> = self
            .keys
            .iter()
            .map(|(purpose, bytes)| (purpose.as_str(), Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))))
            .collect();
        #[expect(clippy::expect_used, reason = "texts by their names are always JSON")]
        let plain = Zeroizing::new(serde_json::to_vec(&texts).expect("texts are JSON"));
        Sealed::seal(master, random, CONTEXT, &plain)
    }

    /// The key of a purpose, where it was kept.
    pub fn find(&self, purpose: &str) -> Option<MacKey> {
        self.keys.get(purpose).map(|bytes| MacKey::from_bytes(**bytes))
    }
}

impl std::fmt::Debug for KeptMacKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.keys.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_206_what_was_tagged_under_the_master_key_of_before_is_known_under_the_next() {
        let random = Random::system();
        let (before, after) = (MasterKey::generate(&random), MasterKey::generate(&random));
        let kept = KeptMacKeys::of(&before, &["a", "b"]);
        let sealed = kept.seal(&after, &random);
        assert_eq!(KeptMacKeys::open(&sealed, &before).unwrap_err(), OpenError::OtherKey);
        let read = KeptMacKeys::open(&sealed, &after).unwrap();
        let tag = |key: &MacKey| key.tag("t", &["x"]);
        for purpose in ["a", "b"] {
            assert_eq!(tag(&read.find(purpose).unwrap()), tag(&before.mac_key(purpose)));
            assert_ne!(tag(&read.find(purpose).unwrap()), tag(&after.mac_key(purpose)));
        }
        assert!(read.find("c").is_none());
        assert_eq!(format!("{read:?}"), "[\"a\", \"b\"]");
    }
}
