//! Tables of the token endpoint's documents.

use serde_json::{Map, json};

use super::*;
use crate::protocol::{ErrorCode, GrantType, Parameters, ScopeSet, Secret, Timestamp};

fn parse(body: &str) -> Result<TokenRequest, ErrorCode> {
    TokenRequest::parse(&Parameters::parse(body.as_bytes()).unwrap()).map_err(|error| error.code())
}

#[test]
fn tok_2_the_table_of_malformed_requests() {
    use ErrorCode::{InvalidRequest, UnsupportedGrantType};
    let short = "v".repeat(42);
    let table = [
        ("", InvalidRequest),
        ("grant_type=", InvalidRequest),
        ("code=c", InvalidRequest),
        ("grant_type=password&username=a&password=b", UnsupportedGrantType),
        ("grant_type=refresh_token&refresh_token=r", UnsupportedGrantType),
        ("grant_type=client_credentials", UnsupportedGrantType),
        ("grant_type=implicit", UnsupportedGrantType),
        ("grant_type=Authorization_Code&code=c", UnsupportedGrantType),
        ("grant_type=authorization_code", InvalidRequest),
        ("grant_type=authorization_code&code=", InvalidRequest),
        ("grant_type=authorization_code&grant_type=authorization_code&code=c", InvalidRequest),
        ("grant_type=authorization_code&code=c&code=c", InvalidRequest),
        ("grant_type=authorization_code&code=c&redirect_uri=a&redirect_uri=a", InvalidRequest),
        (&format!("grant_type=authorization_code&code=c&code_verifier={short}"), InvalidRequest),
    ];
    for (body, expected) in table {
        assert_eq!(parse(body), Err(expected), "{body}");
    }
}

#[test]
fn tok_10_tok_13_a_code_is_read_with_what_binds_it_and_a_scope_is_ignored() {
    let verifier = "v".repeat(43);
    let body =
        format!("grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fa&code_verifier={verifier}&scope=x");
    let request = parse(&body).unwrap();
    assert_eq!(request.grant_type(), GrantType::AuthorizationCode);
    let TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } = &request;
    assert_eq!(code.expose(), "c");
    assert_eq!(redirect_uri.as_deref(), Some("https://a"));
    assert_eq!(code_verifier.as_ref().map(|verifier| verifier.expose()), Some(verifier.as_str()));
    assert!(!format!("{request:?}").contains(&verifier));
    let bare = parse("grant_type=authorization_code&code=c").unwrap();
    let TokenRequest::AuthorizationCode { redirect_uri, code_verifier, .. } = bare;
    assert!(redirect_uri.is_none() && code_verifier.is_none());
}

#[test]
fn tok_4_the_document_has_its_members_and_types() {
    let mut response = TokenResponse {
        access_token: Secret::new("opaque"),
        token_type: TokenType::Bearer,
        expires_in: 3600,
        id_token: Some(Secret::new("a.b.c")),
        scope: ScopeSet::parse("openid email").unwrap(),
    };
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({
            "access_token": "opaque", "token_type": "Bearer", "expires_in": 3600,
            "id_token": "a.b.c", "scope": "openid email"
        })
    );
    let printed = format!("{response:?}");
    assert!(!printed.contains("opaque") && !printed.contains("a.b.c"), "{printed}");
    response.id_token = None;
    assert!(serde_json::to_value(&response).unwrap().get("id_token").is_none());
}

fn claims() -> IdTokenClaims {
    IdTokenClaims {
        iss: "https://idp.example.fr".into(),
        sub: "154".into(),
        aud: "rp".into(),
        exp: Timestamp(2000),
        iat: Timestamp(1000),
        auth_time: Timestamp(900),
        nonce: Some("n".into()),
        acr: "eidas1".into(),
        amr: vec!["pwd".into()],
        at_hash: None,
        sid: "session".into(),
        others: Map::new(),
    }
}

#[test]
fn idt_2_gen_10_the_claims_have_their_types() {
    assert_eq!(
        serde_json::to_value(claims()).unwrap(),
        json!({
            "iss": "https://idp.example.fr", "sub": "154", "aud": "rp", "exp": 2000, "iat": 1000, "auth_time": 900,
            "nonce": "n", "acr": "eidas1", "amr": ["pwd"], "sid": "session"
        })
    );
}

#[test]
fn idt_5_idt_13_members_without_a_value_are_left_out() {
    let mut claims = claims();
    claims.nonce = None;
    claims.amr = Vec::new();
    claims.others.insert("email".into(), json!("a@b.fr"));
    let document = serde_json::to_value(claims).unwrap();
    let mut names: Vec<&String> = document.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["acr", "aud", "auth_time", "email", "exp", "iat", "iss", "sid", "sub"]);
}

#[test]
fn idt_9_imp_4_the_hash_is_the_left_half_of_the_digest() {
    // SHA-256 of "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y" (OIDC Core, appendix A.3).
    let digest = [
        0xef, 0xb4, 0x26, 0x50, 0xfb, 0x63, 0x3d, 0xfc, 0xd6, 0xb4, 0x5d, 0x80, 0x9e, 0x92, 0xbd, 0x45, 0x6a, 0x57,
        0xad, 0x69, 0x6b, 0x79, 0xc7, 0x5b, 0x2d, 0x4c, 0x89, 0x0c, 0x86, 0xfb, 0x4b, 0xa4,
    ];
    assert_eq!(token_hash(&digest), "77QmUPtjPfzWtF2AnpK9RQ");
}
