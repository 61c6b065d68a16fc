//! The client signs the person out: here, and at the instance (RP-Initiated Logout §2).

use super::exchange::encode;
use super::trials::{Outcome, Trial, Trials};
use super::{COOKIE, PAGE};
use crate::app::App;
use crate::dev::pages::{Step, StepKind};
use crate::web::{Error, Response, Submission, cookies, paths};

/// Forgets what the client knows, and goes on to the end of the session.
pub(super) fn sign_out(app: &App, trials: &Trials, submission: &Submission) -> Result<Response, Error> {
    let handle = cookies::find(&submission.request.headers, &app.config.cookies, COOKIE).unwrap_or_default();
    let Some(Trial { client, typed, outcome: Outcome::SignedIn(signed_in), .. }) = trials.take(handle) else {
        return submission.browser.redirect(app, PAGE);
    };
    let back = app.config.public_url.join(PAGE);
    let query = [("id_token_hint", signed_in.id_token.as_str()), ("post_logout_redirect_uri", back.as_str())];
    let location = format!("{}?{}", app.config.public_url.join(paths::LOGOUT), encode(query.into_iter()));
    let step =
        Step { kind: StepKind::Logout, request: format!("GET {}", location.replace('&', "\n&")), response: None };
    trials.put(handle.to_owned(), Trial { client, typed, steps: vec![step], outcome: Outcome::SignedOut });
    submission.browser.redirect(app, &location)
}
