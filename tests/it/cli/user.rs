//! `user`, `org`, `admin`: a person made by command, from their first password to their erasure.

use std::path::Path;

use moncomptepro::config::DevOptions;
use moncomptepro::store::known_browsers;
use serde_json::{Value, json};

use super::without;
use crate::support::{Instance, Operator, run, stored};

const MARIE: [&str; 7] = ["user", "create", "marie@mairie.example", "--given-name", "Marie", "--family-name", "Dupont"];
const TOWN: [&str; 7] =
    ["org", "add", "21340172201787", "--label", "Commune de Montpellier", "--legal-category", "7210"];

/// Everything that can be done to a person and an organization, as it is answered.
async fn lives(operator: &Operator) -> Vec<Value> {
    let mut answers = Vec::new();
    for command in [
        &MARIE[..],
        &["user", "show", "MARIE@mairie.example"],
        &["user", "list"],
        &TOWN,
        &["org", "link", "21340172201787", "marie@mairie.example", "--external", "--verified", "proof"],
        &["org", "link", "1", "marie@mairie.example"],
        &["org", "show", "213 401 722 01787"],
        &["org", "list"],
        &["user", "show", "marie@mairie.example"],
        &[
            "admin",
            "grant",
            "marie@mairie.example",
            "--role",
            "moderator",
            "--organization",
            "1",
            "--until",
            "2027-01-31",
        ],
        &["admin", "list"],
        &["admin", "grant", "marie@mairie.example", "--role", "administrator"],
        &["admin", "revoke", "marie@mairie.example", "--last-administrator"],
        &["user", "disable", "marie@mairie.example"],
        &["user", "enable", "marie@mairie.example"],
        &["user", "reset-password", "marie@mairie.example"],
        &["user", "sign-out", "marie@mairie.example"],
        &["user", "change-email", "marie@mairie.example", "--to", "m.dupont@mairie.example"],
        &["user", "change-email", "m.dupont@mairie.example", "--to", "marie@mairie.example", "--verified"],
        &["session", "list"],
        &["org", "unlink", "1", "marie@mairie.example"],
        &["user", "delete", "marie@mairie.example"],
        &["user", "list"],
    ] {
        answers.push(operator.asks(command).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_62_a_password_that_others_know_opens_nothing_from_the_moment_on_at_which_an_operator_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().join("data")), ..DevOptions::default() };
    let instance = Instance::dev_with(options).await;
    let operator = Operator::at(&directory.path().join("data"));
    let (address, phrase) = ("user@yopmail.com", "une phrase de passe assez longue");
    let owner = instance.person();
    owner.sign_in(owner.visit("/users/start-sign-in").await, address, address).await;
    // A link alone leaves all of it.
    operator.asks(&["user", "reset-password", address]).await;
    assert_eq!(owner.visit("/personal-information").await.url.path(), "/personal-information");
    let link = operator.asks(&["user", "reset-password", address, "--compromised"]).await["password_link"].clone();
    assert_eq!(owner.visit("/personal-information").await.url.path(), "/users/start-sign-in", "the session is over");
    let thief = instance.person();
    let page = thief.visit("/users/start-sign-in").await;
    let asks = thief.submit(page.form_with("login", None).with("login", address)).await;
    assert!(asks.url.path() != "/users/sign-in", "there is no password to guess at: {}", asks.url);
    let told = instance.mails_to(address).await.remove(0);
    assert!(told.text.contains("mis fin à votre mot de passe") && !told.text.contains("token"), "{}", told.text);
    let form = owner.visit(link.as_str().unwrap()).await.form_with("password", None).with("password", phrase);
    owner.submit(form.with("password_confirmation", phrase)).await;
    let home = owner.sign_in(owner.visit("/users/start-sign-in").await, address, phrase).await;
    assert_eq!(home.url.path(), "/", "{}", home.text("main"));
    let events = operator.types(&["audit", "tail", "--output", "json"]).await.stdout;
    assert!(events.contains("password_changed") && events.contains("user_signed_out"), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_143_people_and_organizations_are_the_same_while_the_server_is_up_and_while_it_is_down() {
    let (up, down) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let instance = Instance::production(up.path()).await;
    let while_up = lives(&Operator::of(up.path())).await;
    instance.stop().await;
    Instance::production(down.path()).await.stop().await;
    let while_down = lives(&Operator::of(down.path())).await;
    let varying = |name: &str| name.ends_with("_at") || name == "user_id" || name == "password_link";
    assert_eq!(without(while_up.clone(), varying), without(while_down, varying));
    let link = |answer: &Value| answer["password_link"].as_str().unwrap_or_default().to_owned();
    assert!(link(&while_up[0]).starts_with("https://identite.exemple.fr/users/change-password?reset_password_token="));
    assert_eq!(link(&while_up[1]), "", "R-27: shown once");
    assert_ne!(link(&while_up[0]), link(&while_up[15]));
    assert_eq!(while_up[4]["verification"], "proof_received");
    let again = &while_up[5];
    assert_eq!(
        (&again["verification"], &again["is_external"]),
        (&json!("proof_received"), &json!(false)),
        "a proof is kept"
    );
    assert_eq!(while_up[8]["organizations"][0]["siret"], "21340172201787");
    assert_eq!(while_up[10]["items"][0]["role_organizations"], json!([1]));
    assert_eq!(while_up[22]["items"], json!([]));
}

/// An instance with a town and its one administrator.
async fn with_an_administrator(directory: &Path) -> (Instance, Operator) {
    let (instance, operator) = (Instance::production(directory).await, Operator::of(directory));
    operator.asks(&MARIE).await;
    operator.asks(&TOWN).await;
    operator.asks(&["admin", "grant", "marie@mairie.example", "--role", "administrator"]).await;
    (instance, operator)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_about_people_has_its_message_and_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = with_an_administrator(directory.path()).await;
    let recorded = instance.recorded_acts();
    let marie = "marie@mairie.example";
    let create = |email: &'static str, given: &'static str, more: &[&'static str]| {
        let names = ["--given-name", given, "--family-name", "Petit", "--output", "json"];
        [&["user", "create", email][..], &names, more].concat()
    };
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["user"], 2, "Usage"),
        (vec!["user", "create"], 2, "<EMAIL>"),
        (vec!["user", "create", "nobody"], 2, "nobody"),
        (vec!["user", "create", "a@b.fr", "--given-name", "A"], 2, "--family-name"),
        (MARIE.to_vec(), 1, "--show-secret"),
        ([&MARIE[..], &["--show-secret"]].concat(), 1, "user reset-password"),
        (create("b@b.fr", "", &[]), 2, "given_name: is missing"),
        (create("b@b.fr", "4", &[]), 2, "given_name: holds characters"),
        (create("b@b.fr", "B", &["--phone-number", "call me"]), 2, "phone_number"),
        (create("b@b.fr", "B", &["--job", "42"]), 2, "job"),
        (create("b@b.fr", "B", &["--password", "secret"]), 2, "--password"),
        (vec!["user", "show"], 2, "<USER>"),
        (vec!["user", "show", "Marie"], 2, "an e-mail address or an identifier"),
        (vec!["user", "show", "nobody@b.fr"], 1, "no user nobody@b.fr: see `user list`"),
        (vec!["user", "show", "42"], 1, "no user 42"),
        (vec!["user", "disable", "nobody@b.fr"], 1, "no user"),
        (vec!["user", "disable", marie], 1, "--last-administrator"),
        (vec!["user", "enable", "nobody@b.fr"], 1, "no user"),
        (vec!["user", "reset-password", marie], 1, "--show-secret"),
        (vec!["user", "reset-password", "nobody@b.fr", "--show-secret"], 1, "no user"),
        (vec!["user", "sign-out", "nobody@b.fr"], 1, "no user"),
        (vec!["user", "change-email", "nobody@b.fr", "--to", "m@b.fr"], 1, "no user"),
        (vec!["user", "change-email", marie, "--to", "x"], 2, "x"),
        (vec!["user", "delete", "nobody@b.fr"], 1, "no user"),
        (vec!["user", "delete", marie], 1, "only administrator"),
        (vec!["user", "list", "--cursor", "Y2xpZW50czphYmM"], 2, "cursor"),
    ];
    for (typed, code, words) in cases {
        operator.types(&typed).await.refused(code, words);
    }
    assert_eq!(instance.recorded_acts(), recorded, "nothing was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_about_organizations_roles_and_sessions_has_its_message_and_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = with_an_administrator(directory.path()).await;
    let recorded = instance.recorded_acts();
    let marie = "marie@mairie.example";
    let add = |more: &[&'static str]| [&["org", "add", "13002526500013", "--label", "DINUM"][..], more].concat();
    let grant = |more: &[&'static str]| [&["admin", "grant", marie, "--role"][..], more].concat();
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["org", "add"], 2, "<SIRET>"),
        (vec!["org", "add", "13002526500014", "--label", "x"], 2, "check digit"),
        (vec!["org", "add", "13002526500013"], 1, "directory import FILE"),
        (vec!["org", "add", "13002526500013", "--activity", "84.11Z"], 2, "--label"),
        (TOWN.to_vec(), 1, "is there already"),
        (vec!["org", "add", "13002526500013", "--label", " "], 2, "label"),
        (add(&["--legal-category", "commune"]), 2, "7210"),
        (add(&["--legal-category", "9999"]), 2, "INSEE's table"),
        (add(&["--legal-category", "0000"]), 2, "INSEE's table"),
        (add(&["--headcount", "77"]), 2, "INSEE's table"),
        (add(&["--activity", "84"]), 2, "84.11Z"),
        (add(&["--headcount", "many"]), 2, "head-count"),
        (add(&["--entity-headcount", "1"]), 2, "entity_headcount"),
        (add(&["--head-office", "perhaps"]), 2, "perhaps"),
        (add(&["--address", ""]), 2, "address"),
        (vec!["org", "show", "13002526500013"], 1, "no org 13002526500013: see `org list`"),
        (vec!["org", "show", "9"], 1, "no org 9"),
        (vec!["org", "show", "DINUM"], 2, "SIRET"),
        (vec!["org", "show", "1", "--cursor", "x"], 2, "cursor"),
        (vec!["org", "link", "1"], 2, "<USER>"),
        (vec!["org", "link", "9", marie], 1, "no org 9"),
        (vec!["org", "link", "1", "nobody@b.fr"], 1, "no user nobody@b.fr"),
        (vec!["org", "link", "1", marie, "--verified", "surely"], 2, "surely"),
        (vec!["org", "link", "1", marie, "--verified", "none"], 1, "joining.allow_unverified"),
        (vec!["org", "link", "1", marie, "--verified", "domain"], 1, "not approved for the organization"),
        (vec!["org", "unlink", "1", marie], 1, "does not belong to 1"),
        (vec!["org", "unlink", "1", "42"], 1, "no user 42"),
        (vec!["admin", "grant", marie], 2, "--role"),
        (grant(&["emperor"]), 2, "emperor"),
        (grant(&["reader"]), 1, "--last-administrator"),
        (grant(&["reader", "--until", "2027-01-31"]), 2, "moderators only"),
        (grant(&["moderator", "--until", "soon"]), 2, "2027-01-31"),
        (grant(&["moderator", "--until", "2020-01-01"]), 2, "is over already"),
        (grant(&["moderator", "--organization", "9"]), 1, "no org 9"),
        (grant(&["moderator", "--organization", "x"]), 2, "SIRET"),
        (vec!["admin", "grant", "42", "--role", "reader"], 1, "no user 42"),
        (vec!["admin", "revoke", marie], 1, "--last-administrator"),
        (vec!["admin", "revoke", "42"], 1, "no user 42"),
        (vec!["session", "list", "--user", "nobody@b.fr"], 1, "no user"),
        (vec!["session", "revoke"], 2, "required"),
        (vec!["session", "revoke", "abc"], 2, "16 of the characters"),
        (vec!["session", "revoke", "0123456789abcdef"], 1, "see `session list`"),
        (vec!["session", "revoke", "0123456789abcdef", "--all"], 2, "cannot be used"),
        (vec!["session", "revoke", "--user", "42"], 1, "no user 42"),
    ];
    for (typed, code, words) in cases {
        operator.types(&typed).await.refused(code, words);
    }
    assert_eq!(instance.recorded_acts(), recorded, "nothing was done");
    for noun in ["user", "org", "admin", "session"] {
        run(&[noun, "list", "--data-dir", "/nowhere"]).refused(3, "/nowhere");
        run(&[noun, "list", "--config", "/nowhere.toml"]).refused(78, "/nowhere.toml");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_142_the_last_administrator_goes_only_by_a_word_at_the_machine_and_all_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let people = ["a@mairie.example", "b@mairie.example"];
    for email in people {
        operator.asks(&["user", "create", email, "--given-name", "A", "--family-name", "B"]).await;
        operator.asks(&["admin", "grant", email, "--role", "administrator"]).await;
    }
    let revoke = |email: &'static str| {
        let operator = operator.clone();
        async move { operator.types(&["admin", "revoke", email]).await.code }
    };
    let (one, other) = tokio::join!(revoke(people[0]), revoke(people[1]));
    assert_eq!([one, other].iter().filter(|code| **code == 0).count(), 1, "one of two goes, never both");
    let left = people[usize::from(one == 0)];
    for typed in [["user", "disable", left], ["user", "delete", left], ["admin", "revoke", left]] {
        operator.types(&typed).await.refused(1, "--last-administrator");
    }
    let before = instance.mails_waiting_for(left);
    operator.asks(&["admin", "revoke", left, "--last-administrator"]).await;
    assert_eq!(instance.mails_waiting_for(left), before + 1);
    // One mail to each administrator at each change: the first grant, the second, two revocations.
    assert_eq!(people.map(|email| instance.mails_waiting_for(email)).iter().sum::<usize>(), 1 + 2 + 2 + 1);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_168_r_1_an_erased_person_leaves_their_number_and_nothing_else() {
    const ERASMUS: &str = "erasmus.marqueur@mairie.example";
    let directory = tempfile::tempdir().unwrap();
    let options = || DevOptions {
        data_dir: Some(directory.path().to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    let operator = Operator::at(directory.path());
    let instance = Instance::dev_with(options()).await;
    let created = operator
        .asks(&["user", "create", ERASMUS, "--given-name", "Erasmus", "--family-name", "Marqueur", "--job", "Vigie"])
        .await;
    operator.asks(&["org", "link", "21630215800011", ERASMUS]).await;
    operator.asks(&["admin", "grant", ERASMUS, "--role", "administrator"]).await;
    // One sign-in with the address typed, one with it as a hint.
    let person = instance.person();
    let start = person.visit("/users/start-sign-in").await;
    person.submit(start.form_with("login", None).with("login", ERASMUS)).await;
    let asking = instance.standard_client().authorization("openid", &[("login_hint", ERASMUS), ("prompt", "login")]);
    instance.person().visit(&asking).await;
    instance.stop().await;
    let holds = |text: &str| stored(directory.path()).iter().any(|record| record.contains(text));
    let personal = [ERASMUS, "Erasmus", "Marqueur", "Vigie"];
    assert!(personal.iter().all(|text| holds(text)), "the search works");

    let instance = Instance::dev_with(options()).await;
    let erased = operator.asks(&["user", "delete", ERASMUS, "--last-administrator"]).await;
    assert_eq!(erased["user_id"], created["user_id"]);
    assert_eq!(instance.mails_to(ERASMUS).await.len(), 1, "told, and the mail has left");
    let id = created["user_id"].to_string();
    operator.types(&["user", "show", &id]).await.refused(1, "no user");
    instance.stop().await;
    for text in personal {
        assert!(!holds(text), "{text} is still there");
    }
    assert!(holds(&id), "the audit keeps the number");
}

/// The bytes of a backup made now, and of the database that is made of it: nothing but what lives.
async fn raw(operator: &Operator, directory: &Path, name: &str) -> [Vec<u8>; 2] {
    let (backup, there) = (directory.join(format!("{name}.backup")), directory.join(name));
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    std::fs::create_dir(&there).unwrap();
    std::fs::copy(directory.join("data/master.key"), there.join("master.key")).unwrap();
    let typed = [backup.to_str().unwrap(), there.to_str().unwrap()].map(str::to_owned);
    let restoring = move || run(&["restore", &typed[0], "--data-dir", &typed[1], "--output", "json"]).json();
    tokio::task::spawn_blocking(restoring).await.unwrap();
    [std::fs::read(&backup).unwrap(), std::fs::read(there.join("moncomptepro.redb")).unwrap()]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_168_neither_a_backup_nor_a_database_made_of_it_holds_a_byte_of_somebody_erased() {
    const ERASMUS: &str = "erasmus.marqueur@mairie.example";
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let names = ["--given-name", "Erasmus", "--family-name", "Marqueur", "--job", "Vigie"];
    operator.asks(&[&["user", "create", ERASMUS][..], &names, &["--phone-number", "+33 1 98 76 54 32"]].concat()).await;
    operator.asks(&TOWN).await;
    operator.asks(&["org", "link", "21340172201787", ERASMUS]).await;
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let personal = [ERASMUS, "Erasmus", "Marqueur", "Vigie", "98 76 54 32"];
    let [_, database] = raw(&operator, directory.path(), "before").await;
    assert!(personal.iter().all(|text| holds(&database, text)), "the search works");
    operator.asks(&["user", "delete", ERASMUS]).await;
    let [backup, database] = raw(&operator, directory.path(), "after").await;
    for text in personal {
        assert!(!holds(&backup, text) && !holds(&database, text), "{text} is still there");
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_168_the_browsers_in_which_an_erased_person_signed_in_are_forgotten() {
    const JEAN: &str = "user@yopmail.com";
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions {
        data_dir: Some(directory.path().to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    let instance = Instance::dev_with(options).await;
    let known = || instance.app.store.read(|tx| known_browsers::list(tx, None, 10)).unwrap().len();
    for address in [JEAN, "editeur@yopmail.com"] {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        person.sign_in(page, address, address).await;
    }
    assert_eq!(known(), 2);
    Operator::at(directory.path()).asks(&["user", "delete", JEAN]).await;
    assert_eq!(known(), 1, "the other person's stays");
    instance.stop().await;
}
