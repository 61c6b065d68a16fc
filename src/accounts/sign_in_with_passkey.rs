//! Signing in with a passkey, which its authenticator finds without an address being typed.

use super::{sign_in, start_sign_in};
use crate::acts::{self, PasskeyAnswer, PasskeyAttempt};
use crate::app::App;
use crate::domain::AccountPage;
use crate::journey;
use crate::web::{Error, Response, Submission, paths};

/// Takes what the authenticator answered.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let browser = journey::speak(browser, current.as_ref());
    let attempt = PasskeyAttempt {
        answer: PasskeyAnswer {
            ceremony: form.get("ceremony").unwrap_or_default(),
            response: form.get("webauthn_authentication_response_string").unwrap_or_default(),
        },
        interaction: current.as_ref().map(|current| current.key),
        known_browser: journey::known_browser(&app, &request),
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::sign_in_with_passkey(&app, &browser.by(&request), attempt).await? {
        Some(session) => {
            taken.given_back(&app)?;
            let page = query.get("page").and_then(AccountPage::of_word).filter(|_| current.is_none());
            if let Some(page) = page
                && journey::next(&app, Some(&session.active), None)? == paths::HOME
            {
                return journey::lead_on(&app, &browser, &session, &paths::account(page));
            }
            journey::go_on_signed_in(&app, &request, &browser, &session, current.as_ref()).await
        }
        None => match current.as_ref().and_then(|current| sign_in::confirming(current).map(|login| (current, login))) {
            Some((current, login)) => sign_in::ask(&app, &browser, current, &login, Some("passkey")),
            None => start_sign_in::refuse_passkey(&app, browser, current.as_ref()),
        },
    }
}
