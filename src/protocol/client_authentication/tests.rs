//! The corpus of credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::protocol::{ErrorCode, OAuthError, Parameters};

fn parse(authorization: Option<&str>, query: Option<&str>, body: &str) -> Result<ClientCredentials, OAuthError> {
    let body = Parameters::parse(body.as_bytes()).unwrap();
    ClientCredentials::parse(CredentialSources { authorization, query, body: &body })
}

fn basic(pair: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

fn read(credentials: &ClientCredentials) -> (ClientAuthenticationMethod, &str, Option<&str>) {
    (credentials.method(), credentials.client_id(), credentials.secret().map(|secret| secret.expose()))
}

#[test]
fn cauth_4_cauth_5_each_method_alone_is_read() {
    let header = basic(b"rp:s3cret");
    for scheme in ["Basic", "basic", "BASIC"] {
        let header = header.replace("Basic", scheme);
        let credentials = parse(Some(&header), None, "grant_type=x").unwrap();
        assert_eq!(read(&credentials), (ClientAuthenticationMethod::Basic, "rp", Some("s3cret")));
    }
    let credentials = parse(None, None, "client_id=rp&client_secret=s3cret").unwrap();
    assert_eq!(read(&credentials), (ClientAuthenticationMethod::Post, "rp", Some("s3cret")));
    let credentials = parse(None, None, "client_id=rp").unwrap();
    assert_eq!(read(&credentials), (ClientAuthenticationMethod::None, "rp", None));
    let credentials = parse(None, None, "client_id=rp&client_secret=").unwrap();
    assert_eq!(credentials.method(), ClientAuthenticationMethod::None, "an empty value is absent");
}

#[test]
fn cauth_3_basic_halves_are_form_decoded_after_the_first_colon() {
    let table: [(&[u8], &str, &str); 5] = [
        (b"a:b:c", "a", "b:c"),
        (b"a%3Ab:c%3Ad", "a:b", "c:d"),
        (b"a+b:c+d", "a b", "c d"),
        (b"a:%2B%25", "a", "+%"),
        (b"a: x ", "a", " x "),
    ];
    for (pair, id, secret) in table {
        let credentials = parse(Some(&basic(pair)), None, "").unwrap();
        assert_eq!(read(&credentials), (ClientAuthenticationMethod::Basic, id, Some(secret)));
    }
}

#[test]
fn sec_43_malformed_basic_proves_nothing() {
    let unencoded =
        ["Basic", "Basic ", "Basic rp:secret", "Basic !!!!", "Basic cnA6cw", "Basic cnA6cw=", "Bearer x", ""];
    let pairs: [&[u8]; 10] =
        [b"rp", b"rp:", b":secret", b":", b"", b"rp:%zz", b"rp:100%", b"rp:\xff", b"rp:a\0b", b"r%00p:secret"];
    let encoded: Vec<String> = pairs.iter().map(|pair| basic(pair)).collect();
    for header in unencoded.into_iter().chain(encoded.iter().map(String::as_str)) {
        let error = parse(Some(header), None, "grant_type=authorization_code").unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidClient, "{header:?}");
    }
}

#[test]
fn cauth_1_sec_43_more_than_one_method_is_refused() {
    let header = basic(b"rp:s");
    let table = [
        (Some(header.as_str()), "client_secret=s"),
        (Some(header.as_str()), "client_id=rp&client_secret=s"),
        (Some("Bearer x"), "client_secret=s"),
        (Some(header.as_str()), "client_assertion=a"),
        (Some(header.as_str()), "client_assertion_type=a"),
        (None, "client_id=rp&client_secret=s&client_assertion=a"),
        (Some(header.as_str()), "client_id=other"),
    ];
    for (authorization, body) in table {
        let error = parse(authorization, None, body).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest, "{body}");
    }
    assert!(parse(Some(&header), None, "client_id=rp").is_ok(), "naming itself twice is not a second method");
}

#[test]
fn cauth_4_sec_21_nothing_secret_stands_in_the_query() {
    for query in [
        "client_secret=s",
        "client_id=rp&client_secret=",
        "code=c",
        "client_assertion=a",
        "code_verifier=v",
        "%63ode=c",
    ] {
        let error = parse(None, Some(query), "client_id=rp").unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest, "{query}");
    }
    assert_eq!(parse(None, Some("client_id=%zz"), "client_id=rp").unwrap_err().code(), ErrorCode::InvalidRequest);
    assert_eq!(parse(None, Some("client_id=rp"), "").unwrap_err().code(), ErrorCode::InvalidClient);
    assert!(parse(None, Some("trace=1"), "client_id=rp").is_ok());
}

#[test]
fn gen_7_sec_21_repeated_credentials_are_refused() {
    for body in ["client_id=a&client_id=a", "client_id=a&client_secret=s&client_secret=s", "client_id=a&x=1&x=2"] {
        assert_eq!(parse(None, None, body).unwrap_err().code(), ErrorCode::InvalidRequest, "{body}");
    }
}

#[test]
fn a_client_that_does_not_say_who_it_is_proves_nothing() {
    for body in [
        "",
        "client_id=",
        "client_secret=s",
        "client_id=r%00p",
        "client_id=rp&client_secret=%00",
        "client_id=rp&client_assertion=a",
    ] {
        assert_eq!(parse(None, None, body).unwrap_err().code(), ErrorCode::InvalidClient, "{body}");
    }
}

#[test]
fn gen_14_credentials_do_not_print() {
    let printed = format!("{:?}", parse(Some(&basic(b"rp:s3cret")), None, "").unwrap());
    assert!(printed.contains("rp") && !printed.contains("s3cret"), "{printed}");
}

proptest! {
    #[test]
    fn cauth_3_any_visible_pair_round_trips(id in "[ -~]{1,20}", secret in "[ -~]{1,40}") {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let header = basic(format!("{}:{}", encode(&id), encode(&secret)).as_bytes());
        let credentials = parse(Some(&header), None, "").unwrap();
        prop_assert_eq!(read(&credentials), (ClientAuthenticationMethod::Basic, id.as_str(), Some(secret.as_str())));
    }

    #[test]
    fn sec_43_no_header_panics_or_gives_an_empty_secret(header in any::<String>(), pair in any::<Vec<u8>>()) {
        for header in [header, basic(&pair)] {
            if let Ok(credentials) = parse(Some(&header), None, "") {
                prop_assert!(credentials.secret().is_some_and(|secret| !secret.expose().is_empty()));
            }
        }
    }
}

#[test]
fn sec_134_a_thumbprint_is_read_as_tools_print_it_and_nothing_else_is_one() {
    let plain = "0123456789abcdef".repeat(4);
    let read: CertificateThumbprint = plain.parse().unwrap();
    let shown = read.to_string();
    assert!(shown.starts_with("01:23:45:67:89:AB:CD:EF:01:"), "{shown}");
    for text in [shown.as_str(), &plain.to_uppercase(), &shown.replace(':', " ")] {
        assert_eq!(text.parse(), Ok(read), "{text}");
    }
    let missing = "é".repeat(64);
    for text in ["", "0", &plain[1..], &format!("{plain}0"), &plain.replace('0', "g"), &missing] {
        assert_eq!(text.parse::<CertificateThumbprint>(), Err(MalformedThumbprint), "{text}");
    }
    let document = serde_json::to_string(&read).unwrap();
    assert_eq!(document, format!("{shown:?}"));
    assert_eq!(serde_json::from_str::<CertificateThumbprint>(&document).unwrap(), read);
}
