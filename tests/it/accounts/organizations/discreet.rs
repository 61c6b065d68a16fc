//! Whoever asked INSEE for discretion, in what is told of them: claims of each form, and mails.

use super::{arrive, claims, join};
use crate::support::Instance;

/// A person's own business, partially hidden; the register of `dev` knows their name.
const DISCREET: &str = "94957325700019";
const NAME: &str = "Sacha";

#[tokio::test]
async fn sec_113_claims_and_mails_name_nobody_who_asked_for_discretion() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("service", |_| {}).await);
    let email = "moi@inconnu.example";
    let asks = arrive(&person, &client, email, &[("scope", "openid email organization organizations")]).await;
    let welcome = join(&person, &asks, DISCREET).await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["siret"], &told["label"]), (&DISCREET.into(), &"Nom inconnu".into()), "{told}");
    assert_eq!(told["organizations"][0]["label"], "Nom inconnu", "{told}");
    assert!(!told.to_string().contains(NAME), "{told}");
    let mails = instance.mails_to(email).await;
    let of_it: Vec<_> = mails.iter().filter(|mail| mail.text.contains("Nom inconnu")).collect();
    assert!(!of_it.is_empty(), "the welcome names the organization");
    assert!(mails.iter().all(|mail| !mail.text.contains(NAME) && !mail.html.contains(NAME)));
}
