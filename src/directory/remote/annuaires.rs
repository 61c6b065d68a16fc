//! Public directories that say where town halls, schools and other public services can be written to.
//!
//! What they answer is written by thousands of people: several addresses in one field, pages in the place of addresses,
//! fields that are JSON in a text. What is no address is not there (SEC-61).

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::fields::text;
use super::guard::{Call, Outcome, Service, Standing};
use crate::clock::Clock;
use crate::directory::Answer;
use crate::directory::contacts::{Gathered, Subject, addresses_in};
use crate::domain::{Email, Establishment, OfficialContact, OfficialContactKind};
use crate::fetch::{Budget, Outward};

/// The most records that are asked for.
const MAX_RECORDS: &str = "20";
/// Calls to each directory.
const BUDGET: Budget = Budget { calls: 5, within: Duration::from_secs(1) };

/// Both directories.
pub(in crate::directory) struct Annuaires {
    service_public: (Url, Service),
    education: (Url, Service),
}

/// Where a question goes, and what its answer is about.
struct Question<'a> {
    base: &'a Url,
    service: &'a Service,
    dataset: &'static str,
    condition: String,
    kind: OfficialContactKind,
    /// The field of the addresses.
    field: &'static str,
    /// A field that every record must have, and its value.
    must_be: (&'static str, String),
}

impl Annuaires {
    pub(in crate::directory) fn new(service_public: Url, education: Url, outward: &Outward, clock: &Clock) -> Self {
        let service = || Service::new(outward.clone(), clock.clone(), BUDGET);
        Self { service_public: (service_public, service()), education: (education, service()) }
    }

    /// The names of both, and how they have answered so far.
    pub(in crate::directory) fn standings(&self) -> [(&'static str, Standing); 2] {
        let ((_, service_public), (_, education)) = (&self.service_public, &self.education);
        [("annuaire-service-public", service_public.standing()), ("annuaire-education", education.standing())]
    }

    /// The addresses of an establishment; unknown where the directories give none.
    pub(in crate::directory) async fn find(&self, establishment: &Establishment) -> Answer<Vec<OfficialContact>> {
        let question = self.question(establishment);
        let Some(url) = question.url() else { return Answer::Failed };
        match question.service.ask(&url, &[]).await {
            Outcome::Said(call) => match question.read(&call) {
                Some(contacts) => {
                    question.service.understood();
                    if contacts.is_empty() { Answer::Unknown } else { Answer::Known(contacts) }
                }
                None => {
                    question.service.refuse(&url);
                    Answer::Failed
                }
            },
            Outcome::NotFound | Outcome::Withheld => Answer::Unknown,
            Outcome::Failed => Answer::Failed,
            Outcome::Busy => Answer::Busy,
        }
    }

    /// A school is asked about in its own directory, a commune by its code, everybody else by their number. The values in a
    /// condition are digits and the letters of Corsica, by their types.
    fn question(&self, establishment: &Establishment) -> Question<'_> {
        let subject = Subject::of(establishment);
        let (base, service) = match &subject {
            Subject::School(_) => &self.education,
            Subject::TownHall(_) | Subject::PublicService(_) => &self.service_public,
        };
        let kind = subject.kind();
        match subject {
            Subject::School(siret) => Question {
                base,
                service,
                dataset: "fr-en-annuaire-education",
                condition: format!("siren_siret = \"{siret}\""),
                kind,
                field: "mail",
                must_be: ("siren_siret", siret.to_string()),
            },
            Subject::TownHall(code) => Question {
                base,
                service,
                dataset: "api-lannuaire-administration",
                condition: format!("code_insee_commune LIKE \"{code}\" and pivot LIKE \"mairie\""),
                kind,
                field: "adresse_courriel",
                must_be: ("code_insee_commune", code.to_string()),
            },
            Subject::PublicService(siret) => Question {
                base,
                service,
                dataset: "api-lannuaire-administration",
                condition: format!("siret = \"{siret}\""),
                kind,
                field: "adresse_courriel",
                must_be: ("siret", siret.to_string()),
            },
        }
    }
}

impl Question<'_> {
    fn url(&self) -> Option<Url> {
        let mut url = self.base.clone();
        let path = ["api", "explore", "v2.1", "catalog", "datasets", self.dataset, "records"];
        url.path_segments_mut().ok()?.pop_if_empty().extend(path);
        url.query_pairs_mut().append_pair("where", &self.condition).append_pair("limit", MAX_RECORDS);
        Some(url)
    }

    /// Every address once, in the order of the records; `None` where it is no answer.
    fn read(&self, call: &Call) -> Option<Vec<OfficialContact>> {
        let records = call.document.get("results")?.as_array()?;
        let (field, value) = &self.must_be;
        let mut gathered = Gathered::default();
        for record in records {
            let is_theirs = record.get(*field).and_then(Value::as_str).map(str::trim) == Some(value.as_str());
            let addresses = record.get(self.field).and_then(Value::as_str).unwrap_or_default();
            if !is_theirs {
                continue;
            }
            let name = ["nom", "nom_etablissement"].iter().find_map(|field| text(record, field)).unwrap_or_default();
            let addresses: Vec<Email> = addresses_in(addresses).collect();
            gathered.add(&addresses, &name, self.kind);
        }
        Some(gathered.into_contacts())
    }
}
