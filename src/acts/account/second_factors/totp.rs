//! An application that shows codes: offered, confirmed by one of its codes, sealed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{InSession, credentials_of, end_others, recovery_codes, tell};
use crate::acts::mailbox::{take_second_factor, write_bans};
use crate::acts::new_session::{Drawn, NewSession, Opened, open_in};
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances, sealing_key};
use crate::app::App;
use crate::crypto::{MasterKey, MasterKeys, OpenError, Random, Sealed, TotpKey};
use crate::domain::{AuditEvent, Factor, MailContent, SecondFactorUse, Totp, UserId};
use crate::protocol::{Secret, Timestamp};
use crate::store::{credentials, users};

/// A key to put into an application: another one at each look, kept by nobody before one of its codes was given back.
#[derive(Debug, Clone)]
pub struct TotpOffer {
    /// In base32, as people type it.
    pub key: Secret,
    /// As applications read it from a picture: `otpauth://totp/…`.
    pub uri: Secret,
    /// The same, sealed for this session and a quarter of an hour: the form carries it back.
    pub sealed: String,
}

/// What a sealed offer holds.
#[derive(Serialize, Deserialize)]
struct Offer {
    key: Vec<u8>,
    made_at: Timestamp,
}

/// How long an offer can be confirmed.
const OFFER_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Draws a key for this session, or shows the one of an offer again whose code was mistyped.
///
/// # Errors
/// When the store fails.
pub fn offer_totp(app: &App, active: &ActiveSession, again: Option<&str>) -> Result<TotpOffer, ActError> {
    let context = offer_context(app, active)?;
    let known = again.and_then(|sealed| open_offer(app, &context, sealed).map(|key| (key, sealed.to_owned())));
    let (key, sealed) = known.unwrap_or_else(|| {
        let key = TotpKey::from_bytes(&app.random.bytes::<20>());
        let offer = Offer { key: key.as_bytes().to_vec(), made_at: app.clock.now() };
        let plain = serde_json::to_vec(&offer).unwrap_or_default();
        (key, seal_text(app, &context, &plain))
    });
    let (issuer, email) = (&app.config.instance_name, active.user.email.as_str());
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (issuer, email, base32) = (encoded(issuer), encoded(email), key.to_base32());
    let uri =
        format!("otpauth://totp/{issuer}:{email}?secret={base32}&issuer={issuer}&algorithm=SHA1&digits=6&period=30");
    Ok(TotpOffer { key: Secret::new(base32), uri: Secret::new(uri), sealed })
}

/// An offer is good for the session that it was made in, and for what stands beside the password there now.
fn offer_context(app: &App, active: &ActiveSession) -> Result<String, ActError> {
    let known = app.store.read(|tx| credentials::find(tx, active.user.id))?;
    let generation = known.map_or(0, |known| known.second_factors.generation);
    Ok(format!("totp offer to {} in {}, {generation}", active.user.id, active.session.id.0))
}

fn open_offer(app: &App, context: &str, sealed: &str) -> Option<TotpKey> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let sealed: Sealed = serde_json::from_slice(&bytes).ok()?;
    let offer: Offer = serde_json::from_slice(&app.master_keys.open(&sealed, context).ok()?).ok()?;
    let is_fresh = !offer.made_at.plus(OFFER_LIFETIME).has_come(app.clock.now());
    is_fresh.then(|| TotpKey::from_bytes(&offer.key))
}

fn seal_text(app: &App, context: &str, plain: &[u8]) -> String {
    let sealed = Sealed::seal(&app.master_keys.in_use(), &app.random, context, plain);
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&sealed).unwrap_or_default())
}

fn context(user_id: UserId) -> String {
    format!("totp of {user_id}")
}

/// The key of an application that was set up.
pub(super) fn open_key(keys: &MasterKeys, user_id: UserId, totp: &Totp) -> Result<TotpKey, OpenError> {
    let sealed: Sealed = serde_json::from_str(&totp.sealed_key).map_err(|_| OpenError::Damaged)?;
    Ok(TotpKey::from_bytes(&keys.open(&sealed, &context(user_id))?))
}

fn seal_key(master_key: &MasterKey, random: &Random, user_id: UserId, key: &TotpKey) -> String {
    let sealed = Sealed::seal(master_key, random, &context(user_id), key.as_bytes());
    #[expect(clippy::expect_used, reason = "three texts are always JSON")]
    serde_json::to_string(&sealed).expect("three texts are JSON")
}

/// The same under another master key; `None` where it is under that one already.
///
/// # Errors
/// When neither key opens it.
pub(in crate::acts) fn reseal_totp(
    keys: (&MasterKey, &MasterKey),
    random: &Random,
    user_id: UserId,
    totp: &Totp,
) -> Result<Option<Totp>, OpenError> {
    let sealed: Sealed = serde_json::from_str(&totp.sealed_key).map_err(|_| OpenError::Damaged)?;
    let Some(anew) = sealed.resealed(keys, random, &context(user_id))? else { return Ok(None) };
    let sealed_key = serde_json::to_string(&anew).map_err(|_| OpenError::Damaged)?;
    Ok(Some(Totp { sealed_key, ..totp.clone() }))
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
pub async fn set_up_totp(
    app: &App,
    by: &By,
    place: InSession<'_>,
    offer: &str,
    typed: &str,
) -> Result<SetUpOutcome, ActError> {
    let (now, user_id) = (app.clock.now(), place.active.user.id);
    let Some(key) = open_offer(app, &offer_context(app, place.active)?, offer) else { return Ok(SetUpOutcome::Wrong) };
    let taken = take_second_factor(app, user_id)?;
    let Some(period) = key.period_of(typed, now) else {
        let bans = taken.bans().to_vec();
        app.store.write(move |tx| write_bans(tx, &bans)).await?;
        return Ok(SetUpOutcome::Wrong);
    };
    let recovery_codes::Drawn { shown, tags } = recovery_codes::draw(app, user_id);
    let (drawn, circumstances, opening) = (Drawn::new(app), Circumstances::of(app, by), place.opening(Factor::Totp));
    let (job, session_key, locale) = (drawn.clone(), place.active.key, place.locale);
    let (master_keys, random) = (app.master_keys.clone(), app.random.clone());
    let outcome = app
        .store
        .write(move |tx| {
            let Some((session, mut user)) = find_live(tx, &session_key, now)? else { return Ok(Outcome::Superseded) };
            let mut known = credentials_of(tx, &user, now)?;
            // Under the key that the data names here, and not one that it named a moment ago.
            let sealed_key = seal_key(&sealing_key(&master_keys, tx)?, &random, user_id, &key);
            known.second_factors.set_up(Totp { sealed_key, added_at: now, last_period: period }, tags.clone());
            credentials::update(tx, &known)?;
            if user.second_factor.is_none() {
                user.second_factor = SecondFactorUse::OnDemand;
            }
            users::update(tx, &user)?;
            tell(tx, &user, MailContent::SecondFactorAdded { at: now }, locale, now)?;
            end_others(tx, &session, now)?;
            circumstances.in_session(&session).record(tx, AuditEvent::SecondFactorAdded { user_id: user.id })?;
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
