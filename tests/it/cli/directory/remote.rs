//! A service of the register on the network, and every way in which it does not answer.

use std::time::Duration;

use moncomptepro::config::{Config, DevOptions, DirectorySettings, DirectorySource, Reach};
use moncomptepro::directory::DirectoryError;
use moncomptepro::domain::{Diffusion, Establishment, EstablishmentQuery, EstablishmentSource, UNKNOWN_NAME};
use serde_json::{Value, json};

use crate::accounts::organizations::{arrive, join};
use crate::support::Instance;
use crate::support::service::{Does, Service, with_status};

const CLAMART: &str = "21920023500014";

pub(crate) fn ok(document: &Value) -> Does {
    with_status("200 OK", "", &document.to_string())
}

pub(crate) async fn instance(port: u16) -> Instance {
    Instance::start(|own| asking(port, Config::dev(DevOptions::default(), own))).await
}

/// The configuration of whoever asks the service at this port.
pub(crate) fn asking(port: u16, config: Config) -> Config {
    let sources = vec![DirectorySource::RechercheEntreprises];
    let base = format!("http://127.0.0.1:{port}").parse().unwrap();
    Config { directory: DirectorySettings { sources, recherche_entreprises: base, ..config.directory }, ..config }
}

async fn find(instance: &Instance, siret: &str) -> Result<Option<Establishment>, DirectoryError> {
    instance.app.directory.find_establishment(&siret.parse().unwrap()).await
}

/// A document as the service writes it, with a place that differs.
pub(crate) fn found(changes: Value) -> Value {
    let mut place = json!({
        "siret": CLAMART, "activite_principale": "84.11Z", "adresse": "1 PLACE MAURICE GUNSBOURG 92140 CLAMART",
        "code_postal": "92140", "commune": "92023", "libelle_commune": "CLAMART", "est_siege": true,
        "etat_administratif": "A", "liste_enseignes": ["MAIRIE"], "tranche_effectif_salarie": "42",
        "statut_diffusion_etablissement": "O", "latitude": "48.8", "numero_voie": "1", "type_voie": "PL",
        "libelle_voie": "MAURICE GUNSBOURG"
    });
    place.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({
        "results": [{
            "siren": "219200235", "nom_complet": "COMMUNE DE CLAMART", "nom_raison_sociale": "COMMUNE DE CLAMART",
            "sigle": null, "nature_juridique": "7210", "etat_administratif": "A", "tranche_effectif_salarie": "42",
            "statut_diffusion": "O", "siege": place, "matching_etablissements": [place]
        }],
        "total_results": 1, "page": 1, "per_page": 1, "total_pages": 1
    })
}

#[tokio::test]
async fn an_establishment_is_asked_for_once_a_day() {
    let service = Service::start(ok(&found(json!({})))).await;
    let instance = instance(service.port).await;
    let clamart = find(&instance, CLAMART).await.unwrap().unwrap();
    assert_eq!(clamart.name.label(), "Commune de clamart - Mairie");
    assert_eq!(clamart.address.as_deref(), Some("1 place maurice gunsbourg, 92140 Clamart"));
    assert_eq!((clamart.source, clamart.is_head_office), (EstablishmentSource::RechercheEntreprises, true));
    assert_eq!(clamart.entity_headcount.unwrap().as_str(), "42");
    find(&instance, CLAMART).await.unwrap().unwrap();
    let asked = service.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("GET /search?q=21920023500014&page=1&per_page=1"), "{}", asked[0]);
    assert!(asked[0].to_lowercase().contains("user-agent: moncomptepro/"));
    instance.clock.advance(Duration::from_secs(24 * 3600 + 1)).unwrap();
    find(&instance, CLAMART).await.unwrap().unwrap();
    assert_eq!(service.asked().len(), 2);
}

#[tokio::test]
async fn sec_199_while_the_directory_hangs_whoever_has_an_organization_signs_in_and_whoever_joins_one_waits() {
    let service = Service::start(Does::Hangs).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid email organization", "user@yopmail.com").await;
    let told = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert!(told["siret"].is_string(), "{told}");
    assert_eq!(service.asked(), Vec::<String>::new(), "nobody waits for what is known");

    let newcomer = instance.person();
    let asks = arrive(&newcomer, &client, "elodie@inconnu.example", &[]).await;
    let unknown = "21711878500013";
    let kept = join(&newcomer, &asks, unknown).await;
    assert_eq!(kept.url.path(), "/users/unable-to-auto-join-organization", "{}", kept.body);
    assert!(!service.asked().is_empty());
    // An organization that somebody has joined is known here: one waits for a moderator, not for the directory.
    let waits = join(&newcomer, &newcomer.visit("/users/join-organization").await, CLAMART).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "{}", waits.body);
    let silent = person.visit(&client.authorization("openid organization", &[("prompt", "none")])).await;
    assert!(silent.location().contains("code="), "{}", silent.body);
}

#[tokio::test]
async fn sec_61_a_search_is_written_as_parameters_whatever_somebody_types() {
    let service = Service::start(ok(&found(json!({})))).await;
    let instance = instance(service.port).await;
    let query = EstablishmentQuery::by_name("a\" OR 1=1&page=9 <b>").unwrap().at("92140 Clamart").unwrap();
    assert_eq!(instance.app.directory.search(&query).await.unwrap().len(), 1);
    let asked = service.asked().concat();
    assert!(asked.contains("q=a%22+OR+1%3D1%26page%3D9+%3Cb%3E+Clamart&"), "{asked}");
    assert!(asked.contains("&code_postal=92140"), "{asked}");
}

#[tokio::test]
async fn a_search_among_the_first_digits_of_a_code_asks_for_their_department() {
    for (digits, asked, count) in [
        ("92", "&departement=92", 1),
        ("921", "&departement=92", 1),
        ("9214", "&departement=92", 1),
        ("922", "&departement=92", 0),
        ("20", "&departement=2A%2C2B", 0),
        ("974", "&departement=974", 0),
        ("9741", "&departement=974", 0),
        ("97", "", 0),
    ] {
        let service = Service::start(ok(&found(json!({})))).await;
        let instance = instance(service.port).await;
        let query = EstablishmentQuery::by_name("mairie").unwrap().at(digits).unwrap();
        assert_eq!(instance.app.directory.search(&query).await.unwrap().len(), count, "{digits}");
        let line = service.asked().concat().lines().next().unwrap().to_owned();
        assert_eq!(line.contains("departement"), !asked.is_empty(), "{line}");
        assert!(line.contains(asked), "{line}");
    }
}

#[tokio::test]
async fn sec_61_hostile_fields_are_cut_cleaned_or_not_there() {
    let changes = json!({
        "liste_enseignes": ["<script>\n\u{0}alert(1)</script>", 7, "x".repeat(2_000)],
        "tranche_effectif_salarie": 42, "activite_principale": "DROP TABLE", "code_postal": ["92140"], "commune": {"a": 1},
        "numero_voie": null
    });
    let service = Service::start(ok(&found(changes))).await;
    let instance = instance(service.port).await;
    let clamart = find(&instance, CLAMART).await.unwrap().unwrap();
    assert!(
        !clamart.name.label().chars().any(char::is_control) && clamart.name.label().len() < 400,
        "{}",
        clamart.name.label()
    );
    assert_eq!(
        (clamart.headcount, clamart.activity, clamart.postal_code, clamart.commune_code),
        (None, None, None, None)
    );
}

#[tokio::test]
async fn sec_199_what_the_service_does_not_know_or_may_not_tell_is_unknown() {
    for (does, case) in [
        (ok(&json!({ "results": [], "total_results": 0 })), "nothing"),
        (with_status("404 Not Found", "", ""), "404"),
        (ok(&found(json!({ "siret": "13002526500013" }))), "another number than asked"),
        (ok(&found(json!({ "statut_diffusion_etablissement": "N" }))), "not diffusible"),
    ] {
        let service = Service::start(does).await;
        assert_eq!(find(&instance(service.port).await, CLAMART).await, Ok(None), "{case}");
    }
    let closed = Service::start(ok(&found(json!({ "etat_administratif": "F" })))).await;
    assert!(!find(&instance(closed.port).await, CLAMART).await.unwrap().unwrap().is_active);
    let hidden = Service::start(ok(&found(json!({ "statut_diffusion_etablissement": "P" })))).await;
    let hidden = find(&instance(hidden.port).await, CLAMART).await.unwrap().unwrap();
    assert_eq!((hidden.name.label().as_str(), hidden.diffusion), (UNKNOWN_NAME, Diffusion::Partial));
    assert_eq!(hidden.address.as_deref(), Some("92023 Clamart"));
}

#[tokio::test]
async fn sec_199_after_five_failures_nobody_asks_for_half_a_minute() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    for _ in 0..8 {
        // A second later it may be asked again, as far as its budget goes.
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(find(&instance, CLAMART).await, Err(DirectoryError::Unavailable));
    }
    assert_eq!(service.asked().len(), 5);
    service.does(ok(&found(json!({}))));
    instance.clock.advance(Duration::from_secs(30)).unwrap();
    assert!(find(&instance, CLAMART).await.unwrap().is_some());
}

#[tokio::test]
async fn sec_199_a_service_that_answers_nonsense_is_left_alone_as_well() {
    let service = Service::start(ok(&json!({ "erreur": "maintenance" }))).await;
    let instance = instance(service.port).await;
    for _ in 0..8 {
        // A second later it may be asked again, as far as its budget goes.
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(find(&instance, CLAMART).await, Err(DirectoryError::Unavailable));
    }
    assert_eq!(service.asked().len(), 5);
    let (source, standing) = instance.app.directory.standings()[0];
    assert_eq!((source, standing.calls, standing.failures), ("recherche-entreprises", 5, 5));
    assert_eq!((standing.last_answer, standing.left_alone_for), (None, Some(Duration::from_secs(27))));
    let numbers = instance.metrics.expose();
    for sample in ["directory_calls_total", "directory_failures_total"] {
        let line = format!("moncomptepro_{sample}{{source=\"recherche-entreprises\"}} 5\n");
        assert!(numbers.contains(&line), "{line}: {numbers}");
    }
    instance.clock.advance(Duration::from_secs(30)).unwrap();
    service.does(ok(&found(json!({}))));
    find(&instance, CLAMART).await.unwrap().unwrap();
    let (_, standing) = instance.app.directory.standings()[0];
    assert_eq!((standing.calls, standing.failures, standing.left_alone_for), (6, 5, None));
    assert_eq!(standing.last_answer, Some(instance.clock.now()));
    assert!(standing.last_failure < standing.last_answer);
}

#[tokio::test]
async fn sec_199_who_is_asked_to_wait_waits() {
    let service = Service::start(with_status("429 Too Many Requests", "Retry-After: 60\r\n", "")).await;
    let instance = instance(service.port).await;
    for _ in 0..3 {
        assert_eq!(find(&instance, CLAMART).await, Err(DirectoryError::Unavailable));
    }
    assert_eq!(service.asked().len(), 1);
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    service.does(ok(&found(json!({}))));
    assert!(find(&instance, CLAMART).await.unwrap().is_some());
}

#[tokio::test]
async fn sec_199_who_is_asked_to_wait_until_a_date_waits_as_long() {
    // The clock stands at 09:00:00 UTC.
    let wait = "Retry-After: Mon, 23 Nov 2026 09:01:00 GMT\r\n";
    let service = Service::start(with_status("503 Service Unavailable", wait, "")).await;
    let instance = instance(service.port).await;
    for _ in 0..3 {
        assert_eq!(find(&instance, CLAMART).await, Err(DirectoryError::Unavailable));
    }
    assert_eq!(service.asked().len(), 1);
    service.does(ok(&found(json!({}))));
    instance.clock.advance(Duration::from_secs(59)).unwrap();
    assert_eq!(find(&instance, CLAMART).await, Err(DirectoryError::Unavailable));
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert!(find(&instance, CLAMART).await.unwrap().is_some());
}

#[tokio::test]
async fn sec_199_no_more_is_asked_in_a_second_than_the_service_allows() {
    let service = Service::start(ok(&json!({ "results": [] }))).await;
    let instance = instance(service.port).await;
    for _ in 0..8 {
        // Those beyond the budget are not asked.
        drop(find(&instance, CLAMART).await);
    }
    assert_eq!(service.asked().len(), 5);
}

#[tokio::test]
async fn sec_199_what_was_said_before_stands_in_for_thirty_days_with_its_date() {
    let service = Service::start(ok(&found(json!({})))).await;
    let instance = instance(service.port).await;
    let told_at = find(&instance, CLAMART).await.unwrap().unwrap().fetched_at;
    service.does(with_status("503 Service Unavailable", "", ""));
    let day = Duration::from_secs(24 * 3600);
    instance.clock.advance(day * 29).unwrap();
    let old = find(&instance, CLAMART).await.unwrap().unwrap();
    assert!(old.fetched_at == told_at && old.is_stale(instance.clock.now()));
    instance.clock.advance(day * 2).unwrap();
    assert_eq!(find(&instance, CLAMART).await, Err(DirectoryError::Unavailable));
}

#[tokio::test]
async fn sec_57_production_asks_no_machine_of_its_own_network() {
    let service = Service::start(ok(&found(json!({})))).await;
    let own = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let base = format!("http://127.0.0.1:{}", service.port).parse().unwrap();
        let sources = vec![DirectorySource::RechercheEntreprises];
        let directory = DirectorySettings { recherche_entreprises: base, ..DirectorySettings::of(sources) };
        Config { directory, reach: Reach::default(), ..config }
    })
    .await;
    assert_eq!(find(&own, CLAMART).await, Err(DirectoryError::Unavailable));
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn sec_113_whoever_asked_for_discretion_is_found_by_number_only_and_told_by_nobody_else() {
    let service = Service::start(ok(&found(json!({ "statut_diffusion_etablissement": "P" })))).await;
    let instance = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let sources = vec![DirectorySource::RechercheEntreprises, DirectorySource::Seeds];
        let base = format!("http://127.0.0.1:{}", service.port).parse().unwrap();
        Config { directory: DirectorySettings { sources, recherche_entreprises: base, ..config.directory }, ..config }
    })
    .await;
    let query = EstablishmentQuery::by_name("commune secrete").unwrap();
    assert_eq!(instance.app.directory.search(&query).await, Ok(Vec::new()), "a name confirms nothing");
    let by_number = EstablishmentQuery::by_name("219200235").unwrap();
    let listed = instance.app.directory.search(&by_number).await.unwrap();
    assert_eq!((listed.len(), listed[0].name.label().as_str()), (1, UNKNOWN_NAME));
    let asked = service.asked().pop().unwrap();
    assert!(
        asked.starts_with("GET /search?q=219200235&page=1&per_page=1&limite_matching_etablissements=100 "),
        "{asked}"
    );
    assert_eq!(find(&instance, CLAMART).await.unwrap().unwrap().name.label(), UNKNOWN_NAME);
    instance.clock.advance(Duration::from_secs(25 * 3600)).unwrap();
    service.does(ok(&found(json!({ "statut_diffusion_etablissement": "N" }))));
    assert_eq!(find(&instance, CLAMART).await, Ok(None), "the seeds know it, and do not tell");
    assert_eq!(instance.app.directory.search(&by_number).await, Ok(Vec::new()), "nor by the number of the entity");
}
