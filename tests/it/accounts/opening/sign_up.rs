//! Opening an account: nothing exists before the mailbox is proven.

use std::time::Duration;

use moncomptepro::config::{Accounts, Config, DevOptions};
use moncomptepro::domain::AuditEvent;
use moncomptepro::store::users;

use crate::support::{Instance, Page, Person, join_all};

const ADDRESS: &str = "nouvelle@mairie.exemple.fr";
const PASSWORD: &str = "une phrase de passe assez longue";
const SEEDED: &str = "user@yopmail.com";

/// The e-mail step, up to the page that asks for a password.
async fn begin(person: &Person, page: Page, address: &str) -> Page {
    person.submit(page.form_with("login", None).with("login", address)).await
}

/// The same, up to the page that asks for the code.
async fn choose(person: &Person, page: Page, address: &str, password: &str) -> Page {
    let asks = begin(person, page, address).await;
    assert_eq!(asks.url.path(), "/users/sign-up");
    let form = asks.form_with("password_confirmation", None);
    person.submit(form.with("password", password).with("password_confirmation", password)).await
}

async fn give_back(person: &Person, asks: &Page, code: &str) -> Page {
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", code)).await
}

fn people(instance: &Instance) -> usize {
    instance.app.store.read(|tx| users::list(tx, None, 1_000)).unwrap().len()
}

/// Another code than this one.
fn other_than(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

#[tokio::test]
async fn a_person_whom_a_service_sends_opens_an_account_and_comes_back_to_it() {
    let instance = Instance::strict().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid email profile", &[])).await;
    let asks = choose(&person, page, ADDRESS, PASSWORD).await;
    assert_eq!((asks.url.path(), asks.status.as_u16()), ("/users/verify-email", 200));
    assert!(asks.body.contains(ADDRESS));
    let code = instance.code_of(ADDRESS).await;
    let mail = &instance.mails_to(ADDRESS).await[0];
    assert!(mail.text.contains("continuer vers") && !mail.subject.contains(&code), "SEC-68: {}", mail.text);
    let spaced = format!(" {} {} ", &code[..5], &code[5..]);
    let names = give_back(&person, &asks, &spaced).await;
    assert_eq!(names.url.path(), "/users/personal-information");
    let form = names.form_with("given_name", None).with("given_name", "Élodie").with("family_name", "Ben Saïd");
    let tokens = client.redeem(&client.code(&person.submit(form).await)).await;
    let claims = client.userinfo(&tokens.access_token).await.json();
    assert_eq!((claims["email"].as_str(), claims["email_verified"].as_bool()), (Some(ADDRESS), Some(true)));
    let elsewhere = instance.person();
    let page = elsewhere.visit("/users/start-sign-in").await;
    let asks = elsewhere.sign_in(page, ADDRESS, PASSWORD).await;
    assert_eq!(asks.url.path(), "/users/verify-email", "the password is theirs, and the browser is new");
}

#[tokio::test]
async fn sec_103_who_never_proved_the_mailbox_left_nothing_behind_for_its_owner() {
    let instance = Instance::strict().await;
    let (attacker, owner) = (instance.person(), instance.person());
    let before = people(&instance);
    let page = attacker.visit("/users/start-sign-in").await;
    let waits = choose(&attacker, page, ADDRESS, "le mot de passe de l’attaquant").await;
    assert_eq!(people(&instance), before, "there is no account");
    assert_eq!(attacker.visit("/").await.url.path(), "/users/start-sign-in", "and no session");
    let page = owner.visit("/users/start-sign-in").await;
    let asks = choose(&owner, page, ADDRESS, PASSWORD).await;
    let own_code = instance.code_of(ADDRESS).await;
    let wrong = give_back(&attacker, &waits, &own_code).await;
    assert_eq!(wrong.status, 400, "SEC-70: the code of one browser opens nothing in another");
    assert_eq!(give_back(&owner, &asks, &own_code).await.url.path(), "/users/personal-information");
    assert_eq!(people(&instance), before + 1);
    for (browser, password) in [(&attacker, "le mot de passe de l’attaquant"), (&instance.person(), "wrong")] {
        let page = browser.visit("/users/start-sign-in").await;
        assert_eq!(browser.sign_in(page, ADDRESS, password).await.status, 400);
    }
}

#[tokio::test]
async fn two_browsers_open_one_account_and_the_second_is_told_that_it_exists() {
    let instance = Instance::dev().await;
    let (first, second) = (instance.person(), instance.person());
    let page = first.visit("/users/start-sign-in").await;
    let asks_first = choose(&first, page, ADDRESS, PASSWORD).await;
    let code_first = instance.code_of(ADDRESS).await;
    let page = second.visit("/users/start-sign-in").await;
    let asks_second = choose(&second, page, ADDRESS, "un autre mot de passe assez long").await;
    let code_second = instance.code_of(ADDRESS).await;
    assert_eq!(give_back(&first, &asks_first, &code_first).await.status, 200);
    let told = give_back(&second, &asks_second, &code_second).await;
    assert_eq!(told.url.path(), "/users/start-sign-in");
    assert!(told.text(".notification").contains("existe déjà"));
    let page = second.visit("/users/start-sign-in").await;
    assert_eq!(second.sign_in(page, ADDRESS, "un autre mot de passe assez long").await.status, 400);
}

#[tokio::test]
async fn sec_62_what_cannot_be_a_password_is_said_and_nothing_is_mailed() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let mut page = begin(&person, page, ADDRESS).await;
    let common = "P@ssw0rdP@ssw0rd";
    let cases = [("court", "court"), (PASSWORD, "autre"), ("", ""), (ADDRESS, ADDRESS), (common, common)];
    for (password, confirmation) in cases {
        let form = page.form_with("password_confirmation", None);
        page = person.submit(form.with("password", password).with("password_confirmation", confirmation)).await;
        assert_eq!(page.status, 400, "{password}");
        assert!(page.has("[aria-invalid=true]") && page.body.contains(ADDRESS));
    }
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 0);
}

#[tokio::test]
async fn sec_68_five_tries_for_one_code_and_the_sixth_fails_though_it_is_right() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let mut asks = choose(&person, page, ADDRESS, PASSWORD).await;
    let code = instance.code_of(ADDRESS).await;
    let wrong = other_than(&code);
    for left in (0..5).rev() {
        asks = give_back(&person, &asks, &wrong).await;
        assert_eq!(asks.status, 400);
        assert_eq!(asks.has("[name=verify_email_token]"), left > 0, "the field goes with the last try");
    }
    let page = person.visit("/users/start-sign-in").await;
    let form = page.form_with("login", None).without("login").with("verify_email_token", &code);
    let action = asks.form_with("_csrf", None).action;
    let action = action.as_str().replace("send-email-verification", "verify-email").parse().unwrap();
    let late = person.post(crate::support::Form { action, ..form }).await;
    assert_eq!(late.status, 400, "{}", late.body);
    assert!(late.body.contains("n’est plus valable"));
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn sec_68_browsers_side_by_side_share_one_budget() {
    let instance =
        Instance::start(|port| Config { accounts: Accounts::STANDARD, ..Config::dev(DevOptions::default(), port) });
    let instance = instance.await;
    let mut places = Vec::new();
    for _ in 0..64 {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let asks = choose(&person, page, ADDRESS, PASSWORD).await;
        let form = asks.form_with("verify_email_token", None);
        places.push((person, form, other_than(&instance.code_of(ADDRESS).await)));
    }
    let guesses = places.iter().flat_map(|(person, form, wrong)| {
        (0..2).map(move |_| person.post(form.clone().with("verify_email_token", wrong)))
    });
    let answers = join_all(guesses).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(400), of(429)), (10, 118), "ten in five minutes, whatever the browser");
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.header("retry-after"), "300", "an honest wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_68_of_sixty_four_guesses_at_one_code_at_once_five_are_made_and_then_it_is_dead() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.sign_in(page, SEEDED, SEEDED).await;
    let (code, form) = (instance.code_of(SEEDED).await, asks.form_with("verify_email_token", None));
    let wrong = form.clone().with("verify_email_token", &other_than(&code));
    let answers = join_all((0..64).map(|_| person.post(wrong.clone()))).await;
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 400 | 429)));
    let may_go_on = |answer: &&Page| answer.status == 400 && answer.has("[name=verify_email_token]");
    // Whoever is answered after the fifth is offered no field, whichever theirs was.
    assert!(answers.iter().filter(may_go_on).count() <= 4, "the fifth was the last that was compared");
    instance.clock.advance(Duration::from_secs(300)).unwrap();
    let late = person.post(form.with("verify_email_token", &code)).await;
    assert_eq!(late.status, 400, "{}", late.body);
    assert_eq!(person.visit("/").await.url.path(), "/users/verify-email");
}

#[tokio::test]
async fn sec_68_the_last_guess_at_a_code_is_counted_like_the_others() {
    let instance =
        Instance::start(|port| Config { accounts: Accounts::STANDARD, ..Config::dev(DevOptions::default(), port) });
    let instance = instance.await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let asks = choose(&person, page, ADDRESS, PASSWORD).await;
        let form = asks.form_with("verify_email_token", None);
        let wrong = other_than(&instance.code_of(ADDRESS).await);
        for _ in 0..5 {
            statuses.push(person.post(form.clone().with("verify_email_token", &wrong)).await.status.as_u16());
        }
    }
    assert_eq!(statuses, [[400; 5], [400; 5], [429; 5]].concat());
}

#[tokio::test]
async fn sec_68_twenty_guesses_a_day_at_the_codes_of_one_address_whatever_is_waited_between() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = begin(&person, page, ADDRESS).await;
    let sign_up = asks.form_with("password_confirmation", None);
    let sign_up = sign_up.with("password", PASSWORD).with("password_confirmation", PASSWORD);
    let mut last = None;
    for _ in 0..4 {
        let waits = person.submit(sign_up.clone()).await;
        let wrong = other_than(&instance.code_of(ADDRESS).await);
        let form = waits.form_with("verify_email_token", None);
        for _ in 0..5 {
            assert_eq!(person.post(form.clone().with("verify_email_token", &wrong)).await.status, 400);
        }
        instance.clock.advance(Duration::from_secs(301)).unwrap();
        last = Some(form);
    }
    person.submit(sign_up.clone()).await;
    let code = instance.code_of(ADDRESS).await;
    let right = last.unwrap().with("verify_email_token", &code);
    let refused = person.post(right.clone()).await;
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(refused.status, 429, "even the right one");
    assert!((23 * 3600..24 * 3600).contains(&wait), "an honest wait: {wait}");
    instance.clock.advance(Duration::from_secs(wait)).unwrap();
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = choose(&person, page, ADDRESS, PASSWORD).await;
    let code = instance.code_of(ADDRESS).await;
    assert_eq!(give_back(&person, &asks, &code).await.url.path(), "/users/personal-information", "the day after");
}

#[tokio::test]
async fn an_account_is_opened_in_a_browser_in_which_somebody_else_is_signed_in() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, SEEDED, SEEDED).await;
    let asks = person.visit(&client.authorization("openid", &[("prompt", "select_account")])).await;
    let page = person.submit(asks.form_with("choice", Some("another")).with("choice", "another")).await;
    let asks = choose(&person, page, ADDRESS, PASSWORD).await;
    assert_eq!(asks.url.path(), "/users/verify-email");
    let names = give_back(&person, &asks, &instance.code_of(ADDRESS).await).await;
    assert_eq!(names.url.path(), "/users/personal-information");
}

#[tokio::test]
async fn sec_69_a_code_ends_to_the_second_and_a_new_one_ends_the_one_before() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = choose(&person, page, ADDRESS, PASSWORD).await;
    let first = instance.code_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let send = asks.form_with("_csrf", None);
    assert!(send.action.path().ends_with("verify-email"));
    let again = asks.form_to("send-email-verification");
    let asks = person.submit(again).await;
    assert_eq!(asks.url.path(), "/users/verify-email");
    let second = instance.code_of(ADDRESS).await;
    assert_ne!(first, second);
    assert_eq!(give_back(&person, &asks, &first).await.status, 400, "the one before");
    // The whole sign-in ends an hour after it began, and every code of it at the latest then.
    assert!(asks.text("#verify_email_token-hint").contains("59"), "the page does not promise more");
    instance.clock.advance(Duration::from_secs(3600 - 60)).unwrap();
    assert_eq!(give_back(&person, &asks, &second).await.status, 410);
}

#[tokio::test]
async fn sec_74_another_code_is_waited_for_longer_each_time_and_the_wait_is_told() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let mut asks = choose(&person, page, ADDRESS, PASSWORD).await;
    for (wait, told) in [(60, "1 minute"), (300, "5 minutes"), (1200, "20 minutes")] {
        let sent = instance.mails_to(ADDRESS).await.len();
        assert!(asks.text("#send-hint").replace('\u{a0}', " ").contains(told), "{}", asks.text("#send-hint"));
        instance.clock.advance(Duration::from_secs(wait - 1)).unwrap();
        let refused = person.submit(asks.form_to("send-email-verification")).await;
        assert_eq!(
            (refused.status.as_u16(), instance.mails_to(ADDRESS).await.len()),
            (400, sent),
            "a second too early"
        );
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        asks = person.submit(refused.form_to("send-email-verification")).await;
        assert_eq!((asks.status.as_u16(), instance.mails_to(ADDRESS).await.len()), (200, sent + 1));
    }
}

#[tokio::test]
async fn sec_74_one_address_gets_five_mails_in_fifteen_minutes_whoever_asks() {
    let instance = Instance::strict().await;
    for number in 0..5 {
        let person = instance.person_at(1, 10 + number);
        let page = person.visit("/users/start-sign-in").await;
        let asks = choose(&person, page, "nouvelle+suite@mairie.exemple.fr", PASSWORD).await;
        assert_eq!(asks.status, 200);
    }
    let person = instance.person_at(1, 20);
    let page = person.visit("/users/start-sign-in").await;
    let refused = choose(&person, page, ADDRESS, PASSWORD).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "900"), "it is one mailbox");
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 0);
}

#[tokio::test]
async fn an_instance_that_opens_no_accounts_says_so_beside_the_field() {
    let instance = Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        Config { accounts: Accounts { sign_up: false, ..config.accounts }, ..config }
    });
    let instance = instance.await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let told = begin(&person, page, ADDRESS).await;
    assert_eq!((told.status.as_u16(), told.url.path()), (400, "/users/start-sign-in"));
    assert_eq!(told.attribute("input[name=login]", "value").as_deref(), Some(ADDRESS), "nothing is lost");
    assert_eq!(begin(&person, told, SEEDED).await.url.path(), "/users/sign-in");
}

#[tokio::test]
async fn sec_96_with_hidden_accounts_every_address_leads_to_one_page_and_a_code_opens_it() {
    let instance = Instance::hiding().await;
    let mut pages = Vec::new();
    for (address, next) in [(SEEDED, "/"), (ADDRESS, "/users/personal-information")] {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let asks = begin(&person, page, address).await;
        let waits = person.submit(asks.form_to("send-email-verification")).await;
        assert_eq!(waits.url.path(), "/users/verify-email");
        let masked = |page: &Page| {
            let interaction = page.url.query().unwrap_or_default().to_owned();
            let token = page.attribute("input[name=_csrf]", "value").unwrap();
            page.body.replace(address, "ADDRESS").replace(&interaction, "").replace(&token, "")
        };
        pages.push((asks.url.path().to_owned(), masked(&asks), masked(&waits)));
        let home = give_back(&person, &waits, &instance.code_of(address).await).await;
        assert_eq!(home.url.path(), next);
    }
    assert_eq!(pages[0], pages[1]);
    let opened =
        instance.audit().iter().filter(|record| matches!(record.event, AuditEvent::AccountOpened { .. })).count();
    assert_eq!(opened, 1);
}
