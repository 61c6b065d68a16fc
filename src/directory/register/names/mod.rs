//! Names of establishments in activity, found with accents and typing mistakes forgiven.
//!
//! A word counts where it stands in the name, on the sign or in the town; it may begin a word, and where too little is
//! found it may be one or two mistakes away. Administrations, head offices and large bodies come before others of the same
//! name.
//!
//! There are two indexes of one shape. The prominent, public bodies and those of fifty employees, are looked through to the
//! last; of the others, the first [`MAX_CANDIDATES`] that match are weighed, among the first [`MAX_LOOKS`] that have the
//! rarest of the words: of a word that a million companies bear, nobody reads more than ten. Words are known by their
//! beginnings of three and of five letters too, so that what most companies begin with is looked up as a word is.

mod search;
mod writer;

pub(super) use search::Names;
pub(super) use writer::NameWriter;

use tantivy::Index;
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};

/// How texts are cut: they are folded before, and have one space between their words.
const TOKENIZER: &str = "folded";
/// How many letters the beginnings have that words are known by.
const BEGINNINGS: [usize; 2] = [3, 5];
/// How many of those that are not prominent are weighed in one search, and how many that have one of the words are looked at.
const MAX_CANDIDATES: usize = 20_000;
const MAX_LOOKS: usize = 100_000;

/// The directories of the two indexes.
const PROMINENT: &str = "prominent";
const OTHERS: &str = "others";

/// The columns of numbers.
const SIRET: &str = "siret";
const STANDING: &str = "standing";

/// What makes an establishment come before others of the same name.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Standing {
    is_head: bool,
    is_public: bool,
    is_large: bool,
}

impl Standing {
    fn is_prominent(self) -> bool {
        self.is_public || self.is_large
    }

    fn score(self) -> f32 {
        let of = |is_so: bool, score: f32| if is_so { score } else { 0.0 };
        of(self.is_head, 1.0) + of(self.is_public, 4.0) + of(self.is_large, 1.0)
    }

    fn bits(self) -> u64 {
        u64::from(self.is_head) | u64::from(self.is_public) << 1 | u64::from(self.is_large) << 2
    }

    fn from_bits(bits: u64) -> Self {
        Self { is_head: bits & 1 > 0, is_public: bits & 2 > 0, is_large: bits & 4 > 0 }
    }
}

#[derive(Debug, Clone, Copy)]
struct Fields {
    name: Words,
    town: Words,
    /// The postal code, and the two and three digits that it begins with.
    postal_code: Field,
    siret: Field,
    standing: Field,
}

/// A text, as words and as their beginnings.
#[derive(Debug, Clone, Copy)]
struct Words {
    whole: Field,
    beginning: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let words = |option, counts_length| {
        let indexing = TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing.set_fieldnorms(counts_length))
    };
    let (counted, noted) = (words(IndexRecordOption::WithFreqs, true), words(IndexRecordOption::Basic, false));
    let mut texts = |name: &str, options| Words {
        whole: builder.add_text_field(name, options),
        beginning: builder.add_text_field(&format!("{name}_beginning"), noted.clone()),
    };
    let (name, town) = (texts("name", counted), texts("town", words(IndexRecordOption::Basic, true)));
    let postal_code = builder.add_text_field("postal_code", noted);
    let siret = builder.add_u64_field(SIRET, NumericOptions::default().set_fast());
    let standing = builder.add_u64_field(STANDING, NumericOptions::default().set_fast());
    (builder.build(), Fields { name, town, postal_code, siret, standing })
}

fn register_tokenizer(index: &Index) {
    index.tokenizers().register(TOKENIZER, TextAnalyzer::from(WhitespaceTokenizer::default()));
}

/// The first letters of a word that has more of them.
fn beginning(word: &str, letters: usize) -> Option<&str> {
    word.char_indices().nth(letters).and_then(|(end, _)| word.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_its_own_beginning() {
        assert_eq!(beginning("maconnerie", 4), Some("maco"));
        assert_eq!(beginning("éclair", 3), Some("écl"));
        assert_eq!(beginning("sci", 3), None);
    }

    #[test]
    fn a_standing_is_read_as_it_was_written() {
        for bits in 0..8 {
            assert_eq!(Standing::from_bits(bits).bits(), bits);
        }
    }
}
