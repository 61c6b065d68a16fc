//! Every way in which a service on the network fails, for each of the five (SEC-199).

use std::time::Duration;

use moncomptepro::config::DirectorySource;
use moncomptepro::directory::{Directory, DirectoryError};
use moncomptepro::domain::Establishment;
use serde_json::{Value, json};

use super::remote::{found, ok};
use super::{contacts, keyed, remote};
use crate::support::Instance;
use crate::support::service::{Does, Service, with_status};

const CLAMART: &str = "21920023500014";
const LA_HAGUE: &str = "20006541500016";
const CHAPTAL: &str = "19750663700010";

/// The services that are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    RechercheEntreprises,
    ApiSirene,
    ApiEntreprise,
    PublicServices,
    Schools,
}

const ALL: [Asked; 5] =
    [Asked::RechercheEntreprises, Asked::ApiSirene, Asked::ApiEntreprise, Asked::PublicServices, Asked::Schools];

impl Asked {
    /// What it answers when all is well.
    fn document(self) -> Value {
        match self {
            Self::RechercheEntreprises => found(json!({})),
            Self::ApiSirene => keyed::of_sirene(),
            Self::ApiEntreprise => keyed::of_api_entreprise(),
            Self::PublicServices => json!({ "results": [contacts::town_hall(json!({}))] }),
            Self::Schools => json!({ "results": [
                { "siren_siret": CHAPTAL, "nom_etablissement": "Lycée Chaptal", "mail": "a@ac-paris.example" }
            ] }),
        }
    }

    /// A document of the right form, about somebody else.
    fn about_another(self) -> Value {
        let other = json!({ "siret": "13002526500013" });
        match self {
            Self::RechercheEntreprises => found(other),
            Self::ApiSirene => with(self.document(), "/etablissement", other),
            Self::ApiEntreprise => with(self.document(), "/data", other),
            Self::PublicServices => {
                json!({ "results": [contacts::town_hall(json!({ "code_insee_commune": "75056" }))] })
            }
            Self::Schools => with(self.document(), "/results/0", json!({ "siren_siret": "19750663700028" })),
        }
    }

    async fn instance(self, service: &Service) -> Instance {
        match self {
            Self::RechercheEntreprises => remote::instance(service.port).await,
            Self::ApiSirene => keyed::instance(DirectorySource::ApiSirene, service).await,
            Self::ApiEntreprise => keyed::instance(DirectorySource::ApiEntreprise, service).await,
            Self::PublicServices | Self::Schools => contacts::instance(service.port).await,
        }
    }
}

/// One service, and the instance that asks it.
struct Line {
    service: Service,
    instance: Instance,
    contacts_of: Option<(Directory, Establishment)>,
}

impl Line {
    async fn with(asked: Asked, service: Service) -> Self {
        let instance = asked.instance(&service).await;
        let contacts_of = match asked {
            Asked::PublicServices => Some(contacts::asked_about(&instance, LA_HAGUE).await),
            Asked::Schools => Some(contacts::asked_about(&instance, CHAPTAL).await),
            Asked::RechercheEntreprises | Asked::ApiSirene | Asked::ApiEntreprise => None,
        };
        Self { service, instance, contacts_of }
    }

    /// Whether anything is known.
    async fn asks(&self) -> Result<bool, DirectoryError> {
        match &self.contacts_of {
            Some((directories, establishment)) => {
                Ok(!directories.find_official_contacts(establishment).await?.is_empty())
            }
            None => Ok(self.instance.app.directory.find_establishment(&CLAMART.parse().unwrap()).await?.is_some()),
        }
    }
}

/// Puts `changes` into the object at `pointer`.
fn with(mut document: Value, pointer: &str, changes: Value) -> Value {
    let place = document.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    place.extend(changes.as_object().unwrap().clone());
    document
}

fn failures(asked: Asked) -> Vec<(Does, &'static str)> {
    let whole = asked.document().to_string();
    let deep = format!("{{\"results\": {}{}, \"x\": 1}}", "[".repeat(50), "]".repeat(50));
    vec![
        (with_status("401 Unauthorized", "", "{}"), "a wrong key"),
        (with_status("403 Forbidden", "", "<html>"), "a refusal of somebody on the way"),
        (with_status("403 Forbidden", "", "{\"http_status_code\":403}"), "the same in JSON"),
        (with_status("429 Too Many Requests", "Retry-After: 60\r\n", ""), "429"),
        (with_status("500 Internal Server Error", "", "oops"), "500"),
        (with_status("502 Bad Gateway", "", "<html>"), "502"),
        (with_status("301 Moved", "Location: http://169.254.169.254/\r\n", ""), "a redirect to another host"),
        (with_status("301 Moved", "Location: /elsewhere\r\n", ""), "a redirect without an end"),
        (with_status("200 OK", "", "<html>maintenance</html>"), "HTML"),
        (with_status("200 OK", "", &whole[..whole.len() / 2]), "cut off within"),
        (Does::Says(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{whole}")), "broken off"),
        (with_status("200 OK", "Content-Encoding: gzip\r\n", &whole), "compressed"),
        (with_status("200 OK", "", "[]"), "a list"),
        (with_status("200 OK", "", &deep), "sec_149: deep brackets"),
        (with_status("200 OK", "", &"[".repeat(900_000)), "sec_149: a million brackets"),
        (ok(&json!({ "erreur": "maintenance" })), "nothing in it"),
        (ok(&json!({ "results": "none", "etablissement": [], "data": 7 })), "wrong types"),
        (Does::Says(String::from("nonsense\r\n\r\n")), "no HTTP"),
        (Does::Drowns, "100 MB"),
        (Does::Hangs, "silence"),
    ]
}

#[tokio::test]
async fn sec_199_every_failure_of_every_service_is_an_outage_in_bounded_time_and_nothing_else() {
    let mut tries = tokio::task::JoinSet::new();
    for asked in ALL {
        for (does, failure) in failures(asked) {
            tries.spawn(async move {
                let line = Line::with(asked, Service::start(does).await).await;
                (asked, failure, tokio::time::timeout(Duration::from_secs(60), line.asks()).await.ok())
            });
        }
        tries.spawn(async move {
            let line = Line::with(asked, Service::of_nobody()).await;
            (asked, "nobody there", Some(line.asks().await))
        });
    }
    let mut count = 0;
    while let Some(tried) = tries.join_next().await {
        let (asked, failure, answer) = tried.unwrap();
        assert_eq!(answer, Some(Err(DirectoryError::Unavailable)), "{asked:?}: {failure}");
        count += 1;
    }
    assert_eq!(count, 5 * 21);
}

#[tokio::test]
async fn sec_199_what_a_service_knows_is_known_and_what_it_says_of_another_is_not() {
    for asked in ALL {
        let line = Line::with(asked, Service::start(ok(&asked.document())).await).await;
        assert_eq!(line.asks().await, Ok(true), "{asked:?}");
        let line = Line::with(asked, Service::start(ok(&asked.about_another())).await).await;
        assert_eq!(line.asks().await, Ok(false), "{asked:?}: another one");
        let line = Line::with(asked, Service::start(with_status("404 Not Found", "", "{}")).await).await;
        assert_eq!(line.asks().await, Ok(false), "{asked:?}: 404");
    }
    for (asked, closed) in [
        (Asked::RechercheEntreprises, found(json!({ "etat_administratif": "F" }))),
        (
            Asked::ApiSirene,
            with(
                keyed::of_sirene(),
                "/etablissement/periodesEtablissement/0",
                json!({
                    "etatAdministratifEtablissement": "F"
                }),
            ),
        ),
        (Asked::ApiEntreprise, with(keyed::of_api_entreprise(), "/data", json!({ "etat_administratif": "F" }))),
    ] {
        let line = Line::with(asked, Service::start(ok(&closed)).await).await;
        let found = line.instance.app.directory.find_establishment(&CLAMART.parse().unwrap()).await.unwrap().unwrap();
        assert!(!found.is_active, "{asked:?}: closed");
    }
}

#[tokio::test]
async fn sec_199_a_service_that_asks_to_wait_is_left_alone_for_as_long() {
    for asked in ALL {
        let too_often = with_status("429 Too Many Requests", "Retry-After: 60\r\n", "");
        let line = Line::with(asked, Service::start(too_often).await).await;
        for _ in 0..3 {
            assert_eq!(line.asks().await, Err(DirectoryError::Unavailable), "{asked:?}");
        }
        assert_eq!(line.service.asked().len(), 1, "{asked:?}");
        line.service.does(ok(&asked.document()));
        line.instance.clock.advance(Duration::from_secs(59)).unwrap();
        assert_eq!(line.asks().await, Err(DirectoryError::Unavailable), "{asked:?}");
        line.instance.clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(line.asks().await, Ok(true), "{asked:?}");
    }
}

#[tokio::test]
async fn sec_199_after_five_failures_of_a_service_nobody_asks_it_for_half_a_minute() {
    for asked in ALL {
        let line = Line::with(asked, Service::start(with_status("500 Internal Server Error", "", "")).await).await;
        for _ in 0..8 {
            // A second later it may be asked again, as far as its budget goes.
            line.instance.clock.advance(Duration::from_secs(1)).unwrap();
            assert_eq!(line.asks().await, Err(DirectoryError::Unavailable), "{asked:?}");
        }
        assert_eq!(line.service.asked().len(), 5, "{asked:?}");
        line.service.does(ok(&asked.document()));
        line.instance.clock.advance(Duration::from_secs(30)).unwrap();
        assert_eq!(line.asks().await, Ok(true), "{asked:?}");
    }
}

#[tokio::test]
async fn sec_199_what_a_service_said_stands_in_for_thirty_days() {
    let day = Duration::from_secs(24 * 3600);
    for asked in [Asked::RechercheEntreprises, Asked::ApiSirene, Asked::ApiEntreprise] {
        let line = Line::with(asked, Service::start(ok(&asked.document())).await).await;
        assert_eq!(line.asks().await, Ok(true), "{asked:?}");
        line.service.does(with_status("503 Service Unavailable", "", ""));
        line.instance.clock.advance(day * 29).unwrap();
        assert_eq!(line.asks().await, Ok(true), "{asked:?}");
        line.instance.clock.advance(day * 2).unwrap();
        assert_eq!(line.asks().await, Err(DirectoryError::Unavailable), "{asked:?}");
    }
}
