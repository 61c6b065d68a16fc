//! The buttons of the client's page.

use super::COOKIE;
use super::own_clients::OwnClient;
use super::sign_out::sign_out;
use super::start::{Request, start};
use super::trials::Trials;
use crate::app::App;
use crate::web::{Error, Response, Submission, cookies};

/// Does what the button says.
pub(in crate::dev) async fn submit(app: App, trials: Trials, submission: Submission) -> Result<Response, Error> {
    let form = &submission.form;
    let unknown = |field: &str| Error::bad_request("bad_request").with_detail(field);
    let handle = cookies::find(&submission.request.headers, &app.config.cookies, COOKIE).unwrap_or_default();
    let client = match (form.get("client_id"), trials.find(handle)) {
        (None, Some(trial)) => trial.client,
        (named, _) => OwnClient::find(named).ok_or_else(|| unknown("client_id"))?,
    };
    let own = form.get("parameters").unwrap_or_default();
    let parameters = match form.get("intent") {
        Some("sign-in") => "",
        Some("select-organization") => "prompt=select_organization",
        Some("update-userinfo") => "prompt=update_userinfo",
        Some("login") => "prompt=login",
        Some("own") => own,
        Some("sign-out") => return sign_out(&app, &trials, &submission),
        Some(_) | None => return Err(unknown("intent")),
    };
    start(&app, &trials, &submission, Request { client, parameters, typed: own }).await
}
