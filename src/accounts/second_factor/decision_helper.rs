//! Questions for people who do not know what they own: each answer is a link, and the last page says what to do.

use super::pages::{DecisionHelper, DecisionStep};
use super::set_up;
use crate::app::App;
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Visit, paths};

/// The first question.
pub(super) async fn begin(app: App, visit: Visit) -> Result<Response, Error> {
    ask(&app, &visit.browser, first(&app), Place { is_in_sign_in: false, current: None })
}

/// One that follows, or what they lead to.
pub(super) async fn show(id: String, app: App, visit: Visit) -> Result<Response, Error> {
    let step = DecisionStep::parse(&id).ok_or(Error::NotFound)?;
    ask(&app, &visit.browser, step, Place { is_in_sign_in: false, current: None })
}

/// The first question, where a sign-in demands a second factor.
pub(super) async fn begin_in_sign_in(app: App, visit: Visit) -> Result<Response, Error> {
    let step = first(&app);
    within(&app, visit, Some(step)).await
}

/// One that follows, or what they lead to, where a sign-in demands a second factor.
pub(super) async fn show_in_sign_in(id: String, app: App, visit: Visit) -> Result<Response, Error> {
    within(&app, visit, DecisionStep::parse(&id)).await
}

async fn within(app: &App, visit: Visit, step: Option<DecisionStep>) -> Result<Response, Error> {
    let current = journey::current(app, &visit.browser, &visit.query).await?;
    match set_up::demanded(app, &visit.browser, current.as_ref())? {
        Some(_) => {
            let place = Place { is_in_sign_in: true, current: current.as_ref() };
            ask(app, &visit.browser, step.ok_or(Error::NotFound)?, place)
        }
        None => set_up::elsewhere(app, &visit.browser, current.as_ref()),
    }
}

/// Where the questions are asked.
#[derive(Clone, Copy)]
struct Place<'a> {
    is_in_sign_in: bool,
    current: Option<&'a Current>,
}

/// Where browsers allow no passkeys, nobody is asked for what they unlock their computer with.
fn first(app: &App) -> DecisionStep {
    if app.passkeys.is_some() { DecisionStep::Device } else { DecisionStep::CanInstallSoftware }
}

fn ask(app: &App, browser: &Browser, step: DecisionStep, place: Place<'_>) -> Result<Response, Error> {
    let Place { is_in_sign_in, current } = place;
    let (choice, application, helper) = match is_in_sign_in {
        true => (paths::SET_UP_SECOND_FACTOR, paths::SET_UP_TOTP, paths::DECISION_HELPER_IN_SIGN_IN),
        false => (paths::DOUBLE_AUTHENTICATION, paths::TOTP_CONFIGURATION, paths::DECISION_HELPER),
    };
    let page = DecisionHelper {
        step,
        is_first: step == first(app),
        helper,
        choice,
        application,
        interaction: current.map(|current| current.id.clone()),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
    };
    let browser = journey::speak(browser.clone(), current);
    browser.page_with(app, &page, StatusCode::OK, current.and_then(Current::form_target).as_deref())
}
