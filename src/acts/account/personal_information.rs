//! Names, telephone number and position.

use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, HandleKey, Interaction, MailContent, OutgoingMail, PersonalInformation};
use crate::protocol::Locale;
use crate::store::{interactions, outbox, users};

/// Writes what a person tells about themselves, and notes the step of the sign-in under way. What was known before and is
/// not the same any more is told to them by mail.
///
/// # Errors
/// When the store fails.
pub async fn update_personal_information(
    app: &App,
    by: &By,
    active: &ActiveSession,
    interaction: Option<HandleKey<Interaction>>,
    information: PersonalInformation,
    locale: Locale,
) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let (user_id, id, now) = (active.user.id, active.session.id.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            if let Some(mut user) = users::find(tx, user_id)?
                && user.information != information
            {
                let before = std::mem::replace(&mut user.information, information.clone());
                user.updated_at = now;
                users::update(tx, &user)?;
                if before.has_names() {
                    let changes = information.changes_since(&before);
                    let content = MailContent::PersonalInformationChanged { at: now, changes };
                    outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
                }
                circumstances.record(tx, AuditEvent::PersonalInformationChanged { user_id })?;
            }
            if let Some(key) = interaction
                && let Some(mut interaction) = interactions::find(tx, &key)?
            {
                interaction.done(&id, |progress| progress.information_confirmed = true);
                interactions::update(tx, &key, &interaction)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}
