//! Commands that are killed at any moment of their work: what they change is changed or not, nothing is half, and the next
//! try succeeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use moncomptepro::clock;
use serde_json::Value;

use crate::cli::compact::swell;
use crate::cli::directory::both_register_files;
use crate::support::{Instance, Operator, program, run};

/// At so many moments of its work a command is killed.
const MOMENTS: u32 = 24;

/// How a killed command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cut,
    Finished,
}

fn spawn(arguments: &[&str]) -> std::process::Child {
    program().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lets it work for `time`, then kills it.
fn killed_after(time: Duration, arguments: &[&str]) -> End {
    let mut process = spawn(arguments);
    std::thread::sleep(time);
    let ended = process.try_wait().unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    ended.map_or(End::Cut, |status| {
        assert!(status.success(), "{arguments:?}: {status}");
        End::Finished
    })
}

/// Kills it at moments all over the time that it takes on this machine; `after` looks at what each left.
fn killed_all_along(arguments: &[&str], after: impl FnMut(End)) {
    killed_at(MOMENTS, arguments, after);
}

/// The same at so many moments.
fn killed_at(moments: u32, arguments: &[&str], mut after: impl FnMut(End)) {
    let begun = clock::machine_instant();
    assert!(spawn(arguments).wait().unwrap().success(), "{arguments:?}");
    let whole = begun.elapsed();
    after(End::Finished);
    let mut cut = 0;
    for moment in 0..moments {
        let end = killed_after(whole * moment / moments, arguments);
        cut += u32::from(end == End::Cut);
        after(end);
    }
    assert!(cut > moments / 4, "{cut} of {moments} were cut short in {whole:?}");
}

/// What a command says as a document.
fn asked(config: &str, words: &[&str]) -> Value {
    let arguments: Vec<&str> = words.iter().copied().chain(["--config", config, "--output", "json"]).collect();
    run(&arguments).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_185_sec_214_a_restore_that_is_killed_leaves_the_one_database_or_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (before, after) = (path("before.backup"), path("after.backup"));
    operator.asks(&["backup", "create", &before]).await;
    for number in 0..40 {
        let address = format!("agent-{number}@mairie.example");
        operator.asks(&["user", "create", &address, "--given-name", "Marie", "--family-name", "Dupont"]).await;
    }
    operator.asks(&["backup", "create", &after]).await;
    instance.stop().await;
    let config = path("config.toml");
    let people = || asked(&config, &["user", "list", "--all"])["items"].as_array().unwrap().len();
    let (all, restored) = (people(), path("data"));
    assert!(all >= 40, "{all}");
    let mut seen = BTreeSet::new();
    killed_all_along(&["restore", &before, "--config", &config, "--output", "json"], |end| {
        asked(&config, &["check"]);
        let found = people();
        assert!(found == all || found + 40 == all, "{found} of {all}");
        assert!(end == End::Cut || found + 40 == all, "it said that it was done");
        seen.insert(found);
        asked(&config, &["restore", &after]);
        assert_eq!(people(), all, "the next try succeeds");
        let left: Vec<_> = fs::read_dir(&restored).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_str().unwrap().starts_with("restoring")), "{left:?}");
    });
    assert_eq!(seen.len(), 2, "killed before and after: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_185_a_rotation_that_is_killed_leaves_one_key_that_signs_and_every_earlier_one_published() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let config = directory.path().join("config.toml").to_str().unwrap().to_owned();
    let ids = |keys: &Value| -> BTreeSet<String> {
        let keys = keys["items"].as_array().unwrap();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let mut known = ids(&asked(&config, &["keys", "list"]));
    let mut rotated = 0;
    killed_all_along(&["keys", "rotate", "--algorithm", "ES256", "--now", "--config", &config], |end| {
        let keys = asked(&config, &["keys", "list"]);
        for state in ["current", "next"] {
            let is_it = |key: &&Value| key["algorithm"] == "ES256" && key["state"] == state;
            assert_eq!(keys["items"].as_array().unwrap().iter().filter(is_it).count(), 1, "{state}: {keys}");
        }
        let found = ids(&keys);
        assert!(found.is_superset(&known), "{found:?} after {known:?}");
        assert!(end == End::Cut || found.len() > known.len(), "it said that it was done");
        rotated += found.len() - known.len();
        known = found;
    });
    assert!(rotated > 0);
    asked(&config, &["check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_a_change_of_the_master_key_that_is_killed_leaves_data_and_key_that_go_together() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let config = directory.path().join("config.toml").to_str().unwrap().to_owned();
    let data = directory.path().join("data");
    let keys = asked(&config, &["keys", "list"]);
    let former = || {
        let names = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("master.key.") && name != "master.key.next").collect::<BTreeSet<_>>()
    };
    let mut kept = BTreeSet::new();
    killed_at(50, &["master-key", "rotate", "--config", &config], |end| {
        assert_eq!(asked(&config, &["keys", "list"]), keys, "opened with the key that is there, or was about to be");
        let found = former();
        assert!(found.is_superset(&kept), "{found:?} after {kept:?}: backups made with a key of before need it");
        assert!(end == End::Cut || found.len() > kept.len(), "it said that it was done");
        kept = found;
    });
    assert!(!kept.is_empty());
    asked(&config, &["check"]);
    asked(&config, &["master-key", "rotate"]);
    assert_eq!(former().len(), kept.len() + 1);
    Instance::production(directory.path()).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_183_a_compaction_that_is_killed_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    swell(&instance).await;
    instance.stop().await;
    let config = directory.path().join("config.toml").to_str().unwrap().to_owned();
    let file = directory.path().join("data/moncomptepro.redb");
    let (large, keys) = (fs::read(&file).unwrap(), asked(&config, &["keys", "list"]));
    let mut smaller = 0;
    killed_all_along(&["compact", "--config", &config], |end| {
        asked(&config, &["check"]);
        let size = fs::metadata(&file).unwrap().len();
        assert!(end == End::Cut || size < large.len() as u64 / 2, "it said that it was done");
        smaller += u32::from(size < large.len() as u64);
        assert_eq!(asked(&config, &["keys", "list"]), keys);
        fs::write(&file, &large).unwrap();
    });
    assert!(smaller > 0);
}

#[test]
fn sec_185_sec_150_an_import_of_the_register_that_is_killed_leaves_the_register_of_before_or_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.toml");
    let data = directory.path().join("data");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data:?}\ntls.mode = \"off\"\n\
         proxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let [units, places] = &both_register_files(directory.path())[..] else { panic!() };
    let register = || asked(config, &["directory", "status"])["register"].clone();
    killed_all_along(&["directory", "import", units, places, "--config", config, "--output", "json"], |_| {
        let found = register();
        assert!(found["establishments"].as_u64().is_some_and(|number| number > 0), "{found}");
    });
    asked(config, &["directory", "import", units, places]);
    assert_eq!(generations(&data), 1, "what was cut short takes no room after the next import");
}

fn generations(data: &Path) -> usize {
    let entries = fs::read_dir(data.join("register")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).count()
}
