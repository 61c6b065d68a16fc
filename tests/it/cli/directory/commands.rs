//! The register and the official contacts as an operator types them: for people and for programs, while an instance runs
//! and while none does.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{both_register_files, contacts_file};
#[cfg(unix)]
use crate::site::open_to_others;
use crate::support::{Ended, Instance, Operator};

const CLAMART: &str = "21920023500014";

#[track_caller]
fn prints(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, 0, "{ended:?}");
    for word in words {
        assert!(ended.stdout.contains(word), "no {word:?} in {ended:?}");
    }
}

fn words<'a>(typed: &[&'a str], files: &'a [String]) -> Vec<&'a str> {
    typed.iter().copied().chain(files.iter().map(String::as_str)).collect()
}

fn sirets(found: &Value) -> Vec<&str> {
    found["items"].as_array().unwrap().iter().map(|item| item["siret"].as_str().unwrap()).collect()
}

/// Every file beneath a directory.
fn files_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_172_the_register_is_imported_looked_at_and_searched_whether_an_instance_runs_or_not() {
    for is_running in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let mut running = Some(Instance::production(directory.path()).await);
        if !is_running {
            running.take().unwrap().stop().await;
        }
        let operator = Operator::of(directory.path());
        let nothing = operator.types(&["directory", "find", CLAMART]).await;
        assert_eq!((nothing.code, nothing.stdout.as_str()), (1, ""), "{nothing:?}");
        let status = operator.asks(&["directory", "status"]).await;
        assert_eq!((&status["register"], &status["sources"]), (&Value::Null, &json!(["register"])), "{status}");

        let files = both_register_files(directory.path());
        let imported = operator.asks(&words(&["directory", "import"], &files)).await;
        assert_eq!((&imported["establishments"], &imported["entities"]), (&8.into(), &7.into()), "{imported}");
        let bytes = imported["bytes"].as_u64().unwrap();
        let status = operator.asks(&["directory", "status"]).await;
        assert_eq!(status["services"], json!([]), "no service on the network is a source here: {status}");
        assert_eq!((bytes > 8, &imported["bytes_per_establishment"]), (true, &json!(bytes / 8)), "{imported}");
        let status = operator.asks(&["directory", "status"]).await;
        assert_eq!(status["register"]["establishments"], 8, "{status}");
        #[cfg(unix)]
        assert_eq!(open_to_others(&directory.path().join("data"), &mut Vec::new()), Vec::<String>::new());
        prints(&operator.types(&["directory", "status"]).await, &["register", "sources", "contact_sources"]);
        let found = operator.asks(&["directory", "find", CLAMART]).await;
        assert_eq!((&found["siret"], &found["is_active"]), (&CLAMART.into(), &true.into()), "{found}");
        let (department, region) = (&found["department_label"], &found["region_label"]);
        assert_eq!((department, region), (&"Hauts-de-Seine".into(), &"Île-de-France".into()), "{found}");
        let body = json!({ "is_of_state": false, "is_territorial": true, "is_administrative": true });
        assert_eq!((&found["public_body"], &found["country_label"]), (&body, &Value::Null), "{found}");
        let spaced = operator.types(&["directory", "find", "219 200 235 00014"]).await;
        prints(&spaced, &[CLAMART, "Commune de clamart - Mairie", "92140"]);
        let found = operator.asks(&["directory", "search", "mairie de clamrat"]).await;
        assert_eq!(sirets(&found).first(), Some(&CLAMART), "{found}");
        prints(&operator.types(&["directory", "search", "clamart"]).await, &["SIRET", "LABEL", "TOWN", CLAMART]);
        let nearby = operator.asks(&["directory", "search", "mairie", "--place", "74", "--limit", "1"]).await;
        assert_eq!(sirets(&nearby), ["21740115700011"], "{nearby}");
        assert_eq!(sirets(&operator.asks(&["directory", "search", "xyzzy"]).await), [""; 0]);
        for typed in [["directory", "find", "219200235"], ["directory", "search", "219.200.235"]] {
            let found = operator.asks(&typed).await;
            assert_eq!(sirets(&found), [CLAMART, "21920023500063"], "the head office first: {found}");
        }
        prints(&operator.types(&["directory", "find", "219 200 235"]).await, &["SIRET", "LABEL", CLAMART]);

        for number in ["35600000000048", "356000000"] {
            let unknown = operator.types(&["directory", "find", number]).await;
            unknown.refused(1, &format!("no source knows {number}"));
        }
        let narrowed =
            [&["directory", "import", "--public-sector", "--departments", "92", "--active-only"][..]].concat();
        let imported = operator.asks(&words(&narrowed, &files)).await;
        assert!(imported["establishments"].as_u64().unwrap() < 8, "{imported}");
        assert!(!sirets(&operator.asks(&["directory", "search", "mairie"]).await).contains(&"21740115700011"));
        let contacts = [contacts_file(directory.path())];
        prints(&operator.types(&words(&["directory", "import-contacts"], &contacts)).await, &["education"]);
        let status = operator.asks(&["directory", "status"]).await;
        assert_eq!(status["contacts"]["education"]["subjects"], 1, "{status}");

        for (typed, code, said) in [
            (vec!["find", "21920023500015"], 2, "21920023500015"),
            (vec!["find", "21740115700011"], 1, "not in the part of the register that was imported"),
            (vec!["find", "219200236"], 2, "neither a SIRET nor a SIREN"),
            (vec!["find", "356000000"], 1, "356000000 is not in the part of the register"),
            (vec!["search", "x"], 2, "letters"),
            (vec!["search", "mairie", "--limit", "51"], 2, "50"),
            (vec!["search", "mairie", "--limit", "0"], 2, "50"),
            (vec!["import", "/no/such/file.csv"], 1, "/no/such/file.csv"),
            (vec!["import", "--departments", "Clamart", "x.csv"], 2, "department"),
            (vec!["import", "--departments", "92,96", "x.csv"], 2, "department"),
        ] {
            operator.types(&[&["directory"], &typed[..]].concat()).await.refused(code, said);
        }
        assert_eq!(operator.asks(&["directory", "find", CLAMART]).await["siret"], CLAMART, "what failed left it");
        #[cfg(unix)]
        for path in files_in(&directory.path().join("data").join("register")) {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o077, 0, "{}: only its owner reads it", path.display());
        }
    }
}
