//! What becomes of a number that is typed: every outcome of the table of rules, over HTTP.

use moncomptepro::config::{Config, DevOptions, JoiningSettings};
use moncomptepro::domain::{AuditEvent, JoiningPolicy};

use super::{arrive, claims, join};
use crate::support::Instance;

const CLAMART: &str = "21920023500014";
const DINUM: &str = "13002526500013";
const TOTAL: &str = "54205118000066";
const DANONE: &str = "55203253400646";

/// As production decides: what nothing proves is moderated.
async fn prudent() -> Instance {
    Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        let policy = JoiningPolicy { allow_unverified: false, ..config.joining.policy };
        Config { joining: JoiningSettings { policy, ..config.joining.clone() }, ..config }
    })
    .await
}

#[tokio::test]
async fn an_approved_domain_is_suggested_and_joins_at_once() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid organization", &[])).await;
    let asks = person.sign_in(page, "wanajoin@beta.gouv.fr", "password123").await;
    assert!(asks.text("main").contains("DINUM"), "{}", asks.text("main"));
    let welcome = person.submit(asks.form_with("siret", Some(DINUM)).with("siret", DINUM)).await;
    assert_eq!(welcome.url.path(), "/users/welcome");
    assert!(welcome.text("main").contains("DINUM"));
    let back = person.submit(welcome.form_to("/users/welcome")).await;
    let told = claims(&client, &back).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &true.into()));
    let mail = &instance.mails_to("wanajoin@beta.gouv.fr").await[0];
    for word in ["DINUM", "Jean Perrin", &mail.to, &format!("{}/", instance.address)] {
        assert!(mail.text.contains(word) && mail.html.contains(word), "{word}: {}", mail.text);
    }
    let silent = person.visit(&client.authorization("openid organization", &[("prompt", "none")])).await;
    assert_eq!(claims(&client, &silent).await["siret"], DINUM, "neither joined nor welcomed twice");
}

#[tokio::test]
async fn an_unknown_domain_is_moderated_and_nothing_is_told_meanwhile() {
    let instance = prudent().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "elodie@inconnu.example", &[]).await;
    let waits = join(&person, &asks, DINUM).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization");
    assert!(waits.text("main").contains("Élodie Martin") && waits.text("main").contains("elodie@inconnu.example"));
    let mail = &instance.mails_to("elodie@inconnu.example").await[0];
    assert!(mail.subject.contains("demande") && mail.text.contains("DINUM"), "{}", mail.text);
    let again = person.visit(&client.authorization("openid organization", &[])).await;
    assert_eq!(again.url.path(), "/users/unable-to-auto-join-organization", "one waits, and asks no second time");
    let other = person.visit("/users/join-organization").await;
    let same = join(&person, &other, DINUM).await;
    assert_eq!(same.url.path(), "/users/unable-to-auto-join-organization");
    let asked = |event: &AuditEvent| matches!(event, AuditEvent::ModerationMoved { .. });
    assert_eq!(instance.audit().iter().filter(|record| asked(&record.event)).count(), 1, "no duplicate request");
}

#[tokio::test]
async fn sec_107_every_number_that_cannot_be_is_said_at_its_field() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "elodie@inconnu.example", &[]).await;
    for (typed, words) in [
        ("", "SIRET valide"),
        ("130 025 265 00014", "SIRET valide"),
        ("abcdefghijklmn", "SIRET valide"),
        ("１３００２５２６５０００１３", "SIRET valide"),
        ("130025265", "le SIREN d’une entité"),
        ("130025266", "SIRET valide"),
        ("99999996400011", "fermé"),
        ("21850292000018", "fermé"),
    ] {
        let refused = join(&person, &asks, typed).await;
        assert_eq!(refused.status, 400, "{typed}");
        assert!(refused.text("#siret-problem").contains(words), "{typed}: {}", refused.text("main"));
        assert_eq!(refused.attribute("#siret", "aria-invalid").as_deref(), Some("true"));
        assert_eq!(refused.attribute("#siret", "value").as_deref(), Some(typed), "what was typed is kept");
        assert!(refused.text("title").starts_with("Erreur"));
    }
    let of_entity = join(&person, &asks, "130.025.265").await;
    let choice = format!("#found ~ * button[data-siret='{DINUM}']");
    assert!(of_entity.has(&choice), "its establishments are there to choose from: {}", of_entity.text("main"));
    let unlike = ["130.025.265.00013", "130-025-265-00013", "130\u{2011}025\u{2013}265 00013"];
    for (typed, name) in unlike.into_iter().zip(["alix", "basile", "camille"]) {
        let preview = person.get(&format!("/api/organization-info?siret={typed}")).await;
        assert_eq!(preview.status, 200, "{typed}");
        let taken = instance.person();
        let asks = arrive(&taken, &client, &format!("{name}@inconnu.example"), &[]).await;
        assert_eq!(join(&taken, &asks, typed).await.url.path(), "/users/unable-to-auto-join-organization", "{typed}");
    }
    let spaced = join(&person, &asks, "130 025 265\u{a0}00013").await;
    assert_eq!(spaced.url.path(), "/users/unable-to-auto-join-organization", "spaces are those of paper");
}

#[tokio::test]
async fn a_member_is_told_so() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    client.sign_in(&person, "openid organization", "user@yopmail.com").await;
    let asks = person.visit("/users/join-organization").await;
    let refused = join(&person, &asks, CLAMART).await;
    assert!(refused.text("#siret-problem").contains("déjà rattaché"));
}

#[tokio::test]
async fn addresses_that_never_join_an_organization_are_told_why() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for (email, siret, page) in [
        ("jean@gmail.com", "13003004200019", "access-restricted-to-public-sector-email"),
        ("jean@gmail.com", "18750901300012", "access-restricted-to-public-sector-email"),
        ("jean@gmail.com", "11009001600053", "access-restricted-to-public-sector-email"),
        ("jean@gmail.com", DINUM, "access-restricted-to-public-sector-email"),
        ("jean@gmail.com", "15700001900461", "access-restricted-to-public-sector-email"),
        ("jean@gmail.com", "20004542500085", "access-restricted-to-public-sector-email"),
        ("jean@gmail.com", "38529030900454", "access-restricted-to-public-sector-email"),
        ("jean@beta.gouv.fr", "31723624800017", "access-restricted-to-private-sector-email"),
        ("jean@beta.gouv.fr", "82869625200018", "access-restricted-to-private-sector-email"),
        ("jean@beta.gouv.fr", "11000201100044", "domain-not-allowed-for-organization"),
    ] {
        let person = instance.person();
        let asks = arrive(&person, &client, email, &[]).await;
        let refused = join(&person, &asks, siret).await;
        assert_eq!(refused.url.path(), format!("/users/{page}"), "{email} {siret}");
        assert!(refused.text("main").contains(email) && refused.has("a[href^='/users/join-organization']"));
    }
}

#[tokio::test]
async fn small_public_bodies_are_moderated_for_a_free_mailbox() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    for siret in [
        "13001270100020",
        "20000713600019",
        "20004969000023",
        "20008142000024",
        "24590007100029",
        "25280033900019",
        "25320098400016",
        "25800404300026",
        "26090012100013",
        "26290359400014",
    ] {
        let person = instance.person();
        let asks = arrive(&person, &client, &format!("jean.{siret}@gmail.com"), &[]).await;
        let waits = join(&person, &asks, siret).await;
        assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{siret}: {}", waits.text("main"));
    }
}

#[tokio::test]
async fn r_26_small_structures_join_unproven_where_that_is_allowed_and_wait_where_not() {
    let structures = [
        "49430870300052",
        "80761229600036",
        "84226400400016",
        "41782415800014",
        "80894789900015",
        "33156427800017",
        "83932047000017",
        "79271377800019",
    ];
    for (instance, is_allowed) in [(Instance::dev().await, true), (prudent().await, false)] {
        let client = instance.standard_client();
        for siret in structures {
            let person = instance.person();
            let asks = arrive(&person, &client, &format!("jean.{siret}@gmail.com"), &[]).await;
            let after = join(&person, &asks, siret).await;
            if !is_allowed {
                assert_eq!(after.url.path(), "/users/unable-to-auto-join-organization", "{siret}");
                continue;
            }
            assert_eq!(after.url.path(), "/users/welcome", "{siret}: {}", after.text("main"));
            assert!(after.text("main").contains("Non vérifié"));
            let told = claims(&client, &person.submit(after.form_to("/users/welcome")).await).await;
            assert_eq!((&told["siret"], &told["organization_verified"]), (&siret.into(), &false.into()));
        }
    }
}

#[tokio::test]
async fn sec_108_an_unproven_link_is_not_told_to_a_service_that_insists_on_verified_ones() {
    let instance = Instance::dev().await;
    let careful = instance.declare("careful", |client| client.require_verified_link = true).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let welcome = join(&person, &asks, "84226400400016").await;
    person.submit(welcome.form_to("/users/welcome")).await;
    let asks = person.visit(&careful.authorization("openid organization", &[])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "as if there were none");
}

#[tokio::test]
async fn a_big_organization_and_a_free_mailbox_are_confirmed_and_then_moderated() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let confirms = join(&person, &asks, TOTAL).await;
    assert_eq!(confirms.url.path(), "/users/join-organization-confirm");
    assert!(confirms.text("main").contains("jean@gmail.com") && confirms.text("main").contains("Totalenergies"));
    let form = confirms.form_with("confirmed", Some("true"));
    let waits = person.submit(form.with("confirmed", "true")).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization");
    let other = instance.person();
    let asks = arrive(&other, &client, "marie@gmail.com", &[]).await;
    let confirms = join(&other, &asks, DANONE).await;
    let start = other.submit(confirms.form_with("siret", None).with("confirmed", "false")).await;
    assert_eq!(start.url.path(), "/users/join-organization-confirm", "only a confirmation confirms");
    let start = other.submit(confirms.sign_out_form()).await;
    assert!(start.url.path() == "/users/start-sign-in" || start.url.path() == "/", "{}", start.url);
}

#[tokio::test]
async fn a_hint_is_shown_and_filled_in_and_another_one_may_be_joined() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@beta.gouv.fr", &[("siret_hint", DINUM)]).await;
    assert_eq!(asks.attribute("#siret", "value").as_deref(), Some(DINUM));
    assert!(asks.text(".card").contains("DINUM"));
    let welcome = join(&person, &asks, DINUM).await;
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!(told["siret"], DINUM);
    // Of two organizations the one that is named is taken; one that is foreign is offered to be joined.
    let (person, jean) = (instance.person(), "user@red-needles-sarl.com");
    let page = person.visit(&client.authorization("openid organization", &[("siret_hint", "83951732300011")])).await;
    let back = person.sign_in(page, jean, jean).await;
    assert_eq!(claims(&client, &back).await["siret"], "83951732300011");
    let asks = person.visit(&client.authorization("openid organization", &[("siret_hint", DINUM)])).await;
    assert_eq!(asks.url.path(), "/users/join-organization");
    let link = asks.attribute("a[href^='/users/select-organization']", "href").unwrap();
    let chooser = person.visit(&link).await;
    let back = person.submit(chooser.form_with("organization_id", Some("16")).with("organization_id", "16")).await;
    assert_eq!(claims(&client, &back).await["siret"], "21630215800011", "another one was chosen all the same");
}

#[tokio::test]
async fn a_name_is_looked_for_and_what_is_found_is_joined() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "mairie@lamalou.example", &[]).await;
    let found = person.visit(&format!("{}&name=lamalou&place=", asks.url)).await;
    assert!(found.text("#found").contains("trouvé"), "{}", found.text("main"));
    let siret = "21340126800130";
    let welcome = person.submit(found.form_with("siret", Some(siret)).with("siret", siret)).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let by_number = person.visit(&format!("/users/join-organization?name={DINUM}")).await;
    assert!(by_number.text("main").contains("DINUM"), "a number where a name is looked for shows whose it is");
    let by_siren = person.visit("/users/join-organization?name=130%20025%20265").await;
    assert!(by_siren.has(&format!("#found ~ * button[data-siret='{DINUM}']")), "{}", by_siren.text("main"));
    let short = person.visit("/users/join-organization?name=x").await;
    assert!(short.text("#name-problem").contains("deux lettres"));
}

#[tokio::test]
async fn sec_113_a_protected_enterprise_is_not_named() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let by_name = person.visit(&format!("{}&name=sacha+exemple", asks.url)).await;
    assert!(!by_name.text("main").contains("94957325700019"), "{}", by_name.text("main"));
    let by_number = person.visit(&format!("{}&name=94957325700019", asks.url)).await;
    assert!(!by_number.body.contains("Sacha"), "{}", by_number.text("main"));
}

#[tokio::test]
async fn rule_18_where_nobody_moderates_whoever_would_wait_joins_unproven_and_the_service_hears_it() {
    let instance = Instance::start(|port| {
        let config = Config::dev(DevOptions::default(), port);
        let policy = JoiningPolicy { bypass_moderation: true, ..config.joining.policy };
        Config { joining: JoiningSettings { policy, ..config.joining.clone() }, ..config }
    })
    .await;
    let client = instance.standard_client();
    let careful = instance.declare("careful", |client| client.require_verified_link = true).await;
    let person = instance.person();
    let asks = arrive(&person, &client, "jean@inconnu.example", &[]).await;
    let welcome = join(&person, &asks, DINUM).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["organization_verified"]), (&DINUM.into(), &false.into()));
    let asks = person.visit(&careful.authorization("openid organization", &[])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "a service that insists hears nothing of it");
    // What a rule refuses is refused all the same.
    let other = instance.person();
    let asks = arrive(&other, &client, "jean@gmail.com", &[]).await;
    let refused = join(&other, &asks, DINUM).await;
    assert_eq!(refused.url.path(), "/users/access-restricted-to-public-sector-email", "{}", refused.text("main"));
}
