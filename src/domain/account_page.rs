//! The pages of a person's account that a sign-in can lead back to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ModerationId, OrganizationId};

/// One of them. The list is closed: where a sign-in ends is never an address that came from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountPage {
    /// Address, password, sessions.
    ConnectionAndAccount,
    /// The choice of another password.
    Password,
    /// The choice of another address.
    Email,
    /// Sign-ins, and attempts at one.
    SignInHistory,
    /// Everything that is known about the person.
    MyData,
    /// The deletion of the account.
    Delete,
    /// What is asked beside the password.
    DoubleAuthentication,
    /// The entrance to the console of administration, which wants a second factor.
    Administration,
    /// The same, on the way to one of its pages.
    AdministrationFor(ConsolePage),
    /// Names, telephone and position.
    PersonalInformation,
    /// The organizations of the person.
    Organizations,
    /// Joining an organization.
    JoinOrganization,
    /// The welcome in the organization that the person joined.
    Welcome,
    /// The proof of an organization by its own address.
    OfficialContact(OrganizationId),
}

impl AccountPage {
    /// The pages that whoever is not signed in comes back to, with their words in the address of the page of sign-in. The
    /// console of administration has an entrance of its own.
    const ASKED_FOR: [(Self, &'static str); 11] = [
        (Self::ConnectionAndAccount, "connection-and-account"),
        (Self::Password, "password"),
        (Self::Email, "email"),
        (Self::SignInHistory, "sign-in-history"),
        (Self::MyData, "my-data"),
        (Self::Delete, "delete"),
        (Self::DoubleAuthentication, "double-authentication"),
        (Self::PersonalInformation, "personal-information"),
        (Self::Organizations, "organizations"),
        (Self::JoinOrganization, "join-organization"),
        (Self::Welcome, "welcome"),
    ];
    /// What the number of an organization follows in the word for the proof of it.
    const OFFICIAL_CONTACT: &str = "official-contact-";

    /// The word in the address of the page of sign-in.
    pub fn word(self) -> Option<String> {
        if let Self::OfficialContact(id) = self {
            return Some(format!("{}{id}", Self::OFFICIAL_CONTACT));
        }
        Self::ASKED_FOR.into_iter().find(|(page, _)| *page == self).map(|(_, word)| word.to_owned())
    }

    /// The page that such a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        let known = Self::ASKED_FOR.into_iter().find(|(_, known)| *known == word).map(|(page, _)| page);
        known.or_else(|| word.strip_prefix(Self::OFFICIAL_CONTACT)?.parse().ok().map(Self::OfficialContact))
    }

    /// Whether it is the entrance to the console of administration.
    pub fn is_entrance(self) -> bool {
        matches!(self, Self::Administration | Self::AdministrationFor(_))
    }
}

/// A page of the console of administration that its entrance can lead to. The list is closed, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsolePage {
    /// The first one.
    Home,
    /// Requests to join.
    Moderations,
    /// One of them.
    Moderation(ModerationId),
    /// Organizations.
    Organizations,
    /// One of them.
    Organization(OrganizationId),
    /// Who has which role.
    Team,
}

/// The text names no page of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no page of the console")]
pub struct NoConsolePage;

impl FromStr for ConsolePage {
    type Err = NoConsolePage;

    /// Reads what stands behind the console's own address: `moderations/7`.
    fn from_str(text: &str) -> Result<Self, NoConsolePage> {
        let number = |text: &str| text.parse::<OrganizationId>().map_err(|_| NoConsolePage);
        Ok(match text.split_once('/') {
            None if text.is_empty() => Self::Home,
            None if text == "moderations" => Self::Moderations,
            None if text == "organizations" => Self::Organizations,
            None if text == "team" => Self::Team,
            Some(("moderations", id)) => Self::Moderation(ModerationId(number(id)?.0)),
            Some(("organizations", id)) => Self::Organization(number(id)?),
            Some(_) | None => return Err(NoConsolePage),
        })
    }
}

impl fmt::Display for ConsolePage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home => Ok(()),
            Self::Moderations => formatter.write_str("moderations"),
            Self::Moderation(id) => write!(formatter, "moderations/{id}"),
            Self::Organizations => formatter.write_str("organizations"),
            Self::Organization(id) => write!(formatter, "organizations/{id}"),
            Self::Team => formatter.write_str("team"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_119_a_word_is_that_of_one_page_and_nothing_else_is_one() {
        let listed = AccountPage::ASKED_FOR.map(|(page, _)| page);
        for page in listed.into_iter().chain([AccountPage::OfficialContact(OrganizationId(42))]) {
            assert_eq!(AccountPage::of_word(&page.word().unwrap()), Some(page));
        }
        for word in
            ["", "official-contact-", "official-contact-x", "official-contact--1", "official-contact-1/..", "welcome/7"]
        {
            assert_eq!(AccountPage::of_word(word), None, "{word}");
        }
        assert_eq!(AccountPage::Administration.word(), None);
    }

    #[test]
    fn a_page_of_the_console_is_one_of_a_list_and_nothing_else() {
        for text in ["", "moderations", "moderations/7", "organizations", "organizations/12", "team"] {
            assert_eq!(text.parse::<ConsolePage>().unwrap().to_string(), text);
        }
        for text in [
            "/",
            "//evil.example",
            "moderations/",
            "moderations/x",
            "moderations/7/accept",
            "moderations/7?a=b",
            "../mailbox",
            "sign-in",
            "https://evil.example",
            "organizations/-1",
            "team/",
        ] {
            assert_eq!(text.parse::<ConsolePage>(), Err(NoConsolePage), "{text}");
        }
    }
}
