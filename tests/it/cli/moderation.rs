//! Requests to join and the organizations that they are for, by command: every act and every option of it.

use moncomptepro::clock::Clock;
use moncomptepro::config::Config;
use moncomptepro::domain::{AuditEvent, EmailDomainStatus, Organization, OrganizationId};
use moncomptepro::store::{Tx, email_domains, memberships, organizations, users};
use serde_json::{Value, json};

use crate::accounts::organizations::{arrive, join};
use crate::support::{Ended, Instance, MORNING, Operator};

const DINUM: &str = "13002526500013";

/// An instance on data of its own, and its operator.
async fn begin(directory: &std::path::Path) -> (Instance, Operator) {
    let options = moncomptepro::config::DevOptions {
        data_dir: Some(directory.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..moncomptepro::config::DevOptions::default()
    };
    let instance = Instance::start(|own| moncomptepro::config::Config::dev(options.clone(), own)).await;
    (instance, Operator::at(directory))
}

async fn ask(instance: &Instance, email: &str) {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, email, &[]).await;
    join(&person, &asks, DINUM).await;
}

fn ids(listed: &Value) -> Vec<u64> {
    listed["items"].as_array().unwrap().iter().map(|item| item["moderation_id"].as_u64().unwrap()).collect()
}

fn link(instance: &Instance, email: &str) -> Option<(String, bool)> {
    let email = email.parse().unwrap();
    let found = instance.app.store.read(|tx| {
        let user = users::find_by_email(tx, &email)?.unwrap();
        memberships::list_of_user(tx, user.id)
    });
    found.unwrap().first().map(|link| (link.verification.as_str().to_owned(), link.is_external))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_at_the_machine_lists_weighs_accepts_refuses_reopens_and_writes_down() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    for (number, email) in ["un@inconnu.example", "deux@inconnu.example", "trois@ailleurs.example"].iter().enumerate() {
        ask(&instance, email).await;
        assert_eq!(ids(&operator.asks(&["moderation", "list"]).await).len(), number + 1);
    }
    let shown = operator.asks(&["moderation", "show", "1"]).await;
    for (member, expected) in [
        ("is_active", json!(true)),
        ("similar", json!([2])),
        ("duplicates", json!([2, 3])),
        ("as_external", json!(false)),
        ("email_domain", json!("inconnu.example")),
    ] {
        assert_eq!(shown[member], expected, "{member}: {shown}");
    }
    assert!(shown["official_contacts"].is_array() && shown["as_of"].is_string(), "{shown}");
    assert_eq!(shown["history"].as_array().unwrap().len(), 1);
    let by_person = ["moderation", "list", "--user", "trois@ailleurs.example"];
    assert_eq!(ids(&operator.asks(&by_person).await), [3]);
    assert_eq!(ids(&operator.asks(&["moderation", "list", "--org", DINUM]).await), [1, 2, 3]);

    operator.asks(&["moderation", "comment", "3", "Appel sans réponse"]).await;
    let reason = "Votre nom manque.";
    let refuse = ["moderation", "reject", "3", "--reason", reason, "--correctable", "--refuse-domain", "--quiet"];
    assert_eq!(operator.asks(&refuse).await["status"], "rejected");
    let refusals = instance.mails_to("trois@ailleurs.example").await;
    assert!(refusals.iter().all(|mail| !mail.subject.contains("refusée")), "quiet: {refusals:?}");
    let domain = "ailleurs.example".parse().unwrap();
    let of = |id| instance.app.store.read(|tx| email_domains::find(tx, id, &domain)).unwrap();
    assert_eq!(of(OrganizationId(2)).map(|known| known.status), Some(EmailDomainStatus::Refused));
    assert_eq!(ids(&operator.asks(&["moderation", "list", "--decided"]).await), [3, 2, 1]);
    assert_eq!(ids(&operator.asks(&["moderation", "list", "is:processed"]).await), [3]);
    operator.asks(&["moderation", "reopen", "3", "--note", "Trop vite"]).await;
    let shown = operator.asks(&["moderation", "show", "3"]).await;
    assert_eq!((&shown["status"], shown["notes"].as_array().unwrap().len()), (&"pending".into(), 2), "{shown}");
    assert_eq!(shown["history"].as_array().unwrap().len(), 3);

    let accept = ["moderation", "accept", "1", "--external", "--verified", "contact", "--similar", "--note", "Vu"];
    assert_eq!(operator.asks(&accept).await["accepted_likewise"], json!([2]));
    let expected = Some((String::from("official_contact_email"), true));
    assert_eq!(
        (link(&instance, "un@inconnu.example"), link(&instance, "deux@inconnu.example")),
        (expected.clone(), expected)
    );
    let told = instance.mails_to("un@inconnu.example").await;
    assert!(told.iter().any(|mail| mail.subject.contains("acceptée")), "they are told: {told:?}");
    let accept = ["moderation", "accept", "3", "--domain", "verified", "--quiet"];
    assert_eq!(operator.asks(&accept).await["status"], "accepted");
    assert_eq!(link(&instance, "trois@ailleurs.example"), Some((String::from("domain"), false)));
    operator.types(&["moderation", "accept", "3"]).await.refused(1, "decided");
}

/// What is printed for people holds these words.
#[track_caller]
fn prints(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, 0, "{ended:?}");
    for word in words {
        assert!(ended.stdout.contains(word), "no {word:?} in {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_107_sec_114_a_moderator_at_the_machine_reads_that_an_organization_is_closed_or_known_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    ask(&instance, "un@inconnu.example").await;
    let standing = async || operator.asks(&["moderation", "show", "1"]).await["standing"].clone();
    assert_eq!(standing().await, Value::Null);
    let ceased = |known: Organization| Organization { is_entity_active: Some(false), ..known };
    let gone = |known: Organization| Organization { not_found_at: Some(known.created_at), ..known };
    for (becomes, said) in [(ceased as fn(Organization) -> Organization, "closed"), (gone, "unknown")] {
        let change = move |tx: &mut Tx<'_>| {
            let known = organizations::find_by_siret(tx, &DINUM.parse().unwrap())?.unwrap();
            organizations::update(tx, &becomes(known))
        };
        instance.app.store.write(change).await.unwrap();
        assert_eq!(standing().await, said);
    }
    instance.stop().await;
}

/// Somebody whom the operator enters signs in and asks to join.
async fn enter_and_ask(instance: &Instance, operator: &Operator, email: &str) {
    const PASSWORD: &str = "une phrase de passe assez longue";
    let made = operator.asks(&["user", "create", email, "--given-name", "Élodie", "--family-name", "Martin"]).await;
    let person = instance.person();
    let page = person.visit(made["password_link"].as_str().unwrap()).await;
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    person.submit(form).await;
    let page = person.sign_in(person.visit("/users/start-sign-in").await, email, PASSWORD).await;
    let code = instance.code_of(email).await;
    person.submit(page.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    let waits = join(&person, &person.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_at_the_machine_while_nothing_runs_holds_once_it_does() {
    let directory = tempfile::tempdir().unwrap();
    let operator = Operator::of(directory.path());
    let instance = Instance::over_tls(directory.path()).await;
    let mut import = vec![String::from("directory"), String::from("import")];
    import.extend(super::directory::both_register_files(directory.path()));
    operator.asks(&import.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let people = ["un@inconnu.example", "deux@inconnu.example", "trois@ailleurs.example", "quatre@cabinet.example"];
    for email in people {
        enter_and_ask(&instance, &operator, email).await;
    }
    instance.stop().await;

    prints(&operator.types(&["moderation", "list"]).await, &["MODERATION", "EMAIL", "SIRET", people[0], people[3]]);
    prints(&operator.types(&["moderation", "show", "1"]).await, &["email_domain", "inconnu.example", "pending"]);
    let comment = ["moderation", "comment", "1", "Appel sans réponse"];
    prints(&operator.types(&comment).await, &["pending"]);
    let accept = ["moderation", "accept", "1", "--verified", "order", "--similar", "--domain", "external"];
    prints(&operator.types(&[&accept[..], &["--note", "Vu"]].concat()).await, &["accepted", "2"]);
    let refuse = ["moderation", "reject", "3", "--reason", "Votre nom manque.", "--correctable"];
    prints(&operator.types(&refuse).await, &["rejected"]);
    let refuse = ["moderation", "reject", "4", "--reason", "Adresse de cabinet.", "--quiet"];
    prints(&operator.types(&refuse).await, &["rejected"]);
    prints(&operator.types(&["moderation", "reopen", "4", "--note", "Trop vite"]).await, &["pending"]);
    for (words, expected) in [
        (vec![], vec![4]),
        (vec!["--decided"], vec![4, 3, 2, 1]),
        (vec!["is:processed"], vec![3, 2, 1]),
        (vec!["is:any email:deux@inconnu.example"], vec![2]),
        (vec!["--user", people[2], "--decided"], vec![3]),
        (vec!["--org", DINUM], vec![4]),
        (vec!["--org", "1", "--decided"], vec![4, 3, 2, 1]),
        (vec!["is:any siret:26290359400014"], vec![]),
        (vec!["is:any service:some-service"], vec![]),
        (vec!["is:any -service:some-service date:2026-11-23"], vec![4, 3, 2, 1]),
        (vec!["is:any date:2026-11-22"], vec![]),
    ] {
        let listed = operator.asks(&[&["moderation", "list"], &words[..]].concat()).await;
        assert_eq!(ids(&listed), expected, "{words:?}");
    }
    let shown = operator.asks(&["moderation", "show", "3"]).await;
    assert_eq!((&shown["reason"], &shown["may_be_corrected"]), (&"Votre nom manque.".into(), &true.into()), "{shown}");
    for (words, code, said) in [
        (vec!["accept", "1"], 1, "decided"),
        (vec!["reopen", "4"], 1, "waits for a decision already"),
        (vec!["show", "99"], 1, "no moderation 99"),
        (vec!["accept", "4", "--verified", "hearsay"], 2, "hearsay"),
        (vec!["list", "couleur:bleue"], 2, "couleur"),
    ] {
        operator.types(&[&["moderation"], &words[..]].concat()).await.refused(code, said);
    }

    // Commands go by the clock of the machine, and so does an instance.
    let (now, file) = (MORNING.max(Clock::system().now()), directory.path().join("config.toml"));
    let config = |port| Config { port, ..Config::from_file(&file).unwrap() };
    let instance = Instance::with_clock(config, Clock::manual(now)).await;
    let expected = Some((String::from("ordre_professionnel_domain"), false));
    assert_eq!((link(&instance, people[0]), link(&instance, people[1])), (expected.clone(), expected));
    assert_eq!((link(&instance, people[2]), link(&instance, people[3])), (None, None));
    let told =
        async |email: &str, word: &str| instance.mails_to(email).await.iter().any(|mail| mail.subject.contains(word));
    for email in &people[..2] {
        assert!(told(email, "acceptée").await, "what was decided leaves by mail: {email}");
    }
    assert!(told(people[2], "refusée").await && !told(people[3], "refusée").await, "quiet");
    let (id, domain) = (OrganizationId(1), "inconnu.example".parse().unwrap());
    let known = instance.app.store.read(|tx| email_domains::find(tx, id, &domain)).unwrap();
    assert_eq!(known.map(|known| known.status), Some(EmailDomainStatus::External));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_144_an_organization_is_read_anew_and_looked_at_by_command_and_every_look_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    operator.asks(&["org", "link", "1", "user19@yopmail.com", "--verified", "rna"]).await;
    let email = "user19@yopmail.com".parse().unwrap();
    let user = instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap();
    let link = instance.app.store.read(|tx| memberships::find(tx, user.id, OrganizationId(1))).unwrap().unwrap();
    assert_eq!(link.verification.as_str(), "in_liste_dirigeants_rna");
    let refreshed = operator.asks(&["org", "refresh", "21920023500014"]).await;
    assert_eq!(refreshed["siret"], "21920023500014");
    let history = operator.asks(&["org", "history", "1"]).await;
    let events: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|item| item["act"]["event"].as_str().unwrap()).collect();
    assert_eq!(&events[..2], ["organization_refreshed", "membership_written"], "{history}");
    assert!(history["known_since"].is_string());
    let looks = |instance: &Instance| {
        let viewed = AuditEvent::OrganizationViewed { organization_id: OrganizationId(1) };
        instance.audit().iter().filter(|record| record.event == viewed).count()
    };
    assert_eq!(looks(&instance), 1);
    operator.asks(&["org", "show", "1"]).await;
    assert_eq!(looks(&instance), 2);
    operator.types(&["org", "refresh", "999999"]).await.refused(1, "no org 999999");
}
