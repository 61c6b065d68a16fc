//! Forms are read for the fields that they have: what a person adds to one is nobody's (SEC-102).

use std::time::Duration;

use moncomptepro::config::DevOptions;
use moncomptepro::domain::{SecondFactorUse, User, UserId, Verification};
use moncomptepro::site;
use moncomptepro::store::{memberships, users};
use moncomptepro::web::{Guard, Input};

use crate::support::{Form, Instance, Operator, Person};

const ADDRESS: &str = "user@yopmail.com";
const NEW: &str = "nouvelle@mairie.exemple.fr";
const VICTIM: &str = "editeur@yopmail.com";
const PASSWORD: &str = "une phrase de passe assez longue";
const SIRET: &str = "21340172201787";

/// Everything of an account that nobody writes by a form, under the names that it has here and elsewhere.
const WISHES: [(&str, &str); 30] = [
    ("email_verified", "true"),
    ("email_verified_at", "1"),
    ("user[email_verified]", "true"),
    ("role", "administrator"),
    ("roles[]", "administrator"),
    ("is_admin", "true"),
    ("id", "1"),
    ("user_id", "1"),
    ("sub", "1"),
    ("uid", "1"),
    ("epoch", "9"),
    ("state", "active"),
    ("second_factor", "none"),
    ("force_2fa", "false"),
    ("mfa", "false"),
    ("organization_id", "1"),
    ("verification", "proof_received"),
    ("verification_type", "proof_received"),
    ("is_external", "false"),
    ("needs_official_contact_email_verification", "false"),
    ("is_trusted", "true"),
    ("trusted", "true"),
    ("password_hash", "$2b$04$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K"),
    ("encrypted_password", "x"),
    ("created_at", "1"),
    ("imported_at", "1"),
    ("sign_in_count", "99"),
    ("additional_claims[acr]", "eidas3"),
    ("acr", "https://refeds.org/profile/mfa"),
    ("amr", "mfa"),
];

fn wished(form: Form) -> Form {
    WISHES.iter().fold(
        form,
        |form, (name, value)| {
            if form.fields.iter().any(|(own, _)| own == name) { form } else { form.with(name, value) }
        },
    )
}

fn find(instance: &Instance, address: &str) -> Option<User> {
    instance.app.store.read(|tx| users::find_by_email(tx, &address.parse().unwrap())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_102_an_account_is_opened_with_what_its_forms_ask_and_with_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let (instance, operator) = (Instance::dev_with(options).await, Operator::at(directory.path()));
    let (person, victim) = (instance.person(), find(&instance, VICTIM).unwrap());
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(wished(page.form_with("login", None)).with("login", NEW)).await;
    let form = wished(asks.form_with("password_confirmation", None)).with("email", VICTIM);
    let waits = person.submit(form.with("password", PASSWORD).with("password_confirmation", PASSWORD)).await;
    assert!(find(&instance, NEW).is_none(), "SEC-103: no account before the mailbox is proven");
    let wrong = wished(waits.form_with("verify_email_token", None)).with("verify_email_token", "0000000000");
    assert_eq!(person.submit(wrong.with("email", VICTIM)).await.status, 400);
    assert!(find(&instance, NEW).is_none());
    let code = instance.code_of(NEW).await;
    let form = wished(waits.form_with("verify_email_token", None)).with("verify_email_token", &code);
    let names = person.submit(form.with("email", VICTIM)).await;
    assert_eq!(names.url.path(), "/users/personal-information");
    let form = wished(names.form_with("given_name", None)).with("given_name", "Élodie").with("family_name", "Ben Saïd");
    person.submit(form.with("email", VICTIM)).await;
    assert_as_opened(&find(&instance, NEW).unwrap(), &instance);

    operator.asks(&["user", "invite", "marie@mairie.example", "--organization", SIRET, "--external"]).await;
    let guest = instance.person();
    let page = guest.visit(&instance.link_of("marie@mairie.example").await).await;
    let form = wished(page.form_with("password", None)).with("email", VICTIM).with("organization", "1");
    guest.submit(form.with("password", PASSWORD).with("password_confirmation", PASSWORD)).await;
    let opened = find(&instance, "marie@mairie.example").unwrap();
    assert_as_opened(&opened, &instance);
    let links = instance.app.store.read(|tx| memberships::list_of_user(tx, opened.id)).unwrap();
    assert_eq!(links.len(), 1);
    assert!(links[0].is_external && links[0].verification == Verification::Invitation);
    assert_eq!(find(&instance, VICTIM).unwrap(), victim, "nor is another touched");
}

fn assert_as_opened(user: &User, instance: &Instance) {
    assert!(user.id.0 > 1_000_000_000, "R-1");
    assert!(user.role.is_none() && user.additional_claims.is_empty() && user.imported_at.is_none());
    assert_eq!((user.second_factor, user.epoch, user.sign_in_count), (SecondFactorUse::None, 0, 1));
    assert_eq!((user.created_at, user.email_verified_at), (instance.clock.now(), Some(instance.clock.now())));
}

/// What a form may not write of an account.
fn untouchable(user: User) -> User {
    let fresh = User::new(user.id, user.email.clone(), user.created_at);
    User { information: fresh.information, updated_at: fresh.updated_at, locale: None, ..user }
}

#[tokio::test]
async fn sec_102_no_form_of_an_account_writes_what_it_does_not_ask() {
    let instance = Instance::dev().await;
    let person: Person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let user = || find(&instance, ADDRESS).unwrap();
    let links = || instance.app.store.read(|tx| memberships::list_of_user(tx, UserId(1))).unwrap();
    let (before, links_before) = (untouchable(user()), links());
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    let mut tried = 0;
    for declaration in site::routes(&instance.app).declarations() {
        let is_of_an_account = matches!(declaration.guard, Guard::Visitor | Guard::Person | Guard::RecentProof(_));
        let ends_the_story = ["sign-out", "/users/delete", "/_"].iter().any(|part| declaration.path.contains(part));
        if declaration.input != Input::Submission || !is_of_an_account || ends_the_story {
            continue;
        }
        let home = person.visit("/personal-information").await;
        let form = wished(home.form_with("given_name", None)).with("email", VICTIM).with("login", ADDRESS);
        let token = form.fields.iter().find(|(name, _)| name == "_csrf").unwrap().1.clone();
        let bare = form.without("given_name").without("family_name");
        let mut form = bare.with("_csrf", &token);
        form.action.set_path(&declaration.path.replace("{id}", "999999"));
        let answer = person.post(form).await;
        assert!(answer.status.as_u16() < 500, "{}: {}", declaration.path, answer.body);
        assert_eq!(untouchable(user()), before, "{}", declaration.path);
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    assert_eq!(links(), links_before);
    // And the one that writes of the account, with all that it asks.
    let page = person.visit("/personal-information").await;
    person.submit(wished(page.form_with("given_name", None)).with("given_name", "Élodie").with("email", VICTIM)).await;
    assert_eq!(user().information.given_name.as_deref(), Some("Élodie"));
    assert_eq!(untouchable(user()), before);
}
