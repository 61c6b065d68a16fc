//! Address and password of the person.

use super::pages::ConnectionAndAccount;
use crate::app::App;
use crate::store::credentials;
use crate::web::{Error, Response, Visit, paths};

/// Shows them.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let user_id = active.user.id;
    let known = app.store.read(|tx| credentials::find(tx, user_id))?;
    let page = ConnectionAndAccount {
        email: active.user.email.to_string(),
        password_chosen_at: known
            .filter(|known| known.password_hash.is_some())
            .map(|known| known.password_changed_at.0),
    };
    visit.browser.page(&app, &page)
}
