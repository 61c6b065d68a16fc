//! Where town halls, schools and other public services can be written to: what public directories say, whether asked over the
//! network or imported from their files.
//!
//! The imported addresses lie in a file of their own, in a generation of their own, swapped as the register is.

mod addresses;
mod fields;
mod import;
mod report;
mod subject;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Answer;
use super::current::Current;
use super::place::Place;
use crate::domain::{Establishment, OfficialContact};
use crate::store::BulkReader;
pub(super) use addresses::{Gathered, addresses_in};
pub use import::import_contacts;
pub use report::{Annuaire, AnnuaireReport, ContactsFile, ContactsReport};
pub(super) use subject::Subject;

/// The name of its place in the data directory.
const PLACE: &str = "contacts";
/// The file of the addresses in a generation.
const ROWS: &str = "rows.redb";
/// How deep brackets lie in each other at most (SEC-149): the records of the directories have four.
const DEEPEST: usize = 32;
/// Memory for its pages: it is asked now and then.
const CACHE_BYTES: usize = 1024 * 1024;

/// What a generation says of itself.
fn about_file(generation: &Path) -> PathBuf {
    generation.join("about.json")
}

/// One generation, open.
struct Generation {
    rows: BulkReader,
    about: ContactsReport,
}

impl Generation {
    fn open(path: &Path) -> Result<Self, String> {
        let about = std::fs::read(about_file(path)).map_err(|cause| cause.to_string())?;
        Ok(Self {
            rows: BulkReader::open(&path.join(ROWS), CACHE_BYTES).map_err(|cause| cause.to_string())?,
            about: serde_json::from_slice(&about).map_err(|cause| cause.to_string())?,
        })
    }

    fn find(&self, subject: &Subject) -> Result<Option<Vec<OfficialContact>>, String> {
        let (table, number) = subject.place();
        let Some(row) = self.rows.find(table, number).map_err(|cause| cause.to_string())? else { return Ok(None) };
        serde_json::from_slice(&row).map(Some).map_err(|cause| cause.to_string())
    }
}

/// The imported addresses of a data directory, whichever generation counts.
pub(super) struct ImportedContacts(Current<Generation>);

impl ImportedContacts {
    pub(super) fn of(data_directory: &Path) -> Self {
        Self(Current::new(Place::of(data_directory, PLACE), Generation::open))
    }

    /// What was imported, and when.
    pub(super) fn about(&self) -> Option<ContactsReport> {
        match self.0.with(|generation| Ok(Some(generation.about.clone()))) {
            Answer::Known(about) => Some(about),
            Answer::Unknown | Answer::Withheld | Answer::Absent | Answer::Failed | Answer::Busy => None,
        }
    }

    /// The addresses of an establishment; absent where its directory was not imported.
    pub(super) fn find(&self, establishment: &Establishment) -> Answer<Vec<OfficialContact>> {
        let subject = Subject::of(establishment);
        let asked = self.0.with(|generation| {
            let has_annuaire = generation.about.annuaires.contains_key(&subject.annuaire());
            let found = if has_annuaire { generation.find(&subject)? } else { None };
            Ok(Some((has_annuaire, found)))
        });
        match asked {
            Answer::Known((_, Some(found))) => Answer::Known(found),
            Answer::Known((true, None)) => Answer::Unknown,
            Answer::Known((false, None)) | Answer::Absent | Answer::Unknown | Answer::Withheld => Answer::Absent,
            Answer::Failed => Answer::Failed,
            Answer::Busy => Answer::Busy,
        }
    }
}

/// Addresses by table and number, in the order in which they are written.
type Entries = BTreeMap<(&'static str, u64), Gathered>;
