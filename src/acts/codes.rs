//! Authorization codes: issued when every step is done, redeemed once.

use super::clients::pin_credential;
use super::facts::{gather, subject_of};
use super::sessions::find_live;
use super::tokens::{Honoured, find_honoured};
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::claims::Subject;
use crate::domain::steps::{self, Step};
use crate::domain::{
    ACCESS_TOKEN_LIFETIME, AccessToken, AuditEvent, Authorization, AuthorizationCode, BrowserSession, CODE_LIFETIME,
    Client, ClientId, CodePresentation, CodeState, Grant, GrantState, HandleKey, Interaction, PendingAuthorization,
    Progress, Redemption, ServiceUse, Session, UserId,
};
use crate::logs::Counted;
use crate::protocol::Timestamp;
use crate::store::{
    StoreError, Tx, access_tokens, authorization_codes, browser_sessions, clients, grants, interactions, service_uses,
};

/// Who wants a code, for what.
#[derive(Debug, Clone)]
pub struct CodeRequest {
    /// The session of the browser, if it has one.
    pub session: Option<HandleKey<BrowserSession>>,
    /// The sign-in under way; none when no step was open from the start.
    pub interaction: Option<HandleKey<Interaction>>,
    /// What the client asks.
    pub pending: PendingAuthorization,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issue {
    /// A code, shown once.
    Issued(String),
    /// A step is open; nothing was issued.
    Open(Step),
    /// The client is not there any more, or the sign-in has been answered already.
    Gone,
}

/// Issues a code, provided that every step is done: the facts are read again in the transaction that issues.
///
/// # Errors
/// When the store fails.
pub async fn issue_code(app: &App, by: &By, request: CodeRequest) -> Result<Issue, ActError> {
    let now = app.clock.now();
    let circumstances = Circumstances::of(app, by);
    let retained = now.plus(CODE_LIFETIME + ACCESS_TOKEN_LIFETIME);
    let handle = crypto::issue_handle_in_order::<AuthorizationCode>(&app.random, retained, circumstances.at_millis);
    let (key, keys, config) = (handle.key, app.keys.clone(), app.config.clone());
    let outcome = app
        .store
        .write(move |tx| {
            let pending = &request.pending;
            let Some(client) = clients::find(tx, &pending.client_id)?.filter(Client::is_enabled) else {
                return Ok(Issue::Gone);
            };
            let Some(progress) = open_progress(tx, request.interaction.as_ref(), now)? else { return Ok(Issue::Gone) };
            let live = match &request.session {
                Some(key) => find_live(tx, key, now)?.map(|(session, user)| (*key, session, user)),
                None => None,
            };
            let person = live.as_ref().map(|(_, session, user)| (session, user));
            let standing = gather(tx, &config, person, Some((&client, pending)), &progress, now)?;
            let step = steps::next(&standing.facts);
            let Some((session_key, session, user)) = live.filter(|_| step == Step::Finish) else {
                return Ok(Issue::Open(step));
            };
            let authorization = Authorization {
                client_id: client.id.clone(),
                client_epoch: client.epoch,
                user_id: user.id,
                user_epoch: user.epoch,
                service_epoch: note_use(tx, user.id, &client.id, now)?,
                link_epoch: user.link_epoch(standing.organization_id),
                session: session_key,
                sid: keys.sid.tag("sid", &[session.id.0.as_str(), client.id.as_str()]),
                scopes: pending.request.scope.clone(),
                claims: pending.request.claims.clone(),
                organization_id: standing.organization_id,
                assurance: session.assurance(config.acr_vocabulary),
            };
            let code = AuthorizationCode {
                authorization,
                redirect_uri: pending.request.return_address.redirect_uri().as_str().to_owned(),
                nonce: pending.request.nonce.clone(),
                code_challenge: pending.request.code_challenge.clone(),
                expires_at: now.plus(CODE_LIFETIME),
                state: CodeState::Unused,
            };
            authorization_codes::insert(tx, &key, &code)?;
            let issued_in = session.clone();
            remember_client(tx, session_key, session, &client)?;
            if let Some(key) = &request.interaction
                && let Some(interaction) = interactions::find(tx, key)?
            {
                interactions::update(tx, key, &Interaction { finished_at: Some(now), ..interaction })?;
            }
            let circumstances = circumstances.in_session(&issued_in);
            circumstances.record(tx, AuditEvent::CodeIssued { user_id: user.id, client_id: client.id })?;
            Ok(Issue::Issued(String::new()))
        })
        .await?;
    Ok(match outcome {
        Issue::Issued(_) => {
            app.counts.count(Counted::CodeIssued);
            Issue::Issued(handle.value)
        }
        other @ (Issue::Open(_) | Issue::Gone) => other,
    })
}

/// The person uses the service. Gives the epoch that what is issued now belongs to.
fn note_use(tx: &mut Tx, user_id: UserId, client_id: &ClientId, now: Timestamp) -> Result<u32, StoreError> {
    let known = service_uses::find(tx, user_id, client_id)?;
    let epoch = known.as_ref().map_or(0, |known| known.epoch);
    let noted = match known {
        Some(known) => known.used(now),
        None => Some(ServiceUse::begin(user_id, client_id.clone(), now)),
    };
    if let Some(noted) = noted {
        service_uses::put(tx, &noted)?;
    }
    Ok(epoch)
}

/// What was done in the sign-in under way; `None` when it is over.
fn open_progress(
    tx: &Tx,
    key: Option<&HandleKey<Interaction>>,
    now: Timestamp,
) -> Result<Option<Progress>, StoreError> {
    let Some(key) = key else { return Ok(Some(Progress::default())) };
    let interaction = interactions::find(tx, key)?;
    let open = interaction.filter(|found| found.is_open(now));
    Ok(open.map(|interaction| interaction.progress))
}

/// The session knows every client that got a code in it.
fn remember_client(
    tx: &mut Tx,
    key: HandleKey<BrowserSession>,
    mut session: Session,
    client: &Client,
) -> Result<(), StoreError> {
    if session.clients.insert(client.id.clone()) {
        browser_sessions::update(tx, &key, &BrowserSession::Live(session))?;
    }
    Ok(())
}

/// What a redeemed code gives, before anything is signed.
#[derive(Debug, Clone)]
pub struct TokenGrant {
    /// The access token, shown once.
    pub access_token: String,
    /// What was authorized.
    pub authorization: Authorization,
    /// The `nonce` of the request.
    pub nonce: Option<String>,
    /// The person now, where the request asked that the ID token tells of them.
    pub subject: Option<Subject>,
    /// The client now.
    pub client: Client,
}

/// What presenting a code came to.
#[derive(Debug, Clone)]
pub enum TokenOutcome {
    /// Tokens may be issued.
    Granted(Box<TokenGrant>),
    /// `invalid_grant`, whatever the reason.
    Refused,
}

/// Presents a code. Consumed before anything is signed: a failed signature costs a retry of the sign-in, never a
/// second token. Presented again, it revokes what it gave.
///
/// # Errors
/// When the store fails.
pub async fn redeem_code(
    app: &App,
    by: &By,
    code: &str,
    presented: CodePresentation,
    authenticated: Client,
) -> Result<TokenOutcome, ActError> {
    let Some(key) = crypto::parse_handle_in_order::<AuthorizationCode>(code) else {
        app.counts.count(Counted::CodeRefused);
        return Ok(TokenOutcome::Refused);
    };
    let now = app.clock.now();
    let expires_at = now.plus(ACCESS_TOKEN_LIFETIME);
    let circumstances = Circumstances::of(app, by);
    let at_millis = circumstances.at_millis;
    let grant_key = crypto::name_in_order::<Grant>(&app.random, expires_at, at_millis);
    let token = crypto::issue_handle_in_order::<AccessToken>(&app.random, expires_at, at_millis);
    let token_key = token.key;
    let granted = app
        .store
        .write(move |tx| {
            let client_id = presented.client_id.clone();
            let Some(found) = authorization_codes::find(tx, &key)? else {
                circumstances.record(tx, AuditEvent::CodeRefused { client_id })?;
                return Ok(Err(Counted::CodeRefused));
            };
            match found.redeem(&presented, grant_key, now) {
                Redemption::Foreign => {
                    circumstances.record(tx, AuditEvent::CodeRefused { client_id })?;
                    Ok(Err(Counted::CodeRefused))
                }
                Redemption::Refused(burnt, _) => {
                    authorization_codes::update(tx, &key, &burnt)?;
                    circumstances.record(tx, AuditEvent::CodeRefused { client_id })?;
                    Ok(Err(Counted::CodeRefused))
                }
                Redemption::Replayed(grant_key) => {
                    if let Some(grant) = grants::find(tx, &grant_key)? {
                        grants::update(tx, &grant_key, &grant.revoked(now))?;
                    }
                    circumstances.record(tx, AuditEvent::CodeReplayed { client_id })?;
                    Ok(Err(Counted::CodeReplayed))
                }
                Redemption::Redeemed(used) => {
                    let authorization = used.authorization.clone();
                    let nonce = used.nonce.clone();
                    let Some(Honoured { user, client, session }) = find_honoured(tx, &authorization)? else {
                        let burnt = AuthorizationCode { state: CodeState::Burnt, ..used };
                        authorization_codes::update(tx, &key, &burnt)?;
                        circumstances.record(tx, AuditEvent::CodeRefused { client_id })?;
                        return Ok(Err(Counted::CodeRefused));
                    };
                    let authorization = authorization.narrowed_to(&client);
                    // Redeemed if and only if there is a grant: the check of the store holds it to that.
                    authorization_codes::update(tx, &key, &used)?;
                    let grant = Grant { authorization: authorization.clone(), issued_at: now, state: GrantState::Live };
                    grants::insert(tx, &grant_key, &grant)?;
                    pin_credential(tx, &circumstances, &client, &authenticated)?;
                    access_tokens::insert(
                        tx,
                        &token_key,
                        &AccessToken { grant: grant_key, issued_at: now, expires_at },
                    )?;
                    let circumstances = circumstances.in_session(&session);
                    circumstances.record(tx, AuditEvent::CodeRedeemed { user_id: user.id, client_id })?;
                    let is_told_of = !authorization.claims.id_token.is_empty();
                    let subject =
                        is_told_of.then(|| subject_of(tx, user, authorization.organization_id)).transpose()?;
                    Ok(Ok((authorization, nonce, subject, client)))
                }
            }
        })
        .await?;
    Ok(match granted {
        Ok((authorization, nonce, subject, client)) => {
            app.counts.count(Counted::CodeRedeemed);
            let access_token = token.value;
            TokenOutcome::Granted(Box::new(TokenGrant { access_token, authorization, nonce, subject, client }))
        }
        Err(counted) => {
            app.counts.count(counted);
            TokenOutcome::Refused
        }
    })
}
