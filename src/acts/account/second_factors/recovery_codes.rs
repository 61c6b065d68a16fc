//! Codes kept for the day on which the application is lost: ten at a time, each good once.

use super::{InSession, credentials_of, tell};
use crate::acts::sessions::find_live;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::{self, MacKey};
use crate::domain::{AuditEvent, MailContent, RECOVERY_CODES, UserId};
use crate::protocol::Secret;
use crate::store::credentials;

/// Codes just drawn: shown once, kept as tags.
pub(super) struct Drawn {
    pub(super) shown: Vec<Secret>,
    pub(super) tags: Vec<String>,
}

pub(super) fn draw(app: &App, user_id: UserId) -> Drawn {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| crypto::recovery_code(&app.random)).collect();
    let tags = codes.iter().map(|code| tag(&app.keys.second_factors, user_id, code)).collect();
    Drawn { shown: codes.into_iter().map(Secret::new).collect(), tags }
}

/// What is kept of a code, as it was typed or drawn.
pub(super) fn tag(key: &MacKey, user_id: UserId, code: &str) -> String {
    key.tag("recovery code", &[&user_id.to_string(), &crypto::plain_recovery_code(code)])
}

/// Makes new codes; those of before are dead, and the person is told by mail (SEC-80). `None` for whoever has no second factor, or is signed in no more.
///
/// # Errors
/// When the store fails.
pub async fn make_recovery_codes(app: &App, by: &By, place: InSession<'_>) -> Result<Option<Vec<Secret>>, ActError> {
    let (now, session, locale) = (app.clock.now(), place.active.key, place.locale);
    let Drawn { shown, tags } = draw(app, place.active.user.id);
    let circumstances = Circumstances::of(app, by);
    let is_made = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &session, now)? else { return Ok(false) };
            let mut known = credentials_of(tx, &user, now)?;
            if known.second_factors.is_empty() {
                return Ok(false);
            }
            known.second_factors.recovery_tags.clone_from(&tags);
            credentials::update(tx, &known)?;
            tell(tx, &user, MailContent::RecoveryCodesMade { at: now }, locale, now)?;
            circumstances.in_session(&session).record(tx, AuditEvent::RecoveryCodesMade { user_id: user.id })?;
            Ok(true)
        })
        .await?;
    Ok(is_made.then_some(shown))
}
