//! A second factor that is given: compared, used up, counted.

use super::recovery_codes::tag;
use super::totp::open_key;
use super::{InSession, credentials_of, tell};
use crate::acts::mailbox::{take_second_factor, write_bans};
use crate::acts::new_session::{Drawn, NewSession, Opened, Opening, open_in};
use crate::acts::sessions::find_live;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::{MacKey, TotpKey};
use crate::domain::{AuditEvent, Ban, BrowserSession, Factor, HandleKey, MailContent, SecondFactors, UserId};
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx, credentials};

/// With fewer codes left than this the person is told so.
const FEW: usize = 4;

/// What is given.
#[derive(Debug, Clone, Copy)]
pub enum Presented<'a> {
    /// A code of the application, as it was typed.
    Totp(&'a str),
    /// A recovery code, as it was typed.
    RecoveryCode(&'a str),
}

impl Presented<'_> {
    fn factor(&self) -> Factor {
        match self {
            Self::Totp(_) => Factor::Totp,
            Self::RecoveryCode(_) => Factor::RecoveryCode,
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub enum FactorOutcome {
    /// It was right; the session goes on with it, under another handle.
    Accepted(Box<NewSession>),
    /// It is another one, or was used before.
    Wrong,
    /// A hundred wrong ones in a row: none is tried any more.
    Suspended,
}

enum Outcome {
    Accepted(Box<Opened>),
    Wrong,
    Suspended,
    Superseded,
}

/// Takes a second factor. The last period of an application, or the recovery code, is used up in the same transaction.
///
/// # Errors
/// Too many codes were tried for this account, the session ended meanwhile, or the store fails.
pub async fn present_second_factor(
    app: &App,
    by: &By,
    place: InSession<'_>,
    presented: Presented<'_>,
) -> Result<FactorOutcome, ActError> {
    let (now, user_id) = (app.clock.now(), place.active.user.id);
    let known = app.store.read(|tx| credentials::find(tx, user_id))?.map(|known| known.second_factors);
    // A recovery code is too long to be guessed: it stays the way back.
    let is_guessable = matches!(presented, Presented::Totp(_));
    if is_guessable && known.as_ref().is_some_and(SecondFactors::is_suspended) {
        return Ok(FactorOutcome::Suspended);
    }
    let taken = take_second_factor(app, user_id)?;
    let key = match known.and_then(|known| known.totp) {
        Some(totp) => Some(open_key(&app.master_keys, user_id, &totp)?),
        None => None,
    };
    let drawn = Drawn::new(app);
    let job = Job {
        shown: Shown::of(presented, key.as_ref(), &app.keys.second_factors, user_id, now),
        session: place.active.key,
        opening: place.opening(presented.factor()),
        drawn: drawn.clone(),
        circumstances: Circumstances::of(app, by),
        bans: taken.bans().to_vec(),
        locale: place.locale,
        now,
    };
    let outcome = app.store.write(move |tx| job.run(tx)).await?;
    match outcome {
        Outcome::Accepted(opened) => {
            taken.given_back(app)?;
            Ok(FactorOutcome::Accepted(Box::new(drawn.hand_out(*opened))))
        }
        Outcome::Wrong => Ok(FactorOutcome::Wrong),
        Outcome::Suspended => Ok(FactorOutcome::Suspended),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

/// What was given, in the form in which it is compared.
enum Shown {
    /// A code of this period.
    Period(u64),
    /// The tag of a recovery code.
    Recovery(String),
    /// No code of theirs.
    Nothing,
}

impl Shown {
    fn of(presented: Presented<'_>, key: Option<&TotpKey>, tags: &MacKey, user_id: UserId, now: Timestamp) -> Self {
        match presented {
            Presented::Totp(typed) => key.and_then(|key| key.period_of(typed, now)).map_or(Self::Nothing, Self::Period),
            Presented::RecoveryCode(typed) => Self::Recovery(tag(tags, user_id, typed)),
        }
    }

    fn accept(&self, factors: &mut SecondFactors) -> bool {
        match self {
            Self::Period(period) => factors.accept_period(*period),
            Self::Recovery(tag) => factors.accept_recovery(tag),
            Self::Nothing => false,
        }
    }
}

struct Job {
    shown: Shown,
    session: HandleKey<BrowserSession>,
    opening: Opening,
    drawn: Drawn,
    circumstances: Circumstances,
    bans: Vec<Ban>,
    locale: Locale,
    now: Timestamp,
}

impl Job {
    fn run(&self, tx: &mut Tx) -> Result<Outcome, StoreError> {
        let now = self.now;
        let Some((session, user)) = find_live(tx, &self.session, now)? else { return Ok(Outcome::Superseded) };
        let circumstances = self.circumstances.in_session(&session);
        let mut known = credentials_of(tx, &user, now)?;
        if known.second_factors.is_suspended() && !matches!(self.shown, Shown::Recovery(_)) {
            return Ok(Outcome::Suspended);
        }
        if !self.shown.accept(&mut known.second_factors) {
            let is_last = known.second_factors.failed();
            credentials::update(tx, &known)?;
            write_bans(tx, &self.bans)?;
            circumstances.record(tx, AuditEvent::SecondFactorRefused { user_id: user.id })?;
            if !is_last {
                return Ok(Outcome::Wrong);
            }
            circumstances.record(tx, AuditEvent::SecondFactorSuspended { user_id: user.id })?;
            tell(tx, &user, MailContent::SecondFactorSuspended { at: now }, self.locale, now)?;
            return Ok(Outcome::Suspended);
        }
        credentials::update(tx, &known)?;
        let left = known.second_factors.recovery_tags.len();
        if matches!(self.shown, Shown::Recovery(_)) {
            let content = MailContent::RecoveryCodeUsed { at: now, left, are_few: left < FEW };
            tell(tx, &user, content, self.locale, now)?;
        }
        circumstances.record(tx, AuditEvent::SecondFactorGiven { user_id: user.id })?;
        Ok(match open_in(tx, &self.circumstances, user, &self.opening, &self.drawn)? {
            Some(opened) => Outcome::Accepted(Box::new(opened)),
            None => Outcome::Superseded,
        })
    }
}
