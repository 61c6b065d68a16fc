//! What a person gives beside a password: an application that shows codes, passkeys, and codes kept for the day on which
//! they are lost.
//!
//! Keys are sealed, recovery codes are kept as keyed tags, and whoever guesses is counted for the account, whatever the
//! route (SEC-78).

mod ceremonies;
mod choice;
mod passkey_use;
mod passkeys;
mod present;
mod recovery_codes;
mod removal;
mod totp;

use crate::acts::new_session::{Entry, Opening};
use crate::acts::sessions::{ActiveSession, find_unended};
use crate::crypto;
use crate::domain::{
    BrowserSession, Credentials, Factor, HandleKey, Interaction, KnownBrowser, MailContent, OutgoingMail, PreSession,
    Session, User,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx, browser_sessions, credentials, outbox, user_sessions};

pub use ceremonies::{
    PasskeyAnswer, PasskeyAsked, ask_for_passkey, ask_passkey_as_second_factor, ask_passkey_to_sign_in,
};
pub use choice::{remove_totp, use_second_factor};
pub use passkey_use::{PasskeyAttempt, present_passkey, sign_in_with_passkey};
pub use passkeys::{PasskeyOutcome, add_passkey, remove_passkey, rename_passkey};
pub use present::{FactorOutcome, Presented, present_second_factor};
pub use recovery_codes::make_recovery_codes;
pub use removal::{
    FactorRemovalPlace, find_pending_removal, keep_own_second_factors, keep_second_factors, look_at_factor_removal,
};
pub(in crate::acts) use removal::{find_removal, stop_removal, take_away};
pub(in crate::acts) use totp::reseal_totp;
pub use totp::{SetUpOutcome, TotpOffer, offer_totp, set_up_totp};

/// Where a person does something with their second factors.
#[derive(Clone, Copy)]
pub struct InSession<'a> {
    /// The session.
    pub active: &'a ActiveSession,
    /// The browser that it is open in.
    pub browser: HandleKey<PreSession>,
    /// What the browser shows to say that somebody signed in in it before.
    pub known_browser: Option<&'a str>,
    /// The sign-in under way.
    pub interaction: Option<HandleKey<Interaction>>,
    /// The language of the person's mails.
    pub locale: Locale,
}

impl InSession<'_> {
    /// The session goes on with this factor, under another handle.
    fn opening(&self, factor: Factor) -> Opening {
        Opening {
            asserted: None,
            interaction: self.interaction,
            browser: self.browser,
            previous: Some(self.active.key),
            entry: Entry::Beside(factor),
            known_browser: self.known_browser.and_then(crypto::parse_handle::<KnownBrowser>),
            locale: self.locale,
        }
    }
}

/// The credentials of a person, made where there are none yet.
pub(in crate::acts) fn credentials_of(tx: &mut Tx, user: &User, now: Timestamp) -> Result<Credentials, StoreError> {
    match credentials::find(tx, user.id)? {
        Some(known) => Ok(known),
        None => {
            let begun = Credentials::new(user.id, None, now);
            credentials::insert(tx, &begun)?;
            Ok(begun)
        }
    }
}

/// Ends every session of the person but this one: whoever sat in another must not stay beside what protects the account
/// from now on (SEC-37).
fn end_others(tx: &mut Tx, own: &Session, now: Timestamp) -> Result<(), StoreError> {
    for key in user_sessions::list(tx, own.user_id)? {
        if find_unended(tx, &key)?.is_some_and(|(session, _)| session.id != own.id) {
            browser_sessions::update(tx, &key, &BrowserSession::Ended { at: now })?;
        }
    }
    Ok(())
}

/// Tells the person by mail, in the transaction of the act.
pub(in crate::acts) fn tell(
    tx: &mut Tx,
    user: &User,
    content: MailContent,
    locale: Locale,
    now: Timestamp,
) -> Result<(), StoreError> {
    outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now)).map(drop)
}
