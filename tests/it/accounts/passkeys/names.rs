//! The names of passkeys, which their owner changes whenever they like.

use std::time::Duration;

use moncomptepro::domain::AuditEvent;

use crate::support::{Device, Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "datapass@yopmail.com";

/// Somebody with a passkey of this name, on the page that lists it.
async fn owner(instance: &Instance, address: &str, name: &str) -> (Person, Page) {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, address, address).await;
    let asked = person.press_passkey(&person.visit("/double-authentication").await).await;
    let made = Device::new().create(&instance.address, &asked.options).await;
    assert_eq!(person.submit(asked.answered(&made).with("name", name)).await.status, 200);
    let page = person.visit("/double-authentication").await;
    (person, page)
}

fn renamings(instance: &Instance) -> usize {
    let is_one = |event: &AuditEvent| matches!(event, AuditEvent::PasskeyRenamed { .. });
    instance.audit().iter().filter(|record| is_one(&record.event)).count()
}

#[tokio::test]
async fn a_passkey_goes_by_another_name_from_then_on_and_nothing_else_is_changed() {
    let instance = Instance::dev().await;
    let (person, page) = owner(&instance, ADDRESS, "Téléphone").await;
    let session = person.session_cookie();
    assert_eq!(page.attribute("form[action^='/rename-passkeys'] input[name=name]", "value").unwrap(), "Téléphone");
    let mails = instance.mails_to(ADDRESS).await.len();
    let named = person.submit(page.form_to("rename-passkeys").with("name", "  Clé <b> du bureau ")).await;
    assert_eq!((named.status.as_u16(), named.url.path()), (200, "/double-authentication"));
    assert!(named.text("[role=status]").contains("renommée"), "{}", named.body);
    assert!(named.text(".cards .label").contains("Clé <b> du bureau"));
    let history = person.visit("/connection-and-account/my-data").await;
    assert!(history.text("main").contains("Clé <b> du bureau"));
    assert_eq!((renamings(&instance), person.session_cookie()), (1, session));
    assert_eq!(instance.mails_to(ADDRESS).await.len(), mails, "it protects nothing: nobody is written to");
    person.submit(page.form_to("rename-passkeys").with("name", "Clé <b> du bureau")).await;
    assert_eq!(renamings(&instance), 1, "the same name is no change");
    let longest = "é".repeat(60);
    let named = person.submit(page.form_to("rename-passkeys").with("name", &longest)).await;
    assert!(named.text(".cards .label").contains(&longest));
}

#[tokio::test]
async fn a_name_that_cannot_stand_is_told_beside_its_field_and_the_one_before_stays() {
    let instance = Instance::dev().await;
    let (person, page) = owner(&instance, ADDRESS, "Téléphone").await;
    let long = "é".repeat(61);
    let table = [
        ("", "Saisissez un nom"),
        (" \u{a0} ", "Saisissez un nom"),
        ("\u{200b}", "Saisissez un nom"),
        (long.as_str(), "Raccourcissez"),
        ("a\u{202e}b", "ne s’affichent pas"),
        ("a\u{200b}b", "ne s’affichent pas"),
    ];
    for (typed, told) in table {
        let refused = person.submit(page.form_to("rename-passkeys").with("name", typed)).await;
        assert_eq!(refused.status, 400, "{typed:?}");
        let field = "details[open] input[name=name][aria-invalid=true]";
        assert_eq!(refused.attribute(field, "value").as_deref(), Some(typed), "what was typed stays");
        let id = refused.attribute(field, "id").unwrap();
        assert!(refused.text(&format!("[id='{id}-problem']")).contains(told), "{typed:?}: {}", refused.body);
        assert_eq!(
            refused.attribute(".problems a", "href").unwrap(),
            format!("#{id}"),
            "the summary leads to the field"
        );
        assert!(refused.text(".cards .label").contains("Téléphone"), "{typed:?}");
    }
    assert_eq!(renamings(&instance), 0);
    // A character that no form holds is refused before.
    let control = person.submit(page.form_to("rename-passkeys").with("name", "a\u{7}b")).await;
    assert_eq!(control.status, 400);
    let after = person.visit("/double-authentication").await;
    assert!(after.text(".cards .label").contains("Téléphone") && renamings(&instance) == 0);
}

#[tokio::test]
async fn sec_93_a_passkey_of_somebody_else_keeps_its_name_and_so_does_ones_own_without_a_recent_proof() {
    let instance = Instance::dev().await;
    let (person, page) = owner(&instance, ADDRESS, "Téléphone").await;
    let (thief, own) = owner(&instance, OTHER, "Le mien").await;
    let theirs = page.form_to("rename-passkeys").action;
    let mut form = own.form_to("rename-passkeys").with("name", "Volée");
    form.action = theirs;
    let led = thief.submit(form).await;
    assert!(led.url.path() == "/double-authentication" && !led.has("[role=status]"), "{}", led.body);
    assert!(!led.body.contains("Téléphone") && led.text(".cards .label").contains("Le mien"));
    assert!(person.visit("/double-authentication").await.text(".cards .label").contains("Téléphone"));
    instance.clock.advance(Duration::from_secs(15 * 60 + 1)).unwrap();
    let stale = person.submit(page.form_to("rename-passkeys").with("name", "Plus tard")).await;
    assert_eq!(stale.url.path(), "/users/sign-in");
    assert_eq!(renamings(&instance), 0);
}
