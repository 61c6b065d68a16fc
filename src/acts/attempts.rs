//! Attempts are taken before they are made, in memory; the write of the request records how they ended, and any ban
//! that must survive a restart. They are counted by the time of the run: a leap of the date ends no wait (SEC-195).

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::known_browsers::find_known_browser;
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    Actor, AttemptLimit, AuditEvent, Ban, Banned, Email, GuessRefusal, HandleKey, Interaction, KnownBrowser, Limiter,
    LockedOut, SUSPENSION_LIFETIME, Source, SourceLimits, TooManyAttempts, TurnedAway,
};
use crate::store::{Tx, bans};

/// How much more a source may do that many people share.
const SHARED_FACTOR: u32 = 20;
/// How long the e-mail step pays for the password step that follows it.
const PAID_FOR: AttemptLimit = AttemptLimit { attempts: 1, window: Duration::from_secs(15 * 60) };
/// Bans read at once at the start.
const PAGE: usize = 1000;

/// The counts. A failure in the middle of counting is a refusal of this request; the next one counts on.
pub(super) fn lock(app: &App) -> Result<MutexGuard<'_, Limiter>, ActError> {
    app.limiter.lock().map_err(|_| {
        app.limiter.clear_poison();
        ActError::Unguarded
    })
}

/// A keyed hash, so that nobody can choose what collides.
pub(super) fn key(app: &App, kind: &str, subject: &str) -> u64 {
    let digest = crypto::sha256(app.keys.attempts.tag(kind, &[subject]).as_bytes());
    digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The end of a ban as a date: the limiter counts by the time of this run, which no change of the date moves; the store and
/// its readers go by the date.
pub(super) fn dated(app: &App, ban: Ban) -> Ban {
    Ban { until: app.clock.date_of(ban.until), ..ban }
}

/// What a source may do, and whether many people share it; `None` where sources are not limited.
fn limits_of(app: &App, source: Source) -> Option<(SourceLimits, bool)> {
    let limits = app.config.limits.per_source?;
    Some(if is_shared(app, source) { (limits.times(SHARED_FACTOR), true) } else { (limits, false) })
}

/// Whether many people share a source.
pub(super) fn is_shared(app: &App, source: Source) -> bool {
    app.config.limits.shared_sources.iter().any(|network| network.contains(&source.address()))
}

/// A form sent to a page of sign-in, taken.
#[must_use]
pub struct FormTaken {
    source: Option<u64>,
}

impl FormTaken {
    /// The next form of this sign-in, that of the password, is the second half of the same attempt.
    ///
    /// # Errors
    /// When attempts cannot be counted.
    pub fn pays_for(self, app: &App, sign_in: &HandleKey<Interaction>) -> Result<(), ActError> {
        if self.source.is_some() {
            let now = app.clock.running();
            lock(app)?.pay_ahead(sign_in_key(app, sign_in), PAID_FOR, now);
        }
        Ok(())
    }

    /// It came to what it was meant for.
    ///
    /// # Errors
    /// When attempts cannot be counted.
    pub fn given_back(self, app: &App) -> Result<(), ActError> {
        if let Some(source) = self.source {
            lock(app)?.give_back_submission(source);
        }
        Ok(())
    }
}

/// Takes a form sent to a page of sign-in. Sources that many people share are charged for what fails only (`email` is
/// `None` where nothing came of it yet); the browser in which the owner of the address signed in before never is.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub fn take_form(
    app: &App,
    source: Source,
    email: Option<&Email>,
    known_browser: Option<&str>,
) -> Result<FormTaken, ActError> {
    let free = FormTaken { source: None };
    let Some((limits, is_shared)) = limits_of(app, source) else { return Ok(free) };
    let is_known = match email {
        Some(email) => find_known_browser(app, known_browser, email)?,
        None => false,
    };
    if is_known || (is_shared && email.is_some()) {
        return Ok(free);
    }
    let source = key(app, "source", &source.to_string());
    lock(app)?.take_submission(source, limits.submissions, app.clock.running())?;
    Ok(FormTaken { source: Some(source) })
}

/// Takes a sign-in that a source begins: anybody may, and each is a record.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(super) fn take_begun(app: &App, source: Source) -> Result<(), ActError> {
    let Some((limits, _)) = limits_of(app, source) else { return Ok(()) };
    let key = key(app, "source", &source.to_string());
    Ok(lock(app)?.take_begun(key, limits.begun, app.clock.running())?)
}

fn sign_in_key(app: &App, sign_in: &HandleKey<Interaction>) -> u64 {
    key(app, "sign-in", &hex(sign_in.digest()))
}

/// A guess at somebody's password.
pub(super) struct Guess<'a> {
    /// From where.
    pub(super) source: Source,
    /// At whose.
    pub(super) email: &'a Email,
    /// In which browser of theirs; counted apart there, and strangers at the same source do not slow it down.
    pub(super) known_browser: Option<&'a HandleKey<KnownBrowser>>,
    /// What the store remembers of wrong ones in a row; `None` where it counts none, because nobody has a password there.
    pub(super) in_a_row: Option<u32>,
    /// In which sign-in.
    pub(super) sign_in: &'a HandleKey<Interaction>,
}

/// A guess taken, to be settled when its outcome is known.
#[derive(Debug)]
pub(super) struct GuessTaken {
    secret: u64,
    source: Option<u64>,
    begun: u64,
    is_last: bool,
    bans: Vec<Ban>,
}

/// Takes a guess before it is made: from its source, then at its secret.
///
/// # Errors
/// When there were too many, with the seconds to wait, or a hundred in a row; nothing is charged then.
pub(super) fn take_guess(app: &App, guess: &Guess<'_>) -> Result<GuessTaken, ActError> {
    let now = app.clock.running();
    let limits = &app.config.limits;
    let secret = match guess.known_browser {
        Some(browser) => key(app, "known browser", &hex(browser.digest())),
        None => account_key(app, guess.email),
    };
    let charged = limits_of(app, guess.source).filter(|_| guess.known_browser.is_none());
    let source = key(app, "source", &guess.source.to_string());
    let sign_in = sign_in_key(app, guess.sign_in);
    let mut limiter = lock(app)?;
    let mut bans = Vec::new();
    if let Some((limits, _)) = charged {
        if !limiter.use_payment(sign_in, now) {
            limiter.take_submission(source, limits.submissions, now)?;
        }
        match limiter.take_failure(source, limits.failures, now) {
            Ok(ban) => bans.extend(ban.map(|ban| dated(app, ban))),
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let taken = match guess.in_a_row {
        Some(known) => limiter.take_guess(secret, &limits.per_account, known, now),
        None => limiter.take_guess_at_nobody(secret, &limits.per_account, now),
    };
    match taken {
        Ok(taken) => {
            let (level, in_a_row) = (taken.level, taken.in_a_row);
            let waits = taken.waits_until.and_then(|until| Ban::lasting(secret, until, Banned::Guesses { level }, now));
            bans.extend(waits.map(|ban| dated(app, ban)));
            let is_last = in_a_row >= limits.per_account.in_a_row;
            if is_last && guess.in_a_row.is_none() {
                // What the store remembers of an account it remembers of an address that nobody has (SEC-96).
                let until = now.plus(SUSPENSION_LIFETIME);
                bans.push(dated(app, Ban { subject: secret, until, banned: Banned::Nobody }));
            }
            Ok(GuessTaken { secret, source: charged.map(|_| source), begun: source, is_last, bans })
        }
        Err(refusal) => {
            // The form was sent all the same; a failure it was not.
            if charged.is_some() {
                limiter.give_back_failure(source);
            }
            Err(refusal.into())
        }
    }
}

impl GuessTaken {
    /// The password was right: guesses at it are forgotten, the source is charged for nothing, neither for the sign-in
    /// that it began.
    pub(super) fn succeeded(self, app: &App) -> Result<(), ActError> {
        let mut limiter = lock(app)?;
        limiter.forget_guesses(self.secret);
        limiter.give_back_begun(self.begun);
        if let Some(source) = self.source {
            limiter.give_back_failure(source);
            limiter.give_back_submission(source);
        }
        Ok(())
    }

    /// It was wrong. Gives the bans to be written with the failure.
    pub(super) fn failed(self, app: &App) -> Result<Failed, ActError> {
        note_failure(app)?;
        Ok(Failed { is_last: self.is_last, bans: self.bans })
    }

    /// It was never made: nothing is charged.
    pub(super) fn withdrawn(self, app: &App) -> Result<(), ActError> {
        let mut limiter = lock(app)?;
        limiter.give_back_guess(self.secret);
        if let Some(source) = self.source {
            limiter.give_back_failure(source);
            limiter.give_back_submission(source);
        }
        Ok(())
    }
}

/// What a wrong guess leads to.
pub(super) struct Failed {
    /// Whether it was the last one that was allowed.
    pub(super) is_last: bool,
    /// What must survive a restart.
    pub(super) bans: Vec<Ban>,
}

/// Whoever proves that the mailbox is theirs begins anew.
pub(super) fn forget_guesses(app: &App, email: &Email) -> Result<(), ActError> {
    let key = account_key(app, email);
    lock(app)?.forget_guesses(key);
    Ok(())
}

fn account_key(app: &App, email: &Email) -> u64 {
    key(app, "account", email.as_str())
}

/// Counts a failure of the instance, and says aloud when there are far more than usual.
fn note_failure(app: &App) -> Result<(), ActError> {
    if let Some(surge) = lock(app)?.note_failure(app.clock.running()) {
        tracing::warn!(failures = surge.failures, usual = surge.usual, "far more failures than usual in five minutes");
    }
    Ok(())
}

/// Whether far more attempts than usual have failed within the last five minutes.
pub fn is_in_surge(app: &App) -> bool {
    lock(app).is_ok_and(|limiter| limiter.is_in_surge(app.clock.running()))
}

/// Counts what was shown for a client and is refused, and records it as `event`, in one write whatever the reason is: how
/// long it takes does not tell whether the secret was right (SEC-134). Others who name the same client from elsewhere are
/// not concerned.
///
/// # Errors
/// When there were too many; nothing is recorded then.
pub(super) async fn count_wrong_credentials(
    app: &App,
    by: &By,
    (client_id, source): (&str, Source),
    event: AuditEvent,
) -> Result<(), ActError> {
    let now = app.clock.running();
    let client = key(app, "client", &format!("{client_id} {source}"));
    // Apart from people's: a service with an old secret keeps nobody of its office from signing in.
    let charged =
        limits_of(app, source).map(|(limits, _)| (key(app, "source of clients", &source.to_string()), limits));
    let ban = {
        let mut limiter = lock(app)?;
        let of_source = match charged {
            Some((source, limits)) => limiter.take_failure(source, limits.failures, now)?,
            None => None,
        };
        match limiter.take_failure(client, app.config.limits.per_client, now) {
            Ok(of_client) => of_source.or(of_client),
            Err(refusal) => {
                if let Some((source, _)) = charged {
                    limiter.give_back_failure(source);
                }
                return Err(refusal.into());
            }
        }
    };
    note_failure(app)?;
    let (ban, circumstances) = (ban.map(|ban| dated(app, ban)), Circumstances::of(app, by));
    let record = move |tx: &mut Tx| {
        circumstances.record(tx, event.clone())?;
        let Some(ban) = ban else { return Ok(()) };
        bans::insert(tx, &ban)?;
        let event = AuditEvent::LockedOut { user_id: None, who: LockedOut::ClientsOfSource, until: ban.until };
        circumstances.record(tx, event)
    };
    app.store.write(record).await?;
    Ok(())
}

/// Counts a request that was turned away before any act, and records how many there were when a record is due (SEC-161).
///
/// # Errors
/// When the store fails.
pub async fn note_turned_away(app: &App, by: &By, reason: TurnedAway) -> Result<(), ActError> {
    let due = app.turned_away.lock().unwrap_or_else(PoisonError::into_inner).note(reason, app.clock.now());
    match due {
        None => Ok(()),
        // A sum is nobody's in particular.
        Some(1) => record_turned_away(app, by, vec![(reason, 1)]).await,
        Some(count) => record_turned_away(app, &By::local(Actor::System), vec![(reason, count)]).await,
    }
}

/// Records what was turned away and not told yet, once a minute is over; at the end of a run, without waiting.
///
/// # Errors
/// When the store fails.
pub async fn tell_turned_away(app: &App, is_ending: bool) -> Result<(), ActError> {
    let due = app.turned_away.lock().unwrap_or_else(PoisonError::into_inner).take_due(app.clock.now(), is_ending);
    record_turned_away(app, &By::local(Actor::System), due).await
}

async fn record_turned_away(app: &App, by: &By, due: Vec<(TurnedAway, u64)>) -> Result<(), ActError> {
    if due.is_empty() {
        return Ok(());
    }
    let circumstances = Circumstances::of(app, by);
    let record = move |tx: &mut Tx| {
        due.iter().try_for_each(|(reason, count)| {
            circumstances.record(tx, AuditEvent::RequestsTurnedAway { reason: *reason, count: *count })
        })
    };
    app.store.write(record).await?;
    Ok(())
}

/// Goes on where the bans of before a restart left off.
///
/// # Errors
/// When the store fails.
pub fn restore_bans(app: &App) -> Result<(), ActError> {
    let now = app.clock.running();
    let mut after = None;
    loop {
        let page = app.store.read(|tx| bans::list(tx, after.as_ref(), PAGE))?;
        let mut limiter = lock(app)?;
        for ban in &page {
            limiter.restore(&Ban { until: app.clock.running_at(ban.until), ..*ban }, now);
        }
        after = page.last().copied();
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

impl From<TooManyAttempts> for ActError {
    fn from(refusal: TooManyAttempts) -> Self {
        Self::TooManyAttempts { retry_after: refusal.retry_after }
    }
}

impl From<GuessRefusal> for ActError {
    fn from(refusal: GuessRefusal) -> Self {
        match refusal {
            GuessRefusal::TooMany(refusal) => refusal.into(),
            GuessRefusal::Suspended => Self::Suspended,
        }
    }
}
