//! Lifetimes and levels.

use std::time::Duration;

use super::*;
use crate::domain::UserId;
use crate::protocol::Timestamp;

fn session_at(seconds: u64) -> Session {
    let proof = Proof { factor: Factor::Password, at: Timestamp(seconds) };
    Session::begin(SessionId(String::from("s")), UserId(7), 0, proof)
}

#[test]
fn sec_90_a_session_ends_after_four_idle_hours_and_after_a_day_in_all() {
    let mut session = session_at(1000);
    assert!(session.is_alive(Timestamp(1000 + 4 * 3600 - 1)));
    assert!(!session.is_alive(Timestamp(1000 + 4 * 3600)));
    session.last_used_at = Timestamp(1000 + 23 * 3600);
    assert!(session.is_alive(Timestamp(1000 + 24 * 3600 - 1)));
    assert!(!session.is_alive(Timestamp(1000 + 24 * 3600)));
}

#[test]
fn r_2_last_use_is_written_every_five_minutes_at_most() {
    let session = session_at(1000);
    assert!(!session.wants_touch(Timestamp(1299)));
    assert!(session.wants_touch(Timestamp(1300)));
}

#[test]
fn sec_93_a_proof_is_recent_for_its_window_and_a_newer_one_begins_it_again() {
    let (session, window) = (session_at(1000), Duration::from_secs(900));
    assert!(session.has_recent_proof(Timestamp(1900), window));
    assert!(!session.has_recent_proof(Timestamp(1901), window));
    let again = session.reauthenticated(Proof { factor: Factor::Password, at: Timestamp(1901) });
    assert!(again.has_recent_proof(Timestamp(2801), window) && !again.has_recent_proof(Timestamp(2802), window));
}

#[test]
fn sec_138_a_second_factor_is_recent_by_its_own_time_and_not_by_that_of_a_password() {
    let window = Duration::from_secs(900);
    let at = |factor, seconds| Proof { factor, at: Timestamp(seconds) };
    let session = session_at(1000).reauthenticated(at(Factor::Totp, 1100));
    assert!(session.has_recent_second_factor(Timestamp(2000), window));
    let later = session.reauthenticated(at(Factor::EmailCode, 2500));
    assert!(later.has_recent_proof(Timestamp(2600), window));
    assert!(!later.has_recent_second_factor(Timestamp(2600), window));
    assert!(!session_at(1000).has_recent_second_factor(Timestamp(1000), window));
}

#[test]
fn sec_29_acr_is_a_truth_table_over_amr() {
    let table: [(AcrVocabulary, &[&str], &str); 9] = [
        (AcrVocabulary::Moncomptepro, &["pwd"], "eidas1"),
        (AcrVocabulary::Moncomptepro, &["pwd", "mail"], "eidas1"),
        (AcrVocabulary::Moncomptepro, &["pwd", "otp", "mfa"], "https://refeds.org/profile/mfa"),
        (AcrVocabulary::Levels2026, &["pwd"], "eidas0"),
        (AcrVocabulary::Levels2026, &["pwd", "otp", "mfa"], "eidas0-mfa"),
        (AcrVocabulary::Employer, &["pwd"], "eidas1"),
        (AcrVocabulary::Employer, &["pwd", "mail", "mfa"], "eidas1-mfa"),
        (AcrVocabulary::Employer, &["pwd", "otp", "mfa"], "eidas2"),
        (AcrVocabulary::Employer, &["pop", "mfa"], "eidas2"),
    ];
    for (vocabulary, amr, expected) in table {
        let amr: Vec<String> = amr.iter().map(ToString::to_string).collect();
        assert_eq!(acr_of(vocabulary, &amr), expected, "{vocabulary:?} {amr:?}");
        assert!(vocabulary.values().contains(&expected));
    }
}

#[test]
fn prm_2_a_new_proof_moves_auth_time_and_keeps_the_session() {
    let session = session_at(1000).reauthenticated(Proof { factor: Factor::Password, at: Timestamp(5000) });
    let assurance = session.assurance(AcrVocabulary::Moncomptepro);
    assert_eq!(assurance.auth_time, Timestamp(5000));
    assert_eq!(assurance.amr, ["pwd"]);
    assert_eq!(session.id, SessionId(String::from("s")));
}

#[test]
fn sec_29_r_24_a_passkey_is_two_factors_and_a_password_after_it_is_one() {
    let at = |factor, seconds| Proof { factor, at: Timestamp(seconds) };
    let begun = |factor| Session::begin(SessionId(String::from("s")), UserId(7), 0, at(factor, 1000));
    let passkey = begun(Factor::Passkey);
    let assurance = passkey.assurance(AcrVocabulary::Moncomptepro);
    assert_eq!((assurance.acr.as_str(), assurance.auth_time), ("https://refeds.org/profile/mfa", Timestamp(1000)));
    assert_eq!(assurance.amr, ["pop", "mfa"]);
    assert_eq!(passkey.assurance(AcrVocabulary::Levels2026).acr, "eidas0-mfa");
    assert_eq!(passkey.assurance(AcrVocabulary::Employer).acr, "eidas2");
    assert!(passkey.has_second_factor());
    let again = passkey.signed_in_again(at(Factor::Password, 2000));
    assert_eq!(again.assurance(AcrVocabulary::Moncomptepro).amr, ["pwd"]);
    assert!(!again.has_second_factor());
    let beside = begun(Factor::Password).reauthenticated(at(Factor::PasskeyBeside, 2000));
    let assurance = beside.assurance(AcrVocabulary::Moncomptepro);
    assert_eq!((assurance.amr, assurance.auth_time), (vec!["pwd".into(), "pop".into(), "mfa".into()], Timestamp(1000)));
}
