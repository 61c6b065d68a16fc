//! Whatever arrives gets the right status, a page or JSON that says what to do next, and changes nothing.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::Instance;

/// Sends bytes as they are, and reads the whole answer.
async fn raw(instance: &Instance, bytes: &[u8]) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", instance.app.config.port)).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn sec_3_paths_with_two_readings_are_refused_before_any_route() {
    let instance = Instance::dev().await;
    for path in [
        "/users/../oauth/token",
        "/users/%2e%2e/x",
        "/oauth%2ftoken",
        "/users;a=b/sign-in",
        "//oauth/token",
        "/users\\sign-in",
        "/%00",
        "/oauth/%5ctoken",
        "/./users",
    ] {
        let answer = raw(&instance, &get(path)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {}", answer.lines().next().unwrap());
    }
}

#[tokio::test]
async fn what_is_no_text_is_refused_and_named() {
    let instance = Instance::dev().await;
    for target in [
        "/users/start-sign-in?login_hint=%ff%fe",
        "/oauth/authorize?client_id=%e9",
        "/users/start-sign-in?login_hint=%zz",
    ] {
        let answer = raw(&instance, &get(target)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{target}: {answer}");
        assert!(answer.contains("data-error=\"bad_request\""), "{target}");
    }
}

#[tokio::test]
async fn gen_26_long_requests_are_read_and_endless_ones_refused() {
    let instance = Instance::dev().await;
    let state = "s".repeat(16 * 1024);
    let answer = raw(&instance, &get(&format!("/users/start-sign-in?ignored={state}"))).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{}", answer.lines().next().unwrap());
    let header = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Giant: {}\r\n\r\n", "g".repeat(200_000));
    assert!(raw(&instance, header.as_bytes()).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn sec_148_a_body_over_the_limit_is_not_read() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let form = page.form_with("login", None).with("login", &"a".repeat(70 * 1024));
    let answer = person.post(form).await;
    assert_eq!((answer.status.as_u16(), answer.error_code().as_deref()), (413, Some("payload_too_large")));
}

#[tokio::test]
async fn gen_25_other_methods_are_told_which_ones_there_are() {
    let instance = Instance::dev().await;
    let cases = [
        ("DELETE", "/oauth/token", "POST, OPTIONS"),
        ("GET", "/oauth/token", "POST, OPTIONS"),
        ("PUT", "/oauth/userinfo", "GET, POST, OPTIONS"),
        ("POST", "/oauth/jwks", "GET, HEAD, OPTIONS"),
        ("POST", "/.well-known/openid-configuration", "GET, HEAD, OPTIONS"),
        ("PUT", "/oauth/authorize", "GET, POST"),
        ("HEAD", "/oauth/authorize", "GET, POST"),
        ("DELETE", "/users/sign-in", "GET, HEAD, POST"),
        ("GET", "/users/sign-out", "POST"),
        ("PATCH", "/", "GET, HEAD"),
    ];
    for (method, path, allowed) in cases {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let answer = raw(&instance, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{method} {path}: {}", answer.lines().next().unwrap());
        assert!(answer.contains(&format!("allow: {allowed}\r\n")), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn disc_1_head_answers_like_get_without_a_body() {
    let instance = Instance::dev().await;
    for path in ["/.well-known/openid-configuration", "/oauth/jwks", "/users/start-sign-in"] {
        let request = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = raw(&instance, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn sec_118_aerr_2_pages_of_refusal_reflect_nothing_raw() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let hostile = "%3Cscript%3Ealert(1)%3C/script%3E%22%27%0d%0aX:%20y".repeat(60);
    for target in [
        format!("/oauth/authorize?client_id={hostile}"),
        format!("/oauth/authorize?client_id=test-id&redirect_uri={hostile}"),
        format!("/oauth/authorize?response_type={hostile}&client_id=test-id"),
        format!("/oauth/logout?id_token_hint={hostile}"),
        format!("/users/change-password?reset_password_token={hostile}"),
        format!("/users/start-sign-in?login_hint={hostile}"),
    ] {
        let page = person.get(&target).await;
        assert!(!page.body.contains("<script>alert") && page.headers.get("x").is_none(), "{target}: {}", page.body);
    }
    let unknown = person.get("/oauth/authorize?client_id=%3Cb%3E%C3%A9&redirect_uri=x").await;
    assert_eq!(unknown.error_code().as_deref(), Some("unknown_client"));
    assert!(!unknown.attribute("main[data-error]", "data-request-id").unwrap().is_empty(), "AERR-2");
}

#[tokio::test]
async fn sec_118_a_value_that_helps_is_cut_and_made_plain() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("service", |_| {}).await);
    let long = "x".repeat(4_000);
    let shown = format!("{}?", "x".repeat(63));
    for (target, expected) in [
        (format!("/oauth/authorize?client_id={long}&redirect_uri=y"), &long[..64]),
        (format!("/oauth/authorize?client_id=service&redirect_uri={long}"), &long[..64]),
        (format!("/oauth/authorize?client_id=service&redirect_uri={}%C3%A9{long}", &long[..63]), &shown),
    ] {
        let page = person.get(&target).await;
        assert_eq!(page.status, 400);
        let text = page.text("main");
        assert!(text.contains(expected) && !text.contains(&long[..65]), "{text}");
    }
    let refused = client.bare_token_request(&[], &format!("{long}=1&{long}=2")).await;
    assert!(!refused.body.contains(&long[..65]), "{}", refused.body);
}

#[tokio::test]
async fn sec_21_a_form_or_its_address_that_says_a_thing_twice_is_not_read() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let form = person.visit("/users/start-sign-in").await.form_with("login", None).with("login", "user@yopmail.com");
    let mut twice = form.clone();
    twice.fields.push((String::from("login"), String::from("datapass@yopmail.com")));
    let mut address_twice = form.clone();
    address_twice.action.set_query(Some("interaction=a&interaction=b"));
    for sly in [twice, address_twice] {
        let page = person.post(sly).await;
        assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (400, Some("bad_request")));
    }
    assert_eq!(person.post(form).await.status, 303);
}

#[tokio::test]
async fn a_page_that_is_not_there_says_nothing_of_how_we_are_made() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.get("/nowhere/at/all").await;
    assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (404, Some("not_found")));
    for word in ["warp", "redb", "hyper", "src/", "panicked"] {
        assert!(!page.body.contains(word), "{word}");
    }
}

#[tokio::test]
async fn sec_20_gen_18_no_redirect_repeats_a_form() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let start = person.visit("/users/start-sign-in").await;
    let first = person.post(start.form_with("login", None).with("login", "user@yopmail.com")).await;
    assert_eq!(first.status, 303);
    let asks = person.follow(first).await;
    assert_eq!(person.post(asks.form_with("password", None).with("password", "user@yopmail.com")).await.status, 303);
}

#[tokio::test]
async fn sec_148_a_packed_body_is_not_taken_for_what_is_in_it() {
    let instance = Instance::dev().await;
    for (path, body, refused) in [
        ("/oauth/authorize", "scope=openid", "HTTP/1.1 415 "),
        // Where errors are those of RFC 6749 §5.2: `invalid_request`, before the client is looked at.
        ("/oauth/token", "grant_type=authorization_code&client_id=a&client_secret=b&code=c", "HTTP/1.1 400 "),
    ] {
        let post = |coding: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{coding}\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let plain = raw(&instance, post("Content-Encoding: identity\r\n").as_bytes()).await;
        assert_eq!(plain.lines().next(), raw(&instance, post("").as_bytes()).await.lines().next(), "{path}");
        for coding in ["gzip", "br", "identity, gzip", "x", ""] {
            let answer = raw(&instance, post(&format!("Content-Encoding: {coding}\r\n")).as_bytes()).await;
            assert!(answer.starts_with(refused), "{path}, {coding}: {}", answer.lines().next().unwrap());
        }
    }
}
