//! What is kept no longer than it is of use.

use std::time::Duration;

/// How long what is about people is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRules {
    /// How long an account is kept that nobody uses; `None` for ever.
    pub unused_accounts: Option<Duration>,
    /// How long the audit keeps a record; `None` for ever.
    pub audit: Option<Duration>,
    /// How long the audit keeps network addresses, and how long is known which mails were sent to whom.
    pub audit_addresses: Duration,
}

impl RetentionRules {
    /// Three years, and six months for network addresses.
    pub const STANDARD: Self =
        Self { unused_accounts: Some(months(36)), audit: Some(months(36)), audit_addresses: months(6) };

    /// After how many months an account is erased that nobody uses; `None` where it is kept for ever.
    pub fn unused_account_months(&self) -> Option<u64> {
        self.unused_accounts.map(in_months)
    }

    /// After how many months the audit gives up a record; `None` where it keeps each for ever.
    pub fn audit_months(&self) -> Option<u64> {
        self.audit.map(in_months)
    }

    /// After how many months the audit gives up network addresses.
    pub fn audit_address_months(&self) -> u64 {
        in_months(self.audit_addresses)
    }
}

fn in_months(kept: Duration) -> u64 {
    kept.as_secs().saturating_mul(12) / (365 * 24 * 3600)
}

/// Twelfths of a year.
pub(super) const fn months(count: u64) -> Duration {
    Duration::from_secs(count * 365 * 24 * 3600 / 12)
}
