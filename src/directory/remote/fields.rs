//! Fields of documents that others write: one of the wrong type is not there, an unknown one is not looked at (SEC-61).

use std::str::FromStr;

use serde_json::Value;

/// A text of a document, without what does not belong in one.
pub(super) fn text(document: &Value, name: &str) -> Option<String> {
    document.get(name).and_then(Value::as_str).and_then(cleaned)
}

/// A text of a document as what it should be; nothing where it is something else.
pub(super) fn parsed<T: FromStr>(document: &Value, name: &str) -> Option<T> {
    text(document, name)?.parse().ok()
}

/// At most 256 characters, none of them control characters; `[ND]` is nothing.
pub(super) fn cleaned(text: &str) -> Option<String> {
    let cleaned: String = text.chars().filter(|character| !character.is_control()).take(256).collect();
    let cleaned = cleaned.trim();
    if cleaned.is_empty() || cleaned == "[ND]" { None } else { Some(cleaned.to_owned()) }
}
