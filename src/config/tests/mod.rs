//! Defaults, what is refused and how it is said, what the environment changes.

mod values;
mod weakenings;

use std::collections::BTreeSet;
use std::path::Path;

use super::client_keys::CLIENT_KEYS;
use super::key::{ConfigKey, Kind};
use super::keys::KEYS;
use super::*;
use crate::protocol::Locale;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(&path, &variables)
}

/// Without the name of the file, which every test has its own of.
pub(super) fn config_of(text: &str) -> Result<Config, ConfigError> {
    load(text, &[]).map(|loaded| Config { file: None, ..loaded.config })
}

/// What is said, without the directory of the test.
fn said(text: &str, variables: &[(&str, &str)], locale: Locale) -> Vec<String> {
    let refused = load(text, variables).unwrap_err();
    let lines = refused.problems.iter().map(|problem| problem.say(locale));
    lines
        .map(|line| line.split_once("config.toml").map_or(line.clone(), |(_, rest)| format!("config.toml{rest}")))
        .collect()
}

pub(super) const REQUIRED: &str =
    "public_url = \"https://identite.exemple.fr\"\ndata_dir = \"/var/lib/moncomptepro\"\n";

pub(super) const CLIENT: &str = "[[clients]]\nclient_id = \"service\"\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n\
                      redirect_uris = [\"https://service.exemple.fr/retour\"]\n";

pub(super) const MAIL: &str = "mail.from = \"a@b.fr\"\nsmtp.host = \"smtp.b.fr\"\n";

const SECRET: &str = "kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo";

/// For its owner only, as a file of a secret has to be.
fn close(file: &Path) {
    #[cfg(unix)]
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _nothing = file;
}

fn uncommented(template: &str) -> String {
    template.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect()
}

#[test]
fn the_template_states_every_default_in_both_languages() {
    let defaults = config_of(REQUIRED).unwrap();
    for locale in Locale::ALL {
        assert_eq!(config_of(&uncommented(&template(*locale))).unwrap(), defaults, "{locale}");
    }
}

#[test]
fn the_example_file_is_the_template() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = std::fs::read_to_string(root.join("config.example.toml")).unwrap();
    assert!(example == template(Locale::En), "write it anew: moncomptepro config template --language en");
}

#[test]
fn the_clients_of_the_template_can_be_declared() {
    for locale in Locale::ALL {
        let text = template(*locale);
        let (_, clients) = text.split_once("# [[clients]]").unwrap();
        let keys: Vec<_> = clients.lines().skip(1).filter_map(|line| line.strip_prefix("# ")).collect();
        assert_eq!(keys.len(), CLIENT_KEYS.len());
        let wanted = |line: &&str| !line.contains("= \"\"");
        let declared: Vec<&str> = keys.into_iter().filter(wanted).collect();
        let text = format!(
            "{REQUIRED}[[clients]]\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n{}",
            declared.join("\n")
        );
        assert_eq!(config_of(&text).unwrap().declared_clients.len(), 1);
    }
}

/// A key with a value, written where the key belongs.
fn with(key: &ConfigKey, value: &str, is_client: bool) -> String {
    let required = |path: &'static str| if path == key.path { "" } else { path };
    let mut text = String::new();
    if !required("public_url").is_empty() || is_client {
        text.push_str("public_url = \"https://identite.exemple.fr\"\n");
    }
    if !required("data_dir").is_empty() || is_client {
        text.push_str("data_dir = \"/var/lib/moncomptepro\"\n");
    }
    if is_client {
        let others = CLIENT.lines().filter(|line| !line.starts_with(&format!("{} =", key.path)));
        text.push_str(&others.collect::<Vec<_>>().join("\n"));
        text.push('\n');
    }
    format!("{text}{} = {value}\n", key.path)
}

/// Values of another type than the kind's, and values of the right type that cannot be.
fn wrong_values(kind: Kind) -> Vec<&'static str> {
    let mut values = match kind {
        Kind::Flag => vec!["\"true\"", "1", "[]"],
        Kind::Number(..) | Kind::NumberOrZero(..) | Kind::Numbers(_) => {
            vec!["\"8\"", "true", "-1", "99999999999999999999", "1.5", "[]"]
        }
        _ => vec!["7", "true", "1979-05-27", "\"\"", "\"\\u0007\"", "{ a = 1 }"],
    };
    match kind {
        Kind::Number(least, _) if least > 0 => values.push("0"),
        Kind::PublicUrl => values.extend(["\"http://a.fr\"", "\"https://a.fr/x\"", "\"https://a.fr?x\"", "\"a.fr\""]),
        Kind::WebPage => values.extend(["\"http://a.fr\"", "\"javascript:alert(1)\"", "\"a\""]),
        Kind::NumberOrZero(..) => values.extend(["1", "5"]),
        // None of them, and none between them.
        Kind::Numbers(_) => values.extend(["0", "1024", "2500"]),
        Kind::OneOf(_) => values.push("\"best\""),
        Kind::Addresses => values.extend(["[]", "[\"localhost\"]", "[1]", "\"127.0.0.1\""]),
        Kind::Address => values.extend(["\"127.0.0.1\"", "\"localhost:1\"", "[\"127.0.0.1:1\"]"]),
        Kind::Networks => values.extend(["[\"10.0.0.0/33\"]", "[\"::ffff:10.0.0.0/8\"]", "[\"proxy\"]", "[1]"]),
        Kind::Thumbprints => values.extend(["[\"AB:CD\"]", "[1]", "\"sha256\""]),
        Kind::Scopes => values.extend(["\"email\"", "\"openid everything\""]),
        Kind::Email => values.extend(["\"a\"", "\"a@b@c.fr\"", "\"Mairie <a@b.fr>\"", "\" a@b.fr\""]),
        Kind::Host => {
            values.extend(["\"smtp.a.fr:587\"", "\"https://smtp.a.fr\"", "\"a b\"", "\"-a.fr\"", "\"a..fr\""])
        }
        Kind::Siret => values.extend(["\"219200235\"", "\"21920023500015\"", "\"mairie\""]),
        Kind::MailboxNames => values.extend(["[\"a@b.fr\"]", "[\"a b\"]", "[1]"]),
        Kind::Hosts => values.extend(["[\"a.lan:443\"]", "[\"https://a.lan\"]", "[\"a b\"]", "[1]"]),
        Kind::EmailDomains => values.extend(["[\"@a.fr\"]", "[\"fr\"]", "[1]"]),
        Kind::RejectionReasons => values.extend(["[\"\"]", "[\"a\\nb\"]", "[1]"]),
        Kind::Text(_) => values.push(Box::leak(format!("{:?}", "x".repeat(255)).into_boxed_str())),
        Kind::Words(_) => values.extend(["[\"best\"]", "[\"register\", \"register\"]", "[1]"]),
        Kind::Path | Kind::Secret | Kind::Flag | Kind::Number(..) | Kind::Texts => {}
    }
    values
}

#[test]
fn sec_216_every_key_wrong_in_every_way_is_named_with_its_line_and_what_is_possible() {
    let tables = [(KEYS, false), (CLIENT_KEYS, true)];
    for (key, is_client) in tables.iter().flat_map(|(keys, is_client)| keys.iter().map(move |key| (key, *is_client))) {
        let path = if is_client { format!("clients[1].{}", key.path) } else { key.path.to_owned() };
        for value in wrong_values(key.kind) {
            let text = with(key, value, is_client);
            let line = text.lines().count();
            let lines = said(&text, &[], Locale::En);
            let expected = key.kind.expected(Locale::En);
            let told = lines
                .iter()
                .any(|told| told.starts_with(&format!("config.toml:{line}: {path}: ")) && told.ends_with(&expected));
            assert!(told, "{text}\n{lines:#?}");
            let in_french = said(&text, &[], Locale::Fr);
            let expected = key.kind.expected(Locale::Fr);
            assert!(in_french.iter().any(|told| told.contains(&path) && told.ends_with(&expected)), "{in_french:#?}");
        }
        let misspelt = format!("{}e", key.path);
        let text = with(&ConfigKey { path: Box::leak(misspelt.into_boxed_str()), ..*key }, "1", is_client);
        let lines = said(&text, &[], Locale::En);
        assert!(
            lines.iter().any(|told| told.ends_with(&format!("unknown key. Did you mean {}?", key.path))),
            "{lines:#?}"
        );
    }
}

#[test]
fn sec_216_everything_is_told_at_once_in_the_order_of_the_file() {
    let text = "public_url = \"http://a.fr\"\nlistne = \"[::]:443\"\n[tls]\nmode = \"files\"\n[keys]\nrsa_bits = 3000\n\
                [instance]\nname = 3\n";
    assert_eq!(
        said(text, &[("MONCOMPTEPRO_STORE__CACHE", "1")], Locale::En),
        [
            "config.toml: data_dir: must be set. Possible: the path of a file or directory",
            "config.toml: tls.certificate_file: tls.mode = \"files\" needs it. Name the file, or choose tls.mode = \"self-signed\"",
            "config.toml: tls.private_key_file: tls.mode = \"files\" needs it. Name the file, or choose tls.mode = \"self-signed\"",
            "config.toml:1: public_url: \"http://a.fr\" cannot be. Possible: an address such as \"https://identite.exemple.fr\": https, a name, nothing behind it",
            "config.toml:2: listne: unknown key. Did you mean listen?",
            "config.toml:6: keys.rsa_bits: 3000 cannot be. Possible: 2048, 3072 or 4096",
            "config.toml:8: instance.name: a whole number instead of what is possible: a text of 1 to 60 characters, on one line",
            "$MONCOMPTEPRO_STORE__CACHE: store.cache: unknown key. Did you mean MONCOMPTEPRO_STORE__CACHE_MIB?",
        ]
    );
}

#[test]
fn sec_216_a_number_that_cannot_be_is_not_told_as_another_one() {
    let told = |number: &str| {
        let text = format!("public_url = \"https://a.fr\"\ndata_dir = \"/d\"\nlimits.connections = {number}\n");
        said(&text, &[], Locale::En).concat()
    };
    assert!(told("-5").contains("limits.connections: a number below zero instead of"), "{}", told("-5"));
    let most = told("99999999999999999999");
    assert!(most.contains("limits.connections: a number beyond 64 bits instead of"), "{most}");
}

#[test]
fn sec_216_keys_that_do_not_go_together_say_what_to_do() {
    let base = REQUIRED.to_owned();
    let cases = [
        (base.clone() + "tls.mode = \"off\"", "tls.mode", "Declare yours in proxies.trusted"),
        (base.clone() + "tls.mode = \"off\"\nproxies.trusted = []", "tls.mode", "Declare yours in proxies.trusted"),
        (base.clone() + "tls.mode = \"off\"\nlisten = \"127.0.0.1:1\"", "tls.mode", "Declare yours"),
        (base.clone() + "tls.certificate_file = \"/c\"", "tls.certificate_file", "Choose that mode"),
        (base.clone() + "listen = [\"127.0.0.1:1\", \"[::1]:2\"]", "listen", "same port"),
        (base.clone() + "metrics.listen = \"0.0.0.0:1\"", "metrics.listen", "say metrics.allow_remote = true"),
        (base.clone() + &both("127.0.0.1:1", "127.0.0.1:1"), "metrics.listen", "another port"),
        (base.clone() + "metrics.token = \"0123456789012345678901234567890\"", "metrics.token", "openssl rand -hex 32"),
        (base.clone() + "metrics.token = \"a word with spaces, long enough for one\"", "metrics.token", "openssl rand"),
        (base.clone() + &both("0.0.0.0:1", "127.0.0.1:1"), "metrics.listen", "another port"),
        (base.clone() + &both("[::]:1", "[::1]:1"), "metrics.listen", "another port"),
        (
            base.clone()
                + "joining.free_mail_domains = [\"b.fr\", \"a.fr\"]\njoining.professional_mail_domains = \"A.fr\"",
            "joining.professional_mail_domains",
            "Remove it from one of the two",
        ),
        (base.clone() + "mail.from = \"a@b.fr\"", "smtp.host", "Give smtp.host, or remove mail.from"),
        (base.clone() + "smtp.host = \"a.fr\"", "mail.from", "Give mail.from, or remove smtp.host"),
        (base.clone() + "smtp.username = \"a\"", "smtp.username", "Give smtp.host and mail.from"),
        (base.clone() + "mail.reply_to = \"a@b.fr\"", "mail.reply_to", "Give smtp.host and mail.from"),
        (base.clone() + MAIL + "smtp.username = \"a\"", "smtp.password", "or smtp.password_file"),
        (base.clone() + MAIL + "smtp.password = \"a\"", "smtp.username", "Give smtp.username"),
        (base.clone() + MAIL + "smtp.tls = \"off\"", "smtp.tls", "or say smtp.allow_plain = true"),
        (
            base.clone()
                + MAIL
                + "smtp.tls = \"off\"\nsmtp.allow_plain = true\nsmtp.username = \"a\"\nsmtp.password = \"b\"",
            "smtp.tls",
            "the password would pass in clear",
        ),
        (base.clone() + MAIL + "smtp.tls = \"implicit\"", "smtp.port", "465 as a rule"),
        (base.clone() + MAIL + "instance.kind = \"sandbox\"", "smtp.host", "shows its mails on a page"),
        (base.clone() + "directory.sources = [\"api-sirene\"]", "directory.api_sirene_key", "or remove the source"),
        (base.clone() + "directory.api_entreprise_token = \"a\"", "directory.api_entreprise_siret", "Give it"),
        (base.clone() + "tls = 3", "tls", "section"),
        (base.clone() + "clients = 3", "clients", "a list of texts"),
        (base.clone() + "clients = [3]", "clients[1]", "instead"),
        (base.clone() + CLIENT + CLIENT, "clients[2].client_id", "declared twice"),
        (base.clone() + CLIENT + "client_secret_file = \"/f\"", "clients[1].client_secret_file", "given twice"),
        (base.clone() + CLIENT + "token_endpoint_auth_method = \"none\"", "clients[1].client_secret", "public client"),
        (base.clone() + &CLIENT.replace("\"service\"", "\"1234\""), "clients[1].client_id", "not digits only"),
        (
            base.clone() + &CLIENT.replace("client_secret =", "name ="),
            "clients[1].client_secret",
            "or client_secret_file",
        ),
        (base.clone() + &CLIENT.replace("https:", "http:"), "clients[1].redirect_uris", "plain http is not allowed"),
        (
            base.clone() + CLIENT + "backchannel_logout_uri = \"https://service.exemple.fr/#fin\"",
            "clients[1].backchannel_logout_uri",
            "fragment",
        ),
        (
            base.clone() + &CLIENT.replace("\"https://service.exemple.fr/retour\"", ""),
            "clients[1].redirect_uris",
            "at least one",
        ),
        (
            base + &CLIENT
                .replace("client_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"", "client_secret_file = \"/nowhere\""),
            "clients[1].client_secret_file",
            "/nowhere cannot be read",
        ),
    ];
    are_told(cases);
}

/// Each text is refused, with its key and its remedy.
fn are_told<const CASES: usize>(cases: [(String, &str, &str); CASES]) {
    for (text, key, remedy) in cases {
        let lines = said(&text, &[], Locale::En);
        let told = |line: &String| line.contains(&format!(": {key}: ")) && line.contains(remedy);
        assert!(lines.iter().any(told), "{key}: {lines:#?}");
    }
}

fn both(listen: &str, metrics: &str) -> String {
    format!("listen = {listen:?}\nmetrics.listen = {metrics:?}")
}

#[test]
fn sec_216_listeners_that_stand_beside_each_other_are_taken() {
    let beside = [
        ("127.0.0.1:1", "127.0.0.1:2"),
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("[::]:1", "127.0.0.1:1"),
        ("[::1]:1", "127.0.0.1:1"),
    ];
    for (listen, metrics) in beside {
        let text = REQUIRED.to_owned() + &both(listen, metrics);
        assert!(load(&text, &[]).is_ok(), "{listen} {metrics}");
    }
}

#[test]
fn sec_216_a_file_that_is_no_toml_is_told_by_its_lines() {
    let lines = said("public_url = \n[tls\nmode = \"off\"\n", &[], Locale::En);
    assert!(lines.iter().any(|line| line.starts_with("config.toml:1: is not TOML: ")), "{lines:#?}");
    let refused = Config::from_file(Path::new("/nowhere/config.toml")).unwrap_err();
    assert!(refused.to_string().starts_with("/nowhere/config.toml: cannot be read: "), "{refused}");
}

#[test]
fn sec_173_a_secret_is_never_shown_and_may_stand_in_a_file_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "the-secret-itself-kQ7vX2mZ9sLd4TfWb8RnYc3H\n").unwrap();
    close(&file);
    let client = CLIENT
        .replace("client_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"", &format!("client_secret_file = {file:?}"));
    let config = config_of(&format!("{REQUIRED}{client}")).unwrap();
    assert_eq!(
        config.declared_clients[0].secret.as_ref().unwrap().expose(),
        "the-secret-itself-kQ7vX2mZ9sLd4TfWb8RnYc3H"
    );
    assert!(!format!("{config:?}").contains("the-secret-itself"));
    let too_long = "x".repeat(2_049);
    for secret in [too_long.as_str(), "line\\nline"] {
        let lines = said(&format!("{REQUIRED}{}", CLIENT.replace(SECRET, secret)), &[], Locale::Fr);
        assert!(lines[0].contains("non montrée") && !lines[0].contains(secret), "{lines:?}");
    }
}

#[test]
fn sec_44_a_secret_that_could_be_guessed_is_refused_in_production_and_free_in_a_sandbox() {
    for secret in ["hunter2", "31-characters-of-a-file-0123456", &"ab".repeat(32), &"0".repeat(64)] {
        let text = format!("{REQUIRED}{}", CLIENT.replace(SECRET, secret));
        let told = said(&text, &[], Locale::En).concat();
        assert!(
            told.contains(":5: clients[1].client_secret: fewer than 32") && told.contains("openssl rand"),
            "{told}"
        );
        assert!(!told.contains(secret), "{told}");
        let sandbox = text.replacen("[[clients]]", "instance.kind = \"sandbox\"\n[[clients]]", 1);
        assert!(config_of(&sandbox).is_ok(), "{secret}");
    }
    // As openssl, uuidgen twice, and our own command draw them.
    for secret in ["q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "0123456789abcdef0123456789abcdef"] {
        assert!(config_of(&format!("{REQUIRED}{}", CLIENT.replace(SECRET, secret))).is_ok(), "{secret}");
    }
}

#[test]
fn sec_216_what_is_wrong_with_several_clients_is_told_at_once() {
    let wrong = "[[clients]]\nclient_id = \"1234\"\nclient_secret = \"x\"\nredirect_uris = [\"http://a.fr/\"]\nscope = \"all\"\n";
    let lines = said(&format!("{REQUIRED}{wrong}{CLIENT}{wrong}"), &[], Locale::En);
    let keys: Vec<&str> = lines.iter().filter_map(|line| line.split(": ").nth(1)).collect();
    let of = |number: u8| {
        ["client_id", "client_secret", "redirect_uris", "scope"].map(|key| format!("clients[{number}].{key}"))
    };
    assert_eq!(keys, [of(1), of(3)].concat(), "{lines:#?}");
}

#[cfg(unix)]
#[test]
fn sec_173_the_file_of_a_secret_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    let client = CLIENT.replace(&format!("client_secret = \"{SECRET}\""), &format!("client_secret_file = {file:?}"));
    for (mode, is_open) in [(0o644, true), (0o604, true), (0o602, true), (0o640, false), (0o600, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let loaded = load(&format!("{REQUIRED}{client}"), &[]);
        assert_eq!(loaded.is_err(), is_open, "{mode:o}");
        if let Err(refused) = loaded {
            let told = refused.to_string();
            assert!(told.contains("clients[1].client_secret_file") && told.contains("chmod 600"), "{told}");
        }
    }
}

#[test]
fn a_relative_path_begins_at_the_directory_of_the_file_wherever_it_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    let secret = directory.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    close(&secret);
    let client = CLIENT.replace(&format!("client_secret = \"{SECRET}\""), "client_secret_file = \"secret\"");
    let tls = "tls = { mode = \"files\", certificate_file = \"c.pem\", private_key_file = \"/k.pem\" }";
    let text =
        format!("public_url = \"https://a.fr\"\ndata_dir = \"data\"\nmaster_key_file = \"../key\"\n{tls}\n{client}");
    std::fs::write(&file, text).unwrap();
    let variables = [(String::from("MONCOMPTEPRO_MASTER_KEY_FILE"), String::from("keys/master"))];
    let config = Config::load(&file, &variables).unwrap().config;
    assert_eq!(config.data, DataLocation::Directory(directory.path().join("data")));
    assert_eq!(config.master_key_file, Some(directory.path().join("keys/master")));
    let certificate = directory.path().join("c.pem");
    assert_eq!(config.tls, Tls::Files { certificate, private_key: "/k.pem".into() });
    assert_eq!(config.declared_clients[0].secret.as_ref().unwrap().expose(), SECRET);
}

#[test]
fn r_39_the_environment_wins_over_the_file_and_says_so() {
    let variables = [
        ("MONCOMPTEPRO_INSTANCE__NAME", "Mairie de Clamart"),
        ("MONCOMPTEPRO_LISTEN", "127.0.0.1:1443, [::1]:1443"),
        ("MONCOMPTEPRO_JOINING__ALLOW_UNVERIFIED", "true"),
        ("MONCOMPTEPRO_STORE__CACHE_MIB", "8"),
        ("MONCOMPTEPRO_CONFIG", "/elsewhere"),
    ];
    let loaded = load(&format!("{REQUIRED}instance.name = \"Autre\"\n"), &variables).unwrap();
    assert_eq!(loaded.config.instance_name, "Mairie de Clamart");
    assert_eq!((loaded.config.listen.len(), loaded.config.port), (2, 1443));
    assert!(loaded.config.joining.policy.allow_unverified);
    assert_eq!(loaded.config.cache_bytes, 8 << 20);
    let origin = |key: &str| loaded.shown.iter().find(|shown| shown.key == key).unwrap().origin.clone();
    assert_eq!(origin("instance.name"), Origin::Environment(String::from("MONCOMPTEPRO_INSTANCE__NAME")));
    assert_eq!(origin("acr.vocabulary"), Origin::Default);
    assert!(matches!(origin("data_dir"), Origin::File { line: Some(2), .. }));
    assert_eq!(loaded.shown.len(), KEYS.len());
}

#[test]
fn sec_14_production_is_strict_without_any_choice() {
    let config = config_of(REQUIRED).unwrap();
    assert_eq!(config.unknown_clients, UnknownClients::Refuse);
    assert!(config.cookies.secure && config.cookies.prefix == "__Host-");
    assert!(
        !config.local_redirects
            && config.names == Names::Own
            && !config.joining.policy.allow_unverified
            && !config.trial
    );
    assert!(config.tls == Tls::SelfSigned && config.proxies == Proxies::none());
    assert_eq!((config.people_picker, config.automatic_sign_in, config.metrics), (None, None, None));
}

#[test]
fn r_39_two_keys_are_enough_for_mail_and_its_password_may_stand_in_a_file() {
    assert!(config_of(REQUIRED).unwrap().lacks_mail());
    let mailing = config_of(&format!("{REQUIRED}{MAIL}")).unwrap().mail.unwrap();
    assert_eq!((mailing.from.as_str(), mailing.from_name.as_str()), ("a@b.fr", NEUTRAL_NAME));
    let server = mailing.server;
    assert_eq!((server.host.as_str(), server.port, server.encryption), ("smtp.b.fr", 587, SmtpEncryption::StartTls));
    assert_eq!((server.helo_name.as_str(), server.credentials), ("identite.exemple.fr", None));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "le mot de passe\n").unwrap();
    close(&file);
    let lines = format!("{REQUIRED}{MAIL}smtp.username = \"a\"\nsmtp.password_file = {file:?}\n");
    let config = config_of(&lines).unwrap();
    assert!(!format!("{config:?}").contains("le mot de passe"));
    let credentials = config.mail.unwrap().server.credentials.unwrap();
    assert_eq!((credentials.username.as_str(), credentials.password.expose()), ("a", "le mot de passe"));
}

#[test]
fn a_sandbox_says_what_it_is_and_keeps_its_mails() {
    let config = config_of(&format!("{REQUIRED}instance.kind = \"sandbox\"\n")).unwrap();
    assert!(config.trial && config.mailbox_page && config.mark_tokens);
    assert_eq!(config.unknown_clients, UnknownClients::RecordAnywhere);
    assert!(config.cookies.secure && config.people_picker.is_none());
}

#[test]
fn r_11_cookies_of_development_carry_the_port_and_those_over_tls_the_host_prefix() {
    let plain = Config::dev(DevOptions::default(), 3210);
    assert_eq!(plain.cookies, CookiePolicy { prefix: String::from("dev-3210-"), secure: false });
    assert_eq!(plain.issuer(), "http://localhost:3210");
    let options = DevOptions { issuer: Some("https://mock.test".parse().unwrap()), ..DevOptions::default() };
    assert_eq!(Config::dev(options, 3210).cookies.prefix, "__Host-");
}
