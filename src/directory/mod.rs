//! Companies and administrations by SIRET, and where they can be written to: several sources in an order that the
//! configuration gives. The first that knows an establishment is believed.
//!
//! Refuses rules about what it finds, and any wait without an end. Doors: [`Directory`], [`Said`], [`Seeds`], [`import`],
//! [`import_contacts`].

#![deny(clippy::wildcard_enum_match_arm)]

mod contacts;
mod current;
mod files;
mod place;
mod register;
mod remote;
mod seeds;

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use url::Url;

use crate::clock::Clock;
use crate::config::{Config, ContactSource, DataLocation, DirectorySource};
use crate::domain::{Establishment, EstablishmentQuery, OfficialContact, Siret};
use crate::fetch::{Outward, Turns};
use contacts::ImportedContacts;
use register::Register;
use remote::{Annuaires, Dialect, RemoteRegister};

pub use contacts::{Annuaire, AnnuaireReport, ContactsFile, ContactsReport, import_contacts};
pub use files::{ImportError, Rejected};
pub use register::{FileReport, Filter, Import, ImportReport, Progress, Step, import};
pub use remote::Standing;
pub use seeds::{Seeded, Seeds};

/// How long a source may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// How many searches run at one time, and how many more wait.
const SEARCHES: usize = 4;
const WAITING: usize = 32;

/// Why the directory cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DirectoryError {
    /// The configuration names no source that can be asked.
    #[error(
        "no source of the register can be asked: import the register (`directory import FILE…`), or name another source in \
         directory.sources; `org add --label` enters an organization by hand"
    )]
    NoSource,
    /// No source that might know answered; the same question may be answered later.
    #[error("no source of the register answered: ask again later")]
    Unavailable,
    /// Too many ask at this moment.
    #[error("too many questions are put to the register at once: ask again in a few seconds")]
    Busy,
}

/// What the directory says of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It knows it.
    Known(Box<Establishment>),
    /// No source knows it.
    Unknown,
    /// Nobody may be told anything of it.
    Withheld,
}

impl Said {
    /// The establishment, where it may be told of.
    pub fn told(self) -> Option<Establishment> {
        match self {
            Self::Known(known) => Some(*known),
            Self::Unknown | Self::Withheld => None,
        }
    }
}

/// What one source says.
enum Answer<T> {
    Known(T),
    /// It knows that there is nothing.
    Unknown,
    /// It may not be told, whoever else knows it.
    Withheld,
    /// It has nothing to look in.
    Absent,
    /// It did not answer.
    Failed,
    /// Too many ask it already.
    Busy,
}

/// What all sources say together, asked in their order.
struct Answers {
    is_unknown: bool,
    has_failed: bool,
    is_busy: bool,
}

impl Answers {
    fn none() -> Self {
        Self { is_unknown: false, has_failed: false, is_busy: false }
    }

    /// Takes an answer in; gives what is known.
    fn note<T>(&mut self, answer: Answer<T>) -> Option<T> {
        match answer {
            Answer::Known(known) => return Some(known),
            Answer::Unknown | Answer::Withheld => self.is_unknown = true,
            Answer::Failed => self.has_failed = true,
            Answer::Busy => self.is_busy = true,
            Answer::Absent => {}
        }
        None
    }

    /// What it means that nobody knew.
    fn end<T>(&self, nothing: T) -> Result<T, DirectoryError> {
        match (self.has_failed, self.is_busy, self.is_unknown) {
            (true, ..) => Err(DirectoryError::Unavailable),
            (false, true, _) => Err(DirectoryError::Busy),
            (false, false, true) => Ok(nothing),
            (false, false, false) => Err(DirectoryError::NoSource),
        }
    }
}

/// The sources in their order. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    sources: Arc<Vec<Source>>,
    contacts: Arc<Vec<Contacts>>,
    clock: Clock,
}

/// One source, ready to be asked.
enum Source {
    Seeds(Seeds),
    Register { register: Arc<Register>, searches: Turns },
    Remote(Box<RemoteRegister>),
}

/// One source of official contacts, ready to be asked.
enum Contacts {
    Imported(ImportedContacts),
    Remote(Box<Annuaires>),
}

impl Directory {
    /// The sources that the configuration names; `seeds` is what that source knows.
    pub fn new(config: &Config, clock: Clock, seeds: Seeds) -> Self {
        let mut seeds = Some(seeds);
        let remote = |dialect: Dialect, base: &Url| {
            let outward = Outward::new(&clock, config.reach.clone());
            Source::Remote(Box::new(RemoteRegister::new(dialect, base.clone(), outward, clock.clone())))
        };
        let open = |source: &DirectorySource| match (source, &config.data) {
            (DirectorySource::Seeds, _) => seeds.take().map(Source::Seeds),
            (DirectorySource::Register, DataLocation::Directory(directory)) => Some(Source::Register {
                register: Arc::new(Register::of(directory)),
                searches: Turns::new(SEARCHES, WAITING),
            }),
            (DirectorySource::Register, DataLocation::Memory) => None,
            (DirectorySource::RechercheEntreprises, _) => {
                Some(remote(Dialect::RechercheEntreprises, &config.directory.recherche_entreprises))
            }
            // The configuration refuses them without what opens them.
            (DirectorySource::ApiSirene, _) => config.directory.sirene.as_ref().map(|access| {
                let key = access.key.clone();
                remote(Dialect::Sirene { key }, &access.base)
            }),
            (DirectorySource::ApiEntreprise, _) => config.directory.entreprise.as_ref().map(|access| {
                let (token, recipient) = (access.token.clone(), access.recipient.clone());
                remote(Dialect::Entreprise { token, recipient }, &access.base)
            }),
        };
        let settings = &config.directory;
        let open_contacts = |source: &ContactSource| match (source, &config.data) {
            (ContactSource::Files, DataLocation::Directory(directory)) => {
                Some(Contacts::Imported(ImportedContacts::of(directory)))
            }
            (ContactSource::Files, DataLocation::Memory) => None,
            (ContactSource::Apis, _) => {
                let outward = Outward::new(&clock, config.reach.clone());
                let (service_public, education) = (&settings.annuaire_service_public, &settings.annuaire_education);
                let annuaires = Annuaires::new(service_public.clone(), education.clone(), &outward, &clock);
                Some(Contacts::Remote(Box::new(annuaires)))
            }
        };
        let contacts = Arc::new(settings.contacts.iter().filter_map(open_contacts).collect());
        let sources = Arc::new(config.directory.sources.iter().filter_map(open).collect());
        Self { sources, contacts, clock }
    }

    /// The establishment with this number; `None` where the register does not know it, or may not tell.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn find_establishment(&self, siret: &Siret) -> Result<Option<Establishment>, DirectoryError> {
        self.look_up(siret).await.map(Said::told)
    }

    /// The same, for whoever keeps what was told before: what may not be told any more is told apart from what nobody knows.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn look_up(&self, siret: &Siret) -> Result<Said, DirectoryError> {
        let mut answers = Answers::none();
        for source in self.sources.iter() {
            let answer = match source {
                Source::Seeds(seeds) => seeds.find(siret, self.clock.now()).map_or(Answer::Unknown, Answer::Known),
                Source::Register { register, .. } => register.find(siret),
                Source::Remote(service) => service.find(siret).await,
            };
            let is_known = matches!(answer, Answer::Known(_));
            if matches!(answer, Answer::Withheld) || is_known && self.is_hidden_by_files(siret) {
                self.forget(siret);
                return Ok(Said::Withheld);
            }
            if let Some(found) = answers.note(answer) {
                return Ok(Said::Known(Box::new(found.masked())));
            }
        }
        answers.end(Said::Unknown)
    }

    /// What the files of the register say of a number, which are read here: nobody is asked.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn look_up_imported(&self, siret: &Siret) -> Result<Said, DirectoryError> {
        let answer = self.registers().next().map_or(Answer::Absent, |register| register.find(siret));
        match answer {
            Answer::Known(found) => Ok(Said::Known(Box::new(found.masked()))),
            Answer::Withheld => {
                self.forget(siret);
                Ok(Said::Withheld)
            }
            Answer::Unknown | Answer::Absent => Ok(Said::Unknown),
            Answer::Failed => Err(DirectoryError::Unavailable),
            Answer::Busy => Err(DirectoryError::Busy),
        }
    }

    /// Whether the files that were imported say so, wherever they stand in the list.
    fn is_hidden_by_files(&self, siret: &Siret) -> bool {
        self.registers().any(|register| matches!(register.find(siret), Answer::Withheld))
    }

    /// What one source may not tell, no other one remembers: it would tell the name again while that source is silent.
    fn forget(&self, siret: &Siret) {
        for source in self.sources.iter() {
            match source {
                Source::Remote(service) => service.forget(siret),
                Source::Seeds(_) | Source::Register { .. } => {}
            }
        }
    }

    /// Establishments by name, town and postal code, the best match first, or those of a legal entity, its head office
    /// first; of the first source that finds any.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn search(&self, query: &EstablishmentQuery) -> Result<Vec<Establishment>, DirectoryError> {
        let mut answers = Answers::none();
        for source in self.sources.iter() {
            let answer = match source {
                Source::Seeds(seeds) => Answer::Known(seeds.search(query, self.clock.now())),
                Source::Register { register, searches } => search_register(register, searches, query).await,
                Source::Remote(service) => service.search(query).await,
            };
            // Of a name it means that there is nothing; of a number, that nobody may tell.
            if query.siren().is_some() && matches!(answer, Answer::Withheld) {
                return Ok(Vec::new());
            }
            match answers.note(answer) {
                Some(found) if found.is_empty() => answers.is_unknown = true,
                Some(found) => return Ok(found.into_iter().map(Establishment::masked).collect()),
                None => {}
            }
        }
        answers.end(Vec::new())
    }

    /// The addresses that public directories give for an establishment; none where they give none.
    ///
    /// # Errors
    /// When no source can say.
    pub async fn find_official_contacts(
        &self,
        establishment: &Establishment,
    ) -> Result<Vec<OfficialContact>, DirectoryError> {
        let mut answers = Answers::none();
        for source in self.sources.iter() {
            let answer = match source {
                Source::Seeds(seeds) => {
                    let known = seeds.find_contacts(&establishment.siret).filter(|contacts| !contacts.is_empty());
                    known.map_or(Answer::Unknown, Answer::Known)
                }
                Source::Register { .. } | Source::Remote(_) => Answer::Unknown,
            };
            if let Some(found) = answers.note(answer) {
                return Ok(found);
            }
        }
        for source in self.contacts.iter() {
            let answer = match source {
                Contacts::Imported(imported) => imported.find(establishment),
                Contacts::Remote(annuaires) => annuaires.find(establishment).await,
            };
            if let Some(found) = answers.note(answer) {
                return Ok(found);
            }
        }
        answers.end(Vec::new())
    }

    /// What was imported, where the register is a source.
    pub fn imported(&self) -> Option<ImportReport> {
        self.registers().find_map(|register| match register.about() {
            Answer::Known(about) => Some(about),
            Answer::Unknown | Answer::Withheld | Answer::Absent | Answer::Failed | Answer::Busy => None,
        })
    }

    /// Whether what no source knows may be in the part of the register that the import left out: no other source is asked.
    pub fn keeps_a_part(&self) -> bool {
        let are_files = self.sources.iter().all(|source| matches!(source, Source::Register { .. }));
        are_files && self.imported().is_some_and(|imported| imported.filter.leaves_out())
    }

    /// Whether the files that were imported are the whole register, and the only source: what they do not know, nobody does.
    pub fn has_whole_register(&self) -> bool {
        let are_files = self.sources.iter().all(|source| matches!(source, Source::Register { .. }));
        are_files && self.imported().is_some_and(|imported| !imported.filter.leaves_out())
    }

    /// How the services on the network have answered since the start, each under its name.
    pub fn standings(&self) -> Vec<(&'static str, Standing)> {
        let registers = self.sources.iter().filter_map(|source| match source {
            Source::Remote(service) => Some(service.standing()),
            Source::Seeds(_) | Source::Register { .. } => None,
        });
        let contacts = self.contacts.iter().filter_map(|source| match source {
            Contacts::Remote(annuaires) => Some(annuaires.standings()),
            Contacts::Imported(_) => None,
        });
        registers.chain(contacts.flatten()).collect()
    }

    /// What was imported of official contacts, where their files are a source.
    pub fn imported_contacts(&self) -> Option<ContactsReport> {
        self.contacts.iter().find_map(|source| match source {
            Contacts::Imported(imported) => imported.about(),
            Contacts::Remote(_) => None,
        })
    }

    /// Whether the register is a source, and nothing was imported.
    pub fn lacks_register(&self) -> bool {
        self.registers().any(|register| matches!(register.about(), Answer::Absent))
    }

    fn registers(&self) -> impl Iterator<Item = &Register> {
        self.sources.iter().filter_map(|source| match source {
            Source::Register { register, .. } => Some(register.as_ref()),
            Source::Seeds(_) | Source::Remote(_) => None,
        })
    }
}

/// Searches beside the requests, a few at a time.
async fn search_register(
    register: &Arc<Register>,
    searches: &Turns,
    query: &EstablishmentQuery,
) -> Answer<Vec<Establishment>> {
    let (register, query) = (Arc::clone(register), query.clone());
    let Some(turn) = searches.take().await else { return Answer::Busy };
    let search = tokio::task::spawn_blocking(move || {
        let found = register.search(&query);
        // Whoever gave up does not end the search: its turn lasts as long.
        drop(turn);
        found
    });
    match tokio::time::timeout(TIME_LIMIT, search).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => Answer::Failed,
    }
}
