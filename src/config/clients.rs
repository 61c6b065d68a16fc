//! The clients that the configuration file declares.

use std::collections::BTreeSet;

use toml::de::{DeArray, DeValue};

use super::InstanceKind;
use super::client_keys::CLIENT_KEYS;
use super::key::Kind;
use super::problem::{Conflict, Fault, Problem};
use super::settings::{Settings, Source, type_of};
use crate::domain::{ClaimsProfile, Client, ClientId, ClientOrigin};
use crate::protocol::{
    ClientAuthenticationMethod, RedirectUri, RedirectUriPolicy, ScopeSet, Secret, SignatureAlgorithm, Timestamp,
};

/// A client of the configuration file. How it authenticates is told beside it: digests are made where cryptography is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredClient {
    /// The client, its time of creation and its authentication left open.
    pub client: Client,
    /// How it authenticates.
    pub method: ClientAuthenticationMethod,
    /// Its secret; none for a public client.
    pub secret: Option<Secret>,
}

/// Reads every `[[clients]]`.
pub(super) fn read(
    list: &DeArray<'_>,
    source: &Source<'_>,
    kind: InstanceKind,
    problems: &mut Vec<Problem>,
) -> Vec<DeclaredClient> {
    let mut declared: Vec<DeclaredClient> = Vec::new();
    for (position, item) in list.iter().enumerate() {
        let place = source.at(item.span().start);
        let prefix = format!("clients[{}].", position.saturating_add(1));
        let DeValue::Table(table) = item.get_ref() else {
            let fault = Fault::WrongType { found: type_of(item.get_ref()), expected: Kind::Texts };
            problems.push(Problem { place, key: prefix.trim_end_matches('.').to_owned(), fault });
            continue;
        };
        let mut settings = Settings::new(place, prefix);
        settings.read_table(CLIENT_KEYS, table, source, problems);
        settings.check_required(CLIENT_KEYS, problems);
        check_secret(&settings, kind, problems);
        let Some(client) = put_together(&settings, problems) else { continue };
        if declared.iter().any(|other| other.client.id == client.client.id) {
            problems.push(settings.conflict("client_id", Conflict::ClientTwice));
        }
        declared.push(client);
    }
    declared
}

/// A confidential client has a secret, which nobody guesses; the others of a sandbox are freely chosen.
fn check_secret(settings: &Settings, kind: InstanceKind, problems: &mut Vec<Problem>) {
    let is_public = settings.text(CLIENT_KEYS, "token_endpoint_auth_method").as_deref() == Some("none");
    let conflict = match (is_public, settings.text(CLIENT_KEYS, "client_secret")) {
        (true, Some(_)) => Conflict::SecretOfPublicClient,
        (false, None)
            if !["client_secret", "client_secret_file"].iter().any(|path| settings.is_told(path, problems)) =>
        {
            Conflict::NoSecret
        }
        (false, Some(secret)) if kind == InstanceKind::Production && is_weak(&secret) => Conflict::WeakSecret,
        (true | false, _) => return,
    };
    problems.push(settings.conflict("client_secret", conflict));
}

/// What 128 bits drawn at random never look like: shorter than 32 characters, or of fewer than eight different ones.
fn is_weak(secret: &str) -> bool {
    secret.chars().count() < 32 || secret.chars().collect::<BTreeSet<_>>().len() < 8
}

/// `None` only where a problem was told.
fn put_together(settings: &Settings, problems: &mut Vec<Problem>) -> Option<DeclaredClient> {
    let text = |path| settings.text(CLIENT_KEYS, path);
    let flag = |path| settings.flag(CLIENT_KEYS, path);
    let id = text("client_id").map(|id| id.parse::<ClientId>());
    if let Some(Err(_)) = id {
        problems.push(settings.conflict("client_id", Conflict::ClientId));
    }
    let method = text("token_endpoint_auth_method").and_then(|word| ClientAuthenticationMethod::parse(&word));
    let secret = text("client_secret").map(Secret::new);
    let policy = RedirectUriPolicy { native: flag("native"), plain_http: false };
    let redirect_uris = uris(settings, "redirect_uris", policy, problems);
    if settings.is_set("redirect_uris") && settings.texts(CLIENT_KEYS, "redirect_uris").is_empty() {
        problems.push(settings.conflict("redirect_uris", Conflict::NoRedirectUri));
    }
    let post_logout_redirect_uris = uris(settings, "post_logout_redirect_uris", policy, problems);
    let policy = RedirectUriPolicy { native: false, plain_http: false };
    let backchannel_logout_uri = match text("backchannel_logout_uri") {
        Some(told) => uri(settings, "backchannel_logout_uri", told, policy, problems),
        None => None,
    };
    let algorithm = |path| text(path).and_then(|word| SignatureAlgorithm::parse(&word));
    // Everything was looked at: from here on, what is missing was told.
    let (id, method) = (id?.ok()?, method?);
    let client = Client {
        redirect_uris,
        post_logout_redirect_uris,
        backchannel_logout_uri,
        is_native: flag("native"),
        scopes: ScopeSet::parse(&text("scope")?).ok()?,
        id_token_signed_response_alg: algorithm("id_token_signed_response_alg")?,
        userinfo_signed_response_alg: algorithm("userinfo_signed_response_alg"),
        claims_profile: match text("claims_profile")?.as_str() {
            "moncomptepro" => ClaimsProfile::Moncomptepro,
            "readme-2022" => ClaimsProfile::Readme2022,
            _ => ClaimsProfile::Standard,
        },
        require_pkce: flag("require_pkce") || method == ClientAuthenticationMethod::None,
        default_max_age: settings.number(CLIENT_KEYS, "default_max_age"),
        default_acr_values: settings.texts(CLIENT_KEYS, "default_acr_values"),
        require_verified_link: flag("require_verified_link"),
        is_federation: flag("federation"),
        allowed_sources: settings
            .texts(CLIENT_KEYS, "allowed_sources")
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        certificates: settings.texts(CLIENT_KEYS, "certificates").iter().filter_map(|text| text.parse().ok()).collect(),
        client_uri: text("client_uri"),
        description: text("client_description"),
        policy_uri: text("policy_uri"),
        tos_uri: text("tos_uri"),
        origin: ClientOrigin::ConfigurationFile,
        ..Client::new(id.clone(), text("name").unwrap_or_else(|| id.to_string()), Timestamp(0))
    };
    Some(DeclaredClient { client, method, secret })
}

fn uris(settings: &Settings, path: &str, policy: RedirectUriPolicy, problems: &mut Vec<Problem>) -> Vec<RedirectUri> {
    let texts = settings.texts(CLIENT_KEYS, path);
    texts.into_iter().filter_map(|text| uri(settings, path, text, policy, problems)).collect()
}

fn uri(
    settings: &Settings,
    path: &str,
    text: String,
    policy: RedirectUriPolicy,
    problems: &mut Vec<Problem>,
) -> Option<RedirectUri> {
    match RedirectUri::parse(&text, policy) {
        Ok(uri) => Some(uri),
        Err(reason) => {
            problems.push(settings.fault(path, Fault::RedirectUri { uri: text, reason }));
            None
        }
    }
}
