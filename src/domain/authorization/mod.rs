//! What a client was granted: codes, grants and access tokens.

mod code;
mod grant;
mod service_use;
#[cfg(test)]
mod tests;

pub use code::{AuthorizationCode, CODE_LIFETIME, CodePresentation, CodeRefusal, CodeState, Redemption};
pub use grant::{ACCESS_TOKEN_LIFETIME, AccessToken, Authorization, Grant, GrantState};
pub use service_use::{ServiceUse, ServiceUseState};
