//! Services on the network that know the register. What they said is remembered for a day; where they do not answer, it
//! stands in for thirty days, with its date.

mod annuaires;
mod guard;
mod recherche;

use url::Url;

use super::Answer;
use crate::clock::Clock;
use crate::domain::{Establishment, EstablishmentQuery, Siret};
use crate::fetch::Outward;
pub(super) use annuaires::Annuaires;
use guard::{Outcome, Service};

/// Fewer than the seven a second that are allowed from one address.
const CALLS_PER_SECOND: u32 = 5;

/// Recherche d'entreprises.
pub(super) struct RechercheEntreprises {
    base: Url,
    service: Service,
    clock: Clock,
}

impl RechercheEntreprises {
    pub(super) fn new(base: Url, outward: Outward, clock: Clock) -> Self {
        Self { base, service: Service::new(outward, clock.clone(), CALLS_PER_SECOND), clock }
    }

    pub(super) async fn find(&self, siret: &Siret) -> Answer<Establishment> {
        let now = self.clock.now();
        let remembered = self.service.recall(siret, now);
        if let Some(current) = remembered.as_ref().filter(|known| !known.is_stale(now)) {
            return Answer::Known(current.clone());
        }
        let Some(url) = recherche::find_url(&self.base, siret) else { return Answer::Failed };
        let answer = match self.service.ask(&url, &[]).await {
            Outcome::Said(call) => recherche::read_found(&call, siret, now),
            Outcome::NotFound => Answer::Unknown,
            Outcome::Failed => return remembered.map_or(Answer::Failed, Answer::Known),
        };
        match &answer {
            Answer::Known(establishment) => self.service.remember(&establishment.clone().masked()),
            Answer::Failed => {
                self.service.refuse(&url);
                return remembered.map_or(Answer::Failed, Answer::Known);
            }
            Answer::Unknown | Answer::Absent => {}
        }
        answer
    }

    pub(super) async fn search(&self, query: &EstablishmentQuery) -> Answer<Vec<Establishment>> {
        let Some(url) = recherche::search_url(&self.base, query) else { return Answer::Failed };
        match self.service.ask(&url, &[]).await {
            Outcome::Said(call) => {
                let answer = recherche::read_searched(&call, self.clock.now());
                if matches!(answer, Answer::Failed) {
                    self.service.refuse(&url);
                }
                answer
            }
            Outcome::NotFound => Answer::Unknown,
            Outcome::Failed => Answer::Failed,
        }
    }
}
