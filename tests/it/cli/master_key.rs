//! `master-key rotate`: while the instance serves and while it does not, told what was done, and what to keep.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Instance, Operator, run};

fn write_key(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_sec_55_the_master_key_is_changed_while_nothing_runs_and_the_one_before_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (key, config) = (directory.path().join("data/master.key"), directory.path().join("config.toml"));
    let operator = Operator::of(directory.path());
    let instance = Instance::production(directory.path()).await;
    let keys = operator.asks(&["keys", "list"]).await;
    let backup = directory.path().join("before.backup").to_str().unwrap().to_owned();
    let needed = operator.asks(&["backup", "create", &backup]).await["master_key"].clone();
    let former = fs::read(&key).unwrap();
    instance.stop().await;

    let told = operator.asks(&["master-key", "rotate"]).await;
    assert_eq!(told["former_master_key"], needed);
    assert_eq!((&told["signing_keys"], &told["unreadable"]), (&4.into(), &0.into()), "{told}");
    let kept = Path::new(told["former_key_file"].as_str().unwrap()).to_owned();
    assert_eq!(kept, directory.path().join(format!("data/master.key.{}", needed.as_str().unwrap())));
    assert_eq!(fs::read(&kept).unwrap(), former);
    for file in [&key, &kept] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    assert_eq!(operator.asks(&["keys", "list"]).await, keys);
    let checked = run(&["check-config", "--config", config.to_str().unwrap()]);
    assert_eq!(checked.code, 0, "{checked:?}");
    operator.asks(&["check"]).await;
    let trail = operator.types(&["audit", "tail", "--output", "json"]).await;
    assert!(trail.stdout.contains("master_key_rotated"), "{}", trail.stdout);
    let instance = Instance::production(directory.path()).await;
    assert_eq!(operator.asks(&["keys", "list"]).await, keys);
    let after = directory.path().join("after.backup").to_str().unwrap().to_owned();
    assert_eq!(operator.asks(&["backup", "create", &after]).await["master_key"], told["master_key"]);
    instance.stop().await;

    // The key of before opens the data no more.
    let new = fs::read(&key).unwrap();
    write_key(&key, &former);
    operator.types(&["master-key", "rotate"]).await.refused(78, "were sealed with another one");
    operator.types(&["serve"]).await.refused(78, "were sealed with another one");
    write_key(&key, &new);

    // Backups of before are good as long as their key is kept.
    for made in [&backup, &after] {
        assert_eq!(operator.types(&["backup", "verify", made]).await.code, 0, "{made}");
        operator.asks(&["restore", made]).await;
        assert_eq!(operator.asks(&["keys", "list"]).await, keys);
    }
    fs::remove_file(&kept).unwrap();
    for command in [&["backup", "verify", &backup][..], &["restore", &backup]] {
        operator.types(command).await.refused(1, "the backup needs the master key");
    }
    assert_eq!(fs::read(&key).unwrap(), new);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_an_instance_that_serves_goes_on_under_the_new_key() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("data/master.key");
    let operator = Operator::of(directory.path());
    let instance = Instance::production(directory.path()).await;
    let keys = operator.asks(&["keys", "list"]).await;
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let before = path("before.backup");
    let needed = operator.asks(&["backup", "create", &before]).await["master_key"].clone();
    let told = operator.asks(&["master-key", "rotate"]).await;
    assert_eq!((&told["former_master_key"], &told["signing_keys"]), (&needed, &4.into()), "{told}");
    assert_ne!(told["master_key"], needed);
    let kept = Path::new(told["former_key_file"].as_str().unwrap()).to_owned();
    assert_eq!(operator.asks(&["keys", "list"]).await, keys);
    // What is written from now on goes under the new one: signing keys, and backups.
    operator.asks(&["keys", "rotate", "--algorithm", "ES256", "--now"]).await;
    let after = path("after.backup");
    assert_eq!(operator.asks(&["backup", "create", &after]).await["master_key"], told["master_key"]);
    // A file that was changed by another hand is not taken for the key in use.
    let new = fs::read(&key).unwrap();
    write_key(&key, &fs::read(&kept).unwrap());
    operator.types(&["master-key", "rotate"]).await.refused(1, "it holds another key than");
    write_key(&key, &new);
    // Whoever keeps it elsewhere is the one to put it into its place.
    write_key(&directory.path().join("given"), b"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    let given = operator.asks(&["master-key", "rotate", "--new-key-file", &path("given")]).await;
    assert_eq!((&given["former_master_key"], &given["former_key_file"]), (&told["master_key"], &Value::Null));
    let keys = operator.asks(&["keys", "list"]).await;
    assert_eq!(fs::read(&key).unwrap(), new);
    instance.stop().await;
    operator.types(&["serve"]).await.refused(78, "were sealed with another one");
    write_key(&key, &fs::read(path("given")).unwrap());
    assert_eq!(operator.asks(&["keys", "list"]).await, keys);
    for made in [&before, &after] {
        let kept = made == &before;
        let verified = operator.types(&["backup", "verify", made]).await;
        assert_eq!(verified.code, i32::from(!kept), "{made}: {verified:?}");
    }
    operator.asks(&["check"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_whoever_keeps_the_key_elsewhere_names_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    Instance::production(directory.path()).await.stop().await;
    let operator = Operator::of(directory.path());
    fs::rename(place("data/master.key"), place("secret")).unwrap();
    std::os::unix::fs::symlink(place("secret"), place("link")).unwrap();
    let config = fs::read_to_string(place("config.toml")).unwrap();
    fs::write(place("config.toml"), format!("master_key_file = {:?}\n{config}", place("link"))).unwrap();
    let former = fs::read(place("secret")).unwrap();
    operator.types(&["master-key", "rotate"]).await.refused(1, "--new-key-file");

    let given = place("new").to_str().unwrap().to_owned();
    let command = ["master-key", "rotate", "--new-key-file", &given];
    operator.types(&command).await.refused(1, "is not there");
    write_key(&place("new"), &former);
    operator.types(&command).await.refused(1, "which is in use: nothing was changed");
    write_key(&place("new"), b"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    let told = operator.asks(&command).await;
    assert_eq!(told["former_key_file"], Value::Null);
    assert!(told["notes"][1].as_str().unwrap().contains(&given), "{told}");
    assert_eq!(fs::read(place("secret")).unwrap(), former, "no file of somebody else is touched");
    operator.types(&["keys", "list"]).await.refused(78, "were sealed with another one");
    fs::rename(place("new"), place("secret")).unwrap();
    operator.asks(&["keys", "list"]).await;
}
