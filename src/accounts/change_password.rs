//! Choosing a password by a single-use link.

use super::pages::{ChangePassword, ChangePasswordState};
use crate::acts::{self, PasswordChange, PasswordChoice};
use crate::app::App;
use crate::domain::{PasswordFault, UserId};
use crate::journey::{self, Current};
use crate::protocol::Parameters;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, cookies};

/// Asks for the new password, while the link works.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let link = visit.query.get("reset_password_token").unwrap_or_default();
    let place = Place::of(&app, visit.browser, &visit.query)?;
    match acts::find_password_link(&app, link)? {
        Some(user) => place.ask(&app, link, user.email.as_str(), None),
        None => place.void(&app),
    }
}

/// Sets the password and uses the link up.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let link = form.get("reset_password_token").unwrap_or_default();
    let place = Place::of(&app, browser, &query)?;
    let Some(user) = acts::find_password_link(&app, link)? else { return place.void(&app) };
    let password = form.get("password").unwrap_or_default();
    if form.get("password_confirmation").unwrap_or_default() != password {
        return place.ask(&app, link, user.email.as_str(), Some("mismatch"));
    }
    let browser = &place.browser;
    let by = browser.by(&request);
    let choice =
        PasswordChoice { link, password, source: request.source(), place: browser.place(), locale: browser.locale };
    match acts::change_password(&app, &by, choice).await? {
        PasswordChange::Changed(next) => {
            taken.given_back(&app)?;
            // What was under way may have followed the browser to its next handle.
            Place::of(&app, place.browser.renewed(next), &query)?.changed(&app, user.id)
        }
        PasswordChange::Refused(fault) => place.ask(&app, link, user.email.as_str(), Some(word(fault))),
        PasswordChange::LinkVoid => place.void(&app),
    }
}

/// How a refusal is named in the catalogue.
pub(super) fn word(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::TooShort => "too_short",
        PasswordFault::TooLong => "too_long",
        PasswordFault::HoldsAddress => "holds_address",
        PasswordFault::HoldsInstanceName => "holds_instance_name",
        PasswordFault::Predictable => "predictable",
        PasswordFault::Common => "common",
        PasswordFault::Leaked => "leaked",
        PasswordFault::SameAsBefore => "same_as_before",
    }
}

/// Where the link is used: in the browser in which it was asked, in the middle of a sign-in perhaps, or in another one.
struct Place {
    browser: Browser,
    current: Option<Current>,
}

impl Place {
    fn of(app: &App, browser: Browser, query: &Parameters) -> Result<Self, Error> {
        let current = journey::current_of_link(app, &browser, query)?;
        Ok(Self { browser: journey::speak(browser, current.as_ref()), current })
    }

    fn page(&self, app: &App, state: ChangePasswordState) -> Result<ChangePassword, Error> {
        let current = self.current.as_ref();
        Ok(ChangePassword {
            state,
            interaction: current.map(|current| current.id.clone()),
            client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
        })
    }

    fn ask(&self, app: &App, link: &str, email: &str, problem: Option<&str>) -> Result<Response, Error> {
        let state = ChangePasswordState::Asking {
            password_link: link.to_owned(),
            email: email.to_owned(),
            minimum: acts::minimum_password_length(app),
            problem: problem.map(str::to_owned),
        };
        let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        self.browser.page_with(app, &self.page(app, state)?, status, None)
    }

    fn void(&self, app: &App) -> Result<Response, Error> {
        self.browser.page_with(app, &self.page(app, ChangePasswordState::Void)?, StatusCode::GONE, None)
    }

    /// Every session of the person ended with the change, this browser's too if it was theirs.
    fn changed(mut self, app: &App, user_id: UserId) -> Result<Response, Error> {
        let was_theirs = self.browser.session.as_ref().is_some_and(|active| active.user.id == user_id);
        if was_theirs {
            self.browser.session = None;
        }
        let mut response = self.browser.page(app, &self.page(app, ChangePasswordState::Changed)?)?;
        if was_theirs {
            cookies::clear(&mut response, &app.config.cookies, cookies::SESSION)?;
        }
        Ok(response)
    }
}
