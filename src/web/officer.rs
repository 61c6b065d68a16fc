//! The gate in front of the console of administration (SEC-138): a session of its own beside that of the person, a second
//! factor proven in it, a role, and the right that the page wants. Whoever has no role, or comes from elsewhere than the
//! operator allows, is told that there is no such page.

use super::browser::has_role;
use super::{Browser, Error, Method, Request, Response, StatusCode, cookies, gate, paths};
use crate::acts::administration::{self, Officer};
use crate::acts::{self, ActiveSession, By};
use crate::app::App;
use crate::domain::{AccountPage, ConsolePage, Right};

impl Officer {
    /// Who acts, for the audit.
    pub fn by(&self, request: &Request) -> By {
        self.acting(request.origin(), request.browser_hint())
    }
}

/// Where whoever may not come through is led instead; `None` for whoever has the right, who is noted in the browser.
pub(super) async fn lead_officer(
    app: &App,
    right: Right,
    browser: &mut Browser,
    request: &Request,
) -> Result<Option<Response>, Error> {
    let active = match person_with_role(app, browser, request).await? {
        Ok(active) => active,
        Err(elsewhere) => return Ok(Some(elsewhere)),
    };
    let cookie = cookies::find(&request.headers, &app.config.cookies, cookies::ADMINISTRATION);
    let officer = match cookie {
        Some(value) => administration::find_officer(app, &active, value).await?,
        None => None,
    };
    let Some(officer) = officer else { return browser.redirect(app, &paths::entrance_to(wanted(request))).map(Some) };
    if !officer.has(right) {
        administration::note_refusal(app, &officer.by(request), &officer.user).await?;
        return Err(Error::refused(StatusCode::FORBIDDEN, "forbidden").with_way_on(paths::ADMIN));
    }
    browser.officer = Some(officer);
    Ok(None)
}

/// The same for the entrance: whoever has a role proves there who they are, with a second factor, and sets one up first
/// where they have none.
pub(super) async fn lead_to_entrance(
    app: &App,
    browser: &mut Browser,
    request: &Request,
) -> Result<Option<Response>, Error> {
    let active = match person_with_role(app, browser, request).await? {
        Ok(active) => active,
        Err(elsewhere) => return Ok(Some(elsewhere)),
    };
    if acts::has_officers_proof(&app.config, (&active.session, &active.user), app.clock.now()) {
        return Ok(None);
    }
    let to = request.query.strip_prefix("to=").and_then(|to| to.parse().ok());
    let page = to.map_or(AccountPage::Administration, AccountPage::AdministrationFor);
    let handle = acts::begin_proof(app, request.source(), &active, browser.place().handle, page).await?;
    browser.redirect(app, &paths::interaction(&handle.value)).map(Some)
}

/// The page that whoever is led to the entrance wanted to look at, where it is one of those that it leads to.
fn wanted(request: &Request) -> ConsolePage {
    let behind = request.path.strip_prefix(paths::ADMIN).filter(|_| request.method == Method::GET);
    behind.and_then(|path| path.trim_start_matches('/').parse().ok()).unwrap_or(ConsolePage::Home)
}

/// The person signed in, who has a role; or where they are led instead.
async fn person_with_role(
    app: &App,
    browser: &Browser,
    request: &Request,
) -> Result<Result<ActiveSession, Response>, Error> {
    let sources = &app.config.limits.administration_sources;
    let address = request.source().address();
    if !sources.is_empty() && !sources.iter().any(|network| network.contains(&address)) {
        return Err(Error::NotFound);
    }
    let Some(active) = &browser.session else { return browser.redirect(app, paths::START_SIGN_IN).map(Err) };
    if let Some(elsewhere) = gate::lead_to_proofs(app, browser, active, request)? {
        return Ok(Err(elsewhere));
    }
    if has_role(app, &active.user) {
        return Ok(Ok(active.clone()));
    }
    // Looking is no attempt; a form is, and costs one.
    if request.method == Method::POST {
        let _charged = acts::take_form(app, request.source(), None, None)?;
        administration::note_refusal(app, &browser.by(request), &active.user).await?;
    }
    Err(Error::NotFound)
}
