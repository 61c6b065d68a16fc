//! An account to which somebody came back after a year, by a mailbox that goes with a function: an administrator says whether
//! it is theirs (SEC-106).

use crate::accounts::mailbox_pages::DormantAccount;
use crate::app::App;
use crate::domain::steps::Step;
use crate::journey::{self, Current};
use crate::web::{Error, Response, StatusCode, Visit};

/// Says so.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let session = visit.browser.session.clone();
    let step = journey::next_step(&app, session.as_ref(), current.as_ref())?;
    let Some(active) = session.as_ref().filter(|_| step == Step::AskAdministrator) else {
        let next = journey::next(&app, session.as_ref(), current.as_ref())?;
        return visit.browser.redirect(&app, &next);
    };
    let page = DormantAccount {
        interaction: current.as_ref().map(|current| current.id.clone()),
        email: active.user.email.to_string(),
        contact: app.config.notices.contact.as_ref().map(ToString::to_string),
        client: current.as_ref().map(|current| journey::client_label(&app, current)).transpose()?.flatten(),
    };
    let browser = journey::speak(visit.browser, current.as_ref());
    browser.page_with(&app, &page, StatusCode::OK, current.as_ref().and_then(Current::form_target).as_deref())
}
