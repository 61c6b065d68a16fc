//! What the executable writes while it is used by everybody, at the most talkative level, in both forms.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::HeaderMap;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{CALLBACK, Operator, Page, Person, RelyingParty, program};

const ADDRESS: &str = "claude.martin@commune.exemple.fr";
const STRANGER: &str = "personne.inconnue@commune.exemple.fr";
const PASSWORD: &str = "une phrase que personne ne devine 4711";
const WRONG: &str = "une phrase qui ne va pas 0815";
const SIRET: &str = "21777701500017";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123456789";
const CHALLENGE: &str = "KqzFVVoj1xIeRMaYoKBsIWuO4_VBBpZdnQDgP3WuG_k";

/// The executable over TLS, writing into a file.
struct Running {
    directory: tempfile::TempDir,
    child: Child,
    /// Puts what it says into the file.
    writing: Option<std::thread::JoinHandle<std::io::Result<()>>>,
    address: String,
}

impl Running {
    fn start(format: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "public_url = \"https://localhost:{port}\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:{port}\"\n\
             keys.rsa_bits = 2048\naccounts.check_deliverability = false\nlogs.format = \"{format}\"\naccounts.trusted_browsers = false\n",
            directory.path().join("data")
        );
        std::fs::write(directory.path().join("config.toml"), text).unwrap();
        let mut log = std::fs::File::create(directory.path().join("log")).unwrap();
        let mut child = program()
            .args(["serve", "--config"])
            .arg(directory.path().join("config.toml"))
            .env("RUST_LOG", "trace")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The line that says so is in the log in every format.
        let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("the instance has started") {
            line.clear();
            assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0, "it has ended");
            std::io::Write::write_all(&mut log, line.as_bytes()).unwrap();
        }
        let writing = Some(std::thread::spawn(move || std::io::copy(&mut said, &mut log).map(drop)));
        Self { directory, child, writing, address: format!("https://localhost:{port}") }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The certificate that it made, in DER.
    fn certificate(&self) -> Vec<u8> {
        der(&self.data().join("self-signed-certificate.pem"))
    }

    fn person(&self) -> Person {
        Person::new(self.address.clone(), self.address.clone(), Some(self.certificate()))
    }

    fn client(&self, id: &str, secret: &str) -> RelyingParty {
        RelyingParty::elsewhere((&self.address, self.certificate()), (id, secret), CALLBACK)
    }

    /// Stops it; what it wrote.
    fn stop(mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        self.writing.take().unwrap().join().unwrap().unwrap();
        std::fs::read_to_string(self.directory.path().join("log")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn der(path: &Path) -> Vec<u8> {
    let text = std::fs::read_to_string(path).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

/// Everything that nobody may read in a log.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn keep(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 12, "too short to be looked for: {secret}");
        self.0.insert(secret);
    }

    /// What a browser holds, and what its page carries.
    fn of(&mut self, person: &Person, page: &Page) {
        person.cookie_values().into_iter().filter(|value| value.len() >= 12).for_each(|value| self.keep(value));
        self.0.extend(page.attribute("input[name=_csrf]", "value"));
        for target in [page.url.as_str(), page.location()] {
            let parts = target.split(['/', '?', '&', '=', '#']);
            parts.filter(|part| part.len() >= 40).for_each(|part| self.keep(part));
        }
    }
}

/// Everything that people, services and operators do with an instance, right and wrong.
async fn story(running: &Running, secrets: &mut Secrets) -> String {
    let operator = Operator::of(running.directory.path());
    operator.asks(&["org", "add", SIRET, "--label", "Commune", "--legal-category", "7210"]).await;
    let made = operator.asks(&["user", "create", ADDRESS, "--given-name", "Claude", "--family-name", "Martin"]).await;
    operator.asks(&["org", "link", SIRET, ADDRESS]).await;
    let asked = ["client", "create", "--id", "service", "--name", "Service", "--redirect-uri", CALLBACK];
    let first = operator.asks(&asked).await["client_secret"].as_str().unwrap().to_owned();
    let rotated = operator.asks(&["client", "rotate-secret", "service", "--overlap", "1h"]).await;
    let secret = rotated["client_secret"].as_str().unwrap().to_owned();
    operator.asks(&["user", "show", ADDRESS]).await;
    secrets.keep(first);
    secrets.keep(secret.clone());

    let link = made["password_link"].as_str().unwrap().strip_prefix(&running.address).unwrap().to_owned();
    secrets.keep(link.split_once('=').unwrap().1);
    let person = running.person();
    let page = person.visit(&link).await;
    secrets.of(&person, &page);
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    assert_eq!(person.submit(form).await.status, 200);
    person.visit(&link).await;

    let service = running.client("service", &secret);
    let more = [
        ("login_hint", ADDRESS),
        ("state", "a-state-of-the-service"),
        ("nonce", "a-nonce-of-the-service"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let authorization = service.authorization("openid email profile organization", &more);
    let mut page = person.visit(&authorization).await;
    secrets.of(&person, &page);
    for (address, password) in [(STRANGER, WRONG), (ADDRESS, WRONG)] {
        person.sign_in(page, address, password).await;
        page = person.visit(&authorization).await;
        secrets.of(&person, &page);
    }
    let back = person.sign_in(page, ADDRESS, PASSWORD).await;
    secrets.of(&person, &back);
    let code = service.code(&back);
    secrets.keep(code.clone());
    for verifier in [WRONG, VERIFIER] {
        service.present_with(&code, &[("code_verifier", verifier)]).await;
    }
    exchange(running, &person, &service, secrets).await;
    mischief(&person, secrets).await
}

/// A code for tokens, tokens for claims; a code that comes twice, and wrong credentials of every kind.
async fn exchange(running: &Running, person: &Person, service: &RelyingParty, secrets: &mut Secrets) {
    let code = service.code(&person.visit(&service.authorization("openid email organization", &[])).await);
    let tokens = service.redeem(&code).await;
    service.userinfo(&tokens.access_token).await;
    service.present(&code).await;
    service.userinfo(&tokens.access_token).await;
    running.client("service", WRONG).present(&code).await;
    running.client("no-such-service", WRONG).present(&code).await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("client_secret", WRONG)];
    service.token_request_without_header(&fields).await;
    service.userinfo(&format!("{}x", tokens.access_token)).await;
    let sign_out = format!("/oauth/logout?id_token_hint={}&state=a-state-of-the-service", tokens.id_token);
    let page = person.visit(&sign_out).await;
    secrets.of(person, &page);
    secrets.keep(code);
    secrets.keep(tokens.access_token);
    secrets.keep(tokens.id_token.rsplit('.').next().unwrap());
    secrets.keep(tokens.id_token);
}

/// Requests that quote secrets where none belong; the id of the last one.
async fn mischief(person: &Person, secrets: &mut Secrets) -> String {
    let misplaced = "a-secret-that-somebody-typed-into-the-address-bar";
    let mut headers = HeaderMap::new();
    for (name, value) in [("user-agent", misplaced), ("authorization", misplaced), ("referer", misplaced)] {
        headers.insert(name, value.parse().unwrap());
    }
    secrets.keep(misplaced);
    for path in ["interaction", "users", "users/change-password", "oauth", "assets", "users/sign-in"] {
        for method in [Method::GET, Method::POST, Method::PUT, misplaced.parse().unwrap()] {
            let target = format!("/{path}/{misplaced}?q={misplaced}");
            person.send(method, &target, headers.clone(), &format!("_csrf={misplaced}")).await;
        }
    }
    for target in [format!("/{ADDRESS}"), format!("/users/start-sign-in?login_hint={ADDRESS}")] {
        person.get(&target).await;
    }
    let page = person.get("/there-is-no-such-page").await;
    page.attribute("main[data-request-id]", "data-request-id").unwrap()
}

async fn scan(format: &str) -> (String, String) {
    let running = Running::start(format);
    let mut secrets = Secrets::default();
    for secret in [ADDRESS, STRANGER, PASSWORD, WRONG, VERIFIER, CHALLENGE, "a-state-of-the-service"] {
        secrets.keep(secret);
    }
    for file in ["master.key", "self-signed-private-key.pem"] {
        let text = std::fs::read_to_string(running.data().join(file)).unwrap();
        text.lines().filter(|line| line.len() >= 32).for_each(|line| secrets.keep(line));
    }
    let last = story(&running, &mut secrets).await;
    let log = running.stop();
    assert!(secrets.0.len() > 30, "{:?}", secrets.0);
    for secret in &secrets.0 {
        let encoded = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        for written in [secret.clone(), encoded, STANDARD.encode(secret)] {
            let line = log.lines().find(|line| line.contains(&written));
            assert_eq!(line, None, "{written} is told");
        }
    }
    (log, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_162_no_secret_of_a_whole_day_is_in_the_log_as_text() {
    let (log, last) = scan("text").await;
    for told in [" DEBUG ", "route=/oauth/token", "route=/interaction/{id}", "route=none", "administration"] {
        assert!(log.contains(told), "no {told}: nothing was looked at");
    }
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(&format!("request_id={last}"))).collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains(" answered ") && line.contains("method=GET route=none status=404 micros=")),
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_162_no_secret_of_a_whole_day_is_in_the_log_as_json() {
    let (log, last) = scan("json").await;
    let records: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = |record: &&serde_json::Value| record["message"] == "answered";
    for record in records.iter().filter(answered) {
        assert_eq!(record["request_id"].as_str().map(str::len), Some(16), "{record}");
    }
    let found = records.iter().filter(answered).find(|record| record["request_id"] == last.as_str()).unwrap();
    assert_eq!((found["status"].as_u64(), found["route"].as_str()), (Some(404), Some("none")));
    assert!(records.iter().any(|record| record["level"] == "DEBUG"), "nothing was looked at");
}
