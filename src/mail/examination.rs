//! The server of mails tried out, with a mail of its own if wanted.

use super::conversation::{Conversation, Steps};
use super::message::{Identity, Letter};
use super::trouble::{Stage, Trouble};
use crate::clock::Clock;
use crate::config::Mailing;
use crate::domain::{Email, MailContent, OutgoingMail};
use crate::protocol::Locale;
use crate::render::{MailFrame, RenderError, Renderer};

/// A mail to try with.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// To whom.
    pub to: &'a Email,
    /// In which language.
    pub locale: Locale,
    /// The name of the instance.
    pub instance_name: &'a str,
    /// Its address.
    pub issuer: &'a str,
    /// Where its people ask for help.
    pub contact: Option<&'a str>,
    /// Its host.
    pub host: &'a str,
    /// A text that was never used before.
    pub nonce: &'a str,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The steps that were taken, the last one perhaps in vain.
    pub steps: Vec<Stage>,
    /// What the server said at the end, nothing where no mail was sent; or what went wrong.
    pub outcome: Result<Option<String>, Trouble>,
}

/// Goes through a conversation as mails would.
///
/// # Errors
/// When the mail to try with cannot be written.
pub async fn examine(mailing: &Mailing, clock: &Clock, trial: Option<Trial<'_>>) -> Result<Examination, RenderError> {
    let letter = trial.map(|trial| write(mailing, clock, trial)).transpose()?;
    let steps = Steps::default();
    let outcome = go(mailing, clock, letter.as_ref(), &steps).await;
    Ok(Examination { steps: steps.taken(), outcome })
}

async fn go(
    mailing: &Mailing,
    clock: &Clock,
    letter: Option<&Letter>,
    steps: &Steps,
) -> Result<Option<String>, Trouble> {
    let mut conversation = Conversation::begin(&mailing.server, clock, steps).await?;
    let said = match letter {
        Some(letter) => Some(conversation.hand_over(letter, steps).await?),
        None => None,
    };
    conversation.end().await;
    Ok(said)
}

fn write(mailing: &Mailing, clock: &Clock, trial: Trial<'_>) -> Result<Letter, RenderError> {
    let now = clock.now();
    let mail = OutgoingMail::notice(trial.to.clone(), trial.locale, MailContent::Trial { at: now }, now);
    let Trial { locale, instance_name, issuer, contact, .. } = trial;
    let frame = MailFrame { locale, instance_name, issuer, to: trial.to.as_str(), contact, secret: None };
    let written = Renderer::new()?.mail(&mail.content, &frame)?;
    let identity = Identity::new(trial.nonce, 0, &mail, trial.host);
    Letter::compose(mailing, &mail, &written, &identity).map_err(|cause| RenderError::Catalogue(cause.to_string()))
}
