//! The authorization endpoint: what is wrong with a request, and who is told.

use moncomptepro::domain::ClientState;
use reqwest::header::HeaderMap;

use super::{JEAN, Pairs, signed_in};
use crate::support::{CALLBACK, Form, Instance, Page, RelyingParty, uri};

fn asking(client: &RelyingParty, query: &str) -> String {
    format!("/oauth/authorize?client_id={}&{query}", client.client_id)
}

/// A form that another site posts: the browser sends no cookie with it.
async fn cross_site_post(instance: &Instance, fields: &[(&str, &str)]) -> Page {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let action = format!("{}/oauth/authorize", instance.address).parse().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("origin", "https://service.example".parse().unwrap());
    headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    instance.person().post_with(Form { action, fields }, headers).await
}

#[tokio::test]
async fn sec_18_gen_20_auth_10_auth_11_auth_16_what_cannot_be_trusted_gets_a_page_and_leads_nowhere() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    let off = instance.declare("switched-off", |client| client.state = ClientState::Disabled).await;
    let address = "redirect_uri=https%3A%2F%2Fservice.example%2Fcallback";
    let cases = [
        (String::from("/oauth/authorize"), "invalid_request"),
        (format!("/oauth/authorize?client_id=&{address}"), "invalid_request"),
        (asking(&client, &format!("client_id=service&{address}")), "invalid_request"),
        (asking(&client, &format!("{address}&{address}")), "invalid_request"),
        (asking(&client, &format!("{address}&request=a&request=b")), "invalid_request"),
        (asking(&client, &format!("{address}&request_uri=a&request_uri=b")), "invalid_request"),
        (format!("/oauth/authorize?client_id=nobody&{address}"), "unknown_client"),
        (format!("/oauth/authorize?client_id=no%20id&{address}"), "unknown_client"),
        (asking(&off, address), "unknown_client"),
        (asking(&client, "redirect_uri="), "redirect_uri_missing"),
        (asking(&client, "redirect_uri=https%3A%2F%2Fevil.example%2F"), "redirect_uri_mismatch"),
        (asking(&client, &format!("{address}&state=%zz")), "bad_request"),
        (asking(&client, &format!("{address}&state=%ff")), "bad_request"),
    ];
    for (target, code) in cases {
        for mode in ["", "query", "form_post", "fragment"] {
            let separator = if target.contains('?') { '&' } else { '?' };
            let page = person.visit(&format!("{target}{separator}response_type=code&response_mode={mode}")).await;
            assert_eq!((page.status.as_u16(), page.location()), (400, ""), "{target}");
            assert_eq!(page.error_code().as_deref(), Some(code), "AERR-2: {target}");
            assert!(!page.has("form[action^=http]") && !page.body.contains("https://service.example"), "{target}");
        }
    }
}

/// Each case is refused with its error, by redirect and by a page that posts it.
async fn refuses(cases: &[(Pairs<'_>, &str)]) {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    for (parameters, error) in cases {
        let page = person.visit(&client.authorization("openid", parameters)).await;
        assert_eq!(client.error(&page), *error, "{parameters:?}");
        assert_eq!(page.redirect_parameters()["state"], "state-of-the-client", "{parameters:?}");
        if parameters.iter().any(|(name, _)| *name == "response_mode") {
            continue;
        }
        let posted = [parameters, &[("response_mode", "form_post")][..]].concat();
        let page = person.visit(&client.authorization("openid", &posted)).await;
        assert_eq!((page.status.as_u16(), page.location()), (200, ""), "RMODE-5: {parameters:?}");
        assert_eq!(page.form_with("error", Some(error)).action.as_str(), CALLBACK, "{parameters:?}");
    }
}

#[tokio::test]
async fn sec_24_auth_18_auth_19_auth_6_rmode_6_only_the_code_flow_is_there() {
    refuses(&[
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "id_token")], "unsupported_response_type"),
        (&[("response_type", "id_token token")], "unsupported_response_type"),
        (&[("response_type", "token id_token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_type", "CODE")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("response_mode", "jwt")], "invalid_request"),
    ])
    .await;
}

#[tokio::test]
async fn auth_14_auth_20_auth_28_what_we_do_not_do_is_said_and_not_ignored() {
    refuses(&[
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("request_uri", "https://service.example/ro")], "request_uri_not_supported"),
        (&[("request", "a"), ("request_uri", "b")], "invalid_request"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("authorization_details", "[]")], "invalid_authorization_details"),
    ])
    .await;
}

#[tokio::test]
async fn auth_21_auth_23_auth_24_auth_25_auth_26_auth_27_each_malformed_value_has_its_error() {
    let long = "n".repeat(513);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let deep = r#"{"userinfo":{"email":{"values":[[[[[1]]]]]}}}"#;
    refuses(&[
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "unheard_of")], "invalid_scope"),
        (&[("scope", "openid \"x\"")], "invalid_scope"),
        (&[("nonce", &long)], "invalid_request"),
        (&[("code_challenge", challenge)], "invalid_request"),
        (&[("code_challenge", challenge), ("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", "short"), ("code_challenge_method", "S256")], "invalid_request"),
        (&[("code_challenge_method", "S256")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "1.5")], "invalid_request"),
        (&[("claims", "email")], "invalid_request"),
        (&[("claims", "[]")], "invalid_request"),
        (&[("claims", r#"{"userinfo":{"email":"yes"}}"#)], "invalid_request"),
        (&[("claims", deep)], "invalid_request"),
        (&[("id_token_hint", "e30.e30.e30")], "invalid_request"),
        (&[("siret_hint", "1234")], "invalid_request"),
    ])
    .await;
}

#[tokio::test]
async fn gen_7_auth_17_sec_21_a_parameter_said_twice_is_an_error_even_with_one_value() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    for twice in ["state=a&state=a", "scope=openid&scope=email", "unheard_of=1&unheard_of=2", "prompt=&prompt=none"] {
        let base = client.authorization("openid", &[("state", ""), ("scope", "")]);
        let page = person.visit(&format!("{base}&{twice}")).await;
        assert_eq!(client.error(&page), "invalid_request", "{twice}");
        assert!(!page.redirect_parameters().contains_key("state"), "{twice}");
    }
    let repeatable = client.authorization("openid", &[]) + "&audience=a&audience=b";
    client.code(&person.visit(&repeatable).await);
}

#[tokio::test]
async fn gen_8_auth_2_auth_4_prm_31_prm_32_prm_33_what_is_unknown_empty_or_in_another_order_does_not_matter() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    for more in [
        [("unheard_of", "1"), ("display", "hologram")],
        [("ui_locales", "se"), ("claims_locales", "de fr")],
        [("display", "touch"), ("acr_values", "urn:unheard:of 2")],
        [("scope", "email openid  email"), ("dpop_jkt", "ignored")],
    ] {
        client.code(&person.visit(&client.authorization("openid", &more)).await);
    }
    let empty =
        client.authorization("openid", &[]) + "&prompt=&max_age=&claims=&request=&registration=&code_challenge=";
    client.code(&person.visit(&empty).await);
}

#[tokio::test]
async fn auth_5_cons_3_sec_21_unknown_scopes_are_left_out_and_what_is_granted_is_said() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.standard_client();
    let page = person.visit(&client.authorization("openid email organizations unheard_of offline_access", &[])).await;
    let tokens = client.redeem(&client.code(&page)).await;
    assert_eq!(tokens.document["scope"], "openid email", "the client is not registered for organizations");
}

#[tokio::test]
async fn auth_1_auth_7_gen_18_r_17_a_post_from_another_site_ends_like_a_get() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    let fields = [
        ("response_type", "code"),
        ("client_id", "service"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("nonce", "nonce-of-the-client"),
    ];
    let answer = cross_site_post(&instance, &fields).await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().starts_with("/interaction/"), "{}", answer.location());
    assert_eq!(answer.header("set-cookie"), "", "the browser keeps the handle that it did not send");
    let tokens = client.redeem(&client.code(&person.visit(answer.location()).await)).await;
    client.verified(&tokens.id_token).await;

    let silent = [&fields[..], &[("prompt", "none")]].concat();
    let answer = cross_site_post(&instance, &silent).await;
    client.code(&person.visit(answer.location()).await);
    let answer = cross_site_post(&instance, &silent).await;
    let stranger = instance.person().visit(answer.location()).await;
    assert_eq!(client.error(&stranger), "login_required");
    let again = instance.person().visit(answer.location()).await;
    assert_eq!(again.error_code().as_deref(), Some("expired_interaction"), "answered once");
}

#[tokio::test]
async fn r_17_sec_22_a_posted_request_belongs_to_the_first_browser_that_shows_it() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let fields = [("response_type", "code"), ("client_id", "service"), ("redirect_uri", CALLBACK), ("scope", "openid")];
    let answer = cross_site_post(&instance, &fields).await;
    let (first, second) = (instance.person(), instance.person());
    let asks = first.visit(answer.location()).await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    let refused = second.visit(answer.location()).await;
    assert_eq!((refused.status.as_u16(), refused.error_code().as_deref()), (403, Some("foreign_interaction")));
    client.code(&first.sign_in(asks, JEAN, JEAN).await);
}

#[tokio::test]
async fn auth_1_sec_21_a_post_says_everything_in_its_body() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let whole = "response_type=code&client_id=service&redirect_uri=https://service.example/callback&scope=openid";
    let in_query = client.bare_request("POST", &format!("/oauth/authorize?{whole}"), &form, "").await;
    assert_eq!((in_query.status.as_u16(), in_query.error_code().as_deref()), (400, Some("invalid_request")));
    let json = client.bare_request("POST", "/oauth/authorize", &[("content-type", "application/json")], "{}").await;
    assert_eq!(json.status, 415);
    let wrong = client.bare_request("POST", "/oauth/authorize", &form, &whole.replace("code", "token")).await;
    assert_eq!(client.error(&wrong), "unsupported_response_type");
    let evil = client.bare_request("POST", "/oauth/authorize", &form, &whole.replace("callback", "evil")).await;
    assert_eq!((evil.status.as_u16(), evil.location()), (400, ""));
    assert_eq!(evil.header("set-cookie"), "", "a page of refusal does not replace the handle either");
}

#[tokio::test]
async fn auth_8_gen_19_the_endpoint_takes_no_secret_and_no_script() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("spa", |client| {
        client.redirect_uris = vec![uri("https://spa.example/cb")];
        client.authentication = moncomptepro::domain::ClientAuthentication::Public;
    });
    let client = client.await;
    let mut headers = HeaderMap::new();
    headers.insert("origin", "https://spa.example".parse().unwrap());
    let page = person.get_with(&client.authorization("openid", &[("client_secret", "x")]), headers).await;
    assert_eq!(page.header("access-control-allow-origin"), "");
    assert_eq!(client.error(&page), "invalid_request", "PKCE-2: only for want of a challenge");
}
