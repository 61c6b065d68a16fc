//! Proof of the same hand at both ends (RFC 7636).

use moncomptepro::crypto;
use moncomptepro::domain::ClientAuthentication;

use crate::oidc::{JEAN, Pairs, signed_in};
use crate::support::Instance;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const OTHER: &str = "aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[tokio::test]
async fn sec_25_pkce_3_pkce_5_pkce_6_every_challenge_meets_every_verifier() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("confidential", |_| {}).await;
    let challenge = crypto::s256_code_challenge(VERIFIER);
    let with_challenge = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let cases: [(Pairs<'_>, &str, Option<&str>); 6] = [
        (&[], "", None),
        (&[], VERIFIER, Some("invalid_grant")),
        (&with_challenge, VERIFIER, None),
        (&with_challenge, OTHER, Some("invalid_grant")),
        (&with_challenge, "", Some("invalid_grant")),
        (&with_challenge, "short", Some("invalid_request")),
    ];
    for (parameters, verifier, error) in cases {
        let code = client.code(&person.visit(&client.authorization("openid", parameters)).await);
        let page = client.present_with(&code, &[("code_verifier", verifier)]).await;
        match error {
            Some(error) => {
                assert_eq!((page.status.as_u16(), page.json()["error"].as_str()), (400, Some(error)), "{verifier}")
            }
            None => {
                client.verified(page.json()["id_token"].as_str().unwrap()).await;
            }
        }
    }
}

#[tokio::test]
async fn pkce_1_pkce_2_public_clients_and_those_registered_so_must_send_a_challenge() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let public = instance.declare("public", |client| client.authentication = ClientAuthentication::Public).await;
    let strict = instance.declare("strict", |client| client.require_pkce = true).await;
    let challenge = crypto::s256_code_challenge(VERIFIER);
    for client in [&public, &strict] {
        assert_eq!(client.error(&person.visit(&client.authorization("openid", &[])).await), "invalid_request");
        for method in ["plain", "", "s256", "S512"] {
            let parameters = [("code_challenge", challenge.as_str()), ("code_challenge_method", method)];
            let page = person.visit(&client.authorization("openid", &parameters)).await;
            assert_eq!(client.error(&page), "invalid_request", "{method}");
        }
    }
    let parameters = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let code = strict.code(&person.visit(&strict.authorization("openid", &parameters)).await);
    assert_eq!(strict.present_with(&code, &[("code_verifier", VERIFIER)]).await.status, 200);
    let code = public.code(&person.visit(&public.authorization("openid", &parameters)).await);
    let body = format!(
        "grant_type=authorization_code&client_id=public&code={code}&code_verifier={VERIFIER}&redirect_uri={}",
        public.redirect_uri
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let page = public.bare_token_request(&form, &body).await;
    assert_eq!(page.status, 200, "CAUTH-5: {}", page.body);
    public.verified(page.json()["id_token"].as_str().unwrap()).await;
}
