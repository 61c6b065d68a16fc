//! The client to try the journey with, without scripts.

use serde_json::Value;

use crate::support::{Instance, Page, Person};

async fn press(person: &Person, page: &Page, intent: &str) -> Page {
    person.submit(page.form_with("intent", Some(intent)).with("intent", intent)).await
}

async fn pick(person: &Person, page: &Page, user_id: &str) -> Page {
    person.submit(page.form_with("user_id", Some(user_id)).with("user_id", user_id)).await
}

fn shown(page: &Page, id: &str) -> Value {
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/_dev/client"), "{}", page.body);
    serde_json::from_str(&page.text(id)).unwrap_or_else(|cause| panic!("{cause}: {}", page.text("main")))
}

/// Signs person 1 in.
async fn signed_in(person: &Person) -> Page {
    let page = person.visit("/_dev/client").await;
    let asks = press(person, &page, "sign-in").await;
    pick(person, &asks, "1").await
}

#[tokio::test]
async fn it_signs_in_through_the_public_endpoints_and_shows_the_whole_exchange() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = signed_in(&person).await;
    assert!(page.url.query().is_none(), "code and state are not left in the address: {}", page.url);
    let claims = shown(&page, "#id-token-claims");
    assert_eq!((&claims["sub"], &claims["aud"]), (&"1".into(), &"dev-client".into()));
    let userinfo = shown(&page, "#userinfo");
    assert_eq!((&userinfo["email"], &userinfo["siret"]), (&"user@yopmail.com".into(), &"21920023500014".into()));
    let steps = page.text(".steps");
    for exchanged in [
        "GET /.well-known/openid-configuration",
        "code_challenge_method=S256",
        "POST /oauth/token HTTP/1.1",
        "authorization: Basic",
        "code_verifier=",
        "HTTP/1.1 200 OK",
        "\"id_token\":",
        "GET /oauth/jwks",
        "GET /oauth/userinfo",
        "authorization: Bearer",
    ] {
        assert!(steps.contains(exchanged), "{exchanged} is not among {steps}");
    }
}

#[tokio::test]
async fn it_asks_for_another_organization_for_information_and_for_a_new_sign_in() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/_dev/client").await;
    let asks = press(&person, &page, "sign-in").await;
    let chooser = pick(&person, &asks, "154").await;
    assert_eq!(chooser.url.path(), "/users/select-organization");
    let page = person.submit(chooser.form_with("organization_id", Some("16")).with("organization_id", "16")).await;
    assert_eq!(shown(&page, "#userinfo")["siret"], "21630215800011");

    let chooser = press(&person, &page, "select-organization").await;
    assert_eq!(chooser.url.path(), "/users/select-organization");
    let page = person.submit(chooser.form_with("organization_id", Some("17")).with("organization_id", "17")).await;
    assert_eq!(shown(&page, "#userinfo")["siret"], "83951732300011");

    let asks = press(&person, &page, "update-userinfo").await;
    assert_eq!(asks.url.path(), "/users/personal-information");
    let page = person.submit(asks.form_with("job", None).with("job", "Couturier")).await;
    assert_eq!(shown(&page, "#userinfo")["job"], "Couturier");

    let asks = press(&person, &page, "login").await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    let page = pick(&person, &asks, "154").await;
    assert_eq!(shown(&page, "#id-token-claims")["sub"], "154");
}

#[tokio::test]
async fn it_sends_parameters_of_ones_own_as_any_of_its_clients() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/_dev/client").await;
    let own = |page: &Page, client: &str, parameters: &str| {
        let form = page.form_with("parameters", None).with("client_id", client);
        form.with("parameters", parameters).with("intent", "own")
    };
    let refused = person.submit(own(&page, "dev-client", "scope=openid\nprompt=none")).await;
    assert_eq!(refused.url.path(), "/_dev/client");
    assert!(refused.text("main").contains("login_required"), "{}", refused.text("main"));
    assert_eq!(refused.text("textarea[name=parameters]"), "scope=openid\nprompt=none", "what was typed is kept");

    let asks = person.submit(own(&page, "dev-client-2022", "")).await;
    let page = pick(&person, &asks, "154").await;
    let userinfo = shown(&page, "#userinfo");
    assert_eq!((&userinfo["sub"], &userinfo["organizations"][0]["is_external"]), (&154.into(), &"true".into()));
    let again = press(&person, &page, "login").await;
    let page = pick(&person, &again, "154").await;
    assert_eq!(shown(&page, "#id-token-claims")["aud"], "dev-client-2022", "it goes on as the client in use");

    let posted = person.submit(own(&page, "dev-client", "scope=openid\nresponse_mode=form_post")).await;
    let page = person.submit(posted.main_form()).await;
    assert_eq!(shown(&page, "#id-token-claims")["aud"], "dev-client", "an answer may come as a form");

    let foreign = person.submit(own(&page, "standard_client_id", "")).await;
    assert_eq!(foreign.status, 400, "it does not speak for clients of others");
}

#[tokio::test]
async fn it_signs_out_at_the_instance_as_well() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = signed_in(&person).await;
    let page = press(&person, &page, "sign-out").await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/_dev/client"));
    assert!(!page.has("#userinfo"));
    assert!(page.text(".steps").contains("id_token_hint="));
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in", "the session has ended");
}

#[tokio::test]
async fn an_answer_that_it_did_not_ask_for_is_not_believed() {
    let instance = Instance::dev().await;
    let issuer = instance.app.config.issuer().to_owned();
    let callback = |state: &str, iss: &str| {
        let mut url = url::Url::parse(&format!("{issuer}/_dev/client/callback")).unwrap();
        url.query_pairs_mut().extend_pairs([("code", "x"), ("state", state), ("iss", iss)]);
        url.to_string()
    };
    let stranger = instance.person();
    let page = stranger.visit(&callback("x", &issuer)).await;
    assert!(page.url.path() == "/_dev/client" && !page.has("[role=alert]") && !page.has(".steps"));

    for (state_is_right, iss, reason) in [(false, issuer.as_str(), "state"), (true, "https://evil.test", "iss")] {
        let person = instance.person();
        let page = person.visit("/_dev/client").await;
        let sent = person.post(page.form_with("intent", Some("sign-in")).with("intent", "sign-in")).await;
        let state = if state_is_right { sent.redirect_parameters()["state"].clone() } else { String::from("other") };
        let page = person.visit(&callback(&state, iss)).await;
        assert!(page.text("[role=alert]").contains(reason), "{}", page.text("main"));
        assert!(!page.text(".steps").contains("POST /oauth/token"), "the code went nowhere");
    }
}

#[tokio::test]
async fn a_browser_that_came_by_another_name_is_sent_to_the_issuers() {
    let instance = Instance::dev().await;
    let port = instance.app.config.port;
    let page = instance.person().get(&format!("http://127.0.0.1:{port}/_dev/client")).await;
    assert_eq!(page.status, 303);
    assert!(page.location().starts_with(&format!("http://localhost:{port}/_dev/client")));
    let page = instance.person().get(&format!("http://127.0.0.1:{port}/_dev/client?issuer=1")).await;
    assert_eq!(page.status, 200, "once: a proxy that changes names makes no circle");
}
