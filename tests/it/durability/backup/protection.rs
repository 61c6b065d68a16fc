//! SEC-213: what protects a backup, and what `backup verify` says without an instance and of one that is named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use moncomptepro::acts::{self, BackupSecret};
use moncomptepro::crypto::{Parameters, derive_key};
use moncomptepro::store::backup::{Draft, Protection, write};

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

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_passphrase_is_taken_whole_or_refused_and_is_the_same_however_it_was_typed() {
    const COMPOSED: &str = "un café très serré, sans sucre";
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let place = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let phrase = |name: &str, bytes: &[u8]| {
        let path = place(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let verify = async |backup: &str, phrase: &str| {
        operator_less(&["backup", "verify", backup, "--passphrase-file", phrase, "--output", "json"]).await
    };

    // As long as one may be, and two that differ at the end only.
    let longest = [&[b'x'; 4_095][..], b"A\r\nsecond line"].concat();
    let (by_longest, longest) = (place("by-longest"), phrase("longest", &longest));
    operator.asks(&["backup", "create", &by_longest, "--passphrase-file", &longest]).await;
    let other_end = phrase("other-end", &[&[b'x'; 4_095][..], b"B\n"].concat());
    verify(&by_longest, &other_end).await.refused(1, "does not open it");
    assert_eq!(verify(&by_longest, &longest).await.json()["verified"], true);

    let refused = place("refused");
    for (name, bytes, words) in [
        ("long", vec![b'x'; 4_097], "more than 4096 bytes"),
        ("very-long", [&[b'x'; 70_000][..], b"\n"].concat(), "more than 4096 bytes"),
        ("long-accents", "é".repeat(2_100).into_bytes(), "more than 4096 bytes"),
        ("nul", b"a passphrase\0with NUL\n".to_vec(), "such as NUL"),
        ("escape", b"a passphrase \x1b[31m\n".to_vec(), "such as NUL"),
        ("bytes", [&[0xff_u8; 40][..], b"\n"].concat(), "such as NUL"),
        ("empty", b"\n".to_vec(), "the first line is empty"),
    ] {
        let file = phrase(name, &bytes);
        operator.types(&["backup", "create", &refused, "--passphrase-file", &file]).await.refused(1, words);
        verify(&by_longest, &file).await.refused(1, words);
        assert!(!fs::exists(&refused).unwrap(), "{name}");
    }
    operator.types(&["backup", "create", &refused, "--passphrase-file", "/dev/zero"]).await.refused(1, "4096 bytes");

    // One editor writes an accent with its letter, another one beside it.
    let apart = COMPOSED.replace('é', "e\u{301}").replace('è', "e\u{300}");
    assert_ne!(apart, COMPOSED);
    let (composed, apart) = (phrase("composed", COMPOSED.as_bytes()), phrase("apart", apart.as_bytes()));
    for (sealed, opened) in [(&composed, &apart), (&apart, &composed), (&apart, &apart)] {
        let backup = place("by-accents");
        operator.asks(&["backup", "create", &backup, "--passphrase-file", sealed]).await;
        assert_eq!(verify(&backup, opened).await.json()["verified"], true, "{sealed} {opened}");
        verify(&backup, &longest).await.refused(1, "does not open it");
        fs::remove_file(&backup).unwrap();
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_backup_of_before_passphrases_were_composed_is_opened_as_it_was_sealed() {
    const APART: &str = "un cafe\u{301} tre\u{300}s serre\u{301}, sans sucre";
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::dev().await;
    let (path, salt, cost) = (directory.path().join("a.backup"), [7; 16], Parameters::floor());
    let key = derive_key(cost, &salt, APART);
    let draft = Draft {
        taken_at: instance.clock.now(),
        master_key_id: "key-1",
        master_key: None,
        protection: Protection::Passphrase {
            memory_kib: cost.memory_kib,
            iterations: cost.iterations,
            salt: URL_SAFE_NO_PAD.encode(salt),
        },
        key: key.as_ref(),
        seal: &str::to_owned,
    };
    write(&instance.app.store, &path, &draft).unwrap();
    let opened = |text: &str| acts::verify_backup(&path, Some(&BackupSecret::passphrase(text.as_bytes()).unwrap()));
    opened(APART).unwrap();
    let other = opened(&APART.replace("cafe", "the")).unwrap_err();
    assert!(other.to_string().contains("does not open it"), "{other}");
}
