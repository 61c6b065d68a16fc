//! A link that nothing proves, or nothing any more: its person has it proven as somebody new would, and it stays one link.

use std::time::Duration;

use moncomptepro::acts::administration::{
    Link, UserKey, accept_moderation, delete_email_domain, link_user, reject_moderation, write_email_domain,
};
use moncomptepro::config::{Config, DevOptions, JoiningSettings};
use moncomptepro::domain::{
    AuditEvent, EmailDomainStatus, JoiningPolicy, Membership, Moderation, ModerationId, ModerationKind,
    ModerationState, Verification,
};
use moncomptepro::store::{Tx, memberships, moderations, organizations, users};

use super::{ELODIE, arrive, claims, join, moderator, no, yes};
use crate::support::{Instance, Page, Person, RelyingParty};

const DINUM: &str = "13002526500013";
const LAMALOU: &str = "21340126800130";
const PETIT_LIEU: &str = "21999993500014";
const SCOPE: &str = "openid organization";

/// A service that hears of proven links only.
async fn careful(instance: &Instance) -> RelyingParty {
    instance.declare("careful", |client| client.require_verified_link = true).await
}

async fn say(instance: &Instance, status: EmailDomainStatus) {
    let domain = "inconnu.example".parse().unwrap();
    write_email_domain(&instance.app, &moderator(), DINUM.parse().unwrap(), domain, status).await.unwrap().unwrap();
}

/// The link of somebody, if there is one, and the numbers of what they asked for.
fn found(instance: &Instance, email: &str, siret: &str) -> (Option<Membership>, Vec<ModerationId>) {
    let lists = instance.app.store.read(|tx| {
        let user = users::find_by_email(tx, &email.parse().unwrap())?.unwrap();
        let organization = organizations::find_by_siret(tx, &siret.parse().unwrap())?.unwrap();
        let asked = moderations::list_of_user(tx, user.id)?.into_iter().map(|request| request.id).collect();
        let all = memberships::list_of_user(tx, user.id)?;
        let mut here = all.into_iter().filter(|link| link.organization_id == organization.id);
        let link = here.next();
        assert!(here.next().is_none(), "one link at most");
        Ok((link, asked))
    });
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
    lists.unwrap()
}

/// Élodie belongs to the DINUM by her domain, which is forgotten then; an hour has passed.
async fn lost(instance: &Instance, client: &RelyingParty) -> Person {
    say(instance, EmailDomainStatus::Verified).await;
    let person = instance.person();
    let asks = arrive(&person, client, ELODIE, &[]).await;
    let welcome = join(&person, &asks, DINUM).await;
    let back = person.submit(welcome.form_to("/users/welcome")).await;
    assert_eq!(claims(client, &back).await["organization_verified"], true);
    let domain = "inconnu.example".parse().unwrap();
    delete_email_domain(&instance.app, &moderator(), DINUM.parse().unwrap(), domain).await.unwrap().unwrap();
    instance.clock.advance(Duration::from_secs(60 * 60)).unwrap();
    person
}

/// The button of the organization on a page.
async fn choose(person: &Person, page: &Page, siret: &str) -> Page {
    assert!(page.text("[aria-labelledby=unproven-title]").contains("rien ne prouve"), "{}", page.text("main"));
    person.submit(page.form_with("siret", Some(siret)).with("siret", siret)).await
}

#[tokio::test]
async fn sec_109_whoever_lost_what_proved_their_link_asks_a_moderator_and_has_the_same_link_proven() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = lost(&instance, &client).await;
    let (before, _) = found(&instance, ELODIE, DINUM);
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "the service hears of proven links only");
    let waits = choose(&person, &asks, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
    assert!(waits.text("main").contains("Un refus mettrait fin"), "{}", waits.text("main"));
    let (link, asked) = found(&instance, ELODIE, DINUM);
    assert_eq!(link, before, "nothing is proven yet");
    // Whoever asks twice waits for the same.
    let again = person.visit("/manage-organizations").await;
    assert!(again.text("[data-siret]").contains("En cours d’examen"), "{}", again.text("main"));
    assert!(!again.text("[data-siret]").contains("Faire vérifier"), "{}", again.text("main"));
    let same = join(&person, &person.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(same.url.query(), waits.url.query().map(|query| query.split('&').next().unwrap_or(query)));
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    accept_moderation(&instance.app, &moderator(), *request, yes()).await.unwrap().unwrap();
    let (link, _) = found(&instance, ELODIE, DINUM);
    let (link, before) = (link.unwrap(), before.unwrap());
    assert_eq!((link.verification, link.created_at), (Verification::ManualDecision, before.created_at));
    let told = claims(&client, &person.visit(&client.authorization(SCOPE, &[])).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &true.into()));
}

#[tokio::test]
async fn sec_108_whoever_is_refused_the_proof_of_their_link_belongs_to_the_organization_no_more() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = lost(&instance, &client).await;
    let page = person.visit("/manage-organizations").await;
    assert!(page.text("[data-siret]").contains("Non vérifié"), "{}", page.text("main"));
    let waits = person.submit(page.form_to("/users/join-organization")).await;
    // The button carries the number.
    assert_eq!(waits.status, 400);
    let waits = person.submit(page.form_with("siret", Some(DINUM)).with("siret", DINUM)).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
    let (_, asked) = found(&instance, ELODIE, DINUM);
    reject_moderation(&instance.app, &moderator(), asked[0], no()).await.unwrap().unwrap();
    assert_eq!(found(&instance, ELODIE, DINUM).0, None);
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    assert!(!asks.has("#unproven-title"), "there is no link any more");
    let refused = join(&person, &asks, DINUM).await;
    assert_eq!(refused.url.path(), "/users/moderation-rejected", "as for somebody new");
}

#[tokio::test]
async fn sec_109_a_refused_domain_proves_nothing_anew_and_says_so() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = lost(&instance, &client).await;
    say(&instance, EmailDomainStatus::Refused).await;
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    let refused = choose(&person, &asks, DINUM).await;
    assert_eq!(refused.url.path(), "/users/domain-refused-for-organization", "{}", refused.text("main"));
    let (link, asked) = found(&instance, ELODIE, DINUM);
    assert_eq!((link.unwrap().verification, asked), (Verification::DomainNotVerifiedYet, Vec::new()));
}

/// How often something that waited for a moderator waits no more.
fn cancelled(instance: &Instance) -> usize {
    let is_cancelled = |event: &AuditEvent| serde_json::to_value(event).unwrap()["step"] == "cancelled";
    instance.audit().iter().filter(|record| is_cancelled(&record.event)).count()
}

/// Somebody whom a moderator linked without any proof, and who is signed in.
async fn linked(instance: &Instance, email: &str, siret: &str, is_external: bool) -> Person {
    let person = instance.person();
    arrive(&person, &instance.standard_client(), email, &[]).await;
    let link = Link { is_external, verification: Some(Verification::Unverified) };
    // The organization is known here once somebody asked for it.
    let stranger = instance.person();
    let asks = arrive(&stranger, &instance.standard_client(), "passante@agglo.example", &[]).await;
    join(&stranger, &asks, siret).await;
    let key = UserKey::Email(email.parse().unwrap());
    link_user(&instance.app, &moderator(), siret.parse().unwrap(), key, link).await.unwrap().unwrap();
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    person
}

#[tokio::test]
async fn rule_15_the_address_or_the_domain_of_the_town_hall_proves_a_link_that_there_is() {
    for (email, verification) in [
        ("mairie@lamalou.example", Verification::OfficialContactEmail),
        ("agent@lamalou.example", Verification::Domain),
    ] {
        let instance = Instance::dev().await;
        let client = careful(&instance).await;
        let person = linked(&instance, email, LAMALOU, true).await;
        let (before, _) = found(&instance, email, LAMALOU);
        let asks = person.visit(&client.authorization(SCOPE, &[])).await;
        let welcome = choose(&person, &asks, LAMALOU).await;
        assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
        assert!(welcome.text("h1").contains("confirmé"), "{}", welcome.text("h1"));
        let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
        assert_eq!((&told["siret"], &told["organization_verified"]), (&LAMALOU.into(), &true.into()));
        let (link, before) = (found(&instance, email, LAMALOU).0.unwrap(), before.unwrap());
        assert_eq!((link.verification, link.created_at), (verification, before.created_at));
        assert_eq!(
            (&link.made_by, link.is_external),
            (&before.made_by, true),
            "who marked them external is not undone"
        );
        assert!(link.verified.is_some_and(|deed| deed.at > before.created_at), "when it was proven is kept");
        let asks = person.visit("/users/join-organization").await;
        let again = join(&person, &asks, LAMALOU).await;
        assert!(again.text("#siret-problem").contains("déjà rattaché"), "there is nothing left to prove");
        assert!(!again.has("#unproven-title"));
    }
}

#[tokio::test]
async fn sec_110_a_code_of_the_town_hall_proves_a_link_that_there_is_and_nobody_looks_at_it_any_more() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = linked(&instance, "jean@gmail.com", PETIT_LIEU, false).await;
    // He had another address when he joined, whose domain was to be reviewed.
    let now = instance.clock.now();
    let link = found(&instance, "jean@gmail.com", PETIT_LIEU).0.unwrap();
    let review = move |tx: &mut Tx<'_>| {
        let of_the_passer_by = moderations::find(tx, ModerationId(1))?.unwrap();
        let (id, kind) = (moderations::next_id(tx)?, ModerationKind::NonVerifiedDomain);
        let (user_id, organization_id) = (link.user_id, link.organization_id);
        let state = ModerationState::Pending { since: now, by: None };
        moderations::insert(tx, &Moderation { id, kind, user_id, organization_id, state, ..of_the_passer_by })
    };
    instance.app.store.write(review).await.unwrap();
    let waits = person.visit(&client.authorization(SCOPE, &[])).await;
    let asks = person.visit(&waits.attribute("main a[href^='/users/join-organization']", "href").unwrap()).await;
    let asks = choose(&person, &asks, PETIT_LIEU).await;
    assert!(asks.url.path().starts_with("/users/official-contact-email-verification/"), "{}", asks.url);
    let unproven = found(&instance, "jean@gmail.com", PETIT_LIEU).0.unwrap();
    assert_eq!(unproven.verification, Verification::Unverified, "the code is not given back yet");
    let mail = &instance.mails_to("mairie.petit-lieu@yopmail.com").await[0];
    let is_code = |line: &&str| line.split('-').count() == 2 && line.bytes().all(|byte| byte != b' ');
    let words = mail.text.lines().map(str::trim).find(is_code).unwrap();
    let field = "official_contact_email_verification_token";
    let welcome = person.submit(asks.form_with(field, None).with(field, words)).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&PETIT_LIEU.into(), &true.into()));
    let (link, asked) = found(&instance, "jean@gmail.com", PETIT_LIEU);
    let link = link.unwrap();
    assert_eq!(asked, [], "what is proven is not looked at");
    assert_eq!(cancelled(&instance), 1);
    let proven = (Verification::CodeSentToOfficialContactEmail, unproven.created_at);
    assert_eq!((link.verification, link.created_at), proven);
}

#[tokio::test]
async fn rule_19_whoever_joined_with_a_domain_to_be_reviewed_waits_for_the_review_and_does_not_take_it_back() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    say(&instance, EmailDomainStatus::NotVerifiedYet).await;
    let person = instance.person();
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    let waits = join(&person, &asks, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "the service waits for the review");
    assert!(waits.text("main").contains("Votre rattachement à cette organisation est examiné"));
    assert!(!waits.body.contains("/users/cancel-moderation/"), "it is not theirs to take back");
    let (link, asked) = found(&instance, ELODIE, DINUM);
    let [review] = asked.as_slice() else { panic!("{asked:?}") };
    let other = waits.attribute("main a[href^='/users/join-organization']", "href").unwrap();
    let asks = person.visit(&other).await;
    let forged = asks.form_with("siret", None).without("siret");
    let action = instance_url(&waits, &format!("/users/cancel-moderation/{}", review.0));
    person.submit(crate::support::Form { action, ..forged }).await;
    let same = join(&person, &asks, DINUM).await;
    assert_eq!(same.url.path(), waits.url.path());
    assert_eq!(found(&instance, ELODIE, DINUM), (link, asked.clone()), "nothing was made twice, or taken back");
    accept_moderation(&instance.app, &moderator(), *review, yes()).await.unwrap().unwrap();
    let welcome = person.visit(&client.authorization(SCOPE, &[])).await;
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &true.into()));
}

fn instance_url(page: &Page, path: &str) -> url::Url {
    page.url.join(path).unwrap()
}

#[tokio::test]
async fn rule_19_a_domain_to_be_reviewed_has_the_link_that_there_is_reviewed_once() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = lost(&instance, &client).await;
    say(&instance, EmailDomainStatus::NotVerifiedYet).await;
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    let waits = choose(&person, &asks, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.text("main"));
    assert!(waits.text("main").contains("Votre rattachement à cette organisation est examiné"));
    let (link, asked) = found(&instance, ELODIE, DINUM);
    assert_eq!((link.unwrap().verification, asked.len()), (Verification::DomainNotVerifiedYet, 1));
    // The domain is forgotten meanwhile.
    let domain = "inconnu.example".parse().unwrap();
    delete_email_domain(&instance.app, &moderator(), DINUM.parse().unwrap(), domain).await.unwrap().unwrap();
    let same = join(&person, &person.visit("/users/join-organization").await, DINUM).await;
    assert_eq!(same.url.path(), "/users/unable-to-auto-join-organization", "rule 20 waits for the same review");
    assert_eq!(found(&instance, ELODIE, DINUM).1, asked);
}

#[tokio::test]
async fn whoever_asked_for_the_proof_of_their_link_and_leaves_is_not_let_in_again() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = lost(&instance, &client).await;
    let asks = person.visit(&client.authorization(SCOPE, &[])).await;
    choose(&person, &asks, DINUM).await;
    assert_eq!(found(&instance, ELODIE, DINUM).1.len(), 1);
    let page = person.visit("/manage-organizations").await;
    person.submit(page.form_to("/users/quit-organization/")).await;
    assert_eq!(found(&instance, ELODIE, DINUM), (None, Vec::new()));
    assert_eq!(cancelled(&instance), 1);
}

#[tokio::test]
async fn a_service_that_names_an_organization_whose_link_nothing_proves_leads_to_its_proof() {
    let instance = Instance::dev().await;
    let client = careful(&instance).await;
    let person = lost(&instance, &client).await;
    let asks = person.visit(&client.authorization(SCOPE, &[("siret_hint", DINUM)])).await;
    assert_eq!(asks.url.path(), "/users/join-organization");
    // Another one, which is proven: the one that is named is asked for all the same, and another one may be taken.
    let mayor = Link { is_external: false, verification: Some(Verification::ManualDecision) };
    let key = UserKey::Email(ELODIE.parse().unwrap());
    link_user(&instance.app, &moderator(), "21920023500014".parse().unwrap(), key, mayor).await.unwrap().unwrap();
    let asks = person.visit(&client.authorization(SCOPE, &[("siret_hint", DINUM)])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "the service does not hear of the one that it names");
    let link = asks.attribute("a[href^='/users/select-organization']", "href").unwrap();
    let chooser = person.visit(&link).await;
    assert!(chooser.text("form .tile").contains("Clamart") || chooser.text("main").contains("clamart"));
    let offered = chooser.form_with("siret", Some(DINUM));
    assert!(offered.action.path().ends_with("/users/join-organization"), "the other one is offered to be proven");
    let button = chooser.attribute("button[name=organization_id]", "value").unwrap();
    let form = chooser.form_with("organization_id", None).with("organization_id", &button);
    let back = person.submit(form).await;
    assert_eq!(claims(&client, &back).await["siret"], "21920023500014");
}

#[tokio::test]
async fn rule_18_where_nobody_moderates_and_nothing_proves_the_link_the_person_is_told_so() {
    let instance = Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        let policy = JoiningPolicy { bypass_moderation: true, ..config.joining.policy };
        Config { joining: JoiningSettings { policy, ..config.joining.clone() }, ..config }
    })
    .await;
    let client = careful(&instance).await;
    let person = instance.person();
    let asks = arrive(&person, &client, ELODIE, &[]).await;
    let asks = join(&person, &asks, DINUM).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "joined, and told to no service that insists");
    let again = choose(&person, &asks, DINUM).await;
    assert_eq!(again.status, 400);
    assert!(again.text("#siret-problem").contains("rien ne permet ici de vérifier"), "{}", again.text("main"));
    say(&instance, EmailDomainStatus::Verified).await;
    let (link, asked) = found(&instance, ELODIE, DINUM);
    assert_eq!((link.unwrap().verification, asked), (Verification::Domain, Vec::new()), "an approved domain does");
}
