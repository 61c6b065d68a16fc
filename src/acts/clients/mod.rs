//! Clients: found, recorded where unknown ones are recorded, authenticated; declared in the configuration.

mod declared;

use subtle::ConstantTimeEq as _;

use crate::acts::attempts::count_wrong_credentials;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::UnknownClients;
use crate::crypto;
use crate::domain::{AuditEvent, Client, ClientAuthentication, ClientId, ClientOrigin, SecretDigest, Source};
use crate::logs::Counted;
use crate::protocol::{
    ClientAuthenticationMethod, ClientCredentials, RedirectUri, RedirectUriPolicy, Scope, ShownCertificate, Timestamp,
};
use crate::store::{StoreError, Tx, clients};

pub(super) use declared::to_client;
pub use declared::{DeclarationError, declare_clients, list_unheard_clients};

/// The most redirect URIs of one client.
const MAX_REDIRECT_URIS: usize = 50;
/// The most recorded clients of an instance.
const MAX_RECORDED: usize = 500;

/// What a credential proved.
#[derive(Debug, Clone)]
pub enum ClientAuthenticationOutcome {
    /// It is this client.
    Authenticated(Box<Client>),
    /// No such client, a wrong secret, or another method than registered.
    Refused,
}

/// An enabled client, by the text of its identifier.
///
/// # Errors
/// When the store fails.
pub fn enabled_client(app: &App, client_id: &str) -> Result<Option<Client>, ActError> {
    let Ok(id) = client_id.parse::<ClientId>() else { return Ok(None) };
    Ok(app.store.read(|tx| clients::find(tx, &id))?.filter(Client::is_enabled))
}

/// Where unknown clients are recorded: makes this one known, and this redirect URI one of its own, if the address is
/// local. The client as it stands afterwards; declared clients do not change.
///
/// # Errors
/// When the store fails.
pub async fn record_client(
    app: &App,
    by: &By,
    client_id: &str,
    redirect_uri: &str,
) -> Result<Option<Client>, ActError> {
    learn(app, by, client_id, redirect_uri, |client| &mut client.redirect_uris, true).await
}

/// The same for the address after sign-out of a client that is recorded already.
///
/// # Errors
/// When the store fails.
pub async fn record_post_logout_uri(
    app: &App,
    by: &By,
    client_id: &str,
    uri: &str,
) -> Result<Option<Client>, ActError> {
    learn(app, by, client_id, uri, |client| &mut client.post_logout_redirect_uris, false).await
}

async fn learn(
    app: &App,
    by: &By,
    client_id: &str,
    uri: &str,
    list: fn(&mut Client) -> &mut Vec<RedirectUri>,
    may_create: bool,
) -> Result<Option<Client>, ActError> {
    let known = enabled_client(app, client_id)?;
    let policy = RedirectUriPolicy { native: true, plain_http: app.config.local_redirects };
    let (Ok(id), Ok(uri)) = (client_id.parse::<ClientId>(), RedirectUri::parse(uri, policy)) else { return Ok(known) };
    let records = match app.config.unknown_clients {
        UnknownClients::Refuse => false,
        UnknownClients::Record => uri.is_local_or_private(),
        UnknownClients::RecordAnywhere => uri.is_local_or_private() || uri.is_https(),
    };
    let may_learn = match &known {
        Some(client) => {
            client.origin == ClientOrigin::Recorded && {
                let mut client = client.clone();
                let uris = list(&mut client);
                !uris.contains(&uri) && uris.len() < MAX_REDIRECT_URIS
            }
        }
        None => may_create,
    };
    if !records || !may_learn {
        return Ok(known);
    }
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let client = app
        .store
        .write(move |tx| {
            let mut client = match clients::find(tx, &id)? {
                Some(client) if client.origin == ClientOrigin::Recorded && client.is_enabled() => client,
                Some(_) => return Ok(None),
                None if !make_room(tx, &circumstances)? => return Ok(None),
                None => Client {
                    origin: ClientOrigin::Recorded,
                    epoch: clients::first_epoch(tx, &id)?,
                    scopes: Scope::ALL.iter().copied().collect(),
                    require_verified_link: false,
                    is_federation: true,
                    ..Client::new(id.clone(), id.to_string(), now)
                },
            };
            let uris = list(&mut client);
            if !uris.contains(&uri) && uris.len() < MAX_REDIRECT_URIS {
                uris.push(uri.clone());
            }
            match clients::find(tx, &id)? {
                Some(_) => clients::update(tx, &client)?,
                None => clients::insert(tx, &client)?,
            }
            circumstances.record(tx, AuditEvent::ClientRecorded { client_id: id.clone() })?;
            Ok(Some(client))
        })
        .await?;
    Ok(client)
}

/// Whether one more client may be recorded. Where there are too many, the oldest of those that never showed a credential,
/// and so were never given anything, is forgotten: whoever makes up five hundred names keeps nobody else out.
fn make_room(tx: &mut Tx, circumstances: &Circumstances) -> Result<bool, StoreError> {
    let mut recorded = clients::list(tx, None, usize::MAX)?;
    recorded.retain(|client| client.origin == ClientOrigin::Recorded);
    if recorded.len() < MAX_RECORDED {
        return Ok(true);
    }
    let unproven = recorded.into_iter().filter(|client| client.authentication == ClientAuthentication::Undecided);
    let Some(oldest) = unproven.min_by_key(|client| client.created_at) else {
        tracing::warn!("{MAX_RECORDED} clients were recorded, and all of them are in use: no other one is taken");
        return Ok(false);
    };
    clients::forget(tx, &oldest.id)?;
    circumstances.record(tx, AuditEvent::ClientDeleted { client_id: oldest.id })?;
    Ok(true)
}

/// Checks what a client shows at the token endpoint. Unknown clients and wrong secrets cost and say the same, and only
/// they are counted: whoever guesses locks nobody else out. The first credential of a recorded client is taken as it
/// is, and kept when it redeems a code.
///
/// # Errors
/// Too many wrong attempts, or a failing store.
pub async fn authenticate_client(
    app: &App,
    by: &By,
    credentials: &ClientCredentials,
    source: Source,
    certificate: Option<ShownCertificate>,
) -> Result<ClientAuthenticationOutcome, ActError> {
    let shown = credentials.secret().map(|secret| SecretDigest(crypto::sha256(secret.expose().as_bytes())));
    let client = enabled_client(app, credentials.client_id())?.map(|client| match client.authentication {
        ClientAuthentication::Undecided => Client { authentication: decided(shown.clone()), ..client },
        ClientAuthentication::Public | ClientAuthentication::Secret { .. } => client,
    });
    let (now, known) = (app.clock.now(), client.as_ref().map(|client| client.id.clone()));
    match client.filter(|client| accepts(client, credentials.method(), shown.as_ref(), now)) {
        Some(client) if !may_call(app, by, &client, source).await? => Ok(ClientAuthenticationOutcome::Refused),
        Some(client) if !has_certificate(app, by, &client, source, certificate).await? => {
            Ok(ClientAuthenticationOutcome::Refused)
        }
        Some(client) => {
            app.counts.count(Counted::ClientProved);
            Ok(ClientAuthenticationOutcome::Authenticated(Box::new(client)))
        }
        None => {
            let event = AuditEvent::ClientCredentialsRefused { client_id: known };
            note_refusal(app, by, (credentials.client_id(), source), event).await?;
            Ok(ClientAuthenticationOutcome::Refused)
        }
    }
}

/// Whether what a client has is taken from there (SEC-134). It is counted and recorded where not: somebody else may have it.
///
/// # Errors
/// Too many attempts, or a failing store.
pub async fn may_call(app: &App, by: &By, client: &Client, source: Source) -> Result<bool, ActError> {
    if client.may_call_from(source) {
        return Ok(true);
    }
    let event = AuditEvent::ClientSourceRefused { client_id: client.id.clone() };
    note_refusal(app, by, (client.id.as_str(), source), event).await?;
    Ok(false)
}

/// Whether a request that has what a client has comes with a certificate of the client's, where it has any (SEC-134). It is
/// counted and recorded where not.
///
/// # Errors
/// Too many attempts, or a failing store.
pub async fn has_certificate(
    app: &App,
    by: &By,
    client: &Client,
    source: Source,
    shown: Option<ShownCertificate>,
) -> Result<bool, ActError> {
    if client.accepts_certificate(shown) {
        return Ok(true);
    }
    let event = AuditEvent::ClientCertificateRefused { client_id: client.id.clone() };
    note_refusal(app, by, (client.id.as_str(), source), event).await?;
    Ok(false)
}

/// Counts and records that what was shown for a client is refused; why makes no difference to what it costs.
async fn note_refusal(app: &App, by: &By, who: (&str, Source), event: AuditEvent) -> Result<(), ActError> {
    let taken = count_wrong_credentials(app, by, who, event).await;
    app.counts.count(if taken.is_ok() { Counted::ClientRefused } else { Counted::ClientLimited });
    taken
}

fn accepts(client: &Client, method: ClientAuthenticationMethod, shown: Option<&SecretDigest>, now: Timestamp) -> bool {
    match (&client.authentication, shown) {
        (ClientAuthentication::Public, None) => method == ClientAuthenticationMethod::None,
        (ClientAuthentication::Secret { methods, .. }, Some(shown)) => {
            let is_known = client.secrets(now).fold(false, |found, known| found | bool::from(known.0.ct_eq(&shown.0)));
            methods.contains(&method) && is_known
        }
        (ClientAuthentication::Public, Some(_))
        | (ClientAuthentication::Secret { .. }, None)
        | (ClientAuthentication::Undecided, _) => false,
    }
}

/// How a recorded client authenticates from its first credential on.
fn decided(shown: Option<SecretDigest>) -> ClientAuthentication {
    match shown {
        Some(digest) => ClientAuthentication::Secret {
            methods: vec![ClientAuthenticationMethod::Basic, ClientAuthenticationMethod::Post],
            digests: vec![digest],
        },
        None => ClientAuthentication::Public,
    }
}

/// Keeps the first credential of a recorded client, as it stands in the transaction that redeems its code.
pub(super) fn pin_credential(
    tx: &mut Tx,
    circumstances: &Circumstances,
    client: &Client,
    authenticated: &Client,
) -> Result<(), StoreError> {
    if client.authentication != ClientAuthentication::Undecided {
        return Ok(());
    }
    clients::update(tx, &Client { authentication: authenticated.authentication.clone(), ..client.clone() })?;
    circumstances.record(tx, AuditEvent::ClientSecretPinned { client_id: authenticated.id.clone() })
}
