//! Services on the network that know the register. What they said is remembered for a day; where they do not answer, it
//! stands in for thirty days, with its date.

mod annuaires;
mod entreprise;
mod fields;
mod guard;
#[cfg(test)]
mod hostile;
mod recherche;
mod sirene;

use std::time::Duration;

use url::Url;

use super::Answer;
use crate::clock::Clock;
use crate::config::DirectorySource;
use crate::domain::{Establishment, EstablishmentQuery, Siren, Siret};
use crate::fetch::{Budget, Outward};
use crate::protocol::{Secret, Timestamp};
pub(super) use annuaires::Annuaires;
pub(super) use fields::cleaned;
pub use guard::Standing;
use guard::{Call, Outcome, Service, Withholding};

/// Fewer than the seven a second that Recherche d'entreprises allows from one address.
const OPEN_BUDGET: Budget = Budget { calls: 5, within: Duration::from_secs(1) };
/// What the public plan of API Sirene allows.
const SIRENE_BUDGET: Budget = Budget { calls: 30, within: Duration::from_secs(60) };
/// Fewer than the 250 a minute that API Entreprise allows.
const ENTREPRISE_BUDGET: Budget = Budget { calls: 200, within: Duration::from_secs(60) };

/// How a service is asked, and what its answers look like.
pub(super) enum Dialect {
    /// Recherche d'entreprises: open.
    RechercheEntreprises,
    /// API Sirene: with a key.
    Sirene { key: Secret },
    /// API Entreprise: with a token, for an administration.
    Entreprise { token: Secret, recipient: Siret },
}

/// One service.
pub(super) struct RemoteRegister {
    dialect: Dialect,
    base: Url,
    service: Service,
    clock: Clock,
}

impl RemoteRegister {
    pub(super) fn new(dialect: Dialect, base: Url, outward: Outward, clock: Clock) -> Self {
        let (budget, withholding) = match &dialect {
            Dialect::RechercheEntreprises => (OPEN_BUDGET, None),
            // A key that is wrong is 401 there.
            Dialect::Sirene { .. } => {
                (SIRENE_BUDGET, Some(Withholding { status: 403, is_own: sirene::is_withholding }))
            }
            // Nobody on the way has a law to name.
            Dialect::Entreprise { .. } => (ENTREPRISE_BUDGET, Some(Withholding { status: 451, is_own: |_| true })),
        };
        let service = Service::new(outward, clock.clone(), budget).withholding_by(withholding);
        Self { dialect, base, service, clock }
    }

    /// Its name in the configuration, and how it has answered so far.
    pub(super) fn standing(&self) -> (&'static str, Standing) {
        let source = match &self.dialect {
            Dialect::RechercheEntreprises => DirectorySource::RechercheEntreprises,
            Dialect::Sirene { .. } => DirectorySource::ApiSirene,
            Dialect::Entreprise { .. } => DirectorySource::ApiEntreprise,
        };
        (source.as_str(), self.service.standing())
    }

    /// Forgets what it said of an establishment that nobody may be told of any more, whoever said that.
    pub(super) fn forget(&self, siret: &Siret) {
        self.service.forget(siret);
    }

    /// The establishment with this number.
    pub(super) async fn find(&self, siret: &Siret) -> Answer<Establishment> {
        let now = self.clock.now();
        let remembered = self.service.recall(siret, now);
        if let Some(current) = remembered.as_ref().filter(|known| !known.is_stale(now)) {
            return Answer::Known(current.clone());
        }
        let Some(url) = self.find_url(siret) else { return Answer::Failed };
        let answer = match self.service.ask(&url, &self.headers()).await {
            Outcome::Said(call) => self.read_found(&call, siret, now),
            Outcome::NotFound => Answer::Unknown,
            Outcome::Withheld => Answer::Withheld,
            Outcome::Failed => return remembered.map_or(Answer::Failed, Answer::Known),
            Outcome::Busy => return remembered.map_or(Answer::Busy, Answer::Known),
        };
        match &answer {
            Answer::Known(establishment) => {
                self.service.understood();
                self.service.remember(&establishment.clone().masked());
            }
            Answer::Failed => {
                self.service.refuse(&url);
                return remembered.map_or(Answer::Failed, Answer::Known);
            }
            Answer::Unknown | Answer::Withheld => {
                self.service.understood();
                self.service.forget(siret);
            }
            Answer::Absent | Answer::Busy => {}
        }
        answer
    }

    /// Establishments by name and town; absent where the service searches for none.
    pub(super) async fn search(&self, query: &EstablishmentQuery) -> Answer<Vec<Establishment>> {
        let now = self.clock.now();
        if let Some(siren) = query.siren() {
            return self.list_of(siren, query, now).await;
        }
        let url = match &self.dialect {
            Dialect::RechercheEntreprises => recherche::search_url(&self.base, query),
            Dialect::Sirene { .. } => match sirene::search_url(&self.base, query, now) {
                // Nothing that was written can be in a name.
                None => return Answer::Known(Vec::new()),
                some => some,
            },
            Dialect::Entreprise { .. } => return Answer::Absent,
        };
        let Some(url) = url else { return Answer::Failed };
        let read = |call: &Call| match &self.dialect {
            Dialect::RechercheEntreprises => recherche::read_searched(call, query, now),
            Dialect::Sirene { .. } | Dialect::Entreprise { .. } => sirene::read_searched(call, now),
        };
        self.ask(&url, read).await
    }

    /// The establishments of a legal entity, its head office first; API Entreprise tells the head office alone.
    async fn list_of(&self, siren: &Siren, query: &EstablishmentQuery, now: Timestamp) -> Answer<Vec<Establishment>> {
        let urls = match &self.dialect {
            Dialect::RechercheEntreprises => vec![recherche::list_url(&self.base, siren)],
            Dialect::Sirene { .. } => sirene::list_urls(&self.base, siren, now).into(),
            Dialect::Entreprise { recipient, .. } => vec![entreprise::head_office_url(&self.base, recipient, siren)],
        };
        let read = |call: &Call| match &self.dialect {
            Dialect::RechercheEntreprises => recherche::read_listed(call, siren, now),
            Dialect::Sirene { .. } => sirene::read_listed(call, siren, now),
            Dialect::Entreprise { .. } => entreprise::read_head_office(call, siren, now),
        };
        let mut told: Vec<Establishment> = Vec::new();
        for url in urls {
            let Some(url) = url else { return Answer::Failed };
            match self.ask(&url, read).await {
                Answer::Known(found) => told.extend(found),
                // The head office may be all that there is, or closed with everything else.
                Answer::Unknown => {}
                other @ (Answer::Withheld | Answer::Absent | Answer::Failed | Answer::Busy) => return other,
            }
        }
        let mut told: Vec<Establishment> = told.into_iter().map(Establishment::masked).collect();
        told.retain(|found| query.is_there(found));
        told.sort_by_key(|found| (!found.is_head_office, !found.is_active, found.siret.clone()));
        told.dedup_by(|one, other| one.siret == other.siret);
        told.truncate(query.limit());
        if told.is_empty() { Answer::Unknown } else { Answer::Known(told) }
    }

    /// Asks for a document, and counts one that is none as a failure.
    async fn ask<T>(&self, url: &Url, read: impl Fn(&Call) -> Answer<T>) -> Answer<T> {
        let call = match self.service.ask(url, &self.headers()).await {
            Outcome::Said(call) => call,
            Outcome::NotFound => return Answer::Unknown,
            Outcome::Withheld => return Answer::Withheld,
            Outcome::Failed => return Answer::Failed,
            Outcome::Busy => return Answer::Busy,
        };
        let answer = read(&call);
        match &answer {
            Answer::Failed => self.service.refuse(url),
            Answer::Known(_) | Answer::Unknown | Answer::Withheld | Answer::Absent => self.service.understood(),
            Answer::Busy => {}
        }
        answer
    }

    fn find_url(&self, siret: &Siret) -> Option<Url> {
        match &self.dialect {
            Dialect::RechercheEntreprises => recherche::find_url(&self.base, siret),
            Dialect::Sirene { .. } => sirene::find_url(&self.base, siret),
            Dialect::Entreprise { recipient, .. } => entreprise::find_url(&self.base, recipient, siret),
        }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        match &self.dialect {
            Dialect::RechercheEntreprises => Vec::new(),
            Dialect::Sirene { key } => vec![(sirene::KEY_HEADER, key.expose().to_owned())],
            Dialect::Entreprise { token, .. } => vec![("authorization", format!("Bearer {}", token.expose()))],
        }
    }

    fn read_found(&self, call: &Call, siret: &Siret, now: Timestamp) -> Answer<Establishment> {
        match &self.dialect {
            Dialect::RechercheEntreprises => recherche::read_found(call, siret, now),
            Dialect::Sirene { .. } => sirene::read_found(call, siret, now),
            Dialect::Entreprise { .. } => entreprise::read_found(call, siret, now),
        }
    }
}
