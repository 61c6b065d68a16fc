//! SIGHUP: the configuration is read again while people use the instance.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::process::Signal;

use super::process::Process;
use crate::support::run;

const HOST: &str = "identite.exemple.fr";

fn configuration(directory: &Path, rest: &str) -> String {
    format!(
        "public_url = \"https://{HOST}\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
         proxies.trusted = [\"127.0.0.1\"]\n\
         keys.rsa_bits = 2048\naccounts.check_deliverability = false\n{rest}\n",
        directory.join("data")
    )
}

fn client(id: &str) -> String {
    format!(
        "[[clients]]\nclient_id = \"{id}\"\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n\
         redirect_uris = [\"https://service.exemple.fr/retour\"]\n"
    )
}

/// Whether a client is known: the page of refusal of one that is not has status 400.
fn is_known(process: &Process, id: &str) -> bool {
    let target = format!(
        "/oauth/authorize?response_type=code&client_id={id}&scope=openid\
         &redirect_uri=https%3A%2F%2Fservice.exemple.fr%2Fretour"
    );
    process.get(&target, HOST) == 303
}

/// Writes a configuration, and has it read; the line by which it is told what became of it.
fn change(process: &mut Process, directory: &Path, rest: &str, told: &str) -> String {
    fs::write(directory.join("config.toml"), configuration(directory, rest)).unwrap();
    process.signal(Signal::HUP);
    process.wait_for_line(told)
}

#[test]
fn sec_217_what_can_change_changes_what_cannot_is_told_and_a_bad_file_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let before = format!("instance.name = \"Avant\"\n{}", client("premier"));
    let mut process = Process::serve(path, &configuration(path, &before));
    assert!(process.text("/users/start-sign-in", HOST).contains("Avant"));
    assert!(is_known(&process, "premier") && !is_known(&process, "second"));

    let after = format!("instance.name = \"Après\"\nlogs.level = \"debug\"\nstore.cache_mib = 8\n{}", client("second"));
    let waiting = change(&mut process, path, &after, "take effect at the next start");
    assert!(waiting.contains("keys=store.cache_mib"), "{waiting}");
    assert!(process.text("/users/start-sign-in", HOST).contains("Après"));
    assert!(is_known(&process, "second") && !is_known(&process, "premier"), "clients are those of the file");
    assert_eq!(process.get("/no-such-page", HOST), 404);
    process.wait_for_line("DEBUG");

    let bad =
        format!("instance.name = \"Faux\"\nstore.cache_mib = \"much\"\nacr.vocabulary = \"mine\"\n{}", client("third"));
    fs::write(path.join("config.toml"), configuration(path, &bad)).unwrap();
    process.signal(Signal::HUP);
    let first = process.wait_for_line("config.toml:");
    assert!(first.contains("config.toml:9: store.cache_mib"), "each fault with its line: {first}");
    process.wait_for_line("acr.vocabulary");
    process.wait_for_line("nothing was changed");
    assert!(process.text("/users/start-sign-in", HOST).contains("Après"));
    assert!(is_known(&process, "second") && !is_known(&process, "third"));

    let taken =
        ["client", "create", "--id", "taken", "--name", "S", "--redirect-uri", "https://service.exemple.fr/retour"];
    let data = path.join("data");
    let made = run(&[&taken[..], &["--output", "json", "--data-dir", data.to_str().unwrap()]].concat());
    assert_eq!(made.code, 0, "{made:?}");
    let refused = format!("instance.name = \"Faux\"\n{}", client("taken"));
    change(&mut process, path, &refused, "client taken stands in the configuration file");
    assert!(process.text("/users/start-sign-in", HOST).contains("Après"), "all of it, or nothing");
    assert!(is_known(&process, "second"));

    change(&mut process, path, &before, "the configuration was read again");
    assert!(process.text("/users/start-sign-in", HOST).contains("Avant"));
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    let file = path.join("config.toml");
    let exported = run(&["audit", "export", "--config", file.to_str().unwrap()]).stdout;
    assert_eq!(exported.matches("configuration_reloaded").count(), 2, "{exported}");
    assert!(
        exported.contains("{\"field\":\"instance.name\",\"before\":\"\\\"Avant\\\"\",\"after\":\"\\\"Après\\\"\"}")
    );
}

#[test]
fn sec_217_nobody_notices_that_the_configuration_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut process = Process::serve(path, &configuration(path, &client("service")));
    assert_eq!(process.get("/livez", HOST), 200);
    let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let port = process.port;
    let visitors: Vec<_> = (0..2)
        .map(|_| {
            let (is_over, asked) = (Arc::clone(&is_over), Arc::clone(&asked));
            std::thread::spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    assert_eq!(super::process::get(port, "/users/start-sign-in", HOST).0, 200);
                    asked.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for number in 0..10 {
        let seen = asked.load(Ordering::SeqCst);
        let (rest, told) = match number % 2 {
            0 => (format!("instance.name = \"Nom {number}\"\n{}", client("service")), "was read again"),
            _ => (String::from("instance.name = 3"), "nothing was changed"),
        };
        change(&mut process, path, &rest, told);
        while asked.load(Ordering::SeqCst) < seen + 4 {
            std::thread::yield_now();
        }
    }
    is_over.store(true, Ordering::SeqCst);
    visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
}
