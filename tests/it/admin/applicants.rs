//! A decision is about the person as whoever decides was shown them: whoever changes meanwhile is looked at anew, and whoever
//! comes to have an address that proves it waits no more.

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    Link, ModerationRefusal, Rejection, Shown, SimilarOnes, accept_moderation, change_user_address, link_user,
    list_email_domains, reject_moderation, reopen_moderation, view_moderation, write_email_domain,
};
use moncomptepro::domain::{
    Actor, EmailDomainStatus, FactMoved, Membership, Moderation, ModerationId, ModerationKind, Role, Verification,
};
use moncomptepro::store::{Tx, memberships, moderations, users};

use super::{JEAN, grant, key_of, officer};
use crate::accounts::organizations::{ELODIE, arrive, join, waiting, yes};
use crate::support::{Instance, Page, Person};

const DINUM: &str = "13002526500013";
/// The address that Élodie has later.
const OTHER: &str = "elodie@ailleurs.example";
const FIRST: ModerationId = ModerationId(1);

fn operator() -> By {
    By::local(Actor::CommandLine(String::from("marie")))
}

fn moderator() -> Role {
    Role::Moderator { organizations: None, until: None }
}

async fn approve(instance: &Instance, domain: &str, status: EmailDomainStatus) {
    let (key, domain) = (DINUM.parse().unwrap(), domain.parse().unwrap());
    write_email_domain(&instance.app, &operator(), key, domain, status).await.unwrap().unwrap();
}

/// What a domain is for the DINUM.
fn status(instance: &Instance, domain: &str) -> Option<EmailDomainStatus> {
    let known = list_email_domains(&instance.app, &DINUM.parse().unwrap()).unwrap().unwrap_or_default();
    known.into_iter().find(|known| known.domain.as_str() == domain).map(|known| known.status)
}

fn link(instance: &Instance, email: &str) -> Option<Membership> {
    let email = email.parse().unwrap();
    let found = instance.app.store.read(|tx| {
        let user = users::find_by_email(tx, &email)?.unwrap();
        memberships::list_of_user(tx, user.id)
    });
    found.unwrap().into_iter().next()
}

fn request(instance: &Instance) -> Moderation {
    instance.app.store.read(|tx| moderations::find(tx, FIRST)).unwrap().unwrap()
}

/// The operator gives somebody another address.
async fn moves(instance: &Instance, from: &str, to: &str) {
    change_user_address(&instance.app, &operator(), key_of(from), to.parse().unwrap(), true).await.unwrap().unwrap();
}

/// Somebody takes another address by themselves.
async fn takes(instance: &Instance, person: &Person, to: &str) -> Page {
    let page = person.visit("/connection-and-account/email?another=1").await;
    let asks = person.submit(page.form_with("email", None).with("email", to)).await;
    let code = instance.code_of(to).await;
    let done = person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_eq!(done.url.path(), "/connection-and-account", "{}", done.text("main"));
    done
}

fn acceptance(page: &Page) -> crate::support::Form {
    page.form_to("/accept").with("link", "internal").with("verification", "automatic")
}

#[tokio::test]
async fn sec_111_a_decision_about_somebody_who_has_another_address_now_is_not_taken() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    moves(&instance, ELODIE, OTHER).await;
    let form = acceptance(&page).with("domain", "verified").with("note", "Vu");
    let late = marie.submit(form.clone()).await;
    assert_eq!(late.status, 409);
    let said = late.text("[role=alert]");
    assert!(said.contains("a changé d’adresse") && said.contains(OTHER), "{said}");
    assert_eq!((status(&instance, "ailleurs.example"), link(&instance, OTHER)), (None, None));
    assert_eq!(late.text("#accept-note").trim(), "Vu", "what was written stays");
    assert!(late.has("input[name=domain][value=leave][checked]"), "what is made of the domain is chosen anew");
    let warned = late.text("[role=note]");
    assert!(warned.contains(ELODIE) && warned.contains(OTHER), "{warned}");
    // A form that is refused for something else is not about what its page did not point at.
    let incomplete = marie.submit(form.with("note", &"x".repeat(1_001))).await;
    assert_eq!(incomplete.status, 400);
    let again = marie.submit(acceptance(&incomplete).with("domain", "verified").with("note", "")).await;
    assert_eq!(again.status, 409, "{}", again.text("main"));
    let refusal =
        page.form_to("/reject").with("reason", "Non.").with("correctable", "no").with("refuse_domain", "true");
    assert_eq!(marie.submit(refusal).await.status, 409);
    assert_eq!((status(&instance, "ailleurs.example"), request(&instance).is_pending()), (None, true));
    for seen in ["", "{}", "x", "{\"email\":\"a@b.example\",\"role\":\"administrator\"}"] {
        let foreign = acceptance(&late).with("domain", "leave").without("seen").with("seen", seen);
        assert_eq!(marie.submit(foreign).await.status, 400, "SEC-139: {seen}");
    }
    let done = marie.submit(acceptance(&late).with("domain", "verified")).await;
    assert!(done.text("[role=status]").contains("acceptée"), "{}", done.text("main"));
    assert_eq!(status(&instance, "ailleurs.example"), Some(EmailDomainStatus::Verified));
}

#[tokio::test]
async fn sec_111_a_decision_about_another_link_domain_or_name_than_was_shown_is_not_taken() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let marie = officer(&instance, JEAN, moderator()).await;
    let page = marie.visit("/admin/moderations/1").await;
    let late = async |page: &Page, words: &str| {
        let late = marie.submit(acceptance(page).with("domain", "leave")).await;
        assert!(late.status == 409 && late.text("[role=alert]").contains(words), "{words}: {}", late.text("main"));
        late
    };
    let rename = |tx: &mut Tx<'_>| {
        let mut user = users::find_by_email(tx, &ELODIE.parse().unwrap())?.unwrap();
        user.information.given_name = Some(String::from("Jean"));
        users::update(tx, &user)
    };
    instance.app.store.write(rename).await.unwrap();
    let page = late(&page, "a changé de nom").await;
    approve(&instance, "inconnu.example", EmailDomainStatus::Refused).await;
    let page = late(&page, "ce que le domaine de la personne est").await;
    let by_hand = Link { is_external: false, verification: None };
    link_user(&instance.app, &operator(), DINUM.parse().unwrap(), key_of(ELODIE), by_hand).await.unwrap().unwrap();
    late(&page, "le rattachement de la personne à l’organisation a changé").await;
}

#[tokio::test]
async fn sec_111_a_link_of_a_mail_decides_about_the_person_whom_its_page_showed() {
    let instance = Instance::dev().await;
    grant(&instance, JEAN, moderator()).await;
    waiting(&instance).await;
    let mail = instance.mails_to(JEAN).await.remove(0);
    let line = mail.text.lines().find(|line| line.contains("/moderation/")).unwrap().trim();
    let link = format!("/moderation/{}", line.split_once("/moderation/").unwrap().1);
    let anybody = instance.person();
    let page = anybody.visit(&link).await;
    moves(&instance, ELODIE, OTHER).await;
    let accepts = |page: &Page| page.form_with("decision", Some("accept")).with("decision", "accept");
    let refuses =
        |page: &Page, reason: &str| page.form_with("reason", None).with("reason", reason).with("correctable", "no");
    let empty = anybody.submit(refuses(&page, " ")).await;
    assert_eq!(empty.status, 400);
    for stale in [&page, &empty] {
        for form in [accepts(stale), refuses(stale, "Non.")] {
            let late = anybody.submit(form).await;
            let said = late.text("[role=alert]");
            assert!(late.status == 400 && said.contains("a changé d’adresse") && said.contains(OTHER), "{said}");
        }
    }
    assert!(request(&instance).is_pending());
    assert_eq!(anybody.submit(accepts(&page).without("seen")).await.status, 400);
    let page = anybody.visit(&link).await;
    let done = anybody.submit(accepts(&page)).await;
    assert!(done.text("h1").contains("Demande acceptée"), "{}", done.text("main"));
}

#[tokio::test]
async fn sec_111_a_command_is_about_the_domain_that_was_asked_with_or_is_named() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let app = &instance.app;
    moves(&instance, ELODIE, OTHER).await;
    let moved = Some(ModerationRefusal::Moved(FactMoved::Address));
    assert_eq!(accept_moderation(app, &operator(), FIRST, yes()).await.unwrap().err(), moved);
    let (reason, note) = (None, None);
    let no =
        Rejection { shown: Shown::Request, reason, may_be_corrected: false, refuses_domain: true, notify: true, note };
    assert_eq!(reject_moderation(app, &operator(), FIRST, no).await.unwrap().err(), moved);
    let named = |domain: &str| moncomptepro::acts::administration::Acceptance {
        shown: Shown::Domain(domain.parse().unwrap()),
        domain: Some(EmailDomainStatus::Verified),
        ..yes()
    };
    assert_eq!(accept_moderation(app, &operator(), FIRST, named("inconnu.example")).await.unwrap().err(), moved);
    // Of before the address was kept with which somebody asks: nothing is made of a domain that was not named.
    let forget = |tx: &mut Tx<'_>| {
        let request = moderations::find(tx, FIRST)?.unwrap();
        moderations::update(tx, &Moderation { asked_with: None, ..request })
    };
    app.store.write(forget).await.unwrap();
    let unnamed = moncomptepro::acts::administration::Acceptance { shown: Shown::Request, ..named("inconnu.example") };
    assert_eq!(accept_moderation(app, &operator(), FIRST, unnamed).await.unwrap().err(), moved);
    accept_moderation(app, &operator(), FIRST, named("ailleurs.example")).await.unwrap().unwrap();
    assert_eq!(status(&instance, "ailleurs.example"), Some(EmailDomainStatus::Verified));
}

#[tokio::test]
async fn sec_111_whoever_takes_the_domain_of_somebody_else_while_they_wait_is_not_similar() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    let (other, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&other, &client, "paul@cabinet.example", &[]).await;
    join(&other, &asks, DINUM).await;
    moves(&instance, "paul@cabinet.example", "paul@inconnu.example").await;
    let dossier = view_moderation(&instance.app, &operator(), FIRST).await.unwrap().unwrap();
    assert!(dossier.similar.is_empty());
    let all = moncomptepro::acts::administration::Acceptance { similar: SimilarOnes::All, ..yes() };
    let done = accept_moderation(&instance.app, &operator(), FIRST, all).await.unwrap().unwrap();
    assert_eq!(done.others, []);
    assert_eq!(link(&instance, "paul@inconnu.example"), None);
}

#[tokio::test]
async fn whoever_waits_and_takes_an_address_that_proves_it_waits_no_more() {
    let instance = Instance::dev().await;
    let (person, client, _) = waiting(&instance).await;
    approve(&instance, "ailleurs.example", EmailDomainStatus::External).await;
    takes(&instance, &person, OTHER).await;
    let made = link(&instance, OTHER).unwrap();
    assert_eq!((made.verification, made.is_external), (Verification::Domain, true));
    assert!(request(&instance).is_accepted() && request(&instance).decision().unwrap().0 == &Actor::System);
    let subjects: Vec<String> = instance.mails_to(OTHER).await.iter().map(|mail| mail.subject.clone()).collect();
    assert!(subjects.iter().any(|subject| subject.contains("acceptée")), "{subjects:?}");
    let back = person.visit(&client.authorization("openid email organization", &[])).await;
    assert_eq!(back.url.path(), "/users/welcome", "{}", back.text("main"));
    // A moderator takes that back as any other acceptance.
    reopen_moderation(&instance.app, &operator(), FIRST, None).await.unwrap().unwrap();
    assert_eq!(link(&instance, OTHER), None);
    // What a moderator took up again is theirs.
    approve(&instance, "troisieme.example", EmailDomainStatus::Verified).await;
    moves(&instance, OTHER, "elodie@troisieme.example").await;
    assert!(request(&instance).is_pending() && link(&instance, "elodie@troisieme.example").is_none());
}

#[tokio::test]
async fn another_address_is_judged_by_the_rules_as_at_joining() {
    for (domain, said, verification, kind) in [
        ("ailleurs.example", None, None, ModerationKind::OrganizationJoinBlock),
        ("ailleurs.example", Some(EmailDomainStatus::Refused), None, ModerationKind::OrganizationJoinBlock),
        ("gmail.com", None, None, ModerationKind::OrganizationJoinBlock),
        (
            "ailleurs.example",
            Some(EmailDomainStatus::NotVerifiedYet),
            Some(Verification::DomainNotVerifiedYet),
            ModerationKind::NonVerifiedDomain,
        ),
    ] {
        let instance = Instance::dev().await;
        let (person, _, _) = waiting(&instance).await;
        if let Some(said) = said {
            approve(&instance, domain, said).await;
        }
        let to = format!("elodie@{domain}");
        takes(&instance, &person, &to).await;
        assert_eq!(link(&instance, &to).map(|link| link.verification), verification, "{domain} {said:?}");
        assert!(request(&instance).is_pending() && request(&instance).kind == kind, "{domain} {said:?}");
    }
}

#[tokio::test]
async fn sec_102_an_address_that_is_not_proven_lets_nobody_in() {
    let instance = Instance::dev().await;
    waiting(&instance).await;
    approve(&instance, "ailleurs.example", EmailDomainStatus::Verified).await;
    let (app, to) = (&instance.app, OTHER.parse().unwrap());
    change_user_address(app, &operator(), key_of(ELODIE), to, false).await.unwrap().unwrap();
    assert!(request(&instance).is_pending() && link(&instance, OTHER).is_none());
}

#[tokio::test]
async fn sec_102_sec_105_what_an_address_proved_goes_with_it_when_the_one_before_is_taken_back() {
    let instance = Instance::dev().await;
    let (person, _, _) = waiting(&instance).await;
    approve(&instance, "ailleurs.example", EmailDomainStatus::Verified).await;
    takes(&instance, &person, OTHER).await;
    assert_eq!(link(&instance, OTHER).unwrap().verification, Verification::Domain);
    let owner = instance.person();
    let looked = owner.visit(&instance.link_of(ELODIE).await).await;
    owner.submit(looked.form_to("restore-address")).await;
    assert_eq!(link(&instance, ELODIE).unwrap().verification, Verification::Unverified);
}
