//! `moncomptepro config`: the template of the configuration file, and the configuration that holds.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::output::{Form, Output};
use super::serve::load;
use super::spelling::{parse_locale, parse_path};
use super::{Ending, language, say};
use crate::config::{self, DeclaredClient, Loaded, Origin, Shown};
use crate::protocol::Locale;

/// What stands in the place of a secret.
const MASK: &str = "********";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a configuration file to fill in: every key, what it is for, and its default.
    Template {
        /// The language of the explanations: fr or en; without it, that of the terminal.
        #[arg(long, value_name = "LANGUAGE", value_parser = parse_locale)]
        language: Option<Locale>,
    },
    /// Print the configuration that holds, each value with its source; secrets are masked.
    Show {
        /// The configuration file.
        #[arg(long, value_name = "FILE", value_parser = parse_path)]
        config: Option<PathBuf>,
        #[command(flatten)]
        output: Output,
    },
}

pub(super) fn run(command: Command) -> Result<(), Ending> {
    match command {
        Command::Template { language: chosen } => {
            say(config::template(chosen.unwrap_or_else(language)).trim_end());
        }
        Command::Show { config, output } => {
            let loaded = load(config)?;
            match output.form() {
                Form::Table => say(&table(&loaded)),
                Form::Json => output.one(&json!({
                    "settings": loaded.shown.iter().map(described).collect::<Vec<_>>(),
                    "clients": loaded.config.declared_clients.iter().map(client).collect::<Vec<_>>(),
                })),
            }
        }
    }
    Ok(())
}

/// Settings with their sources, then the clients that the file declares.
fn table(loaded: &Loaded) -> String {
    let shown = &loaded.shown;
    let width = |of: fn(&Shown) -> usize| shown.iter().map(of).max().unwrap_or(0);
    let key = width(|shown| shown.key.chars().count());
    let value = width(|shown| value(shown).chars().count());
    let lines = shown
        .iter()
        .map(|shown| format!("{:key$}  {:value$}  {}", shown.key, self::value(shown), source(&shown.origin)));
    let mut lines: Vec<String> = lines.collect();
    for (position, declared) in loaded.config.declared_clients.iter().enumerate() {
        let Value::Object(members) = client(declared) else { continue };
        let said = members.iter().filter(|(_, value)| !value.is_null());
        let number = position.saturating_add(1);
        lines.extend(said.map(|(name, value)| format!("clients[{number}].{name}  {value}")));
    }
    lines.join("\n")
}

/// A declared client by the keys of the file, its secret masked.
fn client(declared: &DeclaredClient) -> Value {
    let client = &declared.client;
    json!({
        "client_id": client.id,
        "client_secret": declared.secret.as_ref().map(|_| MASK),
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "scope": client.scopes,
        "token_endpoint_auth_method": declared.method,
        "claims_profile": client.claims_profile,
        "native": client.is_native,
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "userinfo_signed_response_alg": client.userinfo_signed_response_alg,
        "require_pkce": client.require_pkce,
        "default_max_age": client.default_max_age,
        "default_acr_values": client.default_acr_values,
        "require_verified_link": client.require_verified_link,
        "federation": client.is_federation,
        "allowed_sources": client.allowed_sources,
        "certificates": client.certificates,
        "client_uri": client.client_uri,
        "client_description": client.description,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
    })
}

/// The value itself, of its own type.
fn typed(text: &str) -> Value {
    let read = toml::from_str::<toml::Table>(&format!("value = {text}"));
    let value = read.ok().and_then(|mut table| table.remove("value"));
    value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or_else(|| Value::from(text))
}

fn value(shown: &Shown) -> &str {
    shown.value.as_deref().unwrap_or("-")
}

fn described(shown: &Shown) -> Value {
    json!({ "key": shown.key, "value": shown.value.as_deref().map(typed), "source": source(&shown.origin) })
}

fn source(origin: &Origin) -> String {
    match origin {
        Origin::Default => String::from("default"),
        Origin::File { path, line: Some(line) } => format!("{}:{line}", path.display()),
        Origin::File { path, line: None } => path.display().to_string(),
        Origin::Environment(name) => format!("${name}"),
    }
}
