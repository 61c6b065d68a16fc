//! Writing the names.

use std::path::Path;

use tantivy::TantivyDocument;
use tantivy::index::Index;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::store::Compressor;
use tantivy::{IndexSettings, IndexWriter, TantivyError};

use super::super::import::ImportError;
use super::super::rows::{ACTIVE, EntityRow, EstablishmentRow, HEAD_OFFICE, entity, establishment, names};
use super::{BEGINNINGS, Fields, OTHERS, PROMINENT, Standing, Words, beginning, register_tokenizer, schema};
use crate::domain::{HeadcountBand, LegalCategory, folded};

/// Memory for what was not written yet, of the prominent and of the others.
const PROMINENT_BYTES: usize = 16 * 1024 * 1024;
const OTHERS_BYTES: usize = 48 * 1024 * 1024;
/// Segments of so many establishments stay as they are: to merge them takes longer than it saves, and memory with their
/// size.
const MAX_MERGED: usize = 2_000_000;

/// The two indexes while they are written.
pub(in super::super) struct NameWriter {
    prominent: IndexWriter,
    others: IndexWriter,
    fields: Fields,
    count: u64,
}

impl NameWriter {
    pub(in super::super) fn create(directory: &Path) -> Result<Self, ImportError> {
        Ok(Self {
            prominent: begin(&directory.join(PROMINENT), PROMINENT_BYTES)?,
            others: begin(&directory.join(OTHERS), OTHERS_BYTES)?,
            fields: schema().1,
            count: 0,
        })
    }

    /// Enters an establishment of which everybody may read the name, if it is in activity.
    pub(in super::super) fn add(
        &mut self,
        siret: u64,
        row: &EstablishmentRow<'_>,
        entity: &EntityRow<'_>,
    ) -> Result<(), ImportError> {
        if !row.has(ACTIVE) {
            return Ok(());
        }
        let parts = names(entity, row);
        let usual = [row.text(establishment::USUAL_NAME), entity.text(entity::USUAL_NAME)];
        let person = [parts.first_name, parts.usage_name, parts.birth_name];
        let words = [parts.denomination, parts.acronym].into_iter().chain(person).chain(parts.signs).chain(usual);
        let name = words.flatten().map(folded).collect::<Vec<_>>().join(" ");
        let mut document = TantivyDocument::new();
        add_words(&mut document, self.fields.name, &name);
        if let Some(town) = row.text(establishment::COMMUNE) {
            add_words(&mut document, self.fields.town, &folded(town));
        }
        let code = row.text(establishment::POSTAL_CODE).unwrap_or_default();
        let region = [2, 3].into_iter().filter_map(|digits| beginning(code, digits));
        document.add_text(self.fields.postal_code, region.fold(code.to_owned(), |codes, digits| codes + " " + digits));
        let standing = standing(siret, row, entity);
        document.add_u64(self.fields.siret, siret);
        document.add_u64(self.fields.standing, standing.bits());
        let index = if standing.is_prominent() { &self.prominent } else { &self.others };
        index.add_document(document).map_err(refused)?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Puts them on the disk, and says how many there are.
    pub(in super::super) fn finish(self) -> Result<u64, ImportError> {
        for mut index in [self.prominent, self.others] {
            index.commit().map_err(refused)?;
            index.wait_merging_threads().map_err(refused)?;
        }
        Ok(self.count)
    }
}

fn begin(directory: &Path, bytes: usize) -> Result<IndexWriter, ImportError> {
    crate::store::create_private_directory(directory)
        .map_err(|cause| ImportError::Unwritable { place: directory.to_owned(), cause })?;
    let settings = IndexSettings { docstore_compression: Compressor::None, ..IndexSettings::default() };
    let index = Index::builder().schema(schema().0).settings(settings).create_in_dir(directory).map_err(refused)?;
    register_tokenizer(&index);
    // One merge at a time: each holds its establishments in memory.
    let options =
        IndexWriterOptions::builder().num_worker_threads(1).memory_budget_per_thread(bytes).num_merge_threads(1);
    let writer: IndexWriter = index.writer_with_options(options.build()).map_err(refused)?;
    let mut policy = LogMergePolicy::default();
    policy.set_max_docs_before_merge(MAX_MERGED);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}

/// A text, and the beginnings of its words.
fn add_words(document: &mut TantivyDocument, field: Words, text: &str) {
    document.add_text(field.whole, text);
    let mut beginnings = String::new();
    for found in text.split(' ').flat_map(|word| BEGINNINGS.into_iter().filter_map(|letters| beginning(word, letters)))
    {
        beginnings.push_str(found);
        beginnings.push(' ');
    }
    if !beginnings.is_empty() {
        document.add_text(field.beginning, beginnings);
    }
}

fn refused(cause: TantivyError) -> ImportError {
    ImportError::Names(cause.to_string())
}

fn standing(siret: u64, row: &EstablishmentRow<'_>, entity: &EntityRow<'_>) -> Standing {
    let category = entity.text(entity::CATEGORY).and_then(|code| code.parse::<LegalCategory>().ok());
    let siren = format!("{:09}", siret / 100_000);
    let band = entity.text(entity::HEADCOUNT).and_then(|code| code.parse::<HeadcountBand>().ok());
    Standing {
        is_head: row.has(HEAD_OFFICE),
        is_public: category.is_some_and(|category| category.is_public_body(&siren)),
        is_large: band.is_some_and(|band| band.least_employees() >= 50),
    }
}
