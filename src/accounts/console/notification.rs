//! What was just done, said once on the page that follows it.

use serde::Serialize;

use crate::protocol::Parameters;
use crate::web::paths;

/// What was done: the value of `notification` in the address of the page. Other values say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notification {
    /// Names, telephone or position.
    PersonalInformationUpdateSuccess,
    /// The password.
    PasswordChangeSuccess,
    /// The address.
    AddressChangeSuccess,
    /// Sessions other than the one that asks.
    SessionsEnded,
    /// Browsers that were trusted.
    BrowsersDistrusted,
    /// What a service was granted.
    ServiceRevoked,
    /// The second factor is asked at every sign-in.
    #[serde(rename = "2fa_successfully_enabled")]
    SecondFactorEnabled,
    /// It is asked on demand.
    #[serde(rename = "2fa_successfully_disabled")]
    SecondFactorDisabled,
    /// It was taken away.
    #[serde(rename = "authenticator_successfully_deleted")]
    AuthenticatorDeleted,
    /// A passkey was added.
    #[serde(rename = "passkey_successfully_created")]
    PasskeyCreated,
    /// A passkey was taken away.
    #[serde(rename = "passkey_successfully_deleted")]
    PasskeyDeleted,
    /// A passkey goes by another name.
    #[serde(rename = "passkey_successfully_renamed")]
    PasskeyRenamed,
    /// The second factor stays.
    SecondFactorKept,
}

impl Notification {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::PersonalInformationUpdateSuccess,
        Self::PasswordChangeSuccess,
        Self::AddressChangeSuccess,
        Self::SessionsEnded,
        Self::BrowsersDistrusted,
        Self::ServiceRevoked,
        Self::SecondFactorEnabled,
        Self::SecondFactorDisabled,
        Self::AuthenticatorDeleted,
        Self::PasskeyCreated,
        Self::PasskeyDeleted,
        Self::PasskeyRenamed,
        Self::SecondFactorKept,
    ];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PersonalInformationUpdateSuccess => "personal_information_update_success",
            Self::PasswordChangeSuccess => "password_change_success",
            Self::AddressChangeSuccess => "address_change_success",
            Self::SessionsEnded => "sessions_ended",
            Self::BrowsersDistrusted => "browsers_distrusted",
            Self::ServiceRevoked => "service_revoked",
            Self::SecondFactorEnabled => "2fa_successfully_enabled",
            Self::SecondFactorDisabled => "2fa_successfully_disabled",
            Self::AuthenticatorDeleted => "authenticator_successfully_deleted",
            Self::PasskeyCreated => "passkey_successfully_created",
            Self::PasskeyDeleted => "passkey_successfully_deleted",
            Self::PasskeyRenamed => "passkey_successfully_renamed",
            Self::SecondFactorKept => "second_factor_kept",
        }
    }

    /// What the address of a page says.
    pub(in crate::accounts) fn of(query: &Parameters) -> Option<Self> {
        let word = query.get("notification")?;
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// The address of the page that says it.
    pub(in crate::accounts) fn on(self, path: &str) -> String {
        paths::notifying(path, self.as_str())
    }
}
