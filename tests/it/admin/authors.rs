//! Who made each link, who proved it, and who said what each domain is, as the console tells it.

use moncomptepro::domain::{Actor, Membership, OrganizationDomain, OrganizationId, UserId};
use moncomptepro::store::{email_domains, memberships};

use super::{ADMINISTRATOR, at_work};
use crate::accounts::organizations::{arrive, join};
use crate::support::{Instance, Page};

const CLAMART: &str = "/admin/organizations/1";

/// What stands there, with one blank between two words.
fn told(page: &Page, place: &str) -> String {
    page.text(place).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn sec_108_the_card_says_who_made_and_proved_each_link_and_who_judged_each_domain() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CLAMART).await;
    let seeded = told(&card, "[data-user]");
    assert!(seeded.contains("Rattachement par une règle du service"), "{seeded}");
    let form = card.form_with("domain", Some("")).with("domain", "inconnu.example");
    let judged = person.submit(form.with("status", "verified")).await;
    let domain = told(&judged, "[data-domain='inconnu.example']");
    assert!(domain.contains("Décision de Camille Vasseur"), "{domain}");
    let form = judged.form_with("email", Some("")).with("email", "user19@yopmail.com");
    let added = person.submit(form.with("verification", "proof_received")).await;
    let line = told(&added, "[data-user='19']");
    assert!(line.contains("Rattachement par Camille Vasseur"), "{line}");
    assert!(line.contains("Vérification du ") && line.contains(", par Camille Vasseur"), "{line}");
    // She has an address that proves her link: she joins, and a rule lets her in.
    let (stranger, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&stranger, &client, "jeanne@inconnu.example", &[]).await;
    join(&stranger, &asks, "21920023500014").await;
    let links =
        instance.app.store.read(|tx| memberships::list_of_organization(tx, OrganizationId(1), None, 99)).unwrap();
    let jeanne = links.iter().find(|link| link.made_by == Some(Actor::User(link.user_id))).unwrap();
    let line = told(&person.visit(CLAMART).await, &format!("[data-user='{}']", jeanne.user_id));
    assert!(line.contains("Rattachement par la personne elle-même"), "{line}");
    assert!(line.contains(", par une règle du service"), "{line}");
    // Of what was written before that was kept, the page says that nobody knows.
    instance
        .app
        .store
        .write(|tx| {
            let link = memberships::find(tx, UserId(19), OrganizationId(1))?.unwrap();
            memberships::update(tx, &Membership { made_by: None, verified: None, ..link })?;
            let known = email_domains::find(tx, OrganizationId(1), &"inconnu.example".parse().unwrap())?.unwrap();
            email_domains::put(tx, &OrganizationDomain { decided_by: None, ..known })
        })
        .await
        .unwrap();
    let card = person.visit(CLAMART).await;
    let line = told(&card, "[data-user='19']");
    assert!(line.contains("Auteur du rattachement inconnu"), "{line}");
    assert!(line.contains("Date et auteur de la vérification inconnus"), "{line}");
    assert!(told(&card, "[data-domain='inconnu.example']").contains("Auteur de la décision inconnu"));
}

#[tokio::test]
async fn sec_108_the_dossier_says_the_same_of_members_and_domains() {
    let instance = Instance::dev().await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit(CLAMART).await;
    let form = card.form_with("email", Some("")).with("email", "user19@yopmail.com");
    let added = person.submit(form.with("verification", "proof_received")).await;
    let form = added.form_with("domain", Some("")).with("domain", "ailleurs.example");
    person.submit(form.with("status", "refused")).await;
    let (stranger, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&stranger, &client, "jeanne@inconnu.example", &[]).await;
    join(&stranger, &asks, "21920023500014").await;
    let dossier = person.visit("/admin/moderations/1").await;
    let members = told(&dossier, "section[aria-labelledby='members-title']");
    assert!(members.contains("Rattachement par Camille Vasseur"), "{}", dossier.text("main"));
    let domains = told(&dossier, "section[aria-labelledby='domains-title']");
    assert!(domains.contains("Décision de Camille Vasseur"), "{domains}");
}
