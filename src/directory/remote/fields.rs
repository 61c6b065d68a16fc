//! Fields of documents that others write: one of the wrong type is not there, an unknown one is not looked at (SEC-61).

use std::str::FromStr;

use serde_json::Value;

use crate::domain::{AddressParts, capitalized, street_type, visible};

/// A text of a document, without what does not belong in one.
pub(super) fn text(document: &Value, name: &str) -> Option<String> {
    document.get(name).and_then(Value::as_str).and_then(cleaned)
}

/// A text of a document as what it should be; nothing where it is something else.
pub(super) fn parsed<T: FromStr>(document: &Value, name: &str) -> Option<T> {
    text(document, name)?.parse().ok()
}

/// At most 256 characters, each of which can be seen; `[ND]` is nothing.
pub(in crate::directory) fn cleaned(text: &str) -> Option<String> {
    let cleaned: String = visible(text).chars().take(256).collect();
    let cleaned = cleaned.trim();
    if cleaned.is_empty() || cleaned == "[ND]" { None } else { Some(cleaned.to_owned()) }
}

/// An address as a document writes it.
pub(super) struct Written {
    parts: [Option<String>; 9],
    pub(super) postal_code: Option<String>,
    pub(super) commune: Option<String>,
}

impl Written {
    /// The fields of these names: complement, number, repetition, type and name of the street, special distribution, cedex
    /// with its label, country; postal code; commune, and town abroad.
    pub(super) fn of(document: &Value, parts: [&str; 9], postal_code: &str, communes: [&str; 2]) -> Self {
        Self {
            parts: parts.map(|name| text(document, name)),
            postal_code: text(document, postal_code),
            commune: communes.into_iter().find_map(|name| text(document, name)),
        }
    }

    /// Whether a street is told.
    pub(super) fn has_street(&self) -> bool {
        let [_, _, _, _, street, ..] = &self.parts;
        street.is_some()
    }

    /// All of it in one line.
    pub(super) fn line(&self) -> Option<String> {
        let [complement, number, repetition, kind, street, special, cedex, cedex_label, country] =
            self.parts.each_ref().map(Option::as_deref);
        let country = country.map(capitalized);
        let address = AddressParts {
            complement,
            number,
            repetition,
            street_type: kind.map(street_type),
            street,
            special_distribution: special,
            postal_code: cedex.or(self.postal_code.as_deref()),
            town: cedex_label.or(self.commune.as_deref()),
            country: country.as_deref(),
        };
        address.line()
    }
}
