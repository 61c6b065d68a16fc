//! The list of requests to join.

use serde::Serialize;

use crate::render::Page;

/// The list of requests, `/admin/moderations`: a line `q`, or fields of their own, say what is looked for.
#[derive(Debug, Clone, Serialize)]
pub struct Moderations {
    /// Requests that wait, that are decided, and all of them.
    pub tabs: Vec<StandingTab>,
    /// What is looked for, as one line.
    pub line: String,
    /// The same, field by field.
    pub criteria: Criteria,
    /// Whether anything but how they stand narrows the list down.
    pub is_narrowed: bool,
    /// Why nothing was looked for.
    pub problem: Option<QueryProblem>,
    /// What was found.
    pub requests: Vec<ModerationRow>,
    /// Whether this is a page after the first one.
    pub is_later: bool,
    /// Where the first page is.
    pub first_href: String,
    /// Where the list goes on.
    pub next_href: Option<String>,
    /// Where it is a file.
    pub file_href: String,
    /// Whether whoever looks moderates some organizations only.
    pub is_delegated: bool,
}

/// What stands in one way.
#[derive(Debug, Clone, Serialize)]
pub struct StandingTab {
    /// `pending`, `processed` or `any` of requests; `closed` or `unknown` of organizations.
    pub standing: &'static str,
    /// Where they are.
    pub href: String,
    /// Whether they are here.
    pub is_here: bool,
}

/// What is looked for, field by field.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Criteria {
    /// `pending`, `processed` or `any`.
    pub is: String,
    /// The address of the person.
    pub email: String,
    /// The number of the organization.
    pub siret: String,
    /// The service.
    pub service: String,
    /// A service that it is not.
    pub other_service: String,
    /// Who decided.
    pub by: String,
    /// The day on which it was made.
    pub date: String,
}

/// Why nothing was looked for.
#[derive(Debug, Clone, Serialize)]
pub struct QueryProblem {
    /// `word`, `standing`, `email`, `siret`, `date`, `repeated` or `too_long`.
    pub name: &'static str,
    /// What is wrong, as it was written.
    pub written: String,
}

/// A request in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ModerationRow {
    /// Its number.
    pub id: u64,
    /// Who asked, where a name is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// The name of the organization.
    pub organization: String,
    /// Its SIRET, digits only.
    pub siret: String,
    /// The service that the sign-in led to.
    pub service: Option<String>,
    /// Whether the person waits for it; else they joined already, and their domain is reviewed.
    pub is_blocking: bool,
    /// Whether it was made for somebody who works for the organization without belonging to it.
    pub as_external: bool,
    /// `pending`, `accepted` or `rejected`.
    pub status: &'static str,
    /// When it was made, in seconds.
    pub requested_at: u64,
    /// When it was decided, in seconds.
    pub decided_at: Option<u64>,
    /// By whom.
    pub decided_by: Option<String>,
}

impl ModerationRow {
    /// One that waits, for samples.
    pub(super) fn sample() -> Self {
        Self {
            id: 7,
            name: Some(String::from("Élodie Martin")),
            email: String::from("elodie.martin@ville-clamart.fr"),
            organization: String::from("Commune de clamart - Mairie"),
            siret: String::from("21920023500014"),
            service: Some(String::from("DataPass")),
            is_blocking: true,
            as_external: true,
            status: "pending",
            requested_at: 1_795_424_400,
            decided_at: None,
            decided_by: None,
        }
    }

    /// One that is decided, with the longest values, for samples.
    pub(super) fn sample_long() -> Self {
        Self {
            id: 123_456_789,
            name: None,
            email: format!("{}@{}.fr", "a".repeat(60), "b".repeat(60)),
            organization: "Syndicat <b>intercommunal</b> à vocation multiple ".repeat(5),
            service: None,
            is_blocking: false,
            status: "rejected",
            decided_at: Some(1_795_428_000),
            decided_by: Some(String::from("Marie <Durand>")),
            ..Self::sample()
        }
    }
}

/// Requests of others with the same domain.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SimilarRequests {
    /// How many there are.
    pub count: usize,
    /// The last one of them.
    pub up_to: u64,
}

impl Page for Moderations {
    const TEMPLATE: &'static str = "admin/moderations.html";

    fn samples() -> Vec<Self> {
        let tab = |standing, is_here| StandingTab {
            standing,
            href: format!("/admin/moderations?q=is%3A{standing}"),
            is_here,
        };
        let empty = Self {
            tabs: vec![tab("pending", true), tab("processed", false), tab("any", false)],
            line: String::from("is:pending"),
            criteria: Criteria { is: String::from("pending"), ..Criteria::default() },
            is_narrowed: false,
            problem: None,
            requests: Vec::new(),
            is_later: false,
            first_href: String::from("/admin/moderations?q=is%3Apending"),
            next_href: None,
            file_href: String::from("/admin/moderations.csv?q="),
            is_delegated: false,
        };
        let accepted = ModerationRow { status: "accepted", ..ModerationRow::sample_long() };
        let with_problem = |name| Self {
            line: String::from("couleur:<b>bleue</b>"),
            problem: Some(QueryProblem { name, written: String::from("<b>bleue</b>") }),
            ..empty.clone()
        };
        let mut samples: Vec<Self> =
            ["word", "standing", "email", "siret", "date", "repeated", "too_long"].map(with_problem).into();
        samples.push(Self {
            requests: vec![ModerationRow::sample(), ModerationRow::sample_long(), accepted],
            line: String::from("is:any email:jean@clamart.fr service:\"Démarches & <aides>\""),
            is_narrowed: true,
            is_later: true,
            next_href: Some(String::from("/admin/moderations?q=is%3Aany&cursor=7")),
            is_delegated: true,
            ..empty.clone()
        });
        samples.push(Self { is_narrowed: true, ..empty.clone() });
        samples.push(Self { next_href: Some(String::from("/admin/moderations?cursor=7")), ..empty.clone() });
        samples.push(empty);
        samples
    }
}
