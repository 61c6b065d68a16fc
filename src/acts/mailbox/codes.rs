//! Codes by mail: to confirm a mailbox, to open an account, to sign in.

use std::time::Duration;

use super::entry::{Admission, Claimant, Verdict, admit};
use super::limits::{take_code_guess, take_mail, wait_for_mail, write_bans};
use crate::acts::account::{WayBack, find_way_back};
use crate::acts::attempts::{forget_guesses, hex};
use crate::acts::new_session::{Drawn, Entry, NewSession, Opened, Opening, open_in};
use crate::acts::pre_sessions::InBrowser;
use crate::acts::sessions::find_live;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::{self, MacKey};
use crate::domain::{
    AuditEvent, Ban, BrowserSession, CodePurpose, Email, Factor, HandleKey, Interaction, KnownBrowser,
    MAILED_CODE_DIGITS, MailContent, MailedCode, MailedCodeRefusal, MailedSecret, OutgoingMail, SignInFailure, Source,
    User, digits_of_code,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, clients, interactions, outbox, users};

/// The purpose of the tags that are kept of codes.
const TAG: &str = "code";
/// How long a code is good to open an account with: one comes back to it after a meeting.
const SIGN_UP_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A code to mail.
pub struct CodeOrder {
    /// For which sign-in.
    pub interaction: HandleKey<Interaction>,
    /// To whom.
    pub email: Email,
    /// What it opens.
    pub purpose: CodePurpose,
    /// From where it is asked.
    pub source: Source,
    /// The language of the mail.
    pub locale: Locale,
}

/// What became of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSent {
    /// It is on its way, if anybody may have it.
    Sent,
    /// The last one was sent a moment ago: seconds to wait.
    TooSoon(u64),
    /// The sign-in is over.
    Over,
}

/// Mails a code; the one before opens nothing any more. Nobody learns whether the address is known.
///
/// # Errors
/// When too many mails were asked for, or the store fails.
pub async fn mail_code(app: &App, by: &By, order: CodeOrder) -> Result<CodeSent, ActError> {
    let taken = take_mail(app, kind(&order.purpose), &order.email, order.source)?;
    let now = app.clock.now();
    let code = app.random.digits::<MAILED_CODE_DIGITS>();
    let lifetime = match &order.purpose {
        CodePurpose::SignUp { .. } => SIGN_UP_LIFETIME,
        CodePurpose::Confirmation | CodePurpose::SignIn | CodePurpose::AddressChange => {
            app.config.accounts.mailed_secret_lifetime
        }
    };
    let fresh = MailedCode {
        email: order.email.clone(),
        user_epoch: None,
        tag: app
            .keys
            .mailed_codes
            .tag(TAG, &parts(&order.interaction, &order.email, &code).each_ref().map(String::as_str)),
        purpose: order.purpose,
        sent_at: now,
        expires_at: now.plus(lifetime),
        tries: 0,
        resent: 0,
    };
    let circumstances = Circumstances::of(app, by);
    let (key, locale, sign_up) = (order.interaction, order.locale, app.config.accounts.sign_up);
    let sealed = Enclosure::new(&app.master_keys, &app.random, &fresh.email, &code);
    let way_back = WayBack::new(app, &fresh.email, now);
    let waits = app.config.limits.mails.is_some();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(mut interaction) = interactions::find(tx, &key)?.filter(|found| found.is_open(now)) else {
                return Ok(CodeSent::Over);
            };
            let resent = match next_number(interaction.mailed_code.as_ref(), &fresh, waits, now) {
                Ok(resent) => resent,
                Err(seconds) => {
                    // The code that was sent opens what was chosen last.
                    if let Some(before) = &mut interaction.mailed_code {
                        before.purpose = fresh.purpose.clone();
                    }
                    interactions::update(tx, &key, &interaction)?;
                    return Ok(CodeSent::TooSoon(seconds));
                }
            };
            let service = service_of(tx, &interaction)?;
            let user = users::find_by_email(tx, &fresh.email)?;
            let user_epoch = user.as_ref().map(|user| user.epoch);
            // The sign-in that it belongs to may end before it.
            let expires_at = fresh.expires_at.min(interaction.expires_at);
            interaction.mailed_code = Some(MailedCode { resent, user_epoch, expires_at, ..fresh.clone() });
            interactions::update(tx, &key, &interaction)?;
            let may_have_it = user.as_ref().map_or(sign_up, User::may_sign_in);
            if let Some((change, locale)) = find_way_back(tx, &fresh.email, now)? {
                way_back.tell(tx, &change, locale, now)?;
            } else if may_have_it {
                let content = MailContent::EmailCode { expires_at, service };
                let mail = OutgoingMail::notice(fresh.email.clone(), locale, content, now);
                outbox::insert(tx, &mail.carrying(sealed.seal(tx)?, expires_at))?;
            }
            let user_id = user.map(|user| user.id);
            circumstances.record(tx, AuditEvent::SecretMailed { user_id, secret: MailedSecret::Code })?;
            Ok(CodeSent::Sent)
        })
        .await?;
    match outcome {
        CodeSent::Sent => {}
        CodeSent::TooSoon(_) | CodeSent::Over => taken.given_back(app)?,
    }
    Ok(outcome)
}

/// Seconds for which no code for this purpose may be asked for, because the last one was sent a moment ago or too many
/// mails were asked for; `None` for none. Asks nothing of the limits, and tells nothing of who has the address.
///
/// # Errors
/// When the limits cannot be read.
pub fn wait_for_code(
    app: &App,
    last: Option<&MailedCode>,
    (purpose, email): (&CodePurpose, &Email),
    source: Source,
) -> Result<Option<u64>, ActError> {
    let now = app.clock.now();
    let waits = app.config.limits.mails.is_some();
    let resend = last.filter(|last| waits && !last.next_at().has_come(now));
    let resend = resend.map(|last| last.next_at().seconds_since(now));
    Ok(resend.max(wait_for_mail(app, kind(purpose), email, source)?))
}

/// Whether a code by which one signs in opens an account for whoever has none: where known addresses are not told from
/// unknown ones, and anybody may sign up.
pub fn a_code_opens_accounts(app: &App) -> bool {
    app.config.accounts.hide_existence && app.config.accounts.sign_up
}

/// For what mails and guesses are counted together: what strangers can ask for costs whoever signed in already nothing.
fn kind(purpose: &CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::Confirmation => "confirmation",
        CodePurpose::AddressChange => "address",
        CodePurpose::SignUp { .. } | CodePurpose::SignIn => "entry",
    }
}

/// How many codes of this kind were sent to this address before in this sign-in.
///
/// # Errors
/// The seconds to wait.
pub(in crate::acts) fn next_number(
    before: Option<&MailedCode>,
    fresh: &MailedCode,
    waits: bool,
    now: Timestamp,
) -> Result<u8, u64> {
    let Some(before) = before.filter(|before| before.is_like(fresh)) else { return Ok(0) };
    if waits && !before.next_at().has_come(now) {
        return Err(before.next_at().seconds_since(now).max(1));
    }
    Ok(before.resent.saturating_add(1))
}

/// The name of the service that a sign-in leads to.
pub(super) fn service_of(tx: &impl Read, interaction: &Interaction) -> Result<Option<String>, StoreError> {
    let Some(pending) = interaction.authorization() else { return Ok(None) };
    Ok(clients::find(tx, &pending.client_id)?.map(|client| client.name))
}

/// What a code is good for: this sign-in and this address.
fn parts(interaction: &HandleKey<Interaction>, email: &Email, code: &str) -> [String; 3] {
    [hex(interaction.digest()), email.as_str().to_owned(), code.to_owned()]
}

/// A code that is given back.
pub struct CodeAttempt<'a> {
    /// For which sign-in.
    pub interaction: HandleKey<Interaction>,
    /// As it was typed.
    pub code: &'a str,
    /// What the browser shows to say that somebody signed in in it before.
    pub known_browser: Option<&'a str>,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What became of a code.
#[derive(Debug)]
pub enum CodeOutcome {
    /// It was right.
    Opened(Box<NewSession>),
    /// It was right, and the account was there already, with a password: the one chosen here is not it.
    AlreadyThere,
    /// It is no code, or another one.
    Wrong,
    /// It opens nothing any more: another one must be asked for.
    Over,
}

/// What came of it in the transaction.
enum Outcome {
    Opened(Box<Opened>),
    AlreadyThere,
    /// It opens nothing; with whether it was a guess at one that was open.
    Refused(MailedCodeRefusal, bool),
    Superseded,
}

/// Gives a code back. Whoever does reads the mailbox, and is who they say.
///
/// # Errors
/// Too many codes were tried at this address, or the store fails.
pub async fn redeem_code(app: &App, by: &By, attempt: CodeAttempt<'_>) -> Result<CodeOutcome, ActError> {
    let key = attempt.interaction;
    let pending = app.store.read(|tx| interactions::find(tx, &key))?.and_then(|interaction| interaction.mailed_code);
    let Some(pending) = pending else { return Ok(CodeOutcome::Over) };
    let Some(digits) = digits_of_code(attempt.code) else { return Ok(CodeOutcome::Wrong) };
    let taken = take_code_guess(app, kind(&pending.purpose), &pending.email)?;
    let tags = app.keys.mailed_codes.clone();
    let drawn = Drawn::new(app);
    let admission = Admission::new(app);
    let circumstances = Circumstances::of(app, by);
    let opening = Opening {
        asserted: None,
        interaction: Some(key),
        browser: attempt.place.handle,
        previous: attempt.place.session.map(|active| active.key),
        entry: Entry::Mail(Factor::EmailCode),
        known_browser: attempt.known_browser.and_then(crypto::parse_handle::<KnownBrowser>),
        locale: attempt.locale,
    };
    let job = Job { key, digits, tags, opening, drawn: drawn.clone(), admission, circumstances };
    let (now, bans) = (app.clock.now(), taken.bans().to_vec());
    let outcome = app.store.write(move |tx| job.run(tx, &bans, now)).await?;
    match &outcome {
        Outcome::Refused(_, true) => {}
        Outcome::Refused(_, false) | Outcome::Opened(_) | Outcome::AlreadyThere | Outcome::Superseded => {
            taken.given_back(app)?
        }
    }
    match outcome {
        Outcome::Opened(opened) => {
            let opened = drawn.hand_out(*opened);
            forget_guesses(app, &opened.active.user.email)?;
            Ok(CodeOutcome::Opened(Box::new(opened)))
        }
        Outcome::AlreadyThere => Ok(CodeOutcome::AlreadyThere),
        Outcome::Refused(MailedCodeRefusal::Wrong, _) => Ok(CodeOutcome::Wrong),
        Outcome::Refused(MailedCodeRefusal::Over, _) => Ok(CodeOutcome::Over),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

struct Job {
    key: HandleKey<Interaction>,
    digits: String,
    tags: MacKey,
    opening: Opening,
    drawn: Drawn,
    admission: Admission,
    circumstances: Circumstances,
}

impl Job {
    fn run(&self, tx: &mut Tx, bans: &[Ban], now: Timestamp) -> Result<Outcome, StoreError> {
        let over = Outcome::Refused(MailedCodeRefusal::Over, false);
        let found = interactions::find(tx, &self.key)?.filter(|found| found.is_open(now));
        let Some((mut interaction, mut code)) =
            found.and_then(|found| found.mailed_code.clone().map(|code| (found, code)))
        else {
            return Ok(over);
        };
        let parts = parts(&self.key, &code.email, &self.digits);
        let is_right = self.tags.verify(TAG, &parts.each_ref().map(String::as_str), &code.tag);
        let was_open = code.is_open(now);
        if let Err(refusal) = code.redeem(is_right, now) {
            let user_id = users::find_by_email(tx, &code.email)?.map(|user| user.id);
            interaction.mailed_code = Some(code);
            interactions::update(tx, &self.key, &interaction)?;
            let event = AuditEvent::SignInFailed { user_id, reason: SignInFailure::WrongCode };
            self.circumstances.record(tx, event)?;
            if was_open {
                write_bans(tx, bans)?;
            }
            return Ok(Outcome::Refused(refusal, was_open));
        }
        interaction.mailed_code = None;
        interactions::update(tx, &self.key, &interaction)?;
        match &code.purpose {
            CodePurpose::Confirmation => self.confirm(tx, &code.email, now),
            CodePurpose::SignUp { password_hash } => self.admit(tx, &code, Some(password_hash)),
            CodePurpose::SignIn => self.admit(tx, &code, None),
            // Kept with a session, never with a sign-in.
            CodePurpose::AddressChange => Ok(over),
        }
    }

    /// The person signed in here reads the mailbox of their account.
    fn confirm(&self, tx: &mut Tx, email: &Email, now: Timestamp) -> Result<Outcome, StoreError> {
        let over = Ok(Outcome::Refused(MailedCodeRefusal::Over, false));
        let Some(previous) = self.opening.previous else { return over };
        let Some(user) = live_owner(tx, &previous, email, now)? else { return over };
        let opening = Opening { entry: Entry::Confirmation, ..self.opening.clone() };
        match open_in(tx, &self.circumstances, user, &opening, &self.drawn)? {
            Some(opened) => Ok(Outcome::Opened(Box::new(opened))),
            None => Ok(Outcome::Superseded),
        }
    }

    fn admit(&self, tx: &mut Tx, code: &MailedCode, password_hash: Option<&String>) -> Result<Outcome, StoreError> {
        let claimant = Claimant { email: code.email.clone(), epoch: code.user_epoch };
        Ok(match admit(tx, &self.circumstances, &self.admission, &claimant, password_hash)? {
            Verdict::Admitted(user) => match open_in(tx, &self.circumstances, *user, &self.opening, &self.drawn)? {
                Some(opened) => Outcome::Opened(Box::new(opened)),
                None => Outcome::Superseded,
            },
            Verdict::AlreadyThere => Outcome::AlreadyThere,
            Verdict::Closed => Outcome::Refused(MailedCodeRefusal::Over, false),
        })
    }
}

fn live_owner(
    tx: &impl Read,
    session: &HandleKey<BrowserSession>,
    email: &Email,
    now: Timestamp,
) -> Result<Option<User>, StoreError> {
    Ok(find_live(tx, session, now)?.map(|(_, user)| user).filter(|user| user.email == *email))
}
