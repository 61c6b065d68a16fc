//! What is kept no longer than it is of use: accounts that nobody uses, network addresses and old records of the audit (SEC-167). One round
//! a day, each with its bounds; a clock that leaps erases nobody. What time ends by itself is deleted all day long, and each
//! round tells how much it was.

use std::collections::BTreeMap;
use std::time::Duration;

use super::erasure::{Wish, carry_out};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    Actor, AuditEvent, MailContent, NOTICE_OF_ERASURE, OutgoingMail, ROUNDS_OF_NOTICE, RetentionRound, RetentionStep,
    UnusedNotice, User, UserId, decide_retention, decide_trimming,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, audit, outbox, retention_rounds, sent_mails, users};

/// How long between two rounds.
const EVERY: Duration = Duration::from_secs(23 * 3600);
/// How many people are told in one round, so that the server of mails is not flooded.
const ANNOUNCED_AT_ONCE: usize = 500;
/// How many are erased in one round: each erasure looks through everything.
const ERASED_AT_ONCE: usize = 50;
/// How many records are looked at at once.
const PAGE: usize = 500;

/// What a look through all accounts found.
#[derive(Debug, Default)]
struct Found {
    announce: Vec<UserId>,
    withdraw: Vec<UserId>,
    erase: Vec<User>,
}

/// Makes the round that is due; `None` where none is.
///
/// # Errors
/// When the store fails; what was done stays, and the round is made again.
pub async fn make_retention_round(app: &App) -> Result<Option<RetentionRound>, ActError> {
    let now = app.clock.wall();
    let last = app.store.read(retention_rounds::find_last)?;
    // One that lies ahead was made while the clock had leapt.
    let is_due = last.as_ref().is_none_or(|last| last.at > now || last.at.plus(EVERY).has_come(now));
    if !is_due {
        return Ok(None);
    }
    let number = last.as_ref().map_or(0, |last| last.number).saturating_add(1);
    let known_since = last.as_ref().and_then(|last| last.trimming_known_since).unwrap_or(number);
    // Whoever cannot be told is not erased, and what was announced before holds no more.
    let kept = app.config.retention.unused_accounts.filter(|_| !app.config.lacks_mail());
    let found = look_through(app, kept, number, now).await?;
    let mut round = RetentionRound {
        number,
        at: now,
        announced: 0,
        withdrawn: 0,
        erased: 0,
        addresses_removed: 0,
        addresses_until_millis: last.map_or(0, |last| last.addresses_until_millis),
        audit_until: trimming(app, known_since, number, now)?,
        trimming_known_since: Some(known_since),
        purged: BTreeMap::new(),
    };
    round.withdrawn = withdraw(app, found.withdraw, kept, number, now).await?;
    if let Some(kept) = kept {
        round.announced = announce(app, found.announce, kept, number, now).await?;
        round.erased = erase(app, found.erase, kept, number).await?;
    }
    remove_addresses(app, &mut round, now).await?;
    forget_sent_mails(app, now).await?;
    trim_audit(app, round.audit_until).await?;
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let entering = move |tx: &mut Tx| {
        let round = RetentionRound { purged: retention_rounds::take_purged(tx)?, ..round.clone() };
        retention_rounds::insert(tx, &round)?;
        // Counted in the transactions that gave them up: a round that was cut short is told of by the next one.
        if let (Some(until), Some(count)) = (round.audit_until, round.purged.get(audit::TRIMMED).copied()) {
            circumstances.record(tx, AuditEvent::AuditTrimmed { count, until })?;
        }
        Ok(round)
    };
    Ok(Some(app.store.write(entering).await?))
}

async fn look_through(app: &App, kept: Option<Duration>, round: u64, now: Timestamp) -> Result<Found, ActError> {
    let store = app.store.clone();
    let looking = tokio::task::spawn_blocking(move || {
        store.read(|tx| {
            let mut found = Found::default();
            each(tx, |user| match step(&user, kept, round, now) {
                RetentionStep::Announce if found.announce.len() < ANNOUNCED_AT_ONCE => found.announce.push(user.id),
                RetentionStep::Withdraw => found.withdraw.push(user.id),
                RetentionStep::Erase if found.erase.len() < ERASED_AT_ONCE => found.erase.push(user),
                RetentionStep::Announce | RetentionStep::Erase | RetentionStep::Keep => {}
            })?;
            Ok(found)
        })
    });
    Ok(looking.await.unwrap_or(Err(StoreError::Panicked))?)
}

fn each(tx: &impl Read, mut look: impl FnMut(User)) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = users::list(tx, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        page.into_iter().for_each(&mut look);
    }
}

/// What is to be done with an account; nothing stays announced where none is erased.
fn step(user: &User, kept: Option<Duration>, round: u64, now: Timestamp) -> RetentionStep {
    match kept {
        Some(kept) => decide_retention(user, kept, round, now),
        None if user.unused_notice.is_some() => RetentionStep::Withdraw,
        None => RetentionStep::Keep,
    }
}

/// The person as they are now, if this is still what is to be done with them.
fn still(
    tx: &impl Read,
    id: UserId,
    (wanted, kept, round, now): (RetentionStep, Option<Duration>, u64, Timestamp),
) -> Result<Option<User>, StoreError> {
    Ok(users::find(tx, id)?.filter(|user| step(user, kept, round, now) == wanted))
}

async fn announce(app: &App, ids: Vec<UserId>, kept: Duration, round: u64, now: Timestamp) -> Result<u64, ActError> {
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let erased_from = now.plus(NOTICE_OF_ERASURE);
    let mut count = 0_u64;
    for some in ids.chunks(50).map(<[UserId]>::to_vec) {
        let circumstances = circumstances.clone();
        let announcing = move |tx: &mut Tx| {
            let mut count = 0_u64;
            for id in &some {
                if outbox::is_busy(tx)? {
                    // The next round goes on with the others.
                    break;
                }
                let Some(user) = still(tx, *id, (RetentionStep::Announce, Some(kept), round, now))? else { continue };
                let content = MailContent::UnusedAccount { erased_from };
                outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), user.language(), content, now))?;
                users::update(tx, &User { unused_notice: Some(UnusedNotice { at: now, round }), ..user })?;
                circumstances.record(tx, AuditEvent::UnusedAccountAnnounced { user_id: *id, erased_from })?;
                count = count.saturating_add(1);
            }
            Ok(count)
        };
        count = count.saturating_add(app.store.write(announcing).await?);
    }
    Ok(count)
}

async fn withdraw(
    app: &App,
    ids: Vec<UserId>,
    kept: Option<Duration>,
    round: u64,
    now: Timestamp,
) -> Result<u64, ActError> {
    let mut count = 0_u64;
    for some in ids.chunks(PAGE).map(<[UserId]>::to_vec) {
        let withdrawing = move |tx: &mut Tx| {
            let mut count = 0_u64;
            for id in &some {
                let Some(user) = still(tx, *id, (RetentionStep::Withdraw, kept, round, now))? else { continue };
                users::update(tx, &User { unused_notice: None, ..user })?;
                count = count.saturating_add(1);
            }
            Ok(count)
        };
        count = count.saturating_add(app.store.write(withdrawing).await?);
    }
    Ok(count)
}

async fn erase(app: &App, people: Vec<User>, kept: Duration, round: u64) -> Result<u64, ActError> {
    let by = By::local(Actor::System);
    let mut count = 0_u64;
    for user in people {
        // Whoever signs in meanwhile stays.
        let wish = Wish { may_lock_out: false, leaving: None, unused: Some((kept, round)) };
        if carry_out(app, &by, user, wish).await?.is_ok() {
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// Takes the network addresses from records of the audit that are older than they may be kept.
async fn remove_addresses(app: &App, round: &mut RetentionRound, now: Timestamp) -> Result<(), ActError> {
    let kept = app.config.retention.audit_addresses;
    let until = now.0.saturating_sub(kept.as_secs()).saturating_mul(1_000);
    let mut after = (round.addresses_until_millis, 0_u64);
    loop {
        let (count, next) = app.store.write(move |tx| audit::remove_addresses(tx, after, until, PAGE)).await?;
        round.addresses_removed = round.addresses_removed.saturating_add(count);
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    round.addresses_until_millis = round.addresses_until_millis.max(until);
    Ok(())
}

/// What happened before this instant the audit gives up in this round. Nothing within thirty rounds of the first one that
/// knew of it: whoever upgrades an instance in use has as long to say how long the audit is to be kept.
fn trimming(app: &App, known_since: u64, number: u64, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let Some(kept) = app.config.retention.audit else { return Ok(None) };
    let from = number.saturating_sub(ROUNDS_OF_NOTICE);
    if from < known_since {
        return Ok(None);
    }
    let earlier = app.store.read(|tx| retention_rounds::find_from(tx, from))?;
    Ok(earlier.map(|earlier| decide_trimming(kept, earlier.at, now)))
}

/// Gives up the records of the audit of before `until`, a page in each transaction.
async fn trim_audit(app: &App, until: Option<Timestamp>) -> Result<(), ActError> {
    let Some(until_millis) = until.map(|until| until.0.saturating_mul(1_000)) else { return Ok(()) };
    let trimming = move |tx: &mut Tx| {
        let count = audit::trim(tx, until_millis, PAGE)?;
        retention_rounds::note_purged(tx, &[(audit::TRIMMED, count)])?;
        Ok(count)
    };
    while app.store.write(trimming).await? >= PAGE {}
    Ok(())
}

/// Forgets what is kept of mails that are done with, after the same time.
async fn forget_sent_mails(app: &App, now: Timestamp) -> Result<(), ActError> {
    let kept = app.config.retention.audit_addresses;
    let until = Timestamp(now.0.saturating_sub(kept.as_secs()));
    while app.store.write(move |tx| sent_mails::forget_old(tx, until, PAGE)).await? >= PAGE {}
    Ok(())
}

/// What was done, and what is to be done next.
#[derive(Debug, Clone)]
pub struct RetentionReport {
    /// The last rounds, the last one first.
    pub rounds: Vec<RetentionRound>,
    /// How many records of which table time deleted since the last of them.
    pub purged: BTreeMap<String, u64>,
    /// How many people were told that their account will be erased, and have not come back.
    pub announced: u64,
    /// How many will be told within thirty days.
    pub to_announce: u64,
    /// How many will be erased within thirty days, unless they come back.
    pub to_erase: u64,
    /// How many have no limit: whoever has a role.
    pub kept_for_their_role: u64,
}

/// Looks at what retention did and will do.
///
/// # Errors
/// When the store fails.
pub async fn report_retention(app: &App, limit: usize) -> Result<RetentionReport, ActError> {
    let (now, kept, store) = (app.clock.now(), app.config.retention.unused_accounts, app.store.clone());
    let looking = tokio::task::spawn_blocking(move || {
        store.read(|tx| {
            let rounds = retention_rounds::list_latest(tx, limit)?;
            let mut report = RetentionReport {
                rounds,
                purged: retention_rounds::find_purged(tx)?,
                announced: 0,
                to_announce: 0,
                to_erase: 0,
                kept_for_their_role: 0,
            };
            let Some(kept) = kept else { return Ok(report) };
            let (round, later) = (u64::MAX, now.plus(NOTICE_OF_ERASURE));
            each(tx, |user| {
                let count = |counter: &mut u64| *counter = counter.saturating_add(1);
                if user.role.is_some() {
                    count(&mut report.kept_for_their_role);
                }
                if user.unused_notice.is_some() {
                    count(&mut report.announced);
                }
                match decide_retention(&user, kept, round, later) {
                    RetentionStep::Announce => count(&mut report.to_announce),
                    RetentionStep::Erase => count(&mut report.to_erase),
                    RetentionStep::Keep | RetentionStep::Withdraw => {}
                }
            })?;
            Ok(report)
        })
    });
    Ok(looking.await.unwrap_or(Err(StoreError::Panicked))?)
}
