//! How clients prove themselves at the token endpoint, and what they are told when they do not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use moncomptepro::config::{Config, DevOptions, Limits};
use moncomptepro::domain::{AttemptLimit, ClientAuthentication, ClientState, SecretDigest};
use moncomptepro::protocol::ClientAuthenticationMethod;

use crate::oidc::{JEAN, Pairs, signed_in};
use crate::support::{Instance, Page, RelyingParty};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn exchange(client: &RelyingParty, code: &str, more: &str) -> String {
    format!("grant_type=authorization_code&code={code}&redirect_uri={}{more}", client.redirect_uri)
}

fn outcome(page: &Page) -> (u16, String) {
    assert_eq!(page.header("cache-control"), "no-store", "TOK-5");
    assert_eq!(page.header("content-type"), "application/json", "GEN-5");
    (page.status.as_u16(), page.json()["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn cauth_3_cauth_4_both_places_of_a_secret_work() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("a.client-1", |_| {}).await);
    let secret = client.client_secret.clone();
    let encoded_id = basic("a%2Eclient%2D1", &secret.replace('-', "%2D"));
    let lower = basic("a.client-1", &secret).replacen("Basic", "bAsIc", 1);
    for authorization in [basic("a.client-1", &secret), encoded_id, lower] {
        let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
        let headers = [FORM, ("authorization", authorization.as_str())];
        let page = client.bare_token_request(&headers, &exchange(&client, &code, "")).await;
        assert_eq!(page.status, 200, "{authorization}: {}", page.body);
    }
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let body = exchange(&client, &code, &format!("&client_id=a.client-1&client_secret={secret}"));
    let page = client.bare_token_request(&[FORM], &body).await;
    assert_eq!(page.status, 200, "{}", page.body);
    client.verified(page.json()["id_token"].as_str().unwrap()).await;
}

#[tokio::test]
async fn cauth_6_cauth_7_cauth_8_sec_43_nobody_learns_which_half_was_wrong() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let off = instance.declare("switched-off", |client| client.state = ClientState::Disabled).await;
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let body = exchange(&client, &code, "");
    let mut answers = Vec::new();
    for authorization in [
        basic("service", "wrong"),
        basic("service", &format!("{}x", client.client_secret)),
        basic("nobody", &client.client_secret),
        basic("switched-off", &off.client_secret),
        basic("Service", &client.client_secret),
    ] {
        let page = client.bare_token_request(&[FORM, ("authorization", &authorization)], &body).await;
        assert_eq!(outcome(&page), (401, String::from("invalid_client")), "CLI-7: {authorization}");
        assert!(page.header("www-authenticate").starts_with("Basic realm="), "{authorization}");
        answers.push(page.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let posted = client.bare_token_request(&[FORM], &format!("{body}&client_id=service&client_secret=wrong")).await;
    assert_eq!(outcome(&posted), (401, String::from("invalid_client")));
    assert_eq!(posted.header("www-authenticate"), "", "no box of the browser for a script");
    client.redeem(&code).await;
}

#[tokio::test]
async fn cauth_1_cauth_2_sec_21_one_method_the_registered_one_and_nothing_in_the_query() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let (secret, header) = (client.client_secret.clone(), basic("service", &client.client_secret));
    let plain = exchange(&client, &code, "");
    let posted = exchange(&client, &code, &format!("&client_id=service&client_secret={secret}"));
    let authorization = ("authorization", header.as_str());
    let assertion =
        "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=e30";
    let invalid = |error: &str| if error == "invalid_client" { 401 } else { 400 };
    let cases: [(Pairs<'_>, String, &str, &str); 12] = [
        (&[FORM, authorization], posted.clone(), "", "invalid_request"),
        (&[FORM, authorization], format!("{plain}{assertion}"), "", "invalid_request"),
        (&[FORM], format!("{posted}{assertion}"), "", "invalid_request"),
        (&[FORM], format!("{plain}&client_id=service{assertion}"), "", "invalid_client"),
        (&[FORM, authorization], format!("{plain}&client_id=other"), "", "invalid_request"),
        (&[FORM], plain.clone(), "", "invalid_client"),
        (&[FORM], format!("{plain}&client_id=service"), "", "invalid_client"),
        (&[FORM], plain.clone(), "?client_id=service&client_secret=x", "invalid_request"),
        (
            &[FORM, authorization],
            format!("redirect_uri={}&grant_type=authorization_code", client.redirect_uri),
            "?code=x",
            "invalid_request",
        ),
        (&[FORM, ("authorization", "Bearer abc")], plain.clone(), "", "invalid_client"),
        (&[FORM, ("authorization", "Basic ?")], plain.clone(), "", "invalid_client"),
        (&[FORM, authorization, authorization], plain.clone(), "", "invalid_request"),
    ];
    for (headers, body, query, error) in &cases {
        let page = client.bare_request("POST", &format!("/oauth/token{query}"), headers, body).await;
        assert_eq!(outcome(&page), (invalid(error), (*error).to_owned()), "{headers:?} {query} {body}");
    }
    client.redeem(&code).await;
    let post_only = instance
        .declare("post-only", |client| {
            let digests = match client.authentication.clone() {
                ClientAuthentication::Secret { digests, .. } => digests,
                other => panic!("{other:?}"),
            };
            client.authentication =
                ClientAuthentication::Secret { methods: vec![ClientAuthenticationMethod::Post], digests };
        })
        .await;
    assert_eq!(outcome(&post_only.present("x").await), (401, String::from("invalid_client")), "R-23");
    let body = exchange(&post_only, "x", &format!("&client_id=post-only&client_secret={}", post_only.client_secret));
    let page = post_only.bare_token_request(&[FORM], &body).await;
    assert_eq!(outcome(&page), (400, String::from("invalid_grant")), "the client is known");
}

#[tokio::test]
async fn cauth_5_cli_1_a_public_client_has_nothing_to_show_and_shows_nothing() {
    let instance = Instance::dev().await;
    let client = instance.declare("public", |client| client.authentication = ClientAuthentication::Public).await;
    let body = exchange(&client, "x", "&client_id=public");
    let page = client.bare_token_request(&[FORM], &body).await;
    assert_eq!(outcome(&page), (400, String::from("invalid_grant")));
    let page = client.bare_token_request(&[FORM], &format!("{body}&client_secret=anything")).await;
    assert_eq!(outcome(&page), (401, String::from("invalid_client")));
}

#[tokio::test]
async fn cli_9_two_secrets_work_while_one_takes_over() {
    let instance = Instance::dev().await;
    let client = instance
        .declare("rotating", |client| {
            let newer = SecretDigest(moncomptepro::crypto::sha256(b"the-newer-secret"));
            if let ClientAuthentication::Secret { digests, .. } = &mut client.authentication {
                digests.push(newer);
            }
        })
        .await;
    for secret in [client.client_secret.as_str(), "the-newer-secret"] {
        let headers = [FORM, ("authorization", &basic("rotating", secret)[..])];
        let page = client.bare_token_request(&headers, &exchange(&client, "x", "")).await;
        assert_eq!(outcome(&page), (400, String::from("invalid_grant")), "{secret}");
    }
}

#[tokio::test]
async fn tok_2_tok_3_tok_6_gen_5_gen_6_gen_7_each_fault_of_a_token_request_has_its_error() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let header = basic("service", &client.client_secret);
    let with = |content_type: &'static str| [("content-type", content_type), ("authorization", header.as_str())];
    let urlencoded = "application/x-www-form-urlencoded";
    let cases = [
        (urlencoded, "", "invalid_request"),
        (urlencoded, "code=x", "invalid_request"),
        (urlencoded, "grant_type=&code=x", "invalid_request"),
        (urlencoded, "grant_type=authorization_code", "invalid_request"),
        (urlencoded, "grant_type=password&username=a&password=b", "unsupported_grant_type"),
        (urlencoded, "grant_type=client_credentials", "unsupported_grant_type"),
        (urlencoded, "grant_type=refresh_token&refresh_token=x", "unsupported_grant_type"),
        (urlencoded, "grant_type=Authorization_Code&code=x", "unsupported_grant_type"),
        (urlencoded, "grant_type=authorization_code&code=x&code=x", "invalid_request"),
        (urlencoded, "grant_type=authorization_code&code=x&unheard_of=1&unheard_of=2", "invalid_request"),
        (urlencoded, "grant_type=authorization_code&code=%zz", "invalid_request"),
        (urlencoded, "grant_type=authorization_code&code=%ff", "invalid_request"),
        ("application/x-www-form-urlencoded; charset=UTF-8", "grant_type=authorization_code&code=x", "invalid_grant"),
        ("application/json", "{\"grant_type\":\"authorization_code\"}", "invalid_request"),
        ("multipart/form-data; boundary=x", "--x--", "invalid_request"),
        ("text/plain", "grant_type=authorization_code&code=x", "invalid_request"),
    ];
    for (content_type, body, error) in cases {
        let page = client.bare_token_request(&with(content_type), body).await;
        assert_eq!(outcome(&page), (400, error.to_owned()), "{content_type} {body}");
        let description = page.json()["error_description"].as_str().unwrap().to_owned();
        assert!(description.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\'), "GEN-15");
    }
}

#[tokio::test]
async fn tok_1_gen_25_other_methods_are_told_which_there_are() {
    let instance = Instance::dev().await;
    let client = instance.test_client();
    for method in ["GET", "PUT", "DELETE"] {
        let page = client.bare_request(method, "/oauth/token", &[], "").await;
        assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST, OPTIONS"), "{method}");
        assert_eq!(page.header("content-type"), "application/json", "{method}");
    }
}

#[tokio::test]
async fn cauth_9_r_7_sec_202_wrong_secrets_are_counted_for_each_client_and_address() {
    let limit = AttemptLimit { attempts: 3, window: std::time::Duration::from_secs(300) };
    let config = |port| Config {
        limits: Limits { per_client: limit, ..Limits::standard() },
        ..Config::dev(DevOptions::default(), port)
    };
    let instance = Instance::start(config).await;
    let (client, other) = (instance.declare("service", |_| {}).await, instance.declare("other", |_| {}).await);
    let guess = async || {
        let headers = [FORM, ("authorization", &basic("service", "wrong")[..])];
        client.bare_token_request(&headers, &exchange(&client, "x", "")).await
    };
    for _ in 0..3 {
        assert_eq!(guess().await.status, 401);
    }
    let page = guess().await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "300"));
    for client in [&client, &other] {
        assert_eq!(
            outcome(&client.present("x").await).1,
            "invalid_grant",
            "whoever knows the secret is not locked out"
        );
    }
    instance.clock.advance(std::time::Duration::from_secs(300)).unwrap();
    assert_eq!(guess().await.status, 401);
}
