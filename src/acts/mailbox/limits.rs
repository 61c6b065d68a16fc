//! How often mails may be asked for, and how often a mailed code may be guessed at: counted by address and by source,
//! whatever the browser.

use std::time::Duration;

use crate::acts::ActError;
use crate::acts::attempts::{dated, is_shared, key, lock};
use crate::app::App;
use crate::domain::{AttemptLimit, Ban, Email, Siret, Source, UserId};
use crate::store::{StoreError, Tx, bans};

/// Guesses at the codes of one address in a short while.
const GUESSES: AttemptLimit = AttemptLimit { attempts: 10, window: Duration::from_secs(300) };
/// Guesses at the codes of one address in a day.
const GUESSES_DAILY: AttemptLimit = AttemptLimit { attempts: 20, window: Duration::from_secs(24 * 3600) };
/// Guesses at the second factors of one account.
const SECOND_FACTORS: AttemptLimit = AttemptLimit { attempts: 5, window: Duration::from_secs(15 * 60) };
/// Looks at the directory for one account, or from one source.
const DIRECTORY_LOOKS: AttemptLimit = AttemptLimit { attempts: 60, window: Duration::from_secs(15 * 60) };
/// Requests of one person for one organization: each is mails to others.
const REQUESTS: AttemptLimit = AttemptLimit { attempts: 3, window: Duration::from_secs(24 * 3600) };
/// Requests of one person, for whichever organization.
const REQUESTS_OF_ONE: AttemptLimit = AttemptLimit { attempts: 20, window: Duration::from_secs(24 * 3600) };
/// How much more a source may ask for that many people share.
const SHARED_FACTOR: u32 = 20;

/// Things taken, to be given back where nothing came of them.
#[must_use]
pub(in crate::acts) struct Taken {
    keys: Vec<u64>,
    bans: Vec<Ban>,
}

impl Taken {
    /// Nothing is charged.
    pub(in crate::acts) fn given_back(self, app: &App) -> Result<(), ActError> {
        let mut limiter = lock(app)?;
        for key in self.keys {
            limiter.give_back_failure(key);
        }
        Ok(())
    }

    /// What must survive a restart, to be written with what was done.
    pub(in crate::acts) fn bans(&self) -> &[Ban] {
        &self.bans
    }
}

/// The address without what the owner of a mailbox may add to it: all of these are one mailbox.
fn mailbox(email: &Email) -> String {
    let text = email.as_str();
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
        None => text.to_owned(),
    }
}

/// Takes one mail to an address, counted with others of its kind. Whether anybody has the address makes no difference.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_mail(app: &App, kind: &str, email: &Email, source: Source) -> Result<Taken, ActError> {
    let Some(limits) = app.config.limits.mails else { return Ok(Taken { keys: Vec::new(), bans: Vec::new() }) };
    let per_source = match is_shared(app, source) {
        true => {
            AttemptLimit { attempts: limits.per_source.attempts.saturating_mul(SHARED_FACTOR), ..limits.per_source }
        }
        false => limits.per_source,
    };
    let subject = format!("{kind} {}", mailbox(email));
    take_all(
        app,
        &[
            (key(app, "mails from", &source.to_string()), per_source),
            (key(app, "mails to", &subject), limits.per_address),
            (key(app, "mails of a day to", &subject), limits.per_address_daily),
        ],
    )
}

/// Seconds before such a mail may be asked for; `None` for at once. Nothing is charged.
///
/// # Errors
/// When the limits cannot be read.
pub(in crate::acts) fn wait_for_mail(
    app: &App,
    kind: &str,
    email: &Email,
    source: Source,
) -> Result<Option<u64>, ActError> {
    match take_mail(app, kind, email, source) {
        Ok(taken) => taken.given_back(app).map(|()| None),
        Err(ActError::TooManyAttempts { retry_after }) => Ok(Some(retry_after)),
        Err(failure) => Err(failure),
    }
}

/// The links to choose another password with that are mailed to one mailbox: counted together, whatever the browser.
fn links_to(app: &App, email: &Email) -> u64 {
    key(app, "password links to", &mailbox(email))
}

/// Takes one link to choose another password with, after the mail that carries it (SEC-74); the wait where the last one was
/// asked for a moment ago, and nothing is charged then. Whether anybody has the address makes no difference.
///
/// # Errors
/// When the limits cannot be read.
pub(super) fn take_password_link(app: &App, email: &Email, mail: Taken) -> Result<Option<u64>, ActError> {
    if app.config.limits.mails.is_none() {
        return Ok(None);
    }
    let now = app.clock.running();
    let taken = lock(app)?.take_resend(links_to(app, email), now);
    match taken {
        Ok(()) => Ok(None),
        Err(refusal) => mail.given_back(app).map(|()| Some(refusal.retry_after)),
    }
}

/// Gives such a link back that could not be written: whoever asks again waits no longer for it.
///
/// # Errors
/// When the limits cannot be read.
pub(super) fn give_back_password_link(app: &App, email: &Email) -> Result<(), ActError> {
    lock(app)?.give_back_resend(links_to(app, email));
    Ok(())
}

/// Somebody chose a password by a link that was mailed to this mailbox: the wait for another one begins anew.
///
/// # Errors
/// When the limits cannot be read.
pub(super) fn forget_password_links(app: &App, email: &Email) -> Result<(), ActError> {
    lock(app)?.forget_resends(links_to(app, email));
    Ok(())
}

/// Seconds before such a link may be asked for; `None` for at once. Nothing is charged.
///
/// # Errors
/// When the limits cannot be read.
pub fn wait_for_password_link(app: &App, email: &Email, source: Source) -> Result<Option<u64>, ActError> {
    let now = app.clock.running();
    let resend = lock(app)?.wait_for_resend(links_to(app, email), now);
    Ok(resend.max(wait_for_mail(app, "entry", email, source)?))
}

/// Takes one guess at a code that was mailed to an address, in whatever browser (SEC-68).
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_code_guess(app: &App, kind: &str, email: &Email) -> Result<Taken, ActError> {
    let subject = format!("{kind} {}", mailbox(email));
    take_all(
        app,
        &[(key(app, "codes of", &subject), GUESSES), (key(app, "codes of a day of", &subject), GUESSES_DAILY)],
    )
}

/// Takes one guess at the second factors of an account, all of them together, in whatever session (SEC-78).
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_second_factor(app: &App, user_id: UserId) -> Result<Taken, ActError> {
    take_all(app, &[(key(app, "second factors of", &user_id.to_string()), SECOND_FACTORS)])
}

/// Takes one look at the directory for an account: each may be a call to somebody else.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_directory_look(app: &App, user_id: UserId) -> Result<(), ActError> {
    let _charged = take_all(app, &[(key(app, "directory looks of", &user_id.to_string()), DIRECTORY_LOOKS)])?;
    Ok(())
}

/// Takes one request of a person to join an organization, which moderators are told of by mail: whoever takes theirs back
/// and asks again does not write to them without end.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_joining_request(app: &App, user_id: UserId, siret: &Siret) -> Result<Taken, ActError> {
    let user_id = user_id.to_string();
    let one = format!("{user_id} {siret}");
    take_all(app, &[(key(app, "requests for", &one), REQUESTS), (key(app, "requests of", &user_id), REQUESTS_OF_ONE)])
}

/// Takes one look at the directory for whoever asks from a source, where sources are limited.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_public_look(app: &App, source: Source) -> Result<(), ActError> {
    if app.config.limits.per_source.is_none() {
        return Ok(());
    }
    let attempts = match is_shared(app, source) {
        true => DIRECTORY_LOOKS.attempts.saturating_mul(SHARED_FACTOR),
        false => DIRECTORY_LOOKS.attempts,
    };
    let limit = AttemptLimit { attempts, ..DIRECTORY_LOOKS };
    let _charged = take_all(app, &[(key(app, "directory looks from", &source.to_string()), limit)])?;
    Ok(())
}

/// Takes one mail to an organization's own address, which did not ask for it.
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_contact_mail(app: &App, contact: &Email, source: Source) -> Result<Taken, ActError> {
    take_mail(app, "contact", contact, source)
}

/// Takes one guess at the words that were sent to organizations for an account (SEC-110).
///
/// # Errors
/// When there were too many; nothing is charged then.
pub(in crate::acts) fn take_contact_guess(app: &App, user_id: UserId) -> Result<Taken, ActError> {
    let user_id = user_id.to_string();
    let wanted = [
        (key(app, "contact codes of", &user_id), GUESSES),
        (key(app, "contact codes of a day of", &user_id), GUESSES_DAILY),
    ];
    take_all(app, &wanted)
}

fn take_all(app: &App, wanted: &[(u64, AttemptLimit)]) -> Result<Taken, ActError> {
    let now = app.clock.running();
    let mut limiter = lock(app)?;
    let mut taken = Taken { keys: Vec::new(), bans: Vec::new() };
    for (key, limit) in wanted {
        match limiter.take_failure(*key, *limit, now) {
            Ok(ban) => {
                taken.keys.push(*key);
                taken.bans.extend(ban.map(|ban| dated(app, ban)));
            }
            Err(refusal) => {
                for key in taken.keys {
                    limiter.give_back_failure(key);
                }
                return Err(refusal.into());
            }
        }
    }
    Ok(taken)
}

/// Writes the bans that begin with an attempt.
pub(in crate::acts) fn write_bans(tx: &mut Tx, list: &[Ban]) -> Result<(), StoreError> {
    for ban in list {
        bans::insert(tx, ban)?;
    }
    Ok(())
}
