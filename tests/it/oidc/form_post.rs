//! Answers that a page posts to the client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use moncomptepro::crypto;
use scraper::{Html, Selector};

use super::{JEAN, signed_in};
use crate::support::{Instance, uri};

#[tokio::test]
async fn rmode_2_rmode_3_gen_23_r_18_the_page_holds_every_parameter_and_posts_itself() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let address = "https://service.example/callback?tenant=1";
    let client = instance.declare("service", |client| client.redirect_uris = vec![uri(address)]).await;
    let page = person.visit(&client.authorization("openid", &[("response_mode", "form_post")])).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    let form = page.form_with("code", None);
    assert_eq!(form.action.as_str(), address, "nothing is added to the address");
    let names: Vec<&str> = form.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert!(page.has("form[method=post] button"), "GEN-23: a button for those without scripts");
    let code = form.fields.iter().find(|(name, _)| name == "code").map(|(_, value)| value.clone()).unwrap();
    let tokens = client.redeem(&code).await;
    client.verified(&tokens.id_token).await;
}

#[tokio::test]
async fn sec_27_the_page_runs_its_one_script_and_goes_to_its_one_origin() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    let page = person.visit(&client.authorization("openid", &[("response_mode", "form_post")])).await;
    let document = Html::parse_document(&page.body);
    let scripts: Vec<String> =
        document.select(&Selector::parse("script").unwrap()).map(|script| script.text().collect::<String>()).collect();
    assert_eq!(scripts.len(), 1);
    let hash = STANDARD.encode(crypto::sha256(scripts[0].as_bytes()));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains(&format!("script-src 'sha256-{hash}';")), "{policy}");
    assert!(policy.contains("form-action https://service.example;"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn sec_27_markup_in_the_state_stays_text() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("service", |_| {}).await;
    for state in [
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</form><form action=https://evil.example>",
        "{{ code }}{% raw %}",
        "&quot;&lt;b&gt;\r\n\t",
        "\u{2028}<!--",
    ] {
        let parameters = [("response_mode", "form_post"), ("state", state)];
        let page = person.visit(&client.authorization("openid", &parameters)).await;
        let form = page.form_with("code", None);
        let shown = form.fields.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str());
        assert_eq!(shown.map(|text| text.replace("\r\n", "\n")), Some(state.replace("\r\n", "\n")));
        let document = Html::parse_document(&page.body);
        assert_eq!(document.select(&Selector::parse("script").unwrap()).count(), 1, "{state}");
        assert_eq!(document.select(&Selector::parse("main form").unwrap()).count(), 1, "{state}");
        assert!(!page.has("img[onerror]"), "{state}");
    }
}

#[tokio::test]
async fn rmode_5_a_refusal_of_the_person_travels_the_same_way() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("service", |_| {}).await);
    let asks = person.visit(&client.authorization("openid", &[("response_mode", "form_post")])).await;
    let page = person.submit(asks.cancel_form()).await;
    let form = page.form_with("error", Some("access_denied"));
    assert_eq!(form.action.as_str(), client.redirect_uri);
    assert!(!form.fields.iter().any(|(name, _)| name == "code"), "ARSP-8");
}
