//! Signing in by a link that is mailed: here, once, and by a button.

use std::time::Duration;

use moncomptepro::config::DevOptions;
use moncomptepro::domain::AuditEvent;
use moncomptepro::store::clients;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};

use crate::support::{Form, Instance, Operator, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const NEW: &str = "nouveau@mairie.exemple.fr";
const IMPORTED: &str = "importee@mairie.exemple.fr";
const PASSWORD: &str = "une phrase de passe assez longue";

async fn ask(person: &Person, page: Page, address: &str) -> Page {
    let asks = person.submit(page.form_with("login", None).with("login", address)).await;
    person.submit(asks.form_to("send-magic-link")).await
}

#[tokio::test]
async fn sec_71_looking_at_a_link_a_hundred_times_uses_nothing_up_and_one_button_signs_in() {
    let instance = Instance::strict().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid email", &[])).await;
    let sent = ask(&person, page, ADDRESS).await;
    assert_eq!(sent.url.path(), "/users/magic-link-sent");
    assert!(sent.body.contains(ADDRESS) && sent.body.contains("10"));
    let link = instance.link_of(ADDRESS).await;
    assert!(link.starts_with(instance.app.config.issuer()), "SEC-72: {link}");
    let gateway = instance.person_at(0, 9);
    for _ in 0..100 {
        assert_eq!(gateway.get(&link).await.status, 200);
    }
    assert_eq!(gateway.visit("/").await.url.path(), "/users/start-sign-in");
    let here = person.visit(&link).await;
    let back = person.submit(here.form_with("magic_link_token", None)).await;
    let tokens = client.redeem(&client.code(&back)).await;
    assert_eq!(client.id_token_members(&tokens.id_token).await["amr"], serde_json::json!(["mail"]));
    let again = person.visit(&link).await;
    assert_eq!((again.status.as_u16(), again.has("[name=magic_link_token]")), (410, false), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_71_no_link_that_is_mailed_is_used_up_by_a_program_that_looks_at_it() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let (instance, operator) = (Instance::dev_with(options).await, Operator::at(directory.path()));
    let (person, guest) = (instance.person(), "marie@mairie.example");
    let mut links = Vec::new();
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    links.push(("password", instance.link_of(ADDRESS).await));
    operator.asks(&["user", "invite", guest]).await;
    links.push(("_csrf", instance.link_of(guest).await));
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, "datapass@yopmail.com", "datapass@yopmail.com").await;
    let offer = person.visit("/totp-configuration").await;
    let code = totp_code(&totp_key(&offer), instance.clock.now());
    person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    operator.asks(&["user", "factor", "remove", "datapass@yopmail.com", "--reason", "perdu"]).await;
    links.push(("_csrf", instance.link_of("datapass@yopmail.com").await));
    let owner = instance.person();
    let page = owner.visit("/users/start-sign-in").await;
    owner.sign_in(page, "editeur@yopmail.com", "editeur@yopmail.com").await;
    let page = owner.visit("/connection-and-account/email?another=1").await;
    let asks = owner.submit(page.form_with("email", None).with("email", NEW)).await;
    let code = instance.code_of(NEW).await;
    owner.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    links.push(("_csrf", instance.link_of("editeur@yopmail.com").await));
    let asked = instance.person();
    let page = asked.visit("/users/start-sign-in").await;
    ask(&asked, page, "user@red-needles-sarl.com").await;
    links.push(("magic_link_token", instance.link_of("user@red-needles-sarl.com").await));

    let gateway = instance.person_at(0, 9);
    let acts = instance.recorded_acts();
    for (field, link) in &links {
        for _ in 0..50 {
            for method in [Method::HEAD, Method::GET] {
                let looked = gateway.send(method, link, HeaderMap::new(), "").await;
                assert_eq!(looked.status, 200, "{link}");
            }
        }
        let page = gateway.visit(link).await;
        let is_only_a_form =
            !page.body.contains("submit()") && !page.has("script:not([src])") && !page.has("meta[http-equiv]");
        assert!(is_only_a_form, "nothing sends the form by itself: {}", page.body);
        let reader = if *field == "magic_link_token" { &asked } else { &gateway };
        assert!(reader.visit(link).await.has(&format!("main form [name={field}]")), "{link}");
    }
    assert_eq!(instance.recorded_acts(), acts, "nothing was done");
}

#[tokio::test]
async fn sec_70_r_28_elsewhere_a_link_opens_nothing_and_can_be_given_up() {
    let instance = Instance::dev().await;
    let (victim, attacker) = (instance.person(), instance.person());
    let page = attacker.visit("/users/start-sign-in").await;
    ask(&attacker, page, ADDRESS).await;
    let link = instance.link_of(ADDRESS).await;
    let elsewhere = victim.visit(&link).await;
    assert_eq!(elsewhere.status, 200);
    let told = elsewhere.text("main").replace(['\u{a0}', '\u{202f}'], " ");
    assert!(told.contains("23 novembre 2026"), "what was asked, and when: {told}");
    assert!(!elsewhere.body.contains(ADDRESS), "and not of whom");
    let disown = elsewhere.form_to("disown-magic-link");
    let forced = Form { action: disown.action.join("/users/sign-in-with-magic-link").unwrap(), ..disown.clone() };
    assert_eq!(victim.post(forced).await.status, 410, "nobody is signed in where it was not asked");
    assert_eq!(victim.visit("/").await.url.path(), "/users/start-sign-in");
    let given_up = victim.submit(disown).await;
    assert!(given_up.status == 200 && given_up.text("h1").contains("annulé"));
    let here = attacker.visit(&link).await;
    assert_eq!(here.status, 410, "and it opens nothing any more where it was asked");
    assert!(instance.audit().iter().any(|record| matches!(record.event, AuditEvent::MagicLinkDisowned { .. })));
}

#[tokio::test]
async fn sec_70_elsewhere_a_link_says_what_was_asked_when_for_which_service_and_from_where() {
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let instance = Instance::dev().await;
    let (asker, client) = (instance.person_at(0, 7), instance.standard_client());
    let page = asker.visit(&client.authorization("openid", &[])).await;
    let asks = asker.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", HeaderValue::from_static(FIREFOX));
    headers.insert("origin", HeaderValue::from_str(&instance.address).unwrap());
    assert_eq!(asker.post_with(asks.form_to("send-magic-link"), headers).await.status, 303);
    let elsewhere = instance.person().visit(&instance.link_of(ADDRESS).await).await;
    let told = elsewhere.text("main").replace(['\u{a0}', '\u{202f}'], " ");
    let service = &instance.app.store.read(|tx| clients::find(tx, &"standard_client_id".parse().unwrap())).unwrap();
    let service = service.as_ref().unwrap().name.as_str();
    for word in ["23 novembre 2026", service, "Firefox", "Linux", "127.0.0.7"] {
        assert!(told.contains(word), "no {word:?} in {told}");
    }
    assert!(!elsewhere.body.contains(ADDRESS) && !elsewhere.body.contains("Gecko"));
}

#[tokio::test]
async fn sec_69_sec_74_the_page_of_a_link_tells_what_is_left_of_it_and_when_another_may_be_asked_for() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let wait = |seconds| instance.clock.advance(Duration::from_secs(seconds)).unwrap();
    let told = |page: &Page| page.text("main").replace('\u{a0}', " ");
    let page = person.visit("/users/start-sign-in").await;
    let sent = ask(&person, page, ADDRESS).await;
    assert!(told(&sent).contains("encore 10 minutes") && told(&sent).contains("dans 1 minute"), "{}", told(&sent));
    let soon = person.submit(sent.form_to("send-magic-link")).await;
    assert_eq!((soon.status.as_u16(), instance.mails_to(ADDRESS).await.len()), (400, 1));
    assert!(told(&soon).contains("Attendez encore un peu"), "{}", told(&soon));
    for (seconds, next) in [(60, "dans 5 minutes"), (300, "dans 20 minutes")] {
        wait(seconds - 1);
        assert_eq!(person.submit(sent.form_to("send-magic-link")).await.status, 400, "a second too early");
        wait(1);
        let another = person.submit(sent.form_to("send-magic-link")).await;
        assert!(told(&another).contains("encore 10 minutes") && told(&another).contains(next), "{}", told(&another));
    }
    let path = format!("/users/magic-link-sent?{}", sent.url.query().unwrap());
    wait(540);
    let page = person.visit(&path).await;
    assert!(told(&page).contains("encore 1 minute") || told(&page).contains("encore une minute"), "{}", told(&page));
    let link = instance.link_of(ADDRESS).await;
    assert_eq!(person.get(&link).await.status, 200);
    wait(60);
    let over = told(&person.visit(&path).await);
    assert!(over.contains("n’est plus valable") && !over.contains("encore"), "{over}");
    assert_eq!(person.get(&link).await.status, 410);
}

#[tokio::test]
async fn sec_69_a_link_lasts_ten_minutes_and_a_new_one_ends_it() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let sent = ask(&person, page, ADDRESS).await;
    let first = instance.link_of(ADDRESS).await;
    person.submit(sent.form_to("send-magic-link")).await;
    let second = instance.link_of(ADDRESS).await;
    assert_eq!(person.get(&first).await.status, 410, "the one before");
    instance.clock.advance(Duration::from_secs(599)).unwrap();
    let here = person.get(&second).await;
    assert_eq!(here.status, 200);
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(person.submit(here.form_with("magic_link_token", None)).await.status, 410);
    for damaged in [
        "/users/sign-in-with-magic-link",
        "/users/sign-in-with-magic-link?magic_link_token=",
        &second[..second.len() - 1],
    ] {
        assert_eq!(person.get(damaged).await.status, 410, "{damaged}");
    }
}

#[tokio::test]
async fn a_link_opens_an_account_for_whoever_has_none() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    ask(&person, page, NEW).await;
    let here = person.visit(&instance.link_of(NEW).await).await;
    let names = person.submit(here.form_with("magic_link_token", None)).await;
    assert_eq!(names.url.path(), "/users/personal-information");
    let other = instance.person();
    let page = other.visit("/users/start-sign-in").await;
    let asks = other.submit(page.form_with("login", None).with("login", NEW)).await;
    assert_eq!(asks.url.path(), "/users/sign-up");
    assert!(asks.text("h1").contains("Choisir un mot de passe"), "the account has none yet");
}

/// Comes by a link; where it leads.
async fn by_link(instance: &Instance, person: &Person, address: &str) -> Page {
    ask(person, person.visit("/users/start-sign-in").await, address).await;
    let here = person.visit(&instance.link_of(address).await).await;
    person.submit(here.form_with("magic_link_token", None)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_37_sec_62_sec_66_whoever_has_no_password_comes_by_a_link_may_choose_one_and_links_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().join("data")), ..DevOptions::default() };
    let instance = Instance::dev_with(options).await;
    let file = directory.path().join("people.csv");
    std::fs::write(&file, format!("email,given_name,family_name\n{IMPORTED},Claire,Petit\n")).unwrap();
    Operator::at(&directory.path().join("data")).asks(&["user", "import", file.to_str().unwrap()]).await;
    for (address, is_imported) in [(NEW, false), (IMPORTED, true)] {
        let first = instance.person();
        let mut page = by_link(&instance, &first, address).await;
        if !is_imported {
            assert_eq!(page.url.path(), "/users/personal-information");
            let form = page.form_with("given_name", None).with("given_name", "Claire").with("family_name", "Petit");
            page = first.submit(form).await;
        }
        assert_eq!(page.url.path(), "/", "{address}");
        let information = first.visit("/personal-information").await;
        assert_eq!(information.attribute("#given_name", "value").as_deref(), Some("Claire"), "{address}");
        let second = instance.person();
        let page = second.visit("/users/start-sign-in").await;
        let asks = second.submit(page.form_with("login", None).with("login", address)).await;
        assert!(asks.url.path() == "/users/sign-up" && asks.text("h1").contains("Choisir un mot de passe"));
        // Neither one of their own names.
        let names = "clairepetitclairepetit";
        let form = asks.form_with("password_confirmation", None).with("password", names);
        let refused = second.submit(form.with("password_confirmation", names)).await;
        assert!(refused.status == 400 && refused.text("#password-problem").contains("courant"), "{}", refused.body);
        let form = asks.form_with("password_confirmation", None).with("password", PASSWORD);
        let waits = second.submit(form.with("password_confirmation", PASSWORD)).await;
        let code = instance.code_of(address).await;
        let home = second.submit(waits.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
        assert_eq!(home.url.path(), "/", "{address}: with the code of the mailbox");
        let mails = instance.mails_to(address).await;
        assert!(mails.iter().any(|mail| mail.subject.contains("mot de passe")), "{address}: told of it");
        assert_eq!(first.visit("/personal-information").await.url.path(), "/users/start-sign-in", "{address}: ended");
        let third = instance.person();
        let home = third.sign_in(third.visit("/users/start-sign-in").await, address, PASSWORD).await;
        assert_eq!(home.url.path(), "/", "{address}: by the password");
        assert_eq!(by_link(&instance, &instance.person(), address).await.url.path(), "/", "{address}: and by a link");
    }
}

#[tokio::test]
async fn sec_10_a_link_used_twice_at_once_signs_in_once() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    ask(&person, page, ADDRESS).await;
    let here = person.visit(&instance.link_of(ADDRESS).await).await;
    let form = here.form_with("magic_link_token", None);
    let uses = (0..20).map(|_| person.post(form.clone()));
    let answers = crate::support::join_all(uses).await;
    let signed_in = |page: &&Page| {
        page.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().contains("session="))
    };
    assert_eq!(answers.iter().filter(signed_in).count(), 1);
}

#[tokio::test]
async fn sec_72_a_hostile_forwarded_host_has_no_place_in_a_mail() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let reset = person.visit("/users/reset-password").await.form_with("login", None).with("login", ADDRESS);
    let page = person.visit("/users/start-sign-in").await;
    let link = person.submit(page.form_with("login", None).with("login", ADDRESS)).await.form_to("send-magic-link");
    let names = [
        "x-forwarded-host",
        "forwarded",
        "x-original-host",
        "x-host",
        "x-forwarded-server",
        "x-http-host-override",
        "x-rewrite-url",
        "x-original-url",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "via",
        "referer",
    ];
    let sent = async |form: &Form, name: &'static str, value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("origin", HeaderValue::from_str(&instance.address).unwrap());
        headers.insert(name, HeaderValue::from_static(value));
        person.post_with(form.clone(), headers).await.status.as_u16()
    };
    for form in [&reset, &link] {
        for name in names {
            let value = if name == "forwarded" { "host=evil.example;proto=https" } else { "evil.example" };
            let before = instance.mails_to(ADDRESS).await.len();
            assert_eq!(sent(form, name, value).await, 303, "{name}");
            assert_eq!(instance.mails_to(ADDRESS).await.len(), before + 1);
            let mail = instance.mails_to(ADDRESS).await.remove(0);
            assert!(mail.link().unwrap().starts_with(&format!("{}/", instance.app.config.issuer())), "{name}");
            assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "{name}");
        }
        let before = instance.mails_to(ADDRESS).await.len();
        for host in ["evil.fr", "localhost@evil.fr", "evil.fr:443"] {
            assert_ne!(sent(form, "host", host).await, 303, "{host}");
        }
        assert_eq!(instance.mails_to(ADDRESS).await.len(), before, "under another name nothing is asked");
    }
}

#[tokio::test]
async fn sec_37_a_link_ends_with_everything_else_when_the_password_changes() {
    let instance = Instance::dev().await;
    let (reader, owner) = (instance.person(), instance.person());
    let page = reader.visit("/users/start-sign-in").await;
    ask(&reader, page, ADDRESS).await;
    let here = reader.visit(&instance.link_of(ADDRESS).await).await;
    let page = owner.visit("/users/reset-password").await;
    owner.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let asks = owner.visit(&instance.link_of(ADDRESS).await).await;
    let password = "une phrase de passe assez longue";
    let form = asks.form_with("password", None).with("password", password).with("password_confirmation", password);
    assert_eq!(owner.submit(form).await.status, 200);
    assert_eq!(reader.submit(here.form_with("magic_link_token", None)).await.status, 410);
    assert_eq!(reader.visit("/").await.url.path(), "/users/start-sign-in");
}
