//! The people and clients of the instance, for scripts.

use serde_json::{Value, json};

use super::control::check_caller;
use super::seeds::Seeds;
use crate::app::App;
use crate::crypto;
use crate::domain::{Client, ClientAuthentication, ClientOrigin, User};
use crate::store::{Read, StoreError, clients, memberships, organizations, users};
use crate::web::{Error, Request, Response, StatusCode, json_response};

/// The most entries of a list.
const LIMIT: usize = 1000;

/// Everybody, with the password that was declared.
pub(super) async fn people(app: App, request: Request) -> Result<Response, Error> {
    check_caller(&app, &request)?;
    let seeds = Seeds::load(&app.config).map_err(Error::internal)?;
    let people = app.store.read(|tx| {
        users::list(tx, None, LIMIT)?.iter().map(|user| person(tx, user, &seeds)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(json_response(StatusCode::OK, &Value::Array(people)))
}

/// Every client, with the secret that was declared if it is still the one in use.
pub(super) async fn all_clients(app: App, request: Request) -> Result<Response, Error> {
    check_caller(&app, &request)?;
    let seeds = Seeds::load(&app.config).map_err(Error::internal)?;
    let known = app.store.read(|tx| declared_first(tx, LIMIT))?;
    Ok(json_response(StatusCode::OK, &known.iter().map(|client| described(client, &seeds)).collect()))
}

/// At most `limit` clients, by identifier; those that were only recorded come last and push nobody out.
pub(super) fn declared_first(tx: &impl Read, limit: usize) -> Result<Vec<Client>, StoreError> {
    let (mut declared, mut recorded) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let some = clients::list(tx, after.as_ref(), LIMIT)?;
        let Some(last) = some.last() else { break };
        after = Some(last.id.clone());
        for client in some {
            match client.origin {
                ClientOrigin::Declared | ClientOrigin::ConfigurationFile => declared.push(client),
                ClientOrigin::Recorded if recorded.len() < limit => recorded.push(client),
                ClientOrigin::Recorded => {}
            }
        }
    }
    declared.append(&mut recorded);
    declared.truncate(limit);
    Ok(declared)
}

fn person(tx: &impl Read, user: &User, seeds: &Seeds) -> Result<Value, StoreError> {
    let mut links = Vec::new();
    for link in memberships::list_of_user(tx, user.id)? {
        if let Some(organization) = organizations::find(tx, link.organization_id)? {
            links.push(json!({
                "id": organization.id,
                "siret": organization.siret,
                "label": organization.label,
                "is_external": link.is_external,
            }));
        }
    }
    Ok(json!({
        "id": user.id,
        "email": user.email,
        "given_name": user.information.given_name,
        "family_name": user.information.family_name,
        "phone_number": user.information.phone_number,
        "job": user.information.job,
        "password": seeds.find_password(user.id),
        "organizations": links,
    }))
}

fn described(client: &Client, seeds: &Seeds) -> Value {
    let declared = seeds.find_client(&client.id).and_then(|client| client.client_secret.as_deref());
    let secret = declared.filter(|secret| match &client.authentication {
        ClientAuthentication::Secret { digests, .. } => digests.iter().any(|known| crypto::is_secret(&known.0, secret)),
        ClientAuthentication::Public | ClientAuthentication::Undecided => false,
    });
    json!({
        "client_id": client.id,
        "client_secret": secret,
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "scope": client.scopes,
        "claims_profile": client.claims_profile,
        "is_recorded": client.origin == ClientOrigin::Recorded,
    })
}
