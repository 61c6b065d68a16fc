//! The person of a request, as whoever decides on it was shown them.

use serde::{Deserialize, Serialize};

use super::EmailDomainStatus;
use crate::domain::{Email, Verification};

/// What a decision is about: it holds for nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicantFacts {
    /// Their address.
    pub email: Email,
    /// Their name, where it is known.
    pub name: Option<String>,
    /// How their link to the organization is proven, and whether it is that of somebody external, where there is one.
    pub link: Option<(Verification, bool)>,
    /// What the domain of the address is for the organization, where it is anything.
    pub domain: Option<EmailDomainStatus>,
}

/// What is not any more as it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactMoved {
    /// The person has another address.
    Address,
    /// They have another name.
    Name,
    /// They were linked to the organization, or are not any more, or that is proven otherwise.
    Link,
    /// The domain is something else for the organization.
    Domain,
}

impl ApplicantFacts {
    /// The gravest of what is another than it was shown.
    pub fn moved_to(&self, now: &Self) -> Option<FactMoved> {
        let moved = |is_same: bool, fact| (!is_same).then_some(fact);
        moved(self.email == now.email, FactMoved::Address)
            .or(moved(self.link == now.link, FactMoved::Link))
            .or(moved(self.domain == now.domain, FactMoved::Domain))
            .or(moved(self.name == now.name, FactMoved::Name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_111_each_fact_that_a_decision_rests_on_is_seen_to_move() {
        let shown = ApplicantFacts {
            email: "elodie@inconnu.example".parse().unwrap(),
            name: Some(String::from("Élodie Martin")),
            link: None,
            domain: Some(EmailDomainStatus::NotVerifiedYet),
        };
        assert_eq!(shown.moved_to(&shown), None);
        let email = "elodie@ailleurs.example".parse().unwrap();
        let other = ApplicantFacts { email, domain: None, name: None, ..shown.clone() };
        assert_eq!(shown.moved_to(&other), Some(FactMoved::Address));
        let link = Some((Verification::ManualDecision, false));
        assert_eq!(shown.moved_to(&ApplicantFacts { link, ..shown.clone() }), Some(FactMoved::Link));
        let domain = Some(EmailDomainStatus::Refused);
        assert_eq!(shown.moved_to(&ApplicantFacts { domain, ..shown.clone() }), Some(FactMoved::Domain));
        let name = Some(String::from("Jean Dupont"));
        assert_eq!(shown.moved_to(&ApplicantFacts { name, ..shown.clone() }), Some(FactMoved::Name));
        let written = serde_json::to_string(&shown).unwrap();
        assert_eq!(serde_json::from_str::<ApplicantFacts>(&written).unwrap(), shown);
    }
}
