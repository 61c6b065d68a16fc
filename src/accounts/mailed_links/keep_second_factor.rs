//! Stopping the removal of one's second factors, by the link of the notice.

use crate::accounts::mailbox_pages::{KeepSecondFactor, KeepSecondFactorState};
use crate::acts::{self, FactorRemovalPlace};
use crate::app::App;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// The name of the link's value.
const TOKEN: &str = "keep_factor_token";

/// Shows what a link is good for. Looking changes nothing: programs look at links too.
pub(in crate::accounts) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let value = visit.query.get(TOKEN).unwrap_or_default();
    let place = acts::look_at_factor_removal(&app, value)?;
    answer(&app, &visit.browser, place, value)
}

/// Stops the removal.
pub(in crate::accounts) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let value = form.get(TOKEN).unwrap_or_default();
    let place = acts::keep_second_factors(&app, &browser.by(&request), value, browser.locale).await?;
    if place == FactorRemovalPlace::Stopped {
        taken.given_back(&app)?;
    }
    answer(&app, &browser, place, value)
}

fn answer(app: &App, browser: &Browser, place: FactorRemovalPlace, value: &str) -> Result<Response, Error> {
    let (state, status) = match place {
        FactorRemovalPlace::Pending { due_at } => {
            let state = KeepSecondFactorState::Pending { keep_factor: value.to_owned(), due_at: due_at.0 };
            (state, StatusCode::OK)
        }
        FactorRemovalPlace::Stopped => (KeepSecondFactorState::Stopped, StatusCode::OK),
        FactorRemovalPlace::Done => (KeepSecondFactorState::Done, StatusCode::GONE),
        FactorRemovalPlace::Void => (KeepSecondFactorState::Void, StatusCode::GONE),
    };
    browser.page_with(app, &KeepSecondFactor { state }, status, None)
}
