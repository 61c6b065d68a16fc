//! The texts of one language: flat TOML, `"page.key" = "text {named}"`, `.one` and `.other` where a number decides.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::protocol::Locale;

/// Why a text cannot be given.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum TextError {
    /// The catalogue is not what it must be.
    #[error("the catalogue cannot be read: {0}")]
    Malformed(String),
    /// No such text.
    #[error("no text `{0}`")]
    Missing(String),
    /// The text names an argument that was not given.
    #[error("text `{key}` needs `{argument}`")]
    MissingArgument {
        /// The text.
        key: String,
        /// The argument.
        argument: String,
    },
    /// An argument was given that the text does not name.
    #[error("text `{key}` does not use `{argument}`")]
    UnusedArgument {
        /// The text.
        key: String,
        /// The argument.
        argument: String,
    },
}

/// Every text of one language.
#[derive(Debug)]
pub(super) struct Catalogue {
    locale: Locale,
    texts: BTreeMap<String, String>,
}

impl Catalogue {
    /// Reads the file of a language.
    pub(super) fn parse(locale: Locale, source: &str) -> Result<Self, TextError> {
        let texts = toml::from_str(source).map_err(|error| TextError::Malformed(error.to_string()))?;
        Ok(Self { locale, texts })
    }

    /// Whether there is a text of this name.
    pub(super) fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// The text with its arguments in place, not escaped: whoever writes it escapes the whole.
    pub(super) fn text(&self, key: &str, arguments: &BTreeMap<&str, String>) -> Result<String, TextError> {
        let text = self.find(key, arguments).ok_or_else(|| TextError::Missing(key.to_owned()))?;
        if let Some(argument) =
            arguments.keys().find(|name| **name != "count" && !text.contains(&format!("{{{name}}}")))
        {
            return Err(TextError::UnusedArgument { key: key.to_owned(), argument: (*argument).to_owned() });
        }
        let mut pieces = text.split('{');
        let mut written = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (argument, rest) = piece.split_once('}').unwrap_or((piece, ""));
            let value = arguments
                .get(argument)
                .ok_or_else(|| TextError::MissingArgument { key: key.to_owned(), argument: argument.to_owned() })?;
            match argument {
                "count" => written.push_str(&grouped(self.locale, value)),
                _ => written.push_str(value),
            }
            written.push_str(rest);
        }
        Ok(written)
    }

    /// The text of this name, or the one of its two forms that fits the argument `count`.
    fn find(&self, key: &str, arguments: &BTreeMap<&str, String>) -> Option<&String> {
        self.texts.get(key).or_else(|| {
            let count: u64 = arguments.get("count")?.parse().ok()?;
            // Nought is singular in French and plural in English.
            let is_one = count == 1 || (count == 0 && self.locale == Locale::Fr);
            self.texts.get(&format!("{key}.{}", if is_one { "one" } else { "other" }))
        })
    }

    /// The reasons of a refusal that the other language has, and what they are in this one.
    pub(super) fn reasons_of(&self, other: &Self) -> BTreeMap<String, String> {
        let is_reason = |key: &str| key.starts_with("admin.moderation.template.") && key.ends_with(".text");
        let theirs = other.texts.iter().filter(|(key, _)| is_reason(key));
        theirs.filter_map(|(key, text)| Some((text.clone(), self.texts.get(key)?.clone()))).collect()
    }

    /// The names of all texts, in order.
    #[cfg(test)]
    pub(super) fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }
}

/// A number of five digits and more in groups of three, as its reader writes it: `12 345` with a narrow no-break space, `12,345`.
fn grouped(locale: Locale, digits: &str) -> String {
    if digits.len() < 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    let between = match locale {
        Locale::Fr => '\u{202f}',
        Locale::En => ',',
    };
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(between);
        }
        text.push(digit);
    }
    text
}
