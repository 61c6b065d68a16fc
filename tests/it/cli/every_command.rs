//! Every command, while the instance runs and while it does not, answered with a document.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::directory::contacts_file;
use super::directory::files::both;
use crate::support::{Ended, Instance, Operator};

const EMAIL: &str = "marie@mairie.example";
const OTHER: &str = "paul@mairie.example";
const SIRET: &str = "21340172201787";
const CALLBACK: &str = "https://service.example/callback";

/// What answers with no document of its own, needs something that no command makes, or has its story elsewhere.
const ELSEWHERE: [&str; 15] = [
    "completions",
    "config template",
    "dev",
    "doctor mail",
    "moderation accept",
    "moderation comment",
    "moderation reject",
    "moderation reopen",
    "moderation show",
    "reset",
    "serve",
    "user factor cancel",
    "user factor remove",
    "user invite",
    "user revoke-invitation",
];

/// The names of every command that is typed whole.
fn leaves(command: &clap::Command, above: &[&str], found: &mut BTreeSet<String>) {
    let below: Vec<&clap::Command> = command.get_subcommands().filter(|below| below.get_name() != "help").collect();
    if below.is_empty() {
        found.insert(above.join(" "));
    }
    for command in below {
        leaves(command, &[above, &[command.get_name()]].concat(), found);
    }
}

/// One document, or one a line.
fn documents(ended: &Ended) -> Option<Vec<Value>> {
    let whole = serde_json::from_str(&ended.stdout).map(|document| vec![document]);
    let lines = || ended.stdout.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    whole.or_else(|_| lines()).ok().filter(|documents| !documents.is_empty())
}

/// A life of an instance by command, each command after those that it needs.
fn life(directory: &Path) -> Vec<Vec<String>> {
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("people.csv"), "email\nimported@mairie.example\n").unwrap();
    std::fs::write(path("organizations.csv"), "id,siret,label\n700,13002526500013,Direction\n").unwrap();
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<String>>();
    let mut life = vec![
        words("check-config"),
        words("config show"),
        words("check"),
        words(&format!("user create {EMAIL} --given-name Marie --family-name Dupont")),
        words(&format!("user create {OTHER} --given-name Paul --family-name Durand")),
        [words("user import"), vec![path("people.csv")]].concat(),
        words("user list"),
        words(&format!("user show {EMAIL}")),
        words(&format!("user reset-password {EMAIL}")),
        words(&format!("user reset-password {EMAIL} --compromised")),
        words(&format!("user sign-out {EMAIL}")),
        words(&format!("user change-email {OTHER} --to p.durand@mairie.example")),
        words(&format!("user change-email p.durand@mairie.example --to {OTHER} --verified")),
        words(&format!("user disable {OTHER}")),
        words(&format!("user enable {OTHER}")),
        words("user factor list"),
        words("user invitations"),
        words(&format!("org add {SIRET} --label Commune --legal-category 7210")),
        [words("org import"), vec![path("organizations.csv")]].concat(),
        words("org list"),
        words(&format!("org show {SIRET}")),
        words(&format!("org domain {SIRET} mairie.example verified")),
        words(&format!("org link {SIRET} {EMAIL}")),
        words(&format!("org unlink {SIRET} {EMAIL}")),
        [words("directory import"), both(directory).iter().map(|file| file.to_str().unwrap().to_owned()).collect()]
            .concat(),
        [words("directory import-contacts"), vec![contacts_file(directory)]].concat(),
        words("directory status"),
        words("org refresh 13002526500013"),
        words("org history 13002526500013"),
        words("org add 21920023500014"),
        words("org search clamart"),
        words("directory find 21920023500014"),
        words("directory search clamart"),
        words("moderation list"),
        words(&format!("admin grant {EMAIL} --role reader")),
        words("admin list"),
        words(&format!("admin revoke {EMAIL}")),
        words(&format!("client create --id service --name Service --redirect-uri {CALLBACK}")),
        words("client list"),
        words("client show service"),
        words("client update service --name Autre"),
        words("client rotate-secret service"),
        words("client delete service"),
        words("session list"),
        words(&format!("session revoke --user {OTHER}")),
        words("keys list"),
        words("keys rotate --now --algorithm ES256"),
        words(&format!("user delete {OTHER}")),
        words("retention report"),
        words("audit tail --lines 3"),
        words("audit export"),
        [words("backup create"), vec![path("a.backup")]].concat(),
        [words("backup verify"), vec![path("a.backup")]].concat(),
        words("master-key rotate"),
    ];
    life.extend([vec![String::from("restore"), path("a.backup")], words("compact"), words("salvage")]);
    life
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_143_every_command_answers_with_a_document_while_the_instance_runs_and_while_it_does_not() {
    let mut known = BTreeSet::new();
    leaves(&moncomptepro::cli::command(), &[], &mut known);
    for is_running in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let instance = Instance::production(directory.path()).await;
        let mut running = Some(instance);
        if !is_running {
            running.take().unwrap().stop().await;
        }
        let operator = Operator::of(directory.path());
        let mut typed = BTreeSet::new();
        for words in life(directory.path()) {
            let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
            if arguments[0] == "restore"
                && let Some(instance) = running.take()
            {
                instance.stop().await;
            }
            let ended = operator.types(&[&arguments[..], &["--output", "json"]].concat()).await;
            assert_eq!(ended.code, 0, "{arguments:?}, running: {is_running}: {ended:?}");
            assert!(documents(&ended).is_some(), "{arguments:?}, running: {is_running}: {ended:?}");
            let name =
                (1..=arguments.len()).map(|count| arguments[..count].join(" ")).find(|name| known.contains(name));
            typed.insert(name.unwrap_or_else(|| panic!("{arguments:?} is no command")));
        }
        let elsewhere: BTreeSet<String> = ELSEWHERE.iter().map(|name| (*name).to_owned()).collect();
        let missing: Vec<&String> =
            known.iter().filter(|name| !typed.contains(*name) && !elsewhere.contains(*name)).collect();
        assert!(missing.is_empty(), "{missing:?}: a new command is entered in the life above");
    }
}
