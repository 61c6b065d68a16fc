//! Listings: fifty at a time, and where to go on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// How many entries a page holds.
pub(super) const ENTRIES: usize = 50;

/// One page of a listing.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    /// The entries.
    pub(super) items: Vec<T>,
    /// What to ask the next page with; absent from the last one.
    pub(super) next: Option<String>,
}

/// Where a listing goes on: opaque to those who carry it, and good for one kind of listing only.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Cursor(Option<String>);

/// The parameters of a listing without any other.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    #[serde(default)]
    pub(super) cursor: Cursor,
}

impl Cursor {
    /// A cursor that was given under another name.
    pub(super) fn of(text: String) -> Self {
        Self(Some(text))
    }

    /// A cursor after the entry with this key.
    pub(super) fn write(noun: &str, key: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{noun}:{key}"))
    }

    /// The text of the last entry's key.
    pub(super) fn text(&self, noun: &str) -> Result<Option<String>, Refusal> {
        let Some(cursor) = &self.0 else { return Ok(None) };
        let decoded = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let key = decoded.as_deref().and_then(|text| text.strip_prefix(noun)).and_then(|rest| rest.strip_prefix(':'));
        key.map(|key| Some(key.to_owned())).ok_or(Refusal::Cursor)
    }

    /// The key of the last entry.
    pub(super) fn key<T: std::str::FromStr>(&self, noun: &str) -> Result<Option<T>, Refusal> {
        self.text(noun)?.map(|text| text.parse().map_err(|_| Refusal::Cursor)).transpose()
    }
}

impl<T> Page<T> {
    /// A page of what was listed; `key` names the last entry. A full page may be followed by an empty one.
    pub(super) fn new(noun: &str, items: Vec<T>, key: impl Fn(&T) -> String) -> Self {
        let last = items.last().filter(|_| items.len() >= ENTRIES);
        let next = last.map(|last| Cursor::write(noun, &key(last)));
        Self { items, next }
    }
}
