//! Invitations: sent by address or by the rows of a file, accepted once by whoever reads the mailbox, taken back.

use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::administration::forget_old_invitations;
use moncomptepro::config::{Accounts, Config, DevOptions};
use moncomptepro::domain::{AuditEvent, Organization};
use moncomptepro::store::{invitations, organizations, retention_rounds};
use serde_json::{Value, json};

use crate::support::{Instance, Operator, Page, Person, join_all};

const MARIE: &str = "marie@mairie.example";
const JEAN: &str = "user@yopmail.com";
const SIRET: &str = "21340172201787";
const PASSWORD: &str = "une phrase de passe assez longue";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An instance in which only the operator opens accounts.
async fn begin(directory: &Path) -> (Instance, Operator) {
    let options = DevOptions { data_dir: Some(directory.to_owned()), ..DevOptions::default() };
    let instance = Instance::start(|port| {
        let config = Config::dev(options, port);
        Config { accounts: Accounts { sign_up: false, ..config.accounts }, ..config }
    });
    let (instance, operator) = (instance.await, Operator::at(directory));
    (instance, operator)
}

async fn accept(person: &Person, page: &Page) -> Page {
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    person.submit(form).await
}

async fn invite(instance: &Instance, operator: &Operator) -> String {
    operator.asks(&["user", "invite", MARIE, "--organization", SIRET, "--external"]).await;
    instance.link_of(MARIE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_an_invitation_opens_one_account_with_its_organization_where_nobody_opens_accounts() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let sent = operator.asks(&["user", "invite", MARIE, "--organization", SIRET, "--external"]).await;
    assert_eq!((&sent["state"], &sent["siret"], &sent["is_external"]), (&json!("open"), &json!(SIRET), &json!(true)));
    let mail = instance.mails_to(MARIE).await.remove(0);
    assert!(mail.subject.contains("invité") && mail.text.contains("Commune de montpellier"), "{}", mail.text);
    assert!(!sent.to_string().contains("token"), "the link is in the mail only");
    let (reader, person) = (instance.person(), instance.person());
    let link = mail.link().unwrap().to_owned();
    for _ in 0..3 {
        assert_eq!(reader.visit(&link).await.status, 200, "looking uses nothing up");
    }
    let page = person.visit(&link).await;
    assert!(page.text("main").contains(MARIE) && page.text("main").contains("Commune de montpellier"));
    let weak = page.form_with("password", None).with("password", "court").with("password_confirmation", "court");
    assert_eq!(person.submit(weak).await.status, 400, "the invitation still works");
    let of_the_place = page.form_with("password", None);
    let fields = ["password", "password_confirmation"];
    let of_the_place =
        fields.iter().fold(of_the_place, |form, name| form.with(name, "Commune de Montpellier - Mairie"));
    assert_eq!(person.submit(of_the_place).await.status, 400, "SEC-62: everybody would try the organization's name");
    let asks = accept(&person, &page).await;
    assert_eq!(asks.url.path(), "/users/personal-information", "{}", asks.body);
    let shown = operator.asks(&["user", "show", MARIE]).await;
    let link_of_marie = &shown["organizations"][0];
    assert_eq!((&link_of_marie["siret"], &link_of_marie["verification"]), (&json!(SIRET), &json!("invitation")));
    assert!(link_of_marie["is_external"] == true && shown["email_verified_at"].is_string());
    assert_eq!(reader.visit(&link).await.status, 410, "once");
    let page = instance.person();
    let page = page.sign_in(page.visit("/users/start-sign-in").await, MARIE, PASSWORD).await;
    assert_eq!(page.url.path(), "/users/personal-information", "the password is theirs");
    let listed = operator.asks(&["user", "invitations"]).await;
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["user_id"]), (&json!("accepted"), &shown["user_id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_of_many_who_accept_at_once_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let link = invite(&instance, &operator).await;
    let mut people = Vec::new();
    for _ in 0..4 {
        let person = instance.person();
        let page = person.visit(&link).await;
        people.push((person, page));
    }
    let answers = join_all(people.iter().map(|(person, page)| accept(person, page))).await;
    let opened = answers.iter().filter(|answer| answer.url.path() == "/users/personal-information").count();
    assert_eq!(opened, 1);
    let is_opening = |event: &AuditEvent| matches!(event, AuditEvent::InvitationAccepted { .. });
    assert_eq!(instance.audit().iter().filter(|record| is_opening(&record.event)).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_what_an_invitation_gives_is_not_in_what_a_browser_sends() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    operator.asks(&["user", "invite", MARIE]).await;
    let person = instance.person();
    let page = person.visit(&instance.link_of(MARIE).await).await;
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    let edited = [("email", "autre@mairie.example"), ("organization_id", "1"), ("role", "administrator")];
    let form = edited.iter().fold(form, |form, (name, value)| form.with(name, value));
    person.submit(form).await;
    operator.types(&["user", "show", "autre@mairie.example"]).await.refused(1, "no user");
    let shown = operator.asks(&["user", "show", MARIE]).await;
    assert_eq!((&shown["organizations"], &shown["role"]), (&json!([]), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_an_invitation_ends_by_time_by_command_and_by_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let person = instance.person();
    let first = invite(&instance, &operator).await;
    let page = person.visit(&first).await;
    let second = invite(&instance, &operator).await;
    assert_eq!(accept(&person, &page).await.status, 410, "the next one took its place");
    let page = person.visit(&second).await;
    operator.asks(&["user", "revoke-invitation", MARIE]).await;
    assert_eq!(accept(&person, &page).await.status, 410);
    operator.types(&["user", "revoke-invitation", MARIE]).await.refused(1, "no invitation");
    let third = invite(&instance, &operator).await;
    instance.clock.advance(DAY * 7 - Duration::from_secs(1)).unwrap();
    assert_eq!(person.visit(&third).await.status, 200);
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(person.visit(&third).await.status, 410);
    let states: Vec<Value> = operator.asks(&["user", "invitations"]).await["items"].as_array().unwrap().clone();
    let count = |state: &str| states.iter().filter(|item| item["state"] == state).count();
    assert_eq!((count("revoked"), count("expired"), states.len()), (2, 1, 3));
    instance.clock.advance(DAY * 30).unwrap();
    assert_eq!(forget_old_invitations(&instance.app).await.unwrap(), 1, "SEC-167: nor is the address kept");
    let ended = instance.app.store.read(retention_rounds::find_purged).unwrap();
    assert_eq!(ended["invitation_addresses"], 1, "SEC-167: the report tells of it");
    instance.app.store.purge(instance.clock.now()).await.unwrap();
    assert_eq!(instance.app.store.read(|tx| invitations::list(tx, None, 10)).unwrap(), Vec::new());
    assert_eq!(instance.person().visit("/users/accept-invitation?invitation_token=x").await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_somebody_else_who_is_signed_in_gives_way_only_by_choice() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let link = invite(&instance, &operator).await;
    let person = instance.person();
    person.sign_in(person.visit("/users/start-sign-in").await, JEAN, JEAN).await;
    let page = person.visit(&link).await;
    assert!(page.text("main").contains(JEAN), "who gives way is named");
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    let again = person.submit(form.clone().without("instead")).await;
    assert!(again.has("input[name=instead]"), "{}", again.body);
    operator.types(&["user", "show", MARIE]).await.refused(1, "no user");
    assert_eq!(person.submit(form).await.url.path(), "/users/personal-information");
    assert!(person.visit("/users/personal-information").await.body.contains(MARIE));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_an_account_that_is_there_since_is_joined_by_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let link = invite(&instance, &operator).await;
    let reader = instance.person();
    let before = reader.visit(&link).await;
    let names = ["--given-name", "Marie", "--family-name", "Dupont"];
    let made = operator.asks(&[&["user", "create", MARIE][..], &names].concat()).await;
    let asked = accept(&reader, &before).await;
    assert!(asked.text("h1").contains("déjà un compte") && !asked.has("input[name=password]"), "{}", asked.body);
    let owner = instance.person();
    let page = owner.visit(made["password_link"].as_str().unwrap()).await;
    owner
        .submit(page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD))
        .await;
    owner.sign_in(owner.visit("/users/start-sign-in").await, MARIE, PASSWORD).await;
    let page = owner.visit(&link).await;
    let forms = (0..8).map(|_| owner.submit(page.form_to("accept-invitation")));
    let answers = join_all(forms).await;
    assert_eq!(answers.iter().filter(|answer| answer.url.path() == "/").count(), 1, "at once or not, it joins once");
    assert_eq!(owner.submit(page.form_to("accept-invitation")).await.status, 410);
    let is_joining = |event: &AuditEvent| matches!(event, AuditEvent::InvitationAccepted { .. });
    assert_eq!(instance.audit().iter().filter(|record| is_joining(&record.event)).count(), 1);
    let shown = operator.asks(&["user", "show", MARIE]).await;
    assert_eq!(shown["organizations"][0]["verification"], "invitation");
    operator.types(&["user", "invite", MARIE]).await.refused(1, "org link");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_a_used_invitation_opens_no_second_account_after_the_first_was_erased() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let link = invite(&instance, &operator).await;
    let (first, second) = (instance.person(), instance.person());
    let page = second.visit(&link).await;
    accept(&first, &first.visit(&link).await).await;
    operator.asks(&["user", "delete", MARIE]).await;
    let acts = instance.recorded_acts();
    assert_eq!((second.get(&link).await.status.as_u16(), accept(&second, &page).await.status.as_u16()), (410, 410));
    assert_eq!(instance.recorded_acts(), acts);
    operator.types(&["user", "show", MARIE]).await.refused(1, "no user");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_76_an_organization_that_closed_meanwhile_is_not_joined_by_an_invitation() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let link = invite(&instance, &operator).await;
    let closing = instance.app.store.write(|tx| {
        let known = organizations::find_by_siret(tx, &SIRET.parse().unwrap())?.unwrap();
        organizations::update(tx, &Organization { is_active: false, ..known })
    });
    closing.await.unwrap();
    let person = instance.person();
    let page = person.visit(&link).await;
    accept(&person, &page).await;
    let shown = operator.asks(&["user", "show", MARIE]).await;
    assert_eq!(shown["organizations"], json!([]), "the account is opened, and belongs nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_150_a_file_invites_row_by_row_and_says_what_became_of_each() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let file = directory.path().join("agents.csv");
    let rows = format!(
        "email;siret;external\n{MARIE};{SIRET};oui\nnobody;;\n{JEAN};;\npaul@mairie.example;12345678901234;\nanne@mairie.example;;\n\
         leo@mairie.example;;peut-être\n"
    );
    std::fs::write(&file, rows).unwrap();
    let command = ["user", "invite", "--csv", file.to_str().unwrap(), "--output", "json"];
    let ended = operator.types(&command).await;
    assert!(ended.code == 1 && ended.stderr.contains("4 of 6 rows"), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["counts"], json!({ "invited": 2, "refused": 4 }));
    let reasons: Vec<&str> =
        report["items"].as_array().unwrap().iter().filter_map(|item| item["reason"].as_str()).collect();
    for (reason, words) in reasons.iter().zip(["e-mail", "there already", "SIRET", "yes or no"]) {
        assert!(reason.contains(words), "{reason} {words}");
    }
    assert_eq!(report["items"][3]["line"], 5);
    let mails = instance.mails_to(MARIE).await.len();
    let again = operator.types(&command).await;
    let report: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(report["counts"], json!({ "kept": 2, "refused": 4 }), "a second run invites nobody twice");
    assert_eq!(instance.mails_to(MARIE).await.len(), mails);
    let cases: [(&[&str], i32, &str); 5] = [
        (&["user", "invite"], 2, "required"),
        (&["user", "invite", "nobody"], 2, "nobody"),
        (&["user", "invite", "a@b.fr", "--external"], 2, "--organization"),
        (&["user", "invite", "a@b.fr", "--organization", "99"], 1, "no org"),
        (&["user", "invite", "--csv", "/nowhere.csv"], 1, "/nowhere.csv"),
    ];
    for (typed, code, words) in cases {
        operator.types(typed).await.refused(code, words);
    }
    assert_eq!(reasons[0], "not a well-formed e-mail address", "no place within a text of ours");
    let cases = [
        ("no_head.csv", "x@mairie.example\n", "no_head.csv: line 1: a column email is expected"),
        (
            "old_mac.csv",
            "email\rx@mairie.example\ry@mairie.example\r",
            "old_mac.csv: line 1: a column email is expected",
        ),
        ("foreign.csv", "email,colour\nx@mairie.example,red\n", "foreign.csv: line 1: no column colour is expected"),
    ];
    for (name, text, words) in cases {
        let file = super::import::write(directory.path(), name, text);
        operator.types(&["user", "invite", "--csv", &file]).await.refused(1, words);
    }
    let silent = tempfile::tempdir().unwrap();
    let _production = Instance::production(silent.path()).await;
    Operator::of(silent.path()).types(&["user", "invite", MARIE]).await.refused(1, "no mail leaves");
}
