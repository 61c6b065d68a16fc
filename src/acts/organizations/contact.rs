//! The proof by an address of the organization: which addresses there are, the code that one of them is sent, and its way
//! back. The directory is asked at the moment of sending (SEC-110), and the address is shown masked.

use std::time::Duration;

use super::joining::{Joined, link, standing_of};
use super::look_up::known_contacts;
use crate::acts::mailbox::{take_contact_guess, take_contact_mail, write_bans};
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::MacKey;
use crate::domain::{
    AuditEvent, ContactCode, ContactProof, ContactProofRefusal, Email, EmailDomain, EmailDomainStatus, HandleKey,
    Interaction, KnownContact, MailContent, Organization, OrganizationId, OutgoingMail, RequestStanding, Source,
    UserId, Verification, normalized_words, words_of,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, contact_proofs, email_domains, memberships, moderations, organizations, outbox};

/// The purpose of the tags that are kept of codes.
const TAG: &str = "contact code";
/// The purpose of the names under which addresses are chosen.
const CHOICE: &str = "contact choice";
/// How long a code is good for.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long one waits before another one is sent.
const WAIT: Duration = Duration::from_secs(5 * 60);

/// An address that a code may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChoice {
    /// Under which name it is chosen.
    pub name: String,
    /// The address, masked.
    pub masked: String,
}

/// Where a person stands with the proof.
#[derive(Debug, Clone)]
pub enum ContactStanding {
    /// Nothing is to be proven so.
    NotAwaited,
    /// A code is on its way to this address, masked.
    Sent(Box<Organization>, String),
    /// One of these addresses is to be sent a code.
    Choose(Box<Organization>, Vec<ContactChoice>),
    /// The directory does not answer, or has no address any more.
    Unavailable(Box<Organization>),
}

/// A code to send.
#[derive(Debug, Clone)]
pub struct ContactOrder {
    /// For which organization.
    pub organization_id: OrganizationId,
    /// The name of the address; where there is one only, it needs none.
    pub choice: Option<String>,
    /// From where it is asked.
    pub source: Source,
}

/// What became of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactSent {
    /// It is on its way.
    Sent,
    /// The last one was sent a moment ago: seconds to wait.
    TooSoon(u64),
    /// No address, or none of them, was chosen.
    NotChosen,
    /// The directory does not answer, or has no address any more.
    Unavailable,
    /// Nothing is to be proven so.
    NotAwaited,
}

/// What became of a code that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactOutcome {
    /// The person joined.
    Joined,
    /// It is another one.
    Wrong,
    /// Another one must be sent.
    Over,
    /// Nothing is to be proven so.
    NotAwaited,
}

/// The address as whoever asks for the code sees it: its domain, and the ends of what is before it.
fn masked(email: &Email) -> String {
    format!("{}@{}", masked_word(email.local_part()), email.domain())
}

/// The same, by the ends of each word: tells apart what looks alike otherwise.
fn masked_by_word(email: &Email) -> String {
    let between = ['-', '.', '_'];
    let words = email.local_part().split_inclusive(between).map(|word| {
        let letters = word.trim_end_matches(between);
        masked_word(letters) + word.strip_prefix(letters).unwrap_or_default()
    });
    format!("{}@{}", words.collect::<String>(), email.domain())
}

fn masked_word(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    match letters.as_slice() {
        [first, _, .., last] if letters.len() > 3 => format!("{first}•••{last}"),
        [first, ..] => format!("{first}•••"),
        [] => String::new(),
    }
}

fn name_of(keys: &MacKey, user_id: UserId, email: &Email) -> String {
    keys.tag(CHOICE, &[&user_id.to_string(), email.as_str()])
}

fn awaited(app: &App, user_id: UserId, id: OrganizationId) -> Result<Option<(ContactProof, Organization)>, ActError> {
    let found = app.store.read(|tx| {
        let Some(proof) = contact_proofs::find(tx, user_id, id)? else { return Ok(None) };
        Ok(organizations::find(tx, id)?.map(|organization| (proof, organization)))
    })?;
    Ok(found)
}

/// The addresses of the directory at this moment; none where it does not answer.
async fn contacts_now(app: &App, organization: &Organization) -> Vec<Email> {
    let Ok(Some(establishment)) = app.directory.find_establishment(&organization.siret).await else {
        return Vec::new();
    };
    let found = known_contacts(app, &establishment).await.unwrap_or_default();
    // An address that anybody can have is believed of communes only (SEC-110).
    let is_believed = |contact: &KnownContact| !organization.is_school() || contact.own_domain().is_some();
    found.into_iter().filter(is_believed).map(|contact| contact.email).collect()
}

/// Where the person stands with the proof for an organization.
///
/// # Errors
/// When the store fails.
pub async fn contact_standing(
    app: &App,
    active: &ActiveSession,
    organization_id: OrganizationId,
) -> Result<ContactStanding, ActError> {
    let (user_id, now) = (active.user.id, app.clock.now());
    let Some((proof, organization)) = awaited(app, user_id, organization_id)? else {
        return Ok(ContactStanding::NotAwaited);
    };
    let organization = Box::new(organization);
    if let Some(code) = proof.code.filter(|code| code.is_open(now)) {
        return Ok(ContactStanding::Sent(organization, masked(&code.contact)));
    }
    let contacts = contacts_now(app, &organization).await;
    if contacts.is_empty() {
        return Ok(ContactStanding::Unavailable(organization));
    }
    let choice = |email: &Email| {
        let looks_alike = |other: &Email| other != email && masked(other) == masked(email);
        let is_mistakable = contacts.iter().any(looks_alike);
        let masked = if is_mistakable { masked_by_word(email) } else { masked(email) };
        ContactChoice { name: name_of(&app.keys.mailed_codes, user_id, email), masked }
    };
    Ok(ContactStanding::Choose(organization, contacts.iter().map(choice).collect()))
}

/// Sends a code to an address of the organization, as the directory gives it now.
///
/// # Errors
/// When too many were asked for, or the store fails.
pub async fn mail_contact_code(
    app: &App,
    by: &By,
    active: &ActiveSession,
    order: ContactOrder,
) -> Result<ContactSent, ActError> {
    let (user_id, id, now) = (active.user.id, order.organization_id, app.clock.now());
    let Some((_, organization)) = awaited(app, user_id, id)? else { return Ok(ContactSent::NotAwaited) };
    let contacts = contacts_now(app, &organization).await;
    let is_chosen = |email: &&Email| {
        order.choice.as_deref().is_some_and(|choice| choice == name_of(&app.keys.mailed_codes, user_id, email))
    };
    let contact = match contacts.as_slice() {
        [] => return Ok(ContactSent::Unavailable),
        [only] if order.choice.is_none() => only.clone(),
        several => match several.iter().find(is_chosen) {
            Some(chosen) => chosen.clone(),
            None => return Ok(ContactSent::NotChosen),
        },
    };
    let taken = take_contact_mail(app, &contact, order.source)?;
    let words = words_of(u64::from_be_bytes(app.random.bytes()));
    let code = ContactCode {
        tag: app.keys.mailed_codes.tag(TAG, &parts(user_id, id, &contact, &words).each_ref().map(String::as_str)),
        contact,
        sent_at: now,
        expires_at: now.plus(LIFETIME),
        tries: 0,
    };
    let sealed = Enclosure::new(&app.master_keys, &app.random, &code.contact, &words);
    let circumstances = Circumstances::of(app, by);
    let (applicant, name) = (active.user.email.clone(), active.user.information.full_name());
    let waits = app.config.limits.mails.is_some();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(proof) = contact_proofs::find(tx, user_id, id)? else { return Ok(ContactSent::NotAwaited) };
            let next_at = proof.code.as_ref().map(|code| code.sent_at.plus(WAIT)).filter(|next| !next.has_come(now));
            if let Some(next_at) = next_at.filter(|_| waits) {
                return Ok(ContactSent::TooSoon(next_at.seconds_since(now).max(1)));
            }
            contact_proofs::put(tx, &ContactProof { code: Some(code.clone()), ..proof })?;
            let content = MailContent::OfficialContactCode {
                expires_at: code.expires_at,
                applicant: applicant.clone(),
                name: name.clone(),
                organization: organization.label.clone(),
            };
            // Whoever opens the mail works in France, whatever language the applicant speaks.
            let mail = OutgoingMail::notice(code.contact.clone(), Locale::Fr, content, now);
            outbox::insert(tx, &mail.carrying(sealed.seal(tx)?, code.expires_at))?;
            circumstances.record(tx, AuditEvent::ContactCodeMailed { user_id, organization_id: id })?;
            Ok(ContactSent::Sent)
        })
        .await?;
    if outcome != ContactSent::Sent {
        taken.given_back(app)?;
    }
    Ok(outcome)
}

/// What a code is good for: this person, this organization, this address.
fn parts(user_id: UserId, id: OrganizationId, contact: &Email, words: &str) -> [String; 4] {
    [user_id.to_string(), id.to_string(), contact.as_str().to_owned(), words.to_owned()]
}

/// The words that are given back.
#[derive(Debug, Clone, Copy)]
pub struct ContactAttempt<'a> {
    /// For which organization.
    pub organization_id: OrganizationId,
    /// As they were typed.
    pub typed: &'a str,
    /// The sign-in under way.
    pub interaction: Option<HandleKey<Interaction>>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// Gives the words back.
///
/// # Errors
/// When too many were tried, or the store fails.
pub async fn redeem_contact_code(
    app: &App,
    by: &By,
    active: &ActiveSession,
    attempt: ContactAttempt<'_>,
) -> Result<ContactOutcome, ActError> {
    let ContactAttempt { organization_id, typed, interaction, locale } = attempt;
    let words = normalized_words(typed);
    if words.is_empty() {
        return Ok(ContactOutcome::Wrong);
    }
    let taken = take_contact_guess(app, active.user.id)?;
    let bans = taken.bans().to_vec();
    let circumstances = Circumstances::of(app, by);
    let (key, now, keys) = (active.key, app.clock.now(), app.keys.mailed_codes.clone());
    let outcome = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &key, now)? else { return Ok(ContactOutcome::NotAwaited) };
            let Some(mut proof) = contact_proofs::find(tx, user.id, organization_id)? else {
                return Ok(ContactOutcome::NotAwaited);
            };
            let is_right = proof.code.as_ref().is_some_and(|code| {
                let parts = parts(user.id, organization_id, &code.contact, &words);
                keys.verify(TAG, &parts.each_ref().map(String::as_str), &code.tag)
            });
            if let Err(refusal) = proof.redeem(is_right, now) {
                contact_proofs::put(tx, &proof)?;
                write_bans(tx, &bans)?;
                circumstances.record(tx, AuditEvent::ContactCodeRefused { user_id: user.id, organization_id })?;
                return Ok(match refusal {
                    ContactProofRefusal::Wrong => ContactOutcome::Wrong,
                    ContactProofRefusal::Over => ContactOutcome::Over,
                });
            }
            contact_proofs::delete(tx, user.id, organization_id)?;
            let organization = organizations::get(tx, organization_id)?;
            if !may_still_join(tx, user.id, &user.email, &organization)? {
                return Ok(ContactOutcome::NotAwaited);
            }
            let circumstances = &circumstances;
            let (session, user, is_external) = (&session, &user, proof.as_external);
            let joined = Joined { key, session, user, interaction, is_external, locale, circumstances, now };
            link(tx, &joined, &organization, Verification::CodeSentToOfficialContactEmail, false)?;
            Ok(ContactOutcome::Joined)
        })
        .await?;
    if outcome == ContactOutcome::Joined {
        taken.given_back(app)?;
    }
    Ok(outcome)
}

/// What may have changed since the person was asked for the proof.
fn may_still_join(
    tx: &impl Read,
    user_id: UserId,
    email: &Email,
    organization: &Organization,
) -> Result<bool, StoreError> {
    let domain = email_domains::find(tx, organization.id, &EmailDomain::of(email))?;
    let is_refused = domain.is_some_and(|known| known.status == EmailDomainStatus::Refused);
    let known = memberships::find(tx, user_id, organization.id)?;
    let is_proven = known.is_some_and(|known| known.verification.is_proven());
    let mut requests = moderations::list_of_user(tx, user_id)?;
    requests.retain(|request| request.organization_id == organization.id);
    // Whoever waits for a moderator, or was refused by one, has a page that says so.
    let is_decided_elsewhere = standing_of(&requests) != RequestStanding::None;
    Ok(organization.is_active && !is_refused && !is_proven && !is_decided_elsewhere)
}

/// How long an unused proof is remembered as a step.
pub(in crate::acts) fn is_awaited(proof: &ContactProof, now: Timestamp) -> bool {
    !proof.created_at.plus(LIFETIME).has_come(now)
}
