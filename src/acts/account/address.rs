//! A person who is signed in takes another address: a code proves the new one, and the one before is told how to take it
//! back (SEC-105).

use std::time::Duration;

use super::former_address::{WayBack, is_anothers};
use crate::acts::attempts::forget_guesses;
use crate::acts::mailbox::{next_number, take_code_guess, take_mail, write_bans};
use crate::acts::new_session::{NewSession, issue_session_handle};
use crate::acts::organizations::Reconsidering;
use crate::acts::pre_sessions::{Renewal, issue_browser_handle, renew};
use crate::acts::sessions::{ActiveSession, find_live, note_session};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AddressChange, AuditEvent, Ban, BrowserSession, CodePurpose, Deed, Email, Handle, HandleKey, MAILED_CODE_DIGITS,
    MailContent, MailedCode, MailedCodeRefusal, MailedSecret, OrganizationId, OutgoingMail, PreSession, Session,
    SessionId, Source, User, UserId, Verification, digits_of_code,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx, browser_sessions, contact_proofs, memberships, outbox, users};

/// The purpose of the tags that are kept of codes.
const TAG: &str = "address code";
/// The kind under which these mails and guesses are counted.
const KIND: &str = "address";
/// How long a code is good.
const CODE_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long a change can be taken back.
pub(in crate::acts) const UNDO_LIFETIME: Duration = Duration::from_secs(72 * 3600);

/// What became of a new address that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewAddress {
    /// A code is on its way to it, if it is nobody's yet; else its owner is told. Nobody else learns which.
    Sent,
    /// The last one was sent a moment ago: seconds to wait.
    TooSoon(u64),
    /// It is the address of the account already.
    Same,
}

/// Mails a code to the address that is to be the account's.
///
/// # Errors
/// When too many mails were asked for, the session ended meanwhile, or the store fails.
pub async fn ask_new_address(
    app: &App,
    by: &By,
    active: &ActiveSession,
    email: Email,
    source: Source,
    locale: Locale,
) -> Result<NewAddress, ActError> {
    if email == active.user.email {
        return Ok(NewAddress::Same);
    }
    let taken = take_mail(app, KIND, &email, source)?;
    let now = app.clock.now();
    let code = app.random.digits::<MAILED_CODE_DIGITS>();
    let fresh = MailedCode {
        email: email.clone(),
        user_epoch: Some(active.user.epoch),
        tag: tag(app, &active.session.id, &email, &code),
        purpose: CodePurpose::AddressChange,
        sent_at: now,
        expires_at: now.plus(CODE_LIFETIME),
        tries: 0,
        resent: 0,
    };
    let sealed = Enclosure::new(&app.master_keys, &app.random, &email, &code);
    let (circumstances, key, waits) = (Circumstances::of(app, by), active.key, app.config.limits.mails.is_some());
    let outcome = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &key, now)? else { return Ok(None) };
            let resent = match next_number(session.address_code.as_deref(), &fresh, waits, now) {
                Ok(resent) => resent,
                Err(seconds) => return Ok(Some(NewAddress::TooSoon(seconds))),
            };
            let session = Session { address_code: Some(Box::new(MailedCode { resent, ..fresh.clone() })), ..session };
            browser_sessions::update(tx, &key, &BrowserSession::Live(session))?;
            match is_anothers(tx, &fresh.email, Some(user.id), now)? {
                false => {
                    let content = MailContent::AddressCode { expires_at: fresh.expires_at };
                    let mail = OutgoingMail::notice(fresh.email.clone(), locale, content, now);
                    outbox::insert_for(tx, &mail.carrying(sealed.seal(tx)?, fresh.expires_at), user.id)?;
                }
                true => {
                    // Whoever has it did not ask: it is their language that counts.
                    let theirs = users::find_by_email(tx, &fresh.email)?.map_or(locale, |owner| owner.language());
                    let content = MailContent::AddressTaken { at: now };
                    outbox::insert(tx, &OutgoingMail::notice(fresh.email.clone(), theirs, content, now))?;
                }
            }
            let event = AuditEvent::SecretMailed { user_id: Some(user.id), secret: MailedSecret::AddressCode };
            circumstances.record(tx, event)?;
            Ok(Some(NewAddress::Sent))
        })
        .await?;
    if outcome != Some(NewAddress::Sent) {
        taken.given_back(app)?;
    }
    outcome.ok_or(ActError::Superseded)
}

fn tag(app: &App, session: &SessionId, email: &Email, code: &str) -> String {
    app.keys.mailed_codes.tag(TAG, &[&session.0, email.as_str(), code])
}

/// A code that is given back for a new address.
pub struct AddressAttempt<'a> {
    /// The session.
    pub active: &'a ActiveSession,
    /// The browser that it is open in.
    pub browser: HandleKey<PreSession>,
    /// The code as it was typed.
    pub code: &'a str,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum AddressOutcome {
    /// It was right: the account has the new address. This session goes on under another handle; everything else that the
    /// person had open ended.
    Changed(Box<NewSession>),
    /// It was right, and somebody opened an account with the address meanwhile.
    Taken,
    /// It is no code, or another one.
    Wrong,
    /// It opens nothing any more: another one must be asked for.
    Over,
}

/// What came of it in the transaction.
enum Judged {
    Changed(Box<(Session, User)>),
    Taken,
    /// With whether it was a guess at one that was open.
    Refused(MailedCodeRefusal, bool),
    Superseded,
}

/// Gives a code back: whoever does reads the mailbox of the new address.
///
/// # Errors
/// Too many codes were tried at this address, the session ended meanwhile, or the store fails.
pub async fn change_address(app: &App, by: &By, attempt: AddressAttempt<'_>) -> Result<AddressOutcome, ActError> {
    let active = attempt.active;
    let Some(pending) = &active.session.address_code else { return Ok(AddressOutcome::Over) };
    let Some(digits) = digits_of_code(attempt.code) else { return Ok(AddressOutcome::Wrong) };
    let taken = take_code_guess(app, KIND, &pending.email)?;
    let now = app.clock.now();
    let session = issue_session_handle(app);
    let browser = issue_browser_handle(app);
    let job = Job {
        reconsidering: Reconsidering::prepare(app, active.user.id).await?,
        circumstances: Circumstances::of(app, by),
        key: active.key,
        tag: tag(app, &active.session.id, &pending.email, &digits),
        from: active.user.email.clone(),
        next: session.key,
        browser: (attempt.browser, browser.key),
        way_back: WayBack::new(app, &active.user.email, now),
        locale: attempt.locale,
    };
    let bans = taken.bans().to_vec();
    let judged = app.store.write(move |tx| job.run(tx, &bans, now)).await?;
    if !matches!(judged, Judged::Refused(_, true)) {
        taken.given_back(app)?;
    }
    Ok(match judged {
        Judged::Changed(changed) => {
            let (live, user) = *changed;
            // Guesses at the password under the address before say nothing about this one.
            forget_guesses(app, &user.email)?;
            let Handle { value, key } = session;
            let active = ActiveSession { value, key, session: live, user };
            AddressOutcome::Changed(Box::new(NewSession { active, browser, known_browser: None }))
        }
        Judged::Taken => AddressOutcome::Taken,
        Judged::Refused(MailedCodeRefusal::Wrong, _) => AddressOutcome::Wrong,
        Judged::Refused(MailedCodeRefusal::Over, _) => AddressOutcome::Over,
        Judged::Superseded => return Err(ActError::Superseded),
    })
}

struct Job {
    reconsidering: Reconsidering,
    circumstances: Circumstances,
    key: HandleKey<BrowserSession>,
    tag: String,
    from: Email,
    next: HandleKey<BrowserSession>,
    browser: (HandleKey<PreSession>, HandleKey<PreSession>),
    way_back: WayBack,
    locale: Locale,
}

impl Job {
    fn run(&self, tx: &mut Tx, bans: &[Ban], now: Timestamp) -> Result<Judged, StoreError> {
        let Some((session, user)) = find_live(tx, &self.key, now)? else { return Ok(Judged::Superseded) };
        if user.email != self.from {
            return Ok(Judged::Superseded);
        }
        let over = Judged::Refused(MailedCodeRefusal::Over, false);
        let Some(mut code) = session.address_code.clone() else { return Ok(over) };
        let was_open = code.is_open(now);
        // Tags are of a keyed function: how long they take to compare says nothing about the digits.
        if let Err(refusal) = code.redeem(code.tag == self.tag, now) {
            let session = Session { address_code: Some(code), ..session };
            browser_sessions::update(tx, &self.key, &BrowserSession::Live(session))?;
            if was_open {
                write_bans(tx, bans)?;
            }
            return Ok(Judged::Refused(refusal, was_open));
        }
        let session = Session { address_code: None, ..session };
        if is_anothers(tx, &code.email, Some(user.id), now)? {
            browser_sessions::update(tx, &self.key, &BrowserSession::Live(session))?;
            return Ok(Judged::Taken);
        }
        self.change(tx, session, user, code.email, now)
    }

    fn change(
        &self,
        tx: &mut Tx,
        session: Session,
        mut user: User,
        to: Email,
        now: Timestamp,
    ) -> Result<Judged, StoreError> {
        let suspended = suspend_links(tx, &user, &to, now)?;
        user.change_address(to.clone(), now);
        // This session goes on: no service is told that it is over.
        browser_sessions::update(tx, &self.key, &BrowserSession::Renewed { by: self.next })?;
        users::update(tx, &user)?;
        let session = Session { user_epoch: user.epoch, ..session };
        browser_sessions::insert(tx, &self.next, &BrowserSession::Live(session.clone()))?;
        note_session(tx, user.id, Some(self.key), self.next, now)?;
        let (browser, next) = self.browser;
        renew(tx, &browser, &Renewal { to: next, session: Some((&session.id, self.next)), entered: None }, now)?;
        let change = AddressChange {
            user_id: user.id,
            from: self.from.clone(),
            to: to.clone(),
            generation: user.addresses_restored,
            at: now,
            expires_at: self.way_back.retained_until(),
            undone_at: None,
            suspended,
        };
        self.way_back.tell(tx, &change, self.locale, now)?;
        let content = MailContent::AddressConfirmed { at: now };
        outbox::insert(tx, &OutgoingMail::notice(to, self.locale, content, now))?;
        self.circumstances.record(tx, AuditEvent::AddressChanged { user_id: user.id })?;
        self.reconsidering.carry_out(tx, &user, &self.circumstances, now)?;
        Ok(Judged::Changed(Box::new((session, user))))
    }
}

/// What rests on the address or its domain rests on nothing under another one, and the codes that organizations were sent for
/// it, which named it, are worth nothing (SEC-110). Gives what rested on it.
pub(in crate::acts) fn suspend_links(
    tx: &mut Tx,
    user: &User,
    to: &Email,
    now: Timestamp,
) -> Result<Vec<(OrganizationId, Verification)>, StoreError> {
    for proof in contact_proofs::list_of_user(tx, user.id)? {
        contact_proofs::delete(tx, user.id, proof.organization_id)?;
    }
    let mut suspended = Vec::new();
    for link in memberships::list_of_user(tx, user.id)? {
        if !link.verification.holds_under(&user.email, to) {
            suspended.push((link.organization_id, link.verification));
            memberships::update(tx, &link.weighed(Verification::Unverified, Deed::of_the_program(now)))?;
        }
    }
    Ok(suspended)
}

/// Puts back what rested on the address that is the account's again, where nothing else was decided since.
pub(super) fn restore_links(
    tx: &mut Tx,
    user_id: UserId,
    suspended: &[(OrganizationId, Verification)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for (organization_id, verification) in suspended {
        let found = memberships::find(tx, user_id, *organization_id)?;
        if let Some(link) = found.filter(|link| link.verification == Verification::Unverified) {
            memberships::update(tx, &link.weighed(*verification, Deed::of_the_program(now)))?;
        }
    }
    Ok(())
}
