//! What an operator does to an account by their own word, and what its owner is told of it.

use std::time::Duration;

use moncomptepro::config::{Accounts, Config, DevOptions};
use moncomptepro::domain::{Actor, AuditEvent, User};
use moncomptepro::store::{Tx, users};

use crate::support::{Instance, Operator, Person};

const JEAN: &str = "user@yopmail.com";
const NEW: &str = "jean.user@commune.example";

async fn begin() -> (tempfile::TempDir, Instance, Operator) {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let config = |port| Config { accounts: Accounts::STANDARD, ..Config::dev(options, port) };
    let (instance, operator) = (Instance::start(config).await, Operator::at(directory.path()));
    (directory, instance, operator)
}

/// Signs in, and gives the code back that the mailbox is asked for.
async fn sign_in(instance: &Instance, person: &Person, address: &str) {
    let asks = person.sign_in(person.visit("/users/start-sign-in").await, address, JEAN).await;
    assert_eq!(asks.url.path(), "/users/verify-email");
    let form = asks.form_with("verify_email_token", None);
    let home = person.submit(form.with("verify_email_token", &instance.code_of(address).await)).await;
    assert_eq!(home.url.path(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_enabled_signed_out_or_erased_by_the_operator_is_told_once_in_their_language() {
    let (_directory, instance, operator) = begin().await;
    let speaks_english = instance.person();
    speaks_english.visit("/users/start-sign-in?lang=en").await;
    sign_in(&instance, &speaks_english, JEAN).await;
    let table = [
        (vec!["user", "disable", JEAN], "disabled your account", true),
        (vec!["user", "disable", JEAN], "", false),
        (vec!["user", "enable", JEAN], "enabled your account again", true),
        (vec!["user", "enable", JEAN], "", false),
        (vec!["user", "sign-out", JEAN], "ended all your sessions", true),
        (vec!["user", "delete", JEAN], "deleted your account", true),
    ];
    for (command, words, is_told) in table {
        let before = instance.mails_to(JEAN).await.len();
        operator.asks(&command).await;
        let mails = instance.mails_to(JEAN).await;
        let expected = if command[1] == "delete" { 1 } else { before + usize::from(is_told) };
        assert_eq!(mails.len(), expected, "{command:?}: with an account its mails go, but for the last");
        assert!(!is_told || mails[0].text.contains(words), "{command:?}: {}", mails[0].text);
        assert!(!is_told || mails[0].text.contains("turn to the administrator"), "{}", mails[0].text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_105_an_address_that_the_operator_changes_ends_what_is_open_and_both_are_told_without_a_way_back() {
    let (_directory, instance, operator) = begin().await;
    let person = instance.person();
    sign_in(&instance, &person, JEAN).await;
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", JEAN)).await;
    let link = instance.link_of(JEAN).await;
    let changed = operator.asks(&["user", "change-email", JEAN, "--to", NEW]).await;
    assert_eq!((&changed["email"], changed["email_verified_at"].is_null()), (&NEW.into(), true), "not proven");
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in", "what was open is void");
    assert_eq!(person.visit(&link).await.status, 410, "and so are links to the address before");
    let (before, after) = (instance.mails_to(JEAN).await.remove(0), instance.mails_to(NEW).await.remove(0));
    assert!(before.text.contains("adresse précédente") && before.link().is_none(), "{}", before.text);
    assert!(after.text.contains("donné cette adresse") && after.link().is_none(), "{}", after.text);
    let by_hand = |event: &AuditEvent, actor: &Actor| {
        matches!(event, AuditEvent::AddressChanged { .. }) && matches!(actor, Actor::CommandLine(_))
    };
    assert_eq!(instance.audit().iter().filter(|record| by_hand(&record.event, &record.actor)).count(), 1);
    // In the browser that was trusted too: the mailbox is proven first.
    sign_in(&instance, &person, NEW).await;
    operator.asks(&["user", "change-email", NEW, "--to", JEAN, "--verified"]).await;
    let shown = operator.asks(&["user", "show", JEAN]).await;
    assert!(shown["email_verified_at"].is_string(), "{shown}");
    let mails = instance.mails_to(JEAN).await.len();
    operator.asks(&["user", "change-email", JEAN, "--to", JEAN]).await;
    assert_eq!(instance.mails_to(JEAN).await.len(), mails, "the same address is no change");
    assert!(operator.asks(&["user", "show", JEAN]).await["email_verified_at"].is_string(), "and unproves nothing");
    operator
        .types(&["user", "change-email", JEAN, "--to", "datapass@yopmail.com"])
        .await
        .refused(1, "datapass@yopmail.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_105_by_the_operators_word_no_link_of_an_earlier_change_gives_the_account_back() {
    let (_directory, instance, operator) = begin().await;
    let person = instance.person();
    sign_in(&instance, &person, JEAN).await;
    let page = person.visit("/connection-and-account/email").await;
    let asks = person.submit(page.form_with("email", None).with("email", NEW)).await;
    let code = instance.code_of(NEW).await;
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    let link = instance.link_of(JEAN).await;
    assert_eq!(person.visit(&link).await.status, 200);
    operator.asks(&["user", "change-email", NEW, "--to", "accueil@commune.example", "--verified"]).await;
    assert_eq!(person.visit(&link).await.status, 410);
    instance.clock.advance(Duration::from_secs(60)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_address_nobody_may_type_any_more_is_named_by_its_number_and_given_another() {
    let (_directory, instance, operator) = begin().await;
    // As an older program let it in.
    let former: moncomptepro::domain::Email = serde_json::from_str("\"jean@localhost\"").unwrap();
    let job = move |tx: &mut Tx<'_>| {
        let user = users::find_by_email(tx, &JEAN.parse().unwrap())?.unwrap();
        users::update(tx, &User { email: former.clone(), ..user })
    };
    instance.app.store.write(job).await.unwrap();
    operator.types(&["user", "change-email", "jean@localhost", "--to", NEW]).await.refused(2, "jean@localhost");
    let changed = operator.asks(&["user", "change-email", "1", "--to", NEW]).await;
    assert_eq!(changed["email"], NEW);
    sign_in(&instance, &instance.person(), NEW).await;
}
