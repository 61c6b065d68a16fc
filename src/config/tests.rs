//! Defaults, and what is refused.

use std::path::Path;

use super::*;

fn config_of(text: &str) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    Config::from_file(&path)
}

const REQUIRED: &str = "public_url = \"https://identite.exemple.fr\"\ndata_dir = \"/var/lib/moncomptepro\"\n";

#[test]
fn the_example_file_states_every_default() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = std::fs::read_to_string(root.join("config.example.toml")).unwrap();
    let uncommented: String =
        example.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
    assert_eq!(config_of(&uncommented).unwrap(), config_of(REQUIRED).unwrap());
}

#[test]
fn the_example_file_names_every_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = std::fs::read_to_string(root.join("config.example.toml")).unwrap();
    for key in [
        "public_url",
        "data_dir",
        "listen",
        "master_key_file",
        "name",
        "cache_mib",
        "vocabulary",
        "rsa_bits",
        "allow_unverified",
    ] {
        assert!(
            example
                .lines()
                .any(|line| line.trim_start_matches("#: ").trim_start_matches("# ").starts_with(&format!("{key} ="))),
            "{key}"
        );
    }
}

#[test]
fn what_cannot_be_is_refused_naming_the_key() {
    let cases = [
        ("data_dir = \"/d\"", "public_url"),
        ("public_url = \"https://a.fr\"", "data_dir"),
        ("public_url = \"http://a.fr\"\ndata_dir = \"/d\"", "public_url"),
        ("public_url = \"https://a.fr/chemin\"\ndata_dir = \"/d\"", "public_url"),
        ("public_url = \"https://a.fr\"\ndata_dir = \"/d\"\nlisten = \"0.0.0.0:80\"", "listen"),
        ("public_url = \"https://a.fr\"\ndata_dir = \"/d\"\n[keys]\nrsa_bits = 1024", "keys.rsa_bits"),
        ("public_url = \"https://a.fr\"\ndata_dir = \"/d\"\n[keys]\nrsa = 2048", "rsa"),
        ("public_url = \"https://a.fr\"\ndata_dir = \"/d\"\n[acr]\nvocabulary = \"best\"", "vocabulary"),
        ("public_url = ", "1"),
    ];
    for (text, named) in cases {
        let message = config_of(text).unwrap_err().to_string();
        assert!(message.contains(named), "{text:?} gives {message:?}");
    }
}

#[test]
fn sec_14_production_is_strict_without_any_choice() {
    let config = config_of(REQUIRED).unwrap();
    assert_eq!(config.unknown_clients, UnknownClients::Refuse);
    assert!(config.cookies.secure && config.cookies.prefix == "__Host-");
    assert!(!config.local_redirects && !config.local_names && !config.allow_unverified_links && !config.trial);
    assert_eq!((config.people_picker, config.automatic_sign_in), (None, None));
}

#[test]
fn r_11_cookies_of_development_carry_the_port_and_those_over_tls_the_host_prefix() {
    let plain = Config::dev(DevOptions::default(), 3210);
    assert_eq!(plain.cookies, CookiePolicy { prefix: String::from("dev-3210-"), secure: false });
    assert_eq!(plain.issuer(), "http://localhost:3210");
    let options = DevOptions { issuer: Some("https://mock.test".parse().unwrap()), ..DevOptions::default() };
    assert_eq!(Config::dev(options, 3210).cookies.prefix, "__Host-");
}
