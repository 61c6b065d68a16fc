//! How a client proves itself at the token endpoint.

mod credentials;
mod method;
#[cfg(test)]
mod tests;

pub use credentials::{BASIC_CHALLENGE, ClientCredentials, CredentialSources};
pub use method::ClientAuthenticationMethod;
