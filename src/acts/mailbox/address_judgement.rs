//! Whether mail to an address that is new here is likely to arrive.

use crate::app::App;
use crate::domain::{Email, suggest_spelling};
use crate::fetch::MailExchange;

/// What is thought of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressVerdict {
    /// Nothing speaks against it.
    Good,
    /// Its domain is a slip of the fingers away from a well-known one; with the address that was probably meant.
    Misspelt(Email),
    /// Its domain takes no mail; with the address that was probably meant.
    TakesNoMail(Option<Email>),
}

/// The address that was probably meant, where its domain is near a well-known one or one of those expected here.
pub fn suggest_address(app: &App, email: &Email) -> Option<Email> {
    let expected: Vec<&str> = app.config.addresses.expected_domains.iter().map(|domain| domain.as_str()).collect();
    suggest_spelling(email, &expected)
}

/// Judges an address. Whoever said that its spelling is right is believed. Where name servers do not answer, nothing speaks
/// against an address.
pub async fn judge_address(app: &App, email: &Email, is_confirmed: bool) -> AddressVerdict {
    let checks = &app.config.addresses;
    let suggestion = suggest_address(app, email);
    let is_expected = checks.expected_domains.iter().any(|domain| domain.as_str() == email.domain());
    if checks.deliverability
        && !is_expected
        && app.mail_exchanges.find(email.domain(), &checks.name_servers).await == MailExchange::TakesNone
    {
        return AddressVerdict::TakesNoMail(suggestion);
    }
    match suggestion {
        Some(suggestion) if !is_confirmed => AddressVerdict::Misspelt(suggestion),
        Some(_) | None => AddressVerdict::Good,
    }
}
