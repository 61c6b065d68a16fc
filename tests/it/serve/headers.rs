//! Headers that are too many, too long, or never end; and what every answer carries.

use reqwest::header::{COOKIE, HeaderMap, HeaderValue};

use super::peer::{Peer, assert_served, get, port, statuses};
use crate::support::Instance;

#[tokio::test]
async fn sec_148_sec_210_too_many_or_too_long_headers_are_refused_and_the_connection_closed() {
    let instance = Instance::dev().await;
    let own = get(&instance, "/livez", "").len();
    for (headers, status) in [
        ("X: y\r\n".repeat(99), 200),
        ("X: y\r\n".repeat(100), 431),
        ("X: y\r\n".repeat(10_000), 431),
        (format!("X: {}\r\n", "y".repeat(32 * 1024 - own - 5)), 200),
        (format!("X: {}\r\n", "y".repeat(32 * 1024 - own - 4)), 431),
        (format!("X: {}\r\n", "y".repeat(1024 * 1024)), 431),
    ] {
        let close = if status == 200 { get(&instance, "/nowhere", "Connection: close\r\n") } else { String::new() };
        let answers = Peer::http1(&instance).await.exchange(get(&instance, "/livez", &headers) + &close).await;
        assert_eq!(statuses(&answers).first(), Some(&status), "{} bytes: {answers}", headers.len());
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_148_cookies_have_room_for_eight_kibibytes() {
    let instance = Instance::dev().await;
    let cookies = |length: usize| format!("Cookie: a={}\r\n", "x".repeat(length - 2));
    for (headers, status) in [
        (cookies(8 * 1024), 200),
        (cookies(8 * 1024 + 1), 431),
        (cookies(4 * 1024) + &cookies(4 * 1024 - 2), 200),
        (cookies(4 * 1024) + &cookies(4 * 1024 - 1), 431),
    ] {
        let close = if status == 200 { "Connection: close\r\n" } else { "" };
        let answer = Peer::http1(&instance).await.exchange(get(&instance, "/livez", &(headers.clone() + close))).await;
        assert_eq!(statuses(&answer), [status], "{} bytes", headers.len());
    }
    let cookies = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&"a=b; ".repeat(2000)).unwrap())]);
    let page = instance.person().get_with("/users/start-sign-in", cookies).await;
    assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (431, Some("too_many_cookies")));
    assert!(page.body.contains("Supprimez dans votre navigateur les cookies"), "what helps: {}", page.body);
}

#[tokio::test]
async fn sec_148_an_address_has_room_for_a_value_of_sixteen_kibibytes() {
    let instance = Instance::dev().await;
    for (length, status) in [(16 * 1024, 200), (17 * 1024 - 7, 200), (17 * 1024 - 6, 414)] {
        let path = format!("/livez?{}", "x".repeat(length + 1));
        let answer = Peer::http1(&instance).await.exchange(get(&instance, &path, "Connection: close\r\n")).await;
        assert_eq!(statuses(&answer), [status], "{}", path.len());
    }
}

#[tokio::test]
async fn sec_210_headers_without_end_are_cut_off_long_before_they_are_many() {
    let instance = Instance::dev().await;
    let mut peer = Peer::http1(&instance).await;
    peer.write(format!("GET /livez HTTP/1.1\r\nHost: localhost:{}\r\n", port(&instance))).await;
    let line = "X-Many: and another one\r\n".repeat(1000);
    let mut taken = 0_usize;
    while peer.try_write(line.as_bytes()).await {
        taken += line.len();
        assert!(taken < 64 << 20, "headers are taken for ever");
    }
    assert_served(&instance).await;
}
