//! What there is in development mode.

use super::listing::declared_first;
use super::pages::{ControlCommand, ControlKind, DevHome, DevPerson, KnownClient};
use super::seeds::Seeds;
use crate::app::App;
use crate::config::Config;
use crate::domain::Client;
use crate::store::{memberships, organizations, users};
use crate::web::{Error, Response, Visit, paths};

/// The most people and clients that are shown.
const LIMIT: usize = 200;

/// Shows addresses, people and clients.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let seeds = Seeds::load(&app.config).map_err(Error::internal)?;
    let (people, known) = app.store.read(|tx| {
        let mut people = Vec::new();
        for user in users::list(tx, None, LIMIT)? {
            let mut labels = Vec::new();
            for link in memberships::list_of_user(tx, user.id)? {
                labels.extend(organizations::find(tx, link.organization_id)?.map(|organization| organization.label));
            }
            people.push(DevPerson {
                name: user.information.full_name().unwrap_or_default(),
                email: user.email.to_string(),
                password: seeds.find_password(user.id).map(str::to_owned),
                organizations: labels,
            });
        }
        Ok((people, declared_first(tx, LIMIT)?))
    })?;
    let described = |client: Client| KnownClient {
        secret: seeds.find_client(&client.id).and_then(|declared| declared.client_secret.clone()),
        id: client.id.to_string(),
        name: client.name,
        redirect_uris: client.redirect_uris.iter().map(ToString::to_string).collect(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.iter().map(ToString::to_string).collect(),
        scopes: client.scopes.to_string(),
    };
    let page = DevHome {
        issuer: app.config.issuer().to_owned(),
        discovery: app.config.public_url.join(paths::DISCOVERY),
        people,
        clients: known.into_iter().map(described).collect(),
        commands: commands(&app.config),
    };
    visit.browser.page(&app, &page)
}

/// What programs can ask for, ready to be typed.
fn commands(config: &Config) -> Vec<ControlCommand> {
    let read = |kind, path: &str| ControlCommand { kind, line: format!("curl {}", config.public_url.join(path)) };
    let send = |kind, path: &str, body: &str| ControlCommand {
        kind,
        line: format!("curl -X POST -H 'Content-Type: application/json' -d '{body}' {}", config.public_url.join(path)),
    };
    vec![
        read(ControlKind::Mailbox, "/_dev/api/mailbox"),
        send(ControlKind::Reset, "/_dev/api/reset", "{}"),
        send(ControlKind::FreezeClock, "/_dev/api/clock", r#"{"freeze": true}"#),
        send(ControlKind::SetClock, "/_dev/api/clock", r#"{"set": 1800000000}"#),
        send(ControlKind::AdvanceClock, "/_dev/api/clock", r#"{"advance": 3600}"#),
    ]
}
