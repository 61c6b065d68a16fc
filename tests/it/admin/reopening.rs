//! A decision that is taken back: what it did to the link and to the domain goes with it, and nothing else does.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    Acceptance, Link, LinkUndone, ModerationRefusal, OrganizationKey, Rejection, SimilarOnes, UserKey,
    accept_moderation, delete_email_domain, disable_user, find_membership, link_user, list_email_domains,
    reject_moderation, reopen_moderation, unlink_user, view_moderation, write_email_domain,
};
use moncomptepro::domain::{
    Actor, AuditEvent, EmailDomainStatus, Moderation, ModerationFault, ModerationId, ModerationKind, Role, Verification,
};
use moncomptepro::store::{Tx, moderations, organizations, users};

use super::{JEAN, key_of, officer};
use crate::accounts::organizations::{ELODIE, arrive, join, no, waiting, yes};
use crate::support::Instance;

const DINUM: &str = "13002526500013";
const FIRST: ModerationId = ModerationId(1);

fn marie() -> By {
    By::local(Actor::CommandLine(String::from("marie")))
}

fn dinum() -> OrganizationKey {
    DINUM.parse().unwrap()
}

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

/// How the link of somebody to the DINUM is proven, if there is one.
fn link(instance: &Instance, email: &str) -> Option<Verification> {
    let id = moncomptepro::acts::administration::find_organization(&instance.app, &dinum()).unwrap().unwrap().id;
    let found = find_membership(&instance.app, id, &key_of(email)).unwrap();
    found.map(|link| link.verification)
}

/// What the domain of the people in these stories is for the DINUM.
fn domain(instance: &Instance) -> Option<EmailDomainStatus> {
    let known = list_email_domains(&instance.app, &dinum()).unwrap().unwrap();
    known.into_iter().find(|known| known.domain.as_str() == "inconnu.example").map(|known| known.status)
}

async fn approve(instance: &Instance, status: EmailDomainStatus) {
    let domain = "inconnu.example".parse().unwrap();
    write_email_domain(&instance.app, &marie(), dinum(), domain, status).await.unwrap().unwrap();
}

async fn accept(instance: &Instance, acceptance: Acceptance) {
    accept_moderation(&instance.app, &marie(), FIRST, acceptance).await.unwrap().unwrap();
    instance.clock.advance(std::time::Duration::from_secs(60)).unwrap();
}

async fn reopen(instance: &Instance) -> Result<Moderation, ModerationRefusal> {
    reopen_moderation(&instance.app, &marie(), FIRST, None).await.unwrap()
}

async fn refuse(instance: &Instance) -> Result<Moderation, ModerationRefusal> {
    reject_moderation(&instance.app, &marie(), FIRST, no()).await.unwrap()
}

async fn foreseen(instance: &Instance) -> LinkUndone {
    view_moderation(&instance.app, &marie(), FIRST).await.unwrap().unwrap().undoing.unwrap().link
}

/// An operator links somebody by hand.
async fn link_by_hand(instance: &Instance, verification: Option<Verification>) {
    let hand = By::local(Actor::CommandLine(String::from("paul")));
    let link = Link { is_external: false, verification };
    link_user(&instance.app, &hand, dinum(), key_of(ELODIE), link).await.unwrap().unwrap();
}

#[tokio::test]
async fn sec_108_whoever_was_let_in_by_mistake_is_a_member_no_more_once_that_is_taken_back() {
    let instance = Instance::dev().await;
    let (person, client, waits) = waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let form = page.form_to("/accept").with("link", "internal").with("verification", "automatic");
    let done = marie.submit(form.with("domain", "verified")).await;
    let welcome = person.visit(waits.url.as_str()).await;
    let back = person.submit(welcome.form_to("/users/welcome")).await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    let told = client.userinfo(&token).await.json();
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &true.into()));
    let said = done.text("section[aria-labelledby=reopen-title]");
    for words in ["prend fin aussitôt", "inconnu.example", "inconnu de l’organisation", "prévenue par courriel"] {
        assert!(said.contains(words), "{words}: what it undoes is said before: {said}");
    }
    marie.submit(done.form_to("/reopen")).await;
    assert_eq!((link(&instance, ELODIE), domain(&instance)), (None, None));
    assert_eq!(client.userinfo(&token).await.status, 401, "what was given for the organization ends with the link");
    let mail = instance.mails_to(ELODIE).await.remove(0);
    assert!(mail.subject.contains("examinée de nouveau") && mail.text.contains("plus rattaché"), "{}", mail.text);
    let again = person.visit(&client.authorization("openid email organization", &[])).await;
    assert_eq!(again.url.path(), "/users/unable-to-auto-join-organization", "no session acts for it any more");
    let kept: Vec<String> = instance.audit().iter().map(|record| format!("{:?}", record.event)).collect();
    for event in ["MembershipDeleted", "EmailDomainDeleted", "Reopened"] {
        assert!(kept.iter().any(|kept| kept.contains(event)), "{event} is in the audit");
    }
    let page = marie.visit("/admin/moderations/1").await;
    marie.submit(page.form_to("/reject").with("reason", "Non.").with("correctable", "no")).await;
    assert_eq!(link(&instance, ELODIE), None);
    let refused = person.visit(&client.authorization("openid email organization", &[])).await;
    let refused = join(&person, &refused, DINUM).await;
    assert_eq!(refused.url.path(), "/users/moderation-rejected");
}

#[tokio::test]
async fn sec_108_a_link_that_was_there_before_is_again_what_it_was() {
    let instance = Instance::dev().await;
    approve(&instance, EmailDomainStatus::NotVerifiedYet).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    assert_eq!(join(&person, &asks, DINUM).await.url.path(), "/users/welcome");
    accept(&instance, Acceptance { domain: Some(EmailDomainStatus::External), is_external: true, ..yes() }).await;
    assert_eq!(link(&instance, ELODIE), Some(Verification::Domain));
    assert_eq!(foreseen(&instance).await, LinkUndone::PutBack(Verification::DomainNotVerifiedYet));
    reopen(&instance).await.unwrap();
    assert_eq!(link(&instance, ELODIE), Some(Verification::DomainNotVerifiedYet));
    assert_eq!(domain(&instance), Some(EmailDomainStatus::NotVerifiedYet), "and so is the domain");
    let mail = instance.mails_to(ELODIE).await.remove(0);
    assert!(mail.text.contains("n’est plus tenu pour prouvé"), "{}", mail.text);
    refuse(&instance).await.unwrap();
    assert_eq!(link(&instance, ELODIE), None, "and the review that is refused ends it");
}

#[tokio::test]
async fn sec_111_a_link_made_by_hand_while_a_request_waits_stands_in_the_way_of_a_refusal() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    link_by_hand(&instance, None).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let warned = page.text("[role=note]");
    assert!(warned.contains("rattachée à l’organisation par un autre acte"), "{warned}");
    assert!(page.has("[role=note] a[href^='/admin/organizations/']"), "{}", page.body);
    let late = marie.submit(page.form_to("/reject").with("reason", "Non.").with("correctable", "no")).await;
    assert_eq!(late.status, 409);
    assert!(late.text("[role=alert]").contains("Retirez d’abord ce rattachement"), "{}", late.text("main"));
    assert_eq!(link(&instance, ELODIE), Some(Verification::ManualDecision));
    unlink_user(&instance.app, &By::local(Actor::System), dinum(), key_of(ELODIE)).await.unwrap().unwrap();
    let page = marie.visit("/admin/moderations/1").await;
    assert!(!page.text("main").contains("par un autre acte"), "{}", page.text("main"));
    let done = marie.submit(page.form_to("/reject").with("reason", "Non.").with("correctable", "no")).await;
    assert!(done.text("[role=status]").contains("refusée"), "{}", done.text("main"));
}

#[tokio::test]
async fn a_link_that_somebody_else_made_or_proved_stays_when_the_acceptance_is_taken_back() {
    for is_before in [true, false] {
        let instance = Instance::dev().await;
        waiting(&instance).await;
        if is_before {
            link_by_hand(&instance, None).await;
            instance.clock.advance(std::time::Duration::from_secs(60)).unwrap();
        }
        accept(&instance, yes()).await;
        if !is_before {
            link_by_hand(&instance, Some(Verification::ProofReceived)).await;
        }
        let proof = link(&instance, ELODIE);
        assert_eq!(foreseen(&instance).await, LinkUndone::Stays, "{is_before}");
        let mails = instance.mails_to(ELODIE).await.len();
        reopen(&instance).await.unwrap();
        assert_eq!(link(&instance, ELODIE), proof, "{is_before}");
        assert_eq!(instance.mails_to(ELODIE).await.len(), mails, "nothing changed for her");
        assert_eq!(refuse(&instance).await.err(), Some(ModerationRefusal::Linked), "{is_before}");
    }
}

#[tokio::test]
async fn sec_109_members_whom_a_domain_proved_lose_that_with_the_acceptance_that_approved_it() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let (other, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&other, &client, "deux@inconnu.example", &[]).await;
    join(&other, &asks, DINUM).await;
    let verified = Some(EmailDomainStatus::Verified);
    accept(&instance, Acceptance { domain: verified, similar: SimilarOnes::All, ..yes() }).await;
    let third = instance.person();
    let asks = arrive(&third, &client, "trois@inconnu.example", &[]).await;
    assert_eq!(join(&third, &asks, DINUM).await.url.path(), "/users/welcome");
    reopen(&instance).await.unwrap();
    assert_eq!(link(&instance, ELODIE), None);
    for email in ["deux@inconnu.example", "trois@inconnu.example"] {
        assert_eq!(link(&instance, email), Some(Verification::DomainNotVerifiedYet), "{email}");
        let told = &instance.mails_to(email).await[0];
        assert!(told.subject.contains("à prouver de nouveau"), "{email}: {}", told.subject);
    }
    let subjects: Vec<String> = instance.mails_to(ELODIE).await.into_iter().map(|mail| mail.subject).collect();
    assert!(!subjects.iter().any(|subject| subject.contains("à prouver")), "one mail tells of it: {subjects:?}");
    // A domain that somebody else decided on since stays as they said.
    accept(&instance, Acceptance { domain: verified, ..yes() }).await;
    approve(&instance, EmailDomainStatus::External).await;
    reopen(&instance).await.unwrap();
    assert_eq!(domain(&instance), Some(EmailDomainStatus::External));
    // Nor does one go whose approval somebody else confirmed since.
    delete_email_domain(&instance.app, &marie(), dinum(), "inconnu.example".parse().unwrap()).await.unwrap().unwrap();
    accept(&instance, Acceptance { domain: verified, ..yes() }).await;
    let (other, name) = (By::local(Actor::CommandLine(String::from("paul"))), "inconnu.example".parse().unwrap());
    write_email_domain(&instance.app, &other, dinum(), name, EmailDomainStatus::Verified).await.unwrap().unwrap();
    reopen(&instance).await.unwrap();
    assert_eq!(domain(&instance), Some(EmailDomainStatus::Verified));
    // And one that was refused is not opened by reopening.
    reject_moderation(&instance.app, &marie(), FIRST, Rejection { refuses_domain: true, ..no() })
        .await
        .unwrap()
        .unwrap();
    reopen(&instance).await.unwrap();
    assert_eq!(domain(&instance), Some(EmailDomainStatus::Refused));
}

#[tokio::test]
async fn an_acceptance_of_before_its_effects_were_kept_is_taken_back_by_who_made_the_link_and_when() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    accept(&instance, Acceptance { domain: Some(EmailDomainStatus::Verified), ..yes() }).await;
    let forget = |tx: &mut Tx<'_>| {
        let request = moderations::find(tx, FIRST)?.unwrap();
        assert!(request.effect.is_some());
        moderations::update(tx, &Moderation { effect: None, ..request })
    };
    instance.app.store.write(forget).await.unwrap();
    reopen(&instance).await.unwrap();
    assert_eq!((link(&instance, ELODIE), domain(&instance)), (None, None));
}

#[tokio::test]
async fn sec_111_a_decision_is_taken_back_once_whatever_became_of_the_person_and_the_organization() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    accept(&instance, yes()).await;
    let (app, by) = (&instance.app, marie());
    let (one, other) = tokio::join!(reopen_moderation(app, &by, FIRST, None), reopen_moderation(app, &by, FIRST, None));
    let outcomes = [one.unwrap().err(), other.unwrap().err()];
    assert!(outcomes.contains(&None), "{outcomes:?}");
    assert!(outcomes.contains(&Some(ModerationRefusal::Fault(ModerationFault::Pending))), "{outcomes:?}");
    let ends = |instance: &Instance| {
        let ended =
            |record: &&moncomptepro::domain::AuditRecord| matches!(record.event, AuditEvent::MembershipDeleted { .. });
        instance.audit().iter().filter(ended).count()
    };
    assert_eq!(ends(&instance), 1);
    assert_eq!(instance.mails_to(ELODIE).await.iter().filter(|mail| mail.subject.contains("de nouveau")).count(), 1);
    // Decided anew, it stands by that decision alone, and is taken back from somebody whose account is closed as well.
    accept(&instance, yes()).await;
    assert_eq!(link(&instance, ELODIE), Some(Verification::ManualDecision));
    disable_user(app, &by, key_of(ELODIE), false).await.unwrap().unwrap();
    reopen(&instance).await.unwrap();
    assert_eq!((link(&instance, ELODIE), ends(&instance)), (None, 2));
    let close = |tx: &mut Tx<'_>| {
        let request = moderations::find(tx, FIRST)?.unwrap();
        assert_eq!(request.kind, ModerationKind::OrganizationJoinBlock);
        let organization = organizations::get(tx, request.organization_id)?;
        organizations::update(tx, &moncomptepro::domain::Organization { is_active: false, ..organization })
    };
    app.store.write(close).await.unwrap();
    let closed = accept_moderation(app, &by, FIRST, yes()).await.unwrap();
    assert_eq!(closed.err(), Some(ModerationRefusal::Closed));
    let gone = app.store.read(|tx| users::find_by_email(tx, &ELODIE.parse().unwrap())).unwrap().unwrap().id;
    moncomptepro::acts::administration::erase_user(app, &by, UserKey::Id(gone), false).await.unwrap().unwrap();
    assert_eq!(reopen(&instance).await.err(), Some(ModerationRefusal::Unknown));
}
