//! Mails as they leave: subject, text and HTML.

use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::domain::MailContent;
use crate::protocol::Locale;

/// The most characters of a name that somebody else chose.
const MAX_NAME: usize = 60;

/// What every mail shares.
#[derive(Debug, Clone, Copy)]
pub struct MailFrame<'a> {
    /// The language of its reader.
    pub locale: Locale,
    /// The name of the instance.
    pub instance_name: &'a str,
    /// Its address, without a slash at the end.
    pub issuer: &'a str,
    /// To whom it goes.
    pub to: &'a str,
    /// Where one asks for help, where the operator says it.
    pub contact: Option<&'a str>,
    /// The code or link in it; a template that writes one cannot be written without.
    pub secret: Option<&'a str>,
}

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenMail {
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// What the templates of a kind are given, beside the frame.
pub(super) fn values(content: &MailContent, frame: &MailFrame<'_>) -> Value {
    let values = match content {
        MailContent::NewSignIn { at, service } => context! { at => at.0, service => service.as_deref().map(shortened) },
        MailContent::EmailCode { expires_at, service } | MailContent::MagicLink { expires_at, service } => {
            context! { expires_at => expires_at.0, service => service.as_deref().map(shortened) }
        }
        MailContent::FactorRemovalAsked { due_at, reason } => context! { due_at => due_at.0, reason => reason },
        MailContent::PasswordLink { expires_at }
        | MailContent::DataLink { expires_at }
        | MailContent::AddressCode { expires_at } => context! { expires_at => expires_at.0 },
        MailContent::AddressChanged { at, expires_at } => context! { at => at.0, expires_at => expires_at.0 },
        MailContent::UnusedAccount { erased_from } => context! { erased_from => erased_from.0 },
        MailContent::Invitation { expires_at, organization } => {
            context! { expires_at => expires_at.0, organization => organization.as_deref().map(shortened) }
        }
        MailContent::AccountAdministered { at, act } => context! { at => at.0, act => act.as_str() },
        MailContent::AdministratorsChanged { at, about } => context! { at => at.0, about => about.as_str() },
        MailContent::PersonalInformationChanged { at, changes } => {
            context! { at => at.0, changes => Value::from(Serde(changes)) }
        }
        MailContent::Alert { alert, at, count } => context! { alert => alert.as_str(), at => at.0, count },
        MailContent::RecoveryCodeUsed { at, left, are_few } => context! { at => at.0, left, are_few },
        MailContent::Welcome { organization, name } | MailContent::ModerationCancelled { organization, name } => {
            context! { organization => shortened(organization), name => name.as_deref().map(shortened) }
        }
        MailContent::ModerationRequested { organization }
        | MailContent::LinkUnproven { organization }
        | MailContent::ModerationAccepted { organization } => context! { organization => shortened(organization) },
        MailContent::ModerationRejected { organization, reason, may_be_corrected } => {
            context! { organization => shortened(organization), reason, may_be_corrected }
        }
        MailContent::ModerationReopened { organization, is_member } => {
            context! { organization => shortened(organization), is_member }
        }
        MailContent::OfficialContactCode { expires_at, applicant, name, organization } => context! {
            expires_at => expires_at.0,
            applicant => applicant.as_str(),
            name => name.as_deref().map(shortened),
            organization => shortened(organization),
        },
        MailContent::ModerationArrived {
            expires_at,
            applicant,
            name,
            organization,
            is_review,
            is_for_console,
            console_href,
        } => {
            context! {
                console_href => console_href,
                is_review => is_review,
                is_for_console => is_for_console,
                expires_at => expires_at.0,
                applicant => applicant.as_str(),
                name => name.as_deref().map(shortened),
                organization => shortened(organization),
            }
        }
        MailContent::SecondFactorAdded { at }
        | MailContent::SecondFactorRemoved { at }
        | MailContent::SecondFactorOnDemand { at }
        | MailContent::SecondFactorSuspended { at }
        | MailContent::FactorRemovalStopped { at }
        | MailContent::FactorRemovalDone { at }
        | MailContent::PasskeyAdded { at }
        | MailContent::RecoveryCodesMade { at }
        | MailContent::PasskeyRemoved { at }
        | MailContent::PasskeySuspended { at }
        | MailContent::PasswordChanged { at }
        | MailContent::PasswordSuspended { at }
        | MailContent::AddressTaken { at }
        | MailContent::AddressConfirmed { at }
        | MailContent::AddressRestored { at }
        | MailContent::AccountDeleted { at }
        | MailContent::Trial { at } => context! { at => at.0 },
    };
    match frame.secret {
        Some(secret) => context! { secret, ..values },
        None => values,
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    name.chars().take(MAX_NAME.saturating_sub(1)).chain(['…']).collect()
}
