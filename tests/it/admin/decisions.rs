//! Every choice of the forms by which a request is decided, and what becomes of it.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{find_organization, write_email_domain};
use moncomptepro::domain::{Actor, EmailDomainStatus, Membership, OrganizationId, Role};
use moncomptepro::store::{email_domains, memberships, users};

use super::{JEAN, officer};
use crate::accounts::organizations::{arrive, join};
use crate::support::{Instance, Page, Person};

const DINUM: &str = "13002526500013";

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

fn organization(instance: &Instance) -> OrganizationId {
    find_organization(&instance.app, &DINUM.parse().unwrap()).unwrap().unwrap().id
}

async fn ask(instance: &Instance, email: &str) -> (Person, Page) {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, email, &[]).await;
    let page = join(&person, &asks, DINUM).await;
    (person, page)
}

fn link(instance: &Instance, email: &str) -> Option<Membership> {
    let email = email.parse().unwrap();
    let found = instance.app.store.read(|tx| {
        let user = users::find_by_email(tx, &email)?.unwrap();
        memberships::list_of_user(tx, user.id)
    });
    found.unwrap().into_iter().next()
}

#[tokio::test]
async fn a_link_says_what_the_moderator_said_and_whoever_is_not_to_be_told_is_not() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let words = [
        "official_contact_email",
        "proof_received",
        "in_liste_dirigeants_rne",
        "in_liste_dirigeants_rna",
        "ordre_professionnel_domain",
    ];
    for (number, word) in words.into_iter().enumerate() {
        let email = format!("jean@{}.example", word.replace('_', "-"));
        ask(&instance, &email).await;
        let told = instance.mails_to(&email).await.len();
        let page = marie.visit(&format!("/admin/moderations/{}", number + 1)).await;
        let is_external = number % 2 == 1;
        let form = page.form_to("/accept").with("domain", "leave").with("verification", word);
        let form = form.with("link", if is_external { "external" } else { "internal" });
        let form = if number == 0 { form.without("notify") } else { form.without("notify").with("notify", "true") };
        let done = marie.submit(form).await;
        assert!(done.text("[role=status]").contains("acceptée"), "{}", done.text("main"));
        let made = link(&instance, &email).unwrap();
        assert_eq!((made.verification.as_str(), made.is_external), (word, is_external));
        let more = usize::from(number != 0);
        assert_eq!(instance.mails_to(&email).await.len(), told + more, "{word}");
    }
}

#[tokio::test]
async fn a_refusal_closes_the_domain_where_the_moderator_says_so() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    ask(&instance, "jean@inconnu.example").await;
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/reject").with("reason", "Domaine inconnu.").with("correctable", "no");
    marie.submit(form.with("refuse_domain", "true")).await;
    let (id, domain) = (organization(&instance), "inconnu.example".parse().unwrap());
    let known = instance.app.store.read(|tx| email_domains::find(tx, id, &domain)).unwrap().unwrap();
    assert_eq!(known.status, EmailDomainStatus::Refused);
    let (_, refused) = ask(&instance, "jeanne@inconnu.example").await;
    assert_eq!(refused.url.path(), "/users/domain-refused-for-organization");
}

#[tokio::test]
async fn a_refused_review_takes_the_link_away() {
    let instance = Instance::dev().await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let (by, domain) = (By::local(Actor::System), "inconnu.example".parse().unwrap());
    let status = EmailDomainStatus::NotVerifiedYet;
    write_email_domain(&instance.app, &by, DINUM.parse().unwrap(), domain, status).await.unwrap().unwrap();
    let (_, welcome) = ask(&instance, "jean@inconnu.example").await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    assert_eq!(link(&instance, "jean@inconnu.example").unwrap().verification.as_str(), "domain_not_verified_yet");
    let page = marie.visit("/admin/moderations/1").await;
    marie.submit(page.form_to("/reject").with("reason", "Domaine inconnu.").with("correctable", "no")).await;
    assert_eq!(link(&instance, "jean@inconnu.example"), None);
}
