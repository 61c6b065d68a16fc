//! The local socket of a real `serve`, and what its interface refuses.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use moncomptepro::serve::control::call;
use moncomptepro::web::Method;
use serde_json::{Value, json};

use crate::support::{Instance, Operator};

/// `serve` as a process of its own, on a port that the system chooses, stopped when the test is over.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // One that was stopped already is stopped.
        if self.0.kill().is_ok() {
            self.0.wait().unwrap();
        }
    }
}

fn serve(directory: &Path) -> Server {
    let data_dir = directory.join("data");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:0\"\n\
         tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    std::fs::write(directory.join("config.toml"), text).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_moncomptepro"))
        .args(["serve", "--config"])
        .arg(directory.join("config.toml"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    assert!(said.lines().any(|line| line.unwrap().contains("port")), "it listens");
    Server(child)
}

impl Server {
    fn told(mut self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.0.wait().unwrap();
    }
}

async fn list(operator: &Operator) -> usize {
    operator.asks(&["client", "list"]).await["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_143_sec_194_commands_reach_a_server_that_runs_that_was_stopped_and_that_was_killed() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("data/control.sock");
    let operator = Operator::of(directory.path());
    let create = ["client", "create", "--name", "Service", "--redirect-uri", "https://service.example/"];
    let server = serve(directory.path());
    operator.asks(&create).await;
    let noted = format!("process {}", server.0.id());
    let second = operator.types(&["serve"]).await;
    assert_eq!(second.code, 4, "{second:?}");
    assert!(second.stderr.contains(&noted), "{second:?}");
    server.told("-TERM");
    assert!(!socket.exists(), "the socket goes with the server");
    operator.asks(&create).await;
    assert!(!socket.exists(), "a command leaves none");
    let server = serve(directory.path());
    assert_eq!(list(&operator).await, 2);
    server.told("-KILL");
    assert!(std::fs::symlink_metadata(&socket).unwrap().file_type().is_socket(), "a crash leaves it");
    assert_eq!(list(&operator).await, 2, "and nobody waits for who is gone");
    let server = serve(directory.path());
    operator.asks(&create).await;
    assert_eq!(list(&operator).await, 3);
    server.told("-TERM");
}

async fn ask(directory: &Path, method: &Method, target: &str, body: &str) -> (u16, Value) {
    let (status, answer) = call(directory, method, target, body.as_bytes().to_vec()).await.unwrap();
    (status.as_u16(), serde_json::from_slice(&answer).unwrap())
}

/// Every address that takes a document, with one that it takes.
fn documents() -> Vec<(Method, &'static str, Value)> {
    let client = json!({ "name": "Service", "redirect_uris": ["https://service.example/"] });
    vec![
        (Method::POST, "/clients", client.clone()),
        (Method::PUT, "/clients/service-2", client),
        (Method::PATCH, "/clients/service-1", json!({ "name": "Autre" })),
        (Method::POST, "/clients/service-1/secret", json!({ "overlap_seconds": 60 })),
        (Method::POST, "/users", json!({ "email": "b@b.fr", "given_name": "B", "family_name": "B" })),
        (Method::PUT, "/users/a@b.fr/role", json!({ "role": "reader" })),
        (Method::POST, "/organizations", json!({ "siret": "13002526500013", "label": "DINUM" })),
        (Method::PUT, "/organizations/1/members/a@b.fr", json!({ "verification": "proof_received" })),
        (Method::POST, "/keys/rotate", json!({ "now": true })),
        (Method::POST, "/master-key/rotate", json!({ "new_key_file": null })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_139_bodies_name_only_their_own_fields_and_ids_come_from_the_path() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let create = ["client", "create", "--id", "service-1", "--name", "S", "--redirect-uri", "https://service.example/"];
    operator.asks(&create).await;
    operator.asks(&["user", "create", "a@b.fr", "--given-name", "A", "--family-name", "B"]).await;
    operator.asks(&["org", "add", "21340172201787", "--label", "Montpellier"]).await;
    let data = directory.path().join("data");
    let recorded = instance.recorded_acts();
    let foreign = [
        "client_id",
        "id",
        "user_id",
        "organization_id",
        "client_secret",
        "authentication",
        "epoch",
        "origin",
        "state",
        "created_at",
        "password",
        "password_hash",
        "sign_in_count",
        "source",
        "is_admin",
        "__proto__",
    ];
    for (method, target, document) in documents() {
        for field in foreign {
            let mut document = document.clone();
            document[field] = json!(1);
            let (status, answer) = ask(&data, &method, target, &document.to_string()).await;
            assert_eq!((status, answer["error"].as_str()), (400, Some("malformed")), "{method} {target} {field}");
        }
        for broken in ["", "[]", "null", "{", "{\"a\":1,}", "1e999", "{\"name\":\"a\",\"name\":\"b\"}"] {
            let (status, _) = ask(&data, &method, target, broken).await;
            assert_eq!(status, 400, "{method} {target} {broken:?}");
        }
        let (status, _) = ask(&data, &method, &format!("{target}?user_id=1"), &document.to_string()).await;
        assert_eq!(status, 400, "{method} {target} with a query");
    }
    for (method, target) in [
        (Method::GET, "/clients?limit=9"),
        (Method::GET, "/clients?cursor=a&cursor=b"),
        (Method::GET, "/clients/service-1?x=y"),
        (Method::DELETE, "/users/a@b.fr?last_administrators=true"),
        (Method::POST, "/users/a@b.fr/sign-out?user=1"),
        (Method::GET, "/audit?latest=0"),
        (Method::GET, "/audit?latest=3&since=2026-01-01"),
        (Method::GET, "/users/a%00b"),
    ] {
        assert_eq!(ask(&data, &method, target, "").await.0, 400, "{method} {target}");
    }
    assert_eq!(
        ask(&data, &Method::DELETE, "/clients/service-1", "{}").await.0,
        400,
        "no document where none is expected"
    );
    for (method, target) in [
        (Method::GET, "/"),
        (Method::GET, "/Clients"),
        (Method::POST, "/clients/service-1"),
        (Method::GET, "/clients/service-1/secret"),
        (Method::GET, "/clients//secret"),
        (Method::DELETE, "/audit"),
        (Method::GET, "/users/a@b.fr/credentials"),
        (Method::PATCH, "/keys"),
    ] {
        let (status, answer) = ask(&data, &method, target, "").await;
        assert_eq!((status, answer["error"].as_str()), (404, Some("no_such_address")), "{method} {target}");
        assert!(answer["message"].as_str().unwrap().contains(env!("CARGO_PKG_VERSION")));
    }
    assert_eq!(instance.recorded_acts(), recorded, "nothing was done");
    for (method, target, document) in documents() {
        let (status, answer) = ask(&data, &method, target, &document.to_string()).await;
        assert!((200..300).contains(&status), "{method} {target}: {answer}");
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_another_account_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    // Only root can give a directory away.
    if std::os::unix::fs::chown(directory.path().join("data"), Some(12345), None).is_err() {
        return;
    }
    Operator::of(directory.path()).types(&["client", "list"]).await.refused(1, "belongs to 12345");
}
