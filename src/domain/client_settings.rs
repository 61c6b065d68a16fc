//! What an operator may set of a client, and what may stand there.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;
use url::Url;

use super::Network;
use super::client::{ClaimsProfile, Client, ClientAuthentication, ClientState};
use super::person::is_invisible;
use crate::protocol::{
    ClientAuthenticationMethod, MalformedThumbprint, RedirectUri, RedirectUriError, RedirectUriPolicy, ScopeSet,
    SignatureAlgorithm,
};

/// The most addresses of one list.
const MAX_URIS: usize = 50;
/// The most networks of a client.
const MAX_NETWORKS: usize = 50;
/// The most certificates of a client: the one in use, and those that follow it.
pub const MAX_CERTIFICATES: usize = 10;
/// The most characters of a name (SEC-47).
const MAX_NAME: usize = 100;
/// The most characters of a description.
const MAX_DESCRIPTION: usize = 255;
/// The most bytes of an address.
const MAX_URI: usize = 2048;
/// The most seconds of `default_max_age`: a year.
const MAX_MAX_AGE: u64 = 365 * 24 * 3600;

/// Settings of a client, in the words of OpenID Connect Dynamic Client Registration §2 where it has one. What is absent
/// stays as it is; `null` empties what may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSettings {
    /// The name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it may be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// Where it may send people after sign-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Where it is told that a session is over; empty for nowhere.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub backchannel_logout_uri: Option<Option<String>>,
    /// The scopes it may ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// How it authenticates: `none` alone, or one or both ways to show a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_methods: Option<Vec<ClientAuthenticationMethod>>,
    /// Whether it is an application on the person's own device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<bool>,
    /// The algorithm of its ID tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<SignatureAlgorithm>,
    /// The algorithm of its UserInfo answers; empty for plain JSON.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub userinfo_signed_response_alg: Option<Option<SignatureAlgorithm>>,
    /// The rendering of claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims_profile: Option<ClaimsProfile>,
    /// Whether a code challenge is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// `max_age` in seconds where a request has none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub default_max_age: Option<Option<u64>>,
    /// `acr_values` where a request has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_acr_values: Option<Vec<String>>,
    /// Whether links that nothing proves are withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verified_link: Option<bool>,
    /// Whether it is a federation, whose `sp_name` pages show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federation: Option<bool>,
    /// The networks from which it is answered; empty: from everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_sources: Option<Vec<String>>,
    /// SHA-256 of its certificates: with any, it shows one of them at every request of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<String>>,
    /// The page of the service.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub client_uri: Option<Option<String>>,
    /// One sentence about the service.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub description: Option<Option<String>>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub policy_uri: Option<Option<String>>,
    /// Its terms of use.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub tos_uri: Option<Option<String>>,
    /// Whether it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Tells `null` from what is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What the instance allows its clients.
#[derive(Debug, Clone, Copy)]
pub struct RegistrationRules {
    /// Whether plain HTTP is accepted for every host.
    pub plain_http: bool,
    /// The values of `acr` that the instance can state.
    pub acr_values: &'static [&'static str],
    /// Whether there is a place where clients show a certificate.
    pub mutual_tls: bool,
}

/// A setting that cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {reason}")]
pub struct ClientFault {
    /// The setting, by its name in [`ClientSettings`].
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: ClientFaultReason,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say what they are for")]
pub enum ClientFaultReason {
    #[error("is missing")]
    Missing,
    #[error("is longer than {0} characters")]
    TooLong(usize),
    #[error("holds control or invisible characters")]
    Invisible,
    #[error("more than {0} entries")]
    TooMany(usize),
    #[error("{0} stands there twice")]
    Twice(String),
    #[error("{uri}: {reason}")]
    RedirectUri { uri: String, reason: RedirectUriError },
    #[error("{0}: a network as ADDRESS/BITS, or an address, is expected")]
    NotANetwork(String),
    #[error("{0}: an https address is expected")]
    NotHttps(String),
    #[error("`none` stands alone: a public client has no secret")]
    NoneAndSecret,
    #[error("a public client always needs a code challenge")]
    PublicWithoutPkce,
    #[error("more than a year")]
    TooLate,
    #[error("{0} is not a value that this instance can state")]
    UnknownAcr(String),
    #[error("{0}: {1}")]
    Certificate(String, MalformedThumbprint),
    #[error("nobody could show one: set tls.mutual_listen in the configuration first")]
    NoMutualTls,
}

impl ClientSettings {
    /// The settings of a client as they stand.
    pub fn of(client: &Client) -> Self {
        let texts = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
        Self {
            name: Some(client.name.clone()),
            redirect_uris: Some(texts(&client.redirect_uris)),
            post_logout_redirect_uris: Some(texts(&client.post_logout_redirect_uris)),
            backchannel_logout_uri: Some(client.backchannel_logout_uri.as_ref().map(ToString::to_string)),
            scope: Some(client.scopes.clone()),
            token_endpoint_auth_methods: Some(match &client.authentication {
                ClientAuthentication::Public => vec![ClientAuthenticationMethod::None],
                ClientAuthentication::Secret { methods, .. } => methods.clone(),
                ClientAuthentication::Undecided => Vec::new(),
            }),
            native: Some(client.is_native),
            id_token_signed_response_alg: Some(client.id_token_signed_response_alg),
            userinfo_signed_response_alg: Some(client.userinfo_signed_response_alg),
            claims_profile: Some(client.claims_profile),
            require_pkce: Some(client.require_pkce),
            default_max_age: Some(client.default_max_age),
            default_acr_values: Some(client.default_acr_values.clone()),
            require_verified_link: Some(client.require_verified_link),
            federation: Some(client.is_federation),
            allowed_sources: Some(client.allowed_sources.iter().map(ToString::to_string).collect()),
            certificates: Some(client.certificates.iter().map(ToString::to_string).collect()),
            client_uri: Some(client.client_uri.clone()),
            description: Some(client.description.clone()),
            policy_uri: Some(client.policy_uri.clone()),
            tos_uri: Some(client.tos_uri.clone()),
            enabled: Some(client.is_enabled()),
        }
    }

    /// The client with these settings over its own. A client that becomes confidential has no secret that works yet.
    ///
    /// # Errors
    /// Every setting that cannot stand, those that stood before included.
    pub fn applied(&self, client: Client, rules: RegistrationRules) -> Result<Client, Vec<ClientFault>> {
        let mut faults = Faults(Vec::new());
        let mut changed = client;
        changed.is_native = self.native.unwrap_or(changed.is_native);
        self.apply_addresses(&mut changed, rules, &mut faults);
        self.apply_texts(&mut changed, rules, &mut faults);
        self.apply_authentication(&mut changed, &mut faults);
        self.apply_certificates(&mut changed, rules, &mut faults);
        self.apply_protocol(&mut changed, rules, &mut faults);
        match self.enabled {
            Some(true) => changed.state = ClientState::Enabled,
            Some(false) => {
                if changed.is_enabled() {
                    changed.epoch = changed.epoch.saturating_add(1);
                }
                changed.state = ClientState::Disabled;
            }
            None => {}
        }
        if faults.0.is_empty() { Ok(changed) } else { Err(faults.0) }
    }

    fn apply_addresses(&self, client: &mut Client, rules: RegistrationRules, faults: &mut Faults) {
        let policy = RedirectUriPolicy { native: client.is_native, plain_http: rules.plain_http };
        // Another kind of client may have other addresses: those that stand are judged again.
        let standing = |uris: &[RedirectUri]| -> Vec<String> { uris.iter().map(ToString::to_string).collect() };
        let texts = self.redirect_uris.clone().unwrap_or_else(|| standing(&client.redirect_uris));
        client.redirect_uris = faults.addresses("redirect_uris", &texts, policy);
        if texts.is_empty() {
            faults.add("redirect_uris", ClientFaultReason::Missing);
        }
        let texts =
            self.post_logout_redirect_uris.clone().unwrap_or_else(|| standing(&client.post_logout_redirect_uris));
        client.post_logout_redirect_uris = faults.addresses("post_logout_redirect_uris", &texts, policy);
        if let Some(told) = &self.backchannel_logout_uri {
            // It is called by this instance, from wherever the client runs.
            let policy = RedirectUriPolicy { native: false, ..policy };
            let texts: Vec<String> = told.iter().cloned().collect();
            client.backchannel_logout_uri = faults.addresses("backchannel_logout_uri", &texts, policy).pop();
        }
    }

    fn apply_texts(&self, client: &mut Client, rules: RegistrationRules, faults: &mut Faults) {
        let name = self.name.as_ref().unwrap_or(&client.name).trim().to_owned();
        faults.visible("name", &name, MAX_NAME);
        if name.is_empty() {
            faults.add("name", ClientFaultReason::Missing);
        }
        client.name = name;
        if let Some(description) = &self.description {
            client.description = description.clone().filter(|text| !text.trim().is_empty());
            faults.visible("description", client.description.as_deref().unwrap_or_default(), MAX_DESCRIPTION);
        }
        for (field, told, kept) in [
            ("client_uri", &self.client_uri, &mut client.client_uri),
            ("policy_uri", &self.policy_uri, &mut client.policy_uri),
            ("tos_uri", &self.tos_uri, &mut client.tos_uri),
        ] {
            if let Some(told) = told {
                faults.page(field, told.as_deref(), rules);
                kept.clone_from(told);
            }
        }
    }

    fn apply_authentication(&self, client: &mut Client, faults: &mut Faults) {
        const FIELD: &str = "token_endpoint_auth_methods";
        if let Some(methods) = &self.token_endpoint_auth_methods {
            let is_public = methods.contains(&ClientAuthenticationMethod::None);
            if is_public && methods.len() > 1 {
                faults.add(FIELD, ClientFaultReason::NoneAndSecret);
            }
            if methods.is_empty() {
                faults.add(FIELD, ClientFaultReason::Missing);
            }
            let digests = match &client.authentication {
                ClientAuthentication::Secret { digests, .. } => digests.clone(),
                ClientAuthentication::Public | ClientAuthentication::Undecided => Vec::new(),
            };
            let was_public = client.is_public();
            client.authentication = match is_public {
                true => ClientAuthentication::Public,
                false => ClientAuthentication::Secret { methods: methods.clone(), digests },
            };
            if is_public {
                client.retiring_secret = None;
                client.require_pkce = true;
            }
            // What was issued without a secret is not what a secret protects, and the reverse.
            if was_public != is_public {
                client.epoch = client.epoch.saturating_add(1);
            }
        }
        client.require_pkce = self.require_pkce.unwrap_or(client.require_pkce);
        if client.is_public() && !client.require_pkce {
            faults.add("require_pkce", ClientFaultReason::PublicWithoutPkce);
        }
    }

    fn apply_certificates(&self, client: &mut Client, rules: RegistrationRules, faults: &mut Faults) {
        const FIELD: &str = "certificates";
        let Some(texts) = &self.certificates else { return };
        if texts.len() > MAX_CERTIFICATES {
            faults.add(FIELD, ClientFaultReason::TooMany(MAX_CERTIFICATES));
        }
        if !texts.is_empty() && !rules.mutual_tls {
            faults.add(FIELD, ClientFaultReason::NoMutualTls);
        }
        let mut certificates = Vec::new();
        for text in texts.iter().take(MAX_CERTIFICATES) {
            match text.parse() {
                Ok(thumbprint) if certificates.contains(&thumbprint) => {
                    faults.add(FIELD, ClientFaultReason::Twice(shown(text)));
                }
                Ok(thumbprint) => certificates.push(thumbprint),
                Err(reason) => faults.add(FIELD, ClientFaultReason::Certificate(shown(text), reason)),
            }
        }
        client.certificates = certificates;
    }

    fn apply_protocol(&self, client: &mut Client, rules: RegistrationRules, faults: &mut Faults) {
        client.scopes = self.scope.clone().unwrap_or_else(|| client.scopes.clone());
        if client.scopes.is_empty() {
            faults.add("scope", ClientFaultReason::Missing);
        }
        client.id_token_signed_response_alg =
            self.id_token_signed_response_alg.unwrap_or(client.id_token_signed_response_alg);
        client.userinfo_signed_response_alg =
            self.userinfo_signed_response_alg.unwrap_or(client.userinfo_signed_response_alg);
        client.claims_profile = self.claims_profile.unwrap_or(client.claims_profile);
        client.require_verified_link = self.require_verified_link.unwrap_or(client.require_verified_link);
        client.is_federation = self.federation.unwrap_or(client.is_federation);
        client.default_max_age = self.default_max_age.unwrap_or(client.default_max_age);
        if client.default_max_age.is_some_and(|seconds| seconds > MAX_MAX_AGE) {
            faults.add("default_max_age", ClientFaultReason::TooLate);
        }
        if let Some(texts) = &self.allowed_sources {
            client.allowed_sources = faults.networks("allowed_sources", texts);
        }
        if let Some(values) = &self.default_acr_values {
            for value in values.iter().filter(|value| !rules.acr_values.contains(&value.as_str())) {
                faults.add("default_acr_values", ClientFaultReason::UnknownAcr(shown(value)));
            }
            client.default_acr_values.clone_from(values);
        }
    }
}

/// Faults as they are found.
struct Faults(Vec<ClientFault>);

impl Faults {
    fn add(&mut self, field: &'static str, reason: ClientFaultReason) {
        self.0.push(ClientFault { field, reason });
    }

    fn addresses(&mut self, field: &'static str, texts: &[String], policy: RedirectUriPolicy) -> Vec<RedirectUri> {
        if texts.len() > MAX_URIS {
            self.add(field, ClientFaultReason::TooMany(MAX_URIS));
        }
        let mut seen = HashSet::new();
        let mut addresses = Vec::new();
        for text in texts.iter().take(MAX_URIS) {
            match RedirectUri::parse(text, policy) {
                Ok(_) if !seen.insert(text) => self.add(field, ClientFaultReason::Twice(shown(text))),
                Ok(address) => addresses.push(address),
                Err(reason) => self.add(field, ClientFaultReason::RedirectUri { uri: shown(text), reason }),
            }
        }
        addresses
    }

    fn networks(&mut self, field: &'static str, texts: &[String]) -> Vec<Network> {
        if texts.len() > MAX_NETWORKS {
            self.add(field, ClientFaultReason::TooMany(MAX_NETWORKS));
        }
        let mut networks = Vec::new();
        for text in texts.iter().take(MAX_NETWORKS) {
            match text.parse::<Network>() {
                Ok(network) if networks.contains(&network) => self.add(field, ClientFaultReason::Twice(shown(text))),
                Ok(network) => networks.push(network),
                Err(_) => self.add(field, ClientFaultReason::NotANetwork(shown(text))),
            }
        }
        networks
    }

    fn visible(&mut self, field: &'static str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.add(field, ClientFaultReason::TooLong(max));
        }
        if text.chars().any(|character| character.is_control() || is_invisible(character)) {
            self.add(field, ClientFaultReason::Invisible);
        }
    }

    /// A page that people are led to (SEC-47).
    fn page(&mut self, field: &'static str, text: Option<&str>, rules: RegistrationRules) {
        let Some(text) = text else { return };
        let url = Url::parse(text).ok().filter(|url| text.len() <= MAX_URI && url.has_host());
        let is_allowed = url.is_some_and(|url| url.scheme() == "https" || (rules.plain_http && url.scheme() == "http"));
        if !is_allowed {
            self.add(field, ClientFaultReason::NotHttps(shown(text)));
        }
    }
}

/// A value as a message shows it.
fn shown(text: &str) -> String {
    text.chars().take(120).map(|character| if character.is_control() { '?' } else { character }).collect()
}
