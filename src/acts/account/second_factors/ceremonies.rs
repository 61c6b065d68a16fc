//! Questions about passkeys: asked of one browser, answered once, and checked.

use super::InSession;
use crate::acts::attempts::take_begun;
use crate::acts::{ActError, Circumstances};
use crate::app::App;
use crate::crypto::{self, PasskeyOwner, PasskeyQuestion, PasskeyRefusal, PasskeySite, passkey_digest};
use crate::domain::{
    AuditEvent, Credentials, Handle, HandleKey, MailContent, PASSKEY_CEREMONY_LIFETIME, Passkey, PasskeyCeremony,
    PasskeyPurpose, PreSession, SecondFactors, SessionId, Source, User, UserId,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx, credentials, passkey_ceremonies, passkey_owners, users};

/// A question for a browser.
#[derive(Debug, Clone)]
pub struct PasskeyAsked {
    /// What the answer comes with.
    pub ceremony: String,
    /// What the browser is given (WebAuthn §5.4, §5.5), binary members in base64url.
    pub options: serde_json::Value,
}

/// The answer of a browser.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyAnswer<'a> {
    /// To which question.
    pub ceremony: &'a str,
    /// What the authenticator says, as the browser wrote it.
    pub response: &'a str,
}

/// Asks for any passkey of this site, to sign in with. `None` where browsers allow none.
///
/// # Errors
/// When a source asks too much, or the store fails.
pub async fn ask_passkey_to_sign_in(
    app: &App,
    source: Source,
    browser: HandleKey<PreSession>,
) -> Result<Option<PasskeyAsked>, ActError> {
    let Some(site) = &app.passkeys else { return Ok(None) };
    let question = site.ask_for_use(&[])?;
    open(app, source, Asker { browser, session: None, purpose: PasskeyPurpose::SignIn }, question).await.map(Some)
}

/// Asks for a passkey of the person signed in, beside their other proof. `None` for whoever has none.
///
/// # Errors
/// When a source asks too much, or the store fails.
pub async fn ask_passkey_as_second_factor(
    app: &App,
    source: Source,
    place: InSession<'_>,
) -> Result<Option<PasskeyAsked>, ActError> {
    let (Some(site), known) = (&app.passkeys, second_factors(app, place.active.user.id)?) else { return Ok(None) };
    let usable = known.passkeys.iter().filter(|passkey| passkey.suspended_at.is_none());
    let allowed: Vec<&str> = usable.map(|passkey| passkey.credential_id.as_str()).collect();
    if allowed.is_empty() {
        return Ok(None);
    }
    let question = site.ask_for_use(&allowed)?;
    open(app, source, Asker::in_session(place, PasskeyPurpose::SecondFactor), question).await.map(Some)
}

/// Asks for a new passkey. `None` where browsers allow none, and for whoever has as many as one may have.
///
/// # Errors
/// When a source asks too much, or the store fails.
pub async fn ask_for_passkey(
    app: &App,
    source: Source,
    place: InSession<'_>,
) -> Result<Option<PasskeyAsked>, ActError> {
    let user = &place.active.user;
    let (Some(site), known) = (&app.passkeys, second_factors(app, user.id)?) else { return Ok(None) };
    if !known.may_have_another_passkey() {
        return Ok(None);
    }
    let handle = owner_handle(app, user.id);
    let name = user.information.full_name().unwrap_or_else(|| user.email.to_string());
    let owner = PasskeyOwner { handle: &handle, email: user.email.as_str(), name: &name };
    let names: Vec<&str> = known.passkeys.iter().map(|passkey| passkey.credential_id.as_str()).collect();
    let question = site.ask_for_new(owner, &names)?;
    open(app, source, Asker::in_session(place, PasskeyPurpose::Registration), question).await.map(Some)
}

/// What names a person to authenticators: random for everybody who has not the key, and nothing about them (SEC-84).
pub(super) fn owner_handle(app: &App, user_id: UserId) -> String {
    app.keys.second_factors.tag("passkey owner", &[&user_id.to_string()])
}

fn second_factors(app: &App, user_id: UserId) -> Result<SecondFactors, ActError> {
    Ok(app.store.read(|tx| credentials::find(tx, user_id))?.map(|known| known.second_factors).unwrap_or_default())
}

/// To whom a question is open, and what for.
#[derive(Clone)]
pub(super) struct Asker {
    browser: HandleKey<PreSession>,
    session: Option<SessionId>,
    purpose: PasskeyPurpose,
}

impl Asker {
    /// Whoever is about to sign in.
    pub(super) fn visitor(browser: HandleKey<PreSession>) -> Self {
        Self { browser, session: None, purpose: PasskeyPurpose::SignIn }
    }

    /// Whoever is signed in.
    pub(super) fn in_session(place: InSession<'_>, purpose: PasskeyPurpose) -> Self {
        Self { browser: place.browser, session: Some(place.active.session.id.clone()), purpose }
    }

    fn is_awaited_by(&self, ceremony: &PasskeyCeremony, now: Timestamp) -> bool {
        ceremony.awaits(self.browser, self.session.as_ref(), self.purpose, now)
    }
}

async fn open(app: &App, source: Source, asker: Asker, question: PasskeyQuestion) -> Result<PasskeyAsked, ActError> {
    take_begun(app, source)?;
    let expires_at = app.clock.now().plus(PASSKEY_CEREMONY_LIFETIME);
    let Handle { value, key } = crypto::issue_handle::<PasskeyCeremony>(&app.random, expires_at);
    let PasskeyQuestion { options, state } = question;
    let Asker { browser, session, purpose } = asker;
    let ceremony = PasskeyCeremony { browser, session, purpose, state, expires_at };
    app.store.write(move |tx| passkey_ceremonies::insert(tx, &key, &ceremony)).await?;
    Ok(PasskeyAsked { ceremony: value, options })
}

/// A question that awaits an answer, as it was before the transaction.
pub(super) struct Awaiting {
    pub(super) site: std::sync::Arc<PasskeySite>,
    pub(super) ceremony: PasskeyCeremony,
    key: HandleKey<PasskeyCeremony>,
    asker: Asker,
}

/// The question that an answer belongs to; `None` when it is over, or was asked of somebody else.
pub(super) fn find_awaiting(app: &App, asker: Asker, ceremony: &str) -> Result<Option<Awaiting>, ActError> {
    let (Some(site), Some(key)) = (&app.passkeys, crypto::parse_handle::<PasskeyCeremony>(ceremony)) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let found = app.store.read(|tx| passkey_ceremonies::find(tx, &key))?;
    let awaiting = found.filter(|ceremony| asker.is_awaited_by(ceremony, now));
    Ok(awaiting.map(|ceremony| Awaiting { site: site.clone(), ceremony, key, asker }))
}

impl Awaiting {
    /// The question is over with this transaction, whatever the answer; whether it was open until now.
    pub(super) fn close(&self, tx: &mut Tx, now: Timestamp) -> Result<bool, StoreError> {
        let found = passkey_ceremonies::find(tx, &self.key)?;
        let is_open = found.is_some_and(|ceremony| self.asker.is_awaited_by(&ceremony, now));
        Ok(is_open && passkey_ceremonies::delete(tx, &self.key)?)
    }
}

/// A passkey that was used, checked against what was known of it before the transaction.
pub(super) struct Judged {
    /// Whose passkey it claims to be.
    pub(super) user_id: Option<UserId>,
    before: Option<Passkey>,
    /// The key as it is to be kept, or why it is refused.
    verdict: Result<String, PasskeyRefusal>,
}

/// Checks the answer of one of the passkeys of `owner`, or of anybody: then the authenticator has to say whose it is.
pub(super) fn judge(app: &App, awaiting: &Awaiting, response: &str, owner: Option<UserId>) -> Result<Judged, ActError> {
    let refused = |user_id| Judged { user_id, before: None, verdict: Err(PasskeyRefusal::Wrong) };
    let Ok(claim) = PasskeySite::claim_of(response) else { return Ok(refused(owner)) };
    let id = passkey_digest(&claim.credential_id);
    let found = app.store.read(|tx| {
        let Some(user_id) = passkey_owners::find(tx, &id)? else { return Ok(None) };
        let known = credentials::find(tx, user_id)?;
        let passkey = known.and_then(|known| known.second_factors.passkeys.into_iter().find(|known| known.id == id));
        Ok(passkey.map(|passkey| (user_id, passkey)))
    })?;
    let Some((user_id, passkey)) = found.filter(|(found, _)| owner.is_none_or(|owner| owner == *found)) else {
        return Ok(refused(owner));
    };
    let is_named = match (&claim.owner, owner) {
        (Some(named), _) => *named == passkey.owner,
        (None, Some(_)) => true,
        (None, None) => false,
    };
    let verdict = match is_named && passkey.suspended_at.is_none() {
        true => awaiting.site.check_use(&awaiting.ceremony.state, response, &passkey.key),
        false => Err(PasskeyRefusal::Wrong),
    };
    Ok(Judged { user_id: Some(user_id), before: Some(passkey), verdict })
}

impl Judged {
    /// Notes the use of a passkey that answered rightly, and is still as it was when that was checked. The person who may
    /// sign in with it; `None` when it is refused.
    pub(super) fn accept(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<(User, Credentials)>, StoreError> {
        let (Some(user_id), Some(before), Ok(key)) = (self.user_id, &self.before, &self.verdict) else {
            return Ok(None);
        };
        let Some(user) = users::find(tx, user_id)?.filter(User::may_sign_in) else { return Ok(None) };
        let Some(mut known) = credentials::find(tx, user_id)? else { return Ok(None) };
        let Some(passkey) = known.second_factors.passkey_mut(&before.id) else { return Ok(None) };
        // Another answer was accepted meanwhile: what its counter says is not known here.
        if passkey.key != before.key || passkey.suspended_at.is_some() {
            return Ok(None);
        }
        passkey.used(key.clone(), now);
        credentials::update(tx, &known)?;
        Ok(Some((user, known)))
    }

    /// A passkey whose authenticator counts backwards is accepted no more, and its owner is told (SEC-83).
    pub(super) fn suspend(
        &self,
        tx: &mut Tx,
        circumstances: &Circumstances,
        locale: Locale,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (Some(user_id), Some(before), Err(PasskeyRefusal::CounterBehind)) =
            (self.user_id, &self.before, &self.verdict)
        else {
            return Ok(());
        };
        let (Some(user), Some(mut known)) = (users::find(tx, user_id)?, credentials::find(tx, user_id)?) else {
            return Ok(());
        };
        let open = known.second_factors.passkey_mut(&before.id).filter(|passkey| passkey.suspended_at.is_none());
        let Some(passkey) = open else { return Ok(()) };
        passkey.suspended_at = Some(now);
        credentials::update(tx, &known)?;
        super::tell(tx, &user, MailContent::PasskeySuspended { at: now }, locale, now)?;
        circumstances.record(tx, AuditEvent::PasskeySuspended { user_id })
    }
}
