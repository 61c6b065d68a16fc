//! Administrators hear by mail of what cannot wait for somebody to read the log (SEC-166).

use crate::acts::ActError;
use crate::acts::administration::active_administrators;
use crate::app::App;
use crate::domain::{Alert, AlertNote, MailContent, OutgoingMail};
use crate::protocol::Timestamp;
use crate::store::{StoreError, Tx, alerts, outbox};

/// Notes what has `come`, and writes to every administrator what is due: of each kind once an hour, what acts noted since
/// then with it. How many mails were written.
///
/// What nobody is to hear of is told to nobody, and counts as told: nothing is kept for whoever comes later.
///
/// # Errors
/// When the store fails; nothing is noted then.
pub async fn tell_administrators(app: &App, come: Vec<Alert>) -> Result<usize, ActError> {
    let now = app.clock.now();
    if come.is_empty() && app.store.read(|tx| alerts::list_due(tx, now))?.is_empty() {
        return Ok(0);
    }
    let is_heard = app.config.alerts && (app.config.mail.is_some() || app.config.mailbox_page);
    let written = app.store.write(move |tx| {
        come.iter().try_for_each(|alert| alerts::note(tx, *alert, now))?;
        let due = alerts::list_due(tx, now)?;
        for note in &due {
            alerts::put(tx, &note.told(now))?;
        }
        if is_heard && !due.is_empty() { write(tx, &due, now) } else { Ok(0) }
    });
    Ok(written.await?)
}

fn write(tx: &mut Tx, due: &[AlertNote], now: Timestamp) -> Result<usize, StoreError> {
    let mut count = 0_usize;
    for reader in active_administrators(tx)? {
        for note in due {
            let content = MailContent::Alert { alert: note.alert, at: note.last_at, count: note.untold };
            let mail = OutgoingMail::notice(reader.email.clone(), reader.language(), content, now);
            outbox::insert(tx, &mail)?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}
