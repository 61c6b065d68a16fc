//! Companies and administrations by SIRET, and where they can be written to: several sources in an order that the
//! configuration gives. The first that knows an establishment is believed.
//!
//! Refuses rules about what it finds, and any wait without an end. Doors: [`Directory`], [`Seeds`].

#![deny(clippy::wildcard_enum_match_arm)]

mod seeds;

use std::sync::Arc;

use thiserror::Error;

use crate::clock::Clock;
use crate::config::{Config, DirectorySource};
use crate::domain::{Establishment, EstablishmentQuery, OfficialContact, Siret};

pub use seeds::{Seeded, Seeds};

/// Why the directory cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DirectoryError {
    /// The configuration names no source that can be asked.
    #[error("no source of the register is configured")]
    NoSource,
    /// No source that might know answered; the same question may be answered later.
    #[error("no source of the register answered")]
    Unavailable,
}

/// The sources in their order. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    sources: Arc<Vec<Source>>,
    clock: Clock,
}

/// One source, ready to be asked.
enum Source {
    Seeds(Seeds),
}

impl Directory {
    /// The sources that the configuration names; `seeds` is what that source knows.
    pub fn new(config: &Config, clock: Clock, seeds: Seeds) -> Self {
        let mut seeds = Some(seeds);
        let open = |source: &DirectorySource| match source {
            DirectorySource::Seeds => seeds.take().map(Source::Seeds),
        };
        Self { sources: Arc::new(config.directory.sources.iter().filter_map(open).collect()), clock }
    }

    /// The establishment with this number; `None` where the register does not know it, or may not tell.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn find_establishment(&self, siret: &Siret) -> Result<Option<Establishment>, DirectoryError> {
        self.check_sources()?;
        let now = self.clock.now();
        let found = self.sources.iter().find_map(|source| match source {
            Source::Seeds(seeds) => seeds.find(siret, now),
        });
        Ok(found.map(Establishment::masked))
    }

    /// Establishments by name, town and postal code, the best match first.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn search(&self, query: &EstablishmentQuery) -> Result<Vec<Establishment>, DirectoryError> {
        self.check_sources()?;
        let now = self.clock.now();
        let found = self.sources.iter().flat_map(|source| match source {
            Source::Seeds(seeds) => seeds.search(query, now),
        });
        Ok(found.map(Establishment::masked).take(query.limit()).collect())
    }

    /// The addresses that public directories give for an establishment; none where they give none.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn find_official_contacts(
        &self,
        establishment: &Establishment,
    ) -> Result<Vec<OfficialContact>, DirectoryError> {
        self.check_sources()?;
        let found = self.sources.iter().find_map(|source| match source {
            Source::Seeds(seeds) => seeds.find_contacts(&establishment.siret),
        });
        Ok(found.unwrap_or_default())
    }

    fn check_sources(&self) -> Result<(), DirectoryError> {
        if self.sources.is_empty() { Err(DirectoryError::NoSource) } else { Ok(()) }
    }
}
