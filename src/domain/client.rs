//! Relying parties.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ClientId, Network, Source};
use crate::protocol::{
    CertificateThumbprint, ClientAuthenticationMethod, RedirectUri, ScopeSet, ShownCertificate, SignatureAlgorithm,
    Timestamp,
};

/// In which exact form claims are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimsProfile {
    /// OpenID types: `sub` string, `updated_at` number, booleans are booleans; what is empty is omitted.
    #[default]
    Standard,
    /// What MonComptePro emits: `updated_at` as ISO 8601 text, deprecated twins.
    Moncomptepro,
    /// The documented example of December 2022 to the letter: `sub` number, `is_external` as text.
    #[serde(rename = "readme-2022")]
    Readme2022,
}

/// Who made the client known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOrigin {
    /// An operator declared it; its redirect URIs are exact and nothing is learned.
    Declared,
    /// The configuration file declares it: it changes there and nowhere else.
    ConfigurationFile,
    /// Recorded at its first request, where unknown clients are recorded rather than refused.
    Recorded,
}

/// Whether a client may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientState {
    /// In use.
    Enabled,
    /// Refused everywhere.
    Disabled,
}

/// SHA-256 of a client secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretDigest(pub [u8; 32]);

impl fmt::Debug for SecretDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretDigest(…)")
    }
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// A public client: it cannot keep a secret.
    Public,
    /// A confidential client with a secret.
    Secret {
        /// The methods accepted.
        methods: Vec<ClientAuthenticationMethod>,
        /// The secrets accepted; several during a rotation.
        digests: Vec<SecretDigest>,
    },
    /// Recorded, and not seen at the token endpoint yet: the first credential presented there is kept.
    Undecided,
}

/// A secret that another one has replaced, and that works for a while yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiringSecret {
    /// The secret.
    pub digest: SecretDigest,
    /// When it stops working.
    pub until: Timestamp,
}

/// A relying party (OpenID Connect Dynamic Client Registration §2, as far as it concerns the code flow).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its identifier.
    pub id: ClientId,
    /// The name shown to people.
    pub name: String,
    /// How it authenticates.
    pub authentication: ClientAuthentication,
    /// The secret before the last rotation, as long as it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring_secret: Option<RetiringSecret>,
    /// Where it may be answered, compared exactly.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where it may send people after sign-out, compared exactly.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Where it is told that a session is over (OpenID Connect Back-Channel Logout 1.0 §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<RedirectUri>,
    /// Whether it is a native application (loopback ports are free).
    pub is_native: bool,
    /// The scopes it may ask.
    pub scopes: ScopeSet,
    /// The algorithm of its ID tokens.
    pub id_token_signed_response_alg: SignatureAlgorithm,
    /// The algorithm of its UserInfo answers; `None` for plain JSON.
    pub userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    /// The rendering of claims.
    pub claims_profile: ClaimsProfile,
    /// Whether a code challenge is required (always for public clients).
    pub require_pkce: bool,
    /// `max_age` in seconds where a request has none.
    pub default_max_age: Option<u64>,
    /// `acr_values` where a request has none.
    pub default_acr_values: Vec<String>,
    /// Whether links that nothing proves are withheld.
    pub require_verified_link: bool,
    /// Whether it is a federation, which says by `sp_name` for which service it asks (SEC-135).
    #[serde(default)]
    pub is_federation: bool,
    /// The networks from which its secrets and its tokens are taken; from everywhere where there are none (SEC-134).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_sources: Vec<Network>,
    /// Its certificates: with any, its requests count only where one of them was shown in the handshake of TLS (SEC-134).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateThumbprint>,
    /// The page of the service.
    pub client_uri: Option<String>,
    /// One sentence about the service.
    pub description: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of use.
    pub tos_uri: Option<String>,
    /// Who made it known.
    pub origin: ClientOrigin,
    /// Whether it may be used.
    pub state: ClientState,
    /// Raised to void every grant of this client at once.
    pub epoch: u32,
    /// When it became known.
    pub created_at: Timestamp,
}

impl Client {
    /// A confidential web client with the defaults of the registration specification, for the code flow.
    pub fn new(id: ClientId, name: String, now: Timestamp) -> Self {
        Self {
            id,
            name,
            authentication: ClientAuthentication::Undecided,
            retiring_secret: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            is_native: false,
            scopes: ScopeSet::default(),
            id_token_signed_response_alg: SignatureAlgorithm::Rs256,
            userinfo_signed_response_alg: None,
            claims_profile: ClaimsProfile::Standard,
            require_pkce: false,
            default_max_age: None,
            default_acr_values: Vec::new(),
            require_verified_link: true,
            is_federation: false,
            allowed_sources: Vec::new(),
            certificates: Vec::new(),
            client_uri: None,
            description: None,
            policy_uri: None,
            tos_uri: None,
            origin: ClientOrigin::Declared,
            state: ClientState::Enabled,
            epoch: 0,
            created_at: now,
        }
    }

    /// Whether requests and grants made at `epoch` count: the one answer to "is this client usable?".
    pub fn honours(&self, epoch: u32) -> bool {
        match self.state {
            ClientState::Enabled => self.epoch == epoch,
            ClientState::Disabled => false,
        }
    }

    /// Whether the client may start anything now.
    pub fn is_enabled(&self) -> bool {
        self.honours(self.epoch)
    }

    /// Another secret takes the place of those before. The one before works until `overlap_until`; without overlap,
    /// everything issued so far is void as well, for somebody else may have used it. At most two secrets work at one
    /// time.
    #[must_use]
    pub fn with_new_secret(mut self, digest: SecretDigest, overlap_until: Option<Timestamp>) -> Self {
        let (methods, before) = match self.authentication {
            ClientAuthentication::Secret { methods, digests } => (methods, digests.into_iter().next_back()),
            ClientAuthentication::Public | ClientAuthentication::Undecided => {
                (vec![ClientAuthenticationMethod::Basic], None)
            }
        };
        self.authentication = ClientAuthentication::Secret { methods, digests: vec![digest] };
        let retiring = before.zip(overlap_until).map(|(digest, until)| RetiringSecret { digest, until });
        if retiring.is_none() {
            self.epoch = self.epoch.saturating_add(1);
        }
        self.retiring_secret = retiring;
        self
    }

    /// The digests of the secrets that work at `now`.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &SecretDigest> {
        let current = match &self.authentication {
            ClientAuthentication::Secret { digests, .. } => digests.as_slice(),
            ClientAuthentication::Public | ClientAuthentication::Undecided => &[],
        };
        let retiring = self.retiring_secret.iter().filter(move |secret| !secret.until.has_come(now));
        current.iter().chain(retiring.map(|secret| &secret.digest))
    }

    /// Whether a request counts as this client's, as far as certificates go: it has none, or one of its own was shown.
    pub fn accepts_certificate(&self, shown: Option<ShownCertificate>) -> bool {
        match shown {
            Some(ShownCertificate::Thumbprint(thumbprint)) => {
                self.certificates.is_empty() || self.certificates.contains(&thumbprint)
            }
            Some(ShownCertificate::Nothing) | None => self.certificates.is_empty(),
        }
    }

    /// The origins whose scripts may read what the client is answered: those of the addresses of a usable public
    /// client, each once.
    pub fn script_origins(&self) -> BTreeSet<String> {
        let is_open = self.is_enabled() && self.is_public();
        let of_the_web = self.redirect_uris.iter().filter(|uri| is_open && uri.is_of_the_web());
        of_the_web.map(RedirectUri::origin).collect()
    }

    /// Whether people are offered the service: it is usable, has a page of its own, and somebody declared it.
    pub fn is_offered(&self) -> bool {
        let is_declared = match self.origin {
            ClientOrigin::Declared | ClientOrigin::ConfigurationFile => true,
            ClientOrigin::Recorded => false,
        };
        is_declared && self.is_enabled() && self.client_uri.is_some()
    }

    /// Whether what it shows is taken from there.
    pub fn may_call_from(&self, source: Source) -> bool {
        self.allowed_sources.is_empty() || self.allowed_sources.iter().any(|network| network.contains(source))
    }

    /// Whether it is a public client.
    pub fn is_public(&self) -> bool {
        match self.authentication {
            ClientAuthentication::Public => true,
            ClientAuthentication::Secret { .. } | ClientAuthentication::Undecided => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::RedirectUriPolicy;

    #[test]
    fn cli_3_what_is_not_registered_has_the_defaults_of_the_specification() {
        let client = Client::new("service".parse().unwrap(), String::from("Service"), Timestamp(0));
        assert_eq!(client.id_token_signed_response_alg, SignatureAlgorithm::Rs256);
        assert_eq!(client.userinfo_signed_response_alg, None);
        assert_eq!((client.is_native, client.default_max_age), (false, None));
        assert!(client.default_acr_values.is_empty() && client.redirect_uris.is_empty());
        assert!(client.require_verified_link && !client.is_public() && client.is_enabled());
    }

    #[test]
    fn r_20_scripts_read_for_usable_public_clients_only() {
        let uri = |text: &str| RedirectUri::parse(text, policy()).unwrap();
        let client = Client {
            authentication: ClientAuthentication::Public,
            redirect_uris: ["https://a.example/1", "https://a.example/2", "http://127.0.0.1:80/", "com.example.app:/"]
                .map(uri)
                .into(),
            ..Client::new("service".parse().unwrap(), String::from("Service"), Timestamp(0))
        };
        let origins: Vec<String> = client.script_origins().into_iter().collect();
        assert_eq!(origins, ["http://127.0.0.1", "https://a.example"]);
        for closed in [
            Client { authentication: ClientAuthentication::Undecided, ..client.clone() },
            Client { state: ClientState::Disabled, ..client.clone() },
        ] {
            assert!(closed.script_origins().is_empty());
        }
    }

    fn policy() -> RedirectUriPolicy {
        RedirectUriPolicy { native: true, plain_http: true }
    }

    #[test]
    fn people_are_offered_declared_services_with_a_page() {
        let client = Client::new("service".parse().unwrap(), String::from("Service"), Timestamp(0));
        assert!(!client.is_offered());
        let offered = Client { client_uri: Some(String::from("https://service.example/")), ..client };
        for (origin, state, is_offered) in [
            (ClientOrigin::Declared, ClientState::Enabled, true),
            (ClientOrigin::ConfigurationFile, ClientState::Enabled, true),
            (ClientOrigin::Recorded, ClientState::Enabled, false),
            (ClientOrigin::Declared, ClientState::Disabled, false),
        ] {
            assert_eq!(Client { origin, state, ..offered.clone() }.is_offered(), is_offered, "{origin:?} {state:?}");
        }
    }

    #[test]
    fn cli_7_a_disabled_client_is_honoured_for_nothing() {
        let client = Client::new("service".parse().unwrap(), String::from("Service"), Timestamp(0));
        assert!(client.honours(0) && !client.honours(1));
        let disabled = Client { state: ClientState::Disabled, ..client };
        assert!(!disabled.honours(0) && !disabled.is_enabled());
    }
}
