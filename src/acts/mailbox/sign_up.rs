//! Opening an account with a password: it exists from the moment at which its mailbox is proven, and not before.

use super::codes::{CodeOrder, CodeSent, mail_code};
use super::password_judgement::{Chooser, judge_password};
use crate::acts::{ActError, By};
use crate::app::App;
use crate::crypto;
use crate::domain::{CodePurpose, Email, HandleKey, Interaction, PasswordFault, Source};
use crate::protocol::Locale;
use crate::store::{credentials, users};

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressStanding {
    /// An account with a password, or one that is closed: which of the two is for its owner to know.
    HasPassword,
    /// An account without a password yet.
    NoPassword,
    /// No account.
    Unknown,
}

/// What an address leads to.
///
/// # Errors
/// When the store fails.
pub fn address_standing(app: &App, email: &Email) -> Result<AddressStanding, ActError> {
    Ok(app.store.read(|tx| {
        let Some(user) = users::find_by_email(tx, email)? else { return Ok(AddressStanding::Unknown) };
        if !user.may_sign_in() {
            return Ok(AddressStanding::HasPassword);
        }
        let has_password = credentials::find(tx, user.id)?.is_some_and(|known| known.password_hash.is_some());
        Ok(if has_password { AddressStanding::HasPassword } else { AddressStanding::NoPassword })
    })?)
}

/// An account to open.
pub struct SignUp<'a> {
    /// In which sign-in.
    pub interaction: HandleKey<Interaction>,
    /// With which address.
    pub email: &'a Email,
    /// With which password.
    pub password: &'a str,
    /// From where.
    pub source: Source,
    /// The language of the mail.
    pub locale: Locale,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// The password cannot be one.
    Refused(PasswordFault),
    /// A code was mailed, or one was a moment ago.
    CodeSent,
    /// The sign-in is over.
    Over,
}

/// Takes a password for an account to be, and mails the code that opens it.
///
/// # Errors
/// A full lane, too many mails, or a failing store.
pub async fn sign_up(app: &App, by: &By, order: SignUp<'_>) -> Result<SignUpOutcome, ActError> {
    let normalized = crypto::normalize_password(order.password);
    // Whoever has an account without a password chooses one here too; the page says already that it is there, and of others
    // nothing is said by what is refused.
    let user = app.store.read(|tx| {
        let Some(user) = users::find_by_email(tx, order.email)? else { return Ok(None) };
        let has_password = credentials::find(tx, user.id)?.is_some_and(|known| known.password_hash.is_some());
        Ok(Some(user).filter(|_| !has_password && !app.config.accounts.hide_existence))
    })?;
    let chooser = user.as_ref().map_or(Chooser::Stranger, |user| Chooser::Known(user.id, &user.information));
    if let Err(fault) = judge_password(app, &normalized, order.email, chooser).await? {
        return Ok(SignUpOutcome::Refused(fault));
    }
    let hashed = app.passwords.hash(&order.source.to_string(), order.password).await;
    let password_hash = hashed.map_err(|_| ActError::Busy)?;
    let code = CodeOrder {
        interaction: order.interaction,
        email: order.email.clone(),
        purpose: CodePurpose::SignUp { password_hash },
        source: order.source,
        locale: order.locale,
    };
    Ok(match mail_code(app, by, code).await? {
        CodeSent::Sent | CodeSent::TooSoon(_) => SignUpOutcome::CodeSent,
        CodeSent::Over => SignUpOutcome::Over,
    })
}
