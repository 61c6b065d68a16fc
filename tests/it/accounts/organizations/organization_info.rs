//! What the register says of a number, told to whoever asks.

use std::time::Duration;

use moncomptepro::config::{Config, DevOptions, DirectorySettings, Limits};
use serde_json::{Value, json};

use super::arrive;
use crate::cli::directory::remote::{self, found, ok};
use crate::support::service::{Service, with_status};
use crate::support::{Instance, Page};

const CLAMART: &str = "21920023500014";

fn said(page: &Page) -> (u16, Value) {
    assert_eq!(page.headers["content-type"], "application/json");
    (page.status.as_u16(), serde_json::from_str(&page.body).unwrap())
}

#[tokio::test]
async fn both_addresses_of_the_original_tell_the_same_in_its_words() {
    let instance = Instance::dev().await;
    let visitor = instance.person();
    let of_path = said(&visitor.get(&format!("/api/sirene/organization-info/{CLAMART}")).await);
    let of_query = said(&visitor.get(&format!("/api/organization-info?siret={CLAMART}")).await);
    assert_eq!(of_path, of_query);
    let (status, document) = of_path;
    let info = &document["organizationInfo"];
    assert_eq!((status, &info["siret"]), (200, &CLAMART.into()));
    assert!(info["libelle"].as_str().unwrap().starts_with("Commune de clamart"), "{info}");
    assert_eq!((&info["categorieJuridique"], &info["activitePrincipale"]), (&"7210".into(), &"84.11Z".into()));
    assert_eq!(info["libelleActivitePrincipale"], "84.11Z - Administration publique générale");
    assert_eq!(info["libelleCategorieJuridique"], "Commune et commune nouvelle");
    assert_eq!((&info["estActive"], &info["etatAdministratif"]), (&true.into(), &"A".into()));
    assert_eq!((&info["codeOfficielGeographique"], &info["estDiffusible"]), (&"92023".into(), &true.into()));
    let spaced = said(&visitor.get("/api/organization-info?siret=219%20200%20235%2000014").await);
    assert_eq!(spaced.1, document);
}

#[tokio::test]
async fn a_number_that_is_none_one_that_nobody_has_and_a_silent_register_are_told_apart() {
    let instance = Instance::dev().await;
    let visitor = instance.person();
    for wrong in ["", "21920023500015", "abc", "2192002350001", "%00"] {
        let (status, document) = said(&visitor.get(&format!("/api/organization-info?siret={wrong}")).await);
        assert_eq!(status, 400, "{wrong}");
        assert!(document["message"].as_str().unwrap().contains("14 digits"), "{document}");
    }
    let silent = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        Config { directory: DirectorySettings::of(Vec::new()), ..config }
    })
    .await;
    let (status, document) = said(&silent.person().get(&format!("/api/organization-info?siret={CLAMART}")).await);
    assert_eq!(status, 504);
    assert!(document["message"].as_str().unwrap().contains("register"), "{document}");
}

/// What is told of a number by an instance that asks this service alone.
async fn told(document: &Value, siret: &str) -> (u16, Value) {
    let service = Service::start(ok(document)).await;
    let instance = remote::instance(service.port).await;
    said(&instance.person().get(&format!("/api/organization-info?siret={siret}")).await)
}

#[tokio::test]
async fn the_document_is_that_of_the_original_member_by_member() {
    let whole = found(json!({ "annee_tranche_effectif_salarie": "2023", "distribution_speciale": "BP 12" }));
    let expected = json!({ "organizationInfo": {
        "siret": CLAMART,
        "libelle": "Commune de clamart - Mairie",
        "nomComplet": "Commune de clamart",
        "enseigne": "Mairie",
        "trancheEffectifs": "42",
        "libelleTrancheEffectif": "1 000 à 1 999 salariés, en 2023",
        "trancheEffectifsUniteLegale": "42",
        "etatAdministratif": "A",
        "estActive": true,
        "statutDiffusion": "diffusible",
        "estDiffusible": true,
        "adresse": "1 place maurice gunsbourg, bp 12, 92140 Clamart",
        "codePostal": "92140",
        "codeOfficielGeographique": "92023",
        "activitePrincipale": "84.11Z",
        "libelleActivitePrincipale": "84.11Z - Administration publique générale",
        "categorieJuridique": "7210",
        "libelleCategorieJuridique": "Commune et commune nouvelle",
        "siegeSocial": true,
    } });
    let (status, document) = told(&whole, CLAMART).await;
    assert_eq!((status, &document), (200, &expected));

    let changed = |changes: Value| {
        let mut document = expected.clone();
        document["organizationInfo"].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        document
    };
    let closed = json!({ "etat_administratif": "F", "liste_enseignes": null, "tranche_effectif_salarie": null });
    let (status, document) = told(&found(closed), CLAMART).await;
    let changes = json!({
        "libelle": "Commune de clamart", "enseigne": null, "estActive": false, "trancheEffectifs": null,
        "libelleTrancheEffectif": null, "adresse": "1 place maurice gunsbourg, 92140 Clamart"
    });
    assert_eq!((status, document), (200, changed(changes)), "an establishment is closed, its legal entity lives on");

    let hidden = json!({ "statut_diffusion_etablissement": "P", "annee_tranche_effectif_salarie": "2023" });
    let (status, document) = told(&found(hidden), CLAMART).await;
    let changes = json!({
        "libelle": "Nom inconnu", "nomComplet": "Nom inconnu", "enseigne": null, "trancheEffectifs": null,
        "libelleTrancheEffectif": null, "trancheEffectifsUniteLegale": null, "adresse": "92023 Clamart",
        "codePostal": "92023", "statutDiffusion": "partiellement_diffusible", "estDiffusible": false
    });
    assert_eq!((status, document), (200, changed(changes)));

    let mut ceased = found(json!({ "etat_administratif": "F" }));
    ceased["results"][0]["etat_administratif"] = "C".into();
    let (_, document) = told(&ceased, CLAMART).await;
    assert_eq!(document["organizationInfo"]["etatAdministratif"], "C");
    for nobody in [json!({ "results": [] }), found(json!({ "statut_diffusion_etablissement": "N" }))] {
        let (status, document) = told(&nobody, CLAMART).await;
        assert_eq!((status, document.as_object().unwrap().len()), (404, 1), "{document}");
        assert!(document["message"].is_string());
    }
}

#[tokio::test]
async fn sec_95_one_source_looks_up_sixty_numbers_in_a_quarter_of_an_hour_and_others_are_not_in_its_way() {
    let instance = Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        Config { limits: Limits { mails: None, ..Limits::standard() }, ..config }
    })
    .await;
    let (one, other) = (instance.person_at(7, 1), instance.person_at(8, 1));
    let look = format!("/api/sirene/organization-info/{CLAMART}");
    for _ in 0..60 {
        assert_eq!(one.get(&look).await.status, 200);
    }
    let refused = one.get(&look).await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(other.get(&look).await.status, 200);
    instance.clock.advance(std::time::Duration::from_secs(15 * 60)).unwrap();
    assert_eq!(one.get(&look).await.status, 200);
}

#[tokio::test]
async fn sec_199_what_stands_in_for_a_silent_register_is_shown_with_its_age() {
    let service = Service::start(ok(&found(json!({})))).await;
    let instance = remote::instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    arrive(&person, &client, "elodie@gmail.com", &[]).await;
    let (hint, about) =
        (format!("/users/join-organization?siret_hint={CLAMART}"), format!("/api/organization-info?siret={CLAMART}"));
    let (search, confirm) = (
        format!("/users/join-organization?name={CLAMART}"),
        format!("/users/join-organization-confirm?siret_hint={CLAMART}&siret={CLAMART}"),
    );
    let words = "tel qu’il était le 23 novembre";
    for (is_silent, hours) in [(false, 0), (false, 23), (true, 2), (true, 24 * 20)] {
        instance.clock.advance(Duration::from_secs(hours * 3600)).unwrap();
        if is_silent {
            service.does(with_status("503 Service Unavailable", "", ""));
        }
        let age = person.get(&about).await.headers.get("age").map(|age| age.to_str().unwrap().parse::<u64>().unwrap());
        assert_eq!(age.map(|age| age / 3600), is_silent.then_some(if hours == 2 { 25 } else { 25 + 480 }), "{hours}");
        // Whoever came a day ago is signed in no longer.
        let returning = is_silent.then(|| instance.person());
        let person = match &returning {
            Some(another) => {
                arrive(another, &client, &format!("elodie{hours}@gmail.com"), &[]).await;
                another
            }
            None => &person,
        };
        for path in [&hint, &search, &confirm] {
            let page = person.visit(path).await;
            let text = page.text("main").replace('\u{a0}', " ");
            assert!(text.contains("Commune de clamart"), "{path}: {text}");
            assert_eq!(text.contains(words), is_silent, "{hours}: {path}: {text}");
        }
    }
}
