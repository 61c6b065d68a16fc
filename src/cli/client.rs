//! `moncomptepro client`: relying parties.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Column, Paging, SecretOutput};
use super::spelling::parse_duration;
use super::{Ending, Noun};
use crate::admin::Call;
use crate::domain::{ClaimsProfile, ClientId, ClientSettings};
use crate::protocol::{ClientAuthenticationMethod, ScopeSet, SignatureAlgorithm};
use crate::web::Method;

const COLUMNS: &[Column] = &[
    ("CLIENT", "client_id"),
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("AUTHENTICATION", "token_endpoint_auth_methods"),
    ("REDIRECT URIS", "redirect_uris"),
];

/// The command, and where it is carried out.
pub(super) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a client, and print its secret, once.
    Create {
        /// Its identifier: 3 to 64 of the characters A-Z a-z 0-9 . _ -, not digits only; made up when absent.
        #[arg(long, value_name = "ID", value_parser = parse_id)]
        id: Option<ClientId>,
        /// The name shown to people.
        #[arg(long)]
        name: String,
        /// Where it is answered, compared exactly; several times for several addresses.
        #[arg(long = "redirect-uri", value_name = "URL", required = true)]
        redirect_uris: Vec<String>,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        secret: SecretOutput,
    },
    /// List the clients, fifty a page.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a client.
    Show {
        /// Its identifier.
        #[arg(value_parser = parse_id)]
        id: ClientId,
    },
    /// Change a client. Lists are replaced whole; an empty text takes a setting away.
    Update {
        /// Its identifier.
        #[arg(value_parser = parse_id)]
        id: ClientId,
        /// The name shown to people.
        #[arg(long)]
        name: Option<String>,
        /// Where it is answered, compared exactly; several times for several addresses.
        #[arg(long = "redirect-uri", value_name = "URL")]
        redirect_uris: Option<Vec<String>>,
        /// Whether it may be used; without it, everything that it was given is void.
        #[arg(long, value_name = "true|false")]
        enabled: Option<bool>,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        secret: SecretOutput,
    },
    /// Delete a client; everything that it was given is void.
    Delete {
        /// Its identifier.
        #[arg(value_parser = parse_id)]
        id: ClientId,
    },
    /// Give a client another secret, and print it, once.
    RotateSecret {
        /// Its identifier.
        #[arg(value_parser = parse_id)]
        id: ClientId,
        /// How long the secret before goes on working: 90s, 30m, 24h, 7d. With 0 all before cease at once, and everything that
        /// the client was given is void.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
        overlap: Duration,
        #[command(flatten)]
        secret: SecretOutput,
    },
}

/// What is optional when a client is made, and when it is changed.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Where it may send people after sign-out, compared exactly; several times for several addresses.
    #[arg(long = "post-logout-uri", value_name = "URL")]
    post_logout_uris: Option<Vec<String>>,
    /// Where it is told that a session is over (Back-Channel Logout). A new client is not.
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
    /// The scopes it may ask, separated by spaces. A new client has: openid email profile organization.
    #[arg(long, value_name = "SCOPES", value_parser = parse_scopes)]
    scope: Option<ScopeSet>,
    /// How it shows its secret; twice for both ways; `none` for a public client. A new client has: basic.
    #[arg(long = "auth-method", value_name = "METHOD", value_parser = auth_method())]
    auth_methods: Option<Vec<ClientAuthenticationMethod>>,
    /// The algorithm of its ID tokens. A new client has: RS256.
    #[arg(long, value_name = "ALG", value_parser = algorithm())]
    id_token_alg: Option<SignatureAlgorithm>,
    /// The algorithm of its UserInfo answers; none for plain JSON.
    #[arg(long, value_name = "ALG", value_parser = algorithm_or_none())]
    userinfo_alg: Option<NoneOr<SignatureAlgorithm>>,
    /// The rendering of claims. A new client has: standard.
    #[arg(long, value_name = "PROFILE", value_parser = claims_profile())]
    claims_profile: Option<ClaimsProfile>,
    /// Whether a code challenge is required.
    #[arg(long, value_name = "true|false")]
    pkce: Option<bool>,
    /// Whether it is an application on the person's own device: loopback ports are free.
    #[arg(long, value_name = "true|false")]
    native: Option<bool>,
    /// `max_age` in seconds where a request has none.
    #[arg(long, value_name = "SECONDS|none", value_parser = parse_max_age)]
    default_max_age: Option<NoneOr<u64>>,
    /// `acr_values` where a request has none; several times for several values.
    #[arg(long = "default-acr", value_name = "ACR")]
    default_acr_values: Option<Vec<String>>,
    /// Whether links to organizations that nothing proves are withheld. A new client has: true.
    #[arg(long, value_name = "true|false")]
    require_verified_link: Option<bool>,
    /// Whether it is a federation: pages show for which service it asks (`sp_name`). A new client is none.
    #[arg(long, value_name = "true|false")]
    federation: Option<bool>,
    /// A network from which its secrets and tokens are taken, as ADDRESS/BITS; several times for several. Without any: from
    /// everywhere.
    #[arg(long = "allowed-source", value_name = "NETWORK")]
    allowed_sources: Option<Vec<String>>,
    /// SHA-256 of a certificate of its own, as `openssl x509 -noout -fingerprint -sha256` prints it; several times for several.
    /// With any, it shows one at every request of its own, at `tls.mutual_listen`. A new client has none.
    #[arg(long = "certificate", value_name = "FINGERPRINT")]
    certificates: Option<Vec<String>>,
    /// The page of the service.
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// One sentence about the service.
    #[arg(long)]
    description: Option<String>,
    /// Its privacy policy.
    #[arg(long, value_name = "URL")]
    policy_uri: Option<String>,
    /// Its terms of use.
    #[arg(long, value_name = "URL")]
    tos_uri: Option<String>,
}

/// A value, or the word `none`.
#[derive(Debug, Clone, Copy)]
struct NoneOr<T>(Option<T>);

fn parse_id(text: &str) -> Result<ClientId, String> {
    text.parse().map_err(|_| String::from("3 to 64 of the characters A-Z a-z 0-9 . _ - are expected, not digits only"))
}

fn parse_scopes(text: &str) -> Result<ScopeSet, String> {
    ScopeSet::parse(text).map_err(|token| format!("no scope is called `{token}`"))
}

fn parse_max_age(text: &str) -> Result<NoneOr<u64>, String> {
    if text == "none" {
        return Ok(NoneOr(None));
    }
    text.parse()
        .map(|seconds| NoneOr(Some(seconds)))
        .map_err(|_| String::from("a number of seconds or `none` is expected"))
}

fn auth_method() -> impl clap::builder::TypedValueParser<Value = ClientAuthenticationMethod> {
    PossibleValuesParser::new(["basic", "post", "none"]).map(|word| match word.as_str() {
        "post" => ClientAuthenticationMethod::Post,
        "none" => ClientAuthenticationMethod::None,
        _ => ClientAuthenticationMethod::Basic,
    })
}

fn algorithm() -> impl clap::builder::TypedValueParser<Value = SignatureAlgorithm> {
    let words = SignatureAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str());
    PossibleValuesParser::new(words).try_map(|word| SignatureAlgorithm::parse(&word).ok_or("no such algorithm"))
}

fn algorithm_or_none() -> impl clap::builder::TypedValueParser<Value = NoneOr<SignatureAlgorithm>> {
    let words = SignatureAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).chain(["none"]);
    PossibleValuesParser::new(words).map(|word| NoneOr(SignatureAlgorithm::parse(&word)))
}

fn claims_profile() -> impl clap::builder::TypedValueParser<Value = ClaimsProfile> {
    PossibleValuesParser::new(["standard", "moncomptepro", "readme-2022"])
        .try_map(|word| serde_json::from_value::<ClaimsProfile>(word.into()))
}

/// An empty text stands for nothing.
fn emptied(text: Option<String>) -> Option<Option<String>> {
    text.map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// A list of one empty text stands for an empty list.
fn emptied_list(texts: Option<Vec<String>>) -> Option<Vec<String>> {
    texts.map(|texts| texts.into_iter().filter(|text| !text.is_empty()).collect())
}

impl Settings {
    /// An option that takes something away, where there is nothing yet.
    fn find_empty(&self) -> Option<&'static str> {
        let is_empty = |texts: &Option<Vec<String>>| texts.iter().flatten().any(String::is_empty);
        let lists = [
            ("--post-logout-uri", &self.post_logout_uris),
            ("--default-acr", &self.default_acr_values),
            ("--allowed-source", &self.allowed_sources),
            ("--certificate", &self.certificates),
        ];
        let texts = [
            ("--backchannel-logout-uri", &self.backchannel_logout_uri),
            ("--client-uri", &self.client_uri),
            ("--description", &self.description),
            ("--policy-uri", &self.policy_uri),
            ("--tos-uri", &self.tos_uri),
        ];
        let list = lists.into_iter().find(|(_, texts)| is_empty(texts)).map(|(option, _)| option);
        let is_blank = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        list.or_else(|| texts.into_iter().find(|(_, text)| is_blank(text)).map(|(option, _)| option))
    }

    fn into_settings(self) -> ClientSettings {
        ClientSettings {
            post_logout_redirect_uris: emptied_list(self.post_logout_uris),
            backchannel_logout_uri: emptied(self.backchannel_logout_uri),
            scope: self.scope,
            token_endpoint_auth_methods: self.auth_methods,
            native: self.native,
            id_token_signed_response_alg: self.id_token_alg,
            userinfo_signed_response_alg: self.userinfo_alg.map(|NoneOr(algorithm)| algorithm),
            claims_profile: self.claims_profile,
            require_pkce: self.pkce,
            default_max_age: self.default_max_age.map(|NoneOr(seconds)| seconds),
            default_acr_values: emptied_list(self.default_acr_values),
            require_verified_link: self.require_verified_link,
            federation: self.federation,
            allowed_sources: emptied_list(self.allowed_sources),
            certificates: emptied_list(self.certificates),
            client_uri: emptied(self.client_uri),
            description: emptied(self.description),
            policy_uri: emptied(self.policy_uri),
            tos_uri: emptied(self.tos_uri),
            ..ClientSettings::default()
        }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    let call = match command {
        Command::List { paging } => {
            let call = Call::new(Method::GET, &["clients"]);
            return output.listing(&place.open().await?, &call, &paging, COLUMNS).await;
        }
        Command::Create { id, name, redirect_uris, settings, secret } => {
            secret.check(&output)?;
            if let Some(option) = settings.find_empty() {
                return Err(Ending::usage(format!("{option} is empty: leave it out, a new client has nothing there")));
            }
            let (name, redirect_uris) = (Some(name), Some(redirect_uris));
            let settings = ClientSettings { name, redirect_uris, ..settings.into_settings() };
            match id {
                Some(id) => Call::new(Method::PUT, &["clients", id.as_str()]).with_body(&settings),
                None => Call::new(Method::POST, &["clients"]).with_body(&settings),
            }
        }
        Command::Show { id } => Call::new(Method::GET, &["clients", id.as_str()]),
        Command::Update { id, name, redirect_uris, enabled, settings, secret } => {
            // Only a client that becomes confidential gets a secret.
            if settings.auth_methods.is_some() {
                secret.check(&output)?;
            }
            let settings = ClientSettings { name, redirect_uris, enabled, ..settings.into_settings() };
            if settings == ClientSettings::default() {
                return Err(Ending::usage("nothing to change: see `client update --help`"));
            }
            Call::new(Method::PATCH, &["clients", id.as_str()]).with_body(&settings)
        }
        Command::Delete { id } => Call::new(Method::DELETE, &["clients", id.as_str()]),
        Command::RotateSecret { id, overlap, secret } => {
            secret.check(&output)?;
            Call::new(Method::POST, &["clients", id.as_str(), "secret"])
                .with_body(&json!({ "overlap_seconds": overlap.as_secs() }))
        }
    };
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
