//! Links by mail that sign their reader in, in the browser that asked for them.

use super::codes::{CodeSent, service_of};
use super::entry::{Admission, Claimant, Verdict, admit};
use super::limits::{take_mail, wait_for_mail};
use crate::acts::account::{WayBack, find_way_back};
use crate::acts::attempts::forget_guesses;
use crate::acts::new_session::{Drawn, Entry, NewSession, Opened, Opening, open_in};
use crate::acts::pre_sessions::InBrowser;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Email, Factor, Handle, HandleKey, Interaction, KnownBrowser, LinkRequest, MagicLink, MailContent,
    MailedSecret, OutgoingMail, PreSession, Source, User,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, interactions, magic_links, outbox, users};

/// A link to mail.
pub struct LinkOrder {
    /// For which sign-in.
    pub interaction: HandleKey<Interaction>,
    /// To whom.
    pub email: Email,
    /// From where it is asked.
    pub source: Source,
    /// The language of the mail.
    pub locale: Locale,
    /// The address of the page, to which the value of the link is appended.
    pub page: String,
}

/// Mails a link; the one before does not work any more. Nobody learns whether the address is known.
///
/// # Errors
/// When too many mails were asked for, or the store fails.
pub async fn mail_magic_link(app: &App, by: &By, order: LinkOrder) -> Result<CodeSent, ActError> {
    let taken = take_mail(app, "entry", &order.email, order.source)?;
    let now = app.clock.now();
    let expires_at = now.plus(app.config.accounts.mailed_secret_lifetime);
    let Handle { value, key } = crypto::issue_handle::<MagicLink>(&app.random, expires_at);
    let href = format!("{}{}{value}", app.config.issuer(), order.page);
    let sealed = Enclosure::new(&app.master_keys, &app.random, &order.email, &href);
    let way_back = WayBack::new(app, &order.email, now);
    let sign_up = app.config.accounts.sign_up;
    let circumstances = Circumstances::of(app, by);
    let waits = app.config.limits.mails.is_some();
    let outcome = app
        .store
        .write(move |tx| {
            let found = interactions::find(tx, &order.interaction)?.filter(|found| found.is_open(now));
            let Some(mut interaction) = found else { return Ok(CodeSent::Over) };
            let before = interaction.link_request.take().filter(|before| before.email == order.email);
            if let Some(before) = before.as_ref().filter(|before| waits && !before.next_at().has_come(now)) {
                return Ok(CodeSent::TooSoon(before.next_at().seconds_since(now).max(1)));
            }
            // The sign-in that it belongs to may end before it.
            let expires_at = expires_at.min(interaction.expires_at);
            let service = service_of(tx, &interaction)?;
            interaction.magic_link = Some(key);
            interaction.link_request = Some(LinkRequest {
                email: order.email.clone(),
                asked_at: now,
                expires_at,
                resent: before.map_or(0, |before| before.resent.saturating_add(1)),
            });
            interactions::update(tx, &order.interaction, &interaction)?;
            let user = users::find_by_email(tx, &order.email)?;
            if let Some((change, locale)) = find_way_back(tx, &order.email, now)? {
                way_back.tell(tx, &change, locale, now)?;
            } else if user.as_ref().map_or(sign_up, User::may_sign_in) {
                let link = MagicLink {
                    email: order.email.clone(),
                    user_epoch: user.as_ref().map(|user| user.epoch),
                    interaction: order.interaction,
                    service: service.clone(),
                    whereabouts: circumstances.whereabouts(),
                    asked_at: now,
                    expires_at,
                    over_at: None,
                };
                magic_links::insert(tx, &key, &link)?;
                let content = MailContent::MagicLink { expires_at, service };
                let mail = OutgoingMail::notice(order.email.clone(), order.locale, content, now);
                outbox::insert(tx, &mail.carrying(sealed.seal(tx)?, expires_at))?;
            }
            let user_id = user.map(|user| user.id);
            circumstances.record(tx, AuditEvent::SecretMailed { user_id, secret: MailedSecret::MagicLink })?;
            Ok(CodeSent::Sent)
        })
        .await?;
    match outcome {
        CodeSent::Sent => {}
        CodeSent::TooSoon(_) | CodeSent::Over => taken.given_back(app)?,
    }
    Ok(outcome)
}

/// Seconds for which no other link may be asked for, as with codes; `None` for none.
///
/// # Errors
/// When the limits cannot be read.
pub fn wait_for_link(app: &App, last: &LinkRequest, source: Source) -> Result<Option<u64>, ActError> {
    let now = app.clock.now();
    let waits = app.config.limits.mails.is_some() && !last.next_at().has_come(now);
    let resend = waits.then(|| last.next_at().seconds_since(now));
    Ok(resend.max(wait_for_mail(app, "entry", &last.email, source)?))
}

/// Where a link leads, for whoever looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPlace {
    /// This browser asked for it.
    Here(MagicLink),
    /// Another browser did.
    Elsewhere(MagicLink),
    /// It does not work any more, or never did.
    Void,
}

/// Looks at a link without using it up.
///
/// # Errors
/// When the store fails.
pub fn look_at_magic_link(app: &App, value: &str, browser: HandleKey<PreSession>) -> Result<LinkPlace, ActError> {
    let Some(key) = crypto::parse_handle::<MagicLink>(value) else { return Ok(LinkPlace::Void) };
    let (now, admission) = (app.clock.now(), Admission::new(app));
    Ok(app.store.read(|tx| {
        let found = find_open(tx, &key, now)?;
        // That of an account which was closed since is like one that was used: a look tells no more than the form.
        let is_open = match &found {
            Some((link, _)) => admission.is_open_to(tx, &claimant_of(link))?,
            None => false,
        };
        Ok(match found.filter(|_| is_open) {
            Some((link, interaction)) if interaction.browser == Some(browser) => LinkPlace::Here(link),
            Some((link, _)) => LinkPlace::Elsewhere(link),
            None => LinkPlace::Void,
        })
    })?)
}

/// Whoever holds a link.
fn claimant_of(link: &MagicLink) -> Claimant {
    Claimant { email: link.email.clone(), epoch: link.user_epoch }
}

/// A link that works, with the sign-in that asked for it: the last one asked there, and while that sign-in is open.
fn find_open(
    tx: &impl Read,
    key: &HandleKey<MagicLink>,
    now: Timestamp,
) -> Result<Option<(MagicLink, Interaction)>, StoreError> {
    let Some(link) = magic_links::find(tx, key)?.filter(|link| link.is_open(now)) else { return Ok(None) };
    let interaction = interactions::find(tx, &link.interaction)?.filter(|found| found.is_open(now));
    Ok(interaction.filter(|found| found.magic_link == Some(*key)).map(|interaction| (link, interaction)))
}

/// A link that is used.
pub struct LinkAttempt<'a> {
    /// Its value.
    pub value: &'a str,
    /// What the browser shows to say that somebody signed in in it before.
    pub known_browser: Option<&'a str>,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

enum Outcome {
    Opened(Box<Opened>),
    Void,
    Superseded,
}

/// Uses a link up, in the browser that asked for it. `None` when it opens nothing.
///
/// # Errors
/// When the store fails.
pub async fn redeem_magic_link(
    app: &App,
    by: &By,
    attempt: LinkAttempt<'_>,
) -> Result<Option<(NewSession, HandleKey<Interaction>)>, ActError> {
    let Some(key) = crypto::parse_handle::<MagicLink>(attempt.value) else { return Ok(None) };
    let now = app.clock.now();
    let Some((link, _)) = app.store.read(|tx| find_open(tx, &key, now))? else { return Ok(None) };
    let (drawn, admission, circumstances) = (Drawn::new(app), Admission::new(app), Circumstances::of(app, by));
    let opening = Opening {
        asserted: None,
        interaction: Some(link.interaction),
        browser: attempt.place.handle,
        previous: attempt.place.session.map(|active| active.key),
        entry: Entry::Mail(Factor::EmailLink),
        known_browser: attempt.known_browser.and_then(crypto::parse_handle::<KnownBrowser>),
        locale: attempt.locale,
    };
    let job = drawn.clone();
    let outcome = app
        .store
        .write(move |tx| {
            let Some((link, interaction)) = find_open(tx, &key, now)? else { return Ok(Outcome::Void) };
            if interaction.browser != Some(opening.browser) {
                return Ok(Outcome::Void);
            }
            let claimant = claimant_of(&link);
            let Some(used) = link.redeem(now) else { return Ok(Outcome::Void) };
            magic_links::update(tx, &key, &used)?;
            let user = match admit(tx, &circumstances, &admission, &claimant, None)? {
                Verdict::Admitted(user) => *user,
                Verdict::AlreadyThere | Verdict::Closed => return Ok(Outcome::Void),
            };
            Ok(match open_in(tx, &circumstances, user, &opening, &job)? {
                Some(opened) => Outcome::Opened(Box::new(opened)),
                None => Outcome::Superseded,
            })
        })
        .await?;
    match outcome {
        Outcome::Opened(opened) => {
            let opened = drawn.hand_out(*opened);
            forget_guesses(app, &opened.active.user.email)?;
            Ok(Some((opened, link.interaction)))
        }
        Outcome::Void => Ok(None),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

/// The reader of the mailbox did not ask for the link: it opens nothing any more, in any browser. Whether it worked until
/// now.
///
/// # Errors
/// When the store fails.
pub async fn disown_magic_link(app: &App, by: &By, value: &str) -> Result<bool, ActError> {
    let Some(key) = crypto::parse_handle::<MagicLink>(value) else { return Ok(false) };
    let now = app.clock.now();
    let circumstances = Circumstances::of(app, by);
    let was_open = app
        .store
        .write(move |tx: &mut Tx| {
            let Some(link) = magic_links::find(tx, &key)? else { return Ok(false) };
            let email = link.email.clone();
            let Some(over) = link.redeem(now) else { return Ok(false) };
            magic_links::update(tx, &key, &over)?;
            let user_id = users::find_by_email(tx, &email)?.map(|user| user.id);
            circumstances.record(tx, AuditEvent::MagicLinkDisowned { user_id })?;
            Ok(true)
        })
        .await?;
    Ok(was_open)
}
