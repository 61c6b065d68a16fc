//! Requests to join and the organizations that they are for, by command: every act and every option of it.

use moncomptepro::domain::{AuditEvent, EmailDomainStatus, OrganizationId};
use moncomptepro::store::{email_domains, memberships, users};
use serde_json::{Value, json};

use crate::accounts::organizations::{arrive, join};
use crate::support::{Instance, Operator};

const DINUM: &str = "13002526500013";

/// An instance on data of its own, and its operator.
async fn begin(directory: &std::path::Path) -> (Instance, Operator) {
    let options = moncomptepro::config::DevOptions {
        data_dir: Some(directory.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..moncomptepro::config::DevOptions::default()
    };
    let instance = Instance::start(|own| moncomptepro::config::Config::dev(options.clone(), own)).await;
    (instance, Operator::at(directory))
}

async fn ask(instance: &Instance, email: &str) {
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, email, &[]).await;
    join(&person, &asks, DINUM).await;
}

fn ids(listed: &Value) -> Vec<u64> {
    listed["items"].as_array().unwrap().iter().map(|item| item["moderation_id"].as_u64().unwrap()).collect()
}

fn link(instance: &Instance, email: &str) -> Option<(String, bool)> {
    let email = email.parse().unwrap();
    let found = instance.app.store.read(|tx| {
        let user = users::find_by_email(tx, &email)?.unwrap();
        memberships::list_of_user(tx, user.id)
    });
    found.unwrap().first().map(|link| (link.verification.as_str().to_owned(), link.is_external))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_at_the_machine_lists_weighs_accepts_refuses_reopens_and_writes_down() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    for (number, email) in ["un@inconnu.example", "deux@inconnu.example", "trois@ailleurs.example"].iter().enumerate() {
        ask(&instance, email).await;
        assert_eq!(ids(&operator.asks(&["moderation", "list"]).await).len(), number + 1);
    }
    let shown = operator.asks(&["moderation", "show", "1"]).await;
    for (member, expected) in [
        ("is_active", json!(true)),
        ("similar", json!([2])),
        ("duplicates", json!([2, 3])),
        ("as_external", json!(false)),
        ("email_domain", json!("inconnu.example")),
    ] {
        assert_eq!(shown[member], expected, "{member}: {shown}");
    }
    assert!(shown["official_contacts"].is_array() && shown["as_of"].is_string(), "{shown}");
    assert_eq!(shown["history"].as_array().unwrap().len(), 1);
    let by_person = ["moderation", "list", "--user", "trois@ailleurs.example"];
    assert_eq!(ids(&operator.asks(&by_person).await), [3]);
    assert_eq!(ids(&operator.asks(&["moderation", "list", "--org", DINUM]).await), [1, 2, 3]);

    operator.asks(&["moderation", "comment", "3", "Appel sans réponse"]).await;
    let reason = "Votre nom manque.";
    let refuse = ["moderation", "reject", "3", "--reason", reason, "--correctable", "--refuse-domain", "--quiet"];
    assert_eq!(operator.asks(&refuse).await["status"], "rejected");
    let refusals = instance.mails_to("trois@ailleurs.example").await;
    assert!(refusals.iter().all(|mail| !mail.subject.contains("refusée")), "quiet: {refusals:?}");
    let domain = "ailleurs.example".parse().unwrap();
    let of = |id| instance.app.store.read(|tx| email_domains::find(tx, id, &domain)).unwrap();
    assert_eq!(of(OrganizationId(2)).map(|known| known.status), Some(EmailDomainStatus::Refused));
    assert_eq!(ids(&operator.asks(&["moderation", "list", "--decided"]).await), [3, 2, 1]);
    assert_eq!(ids(&operator.asks(&["moderation", "list", "is:processed"]).await), [3]);
    operator.asks(&["moderation", "reopen", "3", "--note", "Trop vite"]).await;
    let shown = operator.asks(&["moderation", "show", "3"]).await;
    assert_eq!((&shown["status"], shown["notes"].as_array().unwrap().len()), (&"pending".into(), 2), "{shown}");
    assert_eq!(shown["history"].as_array().unwrap().len(), 3);

    let accept = ["moderation", "accept", "1", "--external", "--verified", "contact", "--similar", "--note", "Vu"];
    assert_eq!(operator.asks(&accept).await["accepted_likewise"], json!([2]));
    let expected = Some((String::from("official_contact_email"), true));
    assert_eq!(
        (link(&instance, "un@inconnu.example"), link(&instance, "deux@inconnu.example")),
        (expected.clone(), expected)
    );
    let told = instance.mails_to("un@inconnu.example").await;
    assert!(told.iter().any(|mail| mail.subject.contains("acceptée")), "they are told: {told:?}");
    let accept = ["moderation", "accept", "3", "--domain", "verified", "--quiet"];
    assert_eq!(operator.asks(&accept).await["status"], "accepted");
    assert_eq!(link(&instance, "trois@ailleurs.example"), Some((String::from("domain"), false)));
    operator.types(&["moderation", "accept", "3"]).await.refused(1, "decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_144_an_organization_is_read_anew_and_looked_at_by_command_and_every_look_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    operator.asks(&["org", "link", "1", "user19@yopmail.com", "--verified", "rna"]).await;
    let email = "user19@yopmail.com".parse().unwrap();
    let user = instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap();
    let link = instance.app.store.read(|tx| memberships::find(tx, user.id, OrganizationId(1))).unwrap().unwrap();
    assert_eq!(link.verification.as_str(), "in_liste_dirigeants_rna");
    let refreshed = operator.asks(&["org", "refresh", "21920023500014"]).await;
    assert_eq!(refreshed["siret"], "21920023500014");
    let history = operator.asks(&["org", "history", "1"]).await;
    let events: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|item| item["act"]["event"].as_str().unwrap()).collect();
    assert_eq!(&events[..2], ["organization_refreshed", "membership_written"], "{history}");
    assert!(history["known_since"].is_string());
    let looks = |instance: &Instance| {
        let viewed = AuditEvent::OrganizationViewed { organization_id: OrganizationId(1) };
        instance.audit().iter().filter(|record| record.event == viewed).count()
    };
    assert_eq!(looks(&instance), 1);
    operator.asks(&["org", "show", "1"]).await;
    assert_eq!(looks(&instance), 2);
    operator.types(&["org", "refresh", "999999"]).await.refused(1, "no org 999999");
}
