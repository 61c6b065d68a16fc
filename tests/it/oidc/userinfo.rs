//! Access tokens at the UserInfo endpoint.

use std::time::Duration;

use moncomptepro::domain::{Client, ClientState};
use moncomptepro::protocol::SignatureAlgorithm;

use super::{JEAN, Pairs, signed_in};
use crate::support::{Instance, Page, Person, RelyingParty};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const PATH: &str = "/oauth/userinfo";

async fn token(client: &RelyingParty, person: &Person) -> String {
    client.redeem(&client.code(&person.visit(&client.authorization("openid email", &[])).await)).await.access_token
}

#[tokio::test]
async fn sec_9_sec_35_a_signed_answer_of_userinfo_is_no_hint() {
    let instance = Instance::dev().await;
    let signs = |client: &mut Client| client.userinfo_signed_response_alg = Some(SignatureAlgorithm::Rs256);
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", signs).await);
    let bearer = format!("Bearer {}", token(&client, &person).await);
    let signed = client.bare_request("GET", PATH, &[("authorization", &bearer)], "").await;
    assert_eq!(signed.header("content-type"), "application/jwt");
    let hint = [("id_token_hint", signed.body.as_str()), ("prompt", "none")];
    let page = person.visit(&client.authorization("openid", &hint)).await;
    assert_eq!(client.error(&page), "invalid_request");
    let page = person.visit(&format!("/oauth/logout?id_token_hint={}", signed.body)).await;
    assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (400, Some("invalid_logout_hint")));
}

fn challenge(page: &Page) -> (u16, &str) {
    (page.status.as_u16(), page.header("www-authenticate"))
}

#[tokio::test]
async fn at_10_at_11_ui_1_a_token_stands_in_the_header_or_in_a_form() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let token = token(&client, &person).await;
    let body = format!("access_token={token}");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {token}");
        for method in ["GET", "POST"] {
            let page = client.bare_request(method, PATH, &[("authorization", &header)], "").await;
            assert_eq!((page.status.as_u16(), page.json()["sub"].as_str()), (200, Some("1")), "{method} {scheme}");
        }
    }
    let page = client.bare_request("POST", PATH, &[FORM], &body).await;
    assert_eq!(page.json()["email"], JEAN);
    let json = client.bare_request("POST", PATH, &[("content-type", "application/json")], &body).await;
    assert_eq!(json.status, 401, "a token in anything but a form is none");
    let get = client.bare_request("GET", PATH, &[FORM], &body).await;
    assert_eq!(get.status, 401, "nor in the body of a GET");
}

#[tokio::test]
async fn at_12_at_13_at_14_each_fault_of_a_bearer_has_its_challenge() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let token = token(&client, &person).await;
    let (header, body) = (format!("Bearer {token}"), format!("access_token={token}"));
    let none = client.bare_request("GET", PATH, &[], "").await;
    assert_eq!(challenge(&none), (401, "Bearer realm=\"userinfo\""), "no error code");
    assert_eq!(none.body, "");
    let basic = client.bare_request("GET", PATH, &[("authorization", "Basic YTpi")], "").await;
    assert_eq!(challenge(&basic), (401, "Bearer realm=\"userinfo\""));
    let in_query = format!("{PATH}?access_token={token}");
    let authorization = ("authorization", header.as_str());
    let malformed: [(&str, &str, Pairs<'_>, &str); 6] = [
        ("GET", &in_query, &[], ""),
        ("POST", PATH, &[FORM, authorization], &body),
        ("GET", PATH, &[authorization, authorization], ""),
        ("GET", PATH, &[("authorization", "Bearer two words")], ""),
        ("POST", PATH, &[FORM], "access_token=a&access_token=a"),
        ("POST", PATH, &[FORM], "access_token=%zz"),
    ];
    for (method, path, headers, body) in malformed {
        let page = client.bare_request(method, path, headers, body).await;
        assert_eq!(
            (page.status.as_u16(), page.json()["error"].as_str()),
            (400, Some("invalid_request")),
            "{headers:?}"
        );
        assert!(page.header("www-authenticate").contains("error=\"invalid_request\""), "{headers:?}");
    }
    for wrong in ["x", &"A".repeat(48), "eyJhbGciOiJub25lIn0.e30."] {
        let page = client.userinfo(wrong).await;
        assert_eq!((page.status.as_u16(), page.json()["error"].as_str()), (401, Some("invalid_token")), "{wrong}");
        assert!(page.header("www-authenticate").starts_with("Bearer realm=\"userinfo\", error=\"invalid_token\""));
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn sec_35_at_6_no_other_token_of_ours_opens_it() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance
        .declare("signed", |client| {
            client.userinfo_signed_response_alg = Some(moncomptepro::protocol::SignatureAlgorithm::Rs256);
        })
        .await;
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let tokens = client.redeem(&code).await;
    let signed = client.userinfo(&tokens.access_token).await.body;
    for other in [&code, &tokens.id_token, &signed] {
        assert_eq!(client.userinfo(other).await.json()["error"], "invalid_token");
    }
    let hinted = person.visit(&client.authorization("openid", &[("id_token_hint", &signed)])).await;
    assert_eq!(client.error(&hinted), "invalid_request", "nor is a UserInfo answer an ID token");
}

#[tokio::test]
async fn at_7_clk_2_a_token_lives_for_an_hour() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let token = token(&client, &person).await;
    instance.clock.advance(Duration::from_secs(3599)).unwrap();
    assert_eq!(client.userinfo(&token).await.status, 200);
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(client.userinfo(&token).await.json()["error"], "invalid_token");
}

#[tokio::test]
async fn at_8_sec_37_tokens_die_with_the_session_and_with_the_client() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let (leaver, stayer) = (signed_in(&instance, JEAN).await, signed_in(&instance, JEAN).await);
    let (left, kept) = (token(&client, &leaver).await, token(&client, &stayer).await);
    leaver.submit(leaver.visit("/").await.sign_out_form()).await;
    assert_eq!(
        (client.userinfo(&left).await.status.as_u16(), client.userinfo(&kept).await.status.as_u16()),
        (401, 200)
    );
    instance.declare("service", |client| client.state = ClientState::Disabled).await;
    assert_eq!(client.userinfo(&kept).await.status, 401, "CLI-7");
}

#[tokio::test]
async fn ui_9_values_are_those_of_the_moment() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let page = person.visit(&client.authorization("openid profile", &[])).await;
    let tokens = client.redeem(&client.code(&page)).await;
    client.verified(&tokens.id_token).await;
    let ask = person.visit(&client.authorization("openid", &[("prompt", "update_userinfo")])).await;
    person.submit(ask.form_with("given_name", None).with("given_name", "Zoé")).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.json()["given_name"], "Zoé");
}

#[tokio::test]
async fn gen_25_other_methods_are_told_which_there_are() {
    let instance = Instance::dev().await;
    let page = instance.test_client().bare_request("PUT", PATH, &[], "").await;
    assert_eq!((page.status.as_u16(), page.header("allow")), (405, "GET, POST, OPTIONS"));
}
