//! Tables of the authorization request and its answer.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::protocol::{ErrorCode, Locale, OAuthError, Parameters, RedirectUri, RedirectUriPolicy, ScopeSet};

const REDIRECT_URI: &str = "https://rp.example/cb?keep=1";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ISSUER: &str = "https://idp.example.fr";

/// A request with every required parameter, `changes` applied: `None` removes.
fn query(changes: &[(&str, Option<&str>)]) -> String {
    let mut parameters = vec![
        ("client_id", "rp"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "s t+\"é"),
        ("nonce", "n"),
    ];
    for (name, value) in changes {
        parameters.retain(|(present, _)| present != name);
        parameters.extend(value.map(|value| (*name, value)));
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn attempt(query: &str) -> Result<AuthorizationAttempt, OAuthError> {
    AuthorizationAttempt::parse(Parameters::parse(query.as_bytes()).unwrap())
}

fn registered() -> Vec<RedirectUri> {
    let parse = |text| RedirectUri::parse(text, RedirectUriPolicy::default()).unwrap();
    vec![parse(REDIRECT_URI), parse("https://rp.example/other")]
}

fn trusted(query: &str) -> TrustedAttempt {
    attempt(query).unwrap().trust(&registered(), RedirectUriPolicy::default()).unwrap()
}

fn parse_with(
    query: &str,
    adapt: impl FnOnce(&mut ClientRules<'_>),
) -> Result<AuthorizationRequest, Box<AuthorizationRefusal>> {
    let allowed = ScopeSet::parse("openid email profile").unwrap();
    let acr_values = ["eidas1".to_owned()];
    let mut rules = ClientRules {
        response_types: &[ResponseType::Code],
        pkce_required: false,
        allowed_scopes: &allowed,
        default_max_age: Some(3600),
        default_acr_values: &acr_values,
    };
    adapt(&mut rules);
    trusted(query).parse(&rules)
}

fn parse(query: &str) -> Result<AuthorizationRequest, Box<AuthorizationRefusal>> {
    parse_with(query, |_| {})
}

fn refusal(changes: &[(&str, Option<&str>)]) -> ErrorCode {
    parse(&query(changes)).expect_err("must be refused").error.code()
}

#[test]
fn a_plain_request_is_read_whole() {
    let request = parse(&query(&[])).unwrap();
    assert_eq!(request.client_id, "rp");
    assert_eq!(request.return_address.redirect_uri().as_str(), REDIRECT_URI);
    assert_eq!(request.return_address.response_mode(), ResponseMode::Query);
    assert_eq!(request.return_address.state(), Some("s t+\"é"));
    assert_eq!(request.scope.to_string(), "openid email");
    assert_eq!(request.nonce.as_deref(), Some("n"));
    assert!(request.is_openid() && !request.forbids_pages());
}

#[test]
fn sec_22_a_stored_request_reads_back_the_same() {
    let request = parse(&query(&[
        ("prompt", Some("login select_organization")),
        ("code_challenge", Some(CHALLENGE)),
        ("code_challenge_method", Some("S256")),
        ("claims", Some(r#"{"userinfo":{"name":{"essential":true}},"id_token":{"acr":{"values":["a","b"]}}}"#)),
        ("id_token_hint", Some("a.b.c")),
        ("login_hint", Some("a@b.fr")),
        ("ui_locales", Some("se en-GB")),
        ("siret_hint", Some("21630215800011")),
        ("sp_name", Some("Service")),
        ("response_mode", Some("form_post")),
    ]))
    .unwrap();
    assert_eq!(request.locale, Some(Locale::En));
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&stored).unwrap(), request);
    let printed = format!("{request:?}");
    assert!(!printed.contains("a@b.fr") && !printed.contains("a.b.c"), "{printed}");
}

#[test]
fn auth_10_auth_11_sec_18_errors_before_the_client_is_known_are_for_our_page() {
    for name in ["client_id", "redirect_uri", "request", "request_uri"] {
        for value in ["rp", "other"] {
            let doubled = format!("{}&{name}=rp&{name}={value}", query(&[(name, None)]));
            assert_eq!(attempt(&doubled).unwrap_err().code(), ErrorCode::InvalidRequest, "{name}");
        }
    }
    assert_eq!(attempt(&query(&[("client_id", None)])).unwrap_err().code(), ErrorCode::InvalidRequest);
    assert_eq!(attempt(&query(&[("client_id", Some(""))])).unwrap_err().code(), ErrorCode::InvalidRequest);
}

#[test]
fn auth_16_red_3_red_7_an_address_that_is_missing_or_foreign_is_for_our_page() {
    let one = &registered()[..1];
    for value in [None, Some(""), Some("https://rp.example/cb"), Some("https://evil.example/cb"), Some("not a uri")] {
        let attempt = attempt(&query(&[("redirect_uri", value)])).unwrap();
        let error = attempt.trust(one, RedirectUriPolicy::default()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRedirectUri, "{value:?}");
        assert!(!error.description().contains("evil"));
    }
    let unregistered = attempt(&query(&[])).unwrap().trust(&[], RedirectUriPolicy::default());
    assert!(unregistered.is_err(), "an empty list never means any");
}

#[test]
fn auth_12_to_auth_28_the_table_of_redirected_errors() {
    use ErrorCode::{
        InvalidAuthorizationDetails, InvalidRequest, InvalidScope, RegistrationNotSupported, RequestNotSupported,
        RequestUriNotSupported, UnsupportedResponseType,
    };
    let long_nonce = "n".repeat(513);
    let long_state = "s".repeat(2049);
    let long_hint = "h".repeat(4097);
    let long_claims = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "c".repeat(8192));
    let deep_claims = format!(r#"{{"x":{}{}}}"#, "[".repeat(5), "]".repeat(5));
    let table: &[(&str, Option<&str>, ErrorCode)] = &[
        ("request", Some("a.b.c"), RequestNotSupported),
        ("request_uri", Some("https://rp.example/r"), RequestUriNotSupported),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), RequestUriNotSupported),
        ("response_mode", Some("fragment"), InvalidRequest),
        ("response_mode", Some("jwt"), InvalidRequest),
        ("response_mode", Some("FORM_POST"), InvalidRequest),
        ("response_type", None, InvalidRequest),
        ("response_type", Some(""), InvalidRequest),
        ("response_type", Some("token"), UnsupportedResponseType),
        ("response_type", Some("id_token"), UnsupportedResponseType),
        ("response_type", Some("id_token token"), UnsupportedResponseType),
        ("response_type", Some("code id_token"), UnsupportedResponseType),
        ("response_type", Some("code token"), UnsupportedResponseType),
        ("response_type", Some("none"), UnsupportedResponseType),
        ("response_type", Some("CODE"), UnsupportedResponseType),
        ("registration", Some("{}"), RegistrationNotSupported),
        ("scope", None, InvalidScope),
        ("scope", Some("unknown"), InvalidScope),
        ("scope", Some("phone"), InvalidScope),
        ("scope", Some("openid \"x\""), InvalidScope),
        ("state", Some(&long_state), InvalidRequest),
        ("nonce", Some(&long_nonce), InvalidRequest),
        ("code_challenge", Some(CHALLENGE), InvalidRequest),
        ("code_challenge_method", Some("S256"), InvalidRequest),
        ("prompt", Some("none login"), InvalidRequest),
        ("prompt", Some("create"), InvalidRequest),
        ("prompt", Some("Login"), InvalidRequest),
        ("max_age", Some("-1"), InvalidRequest),
        ("max_age", Some("+1"), InvalidRequest),
        ("max_age", Some("1.5"), InvalidRequest),
        ("max_age", Some("soon"), InvalidRequest),
        ("claims", Some("[]"), InvalidRequest),
        ("claims", Some("{"), InvalidRequest),
        ("claims", Some(&long_claims), InvalidRequest),
        ("claims", Some(&deep_claims), InvalidRequest),
        ("id_token_hint", Some(&long_hint), InvalidRequest),
        ("authorization_details", Some("[]"), InvalidAuthorizationDetails),
        ("siret_hint", Some("jean"), InvalidRequest),
        ("siret_hint", Some("216302158000111"), InvalidRequest),
    ];
    for (name, value, expected) in table {
        let refusal = parse(&query(&[(name, *value)])).expect_err(name);
        assert_eq!(refusal.error.code(), *expected, "{name}={value:?}");
        assert_eq!(refusal.return_address.redirect_uri().as_str(), REDIRECT_URI);
    }
}

#[test]
fn auth_14_request_and_request_uri_exclude_each_other() {
    assert_eq!(refusal(&[("request", Some("a")), ("request_uri", Some("b"))]), ErrorCode::InvalidRequest);
}

#[test]
fn auth_17_gen_7_sec_21_any_other_repetition_is_redirected() {
    let names = [
        "response_type",
        "scope",
        "state",
        "nonce",
        "response_mode",
        "display",
        "prompt",
        "max_age",
        "ui_locales",
        "claims_locales",
        "id_token_hint",
        "login_hint",
        "acr_values",
        "claims",
        "registration",
        "code_challenge",
        "code_challenge_method",
        "siret_hint",
        "sp_name",
        "unknown",
    ];
    for name in names {
        for value in ["a", "b"] {
            let doubled = format!("{}&{name}=a&{name}={value}", query(&[(name, None)]));
            let refusal = parse(&doubled).expect_err(name);
            assert_eq!(refusal.error.code(), ErrorCode::InvalidRequest, "{name}");
            assert!(refusal.error.description().contains("repeated"), "{}", refusal.error);
            let state = refusal.return_address.state();
            assert_eq!(state, if name == "state" { None } else { Some("s t+\"é") }, "{name}");
        }
    }
}

#[test]
fn auth_18_rmode_5_trap_2_errors_travel_like_the_success() {
    for (name, value) in [("response_type", None), ("scope", None), ("prompt", Some("create")), ("request", Some("x"))]
    {
        let refusal = parse(&query(&[("response_mode", Some("form_post")), (name, value)])).unwrap_err();
        assert_eq!(refusal.return_address.response_mode(), ResponseMode::FormPost, "{name}");
    }
    let doubled = format!("{}&max_age=1&max_age=2", query(&[("response_mode", Some("form_post"))]));
    assert_eq!(parse(&doubled).unwrap_err().return_address.response_mode(), ResponseMode::FormPost);
}

#[test]
fn rmode_6_errors_fall_back_to_the_query() {
    for mode in ["fragment", "web_message", "x"] {
        let refusal = parse(&query(&[("response_mode", Some(mode))])).unwrap_err();
        assert_eq!(refusal.return_address.response_mode(), ResponseMode::Query);
    }
    let doubled = format!("{}&response_mode=form_post&response_mode=form_post", query(&[]));
    assert_eq!(parse(&doubled).unwrap_err().return_address.response_mode(), ResponseMode::Query);
}

#[test]
fn the_first_failing_check_decides() {
    let order = [
        ("request", "x", "request"),
        ("response_mode", "x", "response_mode"),
        ("response_type", "x", "response_type"),
        ("registration", "x", "registration"),
        ("scope", "\"", "scope"),
        ("code_challenge_method", "plain", "code_challenge"),
        ("prompt", "x", "prompt"),
        ("max_age", "x", "max_age"),
        ("claims", "x", "claims"),
        ("authorization_details", "x", "authorization_details"),
    ];
    for start in 0..order.len() {
        let changes: Vec<(&str, Option<&str>)> =
            order[start..].iter().map(|(name, value, _)| (*name, Some(*value))).collect();
        let error = parse(&query(&changes)).unwrap_err().error;
        assert!(error.description().starts_with(order[start].2), "{start}: {error}");
    }
}

#[test]
fn auth_19_cli_4_sec_39_a_response_type_that_the_client_has_not_registered() {
    let refusal = parse_with(&query(&[]), |rules| rules.response_types = &[]).unwrap_err();
    assert_eq!(refusal.error.code(), ErrorCode::UnauthorizedClient);
}

#[test]
fn auth_5_sec_21_sec_39_scopes_unknown_or_not_allowed_are_left_out() {
    let request = parse(&query(&[("scope", Some("phone idp:x email offline_access openid"))])).unwrap();
    assert_eq!(request.scope.to_string(), "openid email");
}

#[test]
fn auth_3_without_openid_the_request_is_plain_oauth() {
    assert!(!parse(&query(&[("scope", Some("email"))])).unwrap().is_openid());
}

#[test]
fn auth_22_a_code_flow_needs_no_nonce() {
    assert_eq!(parse(&query(&[("nonce", None)])).unwrap().nonce, None);
}

#[test]
fn idt_5_sec_26_nonce_and_state_up_to_their_limits() {
    for length in [1, 43, 64, 384, 512] {
        let nonce = "n".repeat(length);
        assert_eq!(parse(&query(&[("nonce", Some(&nonce))])).unwrap().nonce, Some(nonce));
    }
    for length in [1, 128, 2048] {
        let state = "s".repeat(length);
        let request = parse(&query(&[("state", Some(&state))])).unwrap();
        assert_eq!(request.return_address.state(), Some(state.as_str()));
    }
    assert_eq!(parse(&query(&[("state", Some(""))])).unwrap().return_address.state(), None);
    for (name, length) in [("nonce", 513), ("state", 2_049)] {
        let refused = parse(&query(&[(name, Some(&"x".repeat(length)))])).unwrap_err();
        assert_eq!(refused.error.code(), ErrorCode::InvalidRequest, "{name}");
    }
    let printable: String = (' '..='~').collect();
    let request = parse(&query(&[("state", Some(&printable)), ("nonce", Some(&printable))])).unwrap();
    assert_eq!(request.return_address.state(), Some(printable.as_str()));
    assert_eq!(request.nonce, Some(printable));
}

#[test]
fn pkce_1_pkce_2_pkce_3_sec_25_s256_or_nothing_and_nothing_only_where_allowed() {
    let method = |method| [("code_challenge", Some(CHALLENGE)), ("code_challenge_method", method)];
    for required in [false, true] {
        let read =
            |changes: &[(&str, Option<&str>)]| parse_with(&query(changes), |rules| rules.pkce_required = required);
        assert!(read(&method(Some("S256"))).unwrap().code_challenge.is_some());
        for refused in [Some("plain"), Some("s256"), Some("S512"), Some(""), None] {
            let error = read(&method(refused)).unwrap_err().error;
            assert_eq!(error.code(), ErrorCode::InvalidRequest, "{refused:?}");
        }
        assert_eq!(read(&[]).is_ok(), !required);
    }
    let short = [("code_challenge", Some("short")), ("code_challenge_method", Some("S256"))];
    assert_eq!(refusal(&short), ErrorCode::InvalidRequest);
}

#[test]
fn auth_24_prm_5_prompts_combine_and_are_marked_done() {
    let request = parse(&query(&[("prompt", Some("consent login"))])).unwrap();
    assert_eq!(request.prompt.to_string(), "login consent");
    assert_eq!(request.prompt.without(Prompt::Login).to_string(), "consent");
    assert!(parse(&query(&[("prompt", Some("none"))])).unwrap().forbids_pages());
}

#[test]
fn prm_10_prm_13_cli_5_max_age_and_the_clients_default() {
    assert_eq!(parse(&query(&[("max_age", Some("0"))])).unwrap().max_age, Some(0));
    assert_eq!(parse(&query(&[("max_age", Some("10000"))])).unwrap().max_age, Some(10_000));
    assert_eq!(parse(&query(&[("max_age", Some("99999999999999999999"))])).unwrap().max_age, Some(u64::MAX));
    assert_eq!(parse(&query(&[])).unwrap().max_age, Some(3600));
    assert_eq!(parse_with(&query(&[]), |rules| rules.default_max_age = None).unwrap().max_age, None);
}

#[test]
fn prm_40_prm_41_prm_42_cli_5_which_levels_are_asked_for() {
    let demand = |changes: &[(&str, Option<&str>)]| parse(&query(changes)).unwrap().acr_demand();
    let expect = |values: &[&str], essential| AcrDemand {
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        essential,
    };
    assert_eq!(demand(&[]), expect(&["eidas1"], false));
    assert_eq!(demand(&[("acr_values", Some("a  b"))]), expect(&["a", "b"], false));
    let claims = |acr: &str| format!(r#"{{"id_token":{{"acr":{acr}}}}}"#);
    let both = |acr: &str| demand(&[("acr_values", Some("a")), ("claims", Some(&claims(acr)))]);
    assert_eq!(both(r#"{"essential":true,"value":"x"}"#), expect(&["x"], true));
    assert_eq!(both(r#"{"essential":true,"values":["x","y"]}"#), expect(&["x", "y"], true));
    assert_eq!(both(r#"{"values":["x"]}"#), expect(&["x"], false));
    assert_eq!(both(r#"{"essential":true}"#), expect(&["a"], false));
    assert_eq!(both("null"), expect(&["a"], false));
    assert_eq!(both(r#"{"essential":true,"value":1}"#), expect(&[], true));
}

#[test]
fn prm_30_to_prm_33_gen_8_hints_and_unknown_parameters_are_never_an_error() {
    let hint = "é".repeat(300);
    let request = parse(&query(&[
        ("login_hint", Some(&hint)),
        ("ui_locales", Some("se")),
        ("claims_locales", Some("se")),
        ("display", Some("hologram")),
        ("acr_values", Some("none of these")),
        ("foo", Some("bar")),
        ("sp_name", Some(&hint)),
    ]))
    .unwrap();
    assert_eq!(request.login_hint, Some("é".repeat(254)));
    assert_eq!(request.sp_name, Some("é".repeat(100)));
    assert_eq!(request.locale, None);
}

#[test]
fn auth_26_clm_6_sec_30_the_shape_of_claims() {
    let accepted = [
        "{}",
        r#"{"userinfo":null,"id_token":null}"#,
        r#"{"userinfo":{"name":null,"email":{"essential":true},"x":{"value":1},"y":{"values":[1,"a"],"z":{}}}}"#,
        r#"{"other":[[1]]}"#,
        r#"{"id_token":{"a[[[[[[[[b":null}}"#,
        r#"{"id_token":{"a\"[[[[[[[[b":null}}"#,
    ];
    for text in accepted {
        assert!(ClaimsRequest::parse(text).is_ok(), "{text}");
    }
    let refused = [
        "null",
        "1",
        "\"x\"",
        "",
        r#"{"userinfo":[]}"#,
        r#"{"userinfo":"name"}"#,
        r#"{"userinfo":{"name":true}}"#,
        r#"{"userinfo":{"name":["x"]}}"#,
        r#"{"userinfo":{"name":{"essential":"true"}}}"#,
        r#"{"userinfo":{"name":{"essential":null}}}"#,
        r#"{"userinfo":{"name":{"values":"x"}}}"#,
        r#"{"userinfo":{"name":{"value":{"a":{"b":{}}}}}}"#,
        r#"{"userinfo":{}} trailing"#,
    ];
    for text in refused {
        assert_eq!(ClaimsRequest::parse(text).unwrap_err().code(), ErrorCode::InvalidRequest, "{text}");
    }
    assert!(ClaimsRequest::parse(&"[".repeat(8000)).is_err());
    let parsed = ClaimsRequest::parse(accepted[2]).unwrap();
    assert!(parsed.userinfo["email"].essential && !parsed.userinfo["name"].essential);
    assert_eq!(parsed.userinfo["y"].values, vec![json!(1), json!("a")]);
    assert!(parsed.id_token.is_empty());
}

#[test]
fn prm_23_sec_30_a_subject_that_is_asked_for_must_be_the_one() {
    let table = [
        (r#"{"id_token":{"sub":null}}"#, true, true),
        (r#"{"id_token":{"sub":{"value":"1"}}}"#, true, false),
        (r#"{"userinfo":{"sub":{"essential":true,"value":"2"}}}"#, false, true),
        (r#"{"id_token":{"sub":{"values":["1","2"]}}}"#, true, true),
        (r#"{"id_token":{"sub":{"value":"1"}},"userinfo":{"sub":{"value":"2"}}}"#, false, false),
        (r#"{"id_token":{"sub":{"value":1}}}"#, false, false),
        ("{}", true, true),
    ];
    for (text, one, two) in table {
        let claims = ClaimsRequest::parse(text).unwrap();
        assert_eq!((claims.accepts_subject("1"), claims.accepts_subject("2")), (one, two), "{text}");
    }
}

fn names(response: &AuthorizationResponse) -> Vec<&'static str> {
    response.parameters().iter().map(|(name, _)| *name).collect()
}

#[test]
fn arsp_1_arsp_2_arsp_3_iss_1_success_holds_code_state_and_issuer() {
    let request = parse(&query(&[])).unwrap();
    let response = AuthorizationResponse::success(&request.return_address, "the-code", ISSUER);
    assert_eq!(names(&response), ["code", "state", "iss"]);
    assert_eq!(
        response.location(),
        "https://rp.example/cb?keep=1&code=the-code&state=s%20t%2B%22%C3%A9&iss=https%3A%2F%2Fidp.example.fr"
    );
    assert!(!format!("{response:?}").contains("the-code"));
    let stateless = parse(&query(&[("state", None)])).unwrap();
    let response = AuthorizationResponse::success(&stateless.return_address, "c", ISSUER);
    assert_eq!(names(&response), ["code", "iss"]);
}

#[test]
fn arsp_7_arsp_8_a_refusal_holds_no_code() {
    let refusal = parse(&query(&[("prompt", Some("none login"))])).unwrap_err();
    let response = AuthorizationResponse::refusal(&refusal.return_address, &refusal.error, ISSUER);
    assert_eq!(names(&response), ["error", "error_description", "state", "iss"]);
    assert_eq!(response.parameters()[0].1, "invalid_request");
    let refusal = trusted(&query(&[])).refuse(OAuthError::new(ErrorCode::LoginRequired, ""));
    let response = AuthorizationResponse::refusal(&refusal.return_address, &refusal.error, ISSUER);
    assert_eq!(names(&response), ["error", "state", "iss"]);
}

proptest! {
    #[test]
    fn arsp_1_any_state_comes_back_unchanged(state in "\\PC{1,100}") {
        let request = parse(&query(&[("state", Some(&state))])).unwrap();
        let response = AuthorizationResponse::success(&request.return_address, "c", ISSUER);
        let url = url::Url::parse(&response.location()).unwrap();
        let returned = url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        prop_assert_eq!(returned, Some(state));
    }

    #[test]
    fn sec_30_claims_never_panic(text in "[{}\\[\\]\":,a-z0-9 \\\\]{0,60}") {
        if let Ok(claims) = ClaimsRequest::parse(&text) {
            let stored = serde_json::to_string(&claims).unwrap();
            prop_assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), claims);
        }
    }
}
