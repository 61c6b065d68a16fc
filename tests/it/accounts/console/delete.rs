//! A person deletes their account.

use moncomptepro::config::DevOptions;
use moncomptepro::domain::{AuditEvent, Role, User, UserId};
use moncomptepro::store::users;

use crate::support::{Instance, Page, Person, stored};

const ADDRESS: &str = "user@red-needles-sarl.com";
const PAGE: &str = "/users/delete";

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let start = person.visit("/").await;
    person.sign_in(start, ADDRESS, ADDRESS).await;
    person
}

async fn confirm(person: &Person, page: &Page) -> Page {
    person.submit(page.main_form().with("confirmed", "yes")).await
}

async fn set_role(instance: &Instance, role: Option<Role>) {
    let write = move |tx: &mut moncomptepro::store::Tx| {
        let email = ADDRESS.parse().unwrap();
        let user = users::find_by_email(tx, &email)?.unwrap();
        users::update(tx, &User { role: role.clone(), ..user })
    };
    instance.app.store.write(write).await.unwrap();
}

#[tokio::test]
async fn sec_168_whoever_leaves_is_erased_signed_out_and_told_by_mail() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let instance = Instance::dev_with(options).await;
    let (person, elsewhere, client) =
        (signed_in(&instance).await, signed_in(&instance).await, instance.standard_client());
    let token = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let information = person.visit("/personal-information").await;
    person.submit(information.form_with("given_name", None).with("given_name", "Philibert")).await;
    let account = person.visit("/connection-and-account").await;
    let page = person.visit(&account.attribute("main a[href='/users/delete']", "href").unwrap()).await;
    assert!(page.text("main").contains(ADDRESS));
    let (session, browser) = (person.session_cookie(), person.browser_cookie());
    let left = confirm(&person, &page).await;
    assert_eq!((left.status.as_u16(), left.url.path()), (200, "/users/start-sign-in"));
    assert!(left.text("[role=status]").contains("supprimé"));
    assert!(!left.has(".person"), "nobody is signed in");
    assert_ne!(person.browser_cookie(), browser, "SEC-89");
    assert_eq!(elsewhere.visit("/").await.url.path(), "/users/start-sign-in");
    assert_eq!(client.userinfo(&token.access_token).await.status, 401);
    let thief = instance.person();
    thief.plant_cookie(&session);
    assert_eq!(thief.visit("/").await.url.path(), "/users/start-sign-in");
    let mails = person.get(&format!("/_dev/api/mailbox?to={ADDRESS}")).await.json();
    let subjects: Vec<&str> = mails.as_array().unwrap().iter().map(|mail| mail["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Votre compte est supprimé"], "those of before are erased");
    let erased = |event: &AuditEvent| matches!(event, AuditEvent::UserErased { .. });
    assert!(instance.audit().iter().any(|record| erased(&record.event)));
    let report = instance.app.store.check(instance.clock.now()).unwrap();
    assert!(report.is_sound(), "no index leads to what is gone: {:?}", report.findings);
    instance.stop().await;
    for text in [ADDRESS, "Philibert"] {
        let kept: Vec<String> = stored(directory.path()).into_iter().filter(|record| record.contains(text)).collect();
        assert!(kept.is_empty(), "{text}: {kept:?}");
    }
}

#[tokio::test]
async fn an_unconfirmed_deletion_deletes_nothing() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let page = person.visit(PAGE).await;
    for form in [page.main_form().without("confirmed"), page.main_form().with("confirmed", "no")] {
        let refused = person.submit(form).await;
        assert_eq!(refused.status, 400);
        assert!(refused.has("#confirmed[aria-invalid=true][aria-describedby=confirmed-problem]"));
        assert!(refused.has(".problems a[href='#confirmed']"));
    }
    assert_eq!(person.visit("/").await.url.path(), "/");
}

#[tokio::test]
async fn sec_168_the_last_administrator_hands_over_before_leaving() {
    let instance = Instance::dev().await;
    crate::admin::dismiss(&instance, crate::admin::ADMINISTRATOR).await;
    let person = signed_in(&instance).await;
    let page = person.visit(PAGE).await;
    set_role(&instance, Some(Role::Administrator)).await;
    let refused = confirm(&person, &page).await;
    assert_eq!(refused.status, 403, "the role was given while the page was open");
    assert!(!person.visit(PAGE).await.has("main form"), "and the page offers it no more");
    assert_eq!(person.visit("/").await.url.path(), "/");
    set_role(&instance, None).await;
    let page = person.visit(PAGE).await;
    assert_eq!(confirm(&person, &page).await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn r_1_a_number_that_was_erased_is_given_to_nobody() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let email = ADDRESS.parse().unwrap();
    let user = instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap();
    confirm(&person, &person.visit(PAGE).await).await;
    let again = User::new(UserId(user.id.0), user.email, instance.clock.now());
    let taken = instance.app.store.write(move |tx| users::insert(tx, &again)).await;
    assert!(taken.is_err());
}
