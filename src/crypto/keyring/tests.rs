//! What the keyring signs, publishes and accepts back; one vector for each named attack.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::crypto::Random;

const NOW: Timestamp = Timestamp(1_700_000_000);

fn key(algorithm: SignatureAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm, 2048, "", NOW).unwrap()
}

/// A keyring whose ES256 and RS256 keys sign.
fn keyring() -> Keyring {
    let keys = SignatureAlgorithm::ALL.iter().map(|algorithm| key(*algorithm).activated(NOW).unwrap()).collect();
    Keyring::new(KeySet::new(keys).unwrap())
}

fn es256_keyring() -> Keyring {
    Keyring::new(KeySet::new(vec![key(SignatureAlgorithm::Es256).activated(NOW).unwrap()]).unwrap())
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parts(token: &str) -> (Value, Value, Vec<u8>) {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (read(parts[0]), read(parts[1]), URL_SAFE_NO_PAD.decode(parts[2]).unwrap())
}

/// Signs any bytes as header and claims with the ring's key, as only somebody with our key could.
fn sign_raw(ring: &Keyring, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let set = ring.set();
    let key = set.find_current(SignatureAlgorithm::Es256).unwrap();
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key.pair().encoding_key(), key.pair().algorithm()).unwrap();
    format!("{message}.{signature}")
}

fn kid(ring: &Keyring) -> String {
    ring.set().find_current(SignatureAlgorithm::Es256).unwrap().kid().to_owned()
}

#[test]
fn key_6_signatures_verify_with_the_published_members_alone() {
    let ring = keyring();
    let jwks = ring.jwks();
    for algorithm in SignatureAlgorithm::ALL {
        let token = ring.sign(*algorithm, Some("JWT"), &json!({ "sub": "é" })).unwrap();
        let (header, claims, signature) = parts(&token);
        assert_eq!(claims, json!({ "sub": "é" }));
        let jwk = jwks["keys"].as_array().unwrap().iter().find(|jwk| jwk["kid"] == header["kid"]).unwrap();
        assert_eq!(header, json!({ "typ": "JWT", "alg": algorithm.as_str(), "kid": jwk["kid"] }));
        assert_eq!(jwk["alg"], header["alg"]);
        let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let message = token.rsplit_once('.').unwrap().0.as_bytes();
        match algorithm {
            SignatureAlgorithm::Rs256 => RsaPublicKeyComponents { n: member("n"), e: member("e") }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature)
                .unwrap(),
            SignatureAlgorithm::Es256 => {
                let point = [vec![4], member("x"), member("y")].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &signature).unwrap();
            }
        }
    }
}

#[test]
fn sec_52_key_3_the_published_set_holds_public_members_only() {
    let ring = keyring();
    let jwks = ring.jwks();
    let expected = [
        ("RS256", vec!["alg", "e", "kid", "kty", "n", "use"]),
        ("ES256", vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
    ];
    for (jwk, (alg, members)) in jwks["keys"].as_array().unwrap().iter().zip(expected) {
        assert_eq!((jwk["alg"].as_str(), jwk["use"].as_str()), (Some(alg), Some("sig")));
        let mut names: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, members);
    }
    assert_eq!(jwks["keys"][0]["e"], "AQAB");
    assert_eq!(jwks["keys"][0]["n"].as_str().unwrap().len(), 342, "2048 bits without a leading zero");
    assert_eq!(jwks["keys"][1]["x"].as_str().unwrap().len(), 43);
}

#[test]
fn sec_52_a_kid_is_the_thumbprint_with_its_prefix() {
    for algorithm in SignatureAlgorithm::ALL {
        let key = SigningKey::generate(*algorithm, 2048, "mock-", NOW).unwrap();
        let jwk = key.public_jwk();
        let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
        let canonical = match algorithm {
            SignatureAlgorithm::Rs256 => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text("e"), text("n")),
            SignatureAlgorithm::Es256 => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y"))
            }
        };
        assert_eq!(key.kid(), format!("mock-{}", encode(crate::crypto::sha256(canonical.as_bytes()))));
    }
}

#[test]
fn r_14_rsa_keys_have_the_size_that_was_asked_for() {
    let key = SigningKey::generate(SignatureAlgorithm::Rs256, 3072, "", NOW).unwrap();
    assert_eq!(key.public_jwk()["n"].as_str().unwrap().len(), 512);
    for bits in [0, 1024, 2047, 8192] {
        let refused = SigningKey::generate(SignatureAlgorithm::Rs256, bits, "", NOW);
        assert_eq!(refused.unwrap_err(), KeyError::Size);
    }
}

#[test]
fn key_18_sec_55_a_stored_key_is_sealed_and_opens_to_the_same_key() {
    let random = Random::system();
    let master = MasterKey::generate(&random);
    for algorithm in SignatureAlgorithm::ALL {
        let key = SigningKey::generate(*algorithm, 2048, "own-", NOW).unwrap().activated(NOW).unwrap();
        let record = key.to_record(&master, &random).unwrap();
        let text = serde_json::to_string(&record).unwrap();
        let record: SigningKeyRecord = serde_json::from_str(&text).unwrap();
        let ring = Keyring::new(KeySet::from_records([&record], &master).unwrap());
        assert_eq!(ring.set().keys()[0].public_jwk(), key.public_jwk());
        assert_eq!(ring.set().keys()[0].state(), key.state());
        let token = ring.sign(*algorithm, None, &json!({})).unwrap();
        assert!(Keyring::new(KeySet::new(vec![key]).unwrap()).verify(&token, TokenType::IdToken).is_ok());

        let other = MasterKey::generate(&random);
        let refused = SigningKey::from_record(&record, &other);
        assert_eq!(refused.unwrap_err(), KeyError::Sealed(crate::crypto::OpenError::OtherKey));
        let renamed = SigningKeyRecord { kid: "other".to_owned(), ..record };
        assert!(SigningKey::from_record(&renamed, &master).is_err());
    }
}

#[test]
fn a_key_is_read_from_pem_of_its_own_algorithm_only() {
    let made = key(SignatureAlgorithm::Es256);
    let jwt_signer::KeyPair::Ec(pair) = &*made.pair().pair else { panic!("an EC key") };
    let body = STANDARD.encode(pair.to_pkcs8v1().unwrap());
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let read = |pem: &str, algorithm| SigningKey::from_pkcs8_pem(pem, algorithm, "mock-", NOW);
    assert_eq!(read(&pem, SignatureAlgorithm::Es256).unwrap().kid(), format!("mock-{}", made.kid()));
    assert_eq!(read(&pem, SignatureAlgorithm::Rs256).unwrap_err(), KeyError::Malformed);
    for broken in
        [String::new(), pem.replace("PRIVATE", "PUBLIC"), pem.replace("\n-----END", "A\n-----END"), format!("x{pem}")]
    {
        assert_eq!(read(&broken, SignatureAlgorithm::Es256).unwrap_err(), KeyError::Malformed);
    }
}

#[test]
fn no_key_prints_its_private_part() {
    let key = key(SignatureAlgorithm::Es256);
    assert_eq!(
        format!("{key:?}"),
        format!("SigningKey(ES256 {} Next {{ created_at: Timestamp(1700000000) }})", key.kid())
    );
}

#[test]
fn sec_53_a_key_is_published_before_it_signs_and_after() {
    let first = key(SignatureAlgorithm::Es256).activated(NOW).unwrap();
    let second = key(SignatureAlgorithm::Es256);
    let rsa = key(SignatureAlgorithm::Rs256).activated(NOW).unwrap();
    let (first_kid, second_kid) = (first.kid().to_owned(), second.kid().to_owned());
    let ring = Keyring::new(KeySet::new(vec![first, second, rsa]).unwrap());
    let published = |ring: &Keyring| {
        ring.jwks()["keys"].as_array().unwrap().iter().map(|jwk| jwk["kid"].clone()).collect::<Vec<_>>()
    };
    assert!(published(&ring).contains(&json!(second_kid)), "published before it signs");
    let before = ring.sign(SignatureAlgorithm::Es256, None, &json!({})).unwrap();
    assert_eq!(parts(&before).0["kid"], json!(first_kid));

    let later = Timestamp(NOW.0 + 86_400);
    ring.replace(ring.set().rotated(key(SignatureAlgorithm::Es256), later).unwrap());
    let after = ring.sign(SignatureAlgorithm::Es256, None, &json!({})).unwrap();
    assert_eq!(parts(&after).0["kid"], json!(second_kid));
    assert!(published(&ring).contains(&json!(first_kid)), "published after it signed");
    assert_eq!(published(&ring).len(), 4);
    assert!(ring.verify(&before, TokenType::IdToken).is_ok());
    let set = ring.set();
    let retired = set.keys().iter().find(|key| key.kid() == first_kid).unwrap();
    assert_eq!(retired.state(), KeyState::Retired { created_at: NOW, activated_at: NOW, retired_at: later });
    assert!(set.find_current(SignatureAlgorithm::Rs256).is_some(), "the other algorithm is left alone");
}

#[test]
fn a_set_has_one_next_and_one_current_key_per_algorithm() {
    let next = || key(SignatureAlgorithm::Es256);
    let current = || next().activated(NOW).unwrap();
    let refused = |keys| KeySet::new(keys).unwrap_err();
    assert_eq!(refused(vec![next(), next()]), KeySetError::SameState);
    assert_eq!(refused(vec![current(), current()]), KeySetError::SameState);
    let twice = current();
    assert_eq!(refused(vec![twice.clone(), twice.retired(NOW).unwrap()]), KeySetError::SameKid);
    let without_next = KeySet::new(vec![current()]).unwrap();
    assert_eq!(without_next.rotated(next(), NOW).unwrap_err(), KeySetError::NoNext);
    assert_eq!(next().retired(NOW).unwrap_err(), KeyError::WrongState);
    assert_eq!(current().activated(NOW).unwrap_err(), KeyError::WrongState);
    assert_eq!(current().retired(NOW).unwrap().retired(NOW).unwrap_err(), KeyError::WrongState);
}

#[test]
fn an_empty_keyring_signs_nothing_and_says_so() {
    let ring = Keyring::default();
    assert!(!ring.is_ready());
    assert!(matches!(ring.sign(SignatureAlgorithm::Rs256, None, &json!({})), Err(SignError::NoKey(_))));
    assert_eq!(ring.jwks(), json!({ "keys": [] }));
    assert!(!es256_keyring().is_ready(), "RS256 is missing");
    assert!(keyring().is_ready());
}

#[test]
fn two_keyrings_in_one_process_do_not_know_each_other() {
    let (one, other) = (es256_keyring(), es256_keyring());
    let token = one.sign(SignatureAlgorithm::Es256, None, &json!({ "sub": "1" })).unwrap();
    assert_eq!(one.verify(&token, TokenType::IdToken).unwrap()["sub"], "1");
    assert_eq!(other.verify(&token, TokenType::IdToken), Err(VerifyError::UnknownKey));
}

#[test]
fn sec_28_an_expired_token_is_still_a_hint() {
    let ring = es256_keyring();
    let token = ring.sign(SignatureAlgorithm::Es256, Some("JWT"), &json!({ "sub": "1", "exp": 1 })).unwrap();
    assert!(ring.verify(&token, TokenType::IdToken).is_ok());
}

#[test]
fn sec_9_a_token_of_another_kind_is_refused() {
    let ring = es256_keyring();
    let access = ring.sign(SignatureAlgorithm::Es256, Some("at+jwt"), &json!({})).unwrap();
    assert_eq!(ring.verify(&access, TokenType::IdToken), Err(VerifyError::Refused));
    assert!(ring.verify(&access, TokenType::Named("at+jwt")).is_ok());
    let untyped = ring.sign(SignatureAlgorithm::Es256, None, &json!({})).unwrap();
    assert_eq!(ring.verify(&untyped, TokenType::Named("at+jwt")), Err(VerifyError::Refused));
    let odd = sign_raw(&ring, &format!(r#"{{"typ":1,"alg":"ES256","kid":"{}"}}"#, kid(&ring)), "{}");
    assert_eq!(ring.verify(&odd, TokenType::IdToken), Err(VerifyError::Refused));
}

#[test]
fn sec_50_the_algorithm_is_the_keys_and_not_the_tokens() {
    let ring = keyring();
    let set = ring.set();
    let claims = encode(r#"{"sub":"1"}"#);
    let forge = |alg: &str, kid: &str, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let message = format!("{}.{claims}", encode(format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#)));
        let signature = encode(sign(message.as_bytes()));
        ring.verify(&format!("{message}.{signature}"), TokenType::IdToken).unwrap_err()
    };
    for key in set.keys() {
        let jwk = key.public_jwk().to_string();
        for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "PS256", "RS512", "ES384", "EdDSA"] {
            // The public key as the secret of a MAC: the old confusion of RS256 with HS256.
            let mac = |message: &[u8]| {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, jwk.as_bytes()), message).as_ref().to_vec()
            };
            assert_eq!(forge(alg, key.kid(), &mac), VerifyError::Refused, "{alg}");
        }
        let other = if key.algorithm() == SignatureAlgorithm::Rs256 { "ES256" } else { "RS256" };
        assert_eq!(forge(other, key.kid(), &|_| vec![0; 64]), VerifyError::Refused);
        // r = s = 0 and other signatures that need no key.
        for signature in [vec![0; 64], vec![0; 256], vec![0xff; 64], vec![1]] {
            let alg = key.algorithm().as_str();
            assert_eq!(forge(alg, key.kid(), &|_| signature.clone()), VerifyError::Signature);
        }
    }
    let unsigned = format!("{}.{claims}.", encode(r#"{"alg":"none"}"#));
    assert_eq!(ring.verify(&unsigned, TokenType::IdToken), Err(VerifyError::Malformed));
}

#[test]
fn sec_50_key_10_a_header_brings_no_key_and_no_extension() {
    let ring = es256_keyring();
    let kid = kid(&ring);
    let attacker = key(SignatureAlgorithm::Es256);
    for member in [
        format!(r#""jwk":{}"#, attacker.public_jwk()),
        r#""jku":"https://attacker.example/keys""#.to_owned(),
        r#""x5u":"https://attacker.example/certificate""#.to_owned(),
        r#""x5c":["AAAA"]"#.to_owned(),
        r#""crit":["b64"],"b64":false"#.to_owned(),
        r#""crit":[]"#.to_owned(),
        r#""b64":true"#.to_owned(),
        r#""zip":"DEF""#.to_owned(),
    ] {
        let token = sign_raw(&ring, &format!(r#"{{"alg":"ES256","kid":"{kid}",{member}}}"#), "{}");
        assert_eq!(ring.verify(&token, TokenType::IdToken), Err(VerifyError::Refused), "{member}");
    }
}

#[test]
fn sec_50_a_kid_is_compared_and_nothing_else() {
    let ring = es256_keyring();
    let long = "a".repeat(1_000_000);
    for odd in ["../../key", "' OR 1=1 --", "a\\r\\nb", "", "\\u0000", "é", "%2e", &"k".repeat(129), &long] {
        let token = sign_raw(&ring, &format!(r#"{{"alg":"ES256","kid":"{odd}"}}"#), "{}");
        let expected = if odd.len() > 4096 { VerifyError::Malformed } else { VerifyError::UnknownKey };
        assert_eq!(ring.verify(&token, TokenType::IdToken), Err(expected), "{}", &odd[..odd.len().min(9)]);
    }
    for header in [r#"{"alg":"ES256"}"#.to_owned(), r#"{"alg":"ES256","kid":1}"#.to_owned()] {
        assert_eq!(ring.verify(&sign_raw(&ring, &header, "{}"), TokenType::IdToken), Err(VerifyError::UnknownKey));
    }
    let spaced = format!(r#"{{"alg":"ES256","kid":"{} "}}"#, kid(&ring));
    assert_eq!(ring.verify(&sign_raw(&ring, &spaced, "{}"), TokenType::IdToken), Err(VerifyError::UnknownKey));
    let not_text = format!("{}.e30.AAAA", encode(b"{\"alg\":\"ES256\",\"kid\":\"\xff\"}"));
    assert_eq!(ring.verify(&not_text, TokenType::IdToken), Err(VerifyError::Malformed));
}

#[test]
fn a_key_that_is_only_published_has_signed_nothing() {
    let next = key(SignatureAlgorithm::Es256);
    let active = Keyring::new(KeySet::new(vec![next.clone().activated(NOW).unwrap()]).unwrap());
    let token = active.sign(SignatureAlgorithm::Es256, None, &json!({})).unwrap();
    let ring = Keyring::new(KeySet::new(vec![next]).unwrap());
    assert_eq!(ring.verify(&token, TokenType::IdToken), Err(VerifyError::UnknownKey));
}

#[test]
fn sec_51_a_token_has_three_canonical_parts() {
    let ring = es256_keyring();
    let token = ring.sign(SignatureAlgorithm::Es256, None, &json!({ "sub": "1" })).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    for wrong in [
        format!("{token}."),
        format!("{token}.AAAA"),
        format!(".{token}"),
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header} .{claims}.{signature}"),
        "..".to_owned(),
        String::new(),
        ".".repeat(4096),
        "a".repeat(10_000),
    ] {
        assert_eq!(ring.verify(&wrong, TokenType::IdToken), Err(VerifyError::Malformed), "{wrong:.60}");
    }
}

#[test]
fn sec_8_a_token_is_valid_only_whole_and_in_one_spelling() {
    let ring = es256_keyring();
    let token = ring.sign(SignatureAlgorithm::Es256, None, &json!({ "sub": "1" })).unwrap();
    assert!(ring.verify(&token, TokenType::IdToken).is_ok());
    for cut in 0..token.len() {
        assert!(ring.verify(&token[..cut], TokenType::IdToken).is_err(), "cut to {cut}");
    }
    for position in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(ring.verify(&changed, TokenType::IdToken).is_err(), "position {position}");
    }
}

#[test]
fn sec_51_claims_are_an_object_of_known_types() {
    let ring = es256_keyring();
    let header = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, kid(&ring));
    let verify = |claims: &str| ring.verify(&sign_raw(&ring, &header, claims), TokenType::IdToken);
    for wrong in [
        r#"{"sub":"1","sub":"2"}"#,
        r#"{"exp":"1700000000"}"#,
        r#"{"exp":1e300}"#,
        r#"{"exp":1e400}"#,
        r#"{"iat":-1}"#,
        r#"{"exp":99999999999}"#,
        r#"{"auth_time":null}"#,
        r#"{"aud":1}"#,
        r#"{"aud":[]}"#,
        r#"{"aud":["a",1]}"#,
        r#"{"sub":154}"#,
        r#"{"sid":[]}"#,
        "[]",
        "\"\"",
        "{}{}",
        "\u{feff}{}",
    ] {
        assert_eq!(verify(wrong), Err(VerifyError::Malformed), "{wrong}");
    }
    for right in [r#"{"aud":"a","exp":1.5e9}"#, r#"{"aud":["a","b"],"iat":1700000000,"sub":"1"}"#] {
        assert!(verify(right).is_ok(), "{right}");
    }
    let repeated = format!(r#"{{"alg":"ES256","alg":"ES256","kid":"{}"}}"#, kid(&ring));
    assert_eq!(ring.verify(&sign_raw(&ring, &repeated, "{}"), TokenType::IdToken), Err(VerifyError::Malformed));
}
