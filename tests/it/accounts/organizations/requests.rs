//! Requests that somebody decides on: followed, taken back, corrected by the person; decided once by a moderator.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    self, Acceptance, ModerationRefusal, Rejection, Shown, accept_moderation, reject_moderation, reopen_moderation,
};
use moncomptepro::domain::{
    AuditEvent, EmailDomainStatus, ModerationFault, ModerationId, ModerationStep, RejectionReason, Verification,
};

use super::{ELODIE, SCOPE, arrive, claims, join, moderator, waiting, yes};
use crate::support::{Instance, Page, join_all};

const DINUM: &str = "13002526500013";

fn no(reason: Option<&str>, may_be_corrected: bool) -> Rejection {
    let reason = reason.map(|text| RejectionReason::try_from(text.to_owned()).unwrap());
    Rejection { shown: Shown::Request, reason, may_be_corrected, refuses_domain: false, notify: true, note: None }
}

fn number(waits: &Page) -> ModerationId {
    let (_, value) = waits.url.query_pairs().find(|(name, _)| name == "moderation_id").unwrap();
    value.parse().unwrap()
}

#[tokio::test]
async fn a_moderator_lets_a_person_in_while_they_wait() {
    let instance = Instance::dev().await;
    let (person, client, waits) = waiting(&instance).await;
    accept_moderation(&instance.app, &moderator(), number(&waits), yes()).await.unwrap().unwrap();
    let mail = &instance.mails_to(ELODIE).await[0];
    assert!(mail.subject.contains("acceptée") && mail.text.contains("DINUM"), "{}", mail.text);
    let welcome = person.visit(waits.url.as_str()).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "the page on which one waits goes on");
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &true.into()));
    let page = person.visit("/manage-organizations").await;
    assert!(!page.has("[data-request]"), "nothing waits any more");
}

#[tokio::test]
async fn a_moderator_marks_the_domain_and_the_next_one_joins_by_it() {
    let instance = Instance::dev().await;
    let (_, client, waits) = waiting(&instance).await;
    let acceptance = Acceptance { domain: Some(EmailDomainStatus::Verified), ..yes() };
    accept_moderation(&instance.app, &moderator(), number(&waits), acceptance).await.unwrap().unwrap();
    let next = instance.person();
    let asks = arrive(&next, &client, "autre@inconnu.example", &[]).await;
    let welcome = next.submit(asks.form_with("siret", Some(DINUM)).with("siret", DINUM)).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
}

#[tokio::test]
async fn sec_109_the_first_who_is_let_in_opens_the_organization_to_nobody() {
    let instance = Instance::dev().await;
    let (_, client, waits) = waiting(&instance).await;
    accept_moderation(&instance.app, &moderator(), number(&waits), yes()).await.unwrap().unwrap();
    let next = instance.person();
    let asks = arrive(&next, &client, "autre@inconnu.example", &[]).await;
    assert_eq!(join(&next, &asks, DINUM).await.url.path(), "/users/unable-to-auto-join-organization");
}

#[tokio::test]
async fn sec_108_no_moderator_approves_a_host_that_anybody_has_an_address_at() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let waits = join(&person, &asks, "26290359400014").await;
    for domain in [EmailDomainStatus::Verified, EmailDomainStatus::External] {
        let acceptance = Acceptance { domain: Some(domain), ..yes() };
        let refused = accept_moderation(&instance.app, &moderator(), number(&waits), acceptance).await.unwrap();
        assert_eq!(refused.unwrap_err(), ModerationRefusal::OpenToAnybody("gmail.com".parse().unwrap()));
    }
    let again = person.visit(waits.url.as_str()).await;
    assert_eq!(again.url.path(), "/users/unable-to-auto-join-organization", "nothing was decided");
    let key = "26290359400014".parse().unwrap();
    let host = "boite.yopmail.com".parse().unwrap();
    let written = administration::write_email_domain(&instance.app, &MARIE, key, host, EmailDomainStatus::Verified);
    assert!(matches!(written.await.unwrap(), Err(ModerationRefusal::OpenToAnybody(_))));
}

#[tokio::test]
async fn a_refusal_says_why_and_a_final_one_is_not_asked_again() {
    let instance = Instance::dev().await;
    let (person, client, waits) = waiting(&instance).await;
    let reason = "Le nom <b>indiqué</b> n’est pas celui de l’annuaire.";
    reject_moderation(&instance.app, &moderator(), number(&waits), no(Some(reason), false)).await.unwrap().unwrap();
    let mail = &instance.mails_to(ELODIE).await[0];
    assert!(mail.subject.contains("refusée") && mail.text.contains(reason), "{}", mail.text);
    let refused = person.visit(waits.url.as_str()).await;
    assert_eq!(refused.url.path(), "/users/moderation-rejected");
    assert!(refused.text("blockquote").contains(reason), "SEC-111: as text");
    assert!(!refused.has("form[action*='reopen']"));
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    assert_eq!(join(&person, &asks, DINUM).await.url.path(), "/users/moderation-rejected");
    let forged = format!("/users/reopen-moderation/{}", number(&waits));
    let mut form = asks.form_to("/users/join-organization");
    form.action = form.action.join(&forged).unwrap();
    assert_eq!(person.post(form).await.status, 404, "a final refusal is not corrected");
}

#[tokio::test]
async fn a_refusal_that_may_be_corrected_is_corrected_and_waits_again() {
    let instance = Instance::dev().await;
    let (person, client, waits) = waiting(&instance).await;
    reject_moderation(&instance.app, &moderator(), number(&waits), no(None, true)).await.unwrap().unwrap();
    let refused = person.visit(waits.url.as_str()).await;
    let names = person.submit(refused.form_to("/users/reopen-moderation/")).await;
    assert_eq!(names.url.path(), "/users/personal-information");
    let form = names.form_with("given_name", None).with("given_name", "Élodie Anne").with("family_name", "Martin");
    let again = person.submit(form).await;
    assert_eq!(again.url.path(), "/users/unable-to-auto-join-organization");
    assert!(again.text("main").contains("Élodie Anne Martin"));
    accept_moderation(&instance.app, &moderator(), number(&waits), yes()).await.unwrap().unwrap();
    let welcome = person.visit(&client.authorization(SCOPE, &[])).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
}

#[tokio::test]
async fn sec_111_of_two_moderators_at_the_same_time_one_decides() {
    let instance = Instance::dev().await;
    let (_, _, waits) = waiting(&instance).await;
    let (app, id) = (&instance.app, number(&waits));
    let decisions = join_all((0..8).map(async |turn| match turn % 2 {
        0 => accept_moderation(app, &moderator(), id, yes()).await.unwrap().map(|_| ()),
        _ => reject_moderation(app, &moderator(), id, no(None, false)).await.unwrap().map(|_| ()),
    }))
    .await;
    assert_eq!(decisions.iter().filter(|decision| decision.is_ok()).count(), 1);
    let fault = ModerationRefusal::Fault(ModerationFault::Decided);
    assert_eq!(decisions.iter().filter(|decision| decision.as_ref().err() == Some(&fault)).count(), 7);
    reopen_moderation(app, &moderator(), id, Some(String::from("erreur"))).await.unwrap().unwrap();
    assert!(accept_moderation(app, &moderator(), id, yes()).await.unwrap().is_ok());
}

#[tokio::test]
async fn sec_141_a_request_of_somebody_else_is_not_there() {
    let instance = Instance::dev().await;
    let (_, client, waits) = waiting(&instance).await;
    let stranger = instance.person();
    let asks = arrive(&stranger, &client, "jean@ailleurs.example", &[]).await;
    for page in ["unable-to-auto-join-organization", "moderation-rejected"] {
        for id in [number(&waits).to_string(), String::from("999"), String::from("x")] {
            assert_eq!(stranger.visit(&format!("/users/{page}?moderation_id={id}")).await.status, 404);
        }
    }
    let mut form = asks.form_to("/users/join-organization");
    form.action = form.action.join(&format!("/users/cancel-moderation/{}", number(&waits))).unwrap();
    stranger.submit(form).await;
    assert!(accept_moderation(&instance.app, &moderator(), number(&waits), yes()).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_person_takes_their_request_back_and_chooses_another_organization() {
    let instance = Instance::dev().await;
    let (person, _, waits) = waiting(&instance).await;
    let id = number(&waits);
    let list = person.visit("/manage-organizations").await;
    assert!(list.text("[data-request]").contains("En cours d’examen"));
    let asks = person.submit(waits.form_to("/users/cancel-moderation/")).await;
    assert_eq!(asks.url.path(), "/users/join-organization");
    let mail = &instance.mails_to(ELODIE).await[0];
    assert!(mail.subject.contains("annulée") && mail.text.contains("Élodie Martin"), "{}", mail.text);
    let late = accept_moderation(&instance.app, &moderator(), id, yes()).await.unwrap();
    assert_eq!(late.unwrap_err(), ModerationRefusal::Unknown);
    let again = join(&person, &asks, DINUM).await;
    assert_eq!(again.url.path(), "/users/unable-to-auto-join-organization", "and asks anew");
    let banner = person.submit(list.form_to("/users/cancel-moderation/")).await;
    assert_eq!(banner.url.path(), "/manage-organizations", "twice says the same");
    let steps: Vec<ModerationStep> = instance
        .audit()
        .iter()
        .filter_map(|record| match &record.event {
            AuditEvent::ModerationMoved { step, .. } => Some(*step),
            _ => None,
        })
        .collect();
    assert_eq!(steps, [ModerationStep::Requested, ModerationStep::Cancelled, ModerationStep::Requested]);
}

#[tokio::test]
async fn a_domain_that_is_not_reviewed_joins_and_is_looked_at_afterwards() {
    let instance = Instance::dev().await;
    let key = || DINUM.parse().unwrap();
    let domain = || "inconnu.example".parse().unwrap();
    let write = |status| administration::write_email_domain(&instance.app, &MARIE, key(), domain(), status);
    write(EmailDomainStatus::NotVerifiedYet).await.unwrap().unwrap();
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    let welcome = join(&person, &asks, DINUM).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
    let back = person.submit(welcome.form_to("/users/welcome")).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let told = async || client.userinfo(&tokens.access_token).await.json()["organization_verified"].clone();
    assert_eq!(told().await, false);
    write(EmailDomainStatus::Verified).await.unwrap().unwrap();
    assert_eq!(told().await, true, "the review of the domain proves the link");
    write(EmailDomainStatus::Refused).await.unwrap().unwrap();
    assert_eq!(told().await, false, "SEC-109: trust taken away proves nothing any more");
    let links = instance.audit();
    let proven = |wanted: Verification| {
        links.iter().any(|record| {
            matches!(record.event, AuditEvent::MembershipWritten { verification, .. } if verification == wanted)
        })
    };
    assert!(proven(Verification::DomainNotVerifiedYet) && proven(Verification::Domain));
}

static MARIE: std::sync::LazyLock<By> = std::sync::LazyLock::new(moderator);

#[tokio::test]
async fn sec_168_sec_169_requests_are_part_of_what_a_person_takes_away_and_go_with_them() {
    let instance = Instance::dev().await;
    let (person, _, waits) = waiting(&instance).await;
    let data = person.visit("/connection-and-account/my-data").await;
    let told = data.text("main");
    assert!(told.contains("En cours d’examen") && !told.contains("pending"), "{told}");
    let key = ELODIE.parse().unwrap();
    administration::erase_user(&instance.app, &moderator(), key, false).await.unwrap().unwrap();
    let gone = accept_moderation(&instance.app, &moderator(), number(&waits), yes()).await.unwrap();
    assert_eq!(gone.unwrap_err(), ModerationRefusal::Unknown);
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
}
