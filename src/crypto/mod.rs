//! Random values, digests, message authentication, sealed records, signing keys, tokens and passwords.
//!
//! Refuses storage, HTTP and configuration files: keys and records come in and go out as values. One library does
//! the work, aws-lc-rs. Doors: the types and functions re-exported here.

mod digest;
mod kept_keys;
mod key_file;
mod keyring;
mod mac;
mod master_key;
mod master_key_change;
mod master_keys;
mod opaque;
mod passkeys;
mod password;
mod priority;
mod published_keys;
mod random;
mod sealed;
mod totp;

pub use digest::{at_hash, digests_are_equal, is_secret, s256_code_challenge, secret_digest, sha1, sha256};
pub use kept_keys::KeptMacKeys;
#[cfg(test)]
pub(crate) use key_file::SYNCED;
pub use key_file::{is_open_to_everybody, replace_for_owner};
pub use keyring::{
    KeyError, KeySet, KeySetError, KeyState, Keyring, PUBLISHED_PREFIX, SignError, SigningKey, SigningKeyRecord,
    TokenType, VerifyError,
};
pub use mac::MacKey;
pub use master_key::{MasterKey, MasterKeyError, MasterKeyPlace, MasterKeyPlaces};
pub use master_key_change::MasterKeyChange;
pub use master_keys::{ChangeUnderWay, MasterKeys};
pub use opaque::{issue_handle, issue_handle_in_order, name_in_order, parse_handle, parse_handle_in_order};
pub use passkeys::{
    MadePasskey, PasskeyClaim, PasskeyOwner, PasskeyQuestion, PasskeyRefusal, PasskeySite, passkey_digest,
};
pub use password::{
    HashError, LaneLimits, Parameters, PasswordLane, Verification, derive_key, is_easily_guessed, is_password_hash,
    normalize_password,
};
pub use priority::give_way;
pub use published_keys::{PublishedKeyError, verify_with_jwks};
pub use random::Random;
pub use sealed::{OpenError, Sealed};
pub use totp::{TotpKey, plain_recovery_code, recovery_code};
