//! The keys that signatures verify with.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::Instance;

#[tokio::test]
async fn key_1_key_2_sec_52_only_public_members_are_published() {
    let instance = Instance::dev().await;
    let page = instance.person().get("/oauth/jwks").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "application/json"));
    let document = page.json();
    let keys = document["keys"].as_array().unwrap();
    assert!(keys.len() >= 2, "KEY-7: one RSA and one EC key");
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private} of {key}");
        }
    }
}

#[tokio::test]
async fn key_3_key_4_key_5_key_13_key_19_keys_say_what_they_are() {
    let instance = Instance::dev().await;
    let document = instance.person().get("/oauth/jwks").await.json();
    let mut names = HashSet::new();
    let mut algorithms = HashSet::new();
    for key in document["keys"].as_array().unwrap() {
        let text = |name: &str| key[name].as_str().unwrap_or_else(|| panic!("no {name} in {key}"));
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).unwrap().len();
        assert!(names.insert(text("kid").to_owned()), "KEY-4: {key}");
        assert!(text("kid").starts_with("mock-"), "R-12");
        assert_eq!(text("use"), "sig");
        algorithms.insert(text("alg").to_owned());
        match text("kty") {
            "RSA" => assert!(bytes("n") >= 256 && bytes("e") == 3, "{key}"),
            "EC" => assert!(text("crv") == "P-256" && bytes("x") == 32 && bytes("y") == 32, "{key}"),
            other => panic!("{other}"),
        }
    }
    assert_eq!(algorithms, HashSet::from(["RS256", "ES256"].map(String::from)));
}
