//! Joining: the number, the question whether it is the right one, and the refusals.

use serde::Serialize;

use super::{EstablishmentTile, sample_interaction};
use crate::render::Page;
use crate::web::pages::ClientLabel;

/// The number of the organization to join, `/users/join-organization`: posts `siret`, gets `name` and `place`.
#[derive(Debug, Clone, Serialize)]
pub struct JoinOrganization {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one joins.
    pub client: Option<ClientLabel>,
    /// The person's address.
    pub email: String,
    /// The number, as it was typed.
    pub siret: String,
    /// Whether the person works for the organization without belonging to it, as whoever led them here says.
    pub is_external: bool,
    /// Why it cannot be: `malformed`, `siren`, `unknown`, `left_out`, `closed`, `member`, `unproven_member`,
    /// `unavailable`.
    pub problem: Option<String>,
    /// Why nothing has a number: `unknown` or `left_out`.
    pub unknown: &'static str,
    /// What the number in the field is that of, where the client named it.
    pub hinted: Option<EstablishmentTile>,
    /// What the person belongs to, and nothing proves.
    pub unproven: Vec<EstablishmentTile>,
    /// What the address suggests.
    pub suggestions: Vec<EstablishmentTile>,
    /// A name to look for, of those whose address says it.
    pub proposed_search: Option<&'static str>,
    /// What is looked for.
    pub search: Search,
    /// Whether the person belongs to others, among which one chooses.
    pub has_organizations: bool,
}

/// A search on the page.
#[derive(Debug, Clone, Serialize)]
pub struct Search {
    /// What was typed as the name.
    pub name: String,
    /// What was typed as the place.
    pub place: String,
    /// Why nothing was looked for: `too_short`, `too_long`, `unavailable`.
    pub problem: Option<String>,
    /// What was found; `None` before anything was looked for.
    pub found: Option<Vec<EstablishmentTile>>,
}

impl Page for JoinOrganization {
    const TEMPLATE: &'static str = "organizations/join-organization.html";

    fn samples() -> Vec<Self> {
        let search = Search { name: String::new(), place: String::new(), problem: None, found: None };
        let empty = Self {
            interaction: None,
            client: None,
            email: String::from("jean@clamart.fr"),
            siret: String::new(),
            is_external: false,
            problem: None,
            unknown: "unknown",
            hinted: None,
            unproven: Vec::new(),
            suggestions: Vec::new(),
            proposed_search: None,
            search: search.clone(),
            has_organizations: false,
        };
        let with_problem = |problem: &str| Self {
            siret: String::from("130 025 265 0001"),
            is_external: true,
            problem: Some(problem.to_owned()),
            interaction: sample_interaction(),
            client: Some(ClientLabel::sample()),
            ..empty.clone()
        };
        let with_search = |problem: Option<&str>, found: Option<Vec<EstablishmentTile>>| Self {
            search: Search {
                name: String::from("mairie <b>"),
                place: String::from("92140"),
                problem: problem.map(str::to_owned),
                found,
            },
            ..empty.clone()
        };
        let mut samples: Vec<Self> =
            ["malformed", "unknown", "closed", "member", "unproven_member", "unavailable"].map(with_problem).into();
        samples.extend(["too_short", "too_long", "unavailable"].map(|problem| with_search(Some(problem), None)));
        samples.push(with_search(None, Some(Vec::new())));
        samples.push(with_search(None, Some(vec![EstablishmentTile::sample(), EstablishmentTile::sample_long()])));
        samples.push(Self {
            siret: String::from("21920023500014"),
            hinted: Some(EstablishmentTile::sample()),
            unproven: vec![EstablishmentTile::sample_long(), EstablishmentTile::sample()],
            suggestions: vec![EstablishmentTile::sample(), EstablishmentTile::sample_long()],
            has_organizations: true,
            interaction: sample_interaction(),
            client: Some(ClientLabel::sample_long()),
            ..empty.clone()
        });
        samples.push(Self { unproven: vec![EstablishmentTile::sample()], has_organizations: true, ..empty.clone() });
        samples.push(empty);
        samples
    }
}

/// Whether a big organization is the right one, `/users/join-organization-confirm`: posts `siret` and `confirmed`.
#[derive(Debug, Clone, Serialize)]
pub struct JoinOrganizationConfirm {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one joins.
    pub client: Option<ClientLabel>,
    /// The person's address.
    pub email: String,
    /// The organization.
    pub organization: EstablishmentTile,
    /// Whether they come as somebody who works for it without belonging to it.
    pub is_external: bool,
}

impl Page for JoinOrganizationConfirm {
    const TEMPLATE: &'static str = "organizations/join-organization-confirm.html";

    fn samples() -> Vec<Self> {
        let email = String::from("jean@gmail.com");
        let organization = EstablishmentTile::sample();
        let sample = Self { interaction: None, client: None, email, organization, is_external: false };
        let client = Some(ClientLabel::sample());
        let organization = EstablishmentTile::sample_long();
        vec![
            Self { interaction: sample_interaction(), client, organization, is_external: true, ..sample.clone() },
            sample,
        ]
    }
}

/// Why an address never joins an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The organization names its domains, and this is none of them.
    DomainNotAllowed,
    /// Nobody joins this organization with this domain.
    DomainRefused,
    /// A public body, and an address that anybody can have.
    NotForAnyMailbox,
    /// An address of the State, and no public body.
    NotForTheState,
}

/// The refusal, `/users/access-restricted-to-public-sector-email` and three others.
#[derive(Debug, Clone, Serialize)]
pub struct JoiningRefused {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one wanted to join.
    pub client: Option<ClientLabel>,
    /// The person's address.
    pub email: String,
    /// Why.
    pub reason: RefusalReason,
    /// Which organization, where that is known.
    pub organization: Option<EstablishmentTile>,
}

impl Page for JoiningRefused {
    const TEMPLATE: &'static str = "organizations/joining-refused.html";

    fn samples() -> Vec<Self> {
        let of = |reason| Self {
            interaction: sample_interaction(),
            client: Some(ClientLabel::sample()),
            email: String::from("jean@gmail.com"),
            reason,
            organization: Some(EstablishmentTile::sample()),
        };
        let bare = Self { interaction: None, client: None, organization: None, ..of(RefusalReason::DomainRefused) };
        vec![
            of(RefusalReason::DomainNotAllowed),
            of(RefusalReason::DomainRefused),
            of(RefusalReason::NotForAnyMailbox),
            of(RefusalReason::NotForTheState),
            bare,
        ]
    }
}
