//! Where answers go: to registered addresses, to the letter.

use moncomptepro::domain::Client;

use super::{JEAN, signed_in};
use crate::support::{Instance, uri};

fn registers(addresses: &[&str]) -> impl FnOnce(&mut Client) {
    let uris = addresses.iter().map(|text| uri(text)).collect();
    move |client| client.redirect_uris = uris
}

#[tokio::test]
async fn sec_16_red_1_red_7_whatever_differs_by_a_character_gets_a_page_and_no_redirect() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let registered = "https://service.example/a/callback?tenant=1";
    let client = instance.declare("exact", registers(&[registered])).await;
    let corpus = [
        "https://service.example/a/callback?tenant=1&b=2",
        "https://service.example/a/callback?tenant=2",
        "https://service.example/a/callback",
        "https://service.example/a/callback/?tenant=1",
        "https://service.example/a//callback?tenant=1",
        "https://service.example/a/./callback?tenant=1",
        "https://service.example/a/b/../callback?tenant=1",
        "https://service.example/a/..;/a/callback?tenant=1",
        "https://service.example/a/%63allback?tenant=1",
        "https://service.example/%61/callback?tenant=1",
        "https://service.example/A/callback?tenant=1",
        "HTTPS://service.example/a/callback?tenant=1",
        "https://SERVICE.example/a/callback?tenant=1",
        "https://service.example:443/a/callback?tenant=1",
        "https://service.example:8443/a/callback?tenant=1",
        "https://service.example./a/callback?tenant=1",
        "https://user@service.example/a/callback?tenant=1",
        "https://service.example@evil.example/a/callback?tenant=1",
        "https://service.example\\@evil.example/a/callback?tenant=1",
        "https://evilservice.example/a/callback?tenant=1",
        "https://service.example.evil.example/a/callback?tenant=1",
        "https://service.example/a/callback?tenant=1#",
        "https://service.example/a/callback?tenant=1#x",
        "https://service.example/a/callback?tenant=1\t",
        "https://service.example/a/callback?tenant=1\r\nSet-Cookie: a=b",
        " https://service.example/a/callback?tenant=1",
        "http://service.example/a/callback?tenant=1",
        "//service.example/a/callback?tenant=1",
        "/a/callback?tenant=1",
        "javascript:alert(1)//service.example",
        "data:text/html,x",
    ];
    for wrong in corpus {
        let page = person.visit(&client.authorization("openid", &[("redirect_uri", wrong)])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, ""), "{wrong}");
        assert_eq!(page.error_code().as_deref(), Some("redirect_uri_mismatch"), "{wrong}");
        assert!(!page.body.contains(&format!("href=\"{wrong}")), "no link to {wrong}");
        assert!(!page.has("form[action^=http]"), "{wrong}");
    }
    let page = person.visit(&client.authorization("openid", &[])).await;
    assert!(page.location().starts_with(&format!("{registered}&code=")), "RED-6: {}", page.location());
}

#[tokio::test]
async fn red_3_red_4_sec_18_a_missing_address_is_never_guessed() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let one = instance.declare("one-address", registers(&["https://one.example/cb"])).await;
    let two = instance.declare("two-addresses", registers(&["https://one.example/cb", "https://two.example/cb"])).await;
    for (client, scope) in [(&one, "openid"), (&one, "email"), (&two, "openid")] {
        let page = person.visit(&client.authorization(scope, &[("redirect_uri", "")])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, ""));
        assert_eq!(page.error_code().as_deref(), Some("redirect_uri_missing"));
    }
}

#[tokio::test]
async fn red_2_r_19_the_port_of_a_native_client_on_this_machine_is_free() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let addresses = ["http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb"];
    let native = instance
        .declare("native", |client| {
            client.redirect_uris = addresses.map(uri).into();
            client.is_native = true;
        })
        .await;
    for shown in
        ["http://127.0.0.1:51004/cb", "http://[::1]:51004/cb", "http://127.0.0.1/cb", "http://localhost:8123/cb"]
    {
        let page = person.visit(&native.authorization("openid", &[("redirect_uri", shown)])).await;
        assert!(page.location().starts_with(&format!("{shown}?code=")), "{shown}: {}", page.location());
        let code = page.redirect_parameters()["code"].clone();
        let other_port = native.present_with(&code, &[("redirect_uri", "http://127.0.0.1:1/cb")]).await;
        assert_eq!(other_port.json()["error"], "invalid_grant", "RED-11: the code belongs to the address shown");
    }
    for shown in ["http://127.0.0.1:51004/other", "https://127.0.0.1:51004/cb", "http://127.0.0.2:51004/cb"] {
        let page = person.visit(&native.authorization("openid", &[("redirect_uri", shown)])).await;
        assert_eq!(page.status, 400, "{shown}");
    }
    let web = instance.declare("web", registers(&addresses)).await;
    let page = person.visit(&web.authorization("openid", &[("redirect_uri", "http://127.0.0.1:51004/cb")])).await;
    assert_eq!(page.status, 400, "only for native clients");
}

#[tokio::test]
async fn sec_19_red_13_arsp_1_what_the_client_sent_comes_back_as_it_was() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.declare("echo", registers(&["https://service.example/cb?a=%0d%0a&b=1+2"])).await;
    let long = "é".repeat(1024);
    for state in ["\"&#%\r\n<>'`\\", "a b+c%20d", long.as_str(), "=", "🦀"] {
        let page = person.visit(&client.authorization("openid", &[("state", state)])).await;
        assert!(page.location().starts_with("https://service.example/cb?a=%0d%0a&b=1+2&code="), "{}", page.location());
        assert_eq!(page.redirect_parameters()["state"], state);
        assert_eq!(page.headers.get_all("set-cookie").iter().count(), 0);
    }
    let silent = person.visit(&client.authorization("openid", &[("state", "")])).await;
    assert!(!silent.redirect_parameters().contains_key("state"), "absent in, absent out");
    let too_long = person.visit(&client.authorization("openid", &[("state", &"s".repeat(2049))])).await;
    assert_eq!(too_long.redirect_parameters()["error"], "invalid_request", "SEC-26");
}
