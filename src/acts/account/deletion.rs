//! A person leaves: everything of theirs is erased, as an operator would (SEC-168).

use crate::acts::administration::{Decided, Leaving, UserRefusal, Wish, erase_completely, is_last_administrator};
use crate::acts::pre_sessions::issue_browser_handle;
use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By};
use crate::app::App;
use crate::domain::{Handle, HandleKey, PreSession};
use crate::protocol::Locale;

/// Whether a person may leave: the last administrator hands over first.
///
/// # Errors
/// When the store fails.
pub fn may_delete_own_account(app: &App, active: &ActiveSession) -> Result<bool, ActError> {
    Ok(!app.store.read(|tx| is_last_administrator(tx, &active.user))?)
}

/// Erases the person who asks, and tells them by mail that it is done. Gives the browser's next handle: nobody is signed in
/// in it any more.
///
/// # Errors
/// When the store fails.
pub async fn delete_own_account(
    app: &App,
    by: &By,
    active: &ActiveSession,
    browser: HandleKey<PreSession>,
    locale: Locale,
) -> Decided<Handle<PreSession>, UserRefusal> {
    let next = issue_browser_handle(app);
    let leaving = Leaving { locale, browser, next: next.key };
    let erased =
        erase_completely(app, by, active.user.clone(), Wish { leaving: Some(leaving), ..Wish::default() }).await?;
    Ok(erased.map(|_| next))
}
