//! Organizations of another system, their e-mail domains and their links: entered from files, row by row.

use moncomptepro::domain::{EmailDomainStatus, OrganizationSource, Verification};
use moncomptepro::store::{email_domains, memberships, organizations};
use serde_json::{Value, json};

use crate::accounts::opening::import::{begin, write};
use crate::support::Operator;

/// The original's tables as its database exports them.
const ORGANIZATIONS: &str = "\
id,siret,created_at,updated_at,organization_info_fetched_at,cached_libelle,cached_nom_complet,cached_categorie_juridique,\
cached_activite_principale,cached_tranche_effectifs,cached_est_active,cached_adresse,cached_code_postal,verified_email_domains,external_authorized_email_domains
901,21750001600019,2022-08-08 15:43:15.884+00,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00,Commune de paris - Mairie,\
Commune de paris,7210,84.11Z,52,t,\"1 place de l'hotel de ville, 75004 Paris\",75004,\"{mairie.exemple.fr,orange.fr}\",{prestataire.exemple.fr}
902,21920023500014,2023-08-08 15:43:15+00,2024-01-01 00:00:00+00,,,,,,,,,,,
903,21920023500015,2023-08-08 15:43:15+00,2024-01-01 00:00:00+00,,Commune,,,,,,,,,
";
const DOMAINS: &str = "\
id,organization_id,domain,verification_type,can_be_suggested,verified_at,created_at,updated_at
1,902,clamart.exemple.fr,verified,t,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00
2,902,ext.clamart.exemple.fr,external,t,,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00
3,901,nouveau.exemple.fr,,t,,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00
6,902,clamart.exemple.fr,,t,,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00
4,901,gmail.com,verified,t,,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00
5,77,perdu.exemple.fr,verified,t,,2024-01-01 00:00:00+00,2024-01-01 00:00:00+00
";
const LINKS: &str = "\
user_id,organization_id,is_external,created_at,updated_at,verification_type,has_been_greeted,\
needs_official_contact_email_verification
5001,901,f,2022-09-01 08:00:00+00,2022-09-01 08:00:00+00,domain,t,f
5002,901,t,2022-09-01 08:00:00+00,2022-09-01 08:00:00+00,domain,t,f
5002,902,f,2022-09-01 08:00:00+00,2022-09-01 08:00:00+00,code_sent_to_official_contact_email,t,t
5002,902,f,2022-09-01 08:00:00+00,2022-09-01 08:00:00+00,imported_from_inclusion_connect,t,f
5999,902,f,2022-09-01 08:00:00+00,2022-09-01 08:00:00+00,domain,t,f
";
const PEOPLE: &str = "id,email\n5001,jean@mairie.exemple.fr\n5002,anne@ailleurs.exemple.fr\n";

/// A report of which some rows are refused.
async fn report(operator: &Operator, command: &[&str]) -> Value {
    let ended = operator.types(&[command, &["--output", "json"]].concat()).await;
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn reasons(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().unwrap().iter();
    items.filter_map(|item| item["reason"].as_str()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_stands_in_one_row_and_a_file_that_names_none_is_refused_whole() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let twice = "siret,label\n73282932000074,A\n732 829 320 00074,B\n13002526500013,C\n";
    let file = write(directory.path(), "twice.csv", twice);
    let dry = ["org", "import", &file, "--dry-run"];
    for (command, counted) in [(&dry[..], "would be imported"), (&dry[..3], "imported")] {
        let told = report(&operator, command).await;
        assert_eq!((&told["counts"][counted], &told["counts"]["refused"]), (&1.into(), &1.into()), "{told}");
        assert_eq!(reasons(&told), ["siret: an earlier row has it"]);
    }
    let recorded = instance.recorded_acts();
    for text in ["73282932000074\n", "label\nA\n", "siret\r73282932000074\r", "domain\nclamart.exemple.fr\n"] {
        let file = write(directory.path(), "headless.csv", text);
        operator.types(&["org", "import", &file]).await.refused(1, "line 1: a column siret is expected");
    }
    assert_eq!(instance.recorded_acts(), recorded, "nothing was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_originals_organizations_domains_and_links_come_along_under_their_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let file = |name: &str, text: &str| write(directory.path(), name, text);
    operator.asks(&["user", "import", &file("people.csv", PEOPLE)]).await;
    let table = file("organizations.csv", ORGANIZATIONS);

    let would = report(&operator, &["org", "import", &table, "--dry-run"]).await;
    assert_eq!(would["counts"]["would be imported without some domains"], 1, "{would}");
    let told = report(&operator, &["org", "import", &table]).await;
    assert_eq!(
        told["counts"],
        json!({ "imported without some domains": 1, "unchanged": 1, "refused": 1 }),
        "Clamart is seeded: {told}"
    );
    assert!(reasons(&told)[0].starts_with("siret: 14 digits"), "{told}");
    let paris = instance.app.store.read(|tx| organizations::find_by_siret(tx, &"21750001600019".parse().unwrap()));
    let paris = paris.unwrap().unwrap();
    assert_eq!((paris.id.0, paris.source), (901, OrganizationSource::Register));
    assert_eq!(paris.created_at.to_iso8601(), "2022-08-08T15:43:15.000Z");
    assert_eq!(paris.headcount.map(|band| band.as_str()), Some("52"));

    let domains = file("email_domains.csv", DOMAINS);
    let told = report(&operator, &["org", "import", &domains]).await;
    assert!(reasons(&told).iter().all(|reason| reason.contains("--organizations")), "{told}");
    let told = report(&operator, &["org", "import", &domains, "--organizations", &table]).await;
    assert_eq!(
        told["counts"],
        json!({ "imported": 3, "unchanged": 1, "refused": 2 }),
        "a weaker row changes nothing: {told}"
    );
    assert_eq!(
        reasons(&told),
        [
            "domain: anybody has an address there",
            "organization_id: the table given with --organizations does not have it"
        ]
    );
    let status = |domain: &str| {
        let (id, domain) = (paris.id, domain.parse().unwrap());
        instance.app.store.read(|tx| email_domains::find(tx, id, &domain)).unwrap().map(|known| known.status)
    };
    assert_eq!(status("mairie.exemple.fr"), Some(EmailDomainStatus::Verified), "of the organization's own row");
    assert_eq!(status("nouveau.exemple.fr"), Some(EmailDomainStatus::NotVerifiedYet));
    for behind in ["gmail.com", "orange.fr", "prestataire.exemple.fr"] {
        assert_eq!(status(behind), None, "SEC-108: {behind}");
    }
    operator.asks(&["org", "domain", "21750001600019", "mairie.exemple.fr", "refused"]).await;
    let told = report(&operator, &["org", "import", &table]).await;
    assert_eq!(told["counts"], json!({ "unchanged": 2, "refused": 1 }), "what was decided here stays: {told}");
    assert_eq!(status("mairie.exemple.fr"), Some(EmailDomainStatus::Refused));
    operator.asks(&["org", "domain", "21750001600019", "mairie.exemple.fr", "verified"]).await;

    let links = file("users_organizations.csv", LINKS);
    let told = report(&operator, &["org", "import", &links, "--organizations", &table]).await;
    assert_eq!(told["counts"], json!({ "imported": 3, "refused": 2 }), "{told}");
    let reasons = reasons(&told);
    assert!(reasons[0].contains("not proven yet") && reasons[1].starts_with("user_id: no such person"), "{reasons:?}");
    let linked = |user: u64| {
        let (user, id) = (moncomptepro::domain::UserId(user), paris.id);
        instance.app.store.read(|tx| memberships::find(tx, user, id)).unwrap().unwrap()
    };
    let (jean, anne) = (linked(5001), linked(5002));
    assert_eq!((jean.verification, jean.is_external), (Verification::Domain, false));
    assert_eq!(jean.created_at.to_iso8601(), "2022-09-01T08:00:00.000Z");
    assert_eq!(
        (anne.verification, anne.is_external),
        (Verification::DomainNotVerifiedYet, true),
        "R-26: a domain that is not approved here proves nothing here"
    );
    let again = report(&operator, &["org", "import", &links, "--organizations", &table]).await;
    assert_eq!(again["counts"], json!({ "unchanged": 3, "refused": 2 }), "a second time changes nothing");
    let checked = instance.app.store.check(instance.clock.now()).unwrap();
    assert!(checked.is_sound(), "{:?}", checked.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_originals_list_of_domains_enters_the_organizations_that_the_register_knows() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let list = "domain;sirets\nagglo.exemple.fr;21340172201787 13002526500013\nyahoo.fr;13002526500013\nx;1\n";
    let told = report(&operator, &["org", "import", &write(directory.path(), "domains.csv", list)]).await;
    assert_eq!(told["counts"], json!({ "imported": 1, "refused": 2 }), "{told}");
    for siret in ["21340172201787", "13002526500013"] {
        let shown = operator.asks(&["org", "domain", siret]).await;
        let known = shown["domains"].as_array().unwrap();
        assert!(
            known.iter().any(|known| known["domain"] == "agglo.exemple.fr" && known["status"] == "verified"),
            "{shown}"
        );
    }
    // One of a line that cannot be is all of it.
    operator.asks(&["org", "domain", "13002526500013", "autre.exemple.fr", "refused"]).await;
    let list = "domain;sirets\nautre.exemple.fr;21340172201787 13002526500013\n";
    let told = report(&operator, &["org", "import", &write(directory.path(), "domains.csv", list)]).await;
    assert!(reasons(&told)[0].contains("is refused for 13002526500013 here"), "{told}");
    let shown = operator.asks(&["org", "domain", "21340172201787"]).await;
    assert!(!shown["domains"].to_string().contains("autre.exemple.fr"), "{shown}");
    drop(instance);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_108_the_list_of_2022_enters_organizations_and_the_domain_of_their_officer_waits_for_a_review() {
    let directory = tempfile::tempdir().unwrap();
    let (_instance, operator) = begin(directory.path()).await;
    let list = "siret,resp_traitement_email\n21340172201787,dpo@montpellier.exemple.fr\n\
                21920023500014,mairie.clamart@gmail.com\n13002526500013,x\n";
    let told = report(&operator, &["org", "import", &write(directory.path(), "import.csv", list)]).await;
    assert_eq!(told["counts"]["refused"], 1, "{told}");
    assert_eq!(reasons(&told), ["resp_traitement_email: an e-mail address is expected"]);
    let shown = operator.asks(&["org", "domain", "21340172201787"]).await;
    let known = shown["domains"].as_array().unwrap();
    let is_there = |known: &&Value| known["domain"] == "montpellier.exemple.fr";
    assert_eq!(known.iter().find(is_there).unwrap()["status"], "not_verified_yet", "{shown}");
    let shown = operator.asks(&["org", "domain", "21920023500014"]).await;
    assert!(!shown["domains"].to_string().contains("gmail.com"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_150_rows_of_organizations_that_cannot_be_are_told_with_what_is_expected() {
    let directory = tempfile::tempdir().unwrap();
    let (_instance, operator) = begin(directory.path()).await;
    for (row, reason) in [
        (json!({ "label": "Commune" }), "siret: is missing"),
        (
            json!({ "siret": "21340172201787", "label": "C", "legal_category": "72" }),
            "legal_category: a legal category",
        ),
        (json!({ "siret": "21340172201787", "label": "C", "colour": "red" }), "no column colour is known"),
        (json!({ "siret": "21340172201787", "id": "0", "label": "C" }), "id: a number"),
        (json!({ "siret": "21340172201787", "domain": "@" }), "domain: an e-mail domain"),
        (
            json!({ "siret": "21340172201787", "domain": "a.fr", "verification_type": "best" }),
            "verification_type: one of",
        ),
        (json!({ "siret": "21340172201787", "email": "x" }), "user_id: an identifier"),
        (json!({ "siret": "21340172201787", "email": "a@b.fr", "is_external": "maybe" }), "is_external: true or false"),
        (json!({ "siret": "21340172201787", "verified_email_domains": "{a b}" }), "verified_email_domains: domain:"),
    ] {
        let file = write(directory.path(), "rows.jsonl", &format!("{row}\n"));
        let told = report(&operator, &["org", "import", &file]).await;
        assert!(reasons(&told)[0].starts_with(reason), "{row}: {told}");
    }
    let broken = write(directory.path(), "table.csv", "id,siret\n1,21340172201787\n1,13002526500013\n");
    operator.types(&["org", "import", &broken, "--organizations", &broken]).await.refused(1, "line 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_113_whoever_asked_for_discretion_comes_along_without_a_name() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let table = "id,siret,cached_libelle,cached_adresse,cached_statut_diffusion,cached_est_diffusible\n\
                 911,94957325700019,Sacha Cachee,\"1 rue Secrete, 75011 Paris\",P,f\n\
                 912,82869625200018,Camille Exemple,\"9 rue Pasteur, 93130 Noisy\",O,t\n\
                 913,45334017600024,Secrete SAS,\"2 rue Secrete, 75011 Paris\",non_diffusible,f\n";
    operator.asks(&["org", "import", &write(directory.path(), "o.csv", table)]).await;
    let known = |siret: &str| {
        let siret = siret.parse().unwrap();
        instance.app.store.read(|tx| organizations::find_by_siret(tx, &siret)).unwrap().unwrap()
    };
    for siret in ["94957325700019", "45334017600024"] {
        let hidden = known(siret);
        assert_eq!((hidden.label.as_str(), hidden.address), (moncomptepro::domain::UNKNOWN_NAME, None), "{siret}");
    }
    assert_eq!(known("82869625200018").label, "Camille Exemple");
}
