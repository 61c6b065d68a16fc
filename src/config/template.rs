//! The template of the configuration file: every key with what it is for and its default.

use super::client_keys::CLIENT_KEYS;
use super::key::{ConfigKey, Standard};
use super::keys::KEYS;
use crate::protocol::Locale;

/// A configuration file to fill in: keys at their default stand behind `#: `, without which it is the same file.
pub fn template(locale: Locale) -> String {
    let head = match locale {
        Locale::Fr => [
            "# Configuration de `moncomptepro serve`.",
            "#",
            "# Copiez-la, renseignez les deux clés obligatoires, et démarrez : moncomptepro serve --config moncomptepro.toml",
            "# Les lignes qui commencent par \"#: \" montrent une clé à sa valeur par défaut.",
            "# Un chemin relatif part du dossier de ce fichier.",
            "# Une variable d'environnement l'emporte sur une clé : MONCOMPTEPRO_SECTION__CLE, par exemple MONCOMPTEPRO_TLS__MODE.",
        ],
        Locale::En => [
            "# Configuration of `moncomptepro serve`.",
            "#",
            "# Copy it, set the two required keys, and start: moncomptepro serve --config moncomptepro.toml",
            "# Lines that begin with \"#: \" show a key at its default.",
            "# A relative path begins at the directory of this file.",
            "# A variable of the environment wins over a key: MONCOMPTEPRO_SECTION__KEY, for example MONCOMPTEPRO_TLS__MODE.",
        ],
    };
    let mut text = head.join("\n");
    text.push('\n');
    let mut section = "";
    for key in KEYS {
        let (of, name) = key.path.split_once('.').unwrap_or(("", key.path));
        text.push('\n');
        if of != section {
            section = of;
            text.push_str(&format!("#: [{section}]\n"));
        }
        describe(&mut text, key, name, locale);
    }
    let clients = match locale {
        Locale::Fr => {
            "\n# Les services qui se raccordent, un [[clients]] chacun ; ou bien `moncomptepro client create`.\n"
        }
        Locale::En => "\n# The services that connect, a [[clients]] each; or `moncomptepro client create`.\n",
    };
    text.push_str(clients);
    text.push_str("# [[clients]]\n");
    for key in CLIENT_KEYS {
        describe_of_client(&mut text, key, locale);
    }
    text
}

fn about(key: &ConfigKey, locale: Locale) -> &'static str {
    let [fr, en] = key.about;
    match locale {
        Locale::Fr => fr,
        Locale::En => en,
    }
}

fn describe(text: &mut String, key: &ConfigKey, name: &str, locale: Locale) {
    text.push_str(&format!("# {}\n", about(key, locale)));
    match (key.standard, key.standard.value()) {
        (Standard::Required(example), _) => text.push_str(&format!("{name} = \"{example}\"\n")),
        (Standard::Absent(example), _) => text.push_str(&format!("# {name} = \"{example}\"\n")),
        (_, Some(value)) => text.push_str(&format!("#: {name} = {}\n", value.to_toml())),
        (_, None) => {}
    }
}

/// Nothing of a client holds until somebody removes the hashes.
fn describe_of_client(text: &mut String, key: &ConfigKey, locale: Locale) {
    let name = key.path;
    let value = match key.standard {
        Standard::Required(example) if key.kind.is_list() => format!("[\"{example}\"]"),
        Standard::Required(example) => format!("\"{example}\""),
        Standard::Absent(example) if example.bytes().all(|byte| byte.is_ascii_digit()) && !example.is_empty() => {
            example.to_owned()
        }
        Standard::Absent(example) => format!("\"{example}\""),
        Standard::Text(_) | Standard::Number(_) | Standard::Flag(_) | Standard::Texts(_) => {
            key.standard.value().map(|value| value.to_toml()).unwrap_or_default()
        }
    };
    text.push_str(&format!("# {name} = {value}  # {}\n", about(key, locale)));
}
