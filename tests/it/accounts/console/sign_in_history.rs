//! A person sees when and from where they signed in, and who tried to.

use std::time::Duration;

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const PAGE: &str = "/connection-and-account/sign-in-history";

fn entries(page: &Page) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.body);
    let rows = scraper::Selector::parse("ol.rows li").unwrap();
    document.select(&rows).map(|row| row.text().collect::<Vec<_>>().join(" ")).collect()
}

async fn sign_in(instance: &Instance, person: &Person, password: &str) -> Page {
    let start = person.visit("/users/start-sign-in").await;
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    person.sign_in(start, ADDRESS, password).await
}

#[tokio::test]
async fn sec_161_the_history_holds_sign_ins_and_failures_of_this_account_alone_the_latest_first() {
    let instance = Instance::dev().await;
    let stranger = instance.person();
    sign_in(&instance, &stranger, "wrong").await;
    let neighbour = instance.person();
    let start = neighbour.visit("/").await;
    neighbour.sign_in(start, "editeur@yopmail.com", "editeur@yopmail.com").await;
    let (person, client) = (instance.person(), instance.standard_client());
    client.sign_in(&person, "openid", ADDRESS).await;
    let found = entries(&person.visit(PAGE).await);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("Connexion par mot de passe") && found[0].contains("127.0.0.1"), "{found:?}");
    assert!(found[0].contains("·"), "the service is named: {found:?}");
    assert!(found[1].contains("Échec") && found[1].contains("127.0.0.1"), "{found:?}");
}

#[tokio::test]
async fn sec_167_after_thirty_days_only_the_network_is_shown() {
    let instance = Instance::dev().await;
    sign_in(&instance, &instance.person(), "wrong").await;
    instance.clock.advance(Duration::from_secs(30 * 24 * 3600)).unwrap();
    let person = instance.person();
    sign_in(&instance, &person, ADDRESS).await;
    let found = entries(&person.visit(PAGE).await);
    assert!(found[0].contains("127.0.0.1") && found[1].contains("127.0.0.0/24"), "{found:?}");
    assert!(!found[1].contains("127.0.0.1"));
}

#[tokio::test]
async fn r_41_the_history_has_fifty_entries_a_page_each_of_them_once() {
    let instance = Instance::dev().await;
    let person = instance.person();
    for _ in 0..60 {
        let fresh = instance.person();
        let start = fresh.visit("/users/start-sign-in").await;
        fresh.submit(start.form_with("user_id", Some("1")).with("user_id", "1")).await;
        instance.clock.advance(Duration::from_secs(1)).unwrap();
    }
    sign_in(&instance, &person, ADDRESS).await;
    let first = person.visit(PAGE).await;
    let second = person.visit(&first.attribute(".choices a[href*=before]", "href").unwrap()).await;
    let (mut all, rest) = (entries(&first), entries(&second));
    assert_eq!((all.len(), rest.len()), (50, 11));
    assert!(!second.has(".choices a[href*=before]") && second.has(&format!(".choices a[href='{PAGE}']")));
    all.extend(rest);
    assert_eq!(all.iter().filter(|entry| entry.contains("un clic")).count(), 60);
    for nothing in ["", "x", "1", "1-", "-1"] {
        let page = person.visit(&format!("{PAGE}?before={nothing}")).await;
        assert_eq!((page.status.as_u16(), entries(&page).len()), (200, 50), "{nothing}: the beginning");
    }
}
