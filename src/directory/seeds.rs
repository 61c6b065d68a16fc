//! Establishments that are given when an instance starts, and one that is made up for any other number.

use std::collections::HashSet;

use crate::domain::{Establishment, EstablishmentQuery, OfficialContact, Siren, Siret, folded};
use crate::protocol::Timestamp;

/// An establishment, and where it can be written to.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// What is known of it; when it was told is when it is asked for.
    pub establishment: Establishment,
    /// What public directories would say.
    pub contacts: Vec<OfficialContact>,
}

/// What a source knows without asking anybody.
#[derive(Debug, Clone, Default)]
pub struct Seeds {
    known: Vec<(Seeded, Words)>,
    invent: Option<fn(&Siret) -> Seeded>,
}

/// The words of an establishment that a search looks at.
#[derive(Debug, Clone)]
struct Words {
    label: Vec<String>,
    town: Vec<String>,
}

impl Seeds {
    /// These establishments, the first of a number winning, and what is made up for every other number.
    pub fn new(known: Vec<Seeded>, invent: Option<fn(&Siret) -> Seeded>) -> Self {
        let words = |text: &str| folded(text).split(' ').map(str::to_owned).collect();
        let with_words = |seeded: Seeded| {
            let seeded = Seeded { establishment: seeded.establishment.masked(), ..seeded };
            let label = words(&seeded.establishment.name.label());
            let town = words(seeded.establishment.commune.as_deref().unwrap_or_default());
            (seeded, Words { label, town })
        };
        let mut seen = HashSet::new();
        let known = known.into_iter().filter(|seeded| seen.insert(seeded.establishment.siret.clone()));
        Self { known: known.map(with_words).collect(), invent }
    }

    fn get(&self, siret: &Siret) -> Option<Seeded> {
        let known = self.known.iter().find(|(seeded, _)| seeded.establishment.siret == *siret);
        known.map(|(seeded, _)| seeded.clone()).or_else(|| self.invent.map(|invent| invent(siret)))
    }

    pub(super) fn find(&self, siret: &Siret, now: Timestamp) -> Option<Establishment> {
        self.get(siret).map(|seeded| Establishment { fetched_at: now, ..seeded.establishment })
    }

    pub(super) fn find_contacts(&self, siret: &Siret) -> Option<Vec<OfficialContact>> {
        self.get(siret).map(|seeded| seeded.contacts)
    }

    /// Every word must begin a word of the label or of the town; whole words, the head office and what is active come
    /// first.
    pub(super) fn search(&self, query: &EstablishmentQuery, now: Timestamp) -> Vec<Establishment> {
        if let Some(siren) = query.siren() {
            return self.list_of(siren, query, now);
        }
        let name = folded(query.name());
        let town = query.town().map(folded).unwrap_or_default();
        let mut found: Vec<(usize, &Establishment)> = Vec::new();
        for (Seeded { establishment, .. }, words) in &self.known {
            let code = establishment.postal_code.as_deref().unwrap_or_default();
            let is_there = query.postal_code().is_none_or(|digits| code.starts_with(digits))
                && town.split(' ').all(|word| likeness(word, &words.town) > 0);
            let of_word = |word: &str| likeness(word, &words.label).max(likeness(word, &words.town).min(1));
            let likenesses: Vec<usize> = name.split(' ').map(of_word).collect();
            if is_there && likenesses.iter().all(|likeness| *likeness > 0) {
                let standing = usize::from(establishment.is_active) * 2 + usize::from(establishment.is_head_office);
                found.push((likenesses.iter().sum::<usize>() * 4 + standing, establishment));
            }
        }
        found.sort_by_key(|(rank, establishment)| (std::cmp::Reverse(*rank), establishment.name.label().len()));
        let stamped = |(_, establishment): &(usize, &Establishment)| Establishment {
            fetched_at: now,
            ..(*establishment).clone()
        };
        found.iter().take(query.limit()).map(stamped).collect()
    }

    /// Those of a legal entity: the head office, then those in activity.
    fn list_of(&self, siren: &Siren, query: &EstablishmentQuery, now: Timestamp) -> Vec<Establishment> {
        let known = self.known.iter().map(|(seeded, _)| &seeded.establishment);
        let is_found = |found: &&Establishment| found.siret.siren() == siren.as_str() && query.is_there(found);
        let mut found: Vec<&Establishment> = known.filter(is_found).collect();
        found.sort_by_key(|found| (!found.is_head_office, !found.is_active, found.siret.clone()));
        let stamped = found.into_iter().take(query.limit());
        stamped.map(|found| Establishment { fetched_at: now, ..found.clone() }).collect()
    }
}

/// 3 for the word itself, 2 for one that it begins, 1 for one that is one typing mistake away; 0 for none of them.
fn likeness(word: &str, words: &[String]) -> usize {
    let of = |candidate: &String| match () {
        () if candidate == word => 3,
        () if candidate.starts_with(word) => 2,
        () if word.len() >= 4 && strsim::osa_distance(candidate, word) <= 1 => 1,
        () => 0,
    };
    words.iter().map(of).max().unwrap_or(0)
}
