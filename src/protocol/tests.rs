//! Tables and properties of the words, the parameters and the small documents.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[test]
fn gen_9_words_are_compared_exactly_and_round_trip() {
    for scope in Scope::ALL {
        assert_eq!(Scope::parse(scope.as_str()), Some(*scope));
        assert_eq!(Scope::parse(&scope.as_str().to_uppercase()), None);
    }
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
    }
    assert_eq!(serde_json::to_value(ClientAuthenticationMethod::Basic).unwrap(), json!("client_secret_basic"));
    assert_eq!(serde_json::from_value::<SignatureAlgorithm>(json!("ES256")).unwrap(), SignatureAlgorithm::Es256);
    assert!(serde_json::from_value::<SignatureAlgorithm>(json!("HS256")).is_err());
    assert!(serde_json::from_value::<SignatureAlgorithm>(json!("none")).is_err());
}

#[test]
fn auth_4_auth_5_scopes_have_no_order_and_unknown_ones_are_ignored() {
    let scopes = ScopeSet::parse_requested("offline_access email openid  email").unwrap();
    assert_eq!(scopes.to_string(), "openid email");
    assert_eq!(scopes, ScopeSet::parse_requested("openid email").unwrap());
    assert!(ScopeSet::parse_requested("offline_access rôle").is_err());
    assert_eq!(ScopeSet::parse_requested("a\"b").unwrap_err().code(), ErrorCode::InvalidScope);
    assert_eq!(ScopeSet::parse_requested("openid\temail").unwrap_err().code(), ErrorCode::InvalidScope);
    assert!(ScopeSet::parse_requested("OPENID").unwrap().is_empty());
}

#[test]
fn a_stored_scope_set_is_text_and_an_unknown_word_in_it_is_an_error() {
    let scopes: ScopeSet = serde_json::from_value(json!("profile openid")).unwrap();
    assert_eq!(serde_json::to_value(&scopes).unwrap(), json!("openid profile"));
    let error = serde_json::from_value::<ScopeSet>(json!("openid profil")).unwrap_err();
    assert!(error.to_string().contains("profil"), "{error}");
    assert!(scopes.without(Scope::Openid).is_subset(&scopes));
    assert_eq!(scopes.intersection(&ScopeSet::parse("openid email").unwrap()).to_string(), "openid");
}

proptest! {
    #[test]
    fn gen_15_descriptions_hold_allowed_characters_only(text in any::<String>()) {
        let error = OAuthError::new(ErrorCode::InvalidRequest, text);
        prop_assert!(error.description().bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)));
    }

    #[test]
    fn parameters_read_back_what_was_written(pairs in prop::collection::vec(("[a-z_]{1,8}", any::<String>()), 0..8)) {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let parameters = Parameters::parse(text.as_bytes()).unwrap();
        let read: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(read, pairs);
    }

    #[test]
    fn parameters_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(parameters) = Parameters::parse(&bytes) {
            prop_assert_eq!(parameters.repeated().is_some(), parameters.check_unrepeated().is_err());
        }
    }
}

#[test]
fn gen_15_error_words_hold_allowed_characters_only() {
    for code in ErrorCode::ALL {
        assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
    }
    let error = OAuthError::new(ErrorCode::InvalidScope, "no \"x\"");
    assert_eq!(serde_json::to_value(&error).unwrap(), json!({"error": "invalid_scope", "error_description": "no 'x'"}));
}

#[test]
fn gen_8_an_empty_value_is_absent() {
    let parameters = Parameters::parse(b"state=&nonce&scope=openid&&").unwrap();
    assert_eq!(parameters.get("state"), None);
    assert_eq!(parameters.get("nonce"), None);
    assert_eq!(parameters.get("scope"), Some("openid"));
    assert!(parameters.has("state"));
}

#[test]
fn gen_7_sec_21_a_parameter_that_occurs_twice_is_found() {
    for text in ["a=1&a=2", "a=1&a=1", "a=&a=1", "x=1&a=1&a", "a=1&%61=2"] {
        assert_eq!(Parameters::parse(text.as_bytes()).unwrap().repeated(), Some("a"), "{text}");
    }
    assert_eq!(Parameters::parse(b"a=1&A=2").unwrap().repeated(), None);
    assert_eq!(Parameters::parse(b"resource=a&resource=b&audience=c&audience=d").unwrap().repeated(), None);
}

#[test]
fn malformed_encodings_are_errors_that_name_the_parameter() {
    for text in ["state=%", "state=%4", "state=%zz", "state=%+1", "state=a%2"] {
        assert_eq!(
            Parameters::parse(text.as_bytes()),
            Err(ParametersError::BadEncoding { name: "state".into() }),
            "{text}"
        );
    }
    for text in ["state=%ff", "state=%c3", "state=%ed%a0%80", "state=%c0%af"] {
        assert_eq!(
            Parameters::parse(text.as_bytes()),
            Err(ParametersError::NotUtf8 { name: "state".into() }),
            "{text}"
        );
    }
    assert_eq!(Parameters::parse(b"state=\xff"), Err(ParametersError::NotUtf8 { name: "state".into() }));
    assert_eq!(OAuthError::from(ParametersError::NotUtf8 { name: "\u{e9}\"".into() }).description(), "?' is not UTF-8");
}

#[test]
fn parameters_have_bounds() {
    let many = |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    assert!(Parameters::parse(many(Parameters::MAX_COUNT).as_bytes()).is_ok());
    assert_eq!(Parameters::parse(many(Parameters::MAX_COUNT + 1).as_bytes()), Err(ParametersError::TooMany));
    let long = |bytes: usize| format!("a={}", "x".repeat(bytes - 2));
    assert!(Parameters::parse(long(Parameters::MAX_BYTES).as_bytes()).is_ok());
    assert_eq!(Parameters::parse(long(Parameters::MAX_BYTES + 1).as_bytes()), Err(ParametersError::TooLong));
}

#[test]
fn gen_14_secrets_and_parameters_do_not_print() {
    let parameters = Parameters::parse(b"client_secret=hush&code=hush").unwrap();
    let verifier = CodeVerifier::parse(&"hush".repeat(11)).unwrap();
    let printed = format!("{:?} {:?} {verifier:?}", Secret::new("hush"), parameters);
    assert!(!printed.contains("hush"), "{printed}");
    assert!(printed.contains("client_secret"), "{printed}");
}

#[test]
fn pkce_4_pkce_7_challenges_and_verifiers_have_43_to_128_unreserved_characters() {
    for length in [0, 1, 42, 129, 1000] {
        assert!(CodeChallenge::parse(&"a".repeat(length)).is_none(), "{length}");
        assert!(CodeVerifier::parse(&"a".repeat(length)).is_none(), "{length}");
    }
    for length in [43, 64, 128] {
        assert!(CodeChallenge::parse(&"-".repeat(length)).is_some(), "{length}");
        assert!(CodeVerifier::parse(&"~".repeat(length)).is_some(), "{length}");
    }
    for character in ["=", "+", "/", " ", "%", "\n", "\0", "é"] {
        let text = format!("{}{character}", "a".repeat(43));
        assert!(CodeChallenge::parse(&text).is_none(), "{character:?}");
        assert!(CodeVerifier::parse(&text).is_none(), "{character:?}");
    }
}

#[test]
fn pkce_8_a_challenge_matches_its_digest_only() {
    let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
    assert!(challenge.matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    assert!(!challenge.matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"));
    assert!(!challenge.matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"));
    assert!(!challenge.matches(""));
}

#[test]
fn prm_31_the_first_language_that_we_speak_wins() {
    let table = [
        ("fr", Some(Locale::Fr)),
        ("se", None),
        ("se en fr", Some(Locale::En)),
        ("fr-CA en", Some(Locale::Fr)),
        ("EN-us", Some(Locale::En)),
        ("english", None),
        ("", None),
        ("*", None),
        ("  fr", Some(Locale::Fr)),
    ];
    for (text, expected) in table {
        assert_eq!(Locale::from_ui_locales(text), expected, "{text}");
    }
}

#[test]
fn accept_language_follows_the_weights() {
    let table = [
        ("fr-FR,fr;q=0.9,en;q=0.8", Some(Locale::Fr)),
        ("en-GB, fr;q=0.5", Some(Locale::En)),
        ("fr;q=0.1, en;q=0.2", Some(Locale::En)),
        ("fr;q=0.500, en ; q=0.501", Some(Locale::En)),
        ("fr;q=0, en;q=0.1", Some(Locale::En)),
        ("fr;q=0", None),
        ("de, *;q=0.1", Some(Locale::Fr)),
        ("de, es", None),
        ("", None),
        ("fr;q=2, en;q=0.1", Some(Locale::En)),
        ("fr;q=1.1, en;q=0.1", Some(Locale::En)),
        ("fr;q=abc", None),
        ("fr;level=1", None),
        ("en;q=1.000", Some(Locale::En)),
        (";;;,,,q=", None),
    ];
    for (text, expected) in table {
        assert_eq!(Locale::from_accept_language(text), expected, "{text}");
    }
}

fn metadata() -> Value {
    let at = |path: &str| format!("https://idp.example.fr{path}");
    let features = ProviderFeatures {
        issuer: "https://idp.example.fr".into(),
        endpoints: ProviderEndpoints {
            authorization_endpoint: at("/oauth/authorize"),
            token_endpoint: at("/oauth/token"),
            userinfo_endpoint: at("/oauth/userinfo"),
            jwks_uri: at("/oauth/jwks"),
            end_session_endpoint: at("/oauth/logout"),
        },
        mutual_tls: None,
        scopes: vec![Scope::Openid, Scope::Email],
        claims: vec!["sub".into(), "email".into()],
        acr_values: Vec::new(),
        client_authentication_methods: ClientAuthenticationMethod::ALL.to_vec(),
    };
    serde_json::to_value(ProviderMetadata::new(features)).unwrap()
}

#[test]
fn disc_5_to_disc_20_the_document_says_what_the_code_does() {
    let document = metadata();
    let expected = json!({
        "issuer": "https://idp.example.fr",
        "authorization_endpoint": "https://idp.example.fr/oauth/authorize",
        "token_endpoint": "https://idp.example.fr/oauth/token",
        "userinfo_endpoint": "https://idp.example.fr/oauth/userinfo",
        "jwks_uri": "https://idp.example.fr/oauth/jwks",
        "end_session_endpoint": "https://idp.example.fr/oauth/logout",
        "scopes_supported": ["openid", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "userinfo_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "email"],
        "ui_locales_supported": ["fr", "en"],
        "prompt_values_supported":
            ["none", "login", "consent", "select_account", "select_organization", "update_userinfo"],
        "code_challenge_methods_supported": ["S256"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    assert_eq!(document, expected);
}

#[test]
fn disc_26_no_member_is_null_or_an_empty_list() {
    for (name, value) in metadata().as_object().unwrap() {
        assert!(!value.is_null(), "{name}");
        assert!(value.as_array().is_none_or(|list| !list.is_empty()), "{name}");
    }
}

#[test]
fn rpl_1_a_logout_request_keeps_what_it_knows() {
    let parameters = Parameters::parse(
        b"id_token_hint=a.b.c&client_id=c&post_logout_redirect_uri=https%3A%2F%2Fa.example%2F&state=s+s&ui_locales=se+en&x=1",
    )
    .unwrap();
    let request = LogoutRequest::parse(&parameters).unwrap();
    assert_eq!(request.id_token_hint.as_deref(), Some("a.b.c"));
    assert_eq!(request.client_id.as_deref(), Some("c"));
    assert_eq!(request.post_logout_redirect_uri.as_deref(), Some("https://a.example/"));
    assert_eq!(request.state.as_deref(), Some("s s"));
    assert_eq!(request.locale, Some(Locale::En));
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<LogoutRequest>(&stored).unwrap(), request);
    assert!(!format!("{request:?}").contains("a.b.c"));
    assert_eq!(LogoutRequest::parse(&Parameters::default()).unwrap(), LogoutRequest::default());
}

#[test]
fn rpl_1_gen_7_a_logout_request_refuses_repetition_and_excess() {
    for name in ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"] {
        let repeated = Parameters::parse(format!("{name}=a&{name}=a").as_bytes()).unwrap();
        assert_eq!(LogoutRequest::parse(&repeated).unwrap_err().code(), ErrorCode::InvalidRequest, "{name}");
    }
    let hint = |bytes: usize| Parameters::parse(format!("id_token_hint={}", "a".repeat(bytes)).as_bytes()).unwrap();
    assert!(LogoutRequest::parse(&hint(4096)).is_ok());
    assert!(LogoutRequest::parse(&hint(4097)).is_err());
}

#[test]
fn sec_197_what_lasts_until_a_day_lasts_to_its_last_second_in_paris() {
    let read = |text: &str| Timestamp::parse_end(text).map(|instant| instant.to_iso8601());
    for (text, expected) in [
        ("2027-01-31", "2027-01-31T22:59:59.000Z"),
        ("2027-03-27", "2027-03-27T22:59:59.000Z"),
        ("2027-03-28", "2027-03-28T21:59:59.000Z"),
        ("2027-10-31", "2027-10-31T22:59:59.000Z"),
        ("2027-01-31T12:00:00Z", "2027-01-31T12:00:00.000Z"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
    for text in ["", "2027-02-30", "demain", "31/01/2027"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn r_41_instants_and_dates_are_read_and_nothing_else() {
    let read = |text: &str| Timestamp::parse_iso8601(text).map(|instant| instant.to_iso8601());
    for (text, expected) in [
        ("2024-06-15T16:17:05.000Z", "2024-06-15T16:17:05.000Z"),
        ("2024-06-15T16:17:05.9Z", "2024-06-15T16:17:05.000Z"),
        ("2024-06-15T16:17:05+02:00", "2024-06-15T14:17:05.000Z"),
        ("2024-06-15", "2024-06-15T00:00:00.000Z"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
    for text in ["", "2024", "2024-06", "2024-13-01", "2024-06-15T16:17:05", "15/06/2024", "1718468225", "1960-01-01"] {
        assert_eq!(read(text), None, "{text}");
    }
}
