//! Clients of the configuration file: entered as it says at every start, disabled when it does not name them any more.

use thiserror::Error;

use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::DeclaredClient;
use crate::crypto;
use crate::domain::{AuditEvent, Client, ClientAuthentication, ClientId, ClientOrigin, ClientState, SecretDigest};
use crate::protocol::Timestamp;
use crate::store::{StoreError, Tx, clients};

/// How many clients are looked at at once.
const PAGE: usize = 200;

/// Why the clients of the file are not entered.
#[derive(Debug, Error)]
pub enum DeclarationError {
    /// A client of this identifier was entered by command: which of the two holds cannot be guessed.
    #[error(
        "client {0} stands in the configuration file and was created by command as well: remove it from the file, or \
         delete it with `moncomptepro client delete {0}`"
    )]
    Taken(ClientId),
    /// A client of the file has certificates, and nothing asks for them yet.
    #[error(
        "client {0} has certificates, and this instance asks nobody for one: tls.mutual_listen takes effect at the next start"
    )]
    Certificates(ClientId),
    /// The store failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// Enters the clients that the configuration file declares, and disables those that it declared before. Nothing is
/// written where nothing changed.
///
/// # Errors
/// When an identifier is in use by a client that was created otherwise, a client could show its certificates nowhere, or the
/// store fails; nothing is changed then.
pub async fn declare_clients(app: &App, by: &By, declared: &[DeclaredClient]) -> Result<(), DeclarationError> {
    let now = app.clock.now();
    let wanted: Vec<Client> = declared.iter().map(|declared| to_client(declared, now)).collect();
    if let Some(client) = wanted.iter().find(|client| is_unheard(app, client)) {
        return Err(DeclarationError::Certificates(client.id.clone()));
    }
    if app
        .store
        .read(|tx| Ok(taken(tx, &wanted)?.is_none() && changes(tx, &wanted)?.is_empty()))
        .map_err(ActError::from)?
    {
        return Ok(());
    }
    let circumstances = Circumstances::of(app, by);
    let outcome = app
        .store
        .write(move |tx| {
            if let Some(id) = taken(tx, &wanted)? {
                return Ok(Err(id));
            }
            for client in changes(tx, &wanted)? {
                put(tx, &circumstances, &client)?;
            }
            Ok(Ok(()))
        })
        .await
        .map_err(ActError::from)?;
    outcome.map_err(DeclarationError::Taken)
}

/// Whether a client has certificates that nobody asks it for: nothing of its own counts then.
fn is_unheard(app: &App, client: &Client) -> bool {
    client.is_enabled() && !client.certificates.is_empty() && app.config.mutual_tls.is_none()
}

/// The clients whose certificates nobody asks for, as after `tls.mutual_listen` was taken out of the configuration.
///
/// # Errors
/// When the store fails.
pub fn list_unheard_clients(app: &App) -> Result<Vec<ClientId>, ActError> {
    let all = app.store.read(|tx| clients::list(tx, None, usize::MAX))?;
    Ok(all.into_iter().filter(|client| is_unheard(app, client)).map(|client| client.id).collect())
}

fn put(tx: &mut Tx, circumstances: &Circumstances, client: &Client) -> Result<(), StoreError> {
    match clients::find(tx, &client.id)? {
        Some(_) => clients::update(tx, client)?,
        None => clients::insert(tx, client)?,
    }
    circumstances.record(tx, AuditEvent::ClientWritten { client_id: client.id.clone() })
}

/// The first client of the file whose identifier belongs to another one.
fn taken(tx: &impl crate::store::Read, wanted: &[Client]) -> Result<Option<ClientId>, StoreError> {
    for client in wanted {
        let known = clients::find(tx, &client.id)?;
        if known.is_some_and(|known| known.origin == ClientOrigin::Declared) {
            return Ok(Some(client.id.clone()));
        }
    }
    Ok(None)
}

/// The records to write so that the store says what the file says.
fn changes(tx: &impl crate::store::Read, wanted: &[Client]) -> Result<Vec<Client>, StoreError> {
    let mut changes = Vec::new();
    for client in wanted {
        match clients::find(tx, &client.id)? {
            Some(known) => {
                // A client that was disabled while it was not declared, or has another secret, starts anew: nothing of
                // before is honoured.
                let goes_on = known.is_enabled() && known.authentication == client.authentication;
                let epoch = if goes_on { known.epoch } else { known.epoch.saturating_add(1) };
                let client = Client { created_at: known.created_at, epoch, ..client.clone() };
                if client != known {
                    changes.push(client);
                }
            }
            // What a deleted client of this name was given stays void.
            None => changes.push(Client { epoch: clients::first_epoch(tx, &client.id)?, ..client.clone() }),
        }
    }
    let mut after = None;
    loop {
        let page = clients::list(tx, after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(changes) };
        after = Some(last.id.clone());
        let is_vanished = |known: &Client| {
            known.origin == ClientOrigin::ConfigurationFile
                && known.is_enabled()
                && !wanted.iter().any(|client| client.id == known.id)
        };
        for known in page.into_iter().filter(is_vanished) {
            changes.push(Client { state: ClientState::Disabled, epoch: known.epoch.saturating_add(1), ..known });
        }
    }
}

/// The client as it is entered.
pub(in crate::acts) fn to_client(declared: &DeclaredClient, now: Timestamp) -> Client {
    let authentication = match &declared.secret {
        Some(secret) => ClientAuthentication::Secret {
            methods: vec![declared.method],
            digests: vec![SecretDigest(crypto::secret_digest(secret.expose()))],
        },
        None => ClientAuthentication::Public,
    };
    Client { authentication, created_at: now, ..declared.client.clone() }
}
