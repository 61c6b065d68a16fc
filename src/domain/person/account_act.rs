//! What operators do to an account, as its owner is told.

use serde::{Deserialize, Serialize};

/// What operators do to an account by their own word, and tell whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAct {
    /// It was closed.
    Disabled,
    /// It was opened again.
    Enabled,
    /// Every session was ended.
    SignedOut,
    /// It was erased.
    Erased,
    /// Its password was ended, which others know.
    PasswordEnded,
    /// It was given another address: to the one before.
    AddressLeft,
    /// The same, to the new address.
    AddressGiven,
}

impl AccountAct {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Disabled,
        Self::Enabled,
        Self::SignedOut,
        Self::Erased,
        Self::PasswordEnded,
        Self::AddressLeft,
        Self::AddressGiven,
    ];

    /// The word of the texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::SignedOut => "signed_out",
            Self::Erased => "erased",
            Self::PasswordEnded => "password_ended",
            Self::AddressLeft => "address_left",
            Self::AddressGiven => "address_given",
        }
    }
}
