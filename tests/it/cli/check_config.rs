//! `check-config` tells before a start what would stop it, and what nobody would be served well with.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::Value;

use crate::support::{Ended, Instance, Operator, program, run};

/// What lies beside a configuration.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A certificate for `host` that is over after the day `until`, and its key.
    fn write_pair(&self, host: &str, until: (i32, u8, u8)) -> KeyPair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        self.write("certificate.pem", &pem("CERTIFICATE", params.self_signed(&key).unwrap().der()), 0o644);
        self.write("key.pem", &pem("PRIVATE KEY", key.serialized_der()), 0o600);
        key
    }

    fn configured(&self, rest: &str) -> PathBuf {
        let data = self.path("data");
        let text = format!(
            "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\n\
             keys.rsa_bits = 2048\naccounts.check_deliverability = false\n{rest}\n"
        );
        self.write("config.toml", &text, 0o600)
    }

    fn with_pair(&self, rest: &str) -> PathBuf {
        let (certificate, key) = (self.path("certificate.pem"), self.path("key.pem"));
        let tls =
            format!("tls = {{ mode = \"files\", certificate_file = {certificate:?}, private_key_file = {key:?} }}");
        self.configured(&format!("{tls}\n{rest}"))
    }

    fn check(&self) -> Ended {
        run(&["check-config", "--config", self.path("config.toml").to_str().unwrap()])
    }

    #[track_caller]
    fn is_told(&self, words: &[&str]) {
        let ended = self.check();
        assert_eq!(ended.code, 78, "{ended:?}");
        for word in words {
            assert!(ended.stderr.contains(word), "no {word:?} in {ended:?}");
        }
        assert!(!self.path("data").join("moncomptepro.redb").exists(), "nothing was made");
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

const FAR: (i32, u8, u8) = (2099, 1, 1);
const HOST: &str = "identite.exemple.fr";

#[test]
fn sec_216_what_is_wrong_with_a_certificate_is_told_before_the_start() {
    let machine = Machine::new();
    machine.with_pair("");
    machine.is_told(&[
        "tls.certificate_file: ",
        "certificate.pem",
        "tls.private_key_file: ",
        "key.pem",
        "No such file",
    ]);
    machine.write_pair(HOST, FAR);
    assert_eq!(machine.check().code, 0, "{:?}", machine.check());
    machine.write_pair(HOST, (2024, 1, 1));
    machine.is_told(&["tls.certificate_file: ", "it was over at 2024-01-01"]);
    machine.write_pair("other.exemple.fr", (2024, 1, 1));
    machine.is_told(&["it was over", "it is not for identite.exemple.fr"]);
    let key = machine.write_pair(HOST, FAR);
    machine.write("key.pem", &pem("PRIVATE KEY", KeyPair::generate().unwrap().serialized_der()), 0o600);
    machine.is_told(&["tls.private_key_file: ", "does not belong to the first certificate"]);
    machine.write("key.pem", &pem("PRIVATE KEY", key.serialized_der()), 0o644);
    machine.is_told(&["tls.private_key_file: ", "everybody on this machine may read", "chmod 600"]);
    machine.write("certificate.pem", "no certificate", 0o644);
    machine.write("key.pem", "no key", 0o600);
    machine.is_told(&["no certificate in PEM", "no private key in PEM"]);
}

#[test]
fn sec_216_a_french_operator_is_told_in_french() {
    let machine = Machine::new();
    machine.write_pair("autre.exemple.fr", (2024, 1, 1));
    machine.write("key.pem", "", 0o644);
    let key = machine.path("nulle-part");
    machine.with_pair(&format!("master_key_file = {key:?}"));
    let config = machine.path("config.toml");
    let french = |command: &str| {
        let mut typed = program();
        typed.args([command, "--config", config.to_str().unwrap()]).env("LC_ALL", "fr_FR.UTF-8").env_remove("RUST_LOG");
        let output = typed.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = french("check-config");
    assert_eq!(code, Some(78), "{said}");
    for words in [
        "tls.certificate_file: ",
        "il a expiré le 2024-01-01",
        "il n'est pas pour identite.exemple.fr",
        "tous les comptes de cette machine peuvent lire cette clé privée",
        "aucune clé maîtresse dans",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    // And by the start itself.
    machine.configured(&format!("master_key_file = {key:?}"));
    let (code, said) = french("serve");
    assert!(code == Some(78) && said.contains("aucune clé maîtresse dans"), "{said}");
}

#[test]
fn sec_216_what_is_wrong_with_the_master_key_is_told_before_the_start() {
    let machine = Machine::new();
    let key = machine.path("master.key");
    machine.configured(&format!("master_key_file = {key:?}"));
    machine.is_told(&["master_key_file: no master key at", "umask 077; openssl rand -base64 32"]);
    machine.write("master.key", "c2hvcnQ=\n", 0o600);
    machine.is_told(&["master_key_file: ", "exactly 32 bytes in base64"]);
    let good = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n";
    machine.write("master.key", good, 0o644);
    machine.is_told(&["master_key_file: ", "readable by everybody: chmod 600"]);
    machine.write("master.key", good, 0o600);
    assert_eq!(machine.check().code, 0, "{:?}", machine.check());
    machine.configured("");
    let first = machine.check();
    assert!(first.code == 0 && first.stdout.contains("made at the first start"), "{first:?}");
}

#[test]
fn sec_216_nothing_that_never_ends_is_waited_for() {
    let machine = Machine::new();
    let pipe = machine.path("pipe");
    assert!(std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().unwrap().success());
    for named in [pipe.clone(), PathBuf::from("/dev/zero")] {
        machine.configured(&format!("master_key_file = {named:?}"));
        machine.is_told(&["master_key_file: ", "not a regular file"]);
        let started = Machine::new();
        let config = started.configured(&format!("master_key_file = {named:?}"));
        run(&["serve", "--config", config.to_str().unwrap()]).refused(1, "not a regular file");
        machine.configured(&format!(
            "tls = {{ mode = \"files\", certificate_file = {named:?}, private_key_file = {named:?} }}"
        ));
        machine.is_told(&["tls.private_key_file: ", "not a regular file"]);
        machine.configured(&format!(
            "tls = {{ mode = \"files\", certificate_file = {named:?}, private_key_file = \"/nowhere/key.pem\" }}"
        ));
        machine.is_told(&["tls.certificate_file: ", "not a regular file"]);
        machine.configured(&format!("mail.from = \"a@a.fr\"\nsmtp = {{ host = \"127.0.0.1\", ca_file = {named:?} }}"));
        machine.is_told(&["smtp.ca_file: ", "not a regular file"]);
    }
    let endless = run(&["check-config", "--config", "/dev/zero"]);
    assert!(endless.code == 78 && endless.stderr.contains("no configuration: more than 1048576 bytes"), "{endless:?}");
}

#[test]
fn sec_191_a_directory_of_data_where_no_command_could_arrive_is_refused_before_anything_is_said() {
    let machine = Machine::new();
    let long = machine.path(&"a".repeat(110));
    let config = machine.write(
        "config.toml",
        &format!(
            "public_url = \"https://identite.exemple.fr\"\ndata_dir = {long:?}\nlisten = \"127.0.0.1:0\"\nkeys.rsa_bits = 2048\n"
        ),
        0o600,
    );
    let checked = machine.check();
    assert!(checked.code == 78 && checked.stderr.contains("data_dir of 90 bytes at most"), "{checked:?}");
    for (language, words) in [("C", "is too long: commands reach"), ("fr_FR.UTF-8", "est trop long : les commandes")] {
        let mut typed = program();
        typed.args(["serve", "--config", config.to_str().unwrap()]).env("LC_ALL", language).env_remove("RUST_LOG");
        let output = typed.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(78) && said.contains(words) && said.contains("data_dir"), "{said}");
        assert!(output.stdout.is_empty() && !long.exists(), "nothing was announced, nothing made");
    }
    // Where the system lets nobody make a file.
    #[cfg(target_os = "linux")]
    {
        let text = fs::read_to_string(&config).unwrap().replace(long.to_str().unwrap(), "/sys");
        machine.write("config.toml", &text, 0o600);
        let ended = run(&["serve", "--config", config.to_str().unwrap()]);
        assert!(ended.code == 78 && ended.stdout.is_empty(), "{ended:?}");
        assert!(
            ended.stderr.contains("/sys/control.sock cannot be made") && ended.stderr.contains("data_dir"),
            "{ended:?}"
        );
    }
}

#[test]
fn sec_216_everything_that_would_stop_a_start_is_told_at_once() {
    let machine = Machine::new();
    let holders: Vec<_> = (0..3).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let taken: Vec<String> = holders.iter().map(|holder| holder.local_addr().unwrap().to_string()).collect();
    let key = machine.write("master.key", "short", 0o600);
    machine.write_pair("other.exemple.fr", (2024, 1, 1));
    machine.write("key.pem", "", 0o644);
    machine.with_pair(&format!("metrics.listen = \"{}\"\nmaster_key_file = {key:?}", taken[1]));
    let mutual = format!("tls = {{ mutual_listen = \"{}\", ", taken[2]);
    let text = fs::read_to_string(machine.path("config.toml")).unwrap().replace("127.0.0.1:0", &taken[0]);
    let text = text.replace("tls = { ", &mutual);
    machine.write("config.toml", &text, 0o600);
    fs::create_dir(machine.path("data")).unwrap();
    fs::set_permissions(machine.path("data"), fs::Permissions::from_mode(0o777)).unwrap();
    machine.is_told(&[
        "data_dir: ",
        "chmod 700",
        "tls.certificate_file: ",
        "it was over",
        "it is not for",
        "tls.private_key_file: ",
        &format!("listen: {} cannot be listened on", taken[0]),
        &format!("metrics.listen: {} cannot be listened on", taken[1]),
        &format!("tls.mutual_listen: {} cannot be listened on", taken[2]),
    ]);
    fs::set_permissions(machine.path("data"), fs::Permissions::from_mode(0o755)).unwrap();
    machine.is_told(&["exactly 32 bytes"]);
    assert_eq!(fs::metadata(machine.path("data")).unwrap().permissions().mode() & 0o777, 0o755, "nothing is changed");
    // A program is told the same, thing by thing.
    let config = machine.path("config.toml");
    let ended = run(&["check-config", "--output", "json", "--config", config.to_str().unwrap()]);
    let told: Value = serde_json::from_str(&ended.stderr).unwrap();
    assert_eq!((ended.code, &told["error"]), (78, &Value::from("configuration")));
    let wrong = |key: &str| {
        let listed = told["examined"].as_array().unwrap().iter();
        listed.filter(|examined| examined["key"] == key && examined["ok"] == false).count()
    };
    assert_eq!((wrong("tls.certificate_file"), wrong("listen"), wrong("metrics.listen")), (2, 1, 1), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_216_data_that_do_not_go_with_the_configuration_are_told_before_the_start() {
    let machine = Machine::new();
    let instance = Instance::production(machine.0.path()).await;
    let operator = Operator::of(machine.0.path());
    let create = ["client", "create", "--id", "service-1", "--name", "Service"];
    operator.asks(&[&create[..], &["--redirect-uri", "https://service.exemple.fr/"]].concat()).await;
    instance.stop().await;
    let data = |machine: &Machine| fs::read(machine.path("data").join("moncomptepro.redb")).unwrap();
    let before = data(&machine);
    let client = "[[clients]]\nclient_id = \"service-1\"\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n\
                  redirect_uris = [\"https://service.exemple.fr/\"]\n";
    let config = machine.configured(client);
    let issuer = fs::read_to_string(&config).unwrap().replace("//identite.", "//autre.");
    fs::write(&config, issuer).unwrap();
    let key = machine.path("data/master.key");
    let kept = fs::read(&key).unwrap();
    fs::write(&key, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n").unwrap();
    let ended = machine.check();
    let told = [
        "public_url: ",
        "belongs to issuer `https://identite.exemple.fr`",
        "were sealed with another one",
        "client delete service-1",
    ];
    for words in told {
        assert!(ended.code == 78 && ended.stderr.contains(words), "no {words:?} in {ended:?}");
    }
    fs::remove_file(&key).unwrap();
    let ended = machine.check();
    assert!(ended.code == 78 && ended.stderr.contains("master_key_file: no master key at"), "{ended:?}");
    assert!(data(&machine) == before && !key.exists(), "nothing is changed");
    // A start says the same, with the code that is not started again.
    let serve = || run(&["serve", "--config", config.to_str().unwrap()]);
    fs::write(&key, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    serve().refused(78, "belongs to issuer `https://identite.exemple.fr`");
    machine.configured("");
    serve().refused(78, "were sealed with another one");
    fs::write(&key, kept).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    machine.configured("");
    assert_eq!(machine.check().code, 0, "{:?}", machine.check());
    fs::write(machine.path("data/moncomptepro.redb"), b"no database").unwrap();
    let ended = machine.check();
    assert!(ended.code == 78 && ended.stderr.contains("damaged"), "{ended:?}");
    fs::remove_file(machine.path("data/moncomptepro.redb")).unwrap();
    let ended = machine.check();
    assert!(ended.code == 78 && ended.stderr.contains("says that there was a database"), "{ended:?}");
}

#[test]
fn sec_60_a_service_of_leaked_passwords_that_cannot_be_asked_is_told_before_the_start() {
    let machine = Machine::new();
    machine.configured("accounts.leaked_passwords_url = \"https://127.0.0.1:9/range/\"");
    machine.is_told(&[
        "accounts.leaked_passwords_url: https://127.0.0.1:9/range/: ",
        "may not be asked",
        "without this key",
    ]);
    machine.configured("accounts.leaked_passwords_url = \"http://api.exemple.fr/range/\"");
    machine.is_told(&["accounts.leaked_passwords_url", "https://"]);
}

#[cfg(target_os = "linux")]
#[test]
fn sec_184_data_on_a_file_system_that_does_not_keep_it_is_warned_of_by_the_start_and_before_it() {
    // Where every Linux has memory that looks like a disk.
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let machine = Machine::new();
    let config = machine.configured("");
    let text = fs::read_to_string(&config).unwrap();
    let data = memory.path().join("not/made/yet");
    fs::write(&config, text.replace(&format!("{:?}", machine.path("data")), &format!("{data:?}"))).unwrap();
    let typed = |words: &[&str], language: &str| {
        let mut typed = program();
        typed.args(words).args(["--config", config.to_str().unwrap()]).env("LC_ALL", language).env_remove("RUST_LOG");
        let output = typed.output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat())
    };
    let (code, said) = typed(&["check-config"], "fr_FR.UTF-8");
    let there = data.display();
    assert!(code == Some(0) && said.contains(&format!("data_dir : {there} se trouve dans la mémoire")), "{said}");
    let (_, said) = typed(&["check-config", "--output", "json"], "C");
    let document: Value = serde_json::from_str(&said).unwrap();
    let notices: Vec<&str> = document["notices"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let warning = format!("data_dir: {there} lies in the memory of the machine (tmpfs)");
    assert!(notices.iter().any(|notice| notice.starts_with(&warning)), "{notices:?}");
    // A start that ends soon after.
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}master_key_file = {:?}\n", machine.path("nowhere"))).unwrap();
    let (code, said) = typed(&["serve"], "C");
    assert!(code == Some(78) && said.contains("(tmpfs) and is gone when it stops"), "{said}");
}
