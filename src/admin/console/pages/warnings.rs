//! What makes a moderator hesitate about a request, and what taking a decision back comes to.

use serde::Serialize;

use super::Authorship;
use crate::domain::Likeness;

/// What makes one hesitate.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Warnings {
    /// Anybody has an address at the person's host.
    pub is_open_to_anybody: bool,
    /// Nobody joins the organization with the person's host.
    pub is_domain_refused: bool,
    /// Hosts of the organization that the person's is like.
    pub look_alikes: Vec<LookAlikeLine>,
    /// The address with which the person asked, where they have another one now.
    pub asked_with: Option<String>,
    /// A link of the person by another act than the request, which cannot be refused while it stands.
    pub link: Option<StandingLink>,
}

/// A host that the person's is like.
#[derive(Debug, Clone, Serialize)]
pub struct LookAlikeLine {
    /// It.
    pub domain: String,
    /// How.
    pub likeness: Likeness,
}

/// A link that stands by another act than the request.
#[derive(Debug, Clone, Serialize)]
pub struct StandingLink {
    /// How it was proven.
    pub verification: &'static str,
    /// Who made it, and proved it.
    pub authorship: Authorship,
}

/// What taking an acceptance back comes to.
#[derive(Debug, Clone, Serialize)]
pub struct Undone {
    /// Of the link: `none`, `ends`, `put_back` or `stays`.
    pub link: &'static str,
    /// How the link is proven again, where it is put back.
    pub verification: Option<&'static str>,
    /// Of the domain that the acceptance approved.
    pub domain: Option<UndoneDomain>,
}

/// What becomes of a domain that an acceptance approved.
#[derive(Debug, Clone, Serialize)]
pub struct UndoneDomain {
    /// The domain.
    pub domain: String,
    /// What it is again, as a word of the catalogue.
    pub status: &'static str,
}

impl Warnings {
    /// All of them.
    pub(super) fn sample() -> Self {
        let alike = |likeness| LookAlikeLine { domain: String::from("clamart.fr"), likeness };
        let [authorship, ..] = Authorship::samples();
        Self {
            is_open_to_anybody: true,
            is_domain_refused: true,
            look_alikes: [
                Likeness::LooksTheSame,
                Likeness::OneLetter,
                Likeness::Below,
                Likeness::OtherEnding,
                Likeness::Inside,
            ]
            .map(alike)
            .into(),
            asked_with: Some(String::from("elodie@<ailleurs>.example")),
            link: Some(StandingLink { verification: "manual_decision", authorship }),
        }
    }
}

impl Undone {
    /// One for each end of a link.
    pub(super) fn samples() -> [Self; 4] {
        let domain = |status| Some(UndoneDomain { domain: String::from("ville-clamart.fr"), status });
        [
            Self { link: "none", verification: None, domain: None },
            Self { link: "ends", verification: None, domain: domain("unknown") },
            Self {
                link: "put_back",
                verification: Some("domain_not_verified_yet"),
                domain: domain("not_verified_yet"),
            },
            Self { link: "stays", verification: None, domain: None },
        ]
    }
}
