//! Who made a link, saw that it is proven, or decided on a domain, as the console says it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Actor, Deed, Membership, OrganizationDomain, UserId};

/// Who did something.
#[derive(Debug, Clone, Serialize)]
pub struct Author {
    /// `named`, `self`, `program` or `unknown`.
    pub word: &'static str,
    /// Their name, of one who is named.
    pub name: Option<String>,
    /// When it was done, where that is told with it.
    pub at: Option<u64>,
}

/// Who made a link, and who saw that it is proven (SEC-108).
#[derive(Debug, Clone, Serialize)]
pub struct Authorship {
    /// Who made it.
    pub made: Author,
    /// Who proved it; `None` where nothing does.
    pub proven: Option<Author>,
}

impl Author {
    /// The author of a domain's status.
    pub fn of_domain(known: &OrganizationDomain, names: &BTreeMap<UserId, String>) -> Self {
        Self::new(known.decided_by.as_ref(), None, None, names)
    }

    fn new(by: Option<&Actor>, at: Option<u64>, person: Option<UserId>, names: &BTreeMap<UserId, String>) -> Self {
        let (word, name) = match by {
            None => ("unknown", None),
            Some(Actor::System) => ("program", None),
            Some(Actor::User(id)) if Some(*id) == person => ("self", None),
            Some(by) => {
                let known = by.person().and_then(|id| names.get(&id)).cloned();
                ("named", Some(known.unwrap_or_else(|| by.to_string())))
            }
        };
        Self { word, name, at }
    }

    /// One of each kind.
    pub(super) fn samples() -> [Self; 4] {
        let sample = |word, name: Option<&str>| Self { word, name: name.map(str::to_owned), at: Some(1_795_424_400) };
        [
            sample("named", Some("Marie <Durand>")),
            sample("self", None),
            sample("program", None),
            Self { at: None, ..sample("unknown", None) },
        ]
    }
}

impl Authorship {
    /// That of a link.
    pub fn of_link(link: &Membership, names: &BTreeMap<UserId, String>) -> Self {
        let person = Some(link.user_id);
        let verified = link.verified.as_ref();
        Self {
            made: Author::new(link.made_by.as_ref(), None, person, names),
            proven: link.verification.is_proven().then(|| {
                let (by, at) = (verified.map(|deed: &Deed| &deed.by), verified.map(|deed| deed.at.0));
                Author::new(by, at, person, names)
            }),
        }
    }

    /// One that the page has to be able to show, for each kind of author.
    pub(super) fn samples() -> [Self; 4] {
        Author::samples().map(|author| Self { made: author.clone(), proven: Some(author) })
    }
}
