//! Certificates that change while the instance serves.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use moncomptepro::config::{Config, Tls};
use moncomptepro::serve::Refreshed;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustix::process::Signal;

use super::peer::{assert_served, shake_hands};
use super::process::Process;
use crate::support::{Instance, run, tls};

/// A pair in PEM, and the certificate in DER.
pub(super) struct Pair {
    certificate: String,
    key: String,
    pub(super) der: Vec<u8>,
}

impl Pair {
    pub(super) fn new() -> Self {
        Self::until(4096)
    }

    fn until(year: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([String::from("localhost")]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let pem = |label: &str, der: &[u8]| {
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
        };
        Self {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", key.serialized_der()),
            der: certificate.der().to_vec(),
        }
    }

    pub(super) fn write(&self, directory: &Path) {
        self.write_certificate(directory);
        self.write_key(directory);
    }

    fn write_certificate(&self, directory: &Path) {
        fs::write(directory.join("certificate.pem"), &self.certificate).unwrap();
    }

    fn write_key(&self, directory: &Path) {
        let path = directory.join("key.pem");
        fs::write(&path, &self.key).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

pub(super) fn configuration(directory: &Path, port: u16) -> String {
    let (data, certificate, key) =
        (directory.join("data"), directory.join("certificate.pem"), directory.join("key.pem"));
    format!(
        "public_url = \"https://localhost:{port}\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:{port}\"\n\
         keys.rsa_bits = 2048\naccounts.check_deliverability = false\n[tls]\nmode = \"files\"\ncertificate_file = {certificate:?}\nprivate_key_file = {key:?}\n"
    )
}

async fn with_files(directory: &Path) -> Instance {
    Instance::start(|port| {
        let file = directory.join("config.toml");
        fs::write(&file, configuration(directory, port)).unwrap();
        Config::from_file(&file).unwrap()
    })
    .await
}

#[tokio::test]
async fn sec_203_a_certificate_replaced_under_load_costs_nobody_a_handshake() {
    let directory = tempfile::tempdir().unwrap();
    let first = Pair::new();
    first.write(directory.path());
    let instance = Arc::new(with_files(directory.path()).await);
    assert_eq!(instance.certificate.as_ref(), Some(&first.der));
    let now = instance.clock.now();
    let served = instance.tls.clone().unwrap();
    let mut old = super::peer::Peer::http1(&instance).await;
    old.get_and_stay(&instance).await;

    let second = Pair::new();
    let (is_over, handshakes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load = tokio::spawn({
        let (instance, is_over, handshakes) = (Arc::clone(&instance), Arc::clone(&is_over), Arc::clone(&handshakes));
        let known = [first.der.clone(), second.der.clone()];
        async move {
            while !is_over.load(Ordering::Relaxed) {
                let tries = known.iter().map(|certificate| async {
                    let config = tls::client(Some(certificate.clone()));
                    shake_hands(&instance, config, "localhost", &["http/1.1"]).await.is_ok()
                });
                let mut is_good = false;
                for attempt in tries {
                    is_good = is_good || attempt.await;
                }
                assert!(is_good, "neither certificate was shown whole");
                handshakes.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let some_more = async |count: usize| {
        let target = handshakes.load(Ordering::Relaxed) + count;
        while handshakes.load(Ordering::Relaxed) < target {
            tokio::task::yield_now().await;
        }
    };
    some_more(3).await;
    second.write_certificate(directory.path());
    assert!(matches!(served.refresh(now), Refreshed::Refused(_)), "the key is still the other one");
    some_more(3).await;
    second.write_key(directory.path());
    assert_eq!(served.refresh(now), Refreshed::Replaced);
    some_more(3).await;
    is_over.store(true, Ordering::Relaxed);
    load.await.unwrap();
    old.get_and_stay(&instance).await;
    let config = tls::client(Some(second.der.clone()));
    assert!(shake_hands(&instance, config, "localhost", &["h2"]).await.is_ok());
}

#[tokio::test]
async fn sec_116_gen_4_browsers_are_bound_to_tls_by_a_certificate_of_the_operator_only() {
    let directory = tempfile::tempdir().unwrap();
    Pair::new().write(directory.path());
    let of_the_operator = with_files(directory.path()).await;
    let page = of_the_operator.person().get("/users/start-sign-in").await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    let directory = tempfile::tempdir().unwrap();
    let of_its_own = Instance::over_tls(directory.path()).await;
    assert_eq!(of_its_own.app.config.tls, Tls::SelfSigned);
    let page = of_its_own.person().get("/users/start-sign-in").await;
    assert_eq!((page.status.as_u16(), page.header("strict-transport-security")), (200, ""));
    assert!(page.header("set-cookie").starts_with("__Host-"));
    assert_served(&of_its_own).await;
}

#[tokio::test]
async fn sec_203_files_that_change_are_seen_without_being_told() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (Pair::new(), Pair::new());
    first.write(directory.path());
    let instance = with_files(directory.path()).await;
    let (tls, clock) = (instance.tls.clone().unwrap(), instance.clock.clone());
    let watched = tls.clone();
    let hangups = moncomptepro::serve::Hangups::listen().unwrap();
    let watching = tokio::spawn(async move { watched.keep_fresh(&clock, hangups, Duration::from_millis(5)).await });
    second.write(directory.path());
    let replaced = async {
        while tls.certificate() != second.der {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), replaced).await.unwrap();
    watching.abort();
    instance.stop().await;
}

#[tokio::test]
async fn sec_203_a_certificate_that_is_over_is_shown_to_whoever_watches_and_serves_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    Pair::until(2027).write(directory.path());
    let instance = with_files(directory.path()).await;
    let shown = |instance: &Instance| {
        let text = instance.metrics.expose();
        let line = text.lines().find(|line| line.starts_with("moncomptepro_degraded{reason=\"certificate_over\"}"));
        line.unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(shown(&instance), "0");
    instance.clock.advance(Duration::from_secs(60 * 24 * 3_600)).unwrap();
    assert_eq!(shown(&instance), "1");
    instance.stop().await;
}

#[cfg(unix)]
#[test]
fn sec_203_a_start_with_a_certificate_that_is_over_is_told_loudly() {
    let directory = tempfile::tempdir().unwrap();
    Pair::until(2020).write(directory.path());
    let text = configuration(directory.path(), 0).replace("localhost:0", "localhost");
    let mut process = Process::serve(directory.path(), &text);
    let told = process.wait_for_line("THE CERTIFICATE IS OVER");
    assert!(told.contains("2020-01-01") && told.contains("ERROR"), "{told}");
    process.signal(Signal::TERM);
    assert!(process.wait().success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sec_134_serve_asks_services_for_a_certificate_where_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let pair = Pair::new();
    pair.write(directory.path());
    let mutual = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = configuration(directory.path(), 0).replace("localhost:0", "localhost");
    let text = format!("{text}mutual_listen = \"127.0.0.1:{mutual}\"\n");
    let mut process = Process::serve(directory.path(), &text);
    let told = process.wait_for_line(&format!("port {mutual}"));
    assert!(told.contains(&format!("https://localhost:{mutual}")), "{told}");
    let http = tls::Identity::between(2020, 2100).http(Some(pair.der)).build().unwrap();
    let mut heard = Vec::new();
    for path in ["livez", "oauth/userinfo", "users/start-sign-in"] {
        heard.push(http.get(format!("https://localhost:{mutual}/{path}")).send().await.unwrap().status().as_u16());
    }
    assert_eq!(heard, [200, 401, 421]);
    process.signal(Signal::TERM);
    assert!(process.wait().success());
}

#[cfg(unix)]
#[test]
fn sec_134_certificates_that_nobody_asks_for_yet_or_any_more_are_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    Pair::new().write(path);
    let plain = configuration(path, 0).replace("localhost:0", "localhost");
    let mutual = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let asking = format!("{plain}mutual_listen = \"127.0.0.1:{mutual}\"\n");
    let thumbprint = "ab".repeat(32);
    let declared = format!(
        "[[clients]]\nclient_id = \"declared\"\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n\
         redirect_uris = [\"https://service.exemple.fr/retour\"]\ncertificates = [\"{thumbprint}\"]\n"
    );
    let mut process = Process::serve(path, &plain);
    fs::write(path.join("config.toml"), format!("{asking}{declared}")).unwrap();
    process.signal(Signal::HUP);
    let told = process.wait_for_line("nothing was changed");
    assert!(told.contains("client declared has certificates, and this instance asks nobody for one"), "{told}");
    process.signal(Signal::TERM);
    assert!(process.wait().success());

    let mut process = Process::serve(path, &asking);
    let config = path.join("config.toml");
    let created = run(&[
        "client",
        "create",
        "--name",
        "Service",
        "--id",
        "created",
        "--redirect-uri",
        "https://service.exemple.fr/retour",
        "--certificate",
        &thumbprint,
        "--output",
        "json",
        "--config",
        config.to_str().unwrap(),
    ]);
    assert_eq!(created.code, 0, "{created:?}");
    process.signal(Signal::TERM);
    assert!(process.wait().success());
    let mut process = Process::serve(path, &plain);
    let told = process.wait_for_line("tls.mutual_listen is not set");
    assert!(told.contains("client=created") && told.contains("WARN"), "{told}");
    process.signal(Signal::TERM);
    assert!(process.wait().success());
}
