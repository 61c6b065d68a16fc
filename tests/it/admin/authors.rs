//! Who made each link, who proved it, and who said what each domain is, as the console tells it.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{erase_user, write_email_domain};
use moncomptepro::domain::{
    Actor, EmailDomainStatus, Membership, OrganizationDomain, OrganizationId, Role, RoleName, UserId,
};
use moncomptepro::store::{email_domains, memberships, users};

use super::{ADMINISTRATOR, at_work, grant, key_of};
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
    assert!(domain.contains("Décision prise par Camille Vasseur"), "{domain}");
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
    assert!(domains.contains("Décision prise par Camille Vasseur"), "{domains}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_acted_and_has_no_name_here_is_told_in_words() {
    let instance = Instance::dev().await;
    let gone = "user18@yopmail.com";
    grant(&instance, gone, Role::Moderator { organizations: None, until: None }).await;
    let email = gone.parse().unwrap();
    let user_id = instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap().id;
    let erased = By::local(Actor::Officer { user_id, role: RoleName::Moderator });
    let command = By::local(Actor::CommandLine(String::from("root")));
    for (by, domain) in [(&erased, "un.example"), (&command, "deux.example")] {
        let (key, domain) = ("21920023500014".parse().unwrap(), domain.parse().unwrap());
        let status = EmailDomainStatus::External;
        write_email_domain(&instance.app, by, key, domain, status).await.unwrap().unwrap();
    }
    erase_user(&instance.app, &command, key_of(gone), false).await.unwrap().unwrap();
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let french = ["un modérateur dont le compte est supprimé (n° ", "une commande, sous le compte root de la machine"];
    let english = ["a moderator whose account is deleted (no. ", "a command, by the account root of the machine"];
    for (path, language, words) in [("", "fr", french), ("/history", "fr", french), ("/history", "en", english)] {
        let text = told(&person.visit(&format!("{CLAMART}{path}?lang={language}")).await, "main");
        assert!(words.iter().all(|word| text.contains(word)), "{path}: {text}");
        assert!(!text.contains("moderator:") && !text.contains("cli:"), "{path}: {text}");
    }
}
