//! How a client proves itself at the token endpoint.

mod certificate;
mod credentials;
mod method;
#[cfg(test)]
mod tests;

pub use certificate::{CertificateThumbprint, MalformedThumbprint, ShownCertificate};
pub use credentials::{BASIC_CHALLENGE, ClientCredentials, CredentialSources};
pub use method::ClientAuthenticationMethod;
