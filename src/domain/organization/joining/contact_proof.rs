//! The code that is sent to an organization's own address, and given back by whoever wants to join it: two words, which
//! somebody at a reception desk can read out.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::domain::person::is_invisible;
use crate::domain::{ClientId, Email, OrganizationId, UserId};
use crate::protocol::Timestamp;

/// How many times one code may be tried.
const TRIES: u8 = 5;

static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let file = include_str!("../../../../assets/data/words.txt");
    file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
});

/// A code on its way, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCode {
    /// To whom it was sent.
    pub contact: Email,
    /// A keyed tag of the words.
    pub tag: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it opens nothing any more.
    pub expires_at: Timestamp,
    /// How many times it was tried.
    pub tries: u8,
}

/// A person who is to prove by an address of the organization that they belong to it. They do not until they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactProof {
    /// Who.
    pub user_id: UserId,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// The service that the sign-in led to, if it led to one.
    pub client_id: Option<ClientId>,
    /// When they asked to join.
    pub created_at: Timestamp,
    /// Whether they work for it without belonging to it, as they or the service said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_external: bool,
    /// The code that was sent last, once one was.
    pub code: Option<ContactCode>,
}

/// Why a code proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactProofRefusal {
    /// It is another one.
    Wrong,
    /// Its time is over, it was tried too often, or none was sent.
    Over,
}

impl ContactCode {
    /// Whether it may still be given back.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.tries < TRIES && !self.expires_at.has_come(now)
    }
}

impl ContactProof {
    /// Tries the words whose tag was compared already; a try is counted whatever comes of it (SEC-110).
    ///
    /// # Errors
    /// Why they prove nothing.
    pub fn redeem(&mut self, is_right: bool, now: Timestamp) -> Result<(), ContactProofRefusal> {
        let Some(code) = self.code.as_mut().filter(|code| code.is_open(now)) else {
            return Err(ContactProofRefusal::Over);
        };
        code.tries = code.tries.saturating_add(1);
        match (is_right, code.tries < TRIES) {
            (true, _) => Ok(()),
            (false, true) => Err(ContactProofRefusal::Wrong),
            (false, false) => Err(ContactProofRefusal::Over),
        }
    }
}

/// Two words of the list, from a random number: `abricot-vitrine`.
pub fn words_of(random: u64) -> String {
    let count = u64::try_from(WORDS.len()).unwrap_or(1).max(1);
    let word = |number: u64| {
        let place = usize::try_from(number.checked_rem(count).unwrap_or(0)).unwrap_or(0);
        WORDS.get(place).copied().unwrap_or_default()
    };
    format!("{}-{}", word(random & 0xffff_ffff), word(random >> 32))
}

/// The words as they were typed, in the one spelling that is compared: lower case, no accents, one hyphen between them.
pub fn normalized_words(typed: &str) -> String {
    let letters = typed.to_lowercase();
    let mut words = String::new();
    for character in letters.chars().filter(|character| !is_invisible(*character)) {
        match plain(character) {
            Some(letter) => words.push(letter),
            None if character.is_whitespace() || is_dash(character) => {
                if !words.is_empty() && !words.ends_with('-') {
                    words.push('-');
                }
            }
            // A combining accent says nothing here; anything else is kept and will be wrong.
            None if ('\u{300}'..='\u{36f}').contains(&character) => {}
            None => words.push(character),
        }
    }
    words.trim_end_matches('-').to_owned()
}

fn plain(character: char) -> Option<char> {
    match character {
        'a'..='z' => Some(character),
        'à' | 'â' | 'ä' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'î' | 'ï' => Some('i'),
        'ô' | 'ö' => Some('o'),
        'ù' | 'û' | 'ü' => Some('u'),
        'ç' => Some('c'),
        _ => None,
    }
}

fn is_dash(character: char) -> bool {
    character == '-' || character == '_' || ('\u{2010}'..='\u{2015}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn proof() -> ContactProof {
        let code = ContactCode {
            contact: "mairie@exemple.fr".parse().unwrap(),
            tag: String::new(),
            sent_at: NOW,
            expires_at: Timestamp(NOW.0 + 3600),
            tries: 0,
        };
        ContactProof {
            user_id: UserId(1),
            organization_id: OrganizationId(1),
            client_id: None,
            created_at: NOW,
            as_external: false,
            code: Some(code),
        }
    }

    #[test]
    fn two_words_are_read_as_people_type_them() {
        for typed in
            ["abricot-vitrine", " Abricot Vitrine ", "ABRICOT – vitrine", "abrîcot\u{a0}vitriné", "abricot--vitrine-"]
        {
            assert_eq!(normalized_words(typed), "abricot-vitrine", "{typed:?}");
        }
        assert_eq!(normalized_words("abri\u{301}cot vitrine"), "abricot-vitrine", "an accent of its own");
        assert_ne!(normalized_words("abricotvitrine"), "abricot-vitrine");
        assert_eq!(normalized_words("  "), "");
    }

    #[test]
    fn words_are_in_the_spelling_that_is_compared() {
        assert_eq!(WORDS.len(), 2048);
        for number in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            let words = words_of(number);
            assert_eq!(normalized_words(&words), words);
            assert_eq!(words.split('-').count(), 2);
        }
        assert_ne!(words_of(0), words_of(1 << 32));
    }

    #[test]
    fn sec_110_a_code_is_tried_five_times_within_its_hour() {
        let mut tried = proof();
        for _ in 0..4 {
            assert_eq!(tried.redeem(false, NOW), Err(ContactProofRefusal::Wrong));
        }
        assert_eq!(tried.redeem(false, NOW), Err(ContactProofRefusal::Over));
        assert_eq!(tried.redeem(true, NOW), Err(ContactProofRefusal::Over), "even the right one");
        assert_eq!(proof().redeem(true, Timestamp(NOW.0 + 3600)), Err(ContactProofRefusal::Over));
        assert_eq!(proof().redeem(true, Timestamp(NOW.0 + 3599)), Ok(()));
        assert_eq!(ContactProof { code: None, ..proof() }.redeem(true, NOW), Err(ContactProofRefusal::Over));
    }
}
