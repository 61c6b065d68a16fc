//! The audit: every act of the catalogue is in it, with who did it, when, from where and in which session.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::administration::drop_retired_keys;
use moncomptepro::acts::{self, By};
use moncomptepro::config::{Config, DevOptions, Limits};
use moncomptepro::domain::{Actor, AuditEvent, AuditRecord, GuessLimits, MailContent, OutgoingMail};
use moncomptepro::protocol::{CertificateThumbprint, Locale};
use moncomptepro::store::outbox;
use serde_json::Value;

use super::catalogue::CATALOGUE;
use super::{arrivals, retention};
use crate::accounts::organizations::joiners;
use crate::support::{CALLBACK, Device, Instance, Operator, Page, Person, RelyingParty, run, totp_code, totp_key};

const JEAN: &str = "user@yopmail.com";
const MARTIN: &str = "user@red-needles-sarl.com";
const NEW: &str = "nouvelle@mairie.example";
const ALSO_NEW: &str = "nouveau@mairie.example";
const SIRET: &str = "21777701500017";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What was recorded, by event.
#[derive(Default)]
struct Trail(BTreeMap<String, Vec<(AuditRecord, Value)>>);

impl Trail {
    fn take(&mut self, instance: &Instance) {
        for record in instance.audit() {
            let shown = serde_json::to_value(&record).unwrap();
            self.0.entry(shown["event"].as_str().unwrap().to_owned()).or_default().push((record, shown));
        }
    }

    fn of(&self, event: &str) -> &[(AuditRecord, Value)] {
        self.0.get(event).map_or(&[], Vec::as_slice)
    }

    /// Whether it tells of somebody who is erased: nobody knows any more where they were (SEC-168).
    fn is_of_erased(&self, record: &AuditRecord, shown: &Value) -> bool {
        let by = |id: &Value| matches!(record.actor, Actor::User(user) if *id == user.0);
        self.of("user_erased").iter().any(|(_, erased)| shown["user_id"] == erased["user_id"] || by(&erased["user_id"]))
    }

    /// The values of a member of all records of an event.
    fn told(&self, event: &str, member: &str) -> BTreeSet<String> {
        self.of(event).iter().map(|(_, shown)| shown[member].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn kind(actor: &Actor) -> char {
    match actor {
        Actor::Visitor => 'v',
        Actor::User(_) => 'u',
        Actor::Officer { .. } => 'a',
        Actor::Client(_) => 'c',
        Actor::Operator => 'o',
        Actor::CommandLine(_) => 'l',
        Actor::System => 's',
    }
}

/// A place to try things in, on data in a directory.
async fn trial(directory: &Path) -> Instance {
    let options = DevOptions {
        data_dir: Some(directory.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    let per_account = GuessLimits { in_a_row: 16, ..Limits::standard().per_account };
    let limits = Limits { per_account, ..Limits::standard() };
    Instance::start(|port| Config { limits: limits.clone(), ..Config::dev(options.clone(), port) }).await
}

async fn choose(person: &Person, page: &Page, field: &str, value: &str) -> Page {
    person.submit(page.form_with(field, Some(value)).with(field, value)).await
}

/// What people and services do.
async fn people(instance: &Instance) {
    let (person, service) = (instance.person(), instance.standard_client());
    let asks = service.sign_in(&person, "openid organization", MARTIN).await;
    let code = service.code(&choose(&person, &asks, "organization_id", "17").await);
    service.redeem(&code).await;
    service.present(&code).await;
    service.present("no-such-code").await;
    let other = instance.legacy_client();
    let mine = service.code(&person.visit(&service.authorization("openid", &[])).await);
    other.present(&mine).await;
    let networks = || vec!["192.0.2.0/24".parse().unwrap()];
    let at_home = instance.declare("at-home", |client| client.allowed_sources = networks()).await;
    at_home.present("no-such-code").await;
    let certificates = vec![CertificateThumbprint([7; 32])];
    let certified = instance.declare("certified", |client| client.certificates = certificates).await;
    certified.present("no-such-code").await;
    RelyingParty::new(instance, "certified", "wrong", &certified.redirect_uri).present("no-such-code").await;
    let asks = person.visit(&service.authorization("openid", &[("prompt", "consent")])).await;
    choose(&person, &asks, "decision", "allow").await;
    let recorded = RelyingParty::new(instance, "my-app", "its-first-secret", "http://localhost:8080/cb");
    recorded.redeem(&recorded.code(&person.visit(&recorded.authorization("openid", &[])).await)).await;
    let page = person.visit("/users/personal-information").await;
    person.submit(page.form_with("given_name", None).with("given_name", "Josiane")).await;
    let page = person.visit("/connection-and-account").await;
    choose(&person, &page, "client_id", "my-app").await;
    person.visit("/connection-and-account/my-data").await;
    person.submit(person.visit("/").await.sign_out_form()).await;
    let chosen = instance.person();
    let page = chosen.visit("/users/start-sign-in").await;
    choose(&chosen, &page, "user_id", "1").await;
}

/// A passkey is added, used, copied, renamed and taken away.
async fn passkeys(instance: &Instance) {
    let (person, mut device) = (instance.person(), Device::counting());
    let page = person.visit("/users/start-sign-in").await;
    choose(&person, &page, "user_id", "1").await;
    let asked = person.press_passkey(&person.visit("/double-authentication").await).await;
    let made = device.create(instance.app.config.issuer(), &asked.options).await;
    person.submit(asked.answered(&made)).await;
    let mut copy = device.clone();
    for device in [&mut device, &mut copy] {
        let person = instance.person();
        let asked = person.press_passkey(&person.visit("/users/start-sign-in").await).await;
        let answer = device.answer(instance.app.config.issuer(), &asked.options).await;
        person.submit(asked.answered(&answer)).await;
    }
    let page = person.visit("/double-authentication").await;
    person.submit(page.form_to("rename-passkeys").with("name", "Clé du bureau")).await;
    person.submit(page.form_to("delete-passkeys")).await;
}

/// A second factor is set up, given, refused, suspended, replaced and taken away.
async fn second_factors(instance: &Instance, operator: &Operator) {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    choose(&person, &page, "user_id", "1").await;
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    person.submit(offer.form_with("totpToken", None).with("totpToken", &totp_code(&key, instance.clock.now()))).await;
    let page = person.visit("/double-authentication").await;
    let page = person.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    let codes = person.submit(page.form_to("recovery-codes")).await.text(".codes code");
    let other = instance.person();
    let page = other.visit("/users/start-sign-in").await;
    let asks = choose(&other, &page, "user_id", "1").await;
    for _ in 0..100 {
        instance.clock.advance(Duration::from_secs(300)).unwrap();
        other.post(asks.form_with("totpToken", None).with("totpToken", "000000")).await;
    }
    // The clock went on: the sign-in is an old one.
    let other = instance.person();
    let page = other.visit("/users/start-sign-in").await;
    let asks = choose(&other, &page, "user_id", "1").await;
    other.submit(asks.form_with("recovery_code", None).with("recovery_code", &codes[..19])).await;
    let page = other.visit("/double-authentication").await;
    other.submit(page.form_to("delete-totp-configuration")).await;
    arrivals::lost(instance, operator).await;
}

/// Accounts are opened, by code and by link, and a link is given up.
async fn newcomers(instance: &Instance) {
    let (first, second, third) = (instance.person(), instance.person(), instance.person());
    let begin = async |person: &Person, address: &str| {
        let page = person.visit("/users/start-sign-in").await;
        person.submit(page.form_with("login", None).with("login", address)).await
    };
    let password = "une phrase de passe assez longue";
    let asks = begin(&first, NEW).await.form_with("password_confirmation", None).with("password", password);
    let waits = first.submit(asks.with("password_confirmation", password)).await;
    let form = waits.form_with("verify_email_token", None);
    first.submit(form.clone().with("verify_email_token", "0123456789")).await;
    first.submit(form.with("verify_email_token", &instance.code_of(NEW).await)).await;
    let sent = second.submit(begin(&second, ALSO_NEW).await.form_to("send-magic-link")).await;
    let given_up = third.visit(&instance.link_of(ALSO_NEW).await).await;
    third.submit(given_up.form_to("disown-magic-link")).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    second.submit(sent.form_to("send-magic-link")).await;
    let here = second.visit(&instance.link_of(ALSO_NEW).await).await;
    second.submit(here.form_to("sign-in-with-magic-link")).await;
    let page = first.visit("/connection-and-account").await;
    first.submit(page.form_to("account/browsers").with("browser", "all")).await;
    let page = first.visit("/connection-and-account/email").await;
    let asks = first.submit(page.form_to("account/email").with("email", "nouvelle@exemple.fr")).await;
    let code = instance.code_of("nouvelle@exemple.fr").await;
    first.submit(asks.form_to("email/code").with("verify_email_token", &code)).await;
    let looked = third.visit(&instance.link_of(NEW).await).await;
    third.submit(looked.form_to("restore-address")).await;
}

/// Somebody guesses until nothing is tried any more, and sends forms from elsewhere.
async fn stranger(instance: &Instance) {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let unknown = person.submit(page.form_with("login", None).with("login", "personne@exemple.fr")).await;
    let mut form = unknown.form_with("password_confirmation", None).with("password", "wrong");
    form.action.set_path("/users/sign-in");
    person.submit(form).await;
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", JEAN)).await;
    let form = asks.form_with("password", None).with("password", "wrong");
    for _ in 0..60 {
        let answer = person.post(form.clone()).await;
        if answer.status == 403 {
            break;
        }
        let wait = answer.header("retry-after").parse().unwrap_or(0);
        instance.clock.advance(Duration::from_secs(wait)).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(person.post(form.clone().with("_csrf", "stale")).await.status, 403);
    }
}

/// What is done by command.
async fn office(instance: &Instance, operator: &Operator) {
    let email = "agent@mairie.example";
    operator.asks(&["org", "add", SIRET, "--label", "Commune", "--legal-category", "7210"]).await;
    let made = operator.asks(&["user", "create", email, "--given-name", "Marie", "--family-name", "Dupont"]).await;
    let person = instance.person();
    let link = made["password_link"].as_str().unwrap();
    let page = person.visit(&format!("/users/{}", link.split_once("/users/").unwrap().1)).await;
    let password = "une phrase de passe assez longue";
    let form = page.form_with("password", None).with("password", password).with("password_confirmation", password);
    person.submit(form).await;
    let asks = person.visit("/users/start-sign-in").await;
    person.sign_in(asks, email, password).await;
    let sessions = operator.asks(&["session", "list", "--user", email]).await;
    let session = sessions["items"][0]["session_id"].as_str().unwrap_or_else(|| panic!("{sessions}"));
    operator.asks(&["session", "revoke", session]).await;
    let client = ["client", "create", "--id", "service-1", "--name", "Service", "--redirect-uri", CALLBACK];
    operator.asks(&client).await;
    let commands: [&[&str]; 19] = [
        &["org", "link", SIRET, email],
        &["org", "unlink", SIRET, email],
        &["user", "show", email],
        &["user", "list"],
        &["user", "reset-password", email],
        &["user", "sign-out", email],
        &["user", "disable", email],
        &["user", "enable", email],
        &["admin", "grant", email, "--role", "reader"],
        &["admin", "revoke", email],
        &["user", "delete", email],
        &["session", "revoke", "--all"],
        &["client", "update", "service-1", "--name", "Autre"],
        &["client", "rotate-secret", "service-1"],
        &["client", "delete", "service-1"],
        &["session", "list"],
        &["audit", "tail", "--lines", "1"],
        &["backup", "create"],
        &["org", "list"],
    ];
    for command in commands {
        operator.asks(command).await;
    }
}

/// What happens to keys and data, with nobody about.
async fn machine(directory: &Path, trail: &mut Trail) {
    let instance = Instance::production(directory).await;
    let operator = Operator::of(directory);
    instance.clock.advance(DAY * 2).unwrap();
    assert_eq!(operator.types(&["keys", "rotate"]).await.code, 0);
    instance.clock.advance(DAY * 3).unwrap();
    assert!(drop_retired_keys(&instance.app, &By::local(Actor::System)).await.unwrap() > 0);
    let [units, places] = &crate::cli::directory::both_register_files(directory)[..] else { panic!("two files") };
    operator.asks(&["directory", "import", units, places]).await;
    operator.asks(&["directory", "import-contacts", &crate::cli::directory::contacts_file(directory)]).await;
    acts::note_start(&instance.app, BTreeMap::new()).await.unwrap();
    acts::note_reload(&instance.app, &[]).await.unwrap();
    acts::note_stop(&instance.app).await.unwrap();
    let backup = directory.join("backup");
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    trail.take(&instance);
    instance.stop().await;
    assert_eq!(operator.types(&["restore", backup.to_str().unwrap()]).await.code, 0);
    assert_eq!(operator.types(&["master-key", "rotate"]).await.code, 0);
    let instance = Instance::production(directory).await;
    trail.take(&instance);
    instance.stop().await;
    let database = directory.join("data/moncomptepro.redb");
    let old = std::fs::read(&database).unwrap();
    Instance::production(directory).await.stop().await;
    std::fs::write(&database, old).unwrap();
    let instance = Instance::production(directory).await;
    trail.take(&instance);
    instance.clock.advance(DAY).unwrap();
    acts::note_time(&instance.app, None).await.unwrap();
    instance.stop().await;
    let instance = Instance::production(directory).await;
    trail.take(&instance);
    instance.stop().await;
    crate::durability::tear_out(&directory.join("data"), "instance_started");
    assert_eq!(operator.types(&["salvage", "--replace"]).await.code, 0);
    let instance = Instance::production(directory).await;
    trail.take(&instance);
    instance.stop().await;
}

/// Acts of commands to which no instance belongs.
const IN_NO_INSTANCE: [&str; 2] = ["database_restored", "database_salvaged"];

#[tokio::test(flavor = "multi_thread")]
async fn sec_161_every_act_of_the_catalogue_is_recorded_with_who_when_and_from_where() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut trail = Trail::default();
    let instance = trial(directory.path()).await;
    people(&instance).await;
    office(&instance, &Operator::at(directory.path())).await;
    newcomers(&instance).await;
    joiners(&instance, &Operator::at(directory.path())).await;
    crate::admin::deeds(&instance).await;
    arrivals::invited(&instance, &Operator::at(directory.path())).await;
    second_factors(&instance, &Operator::at(directory.path())).await;
    passkeys(&instance).await;
    stranger(&instance).await;
    let (now, content) = (instance.clock.now(), MailContent::Trial { at: instance.clock.now() });
    let mail = OutgoingMail::notice("agent@mairie.example".parse().unwrap(), Locale::Fr, content, now);
    instance.app.store.write(move |tx| outbox::insert(tx, &mail)).await.unwrap();
    instance.clock.advance(DAY * 4).unwrap();
    assert!(acts::drop_stale_mails(&instance.app).await.unwrap() > 0);
    trail.take(&instance);
    acts::reset(&instance.app, &By::local(Actor::Operator), acts::Entries::default()).await.unwrap();
    trail.take(&instance);
    instance.stop().await;
    machine(other.path(), &mut trail).await;
    trail.take(&retention::abandoned().await);
    trail.take(&crate::accounts::dormant::deeds().await);

    let known: BTreeSet<&str> = trail.0.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = CATALOGUE.iter().map(|(event, _)| *event).collect();
    assert_eq!(known, listed);
    for (event, rule) in CATALOGUE {
        let words: Vec<&str> = rule.split(' ').collect();
        for (record, shown) in trail.of(event) {
            if matches!(record.event, AuditEvent::RequestsTurnedAway { count: 2.., .. }) {
                // A sum is nobody's in particular.
                assert!(record.actor == Actor::System && record.origin.source.is_none(), "{shown}");
                continue;
            }
            assert!(words[0].contains(kind(&record.actor)), "{shown}");
            assert!(record.at_millis >= 1_700_000_000_000, "{shown}");
            // Who types a command has none, also where others do the same from a browser.
            let has_address = words.contains(&"address") && kind(&record.actor) != 'l';
            assert_eq!(record.origin.source.is_some(), has_address && !trail.is_of_erased(record, shown), "{shown}");
            let is_request = words.contains(&"address") || kind(&record.actor) == 'l';
            assert!(!is_request || record.origin.request_id.is_some() || IN_NO_INSTANCE.contains(event), "{shown}");
            let has_session = record.origin.session.as_ref().is_some_and(|name| name.len() == 16);
            assert!(has_session || !words.contains(&"session"), "{shown}");
        }
    }
    assert_eq!(
        trail.told("signed_in", "method"),
        ["chosen", "email_code", "email_link", "passkey", "password"].map(String::from).into()
    );
    assert_eq!(
        trail.told("sign_in_failed", "reason"),
        ["unknown_address", "wrong_code", "wrong_passkey", "wrong_password"].map(String::from).into()
    );
    assert_eq!(trail.told("requests_turned_away", "reason"), ["foreign_form", "too_many"].map(String::from).into());
    let (replayed, _) = &trail.of("code_replayed")[0];
    assert_eq!(replayed.actor.to_string(), "client:standard_client_id");
    check_changes(&trail);
    check_words(&trail);
}

/// Whoever reads their data reads words: every event about a person has its own in both languages, and no other has.
fn check_words(trail: &Trail) {
    let is_about_somebody =
        |records: &[(AuditRecord, Value)]| records.iter().any(|(record, _)| record.event.person().is_some());
    let events: BTreeSet<&str> =
        trail.0.iter().filter(|(_, records)| is_about_somebody(records)).map(|(event, _)| event.as_str()).collect();
    assert!(events.len() > 50, "{events:?}");
    for catalogue in [include_str!("../../../assets/locales/fr.toml"), include_str!("../../../assets/locales/en.toml")]
    {
        let words = catalogue.lines().filter_map(|line| line.strip_prefix("\"my-data.event.")?.split('"').next());
        let words: BTreeSet<&str> = words.collect();
        assert!(words.is_superset(&events), "without words: {:?}", events.difference(&words));
        // The links that nobody had asked for went to an address without an account here.
        assert_eq!(words.difference(&events).collect::<Vec<_>>(), [&"magic_link_disowned"]);
    }
}

/// Before and after of what an administrator changed, and nothing that nobody may know.
fn check_changes(trail: &Trail) {
    let (_, changed) = &trail.of("client_changed")[0];
    assert_eq!(changed["changes"][0], serde_json::json!({ "field": "name", "before": "Service", "after": "Autre" }));
    let everything: String = trail.0.values().flatten().map(|(_, shown)| shown.to_string()).collect();
    for secret in [
        JEAN,
        MARTIN,
        NEW,
        ALSO_NEW,
        arrivals::INVITED,
        "retire@mairie.example",
        "agent@mairie.example",
        "une phrase de passe",
        "its-first-secret",
        "Josiane",
    ] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

/// The catalogue of the source is the one that is tried here: no event without a row.
#[test]
fn sec_161_no_event_is_left_out_of_the_catalogue() {
    let source = include_str!("../../../src/domain/audit.rs");
    let body = source.split_once("pub enum AuditEvent {").unwrap().1.split_once("\n}\n").unwrap().0;
    let is_variant = |line: &&str| line.strip_prefix("    ").is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let variants: BTreeSet<String> = body.lines().filter(is_variant).map(|line| snake(line.trim())).collect();
    assert!(variants.len() > 40, "{variants:?}");
    assert_eq!(variants, CATALOGUE.iter().map(|(event, _)| (*event).to_owned()).collect());
}

fn snake(variant: &str) -> String {
    let name = variant.chars().take_while(char::is_ascii_alphanumeric);
    let mut snake = String::new();
    for character in name {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(unix)]
#[test]
fn sec_161_starts_and_stops_are_recorded_with_version_settings_and_what_weakens_them() {
    let directory = tempfile::tempdir().unwrap();
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
         proxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n[[clients]]\nclient_id = \"service\"\nclient_secret = \"un-secret-declare-kQ7vX2mZ9sLd4Tf\"\n\
         redirect_uris = [\"https://service.exemple.fr/retour\"]\n",
        directory.path().join("data")
    );
    for _ in 0..2 {
        let mut process = crate::serve::Process::serve(directory.path(), &text);
        // Signals are listened to once requests are answered.
        assert_eq!(process.get("/livez", "identite.exemple.fr"), 200);
        process.signal(rustix::process::Signal::TERM);
        assert_eq!(process.wait().code(), Some(0));
    }
    let file = directory.path().join("config.toml");
    let exported = run(&["audit", "export", "--config", file.to_str().unwrap()]);
    let records: Vec<Value> = exported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    let runs = ["instance_started", "instance_stopped"];
    assert_eq!(events, [&["client_written"], &runs[..], &runs[..], &["audit_read"]].concat(), "{exported:?}");
    assert_eq!((records[1]["number"].as_u64(), records[3]["number"].as_u64()), (Some(1), Some(2)));
    assert_eq!(records[1]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(records[1]["settings"]["tls.mode"], "\"off\"");
    assert_eq!(records[1]["weakened_by"], serde_json::json!(["tls.mode", "keys.rsa_bits"]));
    assert!(!exported.stdout.contains("un-secret-declare-kQ7vX2mZ9sLd4Tf"));
}
