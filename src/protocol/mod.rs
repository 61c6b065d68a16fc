//! OAuth 2.0 and OpenID Connect words, parsing, checks and documents.
//!
//! Pure: no async, no IO, no clock, no randomness. Refuses anything about people, storage or HTTP
//! transport. Doors: the types re-exported here.

#![deny(clippy::wildcard_enum_match_arm)]

mod authorization;
mod bearer;
mod client_authentication;
mod error;
mod grant_type;
mod locale;
mod logout_request;
mod nesting;
mod parameters;
mod pkce;
mod provider_metadata;
mod redirect_uri;
mod scope;
mod secret;
mod signature_algorithm;
#[cfg(test)]
mod tests;
mod timestamp;
mod token;
mod word;

pub use authorization::{
    AcrDemand, AuthorizationAttempt, AuthorizationRefusal, AuthorizationRequest, AuthorizationResponse, ClaimRequest,
    ClaimsRequest, ClientRules, Prompt, PromptSet, ResponseMode, ResponseType, ReturnAddress, TrustedAttempt,
};
pub use bearer::{BearerChallenge, BearerSources, BearerToken};
pub use client_authentication::{
    BASIC_CHALLENGE, CertificateThumbprint, ClientAuthenticationMethod, ClientCredentials, CredentialSources,
    MalformedThumbprint, ShownCertificate,
};
pub use error::{ErrorCode, OAuthError};
pub use grant_type::GrantType;
pub use locale::Locale;
pub use logout_request::LogoutRequest;
pub use nesting::json_depth;
pub use parameters::{Parameters, ParametersError};
pub use pkce::{CodeChallenge, CodeVerifier};
pub use provider_metadata::{MutualTlsEndpoints, ProviderEndpoints, ProviderFeatures, ProviderMetadata};
pub use redirect_uri::{RedirectUri, RedirectUriError, RedirectUriPolicy};
pub use scope::{Scope, ScopeSet};
pub use secret::Secret;
pub use signature_algorithm::SignatureAlgorithm;
pub use timestamp::{CENTRAL_EUROPEAN_TIME, Timestamp};
pub use token::{IdTokenClaims, LogoutTokenClaims, TokenRequest, TokenResponse, TokenType, logout_events, token_hash};
pub use word::{Word, WordSet};
