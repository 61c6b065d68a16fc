//! A code is bound to everything, one condition at a time and in pairs.

use super::*;
use crate::domain::{Assurance, HandleKey, UserId};
use crate::protocol::{ClaimsRequest, CodeChallenge, ScopeSet, Timestamp};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "https://service.exemple.fr/callback";

fn name<K>(byte: u8) -> HandleKey<K> {
    HandleKey::new(Timestamp(4000), [byte; 32])
}

fn code() -> AuthorizationCode {
    let assurance = Assurance { acr: String::from("eidas1"), amr: vec![String::from("pwd")], auth_time: Timestamp(90) };
    AuthorizationCode {
        authorization: Authorization {
            client_id: "service".parse().unwrap(),
            client_epoch: 0,
            user_id: UserId(7),
            user_epoch: 0,
            service_epoch: 0,
            link_epoch: 0,
            session: name(1),
            sid: String::from("sid"),
            scopes: ScopeSet::default(),
            claims: ClaimsRequest::default(),
            organization_id: None,
            assurance,
        },
        redirect_uri: String::from(CALLBACK),
        nonce: None,
        code_challenge: CodeChallenge::parse(CHALLENGE),
        expires_at: Timestamp(100).plus(CODE_LIFETIME),
        state: CodeState::Unused,
    }
}

fn right() -> CodePresentation {
    CodePresentation {
        client_id: "service".parse().unwrap(),
        is_public: false,
        redirect_uri: Some(String::from(CALLBACK)),
        verifier_digest: Some(String::from(CHALLENGE)),
    }
}

fn refusal(redemption: Redemption) -> Option<CodeRefusal> {
    match redemption {
        Redemption::Refused(code, refusal) => {
            assert_eq!(code.state, CodeState::Burnt, "a failed redemption by the right client consumes the code");
            Some(refusal)
        }
        Redemption::Redeemed(_) | Redemption::Replayed(_) | Redemption::Foreign => None,
    }
}

#[test]
fn code_1_the_right_presentation_redeems_once() {
    let Redemption::Redeemed(used) = code().redeem(&right(), name(2), Timestamp(159)) else { panic!("redeemed") };
    assert_eq!(used.state, CodeState::Redeemed { grant: name(2) });
    assert_eq!(used.redeem(&right(), name(3), Timestamp(159)), Redemption::Replayed(name(2)));
}

#[test]
fn sec_34_code_2_a_code_lives_sixty_seconds() {
    assert!(matches!(code().redeem(&right(), name(2), Timestamp(159)), Redemption::Redeemed(_)));
    assert_eq!(refusal(code().redeem(&right(), name(2), Timestamp(160))), Some(CodeRefusal::Expired));
}

#[test]
fn code_5_another_client_gets_nothing_and_spoils_nothing() {
    let other = CodePresentation { client_id: "another".parse().unwrap(), ..right() };
    assert_eq!(code().redeem(&other, name(2), Timestamp(110)), Redemption::Foreign);
}

#[test]
fn sec_33_code_6_each_wrong_condition_alone_refuses_and_consumes() {
    let without_redirect = CodePresentation { redirect_uri: None, ..right() };
    let other_redirect = CodePresentation { redirect_uri: Some(format!("{CALLBACK}/")), ..right() };
    let without_verifier = CodePresentation { verifier_digest: None, ..right() };
    let wrong_verifier = CodePresentation { verifier_digest: Some(CHALLENGE.replace('E', "F")), ..right() };
    for (presented, expected) in [
        (without_redirect, CodeRefusal::RedirectUri),
        (other_redirect, CodeRefusal::RedirectUri),
        (without_verifier, CodeRefusal::CodeVerifier),
        (wrong_verifier, CodeRefusal::CodeVerifier),
    ] {
        assert_eq!(refusal(code().redeem(&presented, name(2), Timestamp(110))), Some(expected), "{presented:?}");
    }
    let burnt = AuthorizationCode { state: CodeState::Burnt, ..code() };
    assert_eq!(refusal(burnt.redeem(&right(), name(2), Timestamp(110))), Some(CodeRefusal::Burnt));
}

#[test]
fn sec_33_every_pair_of_wrong_conditions_refuses() {
    let faults: [fn(&mut AuthorizationCode, &mut CodePresentation); 5] = [
        |code, _| code.expires_at = Timestamp(1),
        |code, _| code.state = CodeState::Burnt,
        |_, shown| shown.redirect_uri = None,
        |_, shown| shown.verifier_digest = None,
        |_, shown| shown.client_id = "another".parse().unwrap(),
    ];
    for first in faults {
        for second in faults {
            let (mut code, mut shown) = (code(), right());
            first(&mut code, &mut shown);
            second(&mut code, &mut shown);
            assert!(!matches!(code.redeem(&shown, name(2), Timestamp(110)), Redemption::Redeemed(_)));
        }
    }
}

#[test]
fn sec_25_pkce_6_a_verifier_without_challenge_is_refused() {
    let plain = AuthorizationCode { code_challenge: None, ..code() };
    assert_eq!(refusal(plain.clone().redeem(&right(), name(2), Timestamp(110))), Some(CodeRefusal::CodeVerifier));
    let silent = CodePresentation { verifier_digest: None, ..right() };
    let public = CodePresentation { is_public: true, ..silent.clone() };
    let refused = refusal(plain.clone().redeem(&public, name(2), Timestamp(110)));
    assert_eq!(refused, Some(CodeRefusal::CodeVerifier), "PKCE-2: a public client never goes without");
    assert!(matches!(plain.redeem(&silent, name(2), Timestamp(110)), Redemption::Redeemed(_)));
}
