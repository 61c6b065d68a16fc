//! The services of the register that are open to whoever has a key: what they are asked, what of their answers is believed.

use moncomptepro::config::{ApiEntreprise, ApiSirene, Config, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::DirectoryError;
use moncomptepro::domain::{Diffusion, Establishment, EstablishmentQuery, EstablishmentSource, UNKNOWN_NAME};
use moncomptepro::protocol::Secret;
use serde_json::{Value, json};

use super::remote::ok;
use crate::support::Instance;
use crate::support::service::{Does, Service, with_status};

const CLAMART: &str = "21920023500014";
const RECIPIENT: &str = "13002526500013";

pub(super) async fn instance(source: DirectorySource, service: &Service) -> Instance {
    let base: url::Url = format!("http://127.0.0.1:{}/base", service.port).parse().unwrap();
    Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let directory = DirectorySettings {
            sources: vec![source],
            sirene: Some(ApiSirene { base: base.clone(), key: Secret::new("la-cle") }),
            entreprise: Some(ApiEntreprise {
                base,
                token: Secret::new("le-jeton"),
                recipient: RECIPIENT.parse().unwrap(),
            }),
            ..config.directory
        };
        Config { directory, ..config }
    })
    .await
}

async fn find(instance: &Instance) -> Result<Option<Establishment>, DirectoryError> {
    instance.app.directory.find_establishment(&CLAMART.parse().unwrap()).await
}

/// Puts `changes` into the object at `pointer`.
fn with(mut document: Value, pointer: &str, changes: Value) -> Value {
    let place = document.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    place.extend(changes.as_object().unwrap().clone());
    document
}

pub(super) fn of_sirene() -> Value {
    let past = json!({
        "dateFin": "2007-12-31", "dateDebut": "1973-01-01", "etatAdministratifEtablissement": "F",
        "enseigne1Etablissement": "ANCIENNE MAIRIE", "activitePrincipaleEtablissement": "75.1A"
    });
    let current = json!({
        "dateFin": null, "dateDebut": "2008-01-01", "etatAdministratifEtablissement": "A",
        "enseigne1Etablissement": "MAIRIE", "activitePrincipaleEtablissement": "84.11Z"
    });
    json!({
        "header": { "statut": 200, "message": "ok" },
        "etablissement": {
            "siren": "219200235", "nic": "00014", "siret": CLAMART, "statutDiffusionEtablissement": "O",
            "trancheEffectifsEtablissement": "42", "etablissementSiege": true,
            "uniteLegale": {
                "etatAdministratifUniteLegale": "A", "statutDiffusionUniteLegale": "O",
                "categorieJuridiqueUniteLegale": "7210", "denominationUniteLegale": "COMMUNE DE CLAMART",
                "sigleUniteLegale": null, "trancheEffectifsUniteLegale": "42"
            },
            "adresseEtablissement": {
                "numeroVoieEtablissement": "1", "typeVoieEtablissement": "PL",
                "libelleVoieEtablissement": "MAURICE GUNSBOURG", "codePostalEtablissement": "92140",
                "libelleCommuneEtablissement": "CLAMART", "codeCommuneEtablissement": "92023"
            },
            "periodesEtablissement": [current, past]
        }
    })
}

/// What API Sirene answers of what it may not tell.
pub(super) fn withholding() -> Does {
    let said = json!({ "header": { "statut": 403, "message": format!("Établissement non diffusable ({CLAMART})") } });
    with_status("403 Forbidden", "", &said.to_string())
}

pub(super) fn of_api_entreprise() -> Value {
    json!({
        "data": {
            "siret": CLAMART, "siege_social": true, "etat_administratif": "A", "enseigne": "MAIRIE",
            "activite_principale": { "code": "84.11Z", "nomenclature": "NAFRev2", "libelle": "Administration publique" },
            "tranche_effectif_salarie": { "de": 1000, "a": 1999, "code": "42" }, "status_diffusion": "diffusible",
            "unite_legale": {
                "siren": "219200235", "type": "personne_morale", "etat_administratif": "A",
                "personne_morale_attributs": { "raison_sociale": "COMMUNE DE CLAMART", "sigle": null },
                "personne_physique_attributs": { "nom_naissance": null },
                "forme_juridique": { "code": "7210", "libelle": "Commune et commune nouvelle" },
                "tranche_effectif_salarie": { "code": "42" }, "status_diffusion": "diffusible"
            },
            "adresse": {
                "status_diffusion": "diffusible", "numero_voie": "1", "type_voie": "PL",
                "libelle_voie": "MAURICE GUNSBOURG", "code_postal": "92140", "libelle_commune": "CLAMART",
                "code_commune": "92023"
            }
        },
        "links": {}, "meta": { "redirect_from_siret": null }
    })
}

fn is_clamart(found: &Establishment, source: EstablishmentSource) {
    assert_eq!(found.name.label(), "Commune de clamart - Mairie");
    assert_eq!(found.address.as_deref(), Some("1 place maurice gunsbourg, 92140 Clamart"));
    assert_eq!(found.legal_category.as_ref().map(|code| code.as_str()), Some("7210"));
    assert_eq!(found.activity.as_ref().map(|code| code.as_str()), Some("84.11Z"));
    assert_eq!(found.entity_headcount.as_ref().map(|band| band.as_str()), Some("42"));
    assert_eq!(found.commune_code.as_ref().map(ToString::to_string).as_deref(), Some("92023"));
    assert!(found.is_head_office && found.is_active && found.is_entity_active);
    assert_eq!((found.source, found.diffusion), (source, Diffusion::Full));
}

#[tokio::test]
async fn api_sirene_is_asked_with_its_key_and_the_period_that_lasts_is_believed() {
    let service = Service::start(ok(&of_sirene())).await;
    let instance = instance(DirectorySource::ApiSirene, &service).await;
    is_clamart(&find(&instance).await.unwrap().unwrap(), EstablishmentSource::Sirene);
    let asked = service.asked().remove(0).to_lowercase();
    assert!(asked.starts_with(&format!("get /base/siret/{CLAMART} http/1.1\r\n")), "{asked}");
    assert!(asked.contains("x-insee-api-key-integration: la-cle\r\n"), "{asked}");
    find(&instance).await.unwrap().unwrap();
    assert_eq!(service.asked().len(), 1, "once a day");
}

#[tokio::test]
async fn api_entreprise_is_told_who_asks_and_why() {
    let service = Service::start(ok(&of_api_entreprise())).await;
    let instance = instance(DirectorySource::ApiEntreprise, &service).await;
    is_clamart(&find(&instance).await.unwrap().unwrap(), EstablishmentSource::ApiEntreprise);
    let asked = service.asked().remove(0);
    let begins = format!("GET /base/v3/insee/sirene/etablissements/{CLAMART}?context=MonComptePro&object=");
    assert!(asked.starts_with(&begins) && asked.contains(&format!("&recipient={RECIPIENT} ")), "{asked}");
    assert!(asked.contains("authorization: Bearer le-jeton\r\n"), "{asked}");
    let query = EstablishmentQuery::by_name("mairie").unwrap();
    assert_eq!(instance.app.directory.search(&query).await, Err(DirectoryError::NoSource), "it searches for none");
}

/// The addresses and the questions of the first lines of what was asked.
fn targets(service: &Service) -> Vec<url::Url> {
    let line = |asked: String| asked.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned();
    service.asked().into_iter().map(|asked| format!("http://a.fr{}", line(asked)).parse().unwrap()).collect()
}

#[tokio::test]
async fn a_siren_is_asked_for_its_head_office_and_then_for_what_else_is_in_activity() {
    let mut document = of_sirene();
    let hall = document["etablissement"].take();
    let school = with(hall.clone(), "", json!({ "siret": "21920023500063", "etablissementSiege": false }));
    let stranger = with(hall.clone(), "", json!({ "siret": RECIPIENT }));
    let service = Service::start(ok(&json!({ "etablissements": [school, hall, stranger] }))).await;
    let sirene = instance(DirectorySource::ApiSirene, &service).await;
    let query = EstablishmentQuery::by_name("219200235").unwrap();
    let found = sirene.app.directory.search(&query).await.unwrap();
    let sirets: Vec<&str> = found.iter().map(|found| found.siret.as_str()).collect();
    assert_eq!(sirets, [CLAMART, "21920023500063"], "each once, and none of another entity");
    let asked: Vec<String> = targets(&service)
        .iter()
        .map(|url| url.query_pairs().find(|(name, _)| name == "q").unwrap().1.into_owned())
        .collect();
    let others = "siren:219200235 AND etablissementSiege:false AND periode(etatAdministratifEtablissement:A)";
    assert_eq!(asked, ["siren:219200235 AND etablissementSiege:true", others]);

    let service = Service::start(ok(&of_api_entreprise())).await;
    let entreprise = instance(DirectorySource::ApiEntreprise, &service).await;
    is_clamart(&entreprise.app.directory.search(&query).await.unwrap()[0], EstablishmentSource::ApiEntreprise);
    assert_eq!(targets(&service)[0].path(), "/base/v3/insee/sirene/unites_legales/219200235/siege_social");
    service.does(with_status("451 Unavailable For Legal Reasons", "", "{}"));
    assert_eq!(entreprise.app.directory.search(&query).await, Ok(Vec::new()));
    service.does(with_status("500 Internal Server Error", "", "{}"));
    assert_eq!(entreprise.app.directory.search(&query).await, Err(DirectoryError::Unavailable));
}

#[tokio::test]
async fn sec_61_a_search_of_api_sirene_holds_nothing_but_words_whatever_somebody_types() {
    let mut document = of_sirene();
    let place = document["etablissement"].take();
    let service = Service::start(ok(&json!({ "etablissements": [place, { "siret": "x" }, 7] }))).await;
    let instance = instance(DirectorySource::ApiSirene, &service).await;
    let search = async |name: &str| {
        let query = EstablishmentQuery::by_name(name).unwrap().at("92140 Clamart").unwrap();
        instance.app.directory.search(&query).await.unwrap().len()
    };
    assert_eq!(search("Église:* OR siren:\"1\") AND (a").await, 1);
    let asked = service.asked().concat();
    let line = asked.lines().next().unwrap();
    let url = url::Url::parse(&format!("http://a.fr{}", line.split(' ').nth(1).unwrap())).unwrap();
    let q = url.query_pairs().find(|(name, _)| name == "q").unwrap().1.into_owned();
    let words: Vec<&str> = q.matches("denominationUniteLegale:").collect();
    assert_eq!(words.len(), 4, "EGLISE, SIREN, 1 and A: {q}");
    assert!(q.starts_with("(denominationUniteLegale:EGLISE* OR ") && !q.contains('"') && !q.contains("OR*"), "{q}");
    assert!(q.ends_with(
        "AND libelleCommuneEtablissement:CLAMART* AND codePostalEtablissement:92140* AND \
         periode(etatAdministratifEtablissement:A)"
    ));
    assert_eq!(search("OR").await, 0, "no word is left: nobody is asked");
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn sec_199_what_services_with_a_key_do_not_know_or_may_not_tell_is_unknown() {
    let sirene = "/etablissement";
    for (source, does, case) in [
        (DirectorySource::ApiSirene, with_status("404 Not Found", "", "{}"), "unknown"),
        (DirectorySource::ApiSirene, withholding(), "may not be told"),
        (DirectorySource::ApiSirene, ok(&with(of_sirene(), sirene, json!({ "siret": RECIPIENT }))), "another one"),
        (
            DirectorySource::ApiSirene,
            ok(&with(of_sirene(), sirene, json!({ "statutDiffusionEtablissement": "N" }))),
            "not diffusible",
        ),
        (DirectorySource::ApiEntreprise, with_status("404 Not Found", "", "{}"), "unknown"),
        (DirectorySource::ApiEntreprise, with_status("451 Unavailable For Legal Reasons", "", "{}"), "may not be told"),
        (
            DirectorySource::ApiEntreprise,
            ok(&with(of_api_entreprise(), "/data", json!({ "siret": RECIPIENT }))),
            "another",
        ),
        (
            DirectorySource::ApiEntreprise,
            ok(&with(of_api_entreprise(), "/data", json!({ "status_diffusion": "non_diffusible" }))),
            "not diffusible",
        ),
    ] {
        let service = Service::start(does).await;
        assert_eq!(find(&instance(source, &service).await).await, Ok(None), "{source:?}: {case}");
    }
}

#[tokio::test]
async fn partly_diffusible_companies_are_masked_whoever_tells() {
    let partial = [
        (
            DirectorySource::ApiSirene,
            with(of_sirene(), "/etablissement/uniteLegale", json!({ "statutDiffusionUniteLegale": "P" })),
        ),
        (
            DirectorySource::ApiEntreprise,
            with(of_api_entreprise(), "/data", json!({ "status_diffusion": "partiellement_diffusible" })),
        ),
    ];
    for (source, document) in partial {
        let service = Service::start(ok(&document)).await;
        let hidden = find(&instance(source, &service).await).await.unwrap().unwrap();
        assert_eq!((hidden.name.label().as_str(), hidden.diffusion), (UNKNOWN_NAME, Diffusion::Partial), "{source:?}");
        assert_eq!(hidden.address.as_deref(), Some("92023 Clamart"), "{source:?}");
    }
}

#[tokio::test]
async fn sec_113_what_api_entreprise_may_not_tell_no_other_source_tells() {
    let document = with(of_api_entreprise(), "/data/unite_legale", json!({ "status_diffusion": "non_diffusible" }));
    let service = Service::start(ok(&document)).await;
    let base: url::Url = format!("http://127.0.0.1:{}/base", service.port).parse().unwrap();
    let instance = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let recipient = "21920023500014".parse().unwrap();
        let directory = DirectorySettings {
            sources: vec![DirectorySource::ApiEntreprise, DirectorySource::Seeds],
            entreprise: Some(ApiEntreprise { base, token: Secret::new("le-jeton"), recipient }),
            ..config.directory
        };
        Config { directory, ..config }
    })
    .await;
    assert_eq!(find(&instance).await, Ok(None), "the seeds know it");
}

#[tokio::test]
async fn sec_61_fields_of_another_type_are_not_there() {
    let changes = json!({ "trancheEffectifsEtablissement": 42, "etablissementSiege": "true", "periodesEtablissement": [
        { "dateFin": null, "etatAdministratifEtablissement": "A", "activitePrincipaleEtablissement": { "code": "84.11Z" },
          "enseigne1Etablissement": "<b>\u{0}\u{202e}MAIRIE" }
    ] });
    let service = Service::start(ok(&with(of_sirene(), "/etablissement", changes))).await;
    let found = find(&instance(DirectorySource::ApiSirene, &service).await).await.unwrap().unwrap();
    assert_eq!((found.headcount, found.activity, found.is_head_office), (None, None, false));
    assert!(!found.name.label().chars().any(char::is_control), "{}", found.name.label());
}

#[tokio::test]
async fn sec_199_no_more_is_asked_of_api_sirene_in_a_minute_than_its_public_plan_allows() {
    let service = Service::start(with_status("404 Not Found", "", "{}")).await;
    let instance = instance(DirectorySource::ApiSirene, &service).await;
    for _ in 0..35 {
        // Those beyond the budget are not asked.
        drop(find(&instance).await);
    }
    assert_eq!(service.asked().len(), 30);
    instance.clock.advance(std::time::Duration::from_secs(60)).unwrap();
    assert_eq!(find(&instance).await, Ok(None));
}

#[tokio::test]
async fn sec_61_what_one_service_may_not_tell_no_other_source_tells() {
    let service = Service::start(ok(&of_sirene())).await;
    let base: url::Url = format!("http://127.0.0.1:{}/base", service.port).parse().unwrap();
    let instance = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let directory = DirectorySettings {
            sources: vec![DirectorySource::ApiSirene, DirectorySource::Seeds],
            sirene: Some(ApiSirene { base, key: Secret::new("la-cle") }),
            ..config.directory
        };
        Config { directory, ..config }
    })
    .await;
    assert_eq!(find(&instance).await.unwrap().unwrap().source, EstablishmentSource::Sirene);
    service.does(withholding());
    instance.clock.advance(std::time::Duration::from_secs(25 * 3600)).unwrap();
    assert_eq!(find(&instance).await, Ok(None), "the seeds know it");
    service.does(with_status("500 Internal Server Error", "", "{}"));
    let seeds = find(&instance).await.unwrap().unwrap().source;
    assert_eq!(seeds, EstablishmentSource::Seeds, "what was said before is forgotten");
}

#[tokio::test]
async fn sec_199_no_more_is_asked_of_api_entreprise_in_a_minute_than_it_allows() {
    let service = Service::start(with_status("404 Not Found", "", "{}")).await;
    let instance = instance(DirectorySource::ApiEntreprise, &service).await;
    for number in 0..210 {
        // Those beyond the budget are not asked; whoever searches by the number of an entity spends it too.
        match number % 2 {
            0 => drop(find(&instance).await),
            _ => drop(instance.app.directory.search(&EstablishmentQuery::of_siren(entity())).await),
        }
    }
    assert_eq!(service.asked().len(), 200, "of the 250 that it allows");
    assert_eq!(find(&instance).await, Err(DirectoryError::Unavailable));
    instance.clock.advance(std::time::Duration::from_secs(60)).unwrap();
    assert_eq!(find(&instance).await, Ok(None));
}

fn entity() -> moncomptepro::domain::Siren {
    "219200235".parse().unwrap()
}
