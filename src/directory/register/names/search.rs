//! Finding the names.

use std::path::Path;

use tantivy::query::{
    Bm25StatisticsProvider, BoostQuery, ConstScoreQuery, EnableScoring, FuzzyTermQuery, Query, Scorer, TermQuery,
    Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Index, IndexReader, ReloadPolicy, Searcher, SegmentReader, TERMINATED, TantivyError, Term};

use super::{
    BEGINNINGS, Fields, MAX_CANDIDATES, MAX_LOOKS, OTHERS, PROMINENT, SIRET, STANDING, Standing, Words,
    register_tokenizer, schema,
};
use crate::domain::{EstablishmentQuery, folded};

/// Words that say nothing where there are others.
const EMPTY_WORDS: [&str; 16] =
    ["a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "s", "sur", "un"];
/// The most words of a search that are looked for.
const MAX_WORDS: usize = 8;
/// A word that so many establishments bear is not mistyped.
const COMMON: u64 = 1_000;

/// The two indexes while they are searched.
pub(in super::super) struct Names {
    prominent: IndexReader,
    others: IndexReader,
    fields: Fields,
}

impl Names {
    pub(in super::super) fn open(directory: &Path) -> Result<Self, TantivyError> {
        Ok(Self {
            prominent: open(&directory.join(PROMINENT))?,
            others: open(&directory.join(OTHERS))?,
            fields: schema().1,
        })
    }

    /// Numbers of the establishments that match, the best first.
    pub(in super::super) fn search(&self, query: &EstablishmentQuery) -> Result<Vec<u64>, TantivyError> {
        let search = Search {
            prominent: self.prominent.searcher(),
            others: self.others.searcher(),
            fields: self.fields,
            limit: query.limit(),
        };
        let found = search.look(query, false)?;
        // Who mistypes finds nothing, or next to nothing.
        if found.len() >= query.limit().min(3) { Ok(found) } else { search.look(query, true) }
    }
}

fn open(directory: &Path) -> Result<IndexReader, TantivyError> {
    let index = Index::open_in_dir(directory)?;
    register_tokenizer(&index);
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

/// One search in what both indexes hold now. Words weigh by how rare they are in both together: in either alone, "mairie" in
/// the name of a café would outweigh the town hall.
struct Search {
    prominent: Searcher,
    others: Searcher,
    fields: Fields,
    limit: usize,
}

impl Bm25StatisticsProvider for Search {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Ok(self.prominent.total_num_tokens(field)?.saturating_add(self.others.total_num_tokens(field)?))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.prominent.total_num_docs()?.saturating_add(self.others.total_num_docs()?))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        Ok(self.prominent.doc_freq(term)?.saturating_add(self.others.doc_freq(term)?))
    }
}

impl Search {
    fn look(&self, query: &EstablishmentQuery, forgives: bool) -> Result<Vec<u64>, TantivyError> {
        let wanted = self.wanted(query, forgives)?;
        let mut found = self.best(&self.prominent, &wanted, Bound { looks: usize::MAX, candidates: usize::MAX })?;
        found.extend(self.best(&self.others, &wanted, Bound { looks: MAX_LOOKS, candidates: MAX_CANDIDATES })?);
        keep_best(&mut found, self.limit);
        Ok(found.into_iter().map(|(_, siret)| siret).collect())
    }

    /// The best of an index with their scores, as far as the bound lets look.
    fn best(&self, searcher: &Searcher, wanted: &[Ways], mut bound: Bound) -> Result<Vec<(f32, u64)>, TantivyError> {
        let scoring = EnableScoring::enabled_from_statistics_provider(self, searcher);
        let weights = wanted.iter().map(|ways| ways.iter().map(|way| way.weight(scoring)).collect());
        let weights: Vec<Vec<Box<dyn Weight>>> = weights.collect::<Result<_, _>>()?;
        let mut best = Vec::new();
        for segment in searcher.segment_readers() {
            if bound.is_reached() {
                break;
            }
            let words = weights.iter().map(|ways| AnyWay::of(ways, segment)).collect::<Result<Vec<_>, _>>()?;
            let (sirets, standings) = (segment.fast_fields().u64(SIRET)?, segment.fast_fields().u64(STANDING)?);
            let mut here: Vec<(f32, u64)> = Vec::new();
            every_match(words, &mut bound, |document, score| {
                let Some(siret) = sirets.first(document) else { return };
                let standing = standings.first(document).map(Standing::from_bits).unwrap_or_default();
                here.push((score + standing.score(), siret));
                if here.len() >= self.limit.saturating_mul(32) {
                    keep_best(&mut here, self.limit);
                }
            });
            best.append(&mut here);
        }
        Ok(best)
    }

    /// What must be there, each in one of its ways.
    fn wanted(&self, query: &EstablishmentQuery, forgives: bool) -> Result<Vec<Ways>, TantivyError> {
        let mut wanted = Vec::new();
        let name = folded(query.name());
        let words = telling(&name);
        for (index, word) in words.iter().enumerate() {
            let is_last = index.saturating_add(1) == words.len();
            let mut ways = self.ways(self.fields.name, word, 2.0, is_last, forgives)?;
            ways.extend(self.ways(self.fields.town, word, 1.0, is_last, forgives)?);
            wanted.push(ways);
        }
        let town = query.town().map(folded).unwrap_or_default();
        for word in telling(&town) {
            wanted.push(self.ways(self.fields.town, word, 1.0, true, forgives)?);
        }
        if let Some(digits) = query.postal_code() {
            // Those of two, three and five digits are words of their own.
            let term = Term::from_field_text(self.fields.postal_code, digits);
            wanted.push(vec![if digits.len() == 4 { beginning_with(term, 0.0) } else { noted(term, 0.0) }]);
        }
        Ok(wanted)
    }

    /// The ways in which a word may stand in a text, the one that is worth most first.
    fn ways(
        &self,
        field: Words,
        word: &str,
        weight: f32,
        may_begin: bool,
        forgives: bool,
    ) -> Result<Ways, TantivyError> {
        let term = Term::from_field_text(field.whole, word);
        let exact = TermQuery::new(term.clone(), IndexRecordOption::WithFreqs);
        let mut ways: Ways = vec![Box::new(BoostQuery::new(Box::new(exact), weight))];
        let letters = word.chars().count();
        if may_begin && letters >= 3 {
            ways.push(match BEGINNINGS.contains(&letters) {
                true => noted(Term::from_field_text(field.beginning, word), weight),
                false => beginning_with(term.clone(), weight),
            });
        }
        if forgives && letters >= 4 && self.doc_freq(&term)? < COMMON {
            let mistakes = if letters >= 8 { 2 } else { 1 };
            let near = FuzzyTermQuery::new(term, mistakes, true);
            ways.push(Box::new(ConstScoreQuery::new(Box::new(near), weight / 2.0)));
        }
        Ok(ways)
    }
}

/// The ways in which one word may be there.
type Ways = Vec<Box<dyn Query>>;

/// How much of an index is looked at: places of the rarest word, and matches that are weighed.
struct Bound {
    looks: usize,
    candidates: usize,
}

impl Bound {
    fn is_reached(&self) -> bool {
        self.looks == 0 || self.candidates == 0
    }
}

/// Where one word is in a segment, in whichever way. The engine's own union reads and weighs whole stretches, which costs ten
/// times as much where another word is rarer.
struct AnyWay(Vec<Box<dyn Scorer>>);

impl AnyWay {
    fn of(ways: &[Box<dyn Weight>], segment: &SegmentReader) -> Result<Self, TantivyError> {
        let mut places = ways.iter().map(|way| way.scorer(segment, 1.0)).collect::<Result<Vec<_>, _>>()?;
        places.retain(|place| place.doc() != TERMINATED);
        Ok(Self(places))
    }

    fn size(&self) -> u64 {
        self.0.iter().map(|place| u64::from(place.size_hint())).sum()
    }

    /// The first document from this one on.
    fn seek(&mut self, target: DocId) -> DocId {
        let firsts = self.0.iter_mut().map(|place| match place.doc() {
            document if document < target => place.seek(target),
            document => document,
        });
        firsts.min().unwrap_or(TERMINATED)
    }

    /// What the document is worth, if the word is there: in the first of its ways that is.
    fn score_at(&mut self, target: DocId) -> Option<f32> {
        self.0.iter_mut().find_map(|place| {
            let document = if place.doc() < target { place.seek(target) } else { place.doc() };
            (document == target).then(|| place.score())
        })
    }
}

/// Tells of every document that has all the words, until the bound is reached.
fn every_match(mut words: Vec<AnyWay>, bound: &mut Bound, mut tell: impl FnMut(DocId, f32)) {
    // The rarest leads.
    words.sort_by_key(AnyWay::size);
    let Some((lead, others)) = words.split_first_mut() else { return };
    let mut document = lead.seek(0);
    while document != TERMINATED && !bound.is_reached() {
        bound.looks = bound.looks.saturating_sub(1);
        let rest = others.iter_mut().try_fold(0.0, |sum: f32, word| Some(sum + word.score_at(document)?));
        if let Some((rest, own)) = rest.zip(lead.score_at(document)) {
            bound.candidates = bound.candidates.saturating_sub(1);
            tell(document, rest + own);
        }
        document = lead.seek(document.saturating_add(1));
    }
}

/// Whatever has the word, all worth the same.
fn noted(term: Term, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), score))
}

/// Whatever has a word that begins so, all worth the same.
fn beginning_with(term: Term, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(FuzzyTermQuery::new_prefix(term, 0, false)), score))
}

/// The best, of equals those of the lowest number.
fn keep_best<T: Ord>(found: &mut Vec<(f32, T)>, limit: usize) {
    found.sort_unstable_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.cmp(b)));
    found.truncate(limit);
}

/// The words that tell something; all of them where none does.
fn telling(text: &str) -> Vec<&str> {
    let words = || text.split(' ').filter(|word| !word.is_empty());
    let telling: Vec<&str> = words().filter(|word| !EMPTY_WORDS.contains(word)).take(MAX_WORDS).collect();
    if telling.is_empty() { words().take(MAX_WORDS).collect() } else { telling }
}
