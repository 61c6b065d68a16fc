//! A whole sign-in over TLS, with what an operator has made.

use moncomptepro::acts::{self, By, NewPerson};
use moncomptepro::domain::{Actor, PersonalInformation};
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope,
};

use crate::support::{CALLBACK, Instance};

const ADDRESS: &str = "claude.martin@commune.exemple.fr";
const PASSWORD: &str = "a long enough sentence 4711";

#[tokio::test]
async fn sec_207_over_tls_a_person_chooses_a_password_and_signs_in_to_a_service() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls(directory.path()).await;
    let by = By::local(Actor::Operator);
    let person = NewPerson {
        email: ADDRESS.parse().unwrap(),
        information: PersonalInformation::parse("Claude", "Martin", "", "").unwrap(),
        organization: None,
        additional_claims: serde_json::Map::new(),
    };
    let (user_id, _) = acts::enter_person(&instance.app, &by, person).await.unwrap();
    let link = acts::issue_password_link(&instance.app, &by, user_id).await.unwrap().unwrap();
    let client = instance.declare("over-tls", |_| {}).await;

    let browser = instance.person();
    let page = browser.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    assert!(page.text("header .trial").starts_with("Certificat provisoire."), "until it is replaced: {}", page.body);
    let form = page.form_with("password", None).with("password", PASSWORD);
    let form = form.with("password_confirmation", PASSWORD);
    let chosen = browser.submit(form).await;
    assert!(chosen.status.is_success(), "{} {}", chosen.status, chosen.body);

    let library = client.library().await.set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = library
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new(String::from("email")))
        .set_pkce_challenge(challenge)
        .url();
    assert!(url.as_str().starts_with("https://localhost:"));
    let mut back = browser.visit(url.as_str()).await;
    if back.url.path() == "/users/start-sign-in" {
        back = browser.sign_in(back, ADDRESS, PASSWORD).await;
    }
    assert_eq!(back.url.path(), "/users/verify-email", "a password is not enough in a new browser");
    let code = instance.code_of(ADDRESS).await;
    back = browser.submit(back.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_eq!(&back.redirect_parameters()["state"], state.secret(), "{} {}", back.url, back.body);
    let code = AuthorizationCode::new(client.code(&back));
    let request = library.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = request.request_async(&client.http_of_the_library()).await.unwrap();
    client.verified_with(&tokens.extra_fields().id_token().unwrap().to_string(), &nonce).await;
    let info = client.checked_userinfo(tokens.access_token().secret(), &user_id.to_string(), false).await;
    assert_eq!(info.email().map(|email| email.as_str()), Some(ADDRESS));
}

#[tokio::test]
async fn sec_207_the_certificate_shown_is_the_one_whose_fingerprint_was_said() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls(directory.path()).await;
    let said = instance.tls.as_ref().unwrap().fingerprint();
    let shown = moncomptepro::crypto::sha256(instance.certificate.as_ref().unwrap());
    assert_eq!(said, shown.map(|byte| format!("{byte:02X}")).join(":"));
    // Clients that trust this certificate, and no other, get through; others do not.
    assert_eq!(instance.person().get("/livez").await.status, 200);
    let stranger = crate::support::tls::http(None).build().unwrap();
    assert!(stranger.get(format!("{}/livez", instance.address)).send().await.is_err());
}
