//! The client's page: what it knows of the person, and how it came to know it.

use serde_json::Value;

use super::own_clients::OwnClient;
use super::trials::{Outcome, Trials};
use super::{COOKIE, PAGE};
use crate::app::App;
use crate::dev::pages::{ClientChoice, DevClient, SignedInResult};
use crate::web::{Error, Response, Visit, cookies, see_other};

/// Marks that the browser was sent to the issuer's own name already.
const SENT: &str = "issuer";
/// Parameters to begin with.
const EXAMPLE: &str = "scope=openid email organization\nacr_values=eidas1";

/// Shows the last trial of this browser.
pub(in crate::dev) async fn show(app: App, trials: Trials, visit: Visit) -> Result<Response, Error> {
    // Cookies belong to a name: a browser that came by another name of this machine would come back a stranger.
    let host = visit.request.header("host").unwrap_or_default();
    if host != app.config.public_url.authority() && !visit.query.has(SENT) {
        return see_other(&format!("{}?{SENT}=1", app.config.public_url.join(PAGE)));
    }
    let handle = cookies::find(&visit.request.headers, &app.config.cookies, COOKIE).unwrap_or_default();
    let trial = trials.find(handle);
    let chosen = trial.as_ref().map(|trial| trial.client).or(OwnClient::find(None));
    let choice = |client: OwnClient| ClientChoice {
        id: client.id.to_owned(),
        name: client.name.to_owned(),
        is_chosen: Some(client) == chosen,
    };
    let mut page = DevClient {
        clients: OwnClient::ALL.into_iter().map(choice).collect(),
        parameters: EXAMPLE.to_owned(),
        error: None,
        signed_in: None,
        steps: Vec::new(),
    };
    if let Some(trial) = trial {
        page.steps = trial.steps;
        if !trial.typed.is_empty() {
            page.parameters = trial.typed;
        }
        match trial.outcome {
            Outcome::SignedIn(known) => {
                let id_token_claims = format!("{:#}", Value::Object(known.claims));
                page.signed_in = Some(SignedInResult { id_token_claims, userinfo: format!("{:#}", known.userinfo) });
            }
            Outcome::Failed(reason) => page.error = Some(reason),
            Outcome::Open(_) | Outcome::SignedOut => {}
        }
    }
    visit.browser.page(&app, &page)
}
