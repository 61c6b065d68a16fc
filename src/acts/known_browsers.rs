//! Browsers in which a person signed in before, and those that they made trusted.

use super::ActError;
use crate::app::App;
use crate::crypto;
use crate::domain::{Email, HandleKey, KnownBrowser, User, UserId};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, known_browsers, trusted_browsers, users};

/// The most trusted browsers of one person; with one more, the oldest is none any more.
const MAX_TRUSTED: usize = 20;

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

/// Enters a browser that has just become trusted in the list of its person, in place of the name that it had.
pub(super) fn note_trust(
    tx: &mut Tx,
    user_id: UserId,
    replaced: Option<HandleKey<KnownBrowser>>,
    trusted: HandleKey<KnownBrowser>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut browsers = trusted_browsers::list(tx, user_id)?;
    browsers.retain(|key| Some(*key) != replaced && *key != trusted && !key.retained_until().has_come(now));
    browsers.push(trusted);
    let kept = browsers.split_off(browsers.len().saturating_sub(MAX_TRUSTED));
    for key in browsers {
        take_trust_back(tx, &key)?;
    }
    trusted_browsers::put(tx, user_id, &kept)
}

/// Takes the trust of one browser back; says whether it had any. It stays known.
pub(super) fn take_trust_back(tx: &mut Tx, key: &HandleKey<KnownBrowser>) -> Result<bool, StoreError> {
    match known_browsers::find(tx, key)? {
        Some(known) if known.trust.is_some() => {
            known_browsers::update(tx, key, &KnownBrowser { trust: None, ..known })?;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}
