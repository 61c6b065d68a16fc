//! A disk that takes no more at any point of what a command writes: nothing half, nothing lost, and the next try succeeds.
//!
//! Files that would grow beyond a limit are refused by the system: the limit rises by a few kilobytes from run to run, so
//! that each write of each file is once the one that fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::directory::both_register_files;
use crate::support::{Ended, Instance, Operator, program, run};

/// By so many bytes the limit rises.
const STEP: u64 = 12 * 1024;
/// Enough for everything that is written here.
const ENOUGH: u64 = 16 * 1024 * 1024;

/// Types a command under a limit on the size of files.
fn limited(bytes: u64, arguments: &[&str]) -> Ended {
    let inner = program();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512)]);
    command.arg(inner.get_program()).args(arguments);
    for name in ["MONCOMPTEPRO_BIN", "MONCOMPTEPRO_CONFIG", "RUST_LOG"] {
        command.env_remove(name);
    }
    let output = command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null()).output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// With ever more room until it succeeds; `after` looks at what each failure left. Gives how often it failed.
fn with_ever_more_room(arguments: &[&str], mut after: impl FnMut(&Ended)) -> usize {
    for (failures, bytes) in (0..ENOUGH).step_by(usize::try_from(STEP).unwrap()).enumerate() {
        let ended = limited(bytes, arguments);
        if ended.code == 0 {
            return failures;
        }
        assert!([1, 65].contains(&ended.code) && !ended.stderr.contains("panicked"), "{bytes} bytes: {ended:?}");
        assert!(ended.stderr.contains('/') || ended.stderr.contains("disk"), "nothing is named: {ended:?}");
        assert!(arguments.ends_with(&["--output", "json"]));
        refusal(&ended);
        after(&ended);
    }
    panic!("{ENOUGH} bytes are not enough");
}

/// The one document that says what was refused and why; notes of what had happened before it are documents of their own.
fn refusal(ended: &Ended) -> Value {
    let documents = ended.stderr.lines().map(|line| serde_json::from_str(line).expect(line));
    let refusals: Vec<Value> = documents.filter(|document: &Value| document.get("note").is_none()).collect();
    let [refusal] = &refusals[..] else { panic!("{ended:?}") };
    let message = refusal["message"].as_str().unwrap();
    let causes = ["too large", "trop volumineux", "disk", "/"];
    assert!(causes.iter().any(|cause| message.contains(cause)), "it does not say why: {refusal}");
    refusal.clone()
}

/// The files below a directory, with what is in those that are named.
fn files(directory: &Path, read: &[&str]) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, read));
        } else {
            let is_read = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| read.contains(&name));
            found.insert(path.clone(), is_read.then(|| fs::read(&path).unwrap()));
        }
    }
    found
}

fn config(directory: &Path) -> String {
    let (data, file) = (directory.join("data"), directory.join("config.toml"));
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data:?}\ntls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\n\
         keys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn sec_190_a_first_use_without_room_leaves_nothing_that_the_next_one_stumbles_over() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    let list = ["keys", "list", "--config", &config, "--output", "json"];
    let failures = with_ever_more_room(&list, |_| {
        let elsewhere = tempfile::tempdir().unwrap();
        let copy = elsewhere.path().join("data");
        assert!(Command::new("cp").arg("-a").arg(directory.path().join("data")).arg(&copy).status().unwrap().success());
        let config = self::config(elsewhere.path());
        let listed = run(&["keys", "list", "--config", &config, "--output", "json"]).json();
        assert!(listed.to_string().contains("RS256"), "{listed}");
    });
    assert!(failures > 3, "{failures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_190_sec_214_a_restore_without_room_leaves_the_database_of_before() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let backup = directory.path().join("a.backup");
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    operator
        .asks(&["user", "create", "marie@mairie.example", "--given-name", "Marie", "--family-name", "Dupont"])
        .await;
    instance.stop().await;
    let config = directory.path().join("config.toml");
    let restore = ["restore", backup.to_str().unwrap(), "--config", config.to_str().unwrap(), "--output", "json"];
    let data = directory.path().join("data");
    let before = files(&data, &["moncomptepro.redb", "master.key"]);
    let failures = with_ever_more_room(&restore, |ended| {
        assert!(files(&data, &["moncomptepro.redb", "master.key"]) == before, "{ended:?}");
    });
    assert!(failures > 3, "{failures}");
    operator.types(&["user", "show", "marie@mairie.example"]).await.refused(1, "marie@mairie.example");
}

#[test]
fn sec_190_sec_150_an_import_of_the_register_without_room_leaves_the_register_of_before() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    let [units, places] = &both_register_files(directory.path())[..] else { panic!() };
    let import = ["directory", "import", units, places, "--config", &config, "--output", "json"];
    run(&import).json();
    let register = || run(&["directory", "status", "--config", &config, "--output", "json"]).json()["register"].clone();
    let before = register();
    let failures = with_ever_more_room(&import, |ended| {
        // What has come to count does, even where there was no room for the audit.
        match ended.stdout.is_empty() {
            true => assert_eq!(register(), before, "{ended:?}"),
            false => assert_eq!(register(), serde_json::from_str::<Value>(&ended.stdout).unwrap()),
        }
        let generations =
            fs::read_dir(directory.path().join("data/register")).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(generations.filter(|path| path.is_dir()).count(), 1, "what failed takes no room: {ended:?}");
    });
    assert!(failures > 3, "{failures}");
}

#[test]
fn sec_190_what_a_command_is_refused_by_a_full_disk_is_one_document_that_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    run(&["keys", "list", "--config", &config, "--output", "json"]).json();
    let create = [
        &["client", "create", "--name", "S", "--redirect-uri", "https://a.exemple.fr/retour"][..],
        &["--show-secret", "--config", &config, "--output", "json"],
    ]
    .concat();
    let mut causes = 0;
    let failures = with_ever_more_room(&create, |ended| {
        assert_eq!(ended.stdout, "");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        let refusal = refusal(ended);
        if let Some(log) = refusal.get("log") {
            causes += 1;
            assert!(!log.as_array().unwrap().is_empty(), "{refusal}");
            assert!(refusal["message"].as_str().unwrap().contains("File too large"), "{refusal}");
        }
    });
    assert!(failures > 3 && causes > 0, "{failures} {causes}");
    let listed = run(&["client", "list", "--config", &config, "--output", "json"]);
    assert_eq!(listed.stderr, "");
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1, "what was refused is not there: {listed:?}");
}
