//! Mailboxes that go with a function and not with a person, and accounts of theirs to which somebody comes back after a year:
//! it may be a successor, who has the mailbox and is somebody else (SEC-106).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Email, User};
use crate::protocol::Timestamp;

/// After how long without a sign-in whoever comes back may be a successor.
pub const DORMANT_AFTER: Duration = Duration::from_secs(365 * 24 * 3600);
/// The most bytes of what stands before the `@`.
const LONGEST_NAME: usize = 64;

/// First words of the mailboxes of town halls, schools, companies and their services.
const FUNCTIONS: &str = "\
    abuse accueil achats adjoint admin administration agence archives assainissement assistance association \
    bibliotheque bonjour bureau cabinet cantine ccas cdi ce cias college com commercial commune communication \
    compta comptabilite contact courrier cpe creche culture dga dgs directeur direction directrice dpo drh dsi \
    dsn dst eau ecole elections elus environnement equipe etat etatcivil facturation finances foyer garderie \
    gerance gestion gestionnaire hello hostmaster infirmerie info information informations informatique infos \
    intendance jeunesse juridique lycee mail maire mairie marches mediatheque musee numerique office ot paie \
    periscolaire pm police postmaster presidence president presidente presse principal proviseur qualite \
    recrutement reservation residence rh scolaire secretaire secretariat securite service services sg social \
    sport sports standard support syndicat technique tourisme tresorerie tresorier tresoriere urbanisme vie \
    village ville voirie webmaster";

/// The text is no name of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not what stands before the @ of an address")]
pub struct MalformedMailboxName;

/// What stands before the `@` of an address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailboxName(String);

impl FromStr for MailboxName {
    type Err = MalformedMailboxName;

    fn from_str(text: &str) -> Result<Self, MalformedMailboxName> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
        let is_one = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_allowed);
        is_one.then(|| Self(text.to_ascii_lowercase())).ok_or(MalformedMailboxName)
    }
}

impl TryFrom<String> for MailboxName {
    type Error = MalformedMailboxName;

    fn try_from(text: String) -> Result<Self, MalformedMailboxName> {
        text.parse()
    }
}

impl From<MailboxName> for String {
    fn from(name: MailboxName) -> Self {
        name.0
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Email {
    /// Whether the mailbox goes with a function: by its first word, by the number of a school, or because the operator says
    /// so.
    pub fn is_generic(&self, more: &[MailboxName]) -> bool {
        let name = self.local_part();
        let words = || name.split(['.', '-', '_', '+']);
        let first = words().next().unwrap_or_default().trim_end_matches(|character: char| character.is_ascii_digit());
        FUNCTIONS.split_whitespace().any(|known| known == first)
            || words().any(is_school)
            || more.iter().any(|known| known.0 == name)
    }
}

/// Whether a word is the number of a school: seven digits and a letter.
fn is_school(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() == 8
        && bytes.iter().take(7).all(u8::is_ascii_digit)
        && bytes.last().is_some_and(u8::is_ascii_alphabetic)
}

impl User {
    /// Notes that somebody comes back to an account whose mailbox goes with a function and that nobody signed in to for a
    /// year, just before the sign-in itself is noted. Whether the account is held from then on.
    pub fn wakes(&mut self, generic: &[MailboxName], now: Timestamp) -> bool {
        let times = [self.last_sign_in_at, self.vouched_for_at, Some(self.created_at)];
        let last = times.into_iter().flatten().max().unwrap_or(self.created_at);
        let sleeps = last.plus(DORMANT_AFTER).has_come(now) && self.email.is_generic(generic);
        if sleeps && self.held_since.is_none() {
            self.held_since = Some(now);
            return true;
        }
        false
    }

    /// Whether only an administrator can let in whoever came back: there is no second factor to tell a successor by.
    pub fn waits_for_administrator(&self) -> bool {
        self.held_since.is_some() && self.second_factor.is_none()
    }

    /// Whether a second factor is asked of whoever came back, whatever the account asks otherwise.
    pub fn owes_second_factor(&self) -> bool {
        self.held_since.is_some() && !self.second_factor.is_none()
    }

    /// Whether the mailbox was proven since somebody came back, or nobody did.
    pub fn proved_mailbox_since_held(&self) -> bool {
        self.held_since.is_none_or(|since| self.email_verified_at.is_some_and(|at| at >= since))
    }

    /// Lets go of an account whose owner gave a second factor, once the mailbox is proven as well. Whether it was held.
    pub fn settles(&mut self, has_second_factor: bool) -> bool {
        let is_over = has_second_factor && self.owes_second_factor() && self.proved_mailbox_since_held();
        if is_over {
            self.held_since = None;
        }
        is_over
    }

    /// An administrator says that the account is the person's. Whether it was held.
    pub fn vouched_for(&mut self, now: Timestamp) -> bool {
        self.vouched_for_at = Some(now);
        self.held_since.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SecondFactorUse, UserId};

    fn email(text: &str) -> Email {
        text.parse().unwrap()
    }

    #[test]
    fn sec_106_mailboxes_of_functions_are_told_from_those_of_people() {
        let generic = [
            "mairie",
            "contact",
            "dgs",
            "dgs2",
            "mairie.clamart",
            "mairie-de-clamart",
            "etat-civil",
            "service_technique",
            "ce.0751234a",
            "0751234a",
            "secretariat",
            "info",
        ];
        for name in generic {
            assert!(email(&format!("{name}@exemple.fr")).is_generic(&[]), "{name}");
        }
        let personal = [
            "marie",
            "j.martin",
            "jean.mairie",
            "mairieux",
            "martin.contact",
            "claire.presse",
            "d.gs",
            "075123a",
            "12345678",
        ];
        for name in personal {
            assert!(!email(&format!("{name}@exemple.fr")).is_generic(&[]), "{name}");
        }
        let more = ["Astreinte".parse().unwrap()];
        assert!(email("astreinte@exemple.fr").is_generic(&more) && !email("astreintes@exemple.fr").is_generic(&more));
        for malformed in ["", "a@b", "a b", "é", &"a".repeat(65)] {
            assert!(malformed.parse::<MailboxName>().is_err(), "{malformed}");
        }
    }

    #[test]
    fn sec_106_whoever_comes_back_after_a_year_proves_the_mailbox_and_a_factor_or_is_vouched_for() {
        let year = DORMANT_AFTER.as_secs();
        let owner = User::new(UserId(1), email("mairie@exemple.fr"), Timestamp(0));
        let back = |user: &User, at: u64| user.clone().wakes(&[], Timestamp(at));
        assert!(!back(&owner, year - 1) && back(&owner, year));
        let recent = User { last_sign_in_at: Some(Timestamp(10)), ..owner.clone() };
        assert!(!back(&recent, year + 9) && back(&recent, year + 10));
        let personal = User { email: email("marie@exemple.fr"), ..owner.clone() };
        assert!(!back(&personal, year * 3));
        let mut held = owner.clone();
        held.wakes(&[], Timestamp(year));
        assert!(held.waits_for_administrator() && !held.owes_second_factor() && !held.settles(true));
        assert!(held.vouched_for(Timestamp(year + 1)) && !held.waits_for_administrator() && !back(&held, year * 2));
        let mut held = User { second_factor: SecondFactorUse::OnDemand, ..owner };
        held.wakes(&[], Timestamp(year));
        assert!(held.owes_second_factor() && !held.settles(true), "the mailbox is to be proven too");
        held.email_verified_at = Some(Timestamp(year - 1));
        assert!(!held.settles(true), "what was proven before counts for nothing");
        held.email_verified_at = Some(Timestamp(year));
        assert!(!held.settles(false) && held.settles(true) && !held.owes_second_factor());
    }
}
