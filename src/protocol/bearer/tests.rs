//! Where tokens may stand, and the table of challenges.

use super::*;
use crate::protocol::{Parameters, ScopeSet};

fn parse(authorization: Option<&str>, query: Option<&str>, form: Option<&str>) -> Result<String, u16> {
    let form = form.map(|form| Parameters::parse(form.as_bytes()).unwrap());
    let sources = BearerSources { authorization, query, form: form.as_ref() };
    BearerToken::parse(sources).map(|token| token.expose().to_owned()).map_err(|challenge| challenge.status())
}

#[test]
fn at_10_sec_38_the_scheme_has_no_case() {
    for header in ["Bearer abc", "bearer abc", "BEARER abc", "bEaReR   abc "] {
        assert_eq!(parse(Some(header), None, None), Ok("abc".into()), "{header}");
    }
    assert_eq!(parse(Some("Bearer a-b.c_d~e+f/g=="), None, None), Ok("a-b.c_d~e+f/g==".into()));
}

#[test]
fn at_11_a_form_may_hold_the_token() {
    assert_eq!(parse(None, None, Some("access_token=abc")), Ok("abc".into()));
    assert_eq!(parse(None, None, Some("access_token=abc&access_token=abc")), Err(400));
}

#[test]
fn at_12_at_13_sec_38_the_query_and_two_places_are_refused() {
    assert_eq!(parse(None, Some("access_token=abc"), None), Err(400));
    assert_eq!(parse(Some("Bearer abc"), Some("access_token=abc"), None), Err(400));
    assert_eq!(parse(Some("Bearer abc"), Some("x=%zz"), None), Err(400));
    assert_eq!(parse(Some("Bearer abc"), None, Some("access_token=abc")), Err(400));
    assert_eq!(parse(Some("Bearer abc"), Some("x=1"), Some("x=1")), Ok("abc".into()));
}

#[test]
fn at_14_no_token_and_malformed_tokens() {
    for header in [None, Some(""), Some("Basic abc"), Some("abc"), Some("Bearerabc")] {
        assert_eq!(parse(header, None, None), Err(401), "{header:?}");
    }
    for header in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \"a\"", "Bearer =", "Bearer é"] {
        assert_eq!(parse(Some(header), None, None), Err(400), "{header}");
    }
}

#[test]
fn at_14_the_table_of_challenges() {
    let table = [
        (BearerChallenge::NoToken, 401, r#"Bearer realm="userinfo""#),
        (
            BearerChallenge::InvalidRequest("two\r\n\"tokens\"".into()),
            400,
            r#"Bearer realm="userinfo", error="invalid_request", error_description="two??'tokens'""#,
        ),
        (
            BearerChallenge::InvalidToken,
            401,
            r#"Bearer realm="userinfo", error="invalid_token", error_description="the access token is unknown, expired or revoked""#,
        ),
        (
            BearerChallenge::InsufficientScope(ScopeSet::parse("openid").unwrap()),
            403,
            r#"Bearer realm="userinfo", error="insufficient_scope", error_description="the access token does not cover this", scope="openid""#,
        ),
        (
            BearerChallenge::WrongSource,
            403,
            r#"Bearer realm="userinfo", error="access_denied", error_description="the access token is not taken from this address""#,
        ),
    ];
    for (challenge, status, header) in table {
        assert_eq!(challenge.status(), status);
        assert_eq!(challenge.header("userinfo"), header);
        assert_eq!(challenge.error().is_none(), challenge == BearerChallenge::NoToken);
    }
}

#[test]
fn gen_14_tokens_do_not_print() {
    let sources = BearerSources { authorization: Some("Bearer hush"), query: None, form: None };
    assert!(!format!("{:?}", BearerToken::parse(sources)).contains("hush"));
}
