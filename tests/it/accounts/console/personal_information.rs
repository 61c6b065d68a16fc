//! A person looks at what is known about them, and changes it.

use moncomptepro::domain::AuditEvent;

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const PAGE: &str = "/personal-information";

async fn opened(instance: &Instance) -> (Person, Page) {
    let person = instance.person();
    let start = person.visit("/").await;
    let home = person.sign_in(start, ADDRESS, ADDRESS).await;
    assert!(home.has("nav a[href='/'][aria-current=page]"));
    let page = person.visit(&home.attribute("nav a[href='/personal-information']", "href").unwrap()).await;
    assert!(page.has("nav a[href='/personal-information'][aria-current=page]"));
    (person, page)
}

async fn mails(person: &Person) -> Vec<serde_json::Value> {
    let listed = person.get(&format!("/_dev/api/mailbox?to={ADDRESS}")).await.json();
    let wanted = |mail: &serde_json::Value| mail["subject"].as_str().unwrap().contains("informations");
    listed.as_array().unwrap().iter().filter(|mail| wanted(mail)).cloned().collect()
}

#[tokio::test]
async fn what_is_changed_is_saved_said_in_the_page_and_told_by_mail_with_what_it_is_now() {
    let instance = Instance::dev().await;
    let (person, page) = opened(&instance).await;
    let form = page.form_with("given_name", None).with("family_name", "Durand").with("job", "");
    let done = person.submit(form).await;
    assert_eq!((done.status.as_u16(), done.url.path()), (200, PAGE));
    assert!(!done.text("[role=status]").is_empty());
    assert_eq!(done.attribute("#family_name", "value").as_deref(), Some("Durand"));
    let mails = mails(&person).await;
    assert_eq!(mails.len(), 1);
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains("Nom de famille\u{a0}: Durand") && text.contains("Fonction\u{a0}: effacé"), "{text}");
    assert!(!text.contains("Prénoms"), "only what changed: {text}");
    let changed = |event: &AuditEvent| matches!(event, AuditEvent::PersonalInformationChanged { .. });
    assert_eq!(instance.audit().iter().filter(|record| changed(&record.event)).count(), 1);
}

#[tokio::test]
async fn what_is_sent_unchanged_is_no_change() {
    let instance = Instance::dev().await;
    let (person, page) = opened(&instance).await;
    let done = person.submit(page.form_with("given_name", None)).await;
    assert!(done.has("[role=status]"));
    assert!(mails(&person).await.is_empty());
}

#[tokio::test]
async fn what_cannot_stand_is_said_next_to_its_field_and_kept() {
    let instance = Instance::dev().await;
    let (person, page) = opened(&instance).await;
    let form = page.form_with("given_name", None).with("given_name", "R2D2").with("family_name", " ");
    let refused = person.submit(form.with("phone_number", "123").with("job", "42")).await;
    assert_eq!(refused.status, 400);
    for field in ["given_name", "family_name", "phone_number", "job"] {
        assert!(refused.has(&format!("#{field}[aria-invalid=true][aria-describedby~={field}-problem]")), "{field}");
        assert!(refused.has(&format!(".problems a[href='#{field}']")), "{field}");
    }
    assert_eq!(refused.attribute("#given_name", "value").as_deref(), Some("R2D2"), "nothing typed is lost");
    let kept = person.visit(PAGE).await;
    assert_ne!(kept.attribute("#given_name", "value").as_deref(), Some("R2D2"), "and nothing was saved");
    assert!(mails(&person).await.is_empty());
}

#[tokio::test]
async fn sec_91_the_next_request_of_every_session_sees_the_new_name() {
    let instance = Instance::dev().await;
    let (person, page) = opened(&instance).await;
    let (elsewhere, _) = opened(&instance).await;
    person.submit(page.form_with("given_name", None).with("given_name", "Jeanne")).await;
    assert!(elsewhere.visit("/").await.text(".person").contains("Jeanne"));
}

#[tokio::test]
async fn a_notification_that_nobody_knows_says_nothing() {
    let instance = Instance::dev().await;
    let (person, _) = opened(&instance).await;
    for word in ["", "x", "<b>", "user_successfully_deleted"] {
        let page = person.visit(&format!("{PAGE}?notification={word}")).await;
        assert!(page.status == 200 && !page.has("[role=status]"), "{word}");
    }
}
