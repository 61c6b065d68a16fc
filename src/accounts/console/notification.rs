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
    /// Sessions other than the one that asks.
    SessionsEnded,
    /// What a service was granted.
    ServiceRevoked,
}

impl Notification {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PersonalInformationUpdateSuccess,
        Self::PasswordChangeSuccess,
        Self::SessionsEnded,
        Self::ServiceRevoked,
    ];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PersonalInformationUpdateSuccess => "personal_information_update_success",
            Self::PasswordChangeSuccess => "password_change_success",
            Self::SessionsEnded => "sessions_ended",
            Self::ServiceRevoked => "service_revoked",
        }
    }

    /// What the address of a page says.
    pub(super) fn of(query: &Parameters) -> Option<Self> {
        let word = query.get("notification")?;
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// The address of the page that says it.
    pub(super) fn on(self, path: &str) -> String {
        paths::notifying(path, self.as_str())
    }
}
