//! Taking back a change of address, by the link that was told to the one before.

use crate::accounts::mailbox_pages::{RestoreAddress, RestoreAddressState};
use crate::acts::{self, AddressChangePlace};
use crate::app::App;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// The name of the link's value.
const TOKEN: &str = "restore_address_token";

/// Shows what a link is good for. Looking changes nothing: programs look at links too.
pub(in crate::accounts) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let value = visit.query.get(TOKEN).unwrap_or_default();
    let place = acts::look_at_address_change(&app, value)?;
    answer(&app, &visit.browser, place, value)
}

/// Takes the change back.
pub(in crate::accounts) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let value = form.get(TOKEN).unwrap_or_default();
    let place = acts::restore_address(&app, &browser.by(&request), value, browser.locale).await?;
    if place == AddressChangePlace::Done {
        taken.given_back(&app)?;
    }
    answer(&app, &browser, place, value)
}

fn answer(app: &App, browser: &Browser, place: AddressChangePlace, value: &str) -> Result<Response, Error> {
    let (state, status) = match place {
        AddressChangePlace::Pending { from, at } => {
            let restore_address = value.to_owned();
            (RestoreAddressState::Pending { restore_address, email: from.to_string(), at: at.0 }, StatusCode::OK)
        }
        AddressChangePlace::Done => (RestoreAddressState::Done, StatusCode::OK),
        AddressChangePlace::Taken => (RestoreAddressState::Taken, StatusCode::CONFLICT),
        AddressChangePlace::Void => (RestoreAddressState::Void, StatusCode::GONE),
    };
    let contact = app.config.notices.contact.as_ref().map(ToString::to_string);
    browser.page_with(app, &RestoreAddress { state, contact }, status, None)
}
