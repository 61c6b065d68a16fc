//! The language of mails that their reader did not ask for: the one in which they used the pages last.

use std::time::Duration;

use moncomptepro::acts::administration::{carry_out_factor_removals, make_retention_round};
use moncomptepro::config::DevOptions;

use crate::support::{Instance, Operator, Person, totp_code, totp_key};

const ENGLISH: &str = "user@yopmail.com";
const FRENCH: &str = "editeur@yopmail.com";
const GUEST: &str = "marie@mairie.example";
const DAY: Duration = Duration::from_secs(24 * 3600);
const SIRET: &str = "21340172201787";

async fn begin(directory: &std::path::Path) -> (Instance, Operator) {
    let options = DevOptions { data_dir: Some(directory.to_owned()), ..DevOptions::default() };
    (Instance::dev_with(options).await, Operator::at(directory))
}

/// Signs in in a browser in which a language was chosen.
async fn signed_in(instance: &Instance, address: &str, language: &str) -> Person {
    let person = instance.person();
    let page = person.visit(&format!("/users/start-sign-in?lang={language}")).await;
    person.sign_in(page, address, address).await;
    person
}

async fn newest(instance: &Instance, address: &str) -> String {
    instance.mails_to(address).await.remove(0).subject
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_causes_is_told_in_the_language_that_the_person_used_last() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    for (address, language, said) in [
        (ENGLISH, "en", ["will be removed", "is kept", "was removed", "administrators of this site"]),
        (FRENCH, "fr", ["va être supprimé", "est conservé", "a été supprimé", "administrateurs de ce site"]),
    ] {
        let person = signed_in(&instance, address, language).await;
        let offer = person.visit("/totp-configuration").await;
        let code = totp_code(&totp_key(&offer), instance.clock.now());
        person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
        let mut told = Vec::new();
        let ask = ["user", "factor", "remove", address, "--reason", "téléphone perdu"];
        operator.asks(&ask).await;
        told.push(newest(&instance, address).await);
        operator.asks(&["user", "factor", "cancel", address]).await;
        told.push(newest(&instance, address).await);
        operator.asks(&ask).await;
        assert_eq!(newest(&instance, address).await, told[0], "it leaves before anything is carried out");
        instance.clock.advance(2 * DAY).unwrap();
        assert_eq!(carry_out_factor_removals(&instance.app).await.unwrap(), 1);
        told.push(newest(&instance, address).await);
        operator.asks(&["admin", "grant", address, "--role", "administrator"]).await;
        told.push(newest(&instance, address).await);
        for (subject, words) in told.iter().zip(said) {
            assert!(subject.contains(words), "{address}: {subject}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_the_announcement_of_an_erasure_is_in_the_language_that_the_person_used_last() {
    let instance = Instance::dev().await;
    signed_in(&instance, ENGLISH, "en").await;
    signed_in(&instance, FRENCH, "en").await;
    signed_in(&instance, FRENCH, "fr").await;
    instance.clock.advance(DAY * 1_066).unwrap();
    assert!(make_retention_round(&instance.app).await.unwrap().unwrap().announced > 0);
    assert!(newest(&instance, ENGLISH).await.contains("will be deleted"));
    assert!(newest(&instance, FRENCH).await.contains("sera supprimé"), "the last one counts");
    assert!(newest(&instance, "datapass@yopmail.com").await.contains("sera supprimé"), "nobody knows theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_causes_is_told_in_the_language_of_the_owner_and_an_invitation_in_the_one_that_was_said() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    signed_in(&instance, ENGLISH, "en").await;
    let stranger = signed_in(&instance, FRENCH, "fr").await;
    let page = stranger.visit("/connection-and-account/email?another=1").await;
    stranger.submit(page.form_with("email", None).with("email", ENGLISH)).await;
    assert!(newest(&instance, ENGLISH).await.contains("was asked for another account"));
    operator.asks(&["user", "invite", GUEST, "--organization", SIRET, "--language", "en"]).await;
    assert!(newest(&instance, GUEST).await.contains("You are invited"));
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    operator.asks(&["user", "invite", GUEST]).await;
    assert!(newest(&instance, GUEST).await.contains("invité"));
    operator.types(&["user", "invite", GUEST, "--language", "de"]).await.refused(2, "fr or en");
}
