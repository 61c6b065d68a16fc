//! Clients: made, changed, given another secret, deleted.

use std::time::Duration;

use super::{Decided, changes};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Client, ClientAuthentication, ClientFault, ClientId, ClientOrigin, ClientSettings, RegistrationRules,
    SecretDigest,
};
use crate::protocol::{ClientAuthenticationMethod, Scope, Secret, Timestamp};
use crate::store::clients;

/// How long the secret before may go on working after a rotation (SEC-44).
pub const MAX_SECRET_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a client may ask when nothing else is said.
const DEFAULT_SCOPES: [Scope; 4] = [Scope::Openid, Scope::Email, Scope::Profile, Scope::Organization];

/// Why nothing was done to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientRefusal {
    /// There is no such client.
    Unknown,
    /// There is one with this identifier already.
    Exists,
    /// Settings that cannot stand.
    Invalid(Vec<ClientFault>),
    /// The configuration file declares it: it is changed there.
    Declared,
    /// A public client has no secret.
    HasNoSecret,
    /// The secret before may not work so long.
    OverlapTooLong,
    /// The secret before the present one still works, until then: a third would end it under whoever uses it.
    SecretRetiring(Timestamp),
}

/// A client after an act, and its new secret if it got one: shown once, kept nowhere.
#[derive(Debug, Clone)]
pub struct IssuedClient {
    /// The client.
    pub client: Client,
    /// Its new secret.
    pub secret: Option<Secret>,
}

/// A secret drawn before the transaction, which may run more than once.
#[derive(Clone)]
struct Drawn {
    secret: Secret,
    digest: SecretDigest,
}

impl Drawn {
    /// 256 random bits.
    fn new(app: &App) -> Self {
        let secret = Secret::new(app.random.token());
        let digest = SecretDigest(crypto::secret_digest(secret.expose()));
        Self { secret, digest }
    }

    /// Gives the secret to a confidential client that has none.
    fn complete(&self, client: Client) -> IssuedClient {
        match client.authentication {
            ClientAuthentication::Secret { methods, digests } if digests.is_empty() => {
                let authentication = ClientAuthentication::Secret { methods, digests: vec![self.digest.clone()] };
                IssuedClient { client: Client { authentication, ..client }, secret: Some(self.secret.clone()) }
            }
            ClientAuthentication::Secret { .. } | ClientAuthentication::Public | ClientAuthentication::Undecided => {
                IssuedClient { client, secret: None }
            }
        }
    }
}

/// Whether the configuration file has the last word about a client, now and at the next start.
fn is_of_the_file(client: &Client) -> bool {
    client.origin == ClientOrigin::ConfigurationFile
}

fn rules(app: &App) -> RegistrationRules {
    RegistrationRules {
        plain_http: app.config.local_redirects,
        acr_values: app.config.acr_vocabulary.values(),
        mutual_tls: app.config.mutual_tls.is_some(),
    }
}

/// A client, whether it may be used or not.
///
/// # Errors
/// When the store fails.
pub fn find_client(app: &App, id: &ClientId) -> Result<Option<Client>, ActError> {
    Ok(app.store.read(|tx| clients::find(tx, id))?)
}

/// At most `limit` clients after `after`, by identifier.
///
/// # Errors
/// When the store fails.
pub fn list_clients(app: &App, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, ActError> {
    Ok(app.store.read(|tx| clients::list(tx, after, limit))?)
}

/// Makes a client under `id`, or under an identifier of 128 random bits. A confidential one gets a secret.
///
/// # Errors
/// When the store fails.
pub async fn create_client(
    app: &App,
    by: &By,
    id: Option<ClientId>,
    settings: &ClientSettings,
) -> Decided<IssuedClient, ClientRefusal> {
    let id = id.unwrap_or_else(|| generated_id(app));
    let blank = Client::new(id, String::new(), app.clock.now());
    let blank = Client {
        scopes: DEFAULT_SCOPES.into_iter().collect(),
        authentication: ClientAuthentication::Secret {
            methods: vec![ClientAuthenticationMethod::Basic],
            digests: Vec::new(),
        },
        ..blank
    };
    let made = match settings.applied(blank, rules(app)) {
        Ok(client) => Drawn::new(app).complete(client),
        Err(faults) => return Ok(Err(ClientRefusal::Invalid(faults))),
    };
    let circumstances = Circumstances::of(app, by);
    let outcome = app
        .store
        .write(move |tx| {
            let IssuedClient { client, secret } = made.clone();
            if clients::find(tx, &client.id)?.is_some() {
                return Ok(Err(ClientRefusal::Exists));
            }
            // What a deleted client of this name was given stays void.
            let client = Client { epoch: clients::first_epoch(tx, &client.id)?, ..client };
            clients::insert(tx, &client)?;
            circumstances.record(tx, AuditEvent::ClientCreated { client_id: client.id.clone() })?;
            Ok(Ok(IssuedClient { client, secret }))
        })
        .await?;
    Ok(outcome)
}

/// Never begins with a hyphen, so that it can stand in any command line.
fn generated_id(app: &App) -> ClientId {
    loop {
        let text = format!("{:032x}", u128::from_be_bytes(app.random.bytes()));
        if let Ok(id) = text.parse() {
            return id;
        }
    }
}

/// Changes settings of a client. One that becomes confidential gets a secret.
///
/// # Errors
/// When the store fails.
pub async fn update_client(
    app: &App,
    by: &By,
    id: ClientId,
    settings: ClientSettings,
) -> Decided<IssuedClient, ClientRefusal> {
    let circumstances = Circumstances::of(app, by);
    let (rules, drawn) = (rules(app), Drawn::new(app));
    let outcome = app
        .store
        .write(move |tx| {
            let Some(before) = clients::find(tx, &id)? else { return Ok(Err(ClientRefusal::Unknown)) };
            if is_of_the_file(&before) {
                return Ok(Err(ClientRefusal::Declared));
            }
            let changed = match settings.applied(before.clone(), rules) {
                Ok(client) => drawn.complete(client),
                Err(faults) => return Ok(Err(ClientRefusal::Invalid(faults))),
            };
            if changed.client != before {
                clients::update(tx, &changed.client)?;
                let changes = changes(&ClientSettings::of(&before), &ClientSettings::of(&changed.client));
                circumstances.record(tx, AuditEvent::ClientChanged { client_id: id.clone(), changes })?;
            }
            Ok(Ok(changed))
        })
        .await?;
    Ok(outcome)
}

/// Gives a confidential client another secret; the one before works for `overlap` longer, and until then there is no
/// third. Without overlap all before cease at once, and so does everything that was issued to the client (SEC-37).
///
/// # Errors
/// When the store fails.
pub async fn rotate_client_secret(
    app: &App,
    by: &By,
    id: ClientId,
    overlap: Duration,
) -> Decided<IssuedClient, ClientRefusal> {
    if overlap > MAX_SECRET_OVERLAP {
        return Ok(Err(ClientRefusal::OverlapTooLong));
    }
    let circumstances = Circumstances::of(app, by);
    let drawn = Drawn::new(app);
    let now = app.clock.now();
    let overlap_until = (overlap.as_secs() > 0).then(|| now.plus(overlap));
    let outcome = app
        .store
        .write(move |tx| {
            let Some(client) = clients::find(tx, &id)? else { return Ok(Err(ClientRefusal::Unknown)) };
            if is_of_the_file(&client) {
                return Ok(Err(ClientRefusal::Declared));
            }
            if client.is_public() {
                return Ok(Err(ClientRefusal::HasNoSecret));
            }
            let promised =
                client.retiring_secret.as_ref().map(|secret| secret.until).filter(|until| !until.has_come(now));
            if let (Some(until), Some(_)) = (promised, overlap_until) {
                return Ok(Err(ClientRefusal::SecretRetiring(until)));
            }
            let client = client.with_new_secret(drawn.digest.clone(), overlap_until);
            clients::update(tx, &client)?;
            let previous_valid_until = client.retiring_secret.as_ref().map(|secret| secret.until);
            circumstances
                .record(tx, AuditEvent::ClientSecretRotated { client_id: id.clone(), previous_valid_until })?;
            Ok(Ok(IssuedClient { client, secret: Some(drawn.secret.clone()) }))
        })
        .await?;
    Ok(outcome)
}

/// Deletes a client, also one that the configuration file does not declare any more. What it was given is void, also for another client that takes its identifier.
///
/// # Errors
/// When the store fails.
pub async fn delete_client(app: &App, by: &By, id: ClientId) -> Decided<(), ClientRefusal> {
    let circumstances = Circumstances::of(app, by);
    let is_declared = app.config.declared_clients.iter().any(|declared| declared.client.id == id);
    let outcome = app
        .store
        .write(move |tx| {
            let Some(client) = clients::find(tx, &id)? else { return Ok(Err(ClientRefusal::Unknown)) };
            if is_declared && is_of_the_file(&client) {
                return Ok(Err(ClientRefusal::Declared));
            }
            clients::delete(tx, &id)?;
            circumstances.record(tx, AuditEvent::ClientDeleted { client_id: id.clone() })?;
            Ok(Ok(()))
        })
        .await?;
    Ok(outcome)
}
