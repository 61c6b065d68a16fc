//! One click on the list of people.

use crate::acts::{self, SignInAs};
use crate::app::App;
use crate::domain::UserId;
use crate::journey;
use crate::web::{Error, Response, Submission};

/// Signs in as the person with this `user_id`, without a credential.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let browser = journey::speak(browser, current.as_ref());
    let user_id = form.get("user_id").and_then(|text| text.parse::<UserId>().ok());
    let user_id = user_id.ok_or_else(|| Error::bad_request("bad_request").with_detail("user_id"))?;
    let wish = SignInAs {
        user_id,
        asserted: None,
        interaction: current.as_ref().map(|current| current.key),
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::sign_in_as(&app, &browser.by(&request), wish).await? {
        Some(session) => journey::go_on_signed_in(&app, &request, &browser, &session, current.as_ref()).await,
        None => Err(Error::bad_request("bad_request").with_detail("user_id")),
    }
}
