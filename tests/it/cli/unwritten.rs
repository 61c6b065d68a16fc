//! Answers that cannot be written: what was done is done, and nobody takes silence for an answer.

use std::fs::{File, OpenOptions};
use std::process::{Output, Stdio};

use crate::support::{Instance, program};

const COMMANDS: [&[&str]; 9] = [
    &["client", "create", "--name", "Service", "--redirect-uri", "https://service.example/callback"],
    &["client", "list"],
    &["user", "create", "marie@mairie.example", "--given-name", "Marie", "--family-name", "Dupont"],
    &["user", "reset-password", "marie@mairie.example"],
    &["keys", "list"],
    &["check"],
    &["config", "show"],
    &["retention", "report"],
    &["audit", "export"],
];

fn typed(words: &[&str], more: &[&str], out: Stdio) -> Output {
    let child = program().args(words).args(more).stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    // Whoever read what is printed is gone before it is.
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_said_and_no_secret_is_lost_in_silence() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let config = directory.path().join("config.toml");
    let place = ["--config", config.to_str().unwrap()];
    for words in COMMANDS {
        let json = [&place[..], &["--output", "json"]].concat();
        // Once only: the second time, that person is there.
        let shown = match words.get(1).copied() {
            Some("create") => None,
            Some("reset-password") => Some([&place[..], &["--show-secret"]].concat()),
            _ => Some(place.to_vec()),
        };
        for more in [Some(json), shown].into_iter().flatten() {
            let ended = typed(words, &more, full().into());
            let told = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(1), "{words:?} {more:?}: {told}");
            assert!(told.contains("the answer cannot be written"), "{words:?} {more:?}: {told}");
            assert_eq!(told.lines().count(), 1, "{words:?} {more:?}: {told}");
        }
    }
    let nobody = typed(&["client", "list"], &[&place[..], &["--output", "json"]].concat(), Stdio::piped());
    assert_eq!(
        (nobody.status.code(), nobody.stderr.len()),
        (Some(0), 0),
        "whoever reads no further has what they wanted"
    );
    instance.stop().await;
}

#[cfg(target_os = "linux")]
#[test]
fn what_needs_no_instance_says_it_too() {
    for words in [&["config", "template"][..], &["completions", "bash"]] {
        let ended = typed(words, &[], full().into());
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(1) && told.contains("cannot be written"), "{words:?}: {told}");
    }
}
