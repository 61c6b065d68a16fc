//! An application that shows codes: offered, confirmed by one of its codes, sealed.

use super::{InSession, credentials_of, recovery_codes, tell};
use crate::acts::mailbox::{take_second_factor, write_bans};
use crate::acts::new_session::{Drawn, NewSession, Opened, open_in};
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::{MasterKey, OpenError, Sealed, TotpKey, sha256};
use crate::domain::{AuditEvent, Factor, MailContent, SecondFactorUse, Totp, UserId};
use crate::protocol::Secret;
use crate::store::{Read, StoreError, credentials, users};

/// A key to put into an application. Made again from the session at each look, so that nothing is kept before one of its
/// codes was given back, and another session is offered another one.
#[derive(Debug, Clone)]
pub struct TotpOffer {
    /// In base32, as people type it.
    pub key: Secret,
    /// As applications read it from a picture: `otpauth://totp/…`.
    pub uri: Secret,
}

/// The key that this session is offered.
///
/// # Errors
/// When the store fails.
pub fn offer_totp(app: &App, active: &ActiveSession) -> Result<TotpOffer, ActError> {
    let key = app.store.read(|tx| offered_key(tx, app, active))?;
    let (issuer, email) = (&app.config.instance_name, active.user.email.as_str());
    let encoded =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let (issuer, email, base32) = (encoded(issuer), encoded(email), key.to_base32());
    let uri =
        format!("otpauth://totp/{issuer}:{email}?secret={base32}&issuer={issuer}&algorithm=SHA1&digits=6&period=30");
    Ok(TotpOffer { key: Secret::new(base32), uri: Secret::new(uri) })
}

fn offered_key(tx: &impl Read, app: &App, active: &ActiveSession) -> Result<TotpKey, StoreError> {
    let generation = credentials::find(tx, active.user.id)?.map_or(0, |known| known.second_factors.generation);
    let parts = [active.session.id.0.as_str(), &active.user.id.to_string(), &generation.to_string()];
    let digest = sha256(app.keys.second_factors.tag("totp offer", &parts).as_bytes());
    Ok(TotpKey::from_bytes(digest.first_chunk::<20>().map_or(&[][..], |bytes| bytes)))
}

fn context(user_id: UserId) -> String {
    format!("totp of {user_id}")
}

/// The key of an application that was set up.
pub(super) fn open_key(key: &MasterKey, user_id: UserId, totp: &Totp) -> Result<TotpKey, OpenError> {
    let sealed: Sealed = serde_json::from_str(&totp.sealed_key).map_err(|_| OpenError::Damaged)?;
    Ok(TotpKey::from_bytes(&sealed.open(key, &context(user_id))?))
}

/// What became of a set-up.
#[derive(Debug)]
pub enum SetUpOutcome {
    /// It is set up; the session goes on with it. With the recovery codes, to be shown once.
    Done(Box<NewSession>, Vec<Secret>),
    /// The code is another one: nothing was changed.
    Wrong,
}

enum Outcome {
    Done(Box<Opened>),
    Superseded,
}

/// Sets up the application that was offered, once one of its codes is given back. One that was set up before is replaced.
/// The person is told by mail.
///
/// # Errors
/// Too many codes were tried, the session ended meanwhile, or the store fails.
pub async fn set_up_totp(app: &App, by: &By, place: InSession<'_>, typed: &str) -> Result<SetUpOutcome, ActError> {
    let (now, user_id) = (app.clock.now(), place.active.user.id);
    let key = app.store.read(|tx| offered_key(tx, app, place.active))?;
    let taken = take_second_factor(app, user_id)?;
    let Some(period) = key.period_of(typed, now) else {
        let bans = taken.bans().to_vec();
        app.store.write(move |tx| write_bans(tx, &bans)).await?;
        return Ok(SetUpOutcome::Wrong);
    };
    let sealed = Sealed::seal(&app.master_key, &app.random, &context(user_id), key.as_bytes());
    #[expect(clippy::expect_used, reason = "three texts are always JSON")]
    let sealed_key = serde_json::to_string(&sealed).expect("three texts are JSON");
    let totp = Totp { sealed_key, added_at: now, last_period: period };
    let recovery_codes::Drawn { shown, tags } = recovery_codes::draw(app, user_id);
    let (drawn, circumstances, opening) = (Drawn::new(app), Circumstances::of(app, by), place.opening(Factor::Totp));
    let (job, session_key, locale) = (drawn.clone(), place.active.key, place.locale);
    let outcome = app
        .store
        .write(move |tx| {
            let Some((_, mut user)) = find_live(tx, &session_key, now)? else { return Ok(Outcome::Superseded) };
            let mut known = credentials_of(tx, &user, now)?;
            known.second_factors.set_up(totp.clone(), tags.clone());
            credentials::update(tx, &known)?;
            if user.second_factor.is_none() {
                user.second_factor = SecondFactorUse::OnDemand;
            }
            users::update(tx, &user)?;
            tell(tx, &user, MailContent::SecondFactorAdded { at: now }, locale, now)?;
            circumstances.record(tx, AuditEvent::SecondFactorAdded { user_id: user.id })?;
            Ok(match open_in(tx, &circumstances, user, &opening, &job)? {
                Some(opened) => Outcome::Done(Box::new(opened)),
                None => Outcome::Superseded,
            })
        })
        .await?;
    taken.given_back(app)?;
    match outcome {
        Outcome::Done(opened) => Ok(SetUpOutcome::Done(Box::new(drawn.hand_out(*opened)), shown)),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}
