//! People of another system: entered from a file, row by row, with the identifiers and passwords that they had.

use std::path::Path;

use moncomptepro::config::DevOptions;
use moncomptepro::store::{credentials, memberships, users};
use serde_json::{Value, json};

use crate::support::{Instance, Operator, stored};

const PASSWORD: &str = "une phrase de passe assez longue";
/// bcrypt of that phrase, by libxcrypt.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K";
/// PBKDF2 of it, by Python's hashlib, as Django writes it.
const DJANGO: &str = "pbkdf2_sha256$1000$selselsel$Kmr+t4Xyc9yAW24oL8fa9x4S10TASDj11H3C+t83qnk=";
const SIRET: &str = "21340172201787";

/// The original's table of people as its database exports it.
fn original() -> String {
    format!(
        "id,email,encrypted_password,email_verified,email_verified_at,verify_email_token,verify_email_sent_at,sign_in_count,\
         last_sign_in_at,given_name,family_name,phone_number,job,created_at,updated_at,legacy_user,force_2fa\n\
         5001,Jean.Martin@mairie.example,{BCRYPT},t,2026-11-01 10:00:00.123+00,0123456789,2026-11-01 09:59:00+00,12,\
         2026-11-02 08:00:00+00,Jean,Martin,0123456789,\"Secrétaire, général\",2022-08-08 15:43:15.884+00,2026-11-02 08:00:00+00,f,f\n\
         5002,anne@mairie.example,,f,,,,0,,,,,,2023-01-01 00:00:00+00,2023-01-01 00:00:00+00,t,t\n"
    )
}

pub(in crate::accounts) async fn begin(directory: &Path) -> (Instance, Operator) {
    let options = DevOptions { data_dir: Some(directory.join("data")), ..DevOptions::default() };
    (Instance::dev_with(options).await, Operator::at(&directory.join("data")))
}

pub(in crate::accounts) fn write(directory: &Path, name: &str, text: &str) -> String {
    let file = directory.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_1_accounts_of_the_original_keep_their_sub_and_their_password_which_is_hashed_anew_at_the_first_sign_in() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let file = write(directory.path(), "users.csv", &original());
    let report = operator.asks(&["user", "import", &file, "--dry-run"]).await;
    let would = json!({ "would be imported": 1, "would be imported without factor": 1 });
    assert_eq!(report["counts"], would);
    operator.types(&["user", "show", "5001"]).await.refused(1, "no user");
    let report = operator.asks(&["user", "import", &file]).await;
    assert_eq!(report["counts"], json!({ "imported": 1, "imported without factor": 1 }));
    let shown = operator.asks(&["user", "show", "jean.martin@mairie.example"]).await;
    let expected = [
        ("user_id", json!(5001)),
        ("given_name", json!("Jean")),
        ("job", json!("Secrétaire, général")),
        ("created_at", json!("2022-08-08T15:43:15.000Z")),
        ("sign_in_count", json!(12)),
    ];
    for (name, value) in expected {
        assert_eq!(shown[name], value, "{name}");
    }
    operator.asks(&["org", "link", SIRET, "5001"]).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let wrong = instance.person();
    let page = wrong.visit("/users/start-sign-in").await;
    assert_ne!(wrong.sign_in(page, "jean.martin@mairie.example", "une autre phrase de passe").await.status, 200);
    let page = person.visit(&client.authorization("openid", &[])).await;
    let back = person.sign_in(page, "jean.martin@mairie.example", PASSWORD).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["sub"], "5001");
    let hash_of = |id| {
        let id = moncomptepro::domain::UserId(id);
        instance.app.store.read(|tx| credentials::find(tx, id)).unwrap().unwrap().password_hash
    };
    assert!(hash_of(5001).unwrap().starts_with("$argon2id$"), "SEC-65");
    assert_eq!(hash_of(5002), None);
    let again = operator.asks(&["user", "import", &file]).await;
    assert_eq!(again["counts"], json!({ "unchanged": 2 }), "nothing is overwritten");
    assert!(hash_of(5001).unwrap().starts_with("$argon2id$"));
    operator.asks(&["user", "delete", "5002"]).await;
    let ended = operator.types(&["user", "import", &file, "--output", "json"]).await;
    assert!(ended.code == 1 && ended.stdout.contains("was erased"), "R-1: {ended:?}");
    instance.stop().await;
    let everything = stored(&directory.path().join("data")).concat();
    assert!(!everything.contains("0123456789\",\"2026"), "codes of the original stay behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_150_every_row_is_entered_wholly_or_refused_with_its_line_and_reason() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let rows = [
        json!({ "email": "a@mairie.example", "password_hash": DJANGO, "given_name": "Anne", "family_name": "Petit",
                "siret": SIRET, "email_verified_at": "2026-11-20T00:00:00Z" }),
        json!({ "email": "nobody" }),
        json!({ "given_name": "Anne" }),
        json!({ "email": "b@mairie.example", "password_hash": "$2b$31$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K" }),
        json!({ "email": "c@mairie.example", "siret": "13002526500013 11111111111111" }),
        json!({ "email": "d@mairie.example", "id": 1 }),
        json!({ "email": "user@yopmail.com", "id": 77777 }),
        json!({ "email": "A@mairie.example" }),
        json!({ "email": "e@mairie.example", "role": "administrator" }),
        json!({ "email": "f@mairie.example", "id": "9007199254740993" }),
        json!({ "email": "g@mairie.example", "created_at": "yesterday" }),
        json!({ "email": "h@mairie.example", "given_name": ["x"] }),
        json!({ "email": "i@mairie.example" }),
    ];
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let before = instance.app.store.read(|tx| users::list(tx, None, 1_000)).unwrap().len();
    let file = write(directory.path(), "people.jsonl", &format!("{text}no object\n"));
    let ended = operator.types(&["user", "import", &file, "--output", "json"]).await;
    assert!(ended.code == 1 && ended.stderr.contains("12 of 14 rows"), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let words = [
        "",
        "email: an",
        "email: is missing",
        "password_hash",
        "siret",
        "id: somebody",
        "email: somebody",
        "earlier row",
        "no column role",
        "id: a number",
        "created_at",
        "given_name: one value",
        "",
        "JSON object",
    ];
    let mut items = report["items"].as_array().unwrap().clone();
    items.sort_by_key(|item| item["line"].as_u64());
    assert_eq!(items.len(), words.len());
    for ((at, item), word) in items.iter().enumerate().zip(words) {
        assert_eq!(item["line"], at + 1);
        assert!(item["reason"].as_str().unwrap_or_default().contains(word), "{item} {word}");
    }
    let after = instance.app.store.read(|tx| users::list(tx, None, 1_000)).unwrap().len();
    assert_eq!(after, before + 2);
    let shown = operator.asks(&["user", "show", "a@mairie.example"]).await;
    assert_eq!(shown["organizations"][0]["siret"], SIRET);
    assert!(shown["user_id"].as_u64().unwrap() >= 1_000_000_000, "R-1: a new one is drawn");
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    assert_eq!(person.sign_in(page, "a@mairie.example", PASSWORD).await.url.path(), "/");
    let twice =
        "{\"email\":\"j@mairie.example\",\"id\":2000000001}\n{\"email\":\"k@mairie.example\",\"id\":\"2000000001\"}\n";
    let file = write(directory.path(), "twice.jsonl", twice);
    for (options, outcome) in [(&["--dry-run"][..], "would be imported"), (&[], "imported")] {
        let ended = operator.types(&[&["user", "import", &file, "--output", "json"], options].concat()).await;
        assert!(ended.code == 1 && ended.stdout.contains("id: an earlier row has it"), "{ended:?}");
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(report["counts"], json!({ outcome: 1, "refused": 1 }));
    }
    let file = write(directory.path(), "no_head.csv", "x@mairie.example\n");
    operator.types(&["user", "import", &file]).await.refused(1, "a column email is expected");
    operator.types(&["user", "import", "/nowhere.csv"]).await.refused(1, "/nowhere.csv");
    operator.types(&["user", "import"]).await.refused(2, "<FILE>");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_inclusion_connect_get_an_identifier_of_ours_and_the_report_says_which() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let (one, other) = ("4b0f6d6e-0c3c-4a7c-9e2b-1f6c5a0d7e11", "0D5C9A9E-0000-4A7C-9E2B-1F6C5A0D7E12");
    let list = format!(
        "last_name,first_name,email,sub,siret\n\
         Martin,Jean,jean@mairie.example,{one},{SIRET} 13002526500013\n\
         Petit,Anne,anne@mairie.example,{other},\n"
    );
    let file = write(directory.path(), "accounts.csv", &list);
    let dry = operator.asks(&["user", "import", &file, "--dry-run"]).await;
    assert_eq!(
        (&dry["counts"], &dry["items"][0]["user_id"]),
        (&json!({ "would be imported": 2 }), &Value::Null),
        "{dry}"
    );
    let report = operator.asks(&["user", "import", &file]).await;
    assert_eq!(report["counts"], json!({ "imported": 2 }));
    for (row, (sub, email, organizations)) in
        [(one, "jean@mairie.example", 2), (other, "anne@mairie.example", 0)].into_iter().enumerate()
    {
        let shown = operator.asks(&["user", "show", email]).await;
        let told = &report["items"][row];
        assert_eq!((&told["email"], &told["sub"]), (&email.into(), &sub.into()), "{told}");
        assert_eq!(told["user_id"], shown["user_id"].to_string(), "{shown}");
        let user = instance.app.store.read(|tx| users::find_by_email(tx, &email.parse().unwrap())).unwrap().unwrap();
        let links = instance.app.store.read(|tx| memberships::list_of_user(tx, user.id)).unwrap();
        assert_eq!(links.len(), organizations);
        assert!(links.iter().all(|link| link.verification.is_proven()));
    }
    let again = operator.asks(&["user", "import", &file]).await;
    assert_eq!(again["counts"], json!({ "unchanged": 2 }));
    assert_eq!(again["items"][1]["user_id"], report["items"][1]["user_id"], "a second run says it too");
    let typed = operator.types(&["user", "import", &file]).await;
    assert!(typed.stdout.contains(&format!("sub {one} is ")), "{}", typed.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_digital_mediation_advisers_is_taken_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (_instance, operator) = begin(directory.path()).await;
    let list = "prenom;nom;téléphone;email;coordinateur;Code Postal;Nom commune;SIRET structure;email professionnel secondaire\n\
                Jean;Martin;0123456789;jean@gmail.com;oui;75007;Paris;13002526500013;Jean@conseiller.example\n\
                Anne;Petit;;anne@gmail.com;non;75007;Paris;13002526500013;anne@conseiller.example\n\
                Luc;Petit;;luc@gmail.com;non;75007;Paris;13002526500014;luc@conseiller.example\n\
                Eve;Petit;;eve@gmail.com;non;75007;Paris;13002526500013;\n";
    let file = write(directory.path(), "coop.csv", list);
    let ended = operator.types(&["user", "import", &file, "--output", "json"]).await;
    assert_eq!(ended.code, 1, "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["counts"], json!({ "imported": 2, "refused": 2 }), "{report}");
    assert!(report["items"][2]["reason"].as_str().unwrap().starts_with("siret:"), "{report}");
    assert_eq!(report["items"][3]["reason"], "email: is missing");
    for (email, job, phone) in [
        ("jean@conseiller.example", "Coordinateur conseillers numérique", json!("0123456789")),
        ("anne@conseiller.example", "Conseiller numérique", Value::Null),
    ] {
        let shown = operator.asks(&["user", "show", email]).await;
        assert_eq!((&shown["job"], &shown["phone_number"]), (&job.into(), &phone), "{shown}");
    }
    operator.types(&["user", "show", "jean@gmail.com"]).await.refused(1, "no user");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_103_the_password_of_an_account_that_was_never_proven_goes_when_its_owner_comes_by_mail() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    let rows = ["proven", "unproven", "typed"].map(|name| {
        let at = if name == "proven" { json!("2026-11-20T00:00:00Z") } else { Value::Null };
        let row = json!({ "email": format!("{name}@mairie.example"), "password_hash": DJANGO, "email_verified_at": at,
            "given_name": "Anne", "family_name": "Petit" });
        row.to_string()
    });
    let file = write(directory.path(), "rows.jsonl", &rows.join("\n"));
    assert_eq!(operator.asks(&["user", "import", &file]).await["counts"], json!({ "imported": 3 }));
    let opened = async |address: &str| {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        person.sign_in(page, address, PASSWORD).await
    };
    let attacker = instance.person();
    let page = attacker.visit("/users/start-sign-in").await;
    let asks = attacker.sign_in(page, "unproven@mairie.example", PASSWORD).await;
    assert_eq!(asks.url.path(), "/users/verify-email", "without the mailbox it opens nothing");
    for (name, is_kept) in [("proven", true), ("unproven", false)] {
        let address = format!("{name}@mairie.example");
        let owner = instance.person();
        let page = owner.visit("/users/start-sign-in").await;
        let asks = owner.submit(page.form_with("login", None).with("login", &address)).await;
        owner.submit(asks.form_to("send-magic-link")).await;
        let here = owner.visit(&instance.link_of(&address).await).await;
        let back = owner.submit(here.form_with("magic_link_token", None)).await;
        assert_eq!(back.url.path(), "/", "{name}");
        let id = instance.app.store.read(|tx| users::find_by_email(tx, &address.parse().unwrap())).unwrap().unwrap().id;
        let known = instance.app.store.read(|tx| credentials::find(tx, id)).unwrap().unwrap();
        assert_eq!(known.password_hash.is_some(), is_kept, "{name}");
    }
    assert_eq!(attacker.visit("/").await.url.path(), "/users/start-sign-in", "and whoever sat there is out");
    // The mailbox of whoever typed the password is proven in the same sign-in: it is theirs.
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.sign_in(page, "typed@mairie.example", PASSWORD).await;
    let code = instance.code_of("typed@mairie.example").await;
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_ne!(opened("typed@mairie.example").await.status, 400);
}
