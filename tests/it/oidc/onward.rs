//! The way out of this site after a form: a page that goes on by itself.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN};

use super::{JEAN, signed_in};
use crate::support::{Form, Instance, Page, Person, SIGNED_OUT, uri};

/// What a browser says of a request that its window makes: from where, how, and for what.
fn says(site: &'static str, mode: &'static str, destination: &'static str) -> HeaderMap {
    let said = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", destination)];
    said.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).into_iter().collect()
}

fn of_the_window() -> HeaderMap {
    says("same-origin", "navigate", "document")
}

/// Sends a form as a browser's window does, and follows it to the last page inside the site.
async fn send(person: &Person, form: Form) -> Page {
    let mut headers = of_the_window();
    headers.insert(ORIGIN, HeaderValue::from_str(&form.action.origin().ascii_serialization()).unwrap());
    let mut page = person.post_with(form, headers).await;
    while page.location().starts_with('/') {
        page = person.get_with(page.url.join(page.location()).unwrap().as_str(), of_the_window()).await;
    }
    page
}

/// Where a page goes on to by itself; its link leads there too.
fn onward(page: &Page) -> String {
    assert_eq!((page.status.as_u16(), page.location()), (200, ""), "{}", page.body);
    let content = page.attribute("meta[http-equiv=refresh]", "content").unwrap();
    let href = content.strip_prefix("0; url=").unwrap().to_owned();
    assert_eq!(page.attribute("main a", "href").as_ref(), Some(&href), "a link for those whose browser waits");
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    assert!(page.header("content-security-policy").contains("form-action 'self';"), "no form leads out");
    href
}

#[tokio::test]
async fn sec_116_what_follows_a_form_leaves_by_a_page_of_our_own() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("service", |_| {}).await);
    let asks = person.visit(&client.authorization("openid", &[])).await;
    let asks = send(&person, asks.form_with("login", None).with("login", JEAN)).await;
    let page = send(&person, asks.form_with("password", None).with("password", JEAN)).await;
    let address = url::Url::parse(&onward(&page)).unwrap();
    assert!(address.as_str().starts_with(&format!("{}?code=", client.redirect_uri)), "{address}");
    let code = address.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    client.verified(&client.redeem(&code).await.id_token).await;
    assert!(page.text("main").contains("Service service"), "{}", page.text("main"));
    assert!(!page.url.as_str().contains(&code));

    for (decision, parameter) in [("deny", "error=access_denied"), ("allow", "code=")] {
        let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
        let page = send(&person, asks.form_with("decision", Some(decision)).with("decision", decision)).await;
        assert!(onward(&page).contains(parameter), "{decision}");
    }
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    assert!(onward(&send(&person, asks.cancel_form()).await).contains("error=access_denied"));
}

#[tokio::test]
async fn sec_116_after_our_own_question_a_sign_out_leaves_by_a_page_too() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let hint = client.redeem(&code).await.id_token;
    let other = signed_in(&instance, JEAN).await;
    let mut request = url::form_urlencoded::Serializer::new(String::new());
    request.append_pair("id_token_hint", &hint).append_pair("post_logout_redirect_uri", SIGNED_OUT);
    let asks = other.visit(&format!("/oauth/logout?{}", request.finish())).await;
    assert_eq!(onward(&send(&other, asks.main_form()).await), SIGNED_OUT);
}

#[tokio::test]
async fn sec_116_sec_28_what_no_form_of_ours_can_have_led_to_is_redirected() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    for (site, mode, destination) in [
        ("cross-site", "navigate", "document"),
        ("same-site", "navigate", "document"),
        ("none", "navigate", "document"),
        ("same-origin", "navigate", "iframe"),
        ("same-origin", "cors", "empty"),
        ("same-origin", "no-cors", "document"),
    ] {
        let headers = says(site, mode, destination);
        let page = person.get_with(&client.authorization("openid", &[("prompt", "none")]), headers.clone()).await;
        client.code(&page);
        let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
        let allow = asks.form_with("decision", Some("allow")).with("decision", "allow");
        let resumes = person.post(allow).await.location().to_owned();
        client.code(&person.get_with(&resumes, headers).await);
    }
    let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let allow = asks.form_with("decision", Some("allow")).with("decision", "allow");
    client.code(&person.submit(allow).await);
}

#[tokio::test]
async fn sec_116_applications_are_opened_by_the_redirect_itself() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    for (id, address, by_page) in [
        ("claimed", "https://app.example/callback", false),
        ("private-use", "com.example.app:/callback", false),
        ("loopback", "http://127.0.0.1/callback", true),
    ] {
        let change = |client: &mut moncomptepro::domain::Client| {
            (client.is_native, client.redirect_uris) = (true, vec![uri(address)]);
        };
        let client = instance.declare(id, change).await;
        let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
        let page = send(&person, asks.form_with("decision", Some("allow")).with("decision", "allow")).await;
        match by_page {
            true => assert!(onward(&page).starts_with(address), "{id}"),
            false => drop(client.code(&page)),
        }
    }
}

#[tokio::test]
async fn sec_116_sec_117_the_address_and_the_name_stay_text() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let change = |client: &mut moncomptepro::domain::Client| client.name = String::from("<b>x</b>\"'>");
    let client = instance.declare("service", change).await;
    for state in ["\"><script>alert(1)</script>", "'\"", "; url=https://evil.example", "&quot;\r\n\t\u{2028}"] {
        let parameters = [("prompt", "consent"), ("state", state)];
        let asks = person.visit(&client.authorization("openid", &parameters)).await;
        let page = send(&person, asks.form_with("decision", Some("deny")).with("decision", "deny")).await;
        let address = url::Url::parse(&onward(&page)).unwrap();
        let returned = address.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        assert_eq!(returned, state);
        assert!(!page.has("script") && !page.has("main b") && page.text("main").contains("<b>x</b>\"'>"));
    }
}

#[tokio::test]
async fn sec_116_r_18_a_form_for_the_client_is_still_posted_by_its_own_page() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let parameters = [("prompt", "consent"), ("response_mode", "form_post")];
    let asks = person.visit(&client.authorization("openid", &parameters)).await;
    let page = send(&person, asks.form_with("decision", Some("allow")).with("decision", "allow")).await;
    assert_eq!(page.form_with("code", None).action.as_str(), client.redirect_uri);
    assert!(!page.has("meta[http-equiv=refresh]"));
    assert_eq!(page.header("referrer-policy"), "origin", "under same-origin the client would see the origin `null`");
}
