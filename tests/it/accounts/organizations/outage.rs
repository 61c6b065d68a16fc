//! Sources of the register that do not answer: whoever belongs somewhere signs in as ever, and whoever wants to join is told,
//! or waits for a moderator (SEC-199).

use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    ImportedRow, InvitationRefusal, Link, ModerationRefusal, NewInvitation, OrganizationKey, OrganizationRefusal,
    RefreshRound, RowOutcome, UserKey, accept_moderation, import_organizations, invite, link_user,
    refresh_organization, refresh_stale_organizations, write_email_domain,
};
use moncomptepro::config::{Config, ContactSource, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::DirectoryError;
use moncomptepro::domain::{Actor, AuditEvent, EmailDomainStatus, Siret, UserId, Verification};
use moncomptepro::store::{moderations, organizations, users};
use serde_json::json;

use super::{arrive, join, yes};
use crate::cli::directory::remote::{found, ok};
use crate::support::service::{Service, with_status};
use crate::support::{Instance, Page, RelyingParty};

/// Known to the service, and to nobody here.
const ELSEWHERE: &str = "13003013300016";
const PETIT_LIEU: &str = "21999993500014";

/// An instance that asks this service alone.
async fn instance(port: u16) -> Instance {
    Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let sources = vec![DirectorySource::RechercheEntreprises];
        let base = format!("http://127.0.0.1:{port}").parse().unwrap();
        Config { directory: DirectorySettings { sources, recherche_entreprises: base, ..config.directory }, ..config }
    })
    .await
}

fn user_of(instance: &Instance, address: &str) -> UserId {
    let email = address.parse().unwrap();
    instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap().id
}

fn waits(page: &Page) -> bool {
    page.url.path() == "/users/unable-to-auto-join-organization"
}

#[tokio::test]
async fn sec_199_while_no_source_answers_a_request_is_kept_and_decided_once_one_does() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@inconnu.example", &[]).await;
    let told = join(&person, &asks, ELSEWHERE).await;
    assert!(waits(&told), "{}", told.text("main"));
    let said = told.text("main").replace('\u{a0}', "");
    assert!(said.contains("ne répond pas pour le moment") && said.contains(&format!("SIRET {ELSEWHERE}")), "{said}");
    assert_eq!(said.matches(ELSEWHERE).count(), 1, "its number alone is known, and told once: {said}");
    assert!(waits(&join(&person, &person.visit("/users/join-organization").await, ELSEWHERE).await), "asked twice");
    let app = &instance.app;
    let (by, key) = (By::local(Actor::System), || OrganizationKey::Siret(ELSEWHERE.parse().unwrap()));
    let waiting =
        app.store.read(|tx| moderations::list_of_user(tx, user_of(&instance, "jean@inconnu.example"))).unwrap();
    let [request] = waiting.as_slice() else { panic!("{waiting:?}") };
    let refused = accept_moderation(app, &by, request.id, yes()).await.unwrap();
    assert_eq!(refused.unwrap_err(), ModerationRefusal::Unconfirmed);
    let someone = UserKey::Email("user@yopmail.com".parse().unwrap());
    let link = Link { is_external: false, verification: None };
    let refused = link_user(app, &by, key(), someone, link).await.unwrap();
    assert_eq!(refused.unwrap_err(), OrganizationRefusal::Unconfirmed);
    let refused = refresh_organization(app, &by, key()).await.unwrap();
    assert_eq!(refused.unwrap_err(), OrganizationRefusal::RegisterUnavailable(DirectoryError::Unavailable));
    service.does(ok(&found(json!({ "siret": ELSEWHERE }))));
    instance.clock.advance(Duration::from_secs(31)).unwrap();
    refresh_organization(app, &by, key()).await.unwrap().unwrap();
    accept_moderation(app, &by, request.id, yes()).await.unwrap().unwrap();
    let welcome = person.visit(&client.authorization("openid organization", &[])).await;
    let back = person.submit(welcome.form_to("/users/welcome")).await;
    let released = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert_eq!(released["siret"], ELSEWHERE, "{released}");
    assert_eq!(released["label"], "Commune de clamart - Mairie");
}

#[tokio::test]
async fn sec_199_sec_107_what_was_asked_for_in_an_outage_and_is_no_establishment_is_never_joined() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    assert!(waits(&join(&person, &asks, ELSEWHERE).await), "a mailbox that anybody can have is not refused either");
    service.does(ok(&json!({ "results": [] })));
    instance.clock.advance(Duration::from_secs(31)).unwrap();
    let round = refresh_stale_organizations(&instance.app, RefreshRound::default()).await.unwrap();
    assert_eq!(round.read, 1, "it is asked about by itself");
    let waiting =
        instance.app.store.read(|tx| moderations::list_of_user(tx, user_of(&instance, "jean@gmail.com"))).unwrap();
    let refused = accept_moderation(&instance.app, &By::local(Actor::System), waiting[0].id, yes()).await.unwrap();
    assert_eq!(refused.unwrap_err(), ModerationRefusal::Unconfirmed);
}

#[tokio::test]
async fn sec_199_where_nobody_moderates_one_is_told_and_joins_when_a_source_answers() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let port = service.port;
    let instance = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let mut joining = config.joining.clone();
        joining.policy.bypass_moderation = true;
        let base = format!("http://127.0.0.1:{port}").parse().unwrap();
        let sources = vec![DirectorySource::RechercheEntreprises];
        let directory = DirectorySettings { sources, recherche_entreprises: base, ..config.directory };
        Config { directory, joining, ..config }
    })
    .await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@inconnu.example", &[]).await;
    let told = join(&person, &asks, ELSEWHERE).await;
    assert_eq!((told.url.path(), told.status.as_u16()), ("/users/join-organization", 400));
    let problem = told.text("#siret-problem");
    assert!(problem.contains("répond") && !problem.contains("inconnu"), "an outage is no unknown number: {problem}");
    assert_eq!(told.attribute("#siret", "value").as_deref(), Some(ELSEWHERE), "what was typed stays");
    service.does(ok(&found(json!({ "siret": ELSEWHERE }))));
    instance.clock.advance(Duration::from_secs(31)).unwrap();
    assert_ne!(join(&person, &told, ELSEWHERE).await.url.path(), "/users/join-organization");
}

/// The organization of a number elsewhere, entered by somebody who waits there; its domain is verified since.
async fn with_a_verified_domain() -> (Service, Instance, RelyingParty) {
    let service = Service::start(ok(&found(json!({ "siret": ELSEWHERE })))).await;
    let instance = instance(service.port).await;
    let client = instance.standard_client();
    let first = instance.person();
    let asks = arrive(&first, &client, "jean@inconnu.example", &[]).await;
    assert!(waits(&join(&first, &asks, ELSEWHERE).await));
    let (key, domain) = (OrganizationKey::Siret(ELSEWHERE.parse().unwrap()), "inconnu.example".parse().unwrap());
    let verified = EmailDomainStatus::Verified;
    write_email_domain(&instance.app, &By::local(Actor::System), key, domain, verified).await.unwrap().unwrap();
    (service, instance, client)
}

#[tokio::test]
async fn sec_199_sec_114_what_was_read_within_thirty_days_stands_in_and_not_longer() {
    let (service, instance, client) = with_a_verified_domain().await;
    service.does(with_status("500 Internal Server Error", "", ""));
    for (days, joins) in [(29, true), (3, false)] {
        instance.clock.advance(Duration::from_secs(days * 24 * 3600)).unwrap();
        let person = instance.person();
        let asks = arrive(&person, &client, &format!("jeanne{days}@inconnu.example"), &[]).await;
        let page = join(&person, &asks, ELSEWHERE).await;
        assert_eq!(waits(&page), !joins, "{days}: {}", page.text("main"));
    }
}

#[tokio::test]
async fn sec_199_sec_114_what_the_register_knows_no_more_does_not_stand_in_while_it_is_silent() {
    let (service, instance, client) = with_a_verified_domain().await;
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    instance.clock.advance(days(2)).unwrap();
    service.does(ok(&json!({ "results": [], "total_results": 0 })));
    let second = instance.person();
    let asks = arrive(&second, &client, "jeanne@inconnu.example", &[]).await;
    assert_eq!(join(&second, &asks, ELSEWHERE).await.status, 400, "nobody knows it");
    service.does(with_status("500 Internal Server Error", "", ""));
    instance.clock.advance(days(2)).unwrap();
    let third = instance.person();
    let asks = arrive(&third, &client, "jules@inconnu.example", &[]).await;
    let page = join(&third, &asks, ELSEWHERE).await;
    assert!(waits(&page), "a moderator looks at it: {}", page.text("main"));
}

#[tokio::test]
async fn sec_199_a_directory_of_contacts_that_does_not_answer_leaves_it_to_a_moderator() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = directory.path().join("fixtures.toml");
    let hall = format!(
        "[[establishments]]\nsiret = \"{PETIT_LIEU}\"\nlabel = \"Commune de Petit-Lieu\"\nlegal_category = \"7210\"\n\
         naf = \"84.11Z\"\nheadcount = \"03\"\nentity_headcount = \"03\"\ncommune_code = \"53127\"\n"
    );
    std::fs::write(&fixtures, hall).unwrap();
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let options = DevOptions { fixtures: Some(fixtures), ..DevOptions::default() };
    let instance = Instance::start(|own| {
        let config = Config::dev(options.clone(), own);
        let annuaire_service_public = format!("http://127.0.0.1:{}", service.port).parse().unwrap();
        let contacts = vec![ContactSource::Apis];
        let directory = DirectorySettings { contacts, annuaire_service_public, ..config.directory };
        Config { directory, ..config }
    })
    .await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let page = join(&person, &asks, PETIT_LIEU).await;
    assert!(waits(&page), "{}", page.text("main"));
    assert_eq!(service.asked().len(), 1, "it was asked");
}

#[tokio::test]
async fn sec_199_whoever_belongs_to_an_organization_signs_in_whatever_the_sources_do() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    let back = person.sign_in(asks, "user@yopmail.com", "user@yopmail.com").await;
    let told = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert_eq!(told["siret"], "21920023500014");
    assert_eq!(service.asked().len(), 0, "nobody is asked on the way");
}

/// A town hall of which this service says the addresses.
async fn hall(fixtures: &std::path::Path, port: u16, waits: bool) -> Instance {
    let text = format!(
        "[[establishments]]\nsiret = \"{PETIT_LIEU}\"\nlabel = \"Commune de Petit-Lieu\"\nlegal_category = \"7210\"\n\
         naf = \"84.11Z\"\nheadcount = \"03\"\nentity_headcount = \"03\"\ncommune_code = \"53127\"\n"
    );
    std::fs::write(fixtures, text).unwrap();
    let options = DevOptions { fixtures: Some(fixtures.to_owned()), ..DevOptions::default() };
    Instance::start(|own| {
        let mut config = Config::dev(options.clone(), own);
        let annuaire_service_public = format!("http://127.0.0.1:{port}").parse().unwrap();
        if waits {
            config.limits.mails = moncomptepro::config::Limits::standard().mails;
        }
        let contacts = vec![ContactSource::Apis];
        let directory = DirectorySettings { contacts, annuaire_service_public, ..config.directory.clone() };
        Config { directory, ..config }
    })
    .await
}

fn written(addresses: &str) -> serde_json::Value {
    json!({ "results": [{ "nom": "Mairie", "code_insee_commune": "53127", "adresse_courriel": addresses }] })
}

#[tokio::test]
async fn sec_110_an_entry_that_holds_no_address_leaves_it_to_a_moderator() {
    let directory = tempfile::tempdir().unwrap();
    for entry in ["", "voir le site", "https://www.petit-lieu.example/contact", "mairie@localhost"] {
        let service = Service::start(ok(&written(entry))).await;
        let instance = hall(&directory.path().join("fixtures.toml"), service.port, false).await;
        let (person, client) = (instance.person(), instance.standard_client());
        let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
        let page = join(&person, &asks, PETIT_LIEU).await;
        assert!(waits(&page), "{entry}: {}", page.text("main"));
    }
}

#[tokio::test]
async fn sec_110_the_directory_is_asked_at_the_moment_of_sending_and_not_sooner() {
    let directory = tempfile::tempdir().unwrap();
    let service = Service::start(ok(&written("UN@petit-lieu.example;deux@petit-lieu.example"))).await;
    let instance = hall(&directory.path().join("fixtures.toml"), service.port, false).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let chooses = join(&person, &asks, PETIT_LIEU).await;
    let choice = chooses.attribute("#contact-1", "value").unwrap_or_else(|| panic!("{}", chooses.text("main")));
    service.does(ok(&written("trois@petit-lieu.example;quatre@petit-lieu.example")));
    let form = chooses.form_to("/users/send-official-contact-email-verification/");
    let refused = person.submit(form.without("contact").with("contact", &choice)).await;
    assert_eq!(refused.status, 400, "{}", refused.text("main"));
    for address in ["un", "deux", "trois", "quatre"] {
        assert!(instance.mails_to(&format!("{address}@petit-lieu.example")).await.is_empty(), "{address}");
    }
}

#[tokio::test]
async fn sec_110_no_second_code_is_sent_within_five_minutes() {
    let directory = tempfile::tempdir().unwrap();
    let service = Service::start(ok(&written("mairie@petit-lieu.example"))).await;
    let instance = hall(&directory.path().join("fixtures.toml"), service.port, true).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let page = join(&person, &asks, PETIT_LIEU).await;
    let sent = async || instance.mails_to("mairie@petit-lieu.example").await.len();
    assert_eq!(sent().await, 1);
    let again = || page.form_to("/users/send-official-contact-email-verification/");
    person.submit(again()).await;
    assert_eq!(sent().await, 1);
    instance.clock.advance(Duration::from_secs(301)).unwrap();
    person.submit(again()).await;
    assert_eq!(sent().await, 2);
}

#[tokio::test]
async fn sec_114_what_the_register_said_long_ago_is_read_anew_and_what_it_says_now_is_told() {
    let service = Service::start(ok(&found(json!({})))).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    let back = person.sign_in(asks, "user@yopmail.com", "user@yopmail.com").await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    let known = || {
        let siret = "21920023500014".parse().unwrap();
        instance.app.store.read(|tx| organizations::find_by_siret(tx, &siret)).unwrap().unwrap()
    };
    let round =
        async |after| refresh_stale_organizations(&instance.app, RefreshRound { after, read: 0 }).await.unwrap();
    assert_eq!(round(None).await.read, 0, "nothing is old yet");
    let told = client.userinfo(&token).await.json();
    assert_eq!(told["siret"], "21920023500014");
    instance.clock.advance(Duration::from_secs(31 * 24 * 3600)).unwrap();
    service.does(with_status("500 Internal Server Error", "", ""));
    let before = known();
    assert_eq!(round(None).await, RefreshRound::default(), "it is left alone, and asked again later");
    assert_eq!(known(), before);
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    service.does(ok(&found(json!({ "etat_administratif": "F", "liste_enseignes": ["ANCIENNE MAIRIE"] }))));
    assert!(round(None).await.read > 0);
    let after = known();
    assert_eq!((after.label.as_str(), after.is_active), ("Commune de clamart - Ancienne mairie", false));
    assert!(after.updated_at > before.updated_at && after.created_at == before.created_at);
    let event = AuditEvent::OrganizationRefreshed { organization_id: after.id };
    assert_eq!(instance.audit().iter().filter(|record| record.event == event).count(), 1);
    let label = known().label;
    assert_ne!(label, before.label);
}

#[tokio::test]
async fn sec_199_no_import_and_no_invitation_lets_anybody_into_what_the_register_has_not_said() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@inconnu.example", &[]).await;
    assert!(waits(&join(&person, &asks, ELSEWHERE).await));
    let (app, by) = (&instance.app, By::local(Actor::System));
    let siret: Siret = ELSEWHERE.parse().unwrap();
    let link = ImportedRow::Link {
        siret: siret.clone(),
        user: UserKey::Email("user@yopmail.com".parse().unwrap()),
        is_external: false,
        verification: Verification::ProofReceived,
        created_at: None,
    };
    let outcomes = import_organizations(app, &by, vec![vec![link]], false).await.unwrap();
    assert_eq!(outcomes, [vec![RowOutcome::Unconfirmed]]);
    let invited = NewInvitation {
        email: "nouvelle@inconnu.example".parse().unwrap(),
        organization: Some((OrganizationKey::Siret(siret), false)),
        locale: moncomptepro::protocol::Locale::Fr,
        keep_open: false,
    };
    assert_eq!(invite(app, &by, invited).await.unwrap().unwrap_err(), InvitationRefusal::Unconfirmed);
}
