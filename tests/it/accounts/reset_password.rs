//! A forgotten password: a link by mail, to the owner of the account and to nobody else.

use std::sync::Arc;
use std::time::Duration;

use moncomptepro::config::{Config, DevOptions, Limits};
use moncomptepro::domain::UserId;
use moncomptepro::store::users;

use crate::durability::faults::until_healthy;
use crate::support::{Disk, Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const PASSWORD: &str = "une phrase de passe assez longue";

async fn ask(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", address)).await
}

/// Asks for a link to sign in with, which is counted with those for a password.
async fn ask_to_sign_in(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", address)).await;
    person.submit(asks.form_to("send-magic-link")).await
}

/// The page without what is each browser's own.
fn masked(page: &Page, address: &str) -> String {
    let token = page.attribute("input[name=_csrf]", "value").unwrap();
    page.body.replace(&token, "").replace(address, "")
}

async fn choose(person: &Person, link: &str) -> Page {
    let asks = person.visit(link).await;
    person
        .submit(asks.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD))
        .await
}

#[tokio::test]
async fn sec_70_sec_73_a_reset_ends_on_the_page_of_sign_in_in_whatever_browser_it_is_done() {
    let instance = Instance::strict().await;
    let (person, telephone) = (instance.person(), instance.person());
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let page = person.visit(&asks.attribute("a[href*=reset-password]", "href").unwrap()).await;
    assert_eq!(page.attribute("input[name=login]", "value").as_deref(), Some(ADDRESS), "it is not asked twice");
    let told = person.submit(page.form_with("login", None)).await;
    assert_eq!(told.url.path(), "/users/start-sign-in");
    assert!(told.text(".notification").contains("Si un compte existe"));
    let done = choose(&telephone, &instance.link_of(ADDRESS).await).await;
    assert_eq!(done.status, 200);
    assert_eq!(telephone.visit("/").await.url.path(), "/users/start-sign-in", "no session");
    let page = telephone.visit("/users/start-sign-in").await;
    let asks = telephone.sign_in(page, ADDRESS, PASSWORD).await;
    assert_eq!(asks.url.path(), "/users/verify-email", "SEC-73: a reset makes no browser trusted");
}

#[tokio::test]
async fn sec_69_a_link_that_is_over_leads_to_where_anybody_asks_for_another_one() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid email", &[])).await;
    let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let page = person.visit(&asks.attribute("a[href*=reset-password]", "href").unwrap()).await;
    person.submit(page.form_with("login", None)).await;
    let link = instance.link_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(3_600)).unwrap();
    let elsewhere = person.accepting("en");
    for (person, says) in [(person, "Demandez-en un autre"), (elsewhere, "Ask for another one")] {
        let over = person.visit(&link).await;
        assert_eq!(over.status, 410);
        assert!(over.text("main").contains(says), "{}", over.body);
        let asks = person.visit(&over.attribute("main a.primary", "href").unwrap()).await;
        assert_eq!((asks.status.as_u16(), asks.url.path()), (200, "/users/reset-password"), "SEC-96: whoever it is");
        assert!(asks.has("input[name=login]"));
    }
}

#[tokio::test]
async fn whoever_chooses_another_password_in_the_middle_of_a_sign_in_comes_back_to_the_service() {
    for is_here in [true, false] {
        let instance = Instance::dev().await;
        let (person, other, client) = (instance.person(), instance.person(), instance.standard_client());
        let page = person.visit(&client.authorization("openid email", &[])).await;
        let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
        let page = person.visit(&asks.attribute("a[href*=reset-password]", "href").unwrap()).await;
        person.submit(page.form_with("login", None)).await;
        let reader = if is_here { &person } else { &other };
        let done = choose(reader, &instance.link_of(ADDRESS).await).await;
        assert_eq!(done.status, 200);
        let start = reader.visit(&done.attribute("main a.primary", "href").unwrap()).await;
        let back = reader.sign_in(start, ADDRESS, PASSWORD).await;
        if is_here {
            let tokens = client.redeem(&client.code(&back)).await;
            assert_eq!(client.id_token_members(&tokens.id_token).await["sub"], "1");
        } else {
            assert_eq!(back.url.path(), "/", "SEC-70: another browser knows nothing of the sign-in");
        }
    }
}

#[tokio::test]
async fn sec_96_unknown_and_closed_accounts_get_no_mail_and_the_same_answer() {
    let instance = Instance::start(|port| Config { people_picker: None, ..Config::dev(DevOptions::default(), port) });
    let instance = instance.await;
    instance.disable("datapass@yopmail.com").await;
    let mut answers = Vec::new();
    for address in [ADDRESS, "nobody@exemple.fr", "datapass@yopmail.com"] {
        let person = instance.person();
        let told = ask(&person, address).await;
        let token = told.attribute("input[name=_csrf]", "value").unwrap();
        answers.push(told.body.replace(&token, "").replace(address, ""));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(instance.mails_to("nobody@exemple.fr").await.len(), 0);
    assert_eq!(instance.mails_to("datapass@yopmail.com").await.len(), 0);
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 1);
}

#[tokio::test]
async fn sec_74_sec_96_the_sixth_mail_to_one_address_is_refused_in_the_same_words_whoever_has_it() {
    let instance = Instance::strict().await;
    instance.disable("datapass@yopmail.com").await;
    let mut refusals = Vec::new();
    let addresses = [(1, ADDRESS), (2, "nobody@exemple.fr"), (3, "datapass@yopmail.com")];
    for (third, address) in addresses {
        assert_eq!(ask(&instance.person_at(third, 10), address).await.status, 200, "{address}");
        for fourth in 11..15 {
            let sent = ask_to_sign_in(&instance.person_at(third, fourth), address).await;
            assert_eq!((sent.status.as_u16(), sent.url.path()), (200, "/users/magic-link-sent"), "{address}");
        }
    }
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    for (third, address) in addresses {
        let person = instance.person_at(third, 20);
        let refused = ask(&person, address).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "840"), "{address}");
        assert!(refused.text("main").replace('\u{a0}', " ").contains("14 minutes"), "{}", refused.text("main"));
        let id = refused.attribute("main[data-error]", "data-request-id").unwrap();
        let token = person.visit("/users/reset-password").await.attribute("input[name=_csrf]", "value").unwrap();
        refusals.push(refused.body.replace(&id, "").replace(&token, "").replace(address, ""));
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
    for (address, mails) in [(ADDRESS, 5), ("nobody@exemple.fr", 4), ("datapass@yopmail.com", 0)] {
        assert_eq!(instance.mails_to(address).await.len(), mails, "{address}");
    }
    instance.clock.advance(Duration::from_secs(840)).unwrap();
    assert_eq!(ask(&instance.person_at(1, 20), ADDRESS).await.status, 200);
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 6);
}

#[tokio::test]
async fn sec_74_sec_96_another_link_is_waited_for_longer_each_time_whoever_has_the_address() {
    let instance = Instance::strict().await;
    instance.disable("datapass@yopmail.com").await;
    let addresses = [(1, ADDRESS), (2, "nobody@exemple.fr"), (3, "datapass@yopmail.com")];
    let hint = |page: &Page| page.text("#send-hint").replace('\u{a0}', " ");
    let mut sent = 0;
    for (wait, told) in [(60, "dans 1 minute"), (300, "dans 5 minutes"), (1_200, "dans 20 minutes")] {
        let mut refusals = Vec::new();
        for (third, address) in addresses {
            assert_eq!(ask(&instance.person_at(third, 10), address).await.url.path(), "/users/start-sign-in");
            let refused = ask(&instance.person_at(third, 11), address).await;
            assert_eq!((refused.status.as_u16(), refused.url.path()), (400, "/users/reset-password"), "{address}");
            assert!(hint(&refused).contains(told), "{address}: {}", hint(&refused));
            assert_eq!(refused.attribute("input[name=login]", "value").as_deref(), Some(address), "nothing is lost");
            refusals.push(masked(&refused, address));
        }
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
        sent += 1;
        instance.clock.advance(Duration::from_secs(wait - 1)).unwrap();
        for (third, address) in addresses {
            let refused = ask(&instance.person_at(third, 12), address).await;
            assert_eq!((refused.status, hint(&refused).contains("dans 1 seconde")), (400.try_into().unwrap(), true));
        }
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(instance.mails_to(ADDRESS).await.len(), sent);
    }
    instance.clock.advance(Duration::from_secs(2_400)).unwrap();
    ask(&instance.person_at(1, 10), ADDRESS).await;
    let refused = ask(&instance.person_at(1, 10), "user+suite@yopmail.com").await;
    assert!(hint(&refused).contains("dans 1 minute"), "anew after a calm hour; it is one mailbox: {}", hint(&refused));
}

#[tokio::test]
async fn sec_74_whoever_comes_back_to_the_page_of_a_forgotten_password_is_told_when_another_link_may_be_asked_for() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let place = asks.attribute("a[href*=reset-password]", "href").unwrap();
    let page = person.visit(&place).await;
    assert!(!page.has("#send-hint"));
    person.submit(page.form_with("login", None)).await;
    let page = person.visit(&place).await;
    let told = page.text("#send-hint").replace('\u{a0}', " ");
    assert!(page.status == 200 && told.contains("dans 1 minute"), "{told}");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    assert!(!person.visit(&place).await.has("#send-hint"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_74_a_link_that_could_not_be_written_is_asked_for_again_at_once() {
    let disk = Arc::new(Disk::default());
    let strict = |port| Config { limits: Limits::standard(), ..Config::dev(DevOptions::default(), port) };
    let instance = Instance::on_disk_with(&disk, 64 << 20, strict).await;
    let person = instance.person();
    let page = person.visit("/users/reset-password").await;
    let form = || page.form_with("login", None).with("login", ADDRESS);
    disk.break_down();
    assert_eq!(person.submit(form()).await.status, 503);
    disk.mend();
    until_healthy(&instance.app).await;
    assert_eq!(person.submit(form()).await.url.path(), "/users/start-sign-in");
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 1);
    assert_eq!(person.submit(form()).await.status, 400, "the one that was written is waited for");
}

#[tokio::test]
async fn sec_74_whoever_chose_a_password_by_a_link_waits_for_none_of_before() {
    let instance = Instance::strict().await;
    let hint = |page: &Page| page.text("#send-hint").replace('\u{a0}', " ");
    for address in [ADDRESS, "nobody@exemple.fr"] {
        ask(&instance.person(), address).await;
    }
    assert_eq!(choose(&instance.person(), &instance.link_of(ADDRESS).await).await.status, 200);
    assert_eq!(ask(&instance.person(), ADDRESS).await.url.path(), "/users/start-sign-in", "at once");
    let refused = ask(&instance.person(), ADDRESS).await;
    assert!(hint(&refused).contains("dans 1 minute"), "the waits began anew: {}", hint(&refused));
    assert!(refused.text("main").contains("le dernier que vous avez reçu"), "{}", refused.text("main"));
    assert_eq!(ask(&instance.person(), "nobody@exemple.fr").await.status, 400);
}

#[tokio::test]
async fn sec_74_one_address_gets_twenty_mails_a_day_and_one_source_asks_for_thirty_an_hour() {
    let instance = Instance::strict().await;
    let wait = |seconds| instance.clock.advance(Duration::from_secs(seconds)).unwrap();
    for number in 0..20 {
        assert_eq!(ask(&instance.person_at(1, 10 + number), ADDRESS).await.status, 200, "{number}");
        wait(1_200);
    }
    let refused = ask(&instance.person_at(1, 40), ADDRESS).await;
    assert_eq!(refused.status, 429, "the twenty-first of the day");
    let told = refused.text("main").replace('\u{a0}', " ");
    assert!(told.contains("18 heures") && !told.contains("minutes"), "a long wait is told in hours: {told}");
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 20);
    let source = instance.person_at(2, 1);
    for number in 0..30 {
        assert_eq!(ask(&source, &format!("personne{number}@exemple.fr")).await.status, 200, "{number}");
        wait(10);
    }
    let refused = ask(&source, "encore@exemple.fr").await;
    assert_eq!(refused.status, 429, "the thirty-first of the hour");
    assert_eq!(ask(&instance.person_at(2, 2), "encore@exemple.fr").await.status, 200, "another source goes on");
}

#[tokio::test]
async fn sec_69_the_newest_link_alone_works_and_it_proves_the_mailbox() {
    let instance = Instance::dev().await;
    let person = instance.person();
    ask(&person, ADDRESS).await;
    let first = instance.link_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    ask(&person, ADDRESS).await;
    let second = instance.link_of(ADDRESS).await;
    assert_eq!(person.visit(&first).await.status, 410);
    assert_eq!(choose(&person, &second).await.status, 200);
    let user = instance.app.store.read(|tx| users::find(tx, UserId(1))).unwrap().unwrap();
    assert_eq!(user.email_verified_at, Some(instance.clock.now()));
}

#[tokio::test]
async fn sec_66_a_link_chooses_another_password_than_the_one_before_and_its_owner_is_told() {
    let instance = Instance::dev().await;
    let person = instance.person();
    ask(&person, ADDRESS).await;
    assert_eq!(choose(&person, &instance.link_of(ADDRESS).await).await.status, 200);
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    ask(&person, ADDRESS).await;
    let link = instance.link_of(ADDRESS).await;
    let same = choose(&person, &link).await;
    assert_eq!(same.status, 400);
    assert!(same.text("#password-problem").contains("différent de l’actuel"), "{}", same.text("main"));
    let page = person.visit(&format!("{link}&lang=en")).await;
    let other = "une tout autre phrase de passe";
    let form = page.form_with("password", None).with("password", other).with("password_confirmation", other);
    assert_eq!(person.submit(form).await.status, 200, "the link still works");
    assert_eq!(instance.mails_to(ADDRESS).await[0].subject, "Your password was changed");
}

#[tokio::test]
async fn what_is_no_address_is_said_beside_the_field() {
    let instance = Instance::dev().await;
    let person = instance.person();
    for typed in ["", "jean", "jean@", "a@b@c", "jean@exemple.fr\u{202e}", "jean@exemple.fr\r\nBcc: x@y.fr"] {
        let told = ask(&person, typed).await;
        assert_eq!(told.status, 400, "{typed:?}");
        assert!(told.has("input[name=login][aria-invalid=true]"), "{typed:?}");
    }
}
