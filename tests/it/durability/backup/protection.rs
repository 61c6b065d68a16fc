//! SEC-213: what protects a backup, and what `backup verify` says without an instance and of one that is named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{PASSPHRASE, another_machine, citizen, config_of, operator_less, sign_in};
use crate::support::{Instance, Operator};

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_protected_backup_is_opened_by_what_protects_it_and_by_nothing_else() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let instance = Instance::production(first.path()).await;
    let operator = Operator::of(first.path());
    citizen(&instance, &operator, "marie@mairie.example").await;
    let place = |name: &str| first.path().join(name).to_str().unwrap().to_owned();
    let (by_key, by_phrase, plain) = (place("by-key"), place("by-phrase"), place("plain"));
    let (key, other_key, phrase) = (place("backup.key"), place("other.key"), place("phrase"));
    fs::write(&phrase, PASSPHRASE).unwrap();
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o604)).unwrap();
    let open = operator.types(&["backup", "create", &by_phrase, "--passphrase-file", &phrase]).await;
    open.refused(1, "everybody on this machine may read it");
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
    for (file, byte) in [(&key, 7_u8), (&other_key, 8)] {
        fs::write(file, BASE64.encode([byte; 32])).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    operator.asks(&["backup", "create", &by_key, "--key-file", &key]).await;
    operator.asks(&["backup", "create", &by_phrase, "--passphrase-file", &phrase]).await;
    operator.asks(&["backup", "create", &plain]).await;
    let whole = place("whole");
    operator.asks(&["backup", "create", &whole, "--passphrase-file", &phrase, "--with-master-key"]).await;
    instance.stop().await;
    let bytes = fs::read(&by_key).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"mairie"), "it can be read");

    let verify =
        async |more: &[&str]| operator_less(&[&["backup", "verify"][..], more, &["--output", "json"]].concat()).await;
    for (typed, words) in [
        (&[&*by_key][..], "protected by the key"),
        (&[&*by_phrase], "passphrase"),
        (&[&*by_key, "--key-file", &other_key], "is needed"),
        (&[&*by_key, "--passphrase-file", &phrase], "not by a passphrase"),
        (&[&*by_phrase, "--key-file", &key], "not by a key file"),
        (&[&*plain, "--key-file", &key], "not protected"),
        (&[&*by_key, "--key-file", "/nowhere/key"], "/nowhere/key"),
    ] {
        verify(typed).await.refused(1, words);
    }
    let (key_given, phrase_given) = ([&*by_key, "--key-file", &key], [&*by_phrase, "--passphrase-file", &phrase]);
    for typed in [&key_given[..], &phrase_given, &[&*plain]] {
        let said = verify(typed).await.json();
        assert_eq!((said["verified"].as_bool(), said["seal_verified"].as_bool()), (Some(true), Some(false)), "{said}");
    }

    // A backup that holds the key is held against it.
    let whole_given = [&*whole, "--passphrase-file", &phrase];
    let said = verify(&whole_given).await.json();
    assert_eq!(said["seal_verified"], true, "{said}");
    let mut altered = fs::read(&whole).unwrap();
    let last = altered.len() - 2;
    altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
    fs::write(&whole, altered).unwrap();
    verify(&whole_given).await.refused(1, "seal");

    // An instance that is named is asked for its master key.
    let (config, data) = (place("config.toml"), place("data"));
    for named in [["--config", &config], ["--data-dir", &data]] {
        let said = verify(&[&key_given[..], &named].concat()).await.json();
        assert_eq!(said["seal_verified"], true, "{said}");
    }
    Instance::production(second.path()).await.stop().await;
    let another = second.path().join("data");
    verify(&[&*plain, "--data-dir", another.to_str().unwrap()]).await.refused(1, "the backup needs the master key");
    verify(&[&*plain, "--config", "/nowhere/config.toml"]).await.refused(78, "/nowhere/config.toml");
    verify(&[&*plain, "--data-dir", "/nowhere"]).await.refused(1, "/nowhere");

    let there = another_machine(first.path());
    let restored = Operator::of(there.path()).types(&["restore", &by_key, "--key-file", &key]).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    let instance = Instance::on_file(&config_of(there.path())).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_some());
    instance.stop().await;
}
