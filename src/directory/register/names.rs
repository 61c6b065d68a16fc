//! Names of establishments in activity, found with accents and typing mistakes forgiven.
//!
//! A word counts where it stands in the name, on the sign or in the town; it may begin a word, and where too little is
//! found it may be one or two mistakes away. Administrations, head offices and large bodies come before others of the same
//! name.

use std::path::Path;

use tantivy::collector::TopDocs;
use tantivy::indexer::LogMergePolicy;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::store::Compressor;
use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};
use tantivy::{
    DocAddress, Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError,
    Term,
};

use super::import::ImportError;
use super::rows::{ACTIVE, EntityRow, EstablishmentRow, HEAD_OFFICE, entity, establishment, names};
use crate::domain::{EstablishmentQuery, HeadcountBand, LegalCategory, folded};

/// Memory for what was not written yet.
const WRITER_BYTES: usize = 64 * 1024 * 1024;
/// How texts are cut: they are folded before, and have one space between their words.
const TOKENIZER: &str = "folded";
/// Words that say nothing where there are others.
const EMPTY_WORDS: [&str; 16] =
    ["a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "s", "sur", "un"];
/// The most words of a search that are looked for.
const MAX_WORDS: usize = 8;

/// What establishments are marked with.
const HEAD: &str = "head";
const PUBLIC: &str = "public";
const LARGE: &str = "large";

#[derive(Debug, Clone, Copy)]
struct Fields {
    name: Field,
    town: Field,
    mark: Field,
    siret: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let words = |option| {
        let indexing = TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        name: builder.add_text_field("name", words(IndexRecordOption::WithFreqs)),
        town: builder.add_text_field("town", words(IndexRecordOption::Basic)),
        mark: builder.add_text_field("mark", words(IndexRecordOption::Basic)),
        siret: builder.add_u64_field("siret", NumericOptions::default().set_fast()),
    };
    (builder.build(), fields)
}

fn register_tokenizer(index: &Index) {
    index.tokenizers().register(TOKENIZER, TextAnalyzer::from(WhitespaceTokenizer::default()));
}

/// An index that is being written.
pub(super) struct NameWriter {
    writer: IndexWriter,
    fields: Fields,
    count: u64,
}

impl NameWriter {
    pub(super) fn create(directory: &Path) -> Result<Self, ImportError> {
        crate::store::create_private_directory(directory)
            .map_err(|cause| ImportError::Unwritable { place: directory.to_owned(), cause })?;
        let (schema, fields) = schema();
        let settings = IndexSettings { docstore_compression: Compressor::None, ..IndexSettings::default() };
        let index = Index::builder().schema(schema).settings(settings).create_in_dir(directory).map_err(refused)?;
        register_tokenizer(&index);
        let writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES).map_err(refused)?;
        let mut policy = LogMergePolicy::default();
        // Segments of the whole country stay as they are: to merge them takes longer than it saves.
        policy.set_max_docs_before_merge(2_000_000);
        writer.set_merge_policy(Box::new(policy));
        Ok(Self { writer, fields, count: 0 })
    }

    /// Enters an establishment of which everybody may read the name, if it is in activity.
    pub(super) fn add(
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
        document.add_text(self.fields.name, name);
        if let Some(town) = row.text(establishment::COMMUNE) {
            document.add_text(self.fields.town, folded(town));
        }
        document.add_text(self.fields.mark, marks(siret, row, entity));
        document.add_u64(self.fields.siret, siret);
        self.writer.add_document(document).map_err(refused)?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Puts it on the disk, and says how many there are.
    pub(super) fn finish(mut self) -> Result<u64, ImportError> {
        self.writer.commit().map_err(refused)?;
        self.writer.wait_merging_threads().map_err(refused)?;
        Ok(self.count)
    }
}

fn refused(cause: TantivyError) -> ImportError {
    ImportError::Names(cause.to_string())
}

fn marks(siret: u64, row: &EstablishmentRow<'_>, entity: &EntityRow<'_>) -> String {
    let mut marks = row.text(establishment::POSTAL_CODE).map(str::to_owned).unwrap_or_default();
    let mut mark = |is_set: bool, word: &str| {
        if is_set {
            marks.push(' ');
            marks.push_str(word);
        }
    };
    mark(row.has(HEAD_OFFICE), HEAD);
    let category = entity.text(entity::CATEGORY).and_then(|code| code.parse::<LegalCategory>().ok());
    let siren = format!("{:09}", siret / 100_000);
    mark(category.is_some_and(|category| category.is_public_body(&siren)), PUBLIC);
    let band = entity.text(entity::HEADCOUNT).and_then(|code| code.parse::<HeadcountBand>().ok());
    mark(band.is_some_and(|band| band.least_employees() >= 50), LARGE);
    marks
}

/// An index that is searched.
pub(super) struct Names {
    reader: IndexReader,
    fields: Fields,
}

impl Names {
    pub(super) fn open(directory: &Path) -> Result<Self, TantivyError> {
        let index = Index::open_in_dir(directory)?;
        register_tokenizer(&index);
        let (_, fields) = schema();
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { reader, fields })
    }

    /// Numbers of the establishments that match, the best first.
    pub(super) fn search(&self, query: &EstablishmentQuery) -> Result<Vec<u64>, TantivyError> {
        let searcher = self.reader.searcher();
        let found = self.look(&searcher, query, false)?;
        // Who mistypes finds nothing, or next to nothing.
        if found.len() >= query.limit().min(3) { Ok(found) } else { self.look(&searcher, query, true) }
    }

    fn look(&self, searcher: &Searcher, query: &EstablishmentQuery, forgives: bool) -> Result<Vec<u64>, TantivyError> {
        let wanted = self.wanted(query, forgives);
        let top = TopDocs::with_limit(query.limit()).order_by_score();
        let found: Vec<(f32, DocAddress)> = searcher.search(&wanted, &top)?;
        let siret = |(_, address): &(f32, DocAddress)| -> Result<Option<u64>, TantivyError> {
            let column = searcher.segment_reader(address.segment_ord).fast_fields().u64("siret")?;
            Ok(column.first(address.doc_id))
        };
        found.iter().filter_map(|entry| siret(entry).transpose()).collect()
    }

    fn wanted(&self, query: &EstablishmentQuery, forgives: bool) -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let name = folded(query.name());
        let words = telling(&name);
        for (index, word) in words.iter().enumerate() {
            let is_last = index.saturating_add(1) == words.len();
            let mut ways = self.ways(self.fields.name, word, 2.0, is_last, forgives);
            ways.extend(self.ways(self.fields.town, word, 1.0, is_last, forgives));
            clauses.push((Occur::Must, Box::new(DisjunctionMaxQuery::new(ways))));
        }
        let town = query.town().map(folded).unwrap_or_default();
        for word in telling(&town) {
            let ways = self.ways(self.fields.town, word, 1.0, true, forgives);
            clauses.push((Occur::Must, Box::new(DisjunctionMaxQuery::new(ways))));
        }
        if let Some(digits) = query.postal_code() {
            clauses.push((Occur::Must, self.mark_query(digits, digits.len() < 5, 0.0)));
        }
        for (mark, score) in [(HEAD, 1.0), (PUBLIC, 4.0), (LARGE, 1.0)] {
            clauses.push((Occur::Should, self.mark_query(mark, false, score)));
        }
        BooleanQuery::new(clauses)
    }

    fn mark_query(&self, mark: &str, is_beginning: bool, score: f32) -> Box<dyn Query> {
        let term = Term::from_field_text(self.fields.mark, mark);
        let query: Box<dyn Query> = match is_beginning {
            true => Box::new(FuzzyTermQuery::new_prefix(term, 0, false)),
            false => Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
        };
        Box::new(ConstScoreQuery::new(query, score))
    }

    /// The ways in which a word may stand in a field.
    fn ways(&self, field: Field, word: &str, weight: f32, may_begin: bool, forgives: bool) -> Vec<Box<dyn Query>> {
        let term = || Term::from_field_text(field, word);
        let exact = TermQuery::new(term(), IndexRecordOption::WithFreqs);
        let mut ways: Vec<Box<dyn Query>> = vec![Box::new(BoostQuery::new(Box::new(exact), weight))];
        if may_begin && word.len() >= 3 {
            ways.push(scored(FuzzyTermQuery::new_prefix(term(), 0, false), weight));
        }
        if forgives && word.len() >= 4 {
            let mistakes = if word.len() >= 8 { 2 } else { 1 };
            ways.push(scored(FuzzyTermQuery::new(term(), mistakes, true), weight / 2.0));
        }
        ways
    }
}

fn scored(query: FuzzyTermQuery, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), score))
}

/// The words that tell something; all of them where none does.
fn telling(text: &str) -> Vec<&str> {
    let words = || text.split(' ').filter(|word| !word.is_empty());
    let telling: Vec<&str> = words().filter(|word| !EMPTY_WORDS.contains(word)).take(MAX_WORDS).collect();
    if telling.is_empty() { words().take(MAX_WORDS).collect() } else { telling }
}
