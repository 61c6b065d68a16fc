//! The search for organizations, and the lists of those that the register closed or knows no more.

use serde::Serialize;

use super::StandingTab;
use crate::domain::OrganizationStanding;
use crate::render::Page;

/// The search, `/admin/organizations`: gets `q` or `standing`, and posts `siret` to enter what the register says.
#[derive(Debug, Clone, Serialize)]
pub struct Organizations {
    /// What was typed.
    pub typed: String,
    /// Why nothing was looked for or entered: `too_short`, `too_long`, `unknown` or `unavailable`.
    pub problem: Option<String>,
    /// Whether nothing was looked for, and everything is listed.
    pub is_listing: bool,
    /// Those that the register closed, and those that it knows no more.
    pub tabs: Vec<StandingTab>,
    /// Which of them are listed: `closed` or `unknown`.
    pub standing: Option<&'static str>,
    /// Whether the officer has some organizations only.
    pub is_delegated: bool,
    /// Those that are known here.
    pub known: Vec<OrganizationTile>,
    /// Whether a search found more than is shown.
    pub may_be_more: bool,
    /// Where a listing goes on.
    pub next_href: Option<String>,
    /// Where it is a file.
    pub file_href: String,
    /// Those that only the register knows.
    pub from_register: Vec<OrganizationTile>,
    /// Whether the register did not answer.
    pub is_register_silent: bool,
    /// Whether the officer may enter organizations.
    pub may_manage: bool,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct OrganizationTile {
    /// Our identifier, of one that is known here.
    pub id: Option<String>,
    /// Its SIRET, digits only.
    pub siret: String,
    /// Its name.
    pub label: String,
    /// Postal code and commune.
    pub address: Option<String>,
    /// Whether it is the head office of its legal entity.
    pub is_head_office: bool,
    /// Whether it is in activity.
    pub is_active: bool,
    /// Whether its legal entity has ceased.
    pub is_ceased: bool,
    /// Whether the register knows it no more, or may not tell of it.
    pub is_unknown: bool,
    /// As of when it is, where the register does not answer and something older stands in.
    pub as_of: Option<u64>,
}

impl OrganizationTile {
    fn sample(id: Option<&str>) -> Self {
        Self {
            id: id.map(str::to_owned),
            siret: String::from("21920023500014"),
            label: String::from("Commune de clamart - Mairie"),
            address: Some(String::from("92140 Clamart")),
            is_head_office: true,
            is_active: true,
            is_ceased: false,
            is_unknown: false,
            as_of: id.is_none().then_some(1_795_424_400),
        }
    }

    fn sample_long(id: Option<&str>) -> Self {
        Self {
            label: "Syndicat <b>intercommunal</b> à vocation multiple ".repeat(5),
            address: None,
            is_head_office: false,
            is_active: false,
            is_ceased: true,
            is_unknown: id.is_some(),
            ..Self::sample(id)
        }
    }
}

fn tabs(here: Option<OrganizationStanding>) -> Vec<StandingTab> {
    let tab = |of: OrganizationStanding| StandingTab {
        standing: of.as_str(),
        href: format!("/admin/organizations?standing={}", of.as_str()),
        is_here: here == Some(of),
    };
    OrganizationStanding::ALL.map(tab).into()
}

impl Page for Organizations {
    const TEMPLATE: &'static str = "admin/organizations.html";

    fn samples() -> Vec<Self> {
        let known = vec![OrganizationTile::sample(Some("1")), OrganizationTile::sample_long(Some("2"))];
        let listing = Self {
            typed: String::new(),
            problem: None,
            is_listing: true,
            tabs: tabs(None),
            standing: None,
            is_delegated: false,
            known: known.clone(),
            may_be_more: false,
            next_href: Some(String::from("/admin/organizations?after=2")),
            file_href: String::from("/admin/organizations.csv"),
            from_register: Vec::new(),
            is_register_silent: false,
            may_manage: true,
        };
        let of = |standing: OrganizationStanding| Self {
            tabs: tabs(Some(standing)),
            standing: Some(standing.as_str()),
            ..listing.clone()
        };
        let [closed, unknown] = OrganizationStanding::ALL.map(of);
        let found = Self {
            typed: String::from("mairie de Clamart"),
            is_listing: false,
            may_be_more: true,
            next_href: None,
            file_href: String::from("/admin/organizations.csv?q=clamart"),
            from_register: vec![OrganizationTile::sample(None), OrganizationTile::sample_long(None)],
            ..listing.clone()
        };
        let silent = Self {
            known: Vec::new(),
            may_be_more: false,
            from_register: Vec::new(),
            is_register_silent: true,
            problem: Some(String::from("unavailable")),
            ..found.clone()
        };
        vec![
            Self { known: Vec::new(), next_href: None, is_delegated: true, may_manage: false, ..listing.clone() },
            Self { may_manage: false, ..found.clone() },
            Self { problem: Some(String::from("too_short")), typed: String::from("a"), ..silent.clone() },
            Self { problem: Some(String::from("too_long")), typed: "<a> ".repeat(50), ..silent.clone() },
            Self { problem: Some(String::from("unknown")), is_register_silent: false, ..silent.clone() },
            Self { problem: None, ..silent },
            Self { known: Vec::new(), next_href: None, ..closed.clone() },
            Self { known: Vec::new(), next_href: None, ..unknown.clone() },
            closed,
            unknown,
            listing,
            found,
        ]
    }
}
