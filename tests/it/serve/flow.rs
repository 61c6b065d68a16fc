//! A whole sign-in over TLS, with what an operator has made.

use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope,
};

use crate::support::{CALLBACK, Instance, Operator, RelyingParty};

const ADDRESS: &str = "claude.martin@commune.exemple.fr";
const SIRET: &str = "21777701500017";
const PASSWORD: &str = "a long enough sentence 4711";

#[tokio::test(flavor = "multi_thread")]
async fn sec_207_over_tls_a_person_a_client_and_an_organization_made_by_command_sign_in() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls(directory.path()).await;
    let operator = Operator::of(directory.path());
    operator.asks(&["org", "add", SIRET, "--label", "Commune de Petiteville", "--legal-category", "7210"]).await;
    let made = operator.asks(&["user", "create", ADDRESS, "--given-name", "Claude", "--family-name", "Martin"]).await;
    operator.asks(&["org", "link", SIRET, ADDRESS]).await;
    let link = made["password_link"].as_str().unwrap().split_once("reset_password_token=").unwrap().1;
    let typed = ["client", "create", "--id", "over-tls", "--name", "Service", "--redirect-uri", CALLBACK];
    let secret = operator.asks(&typed).await["client_secret"].as_str().unwrap().to_owned();
    let client = RelyingParty::new(&instance, "over-tls", &secret, CALLBACK);

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
        .add_scope(Scope::new(String::from("organization")))
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
    let user_id = made["user_id"].to_string();
    let info = client.checked_userinfo(tokens.access_token().secret(), &user_id, false).await;
    assert_eq!(info.email().map(|email| email.as_str()), Some(ADDRESS));
    let told = client.userinfo(tokens.access_token().secret()).await.json();
    assert_eq!((told["siret"].as_str(), told["is_commune"].as_bool()), (Some(SIRET), Some(true)));
    instance.stop().await;
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
