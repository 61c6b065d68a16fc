//! The code that is mailed to an address, and given back in the browser that asked for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::Email;
use crate::protocol::Timestamp;

/// How many digits a code has.
pub const MAILED_CODE_DIGITS: usize = 10;
/// How many times one code may be tried.
const TRIES: u8 = 5;
/// How long one must wait, in seconds, before another code or link is sent: longer each time.
const WAITS: [u64; 3] = [60, 5 * 60, 20 * 60];

/// How long one must wait after a mail that was asked for as often before.
pub(in crate::domain) fn wait_after(resent: u8) -> Duration {
    let [first, second, third] = WAITS;
    Duration::from_secs(match resent {
        0 => first,
        1 => second,
        _ => third,
    })
}

/// What a code opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    /// The person signed in in this browser reads the mailbox of their account.
    Confirmation,
    /// Whoever reads the mailbox opens an account with this password, or chooses it for an account that has none.
    SignUp {
        /// The hash of the password.
        password_hash: String,
    },
    /// Whoever reads the mailbox signs in, and has an account from then on.
    SignIn,
    /// The account of the person signed in in this browser takes the address.
    AddressChange,
}

/// A code that was mailed. Kept with the sign-in for which it was asked, so that it opens nothing in another browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedCode {
    /// To whom.
    pub email: Email,
    /// The epoch of the account with this address when it was sent; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_epoch: Option<u32>,
    /// What it opens.
    pub purpose: CodePurpose,
    /// A keyed tag of the digits.
    pub tag: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it opens nothing any more.
    pub expires_at: Timestamp,
    /// How many times it was tried.
    pub tries: u8,
    /// How many were sent before it in this sign-in.
    pub resent: u8,
}

/// Why a code opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailedCodeRefusal {
    /// It is another one.
    Wrong,
    /// Its time is over, or it was tried too often: another one must be asked for.
    Over,
}

impl MailedCode {
    /// Whether another one is for the same address and of the same kind.
    pub fn is_like(&self, other: &Self) -> bool {
        self.email == other.email && std::mem::discriminant(&self.purpose) == std::mem::discriminant(&other.purpose)
    }

    /// When another one may be asked for.
    pub fn next_at(&self) -> Timestamp {
        self.sent_at.plus(wait_after(self.resent))
    }

    /// Whether it may still be given back.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.tries < TRIES && !self.expires_at.has_come(now)
    }

    /// Tries the code whose tag was compared already; a try is counted whatever comes of it.
    ///
    /// # Errors
    /// Why it opens nothing.
    pub fn redeem(&mut self, is_right: bool, now: Timestamp) -> Result<(), MailedCodeRefusal> {
        if !self.is_open(now) {
            return Err(MailedCodeRefusal::Over);
        }
        self.tries = self.tries.saturating_add(1);
        match (is_right, self.tries < TRIES) {
            (true, _) => Ok(()),
            (false, true) => Err(MailedCodeRefusal::Wrong),
            (false, false) => Err(MailedCodeRefusal::Over),
        }
    }
}

/// The digits that were typed, without the spaces that come with copying; `None` when it is no code at all.
pub fn digits_of_code(typed: &str) -> Option<String> {
    let digits: String = typed
        .chars()
        .filter(|character| !character.is_whitespace() && !crate::domain::person::is_invisible(*character))
        .collect();
    let is_code = digits.len() == MAILED_CODE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn code() -> MailedCode {
        MailedCode {
            email: "jean@exemple.fr".parse().unwrap(),
            user_epoch: None,
            purpose: CodePurpose::Confirmation,
            tag: String::from("tag"),
            sent_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(600)),
            tries: 0,
            resent: 0,
        }
    }

    #[test]
    fn sec_68_the_sixth_try_fails_though_it_is_right() {
        let mut code = code();
        for _ in 0..4 {
            assert_eq!(code.redeem(false, NOW), Err(MailedCodeRefusal::Wrong));
        }
        assert_eq!(code.redeem(false, NOW), Err(MailedCodeRefusal::Over));
        assert_eq!(code.redeem(true, NOW), Err(MailedCodeRefusal::Over));
    }

    #[test]
    fn sec_69_a_code_is_over_to_the_second() {
        let last = NOW.plus(Duration::from_secs(599));
        assert_eq!(code().redeem(true, last), Ok(()));
        assert_eq!(code().redeem(true, NOW.plus(Duration::from_secs(600))), Err(MailedCodeRefusal::Over));
    }

    #[test]
    fn sec_74_each_further_code_waits_longer() {
        let waits = [0, 1, 2, 3, 255].map(|resent| MailedCode { resent, ..code() }.next_at().seconds_since(NOW));
        assert_eq!(waits, [60, 300, 1200, 1200, 1200]);
    }

    #[test]
    fn sec_68_spaces_of_any_kind_are_not_part_of_a_code() {
        for typed in
            ["0123456789", " 01234 56789 ", "01234\u{a0}56789", "\u{200b}012345\t6789\n", "0 1 2 3 4 5 6 7 8 9"]
        {
            assert_eq!(digits_of_code(typed).as_deref(), Some("0123456789"), "{typed:?}");
        }
        for typed in ["", "012345678", "01234567890", "012345678a", "０１２３４５６７８９", "-123456789", "٠١٢٣٤٥٦٧٨٩"]
        {
            assert_eq!(digits_of_code(typed), None, "{typed:?}");
        }
    }
}
