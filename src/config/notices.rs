//! What is asked of new addresses, and what the operator says where data is asked.

use std::net::SocketAddr;

use crate::domain::{Email, EmailDomain};

/// What is asked of an address that is new here, before a mail goes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChecks {
    /// Whether name servers are asked whether its domain takes mail.
    pub deliverability: bool,
    /// Which; those of the system where there are none.
    pub name_servers: Vec<SocketAddr>,
    /// Domains that are right in any case, and that others are likely to be mistyped for.
    pub expected_domains: Vec<EmailDomain>,
}

/// What the operator says where data is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notices {
    /// Who answers for personal data; the instance where nobody is named.
    pub controller: Option<String>,
    /// The address to write to.
    pub contact: Option<Email>,
    /// The operator's own notice on personal data, in place of the one that comes with the program.
    pub personal_data_href: Option<String>,
    /// The same for the terms of use.
    pub terms_href: Option<String>,
    /// The same for the declaration of accessibility.
    pub accessibility_href: Option<String>,
    /// What that declaration says.
    pub accessibility: AccessibilityState,
}

impl Notices {
    /// Nothing said: the notices that come with the program, and no audit of accessibility.
    pub const SOBER: Self = Self {
        controller: None,
        contact: None,
        personal_data_href: None,
        terms_href: None,
        accessibility_href: None,
        accessibility: AccessibilityState::None,
    };
}

/// How far the pages are declared to comply with the RGAA (law 2005-102, article 47).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessibilityState {
    /// No audit was made, or less than half of the criteria are met.
    None,
    /// At least half of them.
    Partial,
    /// All of them.
    Full,
}

impl AccessibilityState {
    /// The word of the configuration and of the catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}
