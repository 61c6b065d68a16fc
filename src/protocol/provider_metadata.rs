//! The discovery document (OIDC Discovery §3, RFC 8414 §2).

use serde::Serialize;

use super::authorization::{Prompt, ResponseMode, ResponseType};
use super::client_authentication::ClientAuthenticationMethod;
use super::grant_type::GrantType;
use super::locale::Locale;
use super::scope::Scope;
use super::signature_algorithm::SignatureAlgorithm;

/// Where the endpoints are: absolute URLs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderEndpoints {
    /// Browsers come here.
    pub authorization_endpoint: String,
    /// Codes are exchanged here.
    pub token_endpoint: String,
    /// Claims are read here.
    pub userinfo_endpoint: String,
    /// Keys are read here.
    pub jwks_uri: String,
    /// Browsers sign out here.
    pub end_session_endpoint: String,
}

/// The endpoints at which a client shows its certificate in the handshake of TLS (RFC 8705 §5): absolute URLs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MutualTlsEndpoints {
    /// Codes are exchanged here.
    pub token_endpoint: String,
    /// Claims are read here.
    pub userinfo_endpoint: String,
}

/// What differs between instances; all else follows from the vocabularies that the checks themselves use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFeatures {
    /// The issuer, without a final slash, as it stands in every token.
    pub issuer: String,
    /// Where the endpoints are.
    pub endpoints: ProviderEndpoints,
    /// Where certificates of clients are asked for, if anywhere.
    pub mutual_tls: Option<MutualTlsEndpoints>,
    /// The scopes to be published.
    pub scopes: Vec<Scope>,
    /// The names of the claims that can be released.
    pub claims: Vec<String>,
    /// The levels that can be reached.
    pub acr_values: Vec<String>,
    /// How clients may prove themselves.
    pub client_authentication_methods: Vec<ClientAuthenticationMethod>,
}

/// The document. No member is null, no list empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderMetadata {
    issuer: String,
    #[serde(flatten)]
    endpoints: ProviderEndpoints,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls_endpoint_aliases: Option<MutualTlsEndpoints>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<Scope>,
    response_types_supported: &'static [ResponseType],
    response_modes_supported: &'static [ResponseMode],
    grant_types_supported: &'static [GrantType],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acr_values_supported: Vec<String>,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: &'static [SignatureAlgorithm],
    userinfo_signing_alg_values_supported: &'static [SignatureAlgorithm],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_endpoint_auth_methods_supported: Vec<ClientAuthenticationMethod>,
    display_values_supported: [&'static str; 1],
    claim_types_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims_supported: Vec<String>,
    ui_locales_supported: &'static [Locale],
    prompt_values_supported: &'static [Prompt],
    code_challenge_methods_supported: [&'static str; 1],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    /// Written out, because its absence would mean true.
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

impl ProviderMetadata {
    /// The document of an instance.
    pub fn new(features: ProviderFeatures) -> Self {
        Self {
            issuer: features.issuer,
            endpoints: features.endpoints,
            mtls_endpoint_aliases: features.mutual_tls,
            scopes_supported: features.scopes,
            response_types_supported: ResponseType::ALL,
            response_modes_supported: ResponseMode::ALL,
            grant_types_supported: GrantType::ALL,
            acr_values_supported: features.acr_values,
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: SignatureAlgorithm::ALL,
            userinfo_signing_alg_values_supported: SignatureAlgorithm::ALL,
            token_endpoint_auth_methods_supported: features.client_authentication_methods,
            display_values_supported: ["page"],
            claim_types_supported: ["normal"],
            claims_supported: features.claims,
            ui_locales_supported: Locale::ALL,
            prompt_values_supported: Prompt::ALL,
            code_challenge_methods_supported: ["S256"],
            claims_parameter_supported: true,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            require_request_uri_registration: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        }
    }
}
