//! Browsers in which a person signed in before.

use super::ActError;
use crate::app::App;
use crate::crypto;
use crate::domain::{Email, HandleKey, KnownBrowser, User};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, known_browsers, users};

/// Whether a cookie's value says that the owner of this address signed in in this browser before.
pub(super) fn find_known_browser(app: &App, value: Option<&str>, email: &Email) -> Result<bool, ActError> {
    let Some(key) = value.and_then(crypto::parse_handle::<KnownBrowser>) else { return Ok(false) };
    let (now, most) = (app.clock.now(), app.config.limits.per_account.in_a_row);
    let found = app.store.read(|tx| {
        let Some(user) = users::find_by_email(tx, email)? else { return Ok(None) };
        known_to(tx, &key, &user, most, now)
    })?;
    Ok(found.is_some())
}

/// The record of a known browser, if it is one of this person and not one in which a guesser sits.
pub(super) fn known_to(
    tx: &impl Read,
    key: &HandleKey<KnownBrowser>,
    user: &User,
    most_in_a_row: u32,
    now: Timestamp,
) -> Result<Option<KnownBrowser>, StoreError> {
    let found = known_browsers::find(tx, key)?;
    Ok(found.filter(|known| known.is_of(user, now) && known.wrong_guesses < most_in_a_row))
}
