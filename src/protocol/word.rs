//! Closed vocabularies: enums whose variants are words of the specifications, and sets of them.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A word of a closed vocabulary, written in one exact way.
pub trait Word: Copy + Ord + 'static {
    /// The whole vocabulary in its order.
    const ALL: &'static [Self];

    /// How the word is written.
    fn word(self) -> &'static str;

    /// The word that is written so, compared exactly.
    fn find_word(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.word() == text)
    }
}

/// Writes the enum of a vocabulary: `as_str` and `parse` are the only places where its words are spelt.
macro_rules! words {
    ($(#[$about:meta])* $visibility:vis enum $name:ident { $($(#[$note:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name { $($(#[$note])* $variant,)+ }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// How the word is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The word that is written exactly so.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::protocol::word::Word for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text)
                    .ok_or_else(|| serde::de::Error::unknown_variant(&text, &[$($word,)+]))
            }
        }
    };
}
pub(crate) use words;

/// A set of words, written with spaces between them (RFC 6749 §3.3); order and repetition in the text mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WordSet<W>(BTreeSet<W>);

impl<W: Word> WordSet<W> {
    /// The set of all words of `text`, or the first token that is not one.
    pub fn parse(text: &str) -> Result<Self, &str> {
        text.split(' ').filter(|token| !token.is_empty()).map(|token| W::find_word(token).ok_or(token)).collect()
    }

    /// Whether the set holds `word`.
    pub fn contains(&self, word: W) -> bool {
        self.0.contains(&word)
    }

    /// Whether the set holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many words the set holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The words in the order of the vocabulary.
    pub fn iter(&self) -> impl Iterator<Item = W> + '_ {
        self.0.iter().copied()
    }

    /// Whether every word of this set is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The words that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.iter().filter(|word| other.contains(*word)).collect()
    }

    /// The set without `word`.
    #[must_use]
    pub fn without(&self, word: W) -> Self {
        self.iter().filter(|kept| *kept != word).collect()
    }
}

impl<W> Default for WordSet<W> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<W: Word> FromIterator<W> for WordSet<W> {
    fn from_iter<I: IntoIterator<Item = W>>(words: I) -> Self {
        Self(words.into_iter().collect())
    }
}

impl<W: Word> fmt::Display for WordSet<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, word) in self.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(word.word())?;
        }
        Ok(())
    }
}

impl<W: Word> Serialize for WordSet<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, W: Word> Deserialize<'de> for WordSet<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<W>(PhantomData<W>);

        impl<W: Word> de::Visitor<'_> for Text<W> {
            type Value = WordSet<W>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("words separated by spaces")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                WordSet::parse(text).map_err(|token| E::custom(format_args!("unknown word `{token}`")))
            }
        }

        deserializer.deserialize_str(Text(PhantomData))
    }
}
