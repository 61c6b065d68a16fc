//! People and their organizations: joining, proving it, waiting for it, leaving.

mod belonging;
mod cost;
mod discreet;
mod federation;
mod former_pages;
mod import;
mod joining;
mod moderated;
mod moderating;
mod official_contact;
mod organization_info;
mod outage;
mod proving_again;
mod refused_review;
mod requests;
mod suggestions;
mod through_the_lookup;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{Acceptance, Rejection, Shown, SimilarOnes};
use moncomptepro::domain::Actor;

use crate::support::{Instance, Operator, Page, Person, RelyingParty};

/// A service that needs to know for whom the person acts.
const SCOPE: &str = "openid email organization";

/// Somebody with this address and nothing else comes from a service: the page where they go on.
pub(crate) async fn arrive(person: &Person, client: &RelyingParty, email: &str, more: &[(&str, &str)]) -> Page {
    let asks = person.visit(&client.authorization(SCOPE, more)).await;
    let link = asks.attribute("a[href^='/_dev/another-person']", "href").unwrap();
    let form = person.visit(&link).await.form_with("email", None);
    let form = form.with("email", email).with("given_name", "Élodie").with("family_name", "Martin");
    person.submit(form.with("siret", "").without("is_external")).await
}

/// Types a number.
pub(crate) async fn join(person: &Person, asks: &Page, siret: &str) -> Page {
    assert_eq!(asks.url.path(), "/users/join-organization", "{}", asks.text("main"));
    person.submit(asks.form_with("siret", asks.attribute("#siret", "value").as_deref()).with("siret", siret)).await
}

/// Somebody who waits.
pub(crate) const ELODIE: &str = "elodie@inconnu.example";

/// Élodie asks to join the DINUM: she, the service that she comes from, and the page on which she waits.
pub(crate) async fn waiting(instance: &Instance) -> (Person, RelyingParty, Page) {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    let waits = join(&person, &asks, "13002526500013").await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization");
    (person, client, waits)
}

/// What a service hears in the end.
pub(crate) async fn claims(client: &RelyingParty, back: &Page) -> serde_json::Value {
    client.userinfo(&client.redeem(&client.code(back)).await.access_token).await.json()
}

/// People want to join: by a code to a school, which is wrong, and by a moderator.
pub(crate) async fn joiners(instance: &Instance, operator: &Operator) {
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization(SCOPE, &[])).await;
    let asks = person.sign_in(page, "wanajoin@beta.gouv.fr", "password123").await;
    let asks = join(&person, &asks, "19750663700010").await;
    let field = "official_contact_email_verification_token";
    person.submit(asks.form_with(field, None).with(field, "ni-ceci")).await;
    join(&person, &person.visit("/users/join-organization").await, "13003013300016").await;
    let listed = operator.asks(&["moderation", "list"]).await;
    let id = listed["items"][0]["moderation_id"].to_string();
    operator.asks(&["moderation", "show", &id]).await;
    operator.asks(&["moderation", "accept", &id]).await;
    operator.asks(&["org", "domain", "13002526500013", "inconnu.example", "verified"]).await;
    operator.asks(&["org", "domain", "13002526500013", "inconnu.example", "none"]).await;
}

/// Whoever decides.
fn moderator() -> By {
    By::local(Actor::CommandLine(String::from("marie")))
}

/// Refused for good without a reason, and told.
pub(crate) fn no() -> Rejection {
    Rejection {
        shown: Shown::Request,
        reason: None,
        may_be_corrected: false,
        refuses_domain: false,
        notify: true,
        note: None,
    }
}

/// Let in as one asks, and told.
pub(crate) fn yes() -> Acceptance {
    let similar = SimilarOnes::Left;
    Acceptance {
        shown: Shown::Request,
        is_external: false,
        verification: None,
        domain: None,
        similar,
        notify: true,
        note: None,
    }
}
