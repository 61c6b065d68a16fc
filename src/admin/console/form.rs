//! Forms of the console hold their own fields and no other (SEC-139): whatever is changed is named by the path.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::protocol::Parameters;
use crate::web::Error;

/// Refuses a form with a field that it does not have.
///
/// # Errors
/// A 400 page.
pub(super) fn check_fields(form: &Parameters, known: &[&str]) -> Result<(), Error> {
    match form.iter().find(|(name, _)| *name != "_csrf" && !known.contains(name)) {
        Some((name, _)) => Err(Error::bad_request("bad_request").with_detail(name)),
        None => Ok(()),
    }
}

/// A word of a list that the form offers; anything else was not offered.
///
/// # Errors
/// A 400 page.
pub(super) fn parse_word<T: DeserializeOwned>(form: &Parameters, name: &str) -> Result<T, Error> {
    let word = form.get(name).unwrap_or_default();
    serde_json::from_value(Value::from(word)).map_err(|_| Error::bad_request("bad_request").with_detail(name))
}
