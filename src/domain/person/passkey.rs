//! Passkeys of a person, and the questions that are open to browsers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::is_invisible;
use crate::domain::{BrowserHint, HandleKey, PreSession, SessionId};
use crate::protocol::Timestamp;

/// How many passkeys a person has at most.
pub const MOST_PASSKEYS: usize = 20;
/// How long a browser may take to answer.
pub const PASSKEY_CEREMONY_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long the name is that a person gives to a passkey.
const LONGEST_NAME: usize = 60;

/// A passkey: a key pair whose private half an authenticator keeps, and gives only to a person whom it has verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The name under which it is found, among those of everybody.
    pub id: String,
    /// The name that its authenticator gave it.
    pub credential_id: String,
    /// What names its owner to the authenticator.
    pub owner: String,
    /// The public key and what belongs to it, as `crypto` writes it.
    pub key: String,
    /// The name that the person gave it, if they gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The browser in which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_in: Option<BrowserHint>,
    /// When it was made.
    pub added_at: Timestamp,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// How many times it was used.
    #[serde(default)]
    pub uses: u64,
    /// Since when it is not accepted any more: its authenticator counted backwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
}

impl Passkey {
    /// Notes a use; `key` is what is kept of the key from now on.
    pub fn used(&mut self, key: String, now: Timestamp) {
        self.key = key;
        self.last_used_at = Some(now);
        self.uses = self.uses.saturating_add(1);
    }

    /// The name that was typed, as far as it can be shown: a passkey that was made is not lost for its name.
    pub fn readable_name(typed: &str) -> Option<String> {
        let is_shown = |character: &char| !character.is_control() && !is_invisible(*character);
        let name: String = typed.trim().chars().filter(is_shown).take(LONGEST_NAME).collect();
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The name that a person gives to a passkey of theirs afterwards: nothing but the name is lost where it cannot stand.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn parse_name(typed: &str) -> Result<String, PasskeyNameFault> {
        let name = typed.trim();
        if name.chars().all(|character| character.is_control() || is_invisible(character)) {
            return Err(PasskeyNameFault::Missing);
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(PasskeyNameFault::TooLong);
        }
        match Self::readable_name(name).as_deref() == Some(name) {
            true => Ok(name.to_owned()),
            false => Err(PasskeyNameFault::Malformed),
        }
    }
}

/// Why a passkey cannot go by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyNameFault {
    /// Nothing that can be seen was typed.
    Missing,
    /// More than 60 characters.
    TooLong,
    /// Characters that cannot be shown.
    Malformed,
}

/// What the answer of a browser will be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyPurpose {
    /// To sign in.
    SignIn,
    /// To stand beside another proof.
    SecondFactor,
    /// To have one more.
    Registration,
}

/// A question that is open to one browser: it lives with the browser, and not with an account, so that nobody can
/// disturb that of somebody else (SEC-85). It is deleted at the first answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyCeremony {
    /// To which browser.
    pub browser: HandleKey<PreSession>,
    /// In which session, for whoever is signed in already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What for.
    pub purpose: PasskeyPurpose,
    /// What the answer is checked against, as `crypto` writes it.
    pub state: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl PasskeyCeremony {
    /// Whether an answer of this browser, in this session, for this purpose, comes in time.
    pub fn awaits(
        &self,
        browser: HandleKey<PreSession>,
        session: Option<&SessionId>,
        purpose: PasskeyPurpose,
        now: Timestamp,
    ) -> bool {
        self.browser == browser
            && self.session.as_ref() == session
            && self.purpose == purpose
            && !self.expires_at.has_come(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_82_a_question_is_open_to_one_browser_in_one_session_for_one_purpose_and_five_minutes() {
        let browser = |number: u8| HandleKey::<PreSession>::new(Timestamp(9_000), [number; 32]);
        let session = SessionId(String::from("jean"));
        let ceremony = PasskeyCeremony {
            browser: browser(1),
            session: Some(session.clone()),
            purpose: PasskeyPurpose::SecondFactor,
            state: String::new(),
            expires_at: Timestamp(1_300),
        };
        let purpose = PasskeyPurpose::SecondFactor;
        assert!(ceremony.awaits(browser(1), Some(&session), purpose, Timestamp(1_299)));
        assert!(!ceremony.awaits(browser(1), Some(&session), purpose, Timestamp(1_300)));
        assert!(!ceremony.awaits(browser(2), Some(&session), purpose, Timestamp(1_000)));
        assert!(!ceremony.awaits(browser(1), None, purpose, Timestamp(1_000)));
        assert!(!ceremony.awaits(browser(1), Some(&session), PasskeyPurpose::SignIn, Timestamp(1_000)));
    }

    #[test]
    fn a_name_is_kept_as_far_as_it_can_be_shown() {
        assert_eq!(Passkey::readable_name("  Mon téléphone "), Some(String::from("Mon téléphone")));
        assert_eq!(Passkey::readable_name("a\u{202e}b\u{7}c"), Some(String::from("abc")));
        assert_eq!(Passkey::readable_name(" \u{200b} "), None);
        assert_eq!(Passkey::readable_name(&"é".repeat(90)), Some("é".repeat(60)));
    }

    #[test]
    fn a_name_that_is_given_afterwards_stands_as_it_was_typed_or_not_at_all() {
        assert_eq!(Passkey::parse_name("  Clé du bureau "), Ok(String::from("Clé du bureau")));
        assert_eq!(Passkey::parse_name(&"é".repeat(60)), Ok("é".repeat(60)));
        for missing in ["", "  ", "\u{200b}\u{200b}", "\u{7}"] {
            assert_eq!(Passkey::parse_name(missing), Err(PasskeyNameFault::Missing), "{missing:?}");
        }
        assert_eq!(Passkey::parse_name(&"é".repeat(61)), Err(PasskeyNameFault::TooLong));
        for malformed in ["a\nb", "a\u{202e}b", "a\u{0}b", "a\u{200b}b"] {
            assert_eq!(Passkey::parse_name(malformed), Err(PasskeyNameFault::Malformed), "{malformed:?}");
        }
    }
}
