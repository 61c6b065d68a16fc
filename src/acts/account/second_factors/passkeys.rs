//! A passkey that comes to an account, or leaves it.

use super::ceremonies::{Asker, PasskeyAnswer, find_awaiting, owner_handle};
use super::{InSession, credentials_of, end_others, recovery_codes, tell};
use crate::acts::new_session::{Drawn, NewSession, Opened, open_in};
use crate::acts::sessions::find_live;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::passkey_digest;
use crate::domain::{AuditEvent, Factor, MailContent, Passkey, PasskeyPurpose, SecondFactorUse};
use crate::protocol::Secret;
use crate::store::{credentials, passkey_owners, users};

/// What became of it.
#[derive(Debug)]
pub enum PasskeyOutcome {
    /// It is there; the session goes on with it. With the recovery codes, to be shown once, where it is the first factor.
    Added(Box<NewSession>, Option<Vec<Secret>>),
    /// The answer is not right, came late, or came twice: nothing was changed.
    Refused,
}

enum Outcome {
    Added(Box<Opened>, bool),
    Refused,
    Superseded,
}

/// Adds the passkey that was asked for to the account of the person signed in, who is told by mail.
///
/// # Errors
/// When the session ended meanwhile, or the store fails.
pub async fn add_passkey(
    app: &App,
    by: &By,
    place: InSession<'_>,
    answer: PasskeyAnswer<'_>,
    name: &str,
) -> Result<PasskeyOutcome, ActError> {
    let (now, user_id) = (app.clock.now(), place.active.user.id);
    let asker = Asker::in_session(place, PasskeyPurpose::Registration);
    let Some(awaiting) = find_awaiting(app, asker, answer.ceremony)? else { return Ok(PasskeyOutcome::Refused) };
    let made = awaiting.site.check_new(&awaiting.ceremony.state, answer.response).ok();
    let passkey = made.map(|made| Passkey {
        id: passkey_digest(&made.credential_id),
        credential_id: made.credential_id,
        owner: owner_handle(app, user_id),
        key: made.key,
        name: Passkey::readable_name(name),
        made_in: by.browser,
        added_at: now,
        last_used_at: None,
        uses: 0,
        suspended_at: None,
    });
    let recovery_codes::Drawn { shown, tags } = recovery_codes::draw(app, user_id);
    let opening = place.opening(Factor::PasskeyBeside);
    let (drawn, circumstances) = (Drawn::new(app), Circumstances::of(app, by));
    let (job, session_key, locale) = (drawn.clone(), place.active.key, place.locale);
    let outcome = app
        .store
        .write(move |tx| {
            let is_open = awaiting.close(tx, now)?;
            let Some((session, mut user)) = find_live(tx, &session_key, now)? else { return Ok(Outcome::Superseded) };
            let mut known = credentials_of(tx, &user, now)?;
            let Some(passkey) = passkey.clone().filter(|_| is_open) else { return Ok(Outcome::Refused) };
            // Nobody's passkey becomes somebody else's (SEC-84).
            let is_free = passkey_owners::find(tx, &passkey.id)?.is_none();
            if !is_free || !known.second_factors.may_have_another_passkey() {
                return Ok(Outcome::Refused);
            }
            passkey_owners::insert(tx, &passkey.id, user.id)?;
            let is_first = known.second_factors.add_passkey(passkey, tags.clone());
            credentials::update(tx, &known)?;
            if user.second_factor.is_none() {
                user.second_factor = SecondFactorUse::OnDemand;
                users::update(tx, &user)?;
            }
            tell(tx, &user, MailContent::PasskeyAdded { at: now }, locale, now)?;
            end_others(tx, &session, now)?;
            circumstances.in_session(&session).record(tx, AuditEvent::PasskeyAdded { user_id: user.id })?;
            Ok(match open_in(tx, &circumstances, user, &opening, &job)? {
                Some(opened) => Outcome::Added(Box::new(opened), is_first),
                None => Outcome::Superseded,
            })
        })
        .await?;
    match outcome {
        Outcome::Added(opened, is_first) => {
            Ok(PasskeyOutcome::Added(Box::new(drawn.hand_out(*opened)), is_first.then_some(shown)))
        }
        Outcome::Refused => Ok(PasskeyOutcome::Refused),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

/// Gives a passkey of the person another name, which opens and closes nothing: no session ends, and no mail is sent. Whether
/// it was there.
///
/// # Errors
/// When the store fails.
pub async fn rename_passkey(
    app: &App,
    by: &By,
    place: InSession<'_>,
    id: &str,
    name: String,
) -> Result<bool, ActError> {
    let (now, session, id) = (app.clock.now(), place.active.key, id.to_owned());
    let circumstances = Circumstances::of(app, by);
    let is_done = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &session, now)? else { return Ok(false) };
            let mut known = credentials_of(tx, &user, now)?;
            let Some(passkey) = known.second_factors.passkey_mut(&id) else { return Ok(false) };
            if passkey.name.as_deref() == Some(name.as_str()) {
                return Ok(true);
            }
            passkey.name = Some(name.clone());
            credentials::update(tx, &known)?;
            circumstances.in_session(&session).record(tx, AuditEvent::PasskeyRenamed { user_id: user.id })?;
            Ok(true)
        })
        .await?;
    Ok(is_done)
}

/// Takes a passkey away. Whether it was there.
///
/// # Errors
/// When the store fails.
pub async fn remove_passkey(app: &App, by: &By, place: InSession<'_>, id: &str) -> Result<bool, ActError> {
    let (now, session, locale, id) = (app.clock.now(), place.active.key, place.locale, id.to_owned());
    let circumstances = Circumstances::of(app, by);
    let is_done = app
        .store
        .write(move |tx| {
            let Some((session, mut user)) = find_live(tx, &session, now)? else { return Ok(false) };
            let mut known = credentials_of(tx, &user, now)?;
            if !known.second_factors.remove_passkey(&id) {
                return Ok(false);
            }
            passkey_owners::delete(tx, &id)?;
            credentials::update(tx, &known)?;
            if known.second_factors.is_empty() {
                user.second_factor = SecondFactorUse::None;
                users::update(tx, &user)?;
            }
            tell(tx, &user, MailContent::PasskeyRemoved { at: now }, locale, now)?;
            end_others(tx, &session, now)?;
            circumstances.in_session(&session).record(tx, AuditEvent::PasskeyRemoved { user_id: user.id })?;
            Ok(true)
        })
        .await?;
    Ok(is_done)
}
