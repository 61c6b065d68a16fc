//! The entrance: a second factor proven a short while ago, a session of its own, and how it ends.

use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{revoke_role, sign_out_user};
use moncomptepro::config::{Config, DevOptions, Limits};
use moncomptepro::domain::{Actor, AuditEvent, Role, RoleName};

use super::{ADMINISTRATOR, JEAN, at_work, grant, key_of, officer, set_up, signed_in};
use crate::support::{Instance, Person, totp_code};

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

fn events(instance: &Instance) -> Vec<AuditEvent> {
    let is_ours = |event: &AuditEvent| {
        matches!(
            event,
            AuditEvent::AdministrationEntered { .. }
                | AuditEvent::AdministrationLeft { .. }
                | AuditEvent::AdministrationRefused { .. }
        )
    };
    instance.audit().into_iter().map(|record| record.event).filter(is_ours).collect()
}

/// Where somebody is led who asks for the console.
async fn led(person: &Person) -> String {
    person.visit("/admin").await.url.path().to_owned()
}

#[tokio::test]
async fn sec_138_whoever_has_no_second_factor_sets_one_up_first_and_comes_back_to_the_entrance() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADMINISTRATOR).await;
    let home = person.visit("/").await;
    assert!(home.has("nav a[href='/admin']"), "who has a role is shown the way");
    let asks = person.visit("/admin").await;
    let (entrance, _) = set_up(&instance, &person, &asks).await;
    assert_eq!(entrance.url.path(), "/admin/sign-in");
    assert!(entrance.text("main").contains("administrateur") && entrance.text("main").contains("Camille Vasseur"));
    assert_eq!(led(&person).await, "/admin/sign-in", "a user session alone opens nothing, with whatever proof");
    let home = person.submit(entrance.form_to("admin/sign-in")).await;
    assert_eq!(home.url.path(), "/admin");
    assert!(home.text("nav.office").contains("Équipe"));
    let [AuditEvent::AdministrationEntered { role, .. }] = events(&instance)[..] else { panic!() };
    assert_eq!(role, RoleName::Administrator);
}

#[tokio::test]
async fn sec_93_sec_138_a_second_factor_of_long_ago_is_given_anew_and_a_password_is_not_enough() {
    let instance = Instance::dev().await;
    let (first, key) = at_work(&instance, ADMINISTRATOR).await;
    let person = signed_in(&instance, ADMINISTRATOR).await;
    let asks = person.visit("/admin").await;
    assert_eq!(asks.url.path(), "/users/2fa-sign-in");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let form = asks.form_with("totpToken", None).with("totpToken", &totp_code(&key, instance.clock.now()));
    let entrance = person.submit(form).await;
    assert_eq!(entrance.url.path(), "/admin/sign-in");
    instance.clock.advance(Duration::from_secs(15 * 60 + 1)).unwrap();
    let late = person.submit(entrance.form_to("admin/sign-in")).await;
    assert_eq!(late.url.path(), "/users/sign-in", "an old proof opens nothing: it is made anew");
    assert_eq!(led(&person).await, "/users/sign-in");
    assert_eq!(led(&first).await, "/admin", "what is open stays open");
}

#[tokio::test]
async fn sec_89_entering_again_gives_a_new_handle_and_the_one_before_is_dead() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let before = person.administration_cookie();
    let entrance = person.visit("/admin/sign-in").await;
    person.submit(entrance.form_to("admin/sign-in")).await;
    assert_ne!(person.administration_cookie(), before);
    assert_eq!(led(&person).await, "/admin");
    person.plant_cookie(&before);
    assert_eq!(led(&person).await, "/admin/sign-in");
}

#[tokio::test]
async fn sec_88_sec_138_the_cookie_of_administration_opens_nothing_in_another_session() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let thief = officer(&instance, JEAN, Role::Reader).await;
    thief.plant_cookie(&person.administration_cookie());
    assert_eq!(led(&thief).await, "/admin/sign-in", "of another person");
    let again = instance.person();
    again.plant_cookie(&person.administration_cookie());
    assert_eq!(led(&again).await, "/users/start-sign-in", "nor alone");
    person.submit(person.visit("/").await.sign_out_form()).await;
    let asks = person.visit("/users/start-sign-in").await;
    let cookie = person.administration_cookie();
    person.sign_in(asks, ADMINISTRATOR, "password123").await;
    person.plant_cookie(&cookie);
    assert_eq!(led(&person).await, "/users/2fa-sign-in", "nor in another session of the same person");
}

#[tokio::test]
async fn sec_90_administration_ends_after_half_an_idle_hour_and_after_eight_in_all() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    instance.clock.advance(HALF_AN_HOUR.saturating_sub(Duration::from_secs(1))).unwrap();
    assert_eq!(led(&person).await, "/admin");
    instance.clock.advance(HALF_AN_HOUR).unwrap();
    assert_ne!(led(&person).await, "/admin", "unused");
    let (person, _) = {
        let instance = &instance;
        let person = signed_in(instance, JEAN).await;
        grant(instance, JEAN, Role::Reader).await;
        drop(person);
        at_work(instance, JEAN).await
    };
    for _ in 0..23 {
        instance.clock.advance(Duration::from_secs(20 * 60)).unwrap();
        assert_eq!(led(&person).await, "/admin");
    }
    instance.clock.advance(Duration::from_secs(19 * 60 + 59)).unwrap();
    assert_eq!(led(&person).await, "/admin");
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert_ne!(led(&person).await, "/admin", "however much it is used");
}

#[tokio::test]
async fn sec_138_administration_is_left_and_ends_with_the_role_the_account_and_every_session() {
    let instance = Instance::dev().await;
    let by = By::local(Actor::System);
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let cookie = person.administration_cookie();
    let home = person.visit("/admin").await;
    let out = person.submit(home.form_to("admin/sign-out")).await;
    assert_eq!(out.url.path(), "/", "and one stays signed in");
    person.plant_cookie(&cookie);
    assert_eq!(led(&person).await, "/admin/sign-in");
    assert!(matches!(events(&instance)[0], AuditEvent::AdministrationLeft { .. }));

    let reader = officer(&instance, JEAN, Role::Reader).await;
    revoke_role(&instance.app, &by, key_of(JEAN), false).await.unwrap().unwrap();
    assert_eq!(reader.get("/admin").await.status, 404, "SEC-91: the role is read at each request");
    grant(&instance, JEAN, Role::Reader).await;
    assert_eq!(led(&reader).await, "/admin/sign-in", "a role that is given again opens nothing that was open before");
    let entrance = reader.visit("/admin/sign-in").await;
    assert_eq!(reader.submit(entrance.form_to("admin/sign-in")).await.url.path(), "/admin");
    grant(&instance, JEAN, Role::Administrator).await;
    assert_eq!(led(&reader).await, "/admin/sign-in", "nor does another role");
    let entrance = reader.visit("/admin/sign-in").await;
    assert_eq!(reader.submit(entrance.form_to("admin/sign-in")).await.url.path(), "/admin");
    sign_out_user(&instance.app, &by, key_of(JEAN)).await.unwrap().unwrap();
    assert_eq!(led(&reader).await, "/users/start-sign-in", "signed out everywhere");

    let other = officer(&instance, "user19@yopmail.com", Role::Reader).await;
    instance.disable("user19@yopmail.com").await;
    assert_eq!(led(&other).await, "/users/start-sign-in", "a closed account");
}

#[tokio::test]
async fn sec_138_whoever_takes_their_last_second_factor_away_is_out_and_enters_with_another_one_only() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let entrance = person.visit("/admin/sign-in").await;
    let factors = person.visit("/double-authentication").await;
    person.submit(factors.form_to("delete-totp-configuration")).await;
    assert_ne!(led(&person).await, "/admin", "what was open is not any more");
    let entered = person.submit(entrance.form_to("admin/sign-in")).await;
    assert_ne!(entered.url.path(), "/admin", "the proof of a short while ago was by a factor that is gone");
    let asks = person.visit("/admin/sign-in").await;
    let (entrance, _) = set_up(&instance, &person, &asks).await;
    assert_eq!(person.submit(entrance.form_to("admin/sign-in")).await.url.path(), "/admin");
}

#[tokio::test]
async fn sec_138_whoever_has_no_role_is_told_that_there_is_no_such_page() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let home = person.visit("/").await;
    assert!(!home.has("a[href='/admin']"));
    for path in ["/admin", "/admin/sign-in"] {
        let page = person.get(path).await;
        assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (404, Some("not_found")), "{path}");
        assert!(!page.text("main").to_lowercase().contains("administration"), "{path}");
    }
    assert_eq!(events(&instance), [], "looking is no attempt");
    let mut form = home.sign_out_form();
    form.action.set_path("/admin/sign-in");
    assert_eq!(person.post(form).await.status, 404);
    assert!(matches!(events(&instance)[..], [AuditEvent::AdministrationRefused { .. }]));
}

#[tokio::test]
async fn sec_138_administration_is_reached_only_from_where_the_operator_allows() {
    let allowed = |networks: &'static str| {
        move |port| Config {
            limits: Limits {
                administration_sources: vec![networks.parse().unwrap()],
                ..Config::dev(DevOptions::default(), port).limits
            },
            ..Config::dev(DevOptions::default(), port)
        }
    };
    let instance = Instance::start(allowed("192.0.2.0/24")).await;
    let person = signed_in(&instance, ADMINISTRATOR).await;
    assert_eq!(person.get("/admin").await.status, 404);
    assert_eq!(person.get("/admin/sign-in").await.status, 404);
    let instance = Instance::start(allowed("127.0.0.0/8")).await;
    at_work(&instance, ADMINISTRATOR).await;
}

#[tokio::test]
async fn sec_139_the_forms_of_the_console_have_their_fields_and_no_other() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let home = person.visit("/admin").await;
    let refused = person.post(home.form_to("admin/sign-out").with("user_id", "1")).await;
    assert_eq!(refused.status, 400);
    assert_eq!(led(&person).await, "/admin", "and nothing was done");
}
