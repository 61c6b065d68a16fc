//! Signing in: by password, or without one where trying services is what the instance is for.

use super::attempts::{Failed, Guess, take_guess};
use super::known_browsers::known_to;
use super::new_session::{Entry, NewSession, Opening, open_session};
use super::pre_sessions::InBrowser;
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AssertedAssurance, AuditEvent, Banned, Credentials, Email, HandleKey, Interaction, KnownBrowser, LockedOut,
    MailContent, OutgoingMail, SignInFailure, Source, User, UserId,
};
use crate::logs::Counted;
use crate::protocol::Locale;
use crate::store::{StoreError, Tx, bans, credentials, known_browsers, outbox, users};

/// A password given at the password step.
pub struct PasswordAttempt<'a> {
    /// From where, as attempts are counted.
    pub source: Source,
    /// Whose.
    pub email: &'a Email,
    /// The text.
    pub password: &'a str,
    /// The value of the cookie that says that this person signed in in this browser before.
    pub known_browser: Option<&'a str>,
    /// The sign-in under way.
    pub interaction: HandleKey<Interaction>,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// A person to sign in without a credential.
pub struct SignInAs<'a> {
    /// Who.
    pub user_id: UserId,
    /// What to state in place of the computed assurance.
    pub asserted: Option<AssertedAssurance>,
    /// The sign-in under way, if there is one.
    pub interaction: Option<HandleKey<Interaction>>,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What is known of an address at the password step.
#[derive(Default)]
struct Known {
    user: Option<User>,
    credentials: Option<Credentials>,
    browser: Option<(HandleKey<KnownBrowser>, KnownBrowser)>,
}

impl Known {
    /// Reads it, expiry and epochs judged.
    fn of(app: &App, attempt: &PasswordAttempt<'_>) -> Result<Self, ActError> {
        let key = attempt.known_browser.and_then(crypto::parse_handle::<KnownBrowser>);
        let (now, most) = (app.clock.now(), app.config.limits.per_account.in_a_row);
        let known = app.store.read(|tx| {
            let Some(user) = users::find_by_email(tx, attempt.email)? else { return Ok(Self::default()) };
            let browser = match key {
                Some(key) => known_to(tx, &key, &user, most, now)?.map(|known| (key, known)),
                None => None,
            };
            Ok(Self { credentials: credentials::find(tx, user.id)?, user: Some(user), browser })
        })?;
        Ok(known)
    }

    /// Why a password that was tried opens nothing.
    fn failure(&self) -> SignInFailure {
        match (&self.user, &self.credentials) {
            (None, _) => SignInFailure::UnknownAddress,
            (Some(user), _) if !user.may_sign_in() => SignInFailure::AccountClosed,
            (Some(_), Some(Credentials { password_hash: Some(_), .. })) => SignInFailure::WrongPassword,
            (Some(_), Some(_) | None) => SignInFailure::NoPassword,
        }
    }

    /// Wrong passwords in a row, where this attempt would be counted; `None` where nothing counts them.
    fn in_a_row(&self) -> Option<u32> {
        let of_account = || self.credentials.as_ref().map(|credentials| credentials.wrong_guesses);
        self.browser.as_ref().map(|(_, known)| known.wrong_guesses).or_else(of_account)
    }
}

/// Checks a password and begins a session; `None` when address and password do not belong together. An unknown
/// address, a disabled account and an account without password cost the same hash.
///
/// # Errors
/// Too many attempts, a suspended password, a full lane, or a failing store.
pub async fn sign_in_with_password(
    app: &App,
    by: &By,
    attempt: PasswordAttempt<'_>,
) -> Result<Option<NewSession>, ActError> {
    let outcome = check_password(app, by, attempt).await;
    app.counts.count(counted(&outcome));
    outcome
}

/// How an attempt to sign in is counted.
pub(super) fn counted(outcome: &Result<Option<NewSession>, ActError>) -> Counted {
    match outcome {
        Ok(Some(_)) => Counted::SignedIn,
        Ok(None) => Counted::SignInRefused,
        Err(ActError::TooManyAttempts { .. }) => Counted::SignInLimited,
        Err(ActError::Suspended) => Counted::SignInSuspended,
        Err(ActError::Busy) => Counted::SignInBusy,
        Err(
            ActError::Unguarded
            | ActError::Superseded
            | ActError::Sealed(_)
            | ActError::Passkey(_)
            | ActError::Store(_),
        ) => Counted::SignInFailed,
    }
}

async fn check_password(app: &App, by: &By, attempt: PasswordAttempt<'_>) -> Result<Option<NewSession>, ActError> {
    let known = Known::of(app, &attempt)?;
    let guess = Guess {
        source: attempt.source,
        email: attempt.email,
        known_browser: known.browser.as_ref().map(|(key, _)| key),
        in_a_row: known.in_a_row(),
        sign_in: &attempt.interaction,
    };
    let taken = take_guess(app, &guess)?;
    let usable = known.user.as_ref().is_some_and(User::may_sign_in);
    let stored = known.credentials.as_ref().and_then(|known| known.password_hash.as_deref()).filter(|_| usable);
    let source = attempt.source.to_string();
    let Ok(verdict) = app.passwords.verify(&source, stored, attempt.password).await else {
        taken.withdrawn(app)?;
        return Err(ActError::Busy);
    };
    let Some(user) = known.user.as_ref().filter(|_| verdict.matches) else {
        let failed = taken.failed(app)?;
        record_failure(app, by, &known, failed).await?;
        return Ok(None);
    };
    let renewed_hash = match verdict.needs_rehash {
        true => app.passwords.hash(&source, attempt.password).await.ok(),
        false => None,
    };
    let opening = Opening {
        asserted: None,
        interaction: Some(attempt.interaction),
        browser: attempt.place.handle,
        previous: attempt.place.session.map(|active| active.key),
        entry: Entry::Password { renewed_hash },
        known_browser: known.browser.map(|(key, _)| key),
        locale: attempt.locale,
    };
    let session = open_session(app, by, user.id, opening).await?;
    taken.succeeded(app)?;
    Ok(session)
}

/// Writes a wrong password down, where wrong ones in a row are counted, with the bans that it leads to.
async fn record_failure(app: &App, by: &By, known: &Known, failed: Failed) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, by);
    let user_id = known.user.as_ref().map(|user| user.id);
    let browser = known.browser.as_ref().map(|(key, _)| *key);
    let (reason, now) = (known.failure(), app.clock.now());
    // Whoever has a password there is to know that it opens nothing any more.
    let owner = known.user.clone().filter(|_| browser.is_none() && reason == SignInFailure::WrongPassword);
    app.store
        .write(move |tx| {
            match (browser, user_id) {
                (Some(key), _) => count_in_browser(tx, &key)?,
                (None, Some(user_id)) => count_in_account(tx, user_id)?,
                (None, None) => {}
            }
            for ban in &failed.bans {
                bans::insert(tx, ban)?;
                let (who, user_id) = match ban.banned {
                    // Told below, as of anybody.
                    Banned::Nobody => continue,
                    Banned::Guesses { .. } => (LockedOut::Account, user_id),
                    Banned::Source => (LockedOut::Source, None),
                };
                circumstances.record(tx, AuditEvent::LockedOut { user_id, who, until: ban.until })?;
            }
            if failed.is_last {
                circumstances.record(tx, AuditEvent::PasswordSuspended { user_id })?;
                if let Some(owner) = &owner {
                    let content = MailContent::PasswordSuspended { at: now };
                    outbox::insert(tx, &OutgoingMail::notice(owner.email.clone(), owner.language(), content, now))?;
                }
            }
            circumstances.record(tx, AuditEvent::SignInFailed { user_id, reason })
        })
        .await?;
    Ok(())
}

fn count_in_browser(tx: &mut Tx, key: &HandleKey<KnownBrowser>) -> Result<(), StoreError> {
    let Some(known) = known_browsers::find(tx, key)? else { return Ok(()) };
    let wrong_guesses = known.wrong_guesses.saturating_add(1);
    known_browsers::update(tx, key, &KnownBrowser { wrong_guesses, ..known })
}

fn count_in_account(tx: &mut Tx, user_id: UserId) -> Result<(), StoreError> {
    let Some(known) = credentials::find(tx, user_id)? else { return Ok(()) };
    let wrong_guesses = known.wrong_guesses.saturating_add(1);
    credentials::update(tx, &Credentials { wrong_guesses, ..known })
}

/// Begins a session for a person who is not asked for a credential; `None` when there is no such usable account.
///
/// # Errors
/// When the store fails.
pub async fn sign_in_as(app: &App, by: &By, request: SignInAs<'_>) -> Result<Option<NewSession>, ActError> {
    let opening = Opening {
        asserted: request.asserted,
        interaction: request.interaction,
        browser: request.place.handle,
        previous: request.place.session.map(|active| active.key),
        entry: Entry::Chosen,
        known_browser: None,
        locale: request.locale,
    };
    let outcome = open_session(app, by, request.user_id, opening).await;
    app.counts.count(counted(&outcome));
    outcome
}
