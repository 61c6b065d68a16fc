//! Official contacts from the files of the public directories.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use moncomptepro::config::{Config, ContactSource, DevOptions, DirectorySettings};
use moncomptepro::directory::{Annuaire, ContactsReport, ImportError, import_contacts};
use moncomptepro::domain::OfficialContact;
use moncomptepro::protocol::Timestamp;
use serde_json::{Value, json};

use super::contacts::{addresses, contacts, town_hall};
use super::files::{write, zipped};
use super::remote::ok;
use crate::accounts::organizations::{arrive, join};
use crate::support::service::Service;
use crate::support::{Instance, Operator};

const LA_HAGUE: &str = "20006541500016";
const CHAPTAL: &str = "19750663700010";
const MINISTRY: &str = "11006801200050";
const PETIT_LIEU: &str = "21999993500014";
/// Labels in the place of the names of fields, as the portal exports them.
pub(super) const SCHOOLS: &str = "Identifiant_de_l_etablissement;Nom_etablissement;Telephone;Mail;SIREN_SIRET;Nombre_d_eleves\n\
     0750663Z;\"Lycée; dit Chaptal\";0145;ce.0750663z@ac-paris.example;19750663700010;900\n";

pub(super) fn schools(directory: &Path) -> PathBuf {
    write(directory, "fr-en-annuaire-education.csv", format!("\u{feff}{SCHOOLS}").as_bytes())
}

fn imported(data: &Path, files: &[PathBuf]) -> Result<ContactsReport, ImportError> {
    import_contacts(data, files, Timestamp(1_795_000_000), &mut |_| {})
}

/// An instance that asks the files of `data`, then whoever is at `port`.
async fn instance(data: &Path, port: Option<u16>) -> Instance {
    let options = DevOptions {
        data_dir: Some(data.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    Instance::start(|own| {
        let config = Config::dev(options.clone(), own);
        let base = || format!("http://127.0.0.1:{}", port.unwrap_or(9)).parse().unwrap();
        let (annuaire_service_public, annuaire_education) = (base(), base());
        let sources = [Some(ContactSource::Files), port.map(|_| ContactSource::Apis)].into_iter().flatten().collect();
        let settings = config.directory;
        let directory =
            DirectorySettings { contacts: sources, annuaire_service_public, annuaire_education, ..settings };
        Config { directory, ..config }
    })
    .await
}

/// What the public services write in their file: lists in lists, where the interface answers with texts.
fn services(records: &[Value]) -> String {
    let nested = |record: &Value| {
        let mut record = record.clone();
        for field in ["pivot", "adresse"] {
            record[field] = serde_json::from_str(record[field].as_str().unwrap_or("[]")).unwrap_or_default();
        }
        if let Some(text) = record["adresse_courriel"].as_str() {
            record["adresse_courriel"] = text.split(';').collect();
        }
        record
    };
    let all: Vec<Value> = records.iter().map(nested).collect();
    serde_json::to_string_pretty(&json!({ "date": ["x", "service"], "service": all })).unwrap()
}

fn records() -> Vec<Value> {
    vec![
        town_hall(json!({ "adresse_courriel": "MAIRIE@LaHague.example; annexe@lahague.example" })),
        town_hall(json!({ "nom": "Mairie déléguée", "adresse_courriel": "annexe@lahague.example" })),
        town_hall(json!({ "nom": "Bibliothèque", "adresse_courriel": "livres@lahague.example", "pivot": "[]" })),
        town_hall(json!({ "nom": "Voisine", "code_insee_commune": "2A004", "siret": "" })),
        town_hall(json!({ "nom": "Ministère", "siret": MINISTRY, "code_insee_commune": "",
                          "adresse_courriel": "a@ministere.example", "pivot": "[]" })),
    ]
}

#[tokio::test]
async fn contacts_of_files_are_those_of_the_interfaces_to_the_letter() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let public = write(directory.path(), "data.gouv_local.json", services(&records()).as_bytes());
    let report = imported(&data, &[public, schools(directory.path())]).unwrap();
    let (services, education) = (&report.annuaires[&Annuaire::ServicePublic], &report.annuaires[&Annuaire::Education]);
    let told = &services.files[0];
    assert_eq!((told.records, told.kept, told.left_out, told.rejected), (5, 5, 0, 0), "{told:?}");
    assert_eq!((services.subjects, education.subjects), (4, 1), "two communes, two numbers; one school");

    let instance = instance(&data, None).await;
    for (siret, answer) in [
        (LA_HAGUE, json!({ "results": &records()[..2] })),
        (MINISTRY, json!({ "results": &records()[4..] })),
        (
            CHAPTAL,
            json!({ "results": [{ "siren_siret": CHAPTAL, "nom_etablissement": "Lycée; dit Chaptal",
                                        "mail": "ce.0750663z@ac-paris.example" }] }),
        ),
    ] {
        let service = Service::start(ok(&answer)).await;
        let asked = contacts(&super::contacts::instance(service.port).await, siret).await.unwrap();
        let read: Vec<OfficialContact> = contacts(&instance, siret).await.unwrap();
        assert!(!read.is_empty(), "{siret}");
        assert_eq!(read, asked, "{siret}");
    }
}

#[tokio::test]
async fn sec_61_what_is_no_record_is_told_with_its_line_and_nothing_breaks() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let good = serde_json::to_string(&town_hall(json!({}))).unwrap();
    let hostile = [
        String::from("7"),
        String::from("[[\"}\"]]"),
        String::from("{\"adresse_courriel\": \"a@b.example\", \"siret\": \"\\ud800\"}"),
        town_hall(json!({ "adresse_courriel": "https://www.lahague.example" })).to_string(),
        town_hall(json!({ "adresse_courriel": ["mairie@localhost", 7, null] })).to_string(),
        town_hall(json!({ "adresse_courriel": "a@b.example", "siret": "12345678901234", "pivot": "[{\"mairie" }))
            .to_string(),
        town_hall(json!({ "adresse_courriel": null })).to_string(),
        town_hall(json!({ "nom": "x".repeat(2_000_000) })).to_string(),
        town_hall(json!({ "nom": "<b>\n\u{0}x\u{202e}", "adresse_courriel": "\"<script>\"@b.example" })).to_string(),
        good,
    ];
    let file = write(directory.path(), "f.json", format!("[\n{}\n]", hostile.join(",\n")).as_bytes());
    let report = imported(&data, &[file]).unwrap();
    let told = &report.annuaires[&Annuaire::ServicePublic].files[0];
    assert_eq!((told.records, told.kept, told.left_out, told.rejected), (10, 1, 1, 8), "{:?}", report.rejected);
    let lines: Vec<u64> = report.rejected.iter().map(|rejected| rejected.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 9, 10], "{:?}", report.rejected);
    let list = std::fs::read_to_string(report.rejected_file.unwrap()).unwrap();
    assert!(list.lines().count() == 8 && list.contains("\t9\tan object without an end"), "{list}");
    let instance = instance(&data, None).await;
    assert_eq!(addresses(&contacts(&instance, LA_HAGUE).await.unwrap()), ["mairie@lahague.example"]);
    let many: Vec<String> = (0..100).map(|number| format!("a{number}@lahague.example")).collect();
    let flood = services(&[town_hall(json!({ "adresse_courriel": many.join(";"), "nom": "é".repeat(4_000) }))]);
    imported(&data, &[write(directory.path(), "g.json", flood.as_bytes())]).unwrap();
    let found = contacts(&instance, LA_HAGUE).await.unwrap();
    assert!((1..=10).contains(&found.len()) && found[0].name.chars().count() == 256, "{}", found.len());
}

#[tokio::test]
async fn sec_149_a_record_of_brackets_within_brackets_is_told_and_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let record = |depth: usize| {
        let whole = town_hall(json!({ "nom": "x" })).to_string();
        format!("{},\"plus\":{}}}", whole.strip_suffix('}').unwrap(), nested(depth))
    };
    // The object itself is the first of them.
    let lines = [record(31), record(32), record(100)];
    let file = write(directory.path(), "f.json", format!("[\n{}\n]", lines.join(",\n")).as_bytes());
    let report = imported(&data, &[file]).unwrap();
    let told: Vec<(u64, &str)> = report.rejected.iter().map(|rejected| (rejected.line, rejected.reason)).collect();
    let reason = "brackets deeper than any record's";
    assert_eq!(told, [(3, reason), (4, reason)]);
}

#[tokio::test]
async fn a_file_that_is_something_else_changes_nothing_and_one_directory_leaves_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let (path, data) = (directory.path(), directory.path().join("data"));
    let whole = services(&records());
    let public = write(path, "public.json", whole.as_bytes());
    imported(&data, &[public]).unwrap();
    imported(&data, &[schools(path)]).unwrap();
    let instance = instance(&data, None).await;
    for siret in [LA_HAGUE, CHAPTAL] {
        assert!(!contacts(&instance, siret).await.unwrap().is_empty(), "{siret}");
    }
    let mut latin = b"Mail;SIREN_SIRET;Nom_etablissement\n".to_vec();
    latin.extend(b"a@b.example;19750663700010;Lyc\xe9e\n".repeat(40));
    for (name, content, told) in [
        (
            "a.csv",
            b"nom;prenom\nJean;Dupont\n".as_slice(),
            "neither the directory of public services nor that of schools",
        ),
        ("b.csv", b"", "neither the directory"),
        ("c.json", b"{\"other\": [{}]}", "neither the directory"),
        ("d.json", b"[{\"nom\": \"Mairie\"}]", "cannot be read (none of the members of a public directory"),
        ("e.csv", b"Mail;SIREN_SIRET\na@b.example;19750663700010\n", "columns are missing: nom_etablissement"),
        ("f.csv", &latin, "40 of the first 40 lines cannot be read (not UTF-8, first in line 2)"),
        ("g.json", &whole.as_bytes()[..whole.len() / 2], "in the middle of its list"),
        ("h.tar.bz2", b"BZh91AY&SY", "unpack it first, with `tar -xjf`"),
        ("i.csv.gz", b"\x1f\x8b\x08 and then something else", "i.csv.gz: "),
        ("j.csv", b"Mail;SIREN_SIRET;Nom_etablissement\n;19750663700010;Lyc\n", "no address of anybody"),
    ] {
        let file = write(path, name, content);
        let refused = imported(&data, &[schools(path), file]);
        // The schools of the first file are none of the last one's addresses.
        let refused = if name == "j.csv" { imported(&data, &[path.join(name)]) } else { refused };
        let cause = refused.unwrap_err().to_string();
        assert!(cause.contains(told), "{name}: {cause}");
        assert!(!contacts(&instance, LA_HAGUE).await.unwrap().is_empty(), "{name}");
    }
    let zip = zipped(path, "ecoles.zip", &[("ecoles.csv", SCHOOLS.replace("ce.0750663z", "zip").as_bytes())]);
    imported(&data, &[zip]).unwrap();
    assert_eq!(addresses(&contacts(&instance, CHAPTAL).await.unwrap()), ["zip@ac-paris.example"], "while it serves");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(SCHOOLS.replace("ce.0750663z", "gz").as_bytes()).unwrap();
    imported(&data, &[write(path, "ecoles.csv.gz", &gzip.finish().unwrap())]).unwrap();
    assert_eq!(addresses(&contacts(&instance, CHAPTAL).await.unwrap()), ["gz@ac-paris.example"]);
}

#[tokio::test]
async fn the_first_source_that_knows_is_believed_and_only_then_the_next_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    imported(&data, &[schools(directory.path())]).unwrap();
    let service = Service::start(ok(&json!({ "results": [town_hall(json!({}))] }))).await;
    let instance = instance(&data, Some(service.port)).await;
    assert_eq!(addresses(&contacts(&instance, CHAPTAL).await.unwrap()), ["ce.0750663z@ac-paris.example"]);
    assert_eq!(service.asked().len(), 0);
    assert_eq!(addresses(&contacts(&instance, LA_HAGUE).await.unwrap()), ["mairie@lahague.example"]);
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn whoever_has_a_free_mailbox_is_asked_for_the_code_of_an_imported_town_hall() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let fixtures = format!(
        "[[establishments]]\nsiret = \"{PETIT_LIEU}\"\nlabel = \"Commune de Petit-Lieu\"\nlegal_category = \"7210\"\n\
         naf = \"84.11Z\"\nheadcount = \"03\"\nentity_headcount = \"03\"\ncommune_code = \"53127\"\n"
    );
    let options = DevOptions {
        data_dir: Some(data.clone()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        fixtures: Some(write(directory.path(), "fixtures.toml", fixtures.as_bytes())),
        ..DevOptions::default()
    };
    let instance = Instance::start(|own| Config::dev(options.clone(), own)).await;
    let client = instance.standard_client();
    let (before, after) = (instance.person(), instance.person());
    let asks = arrive(&before, &client, "jean@gmail.com", &[]).await;
    let waits = join(&before, &asks, PETIT_LIEU).await;
    assert_eq!(waits.url.path(), "/users/unable-to-auto-join-organization", "nobody says where it can be written to");
    let record = town_hall(json!({ "nom": "Mairie - Petit-Lieu", "code_insee_commune": "53127", "siret": PETIT_LIEU,
                                   "adresse_courriel": "mairie@petit-lieu.example" }));
    imported(&data, &[write(directory.path(), "f.json", services(&[record]).as_bytes())]).unwrap();
    let asks = arrive(&after, &client, "jeanne@gmail.com", &[]).await;
    let asks = join(&after, &asks, PETIT_LIEU).await;
    assert!(asks.url.path().starts_with("/users/official-contact-email-verification/"), "{}", asks.text("main"));
    assert_eq!(instance.mails_to("mairie@petit-lieu.example").await.len(), 1);
}

#[tokio::test]
async fn sec_161_imports_are_in_the_audit_and_status_says_how_old_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let operator = Operator::of(directory.path());
    let instance = Instance::production(directory.path()).await;
    let imported = operator.asks(&["directory", "import-contacts", schools(directory.path()).to_str().unwrap()]).await;
    assert_eq!((&imported["education"]["subjects"], &imported["service_public"]), (&1.into(), &Value::Null));
    let mut import = vec![String::from("directory"), String::from("import")];
    import.extend(super::both_register_files(directory.path()));
    operator.asks(&import.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let events: Vec<(String, Value)> = instance
        .audit()
        .iter()
        .rev()
        .map(|record| (record.actor.to_string(), serde_json::to_value(&record.event).unwrap()))
        .filter(|(_, event)| event["event"].as_str().unwrap().ends_with("_imported"))
        .collect();
    let [(by, contacts), (_, register)] = &events[..] else { panic!("{events:?}") };
    assert!(by.starts_with("cli:"), "{by}");
    assert_eq!((&contacts["event"], &contacts["subjects"]), (&"contacts_imported".into(), &1.into()));
    assert_eq!((&register["event"], &register["establishments"]), (&"register_imported".into(), &8.into()));
    let status = operator.asks(&["directory", "status"]).await;
    assert_eq!(status["contact_sources"], json!(["files"]));
    for part in [&status["register"], &status["contacts"]["education"]] {
        assert!(part["imported_at"].is_string() && part["age_days"].is_u64(), "{part}");
    }
    instance.stop().await;
    operator.asks(&["directory", "import-contacts", schools(directory.path()).to_str().unwrap()]).await;
    let instance = Instance::production(directory.path()).await;
    let count =
        instance.audit().iter().filter(|record| format!("{:?}", record.event).starts_with("ContactsImported")).count();
    assert_eq!(count, 2, "also where no instance runs");
}
