//! Letters of several alphabets in one name: some look the same, and what one reads is not what stands there (UTS 39 §5.1).

use icu_properties::CodePointMapData;
use icu_properties::props::Script;

/// Alphabets that are written together, by the rules of their languages: Japanese, Korean, Chinese.
const TOGETHER: [&[Script]; 3] = [
    &[Script::Han, Script::Hiragana, Script::Katakana],
    &[Script::Han, Script::Hangul],
    &[Script::Han, Script::Bopomofo],
];

/// Whether the letters of a text are of one alphabet, or of some that are written together. Accents, apostrophes, hyphens and
/// spaces are of all of them.
pub(super) fn is_of_one_alphabet(text: &str) -> bool {
    let scripts = CodePointMapData::<Script>::new();
    let of_all = [Script::Common, Script::Inherited];
    let own: Vec<Script> = text.chars().map(|c| scripts.get(c)).filter(|script| !of_all.contains(script)).collect();
    let is_one = own.iter().all(|script| Some(script) == own.first());
    is_one || TOGETHER.iter().any(|together| own.iter().all(|script| together.contains(script)))
}
