//! Consent: asked when the client wants it asked.

use super::{JEAN, MARTIN, signed_in};
use crate::support::{Instance, Page};

fn decide(page: &Page, decision: &str) -> crate::support::Form {
    page.form_with("decision", Some(decision)).with("decision", decision)
}

#[tokio::test]
async fn prm_3_cons_1_prm_52_the_page_says_who_asks_for_what_and_the_person_allows() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance
        .declare("service", |client| {
            client.policy_uri = Some(String::from("https://service.example/policy"));
            client.tos_uri = Some(String::from("javascript:alert(1)"));
        })
        .await;
    let target = client.authorization("openid email organization", &[("prompt", "consent")]);
    for _ in 0..2 {
        let asks = person.visit(&target).await;
        assert!(asks.url.path().ends_with("/consent"), "even if already granted: {}", asks.url);
        assert!(asks.text("main").contains("Service service") && asks.text("main").contains("Commune de clamart"));
        let link = asks.attribute("a[href='https://service.example/policy']", "rel").unwrap();
        assert!(link.contains("noopener") && link.contains("noreferrer"));
        assert!(!asks.body.contains("javascript:alert"));
        let tokens = client.redeem(&client.code(&person.submit(decide(&asks, "allow")).await)).await;
        client.verified(&tokens.id_token).await;
    }
}

#[tokio::test]
async fn prm_53_the_person_can_refuse_and_the_client_is_told_once() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let acts = instance.recorded_acts();
    let refused = person.submit(decide(&asks, "deny")).await;
    assert_eq!(client.error(&refused), "access_denied");
    assert_eq!(instance.recorded_acts(), acts + 1, "R-8");
    let late = person.submit(decide(&asks, "allow")).await;
    assert_eq!((late.status.as_u16(), late.error_code().as_deref()), (410, Some("expired_interaction")));
}

#[tokio::test]
async fn prm_1_without_pages_a_missing_consent_cannot_be_asked() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[("prompt", "none consent")])).await;
    assert_eq!(client.error(&page), "invalid_request");
}

#[tokio::test]
async fn sec_22_consent_cannot_be_given_before_its_turn() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, MARTIN).await, instance.standard_client());
    let target = client.authorization("openid organization", &[("prompt", "consent")]);
    let chooses = person.visit(&target).await;
    assert_eq!(chooses.url.path(), "/users/select-organization");
    let id = chooses.url.query().unwrap().trim_start_matches("interaction=").to_owned();
    let early = person.visit(&format!("/interaction/{id}/consent")).await;
    assert_eq!(early.url.path(), "/users/select-organization");
    let mut forged = chooses.form_with("organization_id", Some("17")).with("decision", "allow");
    forged.action = chooses.url.join(&format!("/interaction/{id}/consent")).unwrap();
    assert_eq!(person.submit(forged).await.url.path(), "/users/select-organization");
    let chosen = chooses.form_with("organization_id", Some("17")).with("organization_id", "17");
    let asks = person.submit(chosen).await;
    assert!(asks.url.path().ends_with("/consent"), "still asked: {}", asks.url);
    let odd = person.submit(decide(&asks, "allow").with("decision", "perhaps")).await;
    assert_eq!(odd.status, 400);
}
