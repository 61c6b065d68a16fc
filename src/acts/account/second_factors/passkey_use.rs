//! A passkey that is used: to sign in without anything else, or beside another proof.

use super::ceremonies::{Asker, Awaiting, Judged, PasskeyAnswer, find_awaiting, judge};
use super::{FactorOutcome, InSession};
use crate::acts::mailbox::{take_second_factor, write_bans};
use crate::acts::new_session::{Drawn, Entry, NewSession, Opened, Opening, open_in};
use crate::acts::pre_sessions::InBrowser;
use crate::acts::sessions::find_live;
use crate::acts::sign_in::counted;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Ban, BrowserSession, Factor, HandleKey, Interaction, KnownBrowser, PasskeyPurpose, SignInFailure,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx};

/// A passkey with which somebody signs in.
pub struct PasskeyAttempt<'a> {
    /// What the browser answered.
    pub answer: PasskeyAnswer<'a>,
    /// The sign-in under way, if there is one.
    pub interaction: Option<HandleKey<Interaction>>,
    /// What the browser shows to say that somebody signed in in it before.
    pub known_browser: Option<&'a str>,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// Signs in with a passkey: whoever holds it and was verified by its authenticator has given two factors. `None` when it
/// opens nothing, whatever the reason.
///
/// # Errors
/// When the browser has another handle since, or the store fails.
pub async fn sign_in_with_passkey(
    app: &App,
    by: &By,
    attempt: PasskeyAttempt<'_>,
) -> Result<Option<NewSession>, ActError> {
    let outcome = check_passkey(app, by, attempt).await;
    app.counts.count(counted(&outcome));
    outcome
}

async fn check_passkey(app: &App, by: &By, attempt: PasskeyAttempt<'_>) -> Result<Option<NewSession>, ActError> {
    let asker = Asker::visitor(attempt.place.handle);
    let Some(awaiting) = find_awaiting(app, asker, attempt.answer.ceremony)? else { return Ok(None) };
    let judged = judge(app, &awaiting, attempt.answer.response, None)?;
    let drawn = Drawn::new(app);
    let job = Job {
        awaiting,
        judged,
        opening: Opening {
            asserted: None,
            interaction: attempt.interaction,
            browser: attempt.place.handle,
            previous: attempt.place.session.map(|active| active.key),
            entry: Entry::Passkey,
            known_browser: attempt.known_browser.and_then(crypto::parse_handle::<KnownBrowser>),
            locale: attempt.locale,
        },
        drawn: drawn.clone(),
        circumstances: Circumstances::of(app, by),
        now: app.clock.now(),
    };
    match app.store.write(move |tx| job.sign_in(tx)).await? {
        Outcome::Accepted(opened) => Ok(Some(drawn.hand_out(*opened))),
        Outcome::Refused => Ok(None),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

/// Takes a passkey as a second factor of the person signed in.
///
/// # Errors
/// Too many second factors were tried for this account, the session ended meanwhile, or the store fails.
pub async fn present_passkey(
    app: &App,
    by: &By,
    place: InSession<'_>,
    answer: PasskeyAnswer<'_>,
) -> Result<FactorOutcome, ActError> {
    let asker = Asker::in_session(place, PasskeyPurpose::SecondFactor);
    let Some(awaiting) = find_awaiting(app, asker, answer.ceremony)? else { return Ok(FactorOutcome::Wrong) };
    let user_id = place.active.user.id;
    let taken = take_second_factor(app, user_id)?;
    let judged = judge(app, &awaiting, answer.response, Some(user_id))?;
    let (drawn, bans, session) = (Drawn::new(app), taken.bans().to_vec(), place.active.key);
    let job = Job {
        awaiting,
        judged,
        opening: place.opening(Factor::PasskeyBeside),
        drawn: drawn.clone(),
        circumstances: Circumstances::of(app, by),
        now: app.clock.now(),
    };
    match app.store.write(move |tx| job.stand_beside(tx, &session, &bans)).await? {
        Outcome::Accepted(opened) => {
            taken.given_back(app)?;
            Ok(FactorOutcome::Accepted(Box::new(drawn.hand_out(*opened))))
        }
        Outcome::Refused => Ok(FactorOutcome::Wrong),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

enum Outcome {
    Accepted(Box<Opened>),
    Refused,
    Superseded,
}

struct Job {
    awaiting: Awaiting,
    judged: Judged,
    opening: Opening,
    drawn: Drawn,
    circumstances: Circumstances,
    now: Timestamp,
}

impl Job {
    fn sign_in(&self, tx: &mut Tx) -> Result<Outcome, StoreError> {
        if !self.awaiting.close(tx, self.now)? {
            return Ok(Outcome::Refused);
        }
        let Some((user, _)) = self.judged.accept(tx, self.now)? else {
            let event = AuditEvent::SignInFailed { user_id: self.judged.user_id, reason: SignInFailure::WrongPasskey };
            self.circumstances.record(tx, event)?;
            self.judged.suspend(tx, &self.circumstances, self.opening.locale, self.now)?;
            return Ok(Outcome::Refused);
        };
        Ok(match open_in(tx, &self.circumstances, user, &self.opening, &self.drawn)? {
            Some(opened) => Outcome::Accepted(Box::new(opened)),
            None => Outcome::Superseded,
        })
    }

    fn stand_beside(
        &self,
        tx: &mut Tx,
        session: &HandleKey<BrowserSession>,
        bans: &[Ban],
    ) -> Result<Outcome, StoreError> {
        if !self.awaiting.close(tx, self.now)? {
            return Ok(Outcome::Refused);
        }
        let Some((session, user)) = find_live(tx, session, self.now)? else { return Ok(Outcome::Superseded) };
        let circumstances = self.circumstances.in_session(&session);
        let Some((user, _)) = self.judged.accept(tx, self.now)?.filter(|(owner, _)| owner.id == user.id) else {
            write_bans(tx, bans)?;
            circumstances.record(tx, AuditEvent::SecondFactorRefused { user_id: user.id })?;
            self.judged.suspend(tx, &circumstances, self.opening.locale, self.now)?;
            return Ok(Outcome::Refused);
        };
        circumstances.record(tx, AuditEvent::SecondFactorGiven { user_id: user.id })?;
        Ok(match open_in(tx, &self.circumstances, user, &self.opening, &self.drawn)? {
            Some(opened) => Outcome::Accepted(Box::new(opened)),
            None => Outcome::Superseded,
        })
    }
}
