//! Forms of the console hold their own fields and no other (SEC-139): whatever is changed is named by the path.

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
