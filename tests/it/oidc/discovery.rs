//! What the provider says of itself.

use moncomptepro::config::DevOptions;
use serde_json::Value;

use crate::support::Instance;

const OPENID: &str = "/.well-known/openid-configuration";
const SERVER: &str = "/.well-known/oauth-authorization-server";

fn list(document: &Value, name: &str) -> Vec<String> {
    let items = document[name].as_array().unwrap_or_else(|| panic!("no {name}"));
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn disc_1_disc_2_disc_5_disc_10_disc_20_everybody_may_read_where_everything_is() {
    let instance = Instance::dev().await;
    let page = instance.person().get(OPENID).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "application/json"));
    let document = page.json();
    let address = |name: &str| document[name].as_str().unwrap().to_owned();
    let at = |path: &str| format!("{}{path}", instance.address);
    assert_eq!(address("issuer"), instance.address, "DISC-3");
    assert_eq!(address("authorization_endpoint"), at("/oauth/authorize"));
    assert_eq!(address("token_endpoint"), at("/oauth/token"));
    assert_eq!(address("userinfo_endpoint"), at("/oauth/userinfo"));
    assert_eq!(address("jwks_uri"), at("/oauth/jwks"));
    assert_eq!(address("end_session_endpoint"), at("/oauth/logout"));
    assert_eq!(list(&document, "subject_types_supported"), ["public"], "DISC-7");
    assert!(list(&document, "scopes_supported").contains(&String::from("openid")));
}

#[tokio::test]
async fn disc_3_disc_25_sec_54_the_issuer_is_the_configured_one_whatever_the_host() {
    let issuer = "https://identite.exemple.fr".parse().unwrap();
    let instance = Instance::dev_with(DevOptions { issuer: Some(issuer), ..DevOptions::default() }).await;
    let document = instance.person().get(OPENID).await.json();
    assert_eq!(document["issuer"], "https://identite.exemple.fr");
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with("https://identite.exemple.fr/"), "{name}");
        }
    }
}

#[tokio::test]
async fn disc_4_the_same_document_is_at_the_address_of_rfc_8414() {
    let instance = Instance::dev().await;
    let person = instance.person();
    assert_eq!(person.get(OPENID).await.body, person.get(SERVER).await.body);
}

#[tokio::test]
async fn disc_6_disc_7_disc_9_disc_11_disc_12_disc_14_disc_15_disc_17_disc_18_sec_24_r_15_prof_2_only_what_is_done_is_advertised()
 {
    let instance = Instance::dev().await;
    let document = instance.person().get(OPENID).await.json();
    assert_eq!(list(&document, "response_types_supported"), ["code"]);
    assert_eq!(list(&document, "response_modes_supported"), ["query", "form_post"], "DISC-18");
    assert_eq!(list(&document, "grant_types_supported"), ["authorization_code"], "DISC-9");
    assert_eq!(list(&document, "subject_types_supported"), ["public"], "DISC-7");
    assert_eq!(list(&document, "code_challenge_methods_supported"), ["S256"], "DISC-14");
    let methods = ["client_secret_basic", "client_secret_post", "none"];
    assert_eq!(list(&document, "token_endpoint_auth_methods_supported"), methods, "DISC-12");
    assert_eq!(list(&document, "id_token_signing_alg_values_supported"), ["RS256", "ES256"], "DISC-6");
    assert_eq!(list(&document, "userinfo_signing_alg_values_supported"), ["RS256", "ES256"], "DISC-17");
    assert_eq!(document["authorization_response_iss_parameter_supported"], true, "DISC-15");
    assert_eq!(document["claims_parameter_supported"], true, "DISC-11");
    assert_eq!(document["backchannel_logout_supported"], true, "DISC-20");
    assert_eq!(document["backchannel_logout_session_supported"], true, "DISC-20");
    for absent in ["request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"]
    {
        assert_eq!(document[absent], false, "DISC-11: {absent} is written out");
    }
    for absent in ["registration_endpoint", "introspection_endpoint", "request_object_signing_alg_values_supported"] {
        assert!(document.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn disc_19_clm_5_disc_26_disc_27_no_member_is_empty_or_of_our_own_making() {
    let instance = Instance::dev().await;
    let document = instance.person().get(OPENID).await.json();
    for (name, value) in document.as_object().unwrap() {
        assert!(!value.is_null(), "{name}");
        assert!(value.as_array().is_none_or(|items| !items.is_empty()), "{name}");
        assert!(
            name.ends_with("_supported")
                || name.ends_with("_endpoint")
                || ["issuer", "jwks_uri", "require_request_uri_registration"].contains(&name.as_str()),
            "{name}"
        );
    }
    assert_eq!(list(&document, "ui_locales_supported"), ["fr", "en"]);
    assert_eq!(list(&document, "acr_values_supported"), ["eidas1", "https://refeds.org/profile/mfa"]);
    let claims = list(&document, "claims_supported");
    for name in ["sub", "email", "email_verified", "siret", "organizations", "acr", "amr", "auth_time", "sid"] {
        assert!(claims.contains(&name.to_owned()), "CLM-5: {name}");
    }
}

#[tokio::test]
async fn disc_28_documents_may_be_kept_for_an_hour_at_most_and_read_from_every_origin() {
    let instance = Instance::dev().await;
    let person = instance.person();
    for path in [OPENID, SERVER, "/oauth/jwks"] {
        let page = person.get(path).await;
        let caching = page.header("cache-control");
        let seconds: u64 =
            caching.strip_prefix("public, max-age=").unwrap_or_else(|| panic!("{caching}")).parse().unwrap();
        assert!(seconds <= 3600, "{path}");
        assert_eq!(page.header("access-control-allow-origin"), "*", "KEY-1: {path}");
        assert_eq!(page.header("access-control-allow-credentials"), "");
        assert_eq!(page.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn gen_25_cors_1_documents_answer_preflights_and_refuse_other_methods() {
    let instance = Instance::dev().await;
    let client = instance.test_client();
    for path in [OPENID, SERVER, "/oauth/jwks"] {
        let preflight = client.bare_request("OPTIONS", path, &[("origin", "https://anybody.example")], "").await;
        assert_eq!((preflight.status.as_u16(), preflight.header("access-control-allow-origin")), (204, "*"), "{path}");
        let head = client.bare_request("HEAD", path, &[], "").await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""), "{path}");
        let post = client.bare_request("POST", path, &[], "").await;
        assert_eq!((post.status.as_u16(), post.header("allow")), (405, "GET, HEAD, OPTIONS"), "{path}");
    }
}
