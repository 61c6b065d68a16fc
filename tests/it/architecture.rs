//! Who may use whom, and how the source is cut: the rules of CONTRIBUTING.md that a machine can check.
//!
//! Each rule is a function from sources to findings. It is run on the project, where it must find nothing, and on a
//! small offence, which it must find.

mod page;
mod source;
mod systems;

use std::collections::{BTreeMap, BTreeSet};

use page::Page;
use source::Source;

const SLICES: [&str; 5] = ["oidc", "accounts", "organizations", "admin", "dev"];
const PURE_ROOMS: [&str; 2] = ["protocol", "domain"];
const ROOMS_THAT_KNOW_DEVELOPMENT_MODE: [&str; 5] = ["dev", "config", "site", "cli", "lib"];
const NAMES_WITHOUT_A_NOUN: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "part1", "part2"];
const MOST_LINES: usize = 500;
const MOST_ENTRIES: usize = 20;
const DEEPEST_FOLDER: usize = 3;

fn project() -> Vec<Source> {
    Source::read_all("src")
}

fn project_and_tests() -> Vec<Source> {
    ["src", "tests", "benches"]
        .iter()
        .filter(|folder| std::path::Path::new(folder).exists())
        .flat_map(|folder| Source::read_all(folder))
        .collect()
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// A page with the shape of the real one, for the offences.
fn small_page() -> Page {
    Page::parse(
        "| room | owns | may use |\n| --- | --- | --- |\n| `protocol` | words | nothing |\n| `domain` | rules | `protocol` |\n\
         | `store` | tables | pure rooms |\n| `web` | answers | `store` and above |\n| `oidc` `dev` | pages | `web` and above; never one another |\n\
         | `site`, `main` | all | everything |\n\n| package | home |\n| --- | --- |\n| `redb` | `store` |\n| `warp` | `web`, `routes.rs` |\n",
    )
}

#[track_caller]
fn assert_found(findings: &[String], words: &str) {
    assert!(findings.iter().any(|finding| finding.contains(words)), "no finding with “{words}” in {findings:?}");
}

// Who may use whom.

fn uses(sources: &[Source]) -> BTreeMap<(String, String), String> {
    let mut uses = BTreeMap::new();
    for source in sources {
        for path in source.paths().into_iter().filter(|path| path[0] == "crate" && path.len() > 1) {
            uses.insert((source.room().to_owned(), path[1].clone()), format!("{}: {}", source.path, path.join("::")));
        }
    }
    uses
}

fn find_forbidden_uses(page: &Page, sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !page.rooms.contains_key(source.room())) {
        findings.push(format!("{}: no such room in the table", source.path));
    }
    for ((room, other), place) in uses(sources) {
        if !page.rooms.contains_key(&other) {
            findings.push(format!("{place}: {other} is not a room"));
        } else if !page.may_use(&room, &other) {
            findings.push(format!("{place}: {room} may not use {other}"));
        }
    }
    findings
}

/// Takes away, again and again, the rooms that use none of the rest; what stays uses itself in a circle.
fn find_cycle(sources: &[Source]) -> Vec<String> {
    let mut edges: BTreeSet<(String, String)> =
        uses(sources).into_keys().filter(|(room, other)| room != other).collect();
    loop {
        let users: BTreeSet<String> = edges.iter().map(|(room, _)| room.clone()).collect();
        let before = edges.len();
        edges.retain(|(_, other)| users.contains(other));
        if edges.len() == before {
            return edges.into_iter().map(|(room, other)| format!("{room} and {other} are in a circle")).collect();
        }
    }
}

#[test]
fn a_room_uses_only_the_rooms_that_the_table_allows() {
    assert_none(&find_forbidden_uses(&Page::of_the_project(), &project()));
}

#[test]
fn a_forbidden_use_is_found_in_groups_macros_reexports_and_relative_paths() {
    for text in [
        "use crate::web::Error;",
        "use crate::{domain::User, web};",
        "pub use crate::{domain::{self}, web::{Error as E}};",
        "fn f() { format!(\"{}\", crate::web::NAME); }",
        "use super::super::web;",
        "mod tests { use super::super::super::web; }",
        "fn f(_: super::super::web::Error) {}",
    ] {
        let findings = find_forbidden_uses(&small_page(), &[Source::new("src/store/user.rs", text)]);
        assert_found(&findings, "store may not use web");
    }
    let findings = find_forbidden_uses(&small_page(), &[Source::new("src/oidc/mod.rs", "use crate::dev::Clock;")]);
    assert_found(&findings, "oidc may not use dev");
    let findings = find_forbidden_uses(&small_page(), &[Source::new("src/attic.rs", "use crate::Thing;")]);
    assert_found(&findings, "no such room");
    assert_found(&findings, "Thing is not a room");
}

#[test]
fn an_allowed_use_is_no_finding() {
    let sources = [
        Source::new("src/web/mod.rs", "mod error; pub use self::error::Error; use crate::{store, domain::User};"),
        Source::new("src/store/user.rs", "mod tests { use super::*; use super::super::Store; }"),
        Source::new("src/main.rs", "fn main() { moncomptepro::site::run() }"),
    ];
    assert_none(&find_forbidden_uses(&small_page(), &sources));
}

#[test]
fn the_rooms_form_no_circle() {
    assert_none(&find_cycle(&project()));
}

#[test]
fn a_circle_is_found() {
    let site = Source::new("src/site.rs", "use crate::cli;");
    let store = Source::new("src/store.rs", "use crate::domain;");
    let cli = Source::new("src/cli/mod.rs", "use crate::{site, store};");
    assert_found(&find_cycle(&[site, store, cli]), "cli and site are in a circle");
}

// Where packages live.

fn find_packages_away_from_home(page: &Page, sources: &[Source]) -> Vec<String> {
    let mut findings = BTreeSet::new();
    for source in sources {
        for path in source.paths() {
            let Some(homes) = page.homes.get(&path[0]) else { continue };
            let file = source.path.rsplit('/').next().unwrap();
            if !homes.contains(source.room()) && !homes.contains(file) {
                findings.insert(format!("{}: {} lives elsewhere", source.path, path[0]));
            }
        }
    }
    findings.into_iter().collect()
}

#[test]
fn a_package_is_named_only_in_its_home() {
    assert_none(&find_packages_away_from_home(&Page::of_the_project(), &project()));
}

#[test]
fn a_package_away_from_home_is_found() {
    let page = small_page();
    let handler = Source::new("src/oidc/token.rs", "fn f() -> warp::Reply { macro_call!(redb::Database) }");
    let findings = find_packages_away_from_home(&page, &[handler]);
    assert_found(&findings, "warp lives elsewhere");
    assert_found(&findings, "redb lives elsewhere");
    let at_home = [
        Source::new("src/oidc/routes.rs", "use warp::Filter;"),
        Source::new("src/store/mod.rs", "use redb::Database;"),
    ];
    assert_none(&find_packages_away_from_home(&page, &at_home));
}

// What rooms refuse.

fn find_impurities(sources: &[Source]) -> Vec<String> {
    let words = ["async", "await", "SystemTime", "Instant", "tokio", "tracing", "aws_lc_rs", "rand", "getrandom"];
    let modules = ["fs", "io", "env", "process", "thread"];
    let sockets = ["TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs"];
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| PURE_ROOMS.contains(&source.room())) {
        for path in source.paths() {
            let of_std = path[0] == "std" && path.len() > 1 && modules.contains(&path[1].as_str());
            if of_std || path.iter().any(|word| words.contains(&word.as_str()) || sockets.contains(&word.as_str())) {
                findings.push(format!("{}: {} is not pure", source.path, path.join("::")));
            }
        }
    }
    findings
}

#[test]
fn the_pure_rooms_are_pure() {
    assert_none(&find_impurities(&project()));
}

#[test]
fn an_impurity_is_found() {
    for text in [
        "async fn f() {}",
        "use std::time::{Duration, Instant};",
        "fn f() { std::fs::read(\"x\"); }",
        "use std::net::TcpStream;",
        "fn f() { vec![std::env::var(\"x\")]; }",
        "use tokio::time;",
    ] {
        assert_found(&find_impurities(&[Source::new("src/domain/user.rs", text)]), "is not pure");
    }
    assert_none(&find_impurities(&[Source::new(
        "src/domain/user.rs",
        "use std::time::Duration; use std::net::IpAddr;",
    )]));
}

fn find_development_mode(sources: &[Source]) -> Vec<String> {
    let strangers = sources.iter().filter(|source| !ROOMS_THAT_KNOW_DEVELOPMENT_MODE.contains(&source.room()));
    strangers
        .flat_map(|source| source.text.lines().enumerate().map(move |line| (source, line)))
        .filter(|(_, (_, line))| {
            line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case("dev"))
        })
        .map(|(source, (number, line))| format!("{}:{}: {}", source.path, number + 1, line.trim()))
        .collect()
}

#[test]
fn r_9_only_dev_config_site_and_cli_know_of_development_mode() {
    assert_none(&find_development_mode(&project()));
}

#[test]
fn r_9_a_room_that_knows_of_development_mode_is_found() {
    for text in ["if config.dev {}", "const PATH: &str = \"/_dev/mailbox\";", "fn is_dev() {}", "// only in dev"] {
        assert_found(&find_development_mode(&[Source::new("src/oidc/mod.rs", text)]), "src/oidc/mod.rs:1");
    }
    assert_none(&find_development_mode(&[Source::new("src/oidc/mod.rs", "let device = developer;")]));
}

fn find_writes_outside_acts(sources: &[Source]) -> Vec<String> {
    let slices =
        sources.iter().filter(|source| SLICES.contains(&source.room()) || ["web", "journey"].contains(&source.room()));
    slices
        .filter(|source| source.text.contains(".write(") || source.text.contains("Store::write"))
        .map(|source| format!("{}: writes; an act does that", source.path))
        .collect()
}

#[test]
fn a_slice_never_writes_to_the_store() {
    assert_none(&find_writes_outside_acts(&project()));
}

#[test]
fn a_slice_that_writes_is_found() {
    let slice = Source::new("src/accounts/sign_in.rs", "app.store\n    .write(move |tx| tx.users().insert(user))");
    assert_found(&find_writes_outside_acts(&[slice]), "an act does that");
    assert_none(&find_writes_outside_acts(&[Source::new("src/acts/sign_in.rs", "app.store.write(job)")]));
}

fn find_unverified_tokens(sources: &[Source]) -> Vec<String> {
    let reads = |source: &&Source| source.paths().iter().any(|path| path.iter().any(|word| word == "dangerous"));
    let files: Vec<String> = sources.iter().filter(reads).map(|source| source.path.clone()).collect();
    if files.len() > 1 { files } else { Vec::new() }
}

#[test]
fn tokens_are_read_without_verification_in_one_file_at_most() {
    assert_none(&find_unverified_tokens(&project()));
}

#[test]
fn a_second_file_that_reads_unverified_tokens_is_found() {
    let text = "use jsonwebtoken::dangerous::insecure_decode;";
    let files = [Source::new("src/crypto/peek.rs", text), Source::new("src/crypto/jwt.rs", text)];
    assert_found(&find_unverified_tokens(&files), "src/crypto/jwt.rs");
    assert_none(&find_unverified_tokens(&files[..1]));
}

// How the source is cut.

fn find_shapes(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        if !source.text.starts_with("//!") {
            findings.push(format!("{}: does not say what it is for", source.path));
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            findings.push(format!("{}: {lines} lines", source.path));
        }
        let segments: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
        if segments.len() - 2 > DEEPEST_FOLDER {
            findings.push(format!("{}: too deep", source.path));
        }
        if segments.iter().any(|segment| NAMES_WITHOUT_A_NOUN.contains(segment)) {
            findings.push(format!("{}: a name without a noun", source.path));
        }
        let mut path = source.path.as_str();
        while let Some((folder, entry)) = path.rsplit_once('/') {
            folders.entry(folder).or_default().insert(entry);
            path = folder;
        }
    }
    // The rooms themselves are counted by the table, not here.
    let crowded = folders.into_iter().filter(|(folder, entries)| entries.len() > MOST_ENTRIES && *folder != "src");
    findings.extend(crowded.map(|(folder, entries)| format!("{folder}: {} entries", entries.len())));
    findings
}

#[test]
fn every_file_says_what_it_is_for_and_none_is_too_long_too_deep_or_without_a_noun() {
    assert_none(&find_shapes(&project_and_tests()));
}

#[test]
fn a_file_that_is_mute_long_deep_crowded_or_without_a_noun_is_found() {
    let long = "//! Long.\n".repeat(MOST_LINES + 1);
    let files = [
        Source::new("src/oidc/mute.rs", "fn f() {}"),
        Source::new("src/oidc/long.rs", &long),
        Source::new("src/oidc/a/b/c/deep.rs", "//! Deep."),
        Source::new("src/web/utils.rs", "//! Things."),
    ];
    let mut files: Vec<Source> = files.into();
    files.extend((0..=MOST_ENTRIES).map(|number| Source::new(&format!("src/acts/act_{number}.rs"), "//! An act.")));
    let findings = find_shapes(&files);
    for words in
        ["mute.rs: does not say", "long.rs: 501 lines", "deep.rs: too deep", "utils.rs: a name", "src/acts: 21 entries"]
    {
        assert_found(&findings, words);
    }
    assert_eq!(findings.len(), 5, "{findings:?}");
}

/// Files that no `mod` names: the compiler passes over them in silence, and the tests in them never run.
fn find_unreached(sources: &[Source]) -> Vec<String> {
    let texts: BTreeMap<&str, &str> =
        sources.iter().map(|source| (source.path.as_str(), source.text.as_str())).collect();
    let is_reached = |source: &&Source| {
        let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let (folder, name) = module.rsplit_once('/').unwrap();
        let parents = [
            format!("{folder}/mod.rs"),
            format!("{folder}.rs"),
            format!("{folder}/lib.rs"),
            format!("{folder}/main.rs"),
        ];
        let declaration = format!("mod {name};");
        ["lib", "main"].contains(&name)
            || folder == "benches"
            || parents.iter().filter_map(|parent| texts.get(parent.as_str())).any(|text| text.contains(&declaration))
    };
    sources
        .iter()
        .filter(|source| !is_reached(source))
        .map(|source| format!("{}: no `mod` names it", source.path))
        .collect()
}

#[test]
fn every_file_is_reached() {
    assert_none(&find_unreached(&project_and_tests()));
}

#[test]
fn a_file_that_no_mod_names_is_found() {
    let main = Source::new("tests/it/main.rs", "mod accounts;\nmod pages;");
    let files = ["tests/it/accounts/mod.rs", "tests/it/accounts/home.rs", "tests/it/pages.rs", "tests/it/lost.rs"];
    let mut sources: Vec<Source> = files.iter().map(|path| Source::new(path, "//! Stories.")).collect();
    sources.push(main);
    let findings = find_unreached(&sources);
    assert_found(&findings, "tests/it/accounts/home.rs: no");
    assert_found(&findings, "tests/it/lost.rs: no");
    assert_eq!(findings.len(), 2, "{findings:?}");
}

#[test]
fn sec_1_rooms_that_decide_have_no_arm_for_whatever_comes() {
    let rooms = [
        "protocol",
        "domain",
        "crypto/keyring",
        "acts",
        "web",
        "journey",
        "oidc",
        "accounts",
        "organizations",
        "admin",
        "dev",
        "site",
    ];
    for room in rooms {
        let text = std::fs::read_to_string(format!("src/{room}/mod.rs")).unwrap();
        assert!(text.contains("#![deny(clippy::wildcard_enum_match_arm)]"), "{room}");
    }
    let silenced: Vec<String> = project()
        .iter()
        .filter(|source| source.text.contains("expect(clippy::wildcard_enum_match_arm"))
        .map(|source| source.path.clone())
        .collect();
    assert!(silenced.is_empty(), "{silenced:?}");
}

#[test]
fn sec_178_only_development_mode_makes_a_set_of_published_keys() {
    let calls = |source: &&Source| source.text.contains("of_published_keys(") && source.room() != "crypto";
    let callers: Vec<String> = project().iter().filter(calls).map(|source| source.path.clone()).collect();
    assert_eq!(callers, ["src/dev/published_keys.rs"]);
}

/// What builds elsewhere has its substitute in the same file: a new file here is a new place to port.
const SYSTEM_FILES: [&str; 16] = [
    "src/cli/place.rs",
    "src/config/settings.rs",
    "src/crypto/key_file.rs",
    "src/crypto/priority.rs",
    "src/serve/control/listener.rs",
    "src/serve/control/mod.rs",
    "src/serve/descriptors.rs",
    "src/serve/dumps.rs",
    "src/serve/mod.rs",
    "src/serve/notify.rs",
    "src/serve/signals.rs",
    "src/site/machine.rs",
    "src/site/metrics/process.rs",
    "src/site/mod.rs",
    "src/store/engine/files/mod.rs",
    "src/store/engine/files/unix.rs",
];

#[test]
fn system_calls_live_in_named_files() {
    let words = [
        "std::os::",
        "rustix::",
        "signal::unix",
        "\"/proc/",
        "\"/sys/",
        "cfg(unix)",
        "cfg(not(unix))",
        "cfg(target_os",
        "cfg(windows)",
        "cfg(any(",
        "cfg(all(unix",
        "cfg!(",
    ];
    let calls = |source: &&Source| {
        // Tests of a file run where the system calls do.
        let text = source.text.split("\nmod tests {").next().unwrap();
        words.iter().any(|word| text.contains(word))
    };
    let paths = project().iter().filter(calls).map(|source| source.path.clone()).collect::<BTreeSet<_>>();
    let found: Vec<&String> = paths.iter().filter(|path| !path.contains("/tests")).collect();
    assert_eq!(found, SYSTEM_FILES);
}

#[test]
fn sec_4_names_are_resolved_and_sockets_opened_in_their_homes_only() {
    let calls = ["tokio::net", "TcpStream", "TcpListener", "UdpSocket", "lookup_host", "ToSocketAddrs", "UnixStream"];
    let opens = |source: &&Source| calls.iter().any(|call| source.text.contains(call));
    let rooms: BTreeSet<String> = project().iter().filter(opens).map(|source| source.room().to_owned()).collect();
    assert_eq!(rooms.iter().map(String::as_str).collect::<Vec<_>>(), ["fetch", "mail", "serve"]);
}

#[test]
fn sec_4_the_clock_and_randomness_are_forbidden_outside_their_homes() {
    let rules: toml::Table = toml::from_str(&std::fs::read_to_string("clippy.toml").unwrap()).unwrap();
    let paths = |list: &str| -> BTreeSet<String> {
        let entries = rules.get(list).and_then(toml::Value::as_array).unwrap();
        entries.iter().map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
    };
    let (methods, types) = (paths("disallowed-methods"), paths("disallowed-types"));
    for method in
        ["std::time::SystemTime::now", "std::time::Instant::now", "tokio::time::Instant::now", "aws_lc_rs::rand::fill"]
    {
        assert!(methods.contains(method), "{method}");
    }
    assert!(types.contains("aws_lc_rs::rand::SystemRandom"));
    let expectations: Vec<String> = project()
        .iter()
        .filter(|source| source.text.contains("clippy::disallowed"))
        .map(|source| source.path.clone())
        .collect();
    let homes = ["src/clock.rs", "src/crypto/random.rs"];
    assert!(expectations.iter().all(|path| homes.iter().any(|home| path.starts_with(home))), "{expectations:?}");
}
