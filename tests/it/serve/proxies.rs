//! Whom the audit names when a proxy stands in between.

use moncomptepro::config::{Config, DevOptions, ForwardedHeader, Proxies};
use moncomptepro::store::audit;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Instance, RelyingParty};

const ADDRESS: &str = "user@yopmail.com";

async fn behind(trusted: &[&str], header: ForwardedHeader) -> Instance {
    let trusted = trusted.iter().map(|network| network.parse().unwrap()).collect();
    let proxies = Proxies { trusted, header };
    Instance::start(|port| Config { proxies, ..Config::dev(DevOptions::default(), port) }).await
}

/// Who failed to sign in, as the audit has it.
async fn recorded_source(instance: &Instance, name: &'static str, value: &str) -> String {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let page = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let form = page.form_with("password", None).with("password", "wrong");
    let origin = HeaderValue::from_str(&form.action.origin().ascii_serialization()).unwrap();
    let headers = HeaderMap::from_iter([
        (ORIGIN, origin),
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()),
    ]);
    person.post_with(form, headers).await;
    let entries = instance.app.store.read(|tx| audit::list_latest(tx, None, 1)).unwrap();
    let entry = serde_json::to_value(&entries[0]).unwrap();
    find_source(&entry).unwrap_or_else(|| panic!("no source in {entry}"))
}

fn find_source(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Object(members) => members
            .get("source")
            .and_then(|source| source.as_str().map(str::to_owned))
            .or_else(|| members.values().find_map(find_source)),
        serde_json::Value::Array(items) => items.iter().find_map(find_source),
        _ => None,
    }
}

#[tokio::test]
async fn sec_159_a_client_cannot_say_that_it_is_somebody_else() {
    for trusted in [&[][..], &["192.0.2.0/24"]] {
        for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
            let instance = behind(trusted, header).await;
            assert_eq!(recorded_source(&instance, "x-forwarded-for", "198.51.100.7").await, "127.0.0.1");
            assert_eq!(recorded_source(&instance, "forwarded", "for=198.51.100.7").await, "127.0.0.1");
        }
    }
}

#[tokio::test]
async fn sec_159_behind_three_proxies_the_client_is_whom_the_first_of_them_saw() {
    let trusted = ["127.0.0.1/32", "10.0.0.0/8"];
    let instance = behind(&trusted, ForwardedHeader::XForwardedFor).await;
    let chain = "203.0.113.9, 198.51.100.7, 10.0.0.2, 10.0.0.3";
    assert_eq!(recorded_source(&instance, "x-forwarded-for", chain).await, "198.51.100.7");
    assert_eq!(recorded_source(&instance, "forwarded", "for=198.51.100.7").await, "127.0.0.1", "the other is not read");
    let instance = behind(&trusted, ForwardedHeader::Forwarded).await;
    let chain = "for=203.0.113.9, for=\"[2001:db8::7]:4711\";proto=https, for=10.0.0.2, for=10.0.0.3";
    assert_eq!(recorded_source(&instance, "forwarded", chain).await, "2001:db8::7");
}

/// What a connection hears that begins like this and then asks for the token of a wrong secret; nothing where it is cut.
async fn heard(instance: &Instance, announcement: &str) -> String {
    let client: RelyingParty = instance.standard_client();
    let body = format!("grant_type=authorization_code&client_id={}&client_secret=wrong", client.client_id);
    let request = format!(
        "{announcement}POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         X-Forwarded-For: 192.0.2.200\r\nForwarded: for=192.0.2.201\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let place = instance.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(place).await.unwrap();
    let mut answer = Vec::new();
    // Whoever is cut may hear so while it writes.
    if stream.write_all(request.as_bytes()).await.is_ok() {
        stream.read_to_end(&mut answer).await.unwrap_or_default();
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn sec_159_where_proxies_announce_connections_only_they_connect_and_the_client_is_whom_they_name() {
    let instance = behind(&["127.0.0.0/8"], ForwardedHeader::ProxyProtocol).await;
    let source = || instance.audit()[0].origin.source.clone().unwrap();
    for (announcement, expected) in [
        ("PROXY TCP4 203.0.113.9 127.0.0.1 51234 443\r\n", "203.0.113.9"),
        ("PROXY TCP6 2001:db8::7 ::1 51234 443\r\n", "2001:db8::7"),
        ("PROXY TCP6 ::ffff:198.51.100.7 ::1 51234 443\r\n", "198.51.100.7"),
        ("PROXY UNKNOWN\r\n", "127.0.0.1"),
        ("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "127.0.0.1"),
    ] {
        assert!(heard(&instance, announcement).await.starts_with("HTTP/1.1 401"), "{announcement:?}");
        assert_eq!(source(), expected, "{announcement:?}");
    }
    let before = instance.audit().len();
    for announcement in ["", "PROXY TCP4 203.0.113.9\r\n", "PROXY TCP4 203.0.113.9 127.0.0.1 51234 99999\r\n"] {
        assert_eq!(heard(&instance, announcement).await, "", "{announcement:?}");
    }
    assert_eq!(instance.audit().len(), before, "nothing of them was asked");

    let elsewhere = behind(&["192.0.2.0/24"], ForwardedHeader::ProxyProtocol).await;
    assert_eq!(heard(&elsewhere, "PROXY TCP4 203.0.113.9 127.0.0.1 51234 443\r\n").await, "");
}

#[tokio::test]
async fn sec_159_no_announcement_is_read_where_proxies_write_a_header() {
    let instance = behind(&["127.0.0.0/8"], ForwardedHeader::XForwardedFor).await;
    let answer = heard(&instance, "PROXY TCP4 203.0.113.9 127.0.0.1 51234 443\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(instance.audit().iter().filter(|record| record.origin.source.is_some()).count(), 0);
}
