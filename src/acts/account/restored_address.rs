//! The address before, taken back by the link that was told to it (SEC-105).

use super::address::{restore_links, suspend_links};
use crate::acts::attempts::forget_guesses;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AddressChange, AddressChangeRefusal, AuditEvent, Credentials, Email, HandleKey, MailContent, OutgoingMail,
    SecondFactorUse, User,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, address_changes, credentials, outbox, passkey_owners, users};

/// What a link is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressChangePlace {
    /// It takes the change back.
    Pending {
        /// The address that the account would have again.
        from: Email,
        /// When the change was made.
        at: Timestamp,
    },
    /// The change was taken back.
    Done,
    /// Somebody has an account with the address before.
    Taken,
    /// The link is none, or too old, or an earlier change was taken back.
    Void,
}

/// Looks at such a link. Looking changes nothing: programs look at links too.
///
/// # Errors
/// When the store fails.
pub fn look_at_address_change(app: &App, value: &str) -> Result<AddressChangePlace, ActError> {
    let Some(key) = crypto::parse_handle::<AddressChange>(value) else { return Ok(AddressChangePlace::Void) };
    let now = app.clock.now();
    let judged = app.store.read(|tx| judge(tx, &key, now))?;
    Ok(match judged {
        Ok((change, _)) => AddressChangePlace::Pending { from: change.from, at: change.at },
        Err(place) => place,
    })
}

/// The change and its account, or why it cannot be taken back.
fn judge(
    tx: &impl Read,
    key: &HandleKey<AddressChange>,
    now: Timestamp,
) -> Result<Result<(AddressChange, User), AddressChangePlace>, StoreError> {
    let Some(change) = address_changes::find(tx, key)? else { return Ok(Err(AddressChangePlace::Void)) };
    let Some(user) = users::find(tx, change.user_id)? else { return Ok(Err(AddressChangePlace::Void)) };
    match change.check(&user, now) {
        Err(AddressChangeRefusal::Done) => return Ok(Err(AddressChangePlace::Done)),
        Err(AddressChangeRefusal::Void) => return Ok(Err(AddressChangePlace::Void)),
        Ok(()) => {}
    }
    // Kept for the account meanwhile: only what was entered before that was so can be in the way.
    if users::find_by_email(tx, &change.from)?.is_some_and(|other| other.id != user.id) {
        return Ok(Err(AddressChangePlace::Taken));
    }
    Ok(Ok((change, user)))
}

/// Gives the account the address before. Its password is none any more, since whoever changed the address knew it; what was
/// set up since the change, or shortly before it, is none of the owner's either (SEC-103); everything that was open is void.
/// What holds afterwards.
///
/// # Errors
/// When the store fails.
pub async fn restore_address(app: &App, by: &By, value: &str, locale: Locale) -> Result<AddressChangePlace, ActError> {
    let Some(key) = crypto::parse_handle::<AddressChange>(value) else { return Ok(AddressChangePlace::Void) };
    let (now, circumstances) = (app.clock.now(), Circumstances::of(app, by));
    let judged = app
        .store
        .write(move |tx| {
            let (change, user) = match judge(tx, &key, now)? {
                Ok(found) => found,
                Err(place) => return Ok(Err(place)),
            };
            // What rests on the address that goes rests on nothing under the one before.
            suspend_links(tx, &user, &change.from, now)?;
            let Ok((change, mut user)) = change.undo(user, now) else { return Ok(Err(AddressChangePlace::Void)) };
            put_strangers_out(tx, &mut user, &change)?;
            users::update(tx, &user)?;
            address_changes::update(tx, &key, &change)?;
            restore_links(tx, user.id, &change.suspended, now)?;
            let content = MailContent::AddressRestored { at: now };
            outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
            circumstances.record(tx, AuditEvent::AddressRestored { user_id: user.id })?;
            Ok(Ok(user.email))
        })
        .await?;
    match judged {
        Ok(email) => {
            forget_guesses(app, &email)?;
            Ok(AddressChangePlace::Done)
        }
        Err(place) => Ok(place),
    }
}

/// Takes the password away, and what stands beside it since then; the record of the person is the caller's to write.
/// Factors of long before stay: whoever reads a mailbox has no second factor by that (SEC-73).
fn put_strangers_out(tx: &mut Tx, user: &mut User, change: &AddressChange) -> Result<(), StoreError> {
    let Some(known) = credentials::find(tx, user.id)? else { return Ok(()) };
    let mut known = Credentials { password_hash: None, password_link: None, ..known };
    for passkey in known.second_factors.take_since(change.suspicious_from()) {
        passkey_owners::delete(tx, &passkey.id)?;
    }
    if known.second_factors.is_empty() {
        user.second_factor = SecondFactorUse::None;
    }
    credentials::update(tx, &known)
}
