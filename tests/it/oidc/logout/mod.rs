//! Sign-out at the wish of a client.

mod back_channel;

use moncomptepro::domain::ClientState;
use moncomptepro::protocol::SignatureAlgorithm;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{JEAN, MARTIN, signed_in};
use crate::support::{Form, Instance, Page, Person, RelyingParty, SIGNED_OUT, jose_payload};

async fn hint(client: &RelyingParty, person: &Person) -> String {
    let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    client.verified(&tokens.id_token).await;
    tokens.id_token
}

fn logout(parameters: &[(&str, &str)]) -> String {
    let mut url = url::Url::parse("http://localhost/oauth/logout").unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    format!("/oauth/logout?{}", url.query().unwrap_or_default())
}

async fn is_signed_in(person: &Person, client: &RelyingParty) -> bool {
    let page = person.visit(&client.authorization("openid", &[("prompt", "none")])).await;
    page.redirect_parameters().contains_key("code")
}

fn refusal(page: &Page) -> (u16, Option<String>) {
    assert_eq!(page.location(), "", "SEC-18");
    (page.status.as_u16(), page.error_code())
}

#[tokio::test]
async fn rpl_4_rpl_6_rpl_7_rpl_9_rpl_13_sec_127_a_hint_of_this_session_signs_out_at_once() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let hint = hint(&client, &person).await;
    instance.clock.advance(std::time::Duration::from_secs(2 * 3600)).unwrap();
    let state = "s".repeat(128);
    let parameters =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SIGNED_OUT), ("state", state.as_str())];
    let page = person.visit(&logout(&parameters)).await;
    assert_eq!((page.status.as_u16(), page.location()), (303, &format!("{SIGNED_OUT}?state={state}")[..]));
    let cookies: Vec<_> = page.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|cookie| cookie.contains("session=;") && cookie.contains("Max-Age=0")), "{cookies:?}");
    assert!(!is_signed_in(&person, &client).await, "RPL-9");
    let again = person.visit(&logout(&parameters[..2])).await;
    assert_eq!(again.location(), SIGNED_OUT, "RPL-10: no session, and nothing but state is added");
}

#[tokio::test]
async fn rpl_8_rpl_10_without_an_address_a_page_says_that_it_is_done() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let hint = hint(&client, &person).await;
    let page = person.visit(&logout(&[("id_token_hint", &hint), ("state", "x")])).await;
    assert_eq!((page.status.as_u16(), page.location()), (200, ""));
    assert!(!is_signed_in(&person, &client).await);
    let stranger = instance.person().visit("/oauth/logout").await;
    assert_eq!(stranger.status, 200, "RPL-10");
}

#[tokio::test]
async fn rpl_11_sec_127_a_visit_without_hint_only_asks() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    for parameters in [
        &[][..],
        &[("client_id", "service")],
        &[("client_id", "service"), ("post_logout_redirect_uri", SIGNED_OUT)],
        &[("post_logout_redirect_uri", SIGNED_OUT)],
        &[("logout_hint", JEAN), ("unheard_of", "1")],
    ] {
        let page = person.visit(&logout(parameters)).await;
        assert_eq!((page.status.as_u16(), page.location()), (200, ""), "{parameters:?}");
        assert!(page.main_form().action.path() == "/oauth/logout", "{parameters:?}");
        assert!(is_signed_in(&person, &client).await, "{parameters:?}");
    }
    let asks = person.visit(&logout(&[])).await;
    let done = person.submit(asks.main_form()).await;
    assert_eq!(done.status, 200);
    assert!(!is_signed_in(&person, &client).await);
}

#[tokio::test]
async fn sec_115_sec_127_the_answer_to_the_question_carries_the_token_of_the_form() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let form = person.visit(&logout(&[])).await.main_form();
    for sly in [form.clone().without("_csrf"), form.clone().with("_csrf", ""), form.clone().with("_csrf", "x")] {
        let page = person.post(sly).await;
        assert_eq!((page.status.as_u16(), page.location().starts_with("/oauth/logout?")), (303, true));
        assert!(is_signed_in(&person, &client).await);
    }
    person.submit(form).await;
    assert!(!is_signed_in(&person, &client).await);
}

#[tokio::test]
async fn rpl_6_r_16_a_client_that_only_says_its_name_gets_a_link_and_no_redirect() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let parameters = [("client_id", "service"), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "a b")];
    let asks = person.visit(&logout(&parameters)).await;
    let done = person.submit(asks.main_form()).await;
    assert_eq!((done.status.as_u16(), done.location()), (200, ""));
    assert!(done.has(&format!("a[href='{SIGNED_OUT}?state=a%20b']")), "{}", done.body);
    assert!(!is_signed_in(&person, &client).await);
    let nobody = signed_in(&instance, JEAN).await;
    let asks = nobody.visit(&logout(&parameters[1..])).await;
    let done = nobody.submit(asks.main_form()).await;
    assert!(!done.body.contains(SIGNED_OUT), "nobody says whose address it is");
}

#[tokio::test]
async fn rpl_4_sec_127_a_hint_of_another_session_or_person_asks_first() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let (jean, other_browser) = (signed_in(&instance, JEAN).await, signed_in(&instance, JEAN).await);
    let martin = signed_in(&instance, MARTIN).await;
    let hint = hint(&client, &jean).await;
    let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "1")];
    for person in [&other_browser, &martin] {
        let asks = person.visit(&logout(&parameters)).await;
        assert_eq!(asks.status, 200);
        assert!(is_signed_in(person, &client).await);
        let policy = asks.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://service.example;"), "R-18: {policy}");
        let done = person.submit(asks.main_form()).await;
        assert_eq!(done.location(), format!("{SIGNED_OUT}?state=1"), "the client is proven");
        assert!(!is_signed_in(person, &client).await);
    }
    assert!(is_signed_in(&jean, &client).await, "another browser's session goes on");
}

#[tokio::test]
async fn rpl_2_rpl_3_rpl_5_a_request_that_does_not_hold_gets_a_page_and_changes_nothing() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let other = instance.declare("other", |client| client.post_logout_redirect_uris = Vec::new()).await;
    instance.declare("switched-off", |client| client.state = ClientState::Disabled).await;
    let (hint, foreign) = (hint(&client, &person).await, hint(&other, &person).await);
    let parts: Vec<&str> = hint.split('.').collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let forged = format!("{}.{}.{}", parts[0], parts[1], foreign.rsplit('.').next().unwrap());
    let with_query = format!("{SIGNED_OUT}?a=1");
    let long = "h".repeat(4097);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("id_token_hint", "x")], "invalid_logout_hint"),
        (&[("id_token_hint", &unsigned)], "invalid_logout_hint"),
        (&[("id_token_hint", &forged)], "invalid_logout_hint"),
        (&[("id_token_hint", &hint), ("client_id", "other")], "invalid_logout_hint"),
        (
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://evil.example/")],
            "invalid_post_logout_redirect_uri",
        ),
        (&[("id_token_hint", &hint), ("post_logout_redirect_uri", &with_query)], "invalid_post_logout_redirect_uri"),
        (
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", &client.redirect_uri)],
            "invalid_post_logout_redirect_uri",
        ),
        (&[("id_token_hint", &foreign), ("post_logout_redirect_uri", SIGNED_OUT)], "invalid_post_logout_redirect_uri"),
        (&[("client_id", "other"), ("post_logout_redirect_uri", SIGNED_OUT)], "invalid_post_logout_redirect_uri"),
        (&[("client_id", "nobody")], "unknown_client"),
        (&[("client_id", "switched-off")], "unknown_client"),
        (&[("state", "a"), ("state", "b")], "invalid_request"),
        (&[("id_token_hint", &long)], "invalid_request"),
    ];
    for (parameters, code) in cases {
        let page = person.visit(&logout(parameters)).await;
        assert_eq!(refusal(&page), (400, Some((*code).to_owned())), "{parameters:?}");
        assert!(is_signed_in(&person, &client).await, "{parameters:?}");
    }
}

#[tokio::test]
async fn sec_127_what_we_signed_for_something_else_is_no_hint_and_that_a_hint_has_expired_does_not_matter() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let own = jose_payload(&hint(&client, &person).await);
    let signed = |changes: &[(&str, Value)], typ: &str| {
        let mut claims = own.clone();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        instance.app.keyring.sign(SignatureAlgorithm::Rs256, Some(typ), &claims).unwrap()
    };
    let nobody = [("iss", json!("https://ancien.example")), ("aud", json!("nobody")), ("aud", json!(["service", "x"]))];
    let lacking = [("aud", Value::Null), ("sid", Value::Null), ("sub", Value::Null), ("sub", json!("marie"))];
    let claims = nobody.into_iter().chain(lacking).map(|change| signed(&[change], "JWT"));
    let others = ["at+jwt", "logout+jwt"].map(|typ| signed(&[], typ));
    for wrong in claims.chain(others) {
        let page = person.visit(&logout(&[("id_token_hint", &wrong), ("post_logout_redirect_uri", SIGNED_OUT)])).await;
        assert_eq!(refusal(&page), (400, Some(String::from("invalid_logout_hint"))), "{}", jose_payload(&wrong));
        assert!(is_signed_in(&person, &client).await);
    }
    let expired = signed(&[("exp", json!(1)), ("iat", json!(0))], "JWT");
    let page = person.visit(&logout(&[("id_token_hint", &expired), ("post_logout_redirect_uri", SIGNED_OUT)])).await;
    assert_eq!((page.status.as_u16(), page.location()), (303, SIGNED_OUT));
    assert!(!is_signed_in(&person, &client).await);
}

#[tokio::test]
async fn rpl_1_r_17_a_post_from_another_site_becomes_a_visit() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let hint = hint(&client, &person).await;
    let post = async |fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let action = format!("{}/oauth/logout", instance.address).parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("origin", "https://service.example".parse().unwrap());
        instance.person().post_with(Form { action, fields }, headers).await
    };
    let bare = post(&[]).await;
    assert_eq!(bare.status, 303);
    assert_eq!(person.visit(bare.location()).await.main_form().action.path(), "/oauth/logout", "asks");
    assert!(is_signed_in(&person, &client).await);
    let answer =
        post(&[("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "é&=")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (303, ""));
    assert!(is_signed_in(&person, &client).await, "it did nothing by itself");
    let page = person.visit(answer.location()).await;
    assert_eq!(page.redirect_parameters()["state"], "é&=");
    assert!(!is_signed_in(&person, &client).await);
    let wrong = post(&[("id_token_hint", "x")]).await;
    assert_eq!(refusal(&wrong), (400, Some(String::from("invalid_logout_hint"))));
}

#[tokio::test]
async fn sec_129_tokens_and_forms_of_the_session_are_dead_afterwards() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let other_tab = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let cookie = person.session_cookie();
    person.visit(&logout(&[("id_token_hint", &tokens.id_token)])).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    let late = person.submit(other_tab.form_with("decision", Some("allow")).with("decision", "allow")).await;
    assert_eq!((late.status.as_u16(), late.error_code().as_deref()), (403, Some("csrf")));
    let thief = instance.person();
    thief.plant_cookie(&cookie);
    assert!(!is_signed_in(&thief, &client).await);
}

#[tokio::test]
async fn rpl_12_the_page_speaks_the_language_that_the_client_asks_for() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    for (wish, language) in [("en", "en"), ("se fr-CA", "fr"), ("se", "fr")] {
        let page = person.visit(&logout(&[("ui_locales", wish)])).await;
        assert_eq!(page.attribute("html", "lang").as_deref(), Some(language), "{wish}");
    }
}
