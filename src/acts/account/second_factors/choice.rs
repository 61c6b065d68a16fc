//! Where a second factor is asked, and its removal.

use super::{InSession, credentials_of, end_others, tell};
use crate::acts::sessions::find_live;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, MailContent, SecondFactorUse};
use crate::store::{credentials, users};

/// Asks the second factor at every sign-in, or on demand only. Whether there is one to be asked.
///
/// # Errors
/// When the store fails.
pub async fn use_second_factor(app: &App, by: &By, place: InSession<'_>, always: bool) -> Result<bool, ActError> {
    let (now, session, locale) = (app.clock.now(), place.active.key, place.locale);
    let circumstances = Circumstances::of(app, by);
    let is_done = app
        .store
        .write(move |tx| {
            let Some((session, mut user)) = find_live(tx, &session, now)? else { return Ok(false) };
            if user.second_factor.is_none() {
                return Ok(false);
            }
            let chosen = if always { SecondFactorUse::Always } else { SecondFactorUse::OnDemand };
            if user.second_factor == chosen {
                return Ok(true);
            }
            user.second_factor = chosen;
            users::update(tx, &user)?;
            if !always {
                tell(tx, &user, MailContent::SecondFactorOnDemand { at: now }, locale, now)?;
            }
            let event = AuditEvent::SecondFactorUseChosen { user_id: user.id, always };
            circumstances.in_session(&session).record(tx, event)?;
            Ok(true)
        })
        .await?;
    Ok(is_done)
}

/// Takes the application away; the recovery codes go with the last factor. Whether there was one.
///
/// # Errors
/// When the store fails.
pub async fn remove_totp(app: &App, by: &By, place: InSession<'_>) -> Result<bool, ActError> {
    let (now, session, locale) = (app.clock.now(), place.active.key, place.locale);
    let circumstances = Circumstances::of(app, by);
    let is_done = app
        .store
        .write(move |tx| {
            let Some((session, mut user)) = find_live(tx, &session, now)? else { return Ok(false) };
            let mut known = credentials_of(tx, &user, now)?;
            if !known.second_factors.remove_totp() {
                return Ok(false);
            }
            credentials::update(tx, &known)?;
            if known.second_factors.is_empty() {
                user.second_factor = SecondFactorUse::None;
                users::update(tx, &user)?;
            }
            tell(tx, &user, MailContent::SecondFactorRemoved { at: now }, locale, now)?;
            end_others(tx, &session, now)?;
            let event = AuditEvent::SecondFactorRemoved { user_id: user.id };
            circumstances.in_session(&session).record(tx, event)?;
            Ok(true)
        })
        .await?;
    Ok(is_done)
}
