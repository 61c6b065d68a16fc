//! The entrance to the console, and the way out of it.

use super::form::check_fields;
use super::pages::SignIn;
use crate::acts::administration::{self, EntryRefusal};
use crate::app::App;
use crate::domain::ConsolePage;
use crate::web::{Error, Response, Submission, Visit, cookies, paths};

/// Says who enters, as what and for how long.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let active = visit.browser.session.as_ref().ok_or(Error::NotFound)?;
    let role = active.user.role.as_ref().ok_or(Error::NotFound)?;
    let page = SignIn {
        name: active.user.information.full_name(),
        email: active.user.email.to_string(),
        role: role.as_str(),
        until: role.until().map(|until| until.0),
        to: visit.query.get("to").and_then(|to| to.parse::<ConsolePage>().ok()).map(|to| to.to_string()),
    };
    visit.browser.page(&app, &page)
}

/// Opens it.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &["to"])?;
    let to = form.get("to").and_then(|to| to.parse().ok()).unwrap_or(ConsolePage::Home);
    let active = browser.session.as_ref().ok_or(Error::NotFound)?;
    let policy = &app.config.cookies;
    let previous = cookies::find(&request.headers, policy, cookies::ADMINISTRATION);
    match administration::enter_console(&app, &browser.by(&request), active, previous).await? {
        Ok(handle) => {
            let mut response = browser.redirect(&app, &paths::console(to))?;
            cookies::set(&mut response, policy, cookies::ADMINISTRATION, &handle.value, None)?;
            Ok(response)
        }
        Err(EntryRefusal::Unproven) => browser.redirect(&app, &paths::entrance_to(to)),
        Err(EntryRefusal::NoRole) => Err(Error::NotFound),
    }
}

/// Closes it; the person stays signed in.
pub(super) async fn leave(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &[])?;
    let officer = browser.officer()?;
    administration::leave_console(&app, &officer.by(&request), officer).await?;
    let mut response = browser.redirect(&app, paths::HOME)?;
    cookies::clear(&mut response, &app.config.cookies, cookies::ADMINISTRATION)?;
    Ok(response)
}
