//! The methods that each address answers.

use reqwest::Method;

use crate::support::Instance;

#[tokio::test]
async fn gen_25_the_header_allow_names_the_methods_that_are_answered_and_no_others() {
    let instance = Instance::dev().await;
    let http = instance.http().build().unwrap();
    for (path, methods) in [
        ("/_dev/", "GET, HEAD"),
        ("/_dev/mailbox", "GET, HEAD"),
        ("/_dev/sign-in", "POST"),
        ("/_dev/another-person", "GET, HEAD, POST"),
        ("/_dev/client", "GET, HEAD, POST"),
        ("/_dev/client/callback", "GET, POST"),
        ("/_dev/client/callback/", "GET, POST"),
        ("/_dev/api/people", "GET, HEAD"),
        ("/_dev/api/clients", "GET, HEAD"),
        ("/_dev/api/mailbox", "GET, HEAD"),
        ("/_dev/api/clock", "GET, HEAD, POST"),
        ("/_dev/api/reset", "POST"),
        ("/interaction/unknown", "GET"),
        ("/interaction/unknown/", "GET"),
        ("/interaction/unknown/consent", "GET, HEAD, POST"),
        ("/interaction/unknown/cancel", "POST"),
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE] {
            let url = format!("{}{path}", instance.address);
            let answer = http.request(method.clone(), url).send().await.unwrap();
            let is_allowed = methods.split(", ").any(|allowed| allowed == method.as_str());
            assert_eq!(answer.status() != 405, is_allowed, "{method} {path}: {}", answer.status());
            if !is_allowed {
                assert_eq!(answer.headers()["allow"], methods, "{method} {path}");
            }
        }
    }
}
