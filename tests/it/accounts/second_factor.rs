//! An authenticator application beside the password: set up, given, replayed, guessed at, lost, taken away.

use std::time::Duration;

use moncomptepro::acts::{self, By};
use moncomptepro::config::{Accounts, Config, DevOptions};
use moncomptepro::domain::{Actor, UserId};
use serde_json::json;

use crate::support::{Form, Instance, Page, Person, join_all, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const MFA: &str = r#"{"id_token":{"acr":{"essential":true,"value":"https://refeds.org/profile/mfa"}}}"#;

async fn sign_in(person: &Person) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await
}

async fn give(person: &Person, asks: &Page, code: &str) -> Page {
    person.submit(asks.form_with("totpToken", None).with("totpToken", code)).await
}

/// Signs in, sets an application up, and asks it at every sign-in. Its key, and the recovery codes.
async fn protected(instance: &Instance, person: &Person) -> (String, Vec<String>) {
    sign_in(person).await;
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let codes = give(person, &offer, &totp_code(&key, instance.clock.now())).await;
    assert_eq!(codes.status, 200, "{}", codes.body);
    let list = codes.text(".codes").split_whitespace().map(str::to_owned).collect();
    let page = person.visit("/double-authentication").await;
    person.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    (key, list)
}

#[tokio::test]
async fn sec_77_an_application_is_set_up_only_by_one_of_its_codes_and_its_key_is_shown_to_one_session() {
    let instance = Instance::dev().await;
    let (person, other) = (instance.person(), instance.person());
    sign_in(&person).await;
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    assert_eq!(key.len(), 32, "160 bits");
    assert!(offer.has("svg[role=img]"));
    let refused = give(&person, &offer, "000000").await;
    assert_eq!(refused.status, 400);
    assert_eq!(totp_key(&refused), key, "nothing is lost");
    let page = person.visit("/double-authentication").await;
    assert!(page.text("main").contains("Aucune application"), "without confirmation the account is unchanged");
    sign_in(&other).await;
    assert_ne!(totp_key(&other.visit("/totp-configuration").await), key);
    assert_ne!(totp_key(&person.visit("/totp-configuration").await), key, "nor to whoever looks in it later");
    give(&person, &offer, &totp_code(&key, instance.clock.now())).await;
    assert_ne!(totp_key(&person.visit("/totp-configuration").await), key, "it is never shown again");
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("second facteur"), "SEC-80: the owner is told");
    assert_eq!(other.visit("/").await.url.path(), "/users/start-sign-in", "SEC-37: other sessions ended");
}

#[tokio::test]
async fn sec_77_an_offer_is_good_for_its_session_and_a_quarter_of_an_hour() {
    let instance = Instance::dev().await;
    let (person, other) = (instance.person(), instance.person());
    sign_in(&person).await;
    sign_in(&other).await;
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    let theirs = offer.attribute("input[name=offer]", "value").unwrap();
    let form = other.visit("/totp-configuration").await.form_with("totpToken", None);
    let stolen = form.with("offer", &theirs).with("totpToken", &code);
    assert_eq!(other.post(stolen).await.status, 400, "of another session");
    let long = person.visit("/totp-configuration").await;
    instance.clock.advance(Duration::from_secs(14 * 60)).unwrap();
    let late = totp_code(&totp_key(&long), instance.clock.now());
    assert_eq!(give(&person, &long, &late).await.status, 200);
    let again = person.visit("/totp-configuration").await;
    instance.clock.advance(Duration::from_secs(15 * 60)).unwrap();
    let late = totp_code(&totp_key(&again), instance.clock.now());
    let form = again.form_with("totpToken", None).with("totpToken", &late);
    assert_ne!(person.post(form).await.status, 200);
}

#[tokio::test]
async fn sec_90_prm_2_a_second_factor_makes_no_sign_in_newer() {
    let instance = Instance::dev().await;
    let (owner, client) = (instance.person(), instance.standard_client());
    let (key, _) = protected(&instance, &owner).await;
    let page = owner.visit("/double-authentication").await;
    owner.submit(page.form_to("set-force-2fa").with("force2fa", "disable")).await;
    let person = instance.person();
    sign_in(&person).await;
    let signed_in_at = instance.clock.now().0;
    instance.clock.advance(Duration::from_secs(600)).unwrap();
    let asks = person.visit(&client.authorization("openid", &[("max_age", "60")])).await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    let mut form = asks.form_with("login", None).with("totpToken", &totp_code(&key, instance.clock.now()));
    form.action.set_path("/users/2fa-sign-in-with-totp");
    assert_eq!(person.submit(form).await.url.path(), "/users/start-sign-in", "it stands for no password");
    let asks = person.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    let back = give(&person, &asks, &totp_code(&key, instance.clock.now())).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["auth_time"], signed_in_at);
}

async fn subjects(instance: &Instance) -> Vec<String> {
    instance.mails_to(ADDRESS).await.into_iter().map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn sec_80_the_owner_is_told_of_other_codes_of_a_factor_on_demand_and_of_another_application() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let (key, _) = protected(&instance, &person).await;
    person.submit(person.visit("/double-authentication").await.form_to("recovery-codes")).await;
    assert_eq!(subjects(&instance).await[0], "De nouveaux codes de secours ont été créés");
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    let page = person.visit("/double-authentication").await;
    person.submit(page.form_to("set-force-2fa").with("force2fa", "disable")).await;
    assert_eq!(subjects(&instance).await[0], "Le second facteur n’est plus demandé à chaque connexion");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let offer = person.visit("/totp-configuration?lang=en").await;
    let other = totp_key(&offer);
    give(&person, &offer, &totp_code(&other, instance.clock.now())).await;
    assert_eq!(subjects(&instance).await[0], "A second factor protects your account");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let (again, client) = (instance.person(), instance.standard_client());
    sign_in(&again).await;
    let asks = again.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    assert_eq!(give(&again, &asks, &totp_code(&key, instance.clock.now())).await.status, 400, "the key before is dead");
    client.code(&give(&again, &asks, &totp_code(&other, instance.clock.now())).await);
}

#[tokio::test]
async fn sec_78_a_suspended_application_leaves_the_recovery_codes() {
    let instance = Instance::dev().await;
    let (key, recovery) = protected(&instance, &instance.person()).await;
    for _ in 0..20 {
        let person = instance.person();
        let asks = sign_in(&person).await;
        for _ in 0..5 {
            person.post(asks.form_with("totpToken", None).with("totpToken", "000000")).await;
        }
        instance.clock.advance(Duration::from_secs(900)).unwrap();
    }
    let person = instance.person();
    let asks = sign_in(&person).await;
    let told = give(&person, &asks, &totp_code(&key, instance.clock.now())).await;
    assert!(told.status == 400 && told.text("main").contains("suspendu"), "{}", told.body);
    assert!(subjects(&instance).await.contains(&String::from("Le second facteur de votre compte est suspendu")));
    let form = asks.form_with("recovery_code", None);
    assert!(person.submit(form.with("recovery_code", &recovery[0])).await.has("a[href='/double-authentication']"));
}

#[tokio::test]
async fn sec_77_a_code_is_accepted_once_alone_or_four_at_once() {
    let instance = Instance::dev().await;
    let (key, _) = protected(&instance, &instance.person()).await;
    let code = totp_code(&key, instance.clock.now());
    let mut people = Vec::new();
    for _ in 0..4 {
        let person = instance.person();
        let asks = sign_in(&person).await;
        assert_eq!(asks.url.path(), "/users/2fa-sign-in");
        people.push((person, asks));
    }
    let uses = people.iter().map(|(person, asks)| give(person, asks, &code));
    let answers = join_all(uses).await;
    assert_eq!(answers.iter().filter(|answer| answer.url.path() == "/").count(), 1);
    let late = instance.person();
    let asks = sign_in(&late).await;
    assert_eq!(give(&late, &asks, &code).await.status, 400);
    for seconds in [60, 120] {
        let old = totp_code(&key, moncomptepro::protocol::Timestamp(instance.clock.now().0 - seconds));
        assert_ne!(give(&late, &asks, &old).await.status, 200, "two steps back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_10_sec_77_of_sixty_four_sessions_that_give_one_code_at_once_one_goes_on() {
    let instance = Instance::dev().await;
    let (key, _) = protected(&instance, &instance.person()).await;
    let mut people = Vec::new();
    for _ in 0..64 {
        let person = instance.person();
        let asks = sign_in(&person).await;
        people.push((person, asks));
    }
    for _ in 0..2 {
        let code = totp_code(&key, instance.clock.now());
        let answers = join_all(people.iter().map(|(person, asks)| give(person, asks, &code))).await;
        let went_on: Vec<bool> = answers.iter().map(|answer| answer.url.path() == "/").collect();
        assert_eq!(went_on.iter().filter(|went_on| **went_on).count(), 1);
        let mut went_on = went_on.into_iter();
        people.retain(|_| !went_on.next().unwrap());
        instance.clock.advance(Duration::from_secs(15 * 60)).unwrap();
    }
}

#[tokio::test]
async fn sec_78_five_wrong_codes_in_a_quarter_of_an_hour_over_every_session_and_route() {
    let instance = Instance::dev().await;
    let (key, recovery) = protected(&instance, &instance.person()).await;
    let (first, second) = (instance.person(), instance.person());
    let (asks, asks_second) = (sign_in(&first).await, sign_in(&second).await);
    for _ in 0..3 {
        assert_eq!(give(&first, &asks, "000000").await.status, 400);
    }
    let form = asks_second.form_with("recovery_code", None);
    for _ in 0..2 {
        assert_eq!(second.post(form.clone().with("recovery_code", "abcd-efgh-ijkl-mnop")).await.status, 400);
    }
    let right = totp_code(&key, instance.clock.now());
    let refused = give(&first, &asks, &right).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "840"), "even the right one");
    assert_eq!(second.post(form.clone().with("recovery_code", &recovery[0])).await.status, 429);
    let third = instance.person();
    let asks = sign_in(&third).await;
    assert_eq!(give(&third, &asks, &right).await.status, 429, "a right password gives no new tries");
    instance.clock.advance(Duration::from_secs(900)).unwrap();
    assert_eq!(give(&third, &asks, &totp_code(&key, instance.clock.now())).await.url.path(), "/");
}

#[tokio::test]
async fn sec_79_a_recovery_code_takes_the_place_of_the_application_once() {
    let instance = Instance::dev().await;
    let owner = instance.person();
    let (_, recovery) = protected(&instance, &owner).await;
    assert_eq!(recovery.len(), 10);
    let person = instance.person();
    let asks = sign_in(&person).await;
    let typed = recovery[0].to_uppercase().replace('-', " ");
    let form = asks.form_with("recovery_code", None);
    let left = person.submit(form.with("recovery_code", &typed)).await;
    assert!(left.text("main").contains("9 codes"), "what is left is seen before anything else");
    let managed = person.visit(&left.attribute("a.primary", "href").unwrap()).await;
    assert_eq!(managed.url.path(), "/double-authentication", "and where to see to it");
    assert_eq!(person.visit(&left.attribute("a.secondary", "href").unwrap()).await.url.path(), "/");
    let mail = &instance.mails_to(ADDRESS).await[0];
    assert!(mail.subject.contains("code de secours") && mail.text.contains('9'), "{}", mail.text);
    let person = instance.person();
    let asks = sign_in(&person).await;
    let form = asks.form_with("recovery_code", None);
    assert_eq!(person.post(form.with("recovery_code", &recovery[0])).await.status, 400, "once");
    let page = owner.visit("/double-authentication").await;
    let fresh = owner.submit(page.form_to("recovery-codes")).await;
    assert!(!fresh.text(".codes").contains(&recovery[1]));
    let form = asks.form_with("recovery_code", None);
    assert_eq!(person.post(form.with("recovery_code", &recovery[1])).await.status, 400, "new ones end the old ones");
}

#[tokio::test]
async fn sec_73_a_reset_by_mail_leaves_the_second_factor_where_it_is() {
    let instance = Instance::dev().await;
    let (key, _) = protected(&instance, &instance.person()).await;
    let person = instance.person();
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let asks = person.visit(&instance.link_of(ADDRESS).await).await;
    let password = "une phrase de passe assez longue";
    let form = asks.form_with("password", None).with("password", password).with("password_confirmation", password);
    assert_eq!(person.submit(form).await.status, 200);
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.sign_in(page, ADDRESS, password).await;
    assert_eq!(asks.url.path(), "/users/2fa-sign-in");
    assert_eq!(person.visit("/").await.url.path(), "/users/2fa-sign-in", "no page before it");
    assert_eq!(give(&person, &asks, &totp_code(&key, instance.clock.now())).await.url.path(), "/");
}

#[tokio::test]
async fn sec_80_sec_93_what_protects_the_account_wants_the_second_factor_even_where_sign_ins_do_not() {
    let instance = Instance::dev().await;
    let owner = instance.person();
    let (key, _) = protected(&instance, &owner).await;
    let page = owner.visit("/double-authentication").await;
    owner.submit(page.form_to("set-force-2fa").with("force2fa", "disable")).await;
    let thief = instance.person();
    assert_eq!(sign_in(&thief).await.url.path(), "/", "on demand only");
    let account = ["", "/email", "/password", "/my-data", "/sign-in-history"];
    let account = account.map(|page| format!("/connection-and-account{page}"));
    let factors = ["/double-authentication", "/totp-configuration", "/users/delete"];
    for page in factors.into_iter().chain(account.iter().map(String::as_str)) {
        assert_eq!(thief.visit(page).await.url.path(), "/users/2fa-sign-in", "{page}");
    }
    let token = thief.visit("/").await.attribute("input[name=_csrf]", "value").unwrap();
    let changes = ["/delete-totp-configuration", "/recovery-codes", "/set-force-2fa", "/users/delete"];
    for path in changes.into_iter().chain(account.iter().skip(1).take(3).map(String::as_str)) {
        let action = instance.address.parse::<url::Url>().unwrap().join(path).unwrap();
        let answer = thief.post(Form { action, fields: vec![(String::from("_csrf"), token.clone())] }).await;
        assert_eq!(answer.status, 303, "{path}");
    }
    let asks = thief.visit("/double-authentication").await;
    let back = give(&thief, &asks, &totp_code(&key, instance.clock.now())).await;
    assert_eq!(back.url.path(), "/double-authentication", "it comes back to the page");
    assert!(back.text("main").contains("10 codes"), "and what was sent before has done nothing");
    let gone = thief.submit(back.form_to("delete-totp-configuration")).await;
    assert!(gone.text(".notification").contains("supprimée"));
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("supprimé"));
}

#[tokio::test]
async fn sec_29_a_service_that_demands_two_factors_gets_them_and_says_which() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    let choice = person.sign_in(page, ADDRESS, ADDRESS).await;
    assert_eq!(choice.url.path(), "/users/double-authentication-choice", "one is set up on the way");
    let offer = person.visit(&choice.attribute("a.secondary", "href").unwrap()).await;
    let key = totp_key(&offer);
    let codes = give(&person, &offer, &totp_code(&key, instance.clock.now())).await;
    let back = person.visit(&codes.attribute("a.primary", "href").unwrap()).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["acr"], "https://refeds.org/profile/mfa");
    assert_eq!(members["amr"], json!(["pwd", "otp", "mfa"]));
    let other = instance.person();
    let back = client.sign_in(&other, "openid", ADDRESS).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!((&members["acr"], &members["amr"]), (&json!("eidas1"), &json!(["pwd"])), "elsewhere one is enough");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let asks = other.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    assert_eq!(asks.url.path(), "/users/2fa-sign-in");
    let back = give(&other, &asks, &totp_code(&key, instance.clock.now())).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["acr"], "https://refeds.org/profile/mfa");
    let silent = instance.person();
    sign_in(&silent).await;
    let refused = silent.visit(&client.authorization("openid", &[("claims", MFA), ("prompt", "none")])).await;
    assert_eq!(refused.redirect_parameters()["error"], "interaction_required");
}

#[tokio::test]
async fn an_operator_who_requires_two_factors_gets_them_from_everybody_and_not_from_a_stale_sign_in() {
    let instance = Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        Config { accounts: Accounts { require_second_factor: true, ..config.accounts }, ..config }
    });
    let instance = instance.await;
    let person = instance.person();
    assert_eq!(sign_in(&person).await.url.path(), "/users/double-authentication-choice");
    instance.clock.advance(Duration::from_secs(16 * 60)).unwrap();
    let again = person.visit("/users/totp-configuration").await;
    assert_eq!(again.url.path(), "/users/start-sign-in", "SEC-80: nothing is set up with an old proof");
    let choice = person.sign_in(again, ADDRESS, ADDRESS).await;
    let offer = person.visit(&choice.attribute("a.secondary", "href").unwrap()).await;
    let key = totp_key(&offer);
    let codes = give(&person, &offer, &totp_code(&key, instance.clock.now())).await;
    assert_eq!(person.visit(&codes.attribute("a.primary", "href").unwrap()).await.url.path(), "/");
}

#[tokio::test]
async fn sec_62_a_password_beside_which_a_second_factor_is_always_asked_may_be_shorter() {
    for (is_required, password, status) in
        [(true, "qv8 mz2 plr!", 200), (true, "qv8 mz2 plr", 400), (false, "qv8 mz2 plr!", 400)]
    {
        let instance = Instance::start(|port| {
            let config = Config::dev(DevOptions::default(), port);
            Config { accounts: Accounts { require_second_factor: is_required, ..config.accounts }, ..config }
        });
        let instance = instance.await;
        let link =
            acts::issue_password_link(&instance.app, &By::local(Actor::Operator), UserId(1)).await.unwrap().unwrap();
        let person = instance.person();
        let page = person.visit(&format!("/users/change-password?reset_password_token={link}")).await;
        assert!(page.text("main").contains(if is_required { "12\u{a0}caractères" } else { "15\u{a0}caractères" }));
        let form = page.form_with("password", None).with("password", password).with("password_confirmation", password);
        assert_eq!(person.submit(form).await.status, status, "{password}");
    }
}

#[tokio::test]
async fn sec_80_a_password_alone_sets_nothing_up_in_a_browser_that_is_not_trusted() {
    let instance = Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        Config { accounts: Accounts { require_second_factor: true, ..Accounts::STANDARD }, ..config }
    });
    let instance = instance.await;
    let thief = instance.person();
    assert_eq!(sign_in(&thief).await.url.path(), "/users/verify-email");
    assert_eq!(thief.visit("/users/totp-configuration").await.url.path(), "/users/verify-email");
}

#[tokio::test]
async fn whoever_does_not_know_what_they_own_is_asked_and_led_to_a_second_factor() {
    let instance = Instance::dev().await;
    let person = instance.person();
    sign_in(&person).await;
    let follow = async |answers: &[&str]| {
        let mut page = person.visit("/mfa-decision-helper").await;
        for answer in answers {
            let href = page.attribute(&format!(".tiles a[href*='/{answer}']"), "href").unwrap();
            page = person.visit(&href).await;
        }
        page
    };
    let leads_to = |page: &Page| page.attribute("a.primary", "href");
    assert_eq!(leads_to(&follow(&["passkey"]).await).as_deref(), Some("/double-authentication"));
    let software = follow(&["can-install-software", "software"]).await;
    assert_eq!(leads_to(&software).as_deref(), Some("/totp-configuration"));
    assert!(software.has("a[href='/mfa-decision-helper']"), "one can begin again");
    let app = follow(&["can-install-software", "smartphone", "app"]).await;
    assert_eq!(leads_to(&app).as_deref(), Some("/totp-configuration"));
    let help = follow(&["can-install-software", "smartphone", "external-help-needed"]).await;
    assert!(leads_to(&help).is_none() && help.text("main").contains("service informatique"));
    assert_eq!(person.visit("/mfa-decision-helper/something").await.status, 404);
    let elsewhere = person.visit("/users/mfa-decision-helper/app").await;
    assert_eq!(elsewhere.url.path(), "/", "where no sign-in demands one");
    let (other, client) = (instance.person(), instance.standard_client());
    let page = other.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    let choice = other.sign_in(page, ADDRESS, ADDRESS).await;
    let asks = other.visit(&choice.attribute("a[href*='mfa-decision-helper']", "href").unwrap()).await;
    let next = other.visit(&asks.attribute(".tiles a[href*='/can-install-software']", "href").unwrap()).await;
    let next = other.visit(&next.attribute(".tiles a[href*='/software']", "href").unwrap()).await;
    let offer = other.visit(&leads_to(&next).unwrap()).await;
    assert_eq!(offer.url.path(), "/users/totp-configuration");
}
