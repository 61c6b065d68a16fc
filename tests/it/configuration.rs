//! The configuration as an operator meets it: the clients that it declares, and the commands that explain it.

use std::path::{Path, PathBuf};
use std::process::Command;

use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, Tls};
use moncomptepro::crypto::Random;
use moncomptepro::domain::{Client, ClientOrigin};
use moncomptepro::site::{self, StartError};
use moncomptepro::store::{audit, clients};
use serde_json::json;

const SERVICE: &str = "[[clients]]\nclient_id = \"service\"\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n\
                       redirect_uris = [\"https://service.exemple.fr/retour\"]\n";

fn written(directory: &Path, rest: &str) -> PathBuf {
    let file = directory.join("config.toml");
    let data_dir = directory.join("data");
    let head = format!(
        "public_url = \"https://a.fr\"\ndata_dir = {data_dir:?}\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    std::fs::write(&file, head + rest).unwrap();
    file
}

async fn started(directory: &Path, rest: &str) -> Result<App, StartError> {
    let config = Config::from_file(&written(directory, rest)).unwrap();
    site::start(config, Clock::system(), Random::system()).await
}

fn service(app: &App) -> Option<Client> {
    app.store.read(|tx| clients::find(tx, &"service".parse().unwrap())).unwrap()
}

#[tokio::test]
async fn r_39_clients_of_the_file_follow_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let app = started(directory.path(), SERVICE).await.unwrap();
    let entered = service(&app).unwrap();
    assert!(entered.is_enabled() && entered.origin == ClientOrigin::ConfigurationFile);
    drop(app);
    let app = started(directory.path(), SERVICE).await.unwrap();
    assert_eq!(service(&app).unwrap(), entered);
    assert_eq!(app.store.read(|tx| audit::list_latest(tx, None, 10)).unwrap().len(), 1, "nothing changed: no act");
    drop(app);
    let renamed = format!("{SERVICE}name = \"Guichet\"\n");
    let app = started(directory.path(), &renamed).await.unwrap();
    assert_eq!(service(&app).unwrap(), Client { name: String::from("Guichet"), ..entered.clone() });
    drop(app);
    let app = started(
        directory.path(),
        &SERVICE.replace("kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo", "un-autre-9sLd4TfWb8RnYc3HgPj6EaUo"),
    )
    .await
    .unwrap();
    assert!(service(&app).unwrap().epoch > entered.epoch, "SEC-37: with another secret, its tokens are void");
    drop(app);
    let app = started(directory.path(), "").await.unwrap();
    let vanished = service(&app).unwrap();
    assert!(!vanished.is_enabled() && vanished.epoch > entered.epoch, "its tokens are void");
    drop(app);
    let app = started(directory.path(), SERVICE).await.unwrap();
    let back = service(&app).unwrap();
    assert!(back.is_enabled() && back.epoch > vanished.epoch, "what it had been given stays void");
}

#[tokio::test]
async fn r_39_a_client_in_the_file_and_in_the_database_refuses_the_start_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let app = started(directory.path(), "").await.unwrap();
    let by_command = Client::new("service".parse().unwrap(), String::from("Par commande"), Clock::system().now());
    let stored = by_command.clone();
    app.store.write(move |tx| clients::insert(tx, &stored)).await.unwrap();
    drop(app);
    let refused = started(directory.path(), SERVICE).await.unwrap_err();
    assert!(matches!(refused, StartError::Clients(_)) && refused.to_string().contains("client delete service"));
    let app = started(directory.path(), "").await.unwrap();
    assert_eq!(service(&app), Some(by_command));
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moncomptepro"));
    command.args(arguments).env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn sec_216_check_config_tells_everything_in_the_language_of_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let file = written(directory.path(), "listen = \"127.0.0.1:0\"\n");
    let file = file.to_str().unwrap();
    let (code, said, _) = run(&["check-config", "--config", file], &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("can be started"), "{said}");
    assert!(said.contains("keys.rsa_bits: new RSA keys are shorter"), "SEC-14: {said}");
    let broken = [("MONCOMPTEPRO_TLS__MODE", "of"), ("MONCOMPTEPRO_ACR__VOCABULARY", "best"), ("LANG", "fr_FR.UTF-8")];
    for command in ["check-config", "serve"] {
        let (code, _, told) = run(&[command, "--config", file], &broken);
        assert_eq!(code, 78, "{told}");
        assert!(told.contains("tls.mode : \"of\" ne convient pas. Possible : \"self-signed\" ou"), "{told}");
        assert!(told.contains("$MONCOMPTEPRO_ACR__VOCABULARY : acr.vocabulary"), "{told}");
    }
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let unwritable = directory.path().join("file");
    std::fs::write(&unwritable, "").unwrap();
    let data_dir = unwritable.join("data");
    let variables = [("MONCOMPTEPRO_LISTEN", taken.as_str()), ("MONCOMPTEPRO_DATA_DIR", data_dir.to_str().unwrap())];
    let (code, _, told) = run(&["check-config", "--config", file], &variables);
    assert!(code == 78 && told.contains(&taken) && told.contains(data_dir.to_str().unwrap()), "{code} {told}");
}

#[test]
fn config_show_names_the_source_of_each_value() {
    let directory = tempfile::tempdir().unwrap();
    let file = written(directory.path(), "tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\n");
    let arguments = ["config", "show", "--config", file.to_str().unwrap()];
    let (code, said, told) = run(&arguments, &[("MONCOMPTEPRO_INSTANCE__NAME", "Mairie")]);
    assert_eq!(code, 0, "{told}");
    let line = |key: &str| said.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("tls.mode").ends_with("config.toml:5") && line("tls.mode").contains("\"off\""));
    assert!(line("instance.name").ends_with("$MONCOMPTEPRO_INSTANCE__NAME"));
    assert!(line("store.cache_mib").ends_with("default"));
    let (code, said, _) = run(&[arguments.as_slice(), &["--output", "json"]].concat(), &[]);
    let listed: serde_json::Value = serde_json::from_str(&said).unwrap();
    let setting = |key: &str| {
        let settings = listed["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!((code, setting("public_url")), (0, json!("https://a.fr")));
    assert_eq!((setting("keys.rsa_bits"), setting("metrics.allow_remote")), (json!(2048), json!(false)));
    assert_eq!((setting("proxies.trusted"), setting("metrics.listen")), (json!(["127.0.0.1"]), json!(null)));
    assert_eq!(listed["clients"], json!([]));
}

#[test]
fn sec_173_config_show_tells_the_clients_of_the_file_without_their_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let file = written(directory.path(), SERVICE);
    let arguments = ["config", "show", "--config", file.to_str().unwrap()];
    let (code, said, told) = run(&arguments, &[]);
    assert!(code == 0 && said.contains("clients[1].client_id  \"service\""), "{said} {told}");
    let (code, document, _) = run(&[arguments.as_slice(), &["--output", "json"]].concat(), &[]);
    let listed: serde_json::Value = serde_json::from_str(&document).unwrap();
    let client = &listed["clients"][0];
    assert_eq!((code, &client["client_secret"]), (0, &json!("********")));
    assert_eq!(client["redirect_uris"], json!(["https://service.exemple.fr/retour"]));
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert!(![said, document].concat().contains("kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo"));
}

#[test]
fn the_template_that_is_printed_is_a_configuration() {
    let directory = tempfile::tempdir().unwrap();
    for language in ["fr", "en"] {
        let (code, said, _) = run(&["config", "template", "--language", language], &[]);
        assert_eq!(code, 0);
        let file = directory.path().join(format!("{language}.toml"));
        std::fs::write(&file, said).unwrap();
        assert_eq!(Config::from_file(&file).unwrap().tls, Tls::SelfSigned);
    }
}

#[test]
fn the_logs_have_the_form_and_the_level_of_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let file =
        written(directory.path(), "tls.mode = \"off\"\nlisten = \"192.0.2.1:1\"\nproxies.trusted = [\"192.0.2.2\"]\n");
    let serve = ["serve", "--config", file.to_str().unwrap()];
    let (_, _, told) = run(&serve, &[("MONCOMPTEPRO_LOGS__FORMAT", "json")]);
    let line: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!(line["level"], "WARN", "{told}");
    let refusal: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(refusal["error"], "refused", "why it does not start is a line like the others: {told}");
    let (_, _, told) = run(&serve, &[("MONCOMPTEPRO_LOGS__LEVEL", "error")]);
    assert!(!told.contains("WARN"), "{told}");
}
