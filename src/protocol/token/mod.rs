//! The token endpoint's documents: what is exchanged and what comes back.

mod id_token;
mod logout_token;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use id_token::{IdTokenClaims, token_hash};
pub use logout_token::{LogoutTokenClaims, logout_events};
pub use request::TokenRequest;
pub use response::{TokenResponse, TokenType};
