//! Forms that are not ours change nothing.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use moncomptepro::protocol::Timestamp;
use openidconnect::Nonce;

use crate::support::{Form, Instance, Page, Person};

const ADDRESS: &str = "user@red-needles-sarl.com";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let header =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    pairs.iter().map(header).collect()
}

/// One form of every kind that a person meets, each from its own page.
async fn forms(instance: &Instance, person: &Person) -> Vec<(&'static str, Form)> {
    let client = instance.standard_client();
    let start = person.visit(&client.authorization("openid", &[])).await;
    let picker = start.form_with("user_id", Some("154")).with("user_id", "154");
    let cancel = start.cancel_form();
    let login = start.form_with("login", None).with("login", ADDRESS);
    let password_page = person.submit(login.clone()).await;
    let password = password_page.form_with("password", None).with("password", ADDRESS);
    vec![("e-mail", login), ("password", password), ("picker", picker), ("cancel", cancel)]
}

async fn forms_of_a_session(instance: &Instance, person: &Person) -> Vec<(&'static str, Form)> {
    let client = instance.standard_client();
    let select = client.sign_in(person, "openid organization", ADDRESS).await;
    let organization = select.form_with("organization_id", Some("17")).with("organization_id", "17");
    let account = person.visit(&client.authorization("openid", &[("prompt", "select_account")])).await;
    let information = person.visit(&client.authorization("openid", &[("prompt", "update_userinfo")])).await;
    let consent = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let home = person.visit("/").await;
    vec![
        ("organization", organization),
        ("account", account.form_with("choice", Some("continue")).with("choice", "continue")),
        ("information", information.form_with("given_name", None)),
        ("consent", consent.form_with("decision", Some("allow")).with("decision", "allow")),
        ("sign-out", home.sign_out_form()),
    ]
}

#[tokio::test]
async fn sec_115_in_production_the_one_origin_is_the_configured_one() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let host = ("host", "identite.exemple.fr");
    let person = instance.person();
    let start = person.get_with("/users/start-sign-in", headers(&[host])).await;
    let cookie = start.header("set-cookie").split(';').next().unwrap().to_owned();
    let form = start.form_with("login", None).with("login", ADDRESS);
    for (origin, status) in [
        ("https://identite.exemple.fr", 303),
        ("http://identite.exemple.fr", 403),
        ("https://identite.exemple.fr:8443", 403),
        ("https://www.identite.exemple.fr", 403),
        ("https://IDENTITE.exemple.fr", 403),
    ] {
        let answer = person.post_with(form.clone(), headers(&[host, ("origin", origin), ("cookie", &cookie)])).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn sec_115_prm_51_a_form_from_elsewhere_is_refused_and_changes_nothing() {
    let instance = Instance::dev().await;
    let (visitor, signed_in) = (instance.person(), instance.person());
    let mut cases: Vec<(&str, &Person, Form)> = Vec::new();
    cases.extend(forms(&instance, &visitor).await.into_iter().map(|(name, form)| (name, &visitor, form)));
    cases.extend(
        forms_of_a_session(&instance, &signed_in).await.into_iter().map(|(name, form)| (name, &signed_in, form)),
    );
    let origin = instance.address.clone();
    let other_port = "http://localhost:1";
    let foreign = [
        ("nothing says where it comes from", headers(&[])),
        ("Origin null", headers(&[("origin", "null")])),
        ("another site", headers(&[("origin", "https://evil.example")])),
        ("another port", headers(&[("origin", other_port)])),
        ("a subdomain", headers(&[("origin", "http://evil.localhost")])),
        ("cross-site by its own word", headers(&[("sec-fetch-site", "cross-site"), ("origin", &origin)])),
        ("same-site is not same-origin", headers(&[("sec-fetch-site", "same-site"), ("origin", &origin)])),
    ];
    let before = instance.recorded_acts();
    for (name, person, form) in &cases {
        for (why, headers) in &foreign {
            let answer = person.post_with(form.clone(), headers.clone()).await;
            assert_refused(&answer, name, why);
        }
        let own = headers(&[("origin", &origin)]);
        for (why, token) in [
            ("no token", ""),
            ("a token of nobody", "AAAA"),
            ("another browser's token", other_token(&instance).await.as_str()),
        ] {
            let answer = person.post_with(form.clone().with("_csrf", token), own.clone()).await;
            assert_refused(&answer, name, why);
        }
    }
    assert_eq!(instance.recorded_acts(), before, "no act was carried out");
    let (_, _, password) = cases.iter().find(|(name, _, _)| *name == "password").unwrap();
    assert_eq!(visitor.post(password.clone()).await.status, 303, "and the real form still works");
}

async fn other_token(instance: &Instance) -> String {
    instance.person().visit("/users/start-sign-in").await.attribute("input[name=_csrf]", "value").unwrap()
}

fn assert_refused(answer: &Page, name: &str, why: &str) {
    assert_eq!(answer.status, 403, "{name}, {why}");
    assert_eq!(answer.error_code().as_deref(), Some("csrf"), "{name}, {why}");
}

#[tokio::test]
async fn sec_22_prm_50_a_sign_in_taken_to_another_browser_is_refused() {
    let instance = Instance::dev().await;
    let (owner, thief) = (instance.person(), instance.person());
    let page = owner.visit(&instance.standard_client().authorization("openid", &[])).await;
    let stolen = thief.visit(page.url.as_str()).await;
    assert_eq!((stolen.status.as_u16(), stolen.error_code().as_deref()), (403, Some("foreign_interaction")));
    let back = owner.sign_in(page, ADDRESS, ADDRESS).await;
    assert!(back.redirect_parameters().contains_key("code"), "the owner goes on undisturbed");
}

#[tokio::test]
async fn sec_23_five_tabs_of_three_clients_do_not_cross() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let clients = [
        (instance.standard_client(), "17"),
        (instance.test_client(), "16"),
        (instance.standard_client(), "16"),
        (instance.declare("service", |_| {}).await, "17"),
        (instance.test_client(), "17"),
    ];
    let mut tabs = Vec::new();
    for (number, (client, organization)) in clients.iter().enumerate() {
        let (state, nonce) = (format!("state of tab {number}"), format!("nonce of tab {number}"));
        let wishes = [("prompt", "select_organization consent"), ("state", &state), ("nonce", &nonce)];
        let asks = person.visit(&client.authorization("openid organization", &wishes)).await;
        let form = asks.form_with("organization_id", Some(organization)).with("organization_id", organization);
        tabs.push((client, organization, state, nonce, person.submit(form).await));
    }
    for order in [3, 0, 4, 2, 1] {
        let (client, organization, state, nonce, page) = &tabs[order];
        let siret = if **organization == "16" { "21630215800011" } else { "83951732300011" };
        let form = page.form_with("decision", Some("allow")).with("decision", "allow");
        let back = person.submit(form).await;
        assert_eq!(back.redirect_parameters()["state"], *state);
        let tokens = client.redeem(&client.code(&back)).await;
        client.verified_with(&tokens.id_token, &Nonce::new(nonce.clone())).await;
        assert_eq!(client.userinfo(&tokens.access_token).await.json()["siret"], siret, "tab {order}");
    }
}

#[tokio::test]
async fn sec_23_of_the_sign_ins_under_way_in_a_browser_the_oldest_make_room() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let mut tabs = Vec::new();
    for _ in 0..22 {
        tabs.push(person.visit(&client.authorization("openid", &[("prompt", "consent")])).await);
    }
    let mut statuses = Vec::new();
    for tab in &tabs {
        statuses.push(person.get(tab.url.as_str()).await.status.as_u16());
    }
    assert_eq!((&statuses[..2], &statuses[2..]), ([410; 2].as_slice(), [200; 20].as_slice()));
    let allow = tabs[21].form_with("decision", Some("allow")).with("decision", "allow");
    client.redeem(&client.code(&person.submit(allow).await)).await;
    let one_more = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    assert_eq!(one_more.status, 200);
    assert_eq!(person.get(tabs[2].url.as_str()).await.status, 200, "one that is over takes no room");
}

#[tokio::test]
async fn the_back_button_and_a_closed_tab_lead_to_a_page_with_a_way_on() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit(&instance.standard_client().authorization("openid", &[])).await;
    let form = page.form_with("login", None).with("login", ADDRESS);
    person.sign_in(page.clone(), ADDRESS, ADDRESS).await;
    let back = person.visit(page.url.as_str()).await;
    assert_eq!((back.status.as_u16(), back.error_code().as_deref()), (410, Some("expired_interaction")));
    assert!(back.has("main a[href='/']"), "a way on");
    assert!(matches!(person.post(form).await.status.as_u16(), 403 | 410), "and its old form does nothing");
}

#[tokio::test]
async fn prm_54_a_sign_in_of_an_hour_ago_is_over() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit(&instance.standard_client().authorization("openid", &[])).await;
    instance.clock.advance(std::time::Duration::from_secs(3599)).unwrap();
    assert_eq!(person.visit(page.url.as_str()).await.status, 200);
    instance.clock.advance(std::time::Duration::from_secs(1)).unwrap();
    let over = person.visit(page.url.as_str()).await;
    assert_eq!((over.status.as_u16(), over.error_code().as_deref()), (410, Some("expired_interaction")));
    let posted = person.post(page.form_with("login", None).with("login", ADDRESS)).await;
    assert_eq!(posted.status, 410);
}

#[tokio::test]
async fn r_5_a_visit_writes_nothing() {
    let instance = Instance::dev().await;
    let before = instance.recorded_acts();
    for path in [
        "/",
        "/users/start-sign-in",
        "/users/sign-in",
        "/users/select-account",
        "/users/select-organization",
        "/oauth/logout",
        "/nowhere",
    ] {
        instance.person().visit(path).await;
    }
    assert_eq!(instance.recorded_acts(), before);
    let purged = instance.app.store.purge(Timestamp(u64::from(u32::MAX))).await.unwrap();
    assert_eq!(purged.records, 0, "no record of limited life was begun");
}
