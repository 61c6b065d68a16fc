//! SEC-192: where there is no backup, what can still be read of a damaged database goes into a new one. Nothing else than
//! what was written, nobody without their second factor, and the damaged file as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use moncomptepro::acts::{SalvageOrder, salvage};
use moncomptepro::crypto::Random;
use moncomptepro::domain::{Actor, User, UserState};
use moncomptepro::store::{Location, Opening, Store, credentials, memberships, organizations, users};
use serde_json::Value;

use super::PAGE;
use crate::durability::backup::{citizen, sign_in};
use crate::durability::dice::{Dice, from_environment};
use crate::support::{Instance, MORNING, Operator, run};

const PEOPLE: usize = 400;

fn file_of(data: &Path) -> PathBuf {
    data.join("moncomptepro.redb")
}

/// A production instance with its people, of whom Marie has a password, every third a link with an organization; stopped.
async fn town_hall(directory: &Path) -> Operator {
    let instance = Instance::production(directory).await;
    let operator = Operator::of(directory);
    let mut rows = String::from("email,given_name,siret\n");
    for number in 0..PEOPLE {
        let siret = if number % 3 == 0 { "13002526500013" } else { "" };
        rows.push_str(&format!("agent-{number:04}@mairie.example,Agente,{siret}\n"));
    }
    let people = directory.join("people.csv");
    fs::write(&people, rows).unwrap();
    operator.asks(&["org", "add", "13002526500013", "--label", "Direction", "--legal-category", "7120"]).await;
    operator.asks(&["user", "import", people.to_str().unwrap()]).await;
    operator
        .asks(&["client", "create", "--id", "agenda", "--name", "Agenda", "--redirect-uri", "https://a.example/"])
        .await;
    citizen(&instance, &operator, "marie@mairie.example").await;
    operator.asks(&["admin", "grant", "marie@mairie.example", "--role", "administrator"]).await;
    operator.asks(&["admin", "grant", "agent-0000@mairie.example", "--role", "moderator"]).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_some());
    instance.stop().await;
    operator
}

fn stands_in(page: &[u8], needle: &str) -> bool {
    page.windows(needle.len()).any(|window| window == needle.as_bytes())
}

/// The first of the people from this number on whose pages hold nothing that Marie signs in with: people lie in no order, and
/// anybody may lie beside her.
fn somebody_apart_from_marie(data: &Path, from: usize) -> String {
    let bytes = fs::read(file_of(data)).unwrap();
    let is_of_marie = |page: &[u8]| stands_in(page, "marie@mairie.example") || stands_in(page, "$argon2id$");
    let mut people = (from..PEOPLE).map(|number| format!("agent-{number:04}@mairie.example"));
    people.find(|email| bytes.chunks(PAGE).all(|page| !stands_in(page, email) || !is_of_marie(page))).unwrap()
}

/// Every page in which `needle` stands reads as nothing that was ever written.
pub(crate) fn tear_out(data: &Path, needle: &str) {
    let mut bytes = fs::read(file_of(data)).unwrap();
    let mut torn = 0;
    for page in bytes.chunks_mut(PAGE) {
        if stands_in(page, needle) {
            page.fill(0x5a);
            torn += 1;
        }
    }
    assert!(torn > 0, "{needle} stands nowhere");
    fs::write(file_of(data), bytes).unwrap();
}

fn open(data: &Path) -> Store {
    let opening = Opening {
        location: Location::Directory(data.to_owned()),
        cache_bytes: 1 << 20,
        mode: String::from("serve"),
        issuer: String::from("https://identite.exemple.fr"),
        instance_id: String::from("another"),
        accept_issuer_change: false,
        now: MORNING,
    };
    Store::open(opening).unwrap()
}

fn people_of(data: &Path) -> BTreeMap<String, User> {
    let all = open(data).read(|tx| users::list(tx, None, usize::MAX)).unwrap();
    all.into_iter().map(|user| (user.email.to_string(), user)).collect()
}

fn lost(document: &Value, table: &str) -> u64 {
    document["tables"][table]["lost"].as_u64().unwrap_or_else(|| panic!("{table} of {document:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_192_without_a_backup_what_can_be_read_of_a_damaged_database_goes_into_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = town_hall(directory.path()).await;
    let before = people_of(&data);
    let untouched = operator.asks(&["salvage"]).await;
    assert_eq!(untouched["sound"], true, "a sound database is left alone");

    // Two pages in the middle of the people, and what led to them.
    let torn_out = [120, 290].map(|from| somebody_apart_from_marie(&data, from));
    torn_out.iter().for_each(|email| tear_out(&data, email));
    let damaged = fs::read(file_of(&data)).unwrap();
    let refused = operator.types(&["check"]).await;
    assert_eq!(refused.code, 65, "{}", refused.stderr);

    let told = operator.asks(&["salvage"]).await;
    assert_eq!(fs::read(file_of(&data)).unwrap(), damaged, "the damaged file stays as it is");
    let beside = data.join("salvage");
    let checked = run(&["check", "--data-dir", beside.to_str().unwrap(), "--output", "json"]);
    assert_eq!((checked.code, checked.json()["sound"].as_bool()), (0, Some(true)), "{}", checked.stderr);
    let after = people_of(&beside);
    let gone = lost(&told, "users");
    assert!((2..80).contains(&gone), "{told:#}");
    assert_eq!(u64::try_from(before.len() - after.len()).unwrap(), gone);
    assert!(torn_out.iter().all(|email| !after.contains_key(email)), "{told:#}");
    assert!(told["tables"]["browser_sessions"]["left_behind"].as_u64().unwrap() > 0, "{told:#}");

    let told = operator.asks(&["salvage", "--replace"]).await;
    let aside = told["damaged_database"].as_str().unwrap();
    assert_eq!(fs::read(aside).unwrap(), damaged, "kept beside");
    assert!(!beside.exists());
    let instance = Instance::production(directory.path()).await;
    let signed_in = sign_in(&instance.app, "marie@mairie.example").await;
    assert!(signed_in.is_some(), "the password of before: {told:#}");
    let members = instance.app.store.read(|tx| {
        let organization = organizations::find_by_siret(tx, &"13002526500013".parse().unwrap())?.unwrap();
        memberships::list_of_organization(tx, organization.id, None, usize::MAX)
    });
    let linked = after.keys().filter(|email| {
        let number: Option<usize> = email.strip_prefix("agent-").and_then(|rest| rest[..4].parse().ok());
        number.is_some_and(|number| number % 3 == 0)
    });
    assert_eq!(members.unwrap().len(), linked.count(), "whoever is lost takes their links along");
    let added = operator.asks(&["org", "add", "21750001600019", "--label", "Paris", "--legal-category", "7210"]).await;
    assert!(added["organization_id"].as_u64().unwrap() > 1_000, "numbers go on at a distance: {added}");
    let trail = operator.types(&["audit", "export", "--output", "json"]).await;
    assert!(trail.stdout.contains("database_salvaged"), "{}", trail.stdout);
    assert!(operator.asks(&["check"]).await["sound"].as_bool().unwrap());
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_192_whoever_lost_their_credentials_is_disabled_until_somebody_has_seen_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = town_hall(directory.path()).await;
    // The only credentials with a password are Marie's.
    tear_out(&data, "$argon2id$");
    let told = operator.asks(&["salvage", "--replace"]).await;
    let disabled = told["disabled_users"].as_array().unwrap();
    let people = people_of(&data);
    let marie = &people["marie@mairie.example"];
    assert!(disabled.contains(&Value::from(marie.id.0)), "{told:#}");
    assert!(matches!(marie.state, UserState::Disabled { .. }));
    assert!(open(&data).read(|tx| credentials::find(tx, marie.id)).unwrap().is_none());

    let instance = Instance::production(directory.path()).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_none());
    operator.asks(&["user", "enable", "marie@mairie.example"]).await;
    let shown = operator.asks(&["user", "show", "marie@mairie.example"]).await;
    assert_eq!(shown["enabled"], true, "{shown:#}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_192_nothing_is_salvaged_of_a_file_that_cannot_even_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = town_hall(directory.path()).await;
    fs::write(file_of(&data), b"not a database".repeat(1_000)).unwrap();
    let refused = operator.types(&["salvage", "--replace"]).await;
    assert_eq!(refused.code, 65, "{}", refused.stderr);
    assert!(refused.stderr.contains("nothing of it can be read"), "{}", refused.stderr);
    assert!(refused.stderr.contains("moncomptepro restore FILE"), "{}", refused.stderr);
    assert_eq!(fs::read(file_of(&data)).unwrap(), b"not a database".repeat(1_000));
    assert!(!data.join("salvage").exists());
}

/// Whether this is what was written of somebody, or they are disabled. What lay in the place of a page may be that page as it was
/// before: when nobody had a role yet, and Marie no password and no sign-in.
fn is_as_written(user: &User, was: &User) -> bool {
    let shut = matches!(user.state, UserState::Disabled { .. });
    let as_it_was = if shut { User { state: was.state, epoch: was.epoch, ..user.clone() } } else { user.clone() };
    let is_hers = was.email.as_str() == "marie@mairie.example"
        && (user.id, &user.email, &user.information) == (was.id, &was.email, &was.information);
    as_it_was == *was || as_it_was == User { role: None, ..was.clone() } || is_hers
}

/// `SALVAGES=2000 SALVAGE_SEED=1` for a longer run.
#[tokio::test(flavor = "multi_thread")]
async fn sec_192_whatever_the_damage_nothing_is_salvaged_that_was_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    town_hall(directory.path()).await;
    let before = people_of(&data);
    let sound = fs::read(file_of(&data)).unwrap();
    let mut dice = Dice::new(from_environment("SALVAGE_SEED", 1));
    let (mut whole, mut hopeless, mut salvaged) = (0, 0, 0);
    for round in 0..from_environment("SALVAGES", 40) {
        let mut bytes = sound.clone();
        for _ in 0..=dice.below(6) {
            let at = dice.below(bytes.len() / PAGE) * PAGE;
            match dice.below(3) {
                0 => bytes[at..at + PAGE].fill(0),
                1 => bytes[at + dice.below(PAGE)] ^= 1 << dice.below(8),
                _ => {
                    let from = dice.below(sound.len() / PAGE) * PAGE;
                    bytes[at..at + PAGE].copy_from_slice(&sound[from..from + PAGE]);
                }
            }
        }
        fs::write(file_of(&data), &bytes).unwrap();
        let order = SalvageOrder {
            data_directory: data.clone(),
            high_water: data.join("high-water"),
            identity: Some((String::from("serve"), String::from("https://identite.exemple.fr"))),
            replace: false,
            actor: Actor::CommandLine(String::from("root")),
            now: MORNING,
            random: Random::system(),
        };
        let result = tokio::task::spawn_blocking(move || salvage(&order)).await.unwrap();
        match result {
            Ok(None) => whole += 1,
            Err(_) => hopeless += 1,
            Ok(Some(_)) => {
                salvaged += 1;
                for (email, user) in people_of(&data.join("salvage")) {
                    let was = &before[&email];
                    assert!(is_as_written(&user, was), "round {round}: {user:?}");
                }
            }
        }
    }
    println!("{whole} whole, {salvaged} salvaged, {hopeless} hopeless");
    assert!(salvaged > 5, "{whole} whole, {salvaged} salvaged, {hopeless} hopeless");
}
