//! Town halls and schools: the address of the directory proves, or is sent a code of two words.

use std::time::Duration;

use moncomptepro::acts::administration::reject_moderation;
use moncomptepro::domain::{Moderation, ModerationId, ModerationKind, ModerationState};
use moncomptepro::protocol::Locale;
use moncomptepro::store::{contact_proofs, memberships, moderations, users};

use super::{arrive, claims, join, moderator, no};
use crate::support::{Instance, Page, Person};

const PETIT_LIEU: &str = "21999993500014";
const MAIRIE: &str = "mairie.petit-lieu@yopmail.com";
const LA_HAGUE: &str = "20006541500016";
const TOTAL: &str = "54205118000066";
const CHAPTAL: &str = "19750663700010";

async fn give(person: &Person, asks: &Page, words: &str) -> Page {
    let field = "official_contact_email_verification_token";
    person.submit(asks.form_with(field, None).with(field, words)).await
}

/// The two words of the last mail.
async fn words(instance: &Instance, address: &str) -> String {
    let mail = &instance.mails_to(address).await[0];
    let is_code = |line: &&str| {
        line.split('-').count() == 2 && line.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())
    };
    mail.text.lines().map(str::trim).find(is_code).unwrap_or_else(|| panic!("{}", mail.text)).to_owned()
}

#[tokio::test]
async fn the_address_of_the_town_hall_and_its_own_domain_join_at_once() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for (email, siret) in [
        ("mairie@lamalou.example", "21340126800130"),
        ("agent@lamalou.example", "21340126800130"),
        (MAIRIE, PETIT_LIEU),
        ("ecole.valery@education.example", "21340126800049"),
    ] {
        let person = instance.person();
        let asks = arrive(&person, &client, email, &[]).await;
        let welcome = join(&person, &asks, siret).await;
        assert_eq!(welcome.url.path(), "/users/welcome", "{email}: {}", welcome.text("main"));
        let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
        assert_eq!((&told["siret"], &told["organization_verified"]), (&siret.into(), &true.into()));
    }
    let next = instance.person();
    let asks = arrive(&next, &client, "autre@lamalou.example", &[]).await;
    assert!(asks.text("main").contains("Organisations proposées"), "the directory's domain is suggested from now on");
    let stranger = instance.person();
    let asks = arrive(&stranger, &client, "jean@agglo.example", &[]).await;
    let waits = join(&stranger, &asks, "21340126800130").await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "a domain of somebody else proves nothing");
}

#[tokio::test]
async fn sec_110_whoever_has_a_free_mailbox_asks_the_town_hall_for_a_code() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let asks = join(&person, &asks, PETIT_LIEU).await;
    assert!(asks.url.path().starts_with("/users/official-contact-email-verification/"), "{}", asks.url);
    assert!(!asks.body.contains(MAIRIE) && asks.text("main").contains("m•••u@yopmail.com"), "{}", asks.text("main"));
    let mail = &instance.mails_to(MAIRIE).await[0];
    for word in ["Élodie Martin", "jean@gmail.com", "Petit-Lieu"] {
        assert!(mail.text.contains(word), "{word}: {}", mail.text);
    }
    let back_on_the_way = person.visit(&client.authorization("openid organization", &[])).await;
    assert_eq!(back_on_the_way.url.path(), asks.url.path(), "the step is that of the proof");
    let wrong = give(&person, &asks, "ni-ceci").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text("#official_contact_email_verification_token-problem").contains("pas le code"));
    let words = words(&instance, MAIRIE).await;
    let typed = format!("  {}  ", words.to_uppercase().replace('-', " "));
    let welcome = give(&person, &asks, &typed).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&PETIT_LIEU.into(), &true.into()));
}

#[tokio::test]
async fn sec_110_a_town_hall_whose_mailbox_anybody_can_have_is_joined_from_that_mailbox_or_by_its_code() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let contact = "mairie.val-menu@yopmail.fr";
    for (email, path) in [
        (contact, "/users/welcome"),
        // Neither the provider of the official mailbox nor another free one proves anything.
        ("autre@yopmail.fr", "/users/official-contact-email-verification/"),
        ("jean@gmail.com", "/users/official-contact-email-verification/"),
        ("jean@prive.example", "/users/unable-to-auto-join-organization"),
    ] {
        let person = instance.person();
        let asks = arrive(&person, &client, email, &[]).await;
        let page = join(&person, &asks, "21999994300018").await;
        assert!(page.url.path().starts_with(path), "{email}: {}", page.url);
        if email == "jean@gmail.com" {
            assert!(page.text("main").contains("l’adresse officielle de la mairie"), "{}", page.text("main"));
            let welcome = give(&person, &page, &words(&instance, contact).await).await;
            assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
        }
    }
    let next = instance.person();
    let asks = arrive(&next, &client, "encore@yopmail.fr", &[]).await;
    assert!(!asks.text("main").contains("Organisations proposées"), "a provider is nobody's domain");
}

#[tokio::test]
async fn whoever_comes_as_external_is_marked_so_by_a_rule_by_a_code_and_for_the_moderator() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for hint in ["true", "false"] {
        let is_external = hint == "true";
        let hinted = [("is_external_hint", hint)];
        let person = instance.person();
        let asks = arrive(&person, &client, &format!("{hint}@lamalou.example"), &hinted).await;
        let welcome = join(&person, &asks, "21340126800130").await;
        let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
        assert_eq!((&told["is_external"], &told["organization_verified"]), (&is_external.into(), &true.into()));

        let person = instance.person();
        let asks = arrive(&person, &client, &format!("{hint}@gmail.com"), &hinted).await;
        let asks = join(&person, &asks, PETIT_LIEU).await;
        let welcome = give(&person, &asks, &words(&instance, MAIRIE).await).await;
        let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
        assert_eq!((&told["siret"], &told["is_external"]), (&PETIT_LIEU.into(), &is_external.into()));

        // By the address of the page, over the question whether the organization is the right one.
        let person = instance.person();
        arrive(&person, &client, &format!("autre.{hint}@gmail.com"), &[]).await;
        let asks = person.visit(&format!("/users/join-organization?is_external_hint={hint}")).await;
        let confirms = join(&person, &asks, TOTAL).await;
        let waits = person.submit(confirms.form_with("confirmed", Some("true")).with("confirmed", "true")).await;
        assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization");
        let another = confirms.attribute("main p a[href*='join-organization']", "href").unwrap();
        assert_eq!(another.contains("is_external_hint=true"), is_external, "{another}");
    }
    for is_external in [true, false] {
        let email = format!("autre.{is_external}@gmail.com").parse().unwrap();
        let asked = instance.app.store.read(|tx| {
            let user = users::find_by_email(tx, &email)?.unwrap();
            moderations::list_of_user(tx, user.id)
        });
        assert_eq!(asked.unwrap().pop().unwrap().as_external, is_external);
    }
}

/// The person proves another address and has it from now on.
async fn change_address(instance: &Instance, person: &Person, to: &str) {
    let page = person.visit("/connection-and-account/email").await;
    let asks = person.submit(page.form_with("email", None).with("email", to)).await;
    let code = instance.code_of(to).await;
    let done = person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert!(person.visit("/connection-and-account").await.text("main").contains(to), "{}", done.text("main"));
}

#[tokio::test]
async fn sec_110_a_code_ends_with_the_address_that_the_town_hall_was_told() {
    let instance = Instance::dev().await;
    let (jean, client) = (instance.person(), instance.standard_client());
    let asks = join(&jean, &arrive(&jean, &client, "jean@gmail.com", &[]).await, PETIT_LIEU).await;
    let words = words(&instance, MAIRIE).await;
    change_address(&instance, &jean, "jean@prive.example").await;
    let field = "official_contact_email_verification_token";
    let token = jean.visit("/connection-and-account").await.attribute("input[name=_csrf]", "value").unwrap();
    let form = asks.form_with(field, None).with(field, &words).with("_csrf", &token);
    let given = jean.submit(form).await;
    assert_eq!(given.url.path(), "/users/join-organization", "{}", given.text("main"));
    assert!(!jean.visit("/manage-organizations").await.body.contains("Petit-Lieu"));
    // As a newcomer with that address.
    let waits = join(&jean, &jean.visit("/users/join-organization").await, PETIT_LIEU).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization");
}

#[tokio::test]
async fn sec_110_sec_111_no_code_of_before_lets_anybody_in_whom_a_moderator_refused_or_has_not_decided_on() {
    let instance = Instance::dev().await;
    let (jean, client) = (instance.person(), instance.standard_client());
    let asks = join(&jean, &arrive(&jean, &client, "jean@gmail.com", &[]).await, PETIT_LIEU).await;
    let words = words(&instance, MAIRIE).await;
    let user = instance.app.store.read(|tx| users::find_by_email(tx, &"jean@gmail.com".parse().unwrap()));
    let user_id = user.unwrap().unwrap().id;
    let proof = || instance.app.store.read(|tx| contact_proofs::list_of_user(tx, user_id)).unwrap().pop();
    let kept = proof().unwrap();
    let organization_id = kept.organization_id;
    // The directory has no address any more at the second attempt: a moderator is to decide.
    let since = instance.clock.now();
    let pending = Moderation {
        id: ModerationId(1),
        user_id,
        organization_id,
        kind: ModerationKind::OrganizationJoinBlock,
        state: ModerationState::Pending { since, by: None },
        client_id: None,
        created_at: since,
        as_external: false,
        locale: Locale::Fr,
        asked_with: None,
        effect: None,
        history: Vec::new(),
        notes: Vec::new(),
    };
    instance.app.store.write(move |tx| moderations::insert(tx, &pending)).await.unwrap();
    let given = give(&jean, &asks, &words).await;
    assert!(!given.url.path().starts_with("/users/welcome"), "{}", given.url);
    let links = || instance.app.store.read(|tx| memberships::list_of_user(tx, user_id)).unwrap();
    assert_eq!(links(), Vec::new(), "a moderator decides");
    let again = kept.clone();
    instance.app.store.write(move |tx| contact_proofs::put(tx, &again)).await.unwrap();
    reject_moderation(&instance.app, &moderator(), ModerationId(1), no()).await.unwrap().unwrap();
    assert_eq!(proof(), None, "a refusal is the end of the code too");
    instance.app.store.write(move |tx| contact_proofs::put(tx, &kept)).await.unwrap();
    let given = give(&jean, &asks, &words).await;
    assert!(!given.url.path().starts_with("/users/welcome"), "{}", given.url);
    assert_eq!(links(), Vec::new(), "nobody is let in who was refused");
}

#[tokio::test]
async fn sec_110_the_code_belongs_to_one_person_is_tried_five_times_and_lives_an_hour() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let (jean, marie) = (instance.person(), instance.person());
    let at_jean = join(&jean, &arrive(&jean, &client, "jean@gmail.com", &[]).await, PETIT_LIEU).await;
    let of_jean = words(&instance, MAIRIE).await;
    let at_marie = join(&marie, &arrive(&marie, &client, "marie@gmail.com", &[]).await, PETIT_LIEU).await;
    let of_marie = words(&instance, MAIRIE).await;
    assert_ne!(of_jean, of_marie);
    assert_eq!(give(&marie, &at_marie, &of_jean).await.status, 400, "the code of somebody else");
    for _ in 0..5 {
        assert_eq!(give(&jean, &at_jean, "ni-ceci").await.status, 400);
    }
    let over = give(&jean, &at_jean, &of_jean).await;
    assert!(over.text("main").contains("ne peut plus servir"), "{}", over.text("main"));
    instance.clock.advance(Duration::from_secs(3_600)).unwrap();
    let late = give(&marie, &at_marie, &of_marie).await;
    assert_ne!(late.url.path(), "/users/welcome");
}

#[tokio::test]
async fn sec_68_of_the_codes_of_official_contacts_twenty_a_day_are_tried_by_one_person() {
    let instance = Instance::dev().await;
    let (jean, client) = (instance.person(), instance.standard_client());
    let first = join(&jean, &arrive(&jean, &client, "jean@gmail.com", &[]).await, PETIT_LIEU).await;
    let mut asks = jean.visit(first.url.path()).await;
    for _ in 0..4 {
        for _ in 0..5 {
            assert_eq!(give(&jean, &asks, "ni-ceci").await.status, 400);
        }
        instance.clock.advance(Duration::from_secs(10 * 60)).unwrap();
        asks = jean.visit(first.url.path()).await;
        jean.submit(asks.form_to("send-official-contact")).await;
        asks = jean.visit(first.url.path()).await;
    }
    let right = words(&instance, MAIRIE).await;
    let answer = give(&jean, &asks, &right).await;
    assert_eq!(answer.status, 429, "the twenty-first, though it is right: {}", answer.text("main"));
}

#[tokio::test]
async fn of_several_addresses_one_is_chosen() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let confirms = join(&person, &asks, LA_HAGUE).await;
    let chooses = match confirms.url.path() {
        "/users/join-organization-confirm" => {
            let form = confirms.form_with("confirmed", Some("true"));
            person.submit(form.with("confirmed", "true")).await
        }
        _ => confirms,
    };
    assert!(chooses.has("input[type=radio][name=contact]"), "{}", chooses.text("main"));
    for masked in ["m•••e@lahague.example", "m•••e-a•••e@lahague.example"] {
        assert!(chooses.text("#contact").contains(masked), "told apart: {}", chooses.text("#contact"));
    }
    assert!(!chooses.body.contains("mairie-annexe@"), "SEC-110: and masked");
    assert!(instance.mails_to("mairie@lahague.example").await.is_empty(), "nothing is sent before one is chosen");
    let send = || chooses.form_to("/users/send-official-contact-email-verification/");
    let refused = person.submit(send().without("contact")).await;
    assert!(refused.text("#contact-problem").contains("Choisissez"));
    let forged = person.submit(send().without("contact").with("contact", "mairie@lahague.example")).await;
    assert_eq!(forged.status, 400, "an address is no choice");
    let second = chooses.attribute("#contact-2", "value").unwrap();
    let asks = person.submit(send().without("contact").with("contact", &second)).await;
    let welcome = give(&person, &asks, &words(&instance, "mairie-annexe@lahague.example").await).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
}

#[tokio::test]
async fn a_lycee_is_sent_a_code_whatever_the_domain() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = join(&person, &arrive(&person, &client, "jean@ac-paris.fr", &[]).await, CHAPTAL).await;
    assert!(asks.url.path().starts_with("/users/official-contact-email-verification/"), "{}", asks.url);
    let welcome = give(&person, &asks, &words(&instance, "ce.0750663z@education.example").await).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
}
