//! An instance from start to stop: its data, its keys, its mode.

use std::path::Path;

use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::site::{self, StartError};
use moncomptepro::store::signing_keys::{self, StoredSigningKey};
use moncomptepro::store::{OpenError, clients, users};

use crate::support::{Device, Instance, Operator};

const ADDRESS: &str = "user@yopmail.com";

fn kept(directory: &Path) -> DevOptions {
    DevOptions { data_dir: Some(directory.join("data")), ..DevOptions::default() }
}

fn database(directory: &Path) -> Vec<u8> {
    std::fs::read(directory.join("data/moncomptepro.redb")).unwrap()
}

#[tokio::test]
async fn sec_6_gen_13_cli_8_no_secret_handed_out_can_be_read_in_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let mut secrets = Vec::new();
    {
        let instance = Instance::dev_with(kept(directory.path())).await;
        let (person, client) = (instance.person(), instance.test_client());
        let back = client.sign_in(&person, "openid email", ADDRESS).await;
        let code = client.code(&back);
        let tokens = client.redeem(&code).await;
        let cookie = person.session_cookie();
        secrets.extend([code, tokens.access_token, tokens.id_token, client.client_secret.clone()]);
        secrets.push(cookie.split_once('=').unwrap().1.to_owned());
        instance.stop().await;
    }
    let bytes = database(directory.path());
    assert!(bytes.windows(ADDRESS.len()).any(|window| window == ADDRESS.as_bytes()), "the search works");
    for secret in secrets {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        let random_part = &secret[secret.len().saturating_sub(30)..];
        assert!(!bytes.windows(random_part.len()).any(|window| window == random_part.as_bytes()), "{secret}");
    }
}

#[tokio::test]
async fn sec_11_what_was_acknowledged_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options = || DevOptions { issuer: Some("http://localhost:3000".parse().unwrap()), ..kept(directory.path()) };
    let instance = Instance::dev_with(options()).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid email", ADDRESS).await;
    let code = client.code(&back);
    let tokens = client.redeem(&code).await;
    instance.stop().await;
    let again = Instance::dev_with(options()).await;
    let client = again.standard_client();
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200, "the token is still good");
    assert_eq!(client.present(&code).await.status, 400, "SEC-34: the code is still spent");
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 401, "and showing it again revoked the token");
}

#[tokio::test]
async fn r_12_sec_178_production_holds_no_seeded_person_or_client_and_no_control() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let (people, services) =
        instance.app.store.read(|tx| Ok((users::list(tx, None, 10)?, clients::list(tx, None, 10)?))).unwrap();
    assert!(people.is_empty() && services.is_empty());
    let host = reqwest::header::HeaderMap::from_iter([(
        reqwest::header::HOST,
        reqwest::header::HeaderValue::from_static("identite.exemple.fr"),
    )]);
    for path in ["/_dev/", "/_dev/mailbox", "/_dev/api/mailbox", "/_dev/client", "/_dev/another-person"] {
        assert_eq!(instance.person().get_with(path, host.clone()).await.status, 404, "SEC-178: {path}");
    }
}

#[tokio::test]
async fn sec_178_r_4_the_data_of_one_mode_is_refused_by_the_other_and_untouched() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let before = database(directory.path());
    let config = Config::dev(kept(directory.path()), 3000);
    let refused = site::start(config, Clock::system(), Random::system()).await.unwrap_err();
    assert!(matches!(refused, StartError::Open(OpenError::OtherMode { stored }) if stored == "serve"));
    assert_eq!(database(directory.path()), before);
    let other = tempfile::tempdir().unwrap();
    Instance::dev_with(kept(other.path())).await.stop().await;
    let before = database(other.path());
    let file = other.path().join("config.toml");
    let text = format!("public_url = \"https://a.fr\"\ndata_dir = {:?}\n", other.path().join("data"));
    std::fs::write(&file, text).unwrap();
    let config = Config::from_file(&file).unwrap();
    let refused = site::start(config, Clock::system(), Random::system()).await.unwrap_err();
    assert!(matches!(refused, StartError::Open(OpenError::OtherMode { stored }) if stored == "dev"));
    assert_eq!(database(other.path()), before);
}

#[tokio::test]
async fn sec_178_a_published_key_in_the_database_of_production_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let published = moncomptepro::dev::published_keys(instance.clock.now()).unwrap();
    let smuggled = published.keys()[0].clone().retired(instance.clock.now()).unwrap();
    let record = smuggled.to_record(&instance.app.master_keys.in_use(), &Random::system()).unwrap();
    let stored = StoredSigningKey { kid: record.kid.clone(), body: serde_json::to_value(&record).unwrap() };
    instance.app.store.write(move |tx| signing_keys::insert(tx, &stored)).await.unwrap();
    instance.stop().await;
    let config = Config::from_file(&directory.path().join("config.toml")).unwrap();
    let refused = site::start(config, Clock::system(), Random::system()).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains(&record.kid) && said.contains("everybody can sign with it"), "{said}");
}

#[tokio::test]
async fn r_4_iss_2_another_issuer_is_refused_and_a_second_instance_too() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::dev_with(kept(directory.path())).await;
    let config = Config::dev(kept(directory.path()), instance.app.config.port);
    let refused = site::start(config, Clock::system(), Random::system()).await.unwrap_err();
    let own = std::process::id();
    let is_named = matches!(refused, StartError::Open(OpenError::Locked { holder: Some(holder), .. }) if holder == own);
    assert!(is_named && refused.to_string().contains(&own.to_string()), "SEC-194: {refused}");
    instance.stop().await;
    let options = DevOptions { issuer: Some("http://other.test".parse().unwrap()), ..kept(directory.path()) };
    let refused = site::start(Config::dev(options, 3000), Clock::system(), Random::system()).await.unwrap_err();
    assert!(matches!(refused, StartError::Open(OpenError::OtherIssuer { .. })), "{refused}");
}

#[tokio::test]
async fn sec_87_another_host_is_refused_with_the_key_and_the_number_of_passkeys_that_it_would_cost() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::dev_with(kept(directory.path())).await;
    let person = instance.person();
    person.sign_in(person.visit("/").await, "user@yopmail.com", "user@yopmail.com").await;
    for _ in 0..2 {
        let asked = person.press_passkey(&person.visit("/double-authentication").await).await;
        let made = Device::new().create(&instance.address, &asked.options).await;
        assert_eq!(person.submit(asked.answered(&made)).await.status, 200);
    }
    let port = instance.app.config.port;
    let stored = instance.app.config.issuer().to_owned();
    instance.stop().await;
    let moved = |issuer: &str, accepts| {
        let issuer = Some(issuer.parse().unwrap());
        let options = DevOptions { issuer, accept_issuer_change: accepts, ..kept(directory.path()) };
        site::start(Config::dev(options, port), Clock::system(), Random::system())
    };
    let refused = moved("http://other.test", false).await.unwrap_err().to_string();
    for words in [stored.as_str(), "`public_url`", "2 passkeys", "--accept-issuer-change"] {
        assert!(refused.contains(words), "no {words:?} in {refused}");
    }
    let refused = moved("http://localhost:1", false).await.unwrap_err().to_string();
    assert!(refused.contains("no passkey is bound"), "the host is what they are kept for: {refused}");
    drop(moved("http://other.test", true).await.unwrap());
    drop(moved("http://other.test", false).await.unwrap());
    let back = moved(&stored, false).await.unwrap_err().to_string();
    assert!(back.contains("2 passkeys"), "they are there still: {back}");
}

#[tokio::test]
async fn sec_55_with_another_master_key_nothing_starts_until_the_right_one_is_back() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let key = directory.path().join("data/master.key");
    let right = std::fs::read(&key).unwrap();
    let other = tempfile::tempdir().unwrap();
    Instance::production(other.path()).await.stop().await;
    std::fs::copy(other.path().join("data/master.key"), &key).unwrap();
    let config = Config::from_file(&directory.path().join("config.toml")).unwrap();
    let refused = site::start(config, Clock::system(), Random::system()).await.unwrap_err();
    assert!(matches!(&refused, StartError::OtherMasterKey { place, .. } if *place == key), "{refused}");
    std::fs::write(&key, right).unwrap();
    Instance::production(directory.path()).await.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn sec_172_data_and_key_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let mode = |path: &str| std::fs::metadata(directory.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("data/moncomptepro.redb"), 0o600);
    assert_eq!(mode("data/master.key"), 0o600);
    drop(instance);
}

/// Everything below a directory that is not for its owner only.
#[cfg(unix)]
pub(crate) fn open_to_others(directory: &Path, seen: &mut Vec<String>) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut open = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        let mode = metadata.permissions().mode() & 0o777;
        if mode != expected {
            open.push(format!("{} {mode:o}", path.display()));
        }
        seen.push(entry.file_name().to_str().unwrap().to_owned());
        if metadata.is_dir() {
            open.extend(open_to_others(&path, seen));
        }
    }
    open
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sec_172_whatever_comes_into_the_data_directory_is_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let (data, operator) = (directory.path().join("data"), Operator::of(directory.path()));
    let instance = Instance::production(directory.path()).await;
    instance.app.store.keep_reserve().unwrap();
    let backup = operator.asks(&["backup", "create"]).await["path"].as_str().unwrap().to_owned();
    let mut seen = Vec::new();
    assert_eq!(open_to_others(&data, &mut seen), Vec::<String>::new());
    instance.stop().await;
    assert_eq!(operator.types(&["restore", &backup]).await.code, 0);
    Instance::production(directory.path()).await.stop().await;
    assert_eq!(open_to_others(&data, &mut seen), Vec::<String>::new());
    for name in ["moncomptepro.redb", "master.key", "high-water", "instance.lock", "control.sock", "reserve", "backups"]
    {
        assert!(seen.iter().any(|known| known == name), "{name} is not among {seen:?}");
    }
    assert!(seen.iter().any(|name| name.contains("replaced")) && seen.iter().any(|name| name.ends_with(".backup")));
}

/// Runs the program until it refuses, and gives its exit code and what it says.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_moncomptepro")).args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn sec_178_a_trial_is_not_exposed_and_takes_no_public_name_by_accident() {
    let (code, message) = refused(&["dev", "--listen", "0.0.0.0:0"]);
    assert!(code == 1 && message.contains("0.0.0.0") && message.contains("--expose"), "{code} {message}");
    let (code, message) = refused(&["dev", "--listen", "127.0.0.1:0", "--issuer", "https://identite.exemple.fr"]);
    assert!(code == 1 && message.contains("identite.exemple.fr") && message.contains("--expose"), "{code} {message}");
}

#[test]
fn what_cannot_be_started_says_why_and_how_to_mend_it() {
    let (code, message) = refused(&["serve", "--config", "/nowhere/config.toml"]);
    assert!(code == 78 && message.contains("/nowhere/config.toml"), "{code} {message}");
    let (code, message) = refused(&["dev", "--listen", "127.0.0.1:0", "--as", "not an address"]);
    assert!(code == 2 && message.contains("not an address"), "{code} {message}");
    let (code, message) = refused(&["dev", "--listen", "127.0.0.1:0", "--as", "nobody@exemple.fr"]);
    assert!(code != 0 && message.contains("nobody@exemple.fr"), "{code} {message}");
}
