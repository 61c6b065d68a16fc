//! `audit`: who did what, when, as text and as lines of JSON.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Instance, Operator, run, stored};

const CREATE: [&str; 8] =
    ["client", "create", "--id", "service-1", "--name", "Service", "--redirect-uri", "https://service.example/"];

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|cause| panic!("{cause}: {line}"))).collect()
}

fn events(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["event"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_161_sec_164_r_41_what_is_done_by_command_is_in_the_trail_with_who_did_it() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let made = operator.asks(&CREATE).await;
    operator.asks(&["client", "update", "service-1", "--name", "Autre", "--pkce", "true"]).await;
    let exported = operator.types(&["audit", "export"]).await;
    let records = lines(&exported.stdout);
    assert_eq!(events(&records), ["client_created", "client_changed", "audit_read"], "reading is recorded");
    let created = &records[0];
    let own = moncomptepro::site::account_name(moncomptepro::serve::control::own_uid().unwrap());
    assert_eq!(created["actor"], format!("cli:{own}"), "SEC-143");
    assert_eq!(created["at"], "2026-11-23T09:00:00.000Z");
    assert_eq!(created["client_id"], "service-1");
    assert!(created["request_id"].as_str().is_some_and(|id| id.len() == 16) && created["id"] == 1);
    let changes = records[1]["changes"].as_array().unwrap();
    let named = |field: &str| changes.iter().find(|change| change["field"] == field).unwrap();
    assert_eq!((named("name")["before"].as_str(), named("name")["after"].as_str()), (Some("Service"), Some("Autre")));
    assert_eq!((changes.len(), &named("require_pkce")["after"]), (2, &Value::Bool(true)), "before and after, no more");
    let tail = operator.types(&["audit", "tail", "--lines", "2"]).await;
    let text: Vec<&str> = tail.stdout.lines().collect();
    assert!(text.len() == 2 && text[1].contains(&format!("cli:{own}  audit_read")), "{tail:?}");
    instance.stop().await;
    let secret = made["client_secret"].as_str().unwrap();
    assert!(!exported.stdout.contains(secret), "SEC-44");
    assert!(stored(&directory.path().join("data")).iter().all(|record| !record.contains(secret)), "SEC-6");
    let while_down = lines(&operator.types(&["audit", "export"]).await.stdout);
    assert_eq!(while_down[..4], lines(&operator.types(&["audit", "export"]).await.stdout)[..4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_goes_on_over_many_pages_and_begins_where_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    operator.asks(&CREATE).await;
    let by = moncomptepro::acts::By::local(moncomptepro::domain::Actor::System);
    let names = |number: u32| moncomptepro::domain::ClientSettings {
        name: Some(format!("Service {number}")),
        ..Default::default()
    };
    instance.clock.advance(std::time::Duration::from_secs(3600)).unwrap();
    for number in 0..1003 {
        let id = "service-1".parse().unwrap();
        moncomptepro::acts::administration::update_client(&instance.app, &by, id, names(number))
            .await
            .unwrap()
            .unwrap();
    }
    let records = lines(&operator.types(&["audit", "export"]).await.stdout);
    assert_eq!(records.len(), 1 + 1003 + 1);
    let ids: Vec<u64> = records.iter().map(|record| record["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|one, other| one < other), "each once");
    let later = lines(&operator.types(&["audit", "export", "--since", "2026-11-23T09:30:00Z"]).await.stdout);
    assert_eq!(later.len(), 1003 + 2);
    assert_eq!(lines(&operator.types(&["audit", "export", "--since", "2026-11-24"]).await.stdout), Vec::<Value>::new());
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_follows_shows_what_is_done_and_ends_with_the_instance() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let config = directory.path().join("config.toml");
    let mut following = Command::new(env!("CARGO_BIN_EXE_moncomptepro"))
        .args(["audit", "tail", "--follow", "--output", "json", "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = move || serde_json::from_str::<Value>(&shown.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["event"], "audit_read");
    operator.asks(&CREATE).await;
    operator.asks(&["client", "delete", "service-1"]).await;
    let (seen, next) = tokio::task::spawn_blocking(move || ([next(), next()], next)).await.unwrap();
    assert_eq!(events(&seen), ["client_created", "client_deleted"]);
    instance.stop().await;
    let code = tokio::task::spawn_blocking(move || following.wait().unwrap().code()).await.unwrap();
    assert_eq!(code, Some(3), "the instance is not running any more");
    drop(next);
    operator.types(&["audit", "tail", "--follow"]).await.refused(3, "--follow");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_about_the_trail_has_its_message_and_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    for (typed, code, words) in [
        (&["audit"][..], 2, "Usage"),
        (&["audit", "erase"], 2, "erase"),
        (&["audit", "tail", "--lines", "0"], 2, "1..=500"),
        (&["audit", "tail", "--lines", "many"], 2, "many"),
        (&["audit", "tail", "--since", "yesterday"], 2, "2027-01-31"),
        (&["audit", "tail", "--since", "1h", "--lines", "3"], 2, "cannot be used"),
        (&["audit", "export", "--follow"], 2, "--follow"),
        (&["audit", "export", "--since", "2026-13-01"], 2, "2027-01-31"),
    ] {
        operator.types(typed).await.refused(code, words);
    }
    instance.stop().await;
    run(&["audit", "tail", "--data-dir", "/nowhere"]).refused(3, "/nowhere");
    run(&["audit", "export", "--config", "/nowhere.toml"]).refused(78, "/nowhere.toml");
}

/// Looks for every command below one, and for its long options; how many there were.
fn assert_completed(shell: &str, script: &str, command: &clap::Command) -> usize {
    for option in command.get_arguments().filter_map(clap::Arg::get_long) {
        assert!(script.contains(option), "{shell}: {} --{option}", command.get_name());
    }
    let below = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    let named = below.map(|below| {
        assert!(script.contains(below.get_name()), "{shell}: {} {}", command.get_name(), below.get_name());
        1 + assert_completed(shell, script, below)
    });
    named.sum()
}

#[test]
fn completions_name_every_command_and_every_option() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        assert_eq!(script.code, 0);
        let mut root = moncomptepro::cli::command();
        root.build();
        let named = assert_completed(shell, &script.stdout, &root);
        assert!(named > 70, "{shell}: {named} commands");
    }
    run(&["completions", "cmd"]).refused(2, "cmd");
    run(&["completions"]).refused(2, "<SHELL>");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_144_who_looks_at_people_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    operator.asks(&["user", "create", "a@b.fr", "--given-name", "A", "--family-name", "B"]).await;
    for command in [["user", "show", "a@b.fr"].as_slice(), &["user", "list"], &["session", "list"]] {
        operator.asks(command).await;
    }
    let records = lines(&operator.types(&["audit", "export"]).await.stdout);
    let expected =
        ["user_created", "password_link_issued", "user_viewed", "users_listed", "sessions_listed", "audit_read"];
    assert_eq!(events(&records), expected);
    instance.stop().await;
}
