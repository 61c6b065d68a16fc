//! How pages name whoever acted and is no person with a name here: the words of the audit, said to people.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, TextError};

/// Words of the audit before a number or an account, and the texts that say them.
const WITH_NAME: [(&str, &str); 6] = [
    ("administrator", "author.administrator"),
    ("moderator", "author.moderator"),
    ("reader", "author.reader"),
    ("user", "author.user"),
    ("client", "author.client"),
    ("cli", "author.command"),
];
/// Those that stand alone.
const ALONE: [(&str, &str); 3] =
    [("operator", "author.operator"), ("system", "author.program"), ("visitor", "author.visitor")];

/// `moderator:12` as people say it; a name, which holds no colon, as it is.
pub(super) fn said(catalogue: &Catalogue, author: &str) -> Result<String, TextError> {
    let find = |texts: &[(&str, &'static str)], word: &str| {
        texts.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
    };
    let with_name = author.split_once(':').and_then(|(word, name)| Some((find(&WITH_NAME, word)?, name)));
    match (with_name, find(&ALONE, author)) {
        (Some((text, name)), _) => catalogue.text(text, &BTreeMap::from([("name", name.to_owned())])),
        (None, Some(text)) => catalogue.text(text, &BTreeMap::new()),
        (None, None) => Ok(author.to_owned()),
    }
}
