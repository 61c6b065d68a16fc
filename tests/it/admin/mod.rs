//! The console of administration: who enters it, and what each role sees and does there.

mod applicants;
mod authors;
mod decisions;
mod entrance;
mod files;
mod four_eyes;
mod moderations;
mod organizations;
mod reach;
mod refusals;
mod reopening;
mod roles;
mod team;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{UserKey, grant_role};
use moncomptepro::domain::{Actor, Role, User};
use moncomptepro::store::{Tx, users};

use crate::support::{Instance, Page, Person, totp_code, totp_key};

/// The administrator among the seeds.
pub(crate) const ADMINISTRATOR: &str = "administration@yopmail.com";
/// Somebody else, who has no role.
pub(crate) const JEAN: &str = "user@yopmail.com";

pub(crate) fn key_of(address: &str) -> UserKey {
    UserKey::Email(address.parse().unwrap())
}

/// Somebody is given a role.
pub(crate) async fn grant(instance: &Instance, address: &str, role: Role) {
    let by = By::local(Actor::System);
    grant_role(&instance.app, &by, key_of(address), role, true).await.unwrap().unwrap();
}

/// Somebody has no role any more, whoever they were.
pub(crate) async fn dismiss(instance: &Instance, address: &str) {
    let email = address.parse().unwrap();
    let job = move |tx: &mut Tx<'_>| {
        let user = users::find_by_email(tx, &email)?.unwrap();
        users::update(tx, &User { role: None, ..user })
    };
    instance.app.store.write(job).await.unwrap();
}

fn password_of(address: &str) -> &str {
    if address == JEAN { JEAN } else { "password123" }
}

/// Somebody signs in with a password, and no more.
pub(crate) async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let asks = person.visit("/users/start-sign-in").await;
    person.sign_in(asks, address, password_of(address)).await;
    person
}

/// They set an application up where they are led: the page after it, and the key.
pub(crate) async fn set_up(instance: &Instance, person: &Person, asks: &Page) -> (Page, String) {
    assert_eq!(asks.url.path(), "/users/double-authentication-choice", "{}", asks.text("main"));
    let offer = person.visit(&asks.attribute("a[href^='/users/totp-configuration']", "href").unwrap()).await;
    let key = totp_key(&offer);
    let form = offer.form_with("totpToken", None).with("totpToken", &totp_code(&key, instance.clock.now()));
    let codes = person.submit(form).await;
    let on = codes.attribute("main a.primary", "href").unwrap_or_else(|| panic!("{}", codes.body));
    (person.visit(&on).await, key)
}

/// Somebody signs in, sets a second factor up and enters the console.
pub(crate) async fn at_work(instance: &Instance, address: &str) -> (Person, String) {
    let person = signed_in(instance, address).await;
    let asks = person.visit("/admin/sign-in").await;
    let (entrance, key) = set_up(instance, &person, &asks).await;
    assert_eq!(entrance.url.path(), "/admin/sign-in", "{}", entrance.text("main"));
    let home = person.submit(entrance.form_to("admin/sign-in")).await;
    assert_eq!((home.status.as_u16(), home.url.path()), (200, "/admin"), "{}", home.text("main"));
    (person, key)
}

/// The same for somebody who is given the role for it.
pub(crate) async fn officer(instance: &Instance, address: &str, role: Role) -> Person {
    grant(instance, address, role).await;
    at_work(instance, address).await.0
}

/// Everything that is recorded of the console: somebody enters, looks at an organization, takes a file, leaves, is refused.
pub(crate) async fn deeds(instance: &Instance) {
    let (person, _) = at_work(instance, ADMINISTRATOR).await;
    let card = person.visit("/admin/organizations/1").await;
    person.submit(card.form_to("organizations/1/refresh")).await;
    assert_eq!(person.get("/admin/organizations.csv").await.status, 200);
    let home = person.visit("/admin/team").await;
    person.submit(home.form_to("admin/sign-out")).await;
    let stranger = signed_in(instance, "user19@yopmail.com").await;
    let mut form = stranger.visit("/").await.sign_out_form();
    form.action.set_path("/admin/sign-in");
    assert_eq!(stranger.post(form).await.status, 404);
}
