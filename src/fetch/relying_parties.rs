//! Services that are told that a session is over (OpenID Connect Back-Channel Logout 1.0 §2.5).

use std::time::Duration;

use url::Url;

use super::{FetchError, Outward};
use crate::clock::Clock;
use crate::config::Reach;

/// How long a service may take, from the connection on (SEC-128).
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The services, wherever they are.
pub struct RelyingParties {
    outward: Outward,
}

impl RelyingParties {
    /// No further than `reach`.
    pub fn new(clock: &Clock, reach: Reach) -> Self {
        Self { outward: Outward::new(clock, reach) }
    }

    /// Sends a logout token, as the only parameter of a form.
    ///
    /// # Errors
    /// When the service did not take it within five seconds; a redirect is not followed.
    pub async fn tell(&self, address: &Url, logout_token: &str) -> Result<(), FetchError> {
        let status = self.outward.post_form(address, &[("logout_token", logout_token)], TIME_LIMIT).await?;
        match status.is_success() {
            true => Ok(()),
            false => Err(FetchError::Status(status.as_u16())),
        }
    }
}
