//! A domain that was to be reviewed and is refused, and refusals in the language of whoever reads them.

use moncomptepro::acts::administration::{
    Rejection, Shown, accept_moderation, reject_moderation, reopen_moderation, write_email_domain,
};
use moncomptepro::domain::{EmailDomainStatus, ModerationId, RejectionReason};
use moncomptepro::store::{memberships, moderations};

use super::{ELODIE, SCOPE, arrive, join, moderator, waiting, yes};
use crate::support::{Instance, Page, Person, RelyingParty};

const DINUM: &str = "13002526500013";
/// As the French console fills it in.
const REASON: &str = "L’organisation ne confirme pas que vous travaillez pour elle. Adressez-vous à votre responsable si vous \
                      pensez que c’est une erreur.";

fn no(may_be_corrected: bool) -> Rejection {
    let reason = Some(RejectionReason::try_from(REASON.to_owned()).unwrap());
    Rejection { shown: Shown::Request, reason, may_be_corrected, refuses_domain: false, notify: true, note: None }
}

/// Somebody who joined with a domain that is to be reviewed, and whose review was refused.
async fn refused(instance: &Instance, may_be_corrected: bool) -> (Person, RelyingParty, ModerationId) {
    let (key, domain) = (DINUM.parse().unwrap(), "inconnu.example".parse().unwrap());
    let status = EmailDomainStatus::NotVerifiedYet;
    write_email_domain(&instance.app, &moderator(), key, domain, status).await.unwrap().unwrap();
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    assert_eq!(join(&person, &asks, DINUM).await.url.path(), "/users/welcome");
    let review = ModerationId(1);
    reject_moderation(&instance.app, &moderator(), review, no(may_be_corrected)).await.unwrap().unwrap();
    (person, client, review)
}

async fn asks_again(person: &Person, client: &RelyingParty) -> Page {
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "the link is gone");
    join(person, &asks, DINUM).await
}

/// Where somebody is led who comes from the service, and waits.
async fn waits(person: &Person, client: &RelyingParty) -> String {
    person.visit(&client.authorization(SCOPE, &[])).await.url.path().to_owned()
}

fn belongs(instance: &Instance, review: ModerationId) -> bool {
    let found = instance.app.store.read(|tx| {
        let request = moderations::find(tx, review)?.unwrap();
        memberships::find(tx, request.user_id, request.organization_id)
    });
    found.unwrap().is_some()
}

#[tokio::test]
async fn sec_108_whoever_is_refused_in_a_review_does_not_join_again_at_once() {
    let instance = Instance::dev().await;
    let (person, client, review) = refused(&instance, false).await;
    let again = asks_again(&person, &client).await;
    assert_eq!(again.url.path(), "/users/moderation-rejected", "{}", again.text("main"));
    assert!(again.text("blockquote").contains("ne confirme pas"));
    assert!(!belongs(&instance, review));
    // The moderator takes it back: the person waits now, and joins by a decision only.
    reopen_moderation(&instance.app, &moderator(), review, Some(String::from("erreur"))).await.unwrap().unwrap();
    assert_eq!(waits(&person, &client).await, "/users/unable-to-auto-join-organization");
    assert!(!belongs(&instance, review));
    accept_moderation(&instance.app, &moderator(), review, yes()).await.unwrap().unwrap();
    assert!(belongs(&instance, review));
}

#[tokio::test]
async fn sec_108_a_refused_review_that_is_corrected_waits_for_a_moderator() {
    let instance = Instance::dev().await;
    let (person, client, review) = refused(&instance, true).await;
    let page = asks_again(&person, &client).await;
    let names = person.submit(page.form_to("/users/reopen-moderation/")).await;
    assert_eq!(names.url.path(), "/users/personal-information");
    let form = names.form_with("given_name", None).with("given_name", "Élodie").with("family_name", "Martin");
    let page = person.submit(form).await;
    assert!(!belongs(&instance, review), "{}", page.text("main"));
    assert_eq!(waits(&person, &client).await, "/users/unable-to-auto-join-organization");
}

#[tokio::test]
async fn sec_111_a_reason_of_the_program_is_told_in_the_language_of_its_reader() {
    let instance = Instance::dev().await;
    let (person, _, waits) = waiting(&instance).await;
    let (_, id) = waits.url.query_pairs().find(|(name, _)| name == "moderation_id").unwrap();
    let id: ModerationId = id.parse().unwrap();
    let app = &instance.app;
    let english = move |tx: &mut moncomptepro::store::Tx<'_>| {
        let request = moderations::find(tx, id)?.unwrap();
        let locale = moncomptepro::protocol::Locale::En;
        moderations::update(tx, &moncomptepro::domain::Moderation { locale, ..request })
    };
    app.store.write(english).await.unwrap();
    reject_moderation(app, &moderator(), id, no(false)).await.unwrap().unwrap();
    let mail = &instance.mails_to(ELODIE).await[0];
    assert!(mail.text.contains("does not confirm") && !mail.text.contains("confirme pas"), "{}", mail.text);
    assert!(mail.html.contains("does not confirm"), "{}", mail.html);
    let told = person.visit(waits.url.as_str()).await;
    assert!(told.text("blockquote").contains("ne confirme pas"), "the page is in French for her browser");
    let told = person.visit(&told.attribute("a[lang=en]", "href").unwrap()).await;
    assert!(told.text("blockquote").contains("does not confirm"), "{}", told.text("main"));
}
