//! What a client was granted: codes, grants and access tokens.

mod code;
mod grant;
#[cfg(test)]
mod tests;

pub use code::{AuthorizationCode, CODE_LIFETIME, CodePresentation, CodeRefusal, CodeState, Redemption};
pub use grant::{ACCESS_TOKEN_LIFETIME, AccessToken, Authorization, Grant, GrantState};
