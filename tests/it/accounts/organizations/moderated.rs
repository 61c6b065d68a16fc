//! Who comes to wait for a moderator, and how they go on: with a service and without, before and after a refusal.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{Rejection, Shown, reject_moderation, write_email_domain};
use moncomptepro::domain::{Actor, EmailDomainStatus, ModerationId};

use super::{ELODIE, SCOPE, arrive, join, waiting};
use crate::support::{Instance, Page};

const WAITS: &str = "/users/unable-to-auto-join-organization";
const DINUM: &str = "13002526500013";
const CLAMART: &str = "21920023500014";
const RED_NEEDLES: &str = "83951732300011";
const EMMAUS: &str = "31723624800017";
const LAMALOU: &str = "21340126800130";
const PETIT_LIEU: &str = "21999993500014";

fn operator() -> By {
    By::local(Actor::CommandLine(String::from("marie")))
}

fn number(waits: &Page) -> ModerationId {
    let (_, value) = waits.url.query_pairs().find(|(name, _)| name == "moderation_id").unwrap();
    value.parse().unwrap()
}

#[tokio::test]
async fn an_address_of_the_state_is_moderated_for_small_public_bodies() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for siret in ["20008142000024", "24590007100029", "26290359400014"] {
        let person = instance.person();
        let asks = arrive(&person, &client, &format!("jean.{siret}@developpement.gouv.fr"), &[]).await;
        assert_eq!(join(&person, &asks, siret).await.url.path(), WAITS, "{siret}");
    }
}

#[tokio::test]
async fn an_unknown_domain_of_ones_own_is_moderated_for_a_town_hall_whatever_its_official_address() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for siret in [LAMALOU, PETIT_LIEU] {
        let person = instance.person();
        let asks = arrive(&person, &client, &format!("agent@prestataire-{siret}.example"), &[]).await;
        let waits = join(&person, &asks, siret).await;
        assert_eq!(waits.url.path(), WAITS, "{siret}: no code is sent for it");
    }
}

#[tokio::test]
async fn an_organization_that_was_refused_is_not_chosen_at_the_next_attempt() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@developpement.gouv.fr", &[]).await;
    let refused = join(&person, &asks, EMMAUS).await;
    assert_eq!(refused.url.path(), "/users/access-restricted-to-private-sector-email");
    let again = person.visit(&client.authorization(SCOPE, &[("siret_hint", EMMAUS)])).await;
    assert_eq!(again.url.path(), "/users/join-organization", "it is asked again, and nothing is released");
    let list = person.visit("/manage-organizations").await;
    assert!(!list.has("[data-siret]") && !list.has("[data-request]"), "{}", list.text("main"));
}

#[tokio::test]
async fn names_are_asked_before_the_way_on_and_of_who_waits_without_one() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    let link = asks.attribute("a[href^='/_dev/another-person']", "href").unwrap();
    let form = person.visit(&link).await.form_with("email", None).with("email", ELODIE);
    let form = form.with("given_name", "").with("family_name", "").with("siret", "").without("is_external");
    let names = person.submit(form).await;
    assert_eq!(names.url.path(), "/users/personal-information", "{}", names.text("main"));
    let early = join(&person, &person.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(early.url.path(), WAITS, "who goes there by themselves waits without one");
    let names = person.visit(&client.authorization(SCOPE, &[])).await;
    assert_eq!(names.url.path(), "/users/personal-information", "and is asked for it on the way to a service");
    let form = names.form_with("given_name", None).with("given_name", "Élodie").with("family_name", "Martin");
    let waits = person.submit(form).await;
    assert_eq!(waits.url.path(), WAITS);
    assert_eq!(number(&waits), number(&early), "it is the same request");
    assert!(waits.text("main").contains("Élodie Martin"), "{}", waits.text("main"));
}

#[tokio::test]
async fn a_request_is_made_and_taken_back_without_any_service() {
    let instance = Instance::dev().await;
    let (person, client, waits) = waiting(&instance).await;
    person.submit(waits.form_to("/users/cancel-moderation/")).await;
    let asks = person.visit("/users/join-organization").await;
    let waits = join(&person, &asks, DINUM).await;
    assert_eq!((waits.url.path(), waits.has("form.cancel")), (WAITS, false), "there is no service to go back to");
    let list = person.visit("/manage-organizations").await;
    let done = person.submit(list.form_to("/users/cancel-moderation/")).await;
    assert!(done.text("[role=status]").contains("annulée"), "{}", done.text("main"));
    assert!(instance.mails_to(ELODIE).await[0].subject.contains("annulée"));
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "nothing waits any more");
}

#[tokio::test]
async fn whoever_waits_corrects_their_name_or_chooses_another_organization() {
    let instance = Instance::dev().await;
    let (person, _, waits) = waiting(&instance).await;
    let names = person.visit(&waits.attribute("main a[href^='/users/personal-information']", "href").unwrap()).await;
    let form = names.form_with("given_name", None).with("given_name", "Anne").with("family_name", "Martin");
    let again = person.submit(form).await;
    assert_eq!(again.url.path(), WAITS);
    assert!(again.text("main").contains("Anne Martin"), "{}", again.text("main"));
    let other = waits.attribute("main a[href^='/users/join-organization']", "href").unwrap();
    let asks = person.visit(&other).await;
    let domain = "inconnu.example".parse().unwrap();
    let key = CLAMART.parse().unwrap();
    write_email_domain(&instance.app, &operator(), key, domain, EmailDomainStatus::Verified).await.unwrap().unwrap();
    let joined = join(&person, &asks, CLAMART).await;
    assert_eq!(joined.url.path(), "/users/welcome", "the other one is joined meanwhile");
    let refused = EmailDomainStatus::Refused;
    let (key, domain) = (RED_NEEDLES.parse().unwrap(), "inconnu.example".parse().unwrap());
    write_email_domain(&instance.app, &operator(), key, domain, refused).await.unwrap().unwrap();
    let restricted = join(&person, &person.visit("/users/join-organization").await, RED_NEEDLES).await;
    assert_eq!(restricted.url.path(), "/users/domain-refused-for-organization");
}

#[tokio::test]
async fn a_refusal_without_a_reason_says_so_in_words_of_its_own() {
    let instance = Instance::dev().await;
    let (person, _, waits) = waiting(&instance).await;
    let refuses_domain = false;
    let no = Rejection {
        shown: Shown::Request,
        reason: None,
        may_be_corrected: false,
        refuses_domain,
        notify: false,
        note: None,
    };
    reject_moderation(&instance.app, &operator(), number(&waits), no).await.unwrap().unwrap();
    let refused = person.visit(waits.url.as_str()).await;
    assert!(refused.text("main").contains("a été refusée") && !refused.has("blockquote"), "{}", refused.text("main"));
    let told = instance.mails_to(ELODIE).await;
    assert!(!told[0].subject.contains("refusée"), "who is not to be told is not: {}", told[0].subject);
}
