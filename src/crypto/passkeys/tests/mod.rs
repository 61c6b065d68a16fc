//! Answers of authenticators with one thing wrong, in each thing that there is, and the test vectors of the specification.

mod authenticator;
mod w3c;

use serde_json::{Value, json};

use super::*;
use authenticator::{
    ATTESTED, Assertion, Authenticator, BACKED_UP, ELIGIBLE, EXTENDED, PRESENT, Registration, VERIFIED,
};

fn site() -> PasskeySite {
    PasskeySite::new("https://example.org", "Exemple").unwrap()
}

fn ask_for_new(site: &PasskeySite) -> PasskeyQuestion {
    let owner = PasskeyOwner { handle: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", email: "a@b.fr", name: "A" };
    site.ask_for_new(owner, &[]).unwrap()
}

/// As the caller does: first which passkey it is, then whether the answer is right.
fn check_use(
    site: &PasskeySite,
    question: &PasskeyQuestion,
    answer: &str,
    key: &str,
) -> Result<String, PasskeyRefusal> {
    PasskeySite::claim_of(answer)?;
    site.check_use(&question.state, answer, key)
}

type Break<T> = (&'static str, fn(&mut T));

const REGISTRATIONS: &[Break<Registration>] = &[
    ("the kind of a use", |made| made.client["type"] = json!("webauthn.get")),
    ("no kind", |made| drop(made.client.as_object_mut().unwrap().remove("type"))),
    ("another challenge", |made| made.client["challenge"] = json!(encode([1; 32]))),
    ("no challenge", |made| made.client["challenge"] = json!("")),
    ("another scheme", |made| made.client["origin"] = json!("http://example.org")),
    ("another port", |made| made.client["origin"] = json!("https://example.org:8443")),
    ("a host below", |made| made.client["origin"] = json!("https://a.example.org")),
    ("a host that looks alike", |made| made.client["origin"] = json!("https://evil-example.org")),
    ("from a frame of another site", |made| made.client["crossOrigin"] = json!(true)),
    ("within another site", |made| made.client["topOrigin"] = json!("https://example.com")),
    ("no JSON", |made| made.client_bytes = Some(b"{".to_vec())),
    ("for another site", |made| made.rp_id = String::from("example.com")),
    ("for a host below", |made| made.rp_id = String::from("a.example.org")),
    ("nobody there", |made| made.flags &= !PRESENT),
    ("nobody verified", |made| made.flags &= !VERIFIED),
    ("copied though it cannot be", |made| made.flags |= BACKED_UP),
    ("no key", |made| made.flags &= !ATTESTED),
    ("extensions that are not there", |made| made.flags |= EXTENDED),
    ("an algorithm that was not offered", |made| made.key[4] = 0x27),
    ("a key of another kind", |made| made.key[2] = 3),
    ("a curve that is none", |made| made.key[7] = 9),
    ("a point that is not on the curve", |made| made.key[20] ^= 1),
    ("a key that is cut", |made| made.key.truncate(60)),
    ("the name of another key inside", |made| made.id_within = vec![9; 32]),
    ("the name of another key outside", |made| made.raw_id = vec![9; 32]),
    ("a name of 1,024 bytes", |made| {
        made.id = vec![5; 1024];
        made.raw_id = vec![5; 1024];
        made.id_within = vec![5; 1024];
    }),
    ("no name", |made| {
        made.id = Vec::new();
        made.raw_id = Vec::new();
        made.id_within = Vec::new();
    }),
    ("another type", |made| made.kind = "password"),
    ("a format that nobody knows", |made| made.format = "trust-me"),
    ("a document that is cut", |made| made.cut = 1),
];

#[test]
fn sec_82_sec_84_a_registration_with_one_thing_wrong_is_none() {
    let (site, authenticator) = (site(), Authenticator::new(&[5; 32]));
    assert!(REGISTRATIONS.len() >= 30);
    for (what, spoil) in REGISTRATIONS {
        let question = ask_for_new(&site);
        let mut made = authenticator.registers(&question);
        assert!(site.check_new(&question.state, &made.write()).is_ok(), "{what}: the truth before it");
        spoil(&mut made);
        assert_eq!(site.check_new(&question.state, &made.write()).err(), Some(PasskeyRefusal::Wrong), "{what}");
    }
}

const USES: &[Break<Assertion>] = &[
    ("the kind of a registration", |used| used.client["type"] = json!("webauthn.create")),
    ("no kind", |used| drop(used.client.as_object_mut().unwrap().remove("type"))),
    ("another challenge", |used| used.client["challenge"] = json!(encode([1; 32]))),
    ("a challenge that is cut", |used| {
        let cut = used.client["challenge"].as_str().unwrap()[..42].to_owned();
        used.client["challenge"] = json!(cut);
    }),
    ("no challenge", |used| used.client["challenge"] = json!("")),
    ("another scheme", |used| used.client["origin"] = json!("http://example.org")),
    ("another port", |used| used.client["origin"] = json!("https://example.org:8443")),
    ("a host below", |used| used.client["origin"] = json!("https://a.example.org")),
    ("the host above", |used| used.client["origin"] = json!("https://org")),
    ("a host that looks alike", |used| used.client["origin"] = json!("https://evil-example.org")),
    ("capitals", |used| used.client["origin"] = json!("https://EXAMPLE.org")),
    ("a path behind the origin", |used| used.client["origin"] = json!("https://example.org/")),
    ("no origin", |used| drop(used.client.as_object_mut().unwrap().remove("origin"))),
    ("from a frame of another site", |used| used.client["crossOrigin"] = json!(true)),
    ("within another site", |used| used.client["topOrigin"] = json!("https://example.com")),
    ("no JSON", |used| used.client_bytes = Some(b"{".to_vec())),
    ("no text", |used| used.client_bytes = Some(vec![0xff; 40])),
    ("for another site", |used| used.rp_id = String::from("example.com")),
    ("for a host below", |used| used.rp_id = String::from("a.example.org")),
    ("for no site", |used| used.rp_id = String::new()),
    ("nobody there", |used| used.flags &= !PRESENT),
    ("nobody verified", |used| used.flags &= !VERIFIED),
    ("copied though it cannot be", |used| used.flags |= BACKED_UP),
    ("one that can be copied from now on", |used| used.flags |= ELIGIBLE),
    ("one that was copied from now on", |used| used.flags |= ELIGIBLE | BACKED_UP),
    ("a key that is not there", |used| used.flags |= ATTESTED),
    ("extensions that are not there", |used| used.flags |= EXTENDED),
    ("data that are cut", |used| used.cut = 1),
    ("no data", |used| used.cut = 37),
    ("another signature", |used| {
        used.spoil = |mut bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            bytes
        }
    }),
    ("no signature", |used| used.spoil = |_| Vec::new()),
    ("a signature in another form", |used| used.spoil = |bytes| bytes[4..].to_vec()),
    ("a signature with more behind it", |used| used.spoil = |bytes| [&bytes[..], &[0]].concat()),
    ("the signature of something else", |used| used.signed = Some(b"something else".to_vec())),
    ("the signature of what the browser said alone", |used| {
        used.signed = Some(sha256(used.client.to_string().as_bytes()).to_vec());
    }),
    ("the name of another key", |used| {
        used.id = vec![9; 32];
        used.raw_id = vec![9; 32];
    }),
    ("two names", |used| used.raw_id = vec![9; 32]),
    ("no name", |used| {
        used.id = Vec::new();
        used.raw_id = Vec::new();
    }),
    ("a name of 1,024 bytes", |used| {
        used.id = vec![5; 1024];
        used.raw_id = vec![5; 1024];
    }),
    ("another type", |used| used.kind = "password"),
];

#[test]
fn sec_82_a_use_with_one_thing_wrong_opens_nothing() {
    let (site, authenticator) = (site(), Authenticator::new(&[5; 32]));
    let question = ask_for_new(&site);
    let made = site.check_new(&question.state, &authenticator.registers(&question).write()).unwrap();
    assert!(USES.len() >= 30);
    for (what, spoil) in USES {
        let question = site.ask_for_use(&[]).unwrap();
        let mut used = authenticator.asserts(&question);
        assert!(
            check_use(&site, &question, &authenticator.sign(&used), &made.key).is_ok(),
            "{what}: the truth before it"
        );
        spoil(&mut used);
        let refused = check_use(&site, &question, &authenticator.sign(&used), &made.key);
        assert_eq!(refused, Err(PasskeyRefusal::Wrong), "{what}");
    }
    let question = site.ask_for_use(&[]).unwrap();
    let other = Authenticator::new(&[5; 32]);
    let forged = other.sign(&other.asserts(&question));
    assert_eq!(check_use(&site, &question, &forged, &made.key), Err(PasskeyRefusal::Wrong), "the key of somebody else");
    let earlier = site.ask_for_use(&[]).unwrap();
    let answer = authenticator.sign(&authenticator.asserts(&earlier));
    assert_eq!(check_use(&site, &question, &answer, &made.key), Err(PasskeyRefusal::Wrong), "to another question");
}

#[test]
fn sec_82_each_algorithm_that_is_offered_is_verified_and_no_other_one_is_taken() {
    let site = site();
    let question = ask_for_new(&site);
    let offered = question.options["pubKeyCredParams"].as_array().unwrap().iter();
    let offered: Vec<i64> = offered.map(|offer| offer["alg"].as_i64().unwrap()).collect();
    assert_eq!(offered, [-7, -35, -257], "ES256, ES384 and RS256");
    let authenticators: Vec<Authenticator> =
        offered.iter().map(|number| Authenticator::of(*number, &[5; 32])).collect();
    let mut keys = Vec::new();
    for (algorithm, authenticator) in offered.iter().zip(&authenticators) {
        let question = ask_for_new(&site);
        let made = site.check_new(&question.state, &authenticator.registers(&question).write());
        keys.push(made.unwrap_or_else(|error| panic!("{algorithm}: {error}")).key);
    }
    for (algorithm, (authenticator, key)) in offered.iter().zip(authenticators.iter().zip(&keys)) {
        let question = site.ask_for_use(&[]).unwrap();
        let mut used = authenticator.asserts(&question);
        let judged = check_use(&site, &question, &authenticator.sign(&used), key);
        assert!(judged.is_ok(), "{algorithm}: {judged:?}");
        let twin = Authenticator::of(*algorithm, &[5; 32]);
        let forged = check_use(&site, &question, &twin.sign(&used), key);
        assert_eq!(forged, Err(PasskeyRefusal::Wrong), "{algorithm}: another key of the same kind");
        for other in keys.iter().filter(|other| *other != key) {
            let confused = check_use(&site, &question, &authenticator.sign(&used), other);
            assert_eq!(confused, Err(PasskeyRefusal::Wrong), "{algorithm}: checked with a key of another kind");
        }
        used.signed = Some(b"something else".to_vec());
        let judged = check_use(&site, &question, &authenticator.sign(&used), key);
        assert_eq!(judged, Err(PasskeyRefusal::Wrong), "{algorithm}: the signature of something else");
        used.signed = None;
        used.spoil = |mut bytes| {
            bytes[20] ^= 1;
            bytes
        };
        let judged = check_use(&site, &question, &authenticator.sign(&used), key);
        assert_eq!(judged, Err(PasskeyRefusal::Wrong), "{algorithm}: a signature with one bit wrong");
    }
    // What cannot be verified is neither offered nor taken: no key is kept that would open nothing later.
    let edwards = Authenticator::of(-8, &[5; 32]);
    let question = ask_for_new(&site);
    let made = site.check_new(&question.state, &edwards.registers(&question).write());
    assert_eq!(made.err(), Some(PasskeyRefusal::Wrong), "EdDSA");
}

#[test]
fn sec_82_a_passkey_that_could_be_copied_stays_one() {
    let (site, authenticator) = (site(), Authenticator::new(&[5; 32]));
    let question = ask_for_new(&site);
    let mut made = authenticator.registers(&question);
    made.flags |= ELIGIBLE | BACKED_UP;
    let made = site.check_new(&question.state, &made.write()).unwrap();
    let flags = [(ELIGIBLE | BACKED_UP, true), (ELIGIBLE, true), (0, false), (BACKED_UP, false)];
    for (flags, is_right) in flags {
        let question = site.ask_for_use(&[]).unwrap();
        let mut used = authenticator.asserts(&question);
        used.flags |= flags;
        let judged = check_use(&site, &question, &authenticator.sign(&used), &made.key);
        assert_eq!(judged.is_ok(), is_right, "{flags:#04x}");
    }
}

#[test]
fn sec_83_the_count_goes_forward_or_stays_at_nothing() {
    let (site, authenticator) = (site(), Authenticator::new(&[5; 32]));
    let question = ask_for_new(&site);
    let mut key = site.check_new(&question.state, &authenticator.registers(&question).write()).unwrap().key;
    let behind = Some(PasskeyRefusal::CounterBehind);
    for (counter, refusal) in [(0, None), (0, None), (3, None), (3, behind), (2, behind), (0, behind), (4, None)] {
        let question = site.ask_for_use(&[]).unwrap();
        let used = Assertion { counter, ..authenticator.asserts(&question) };
        match check_use(&site, &question, &authenticator.sign(&used), &key) {
            Ok(next) => {
                assert_eq!(refusal, None, "{counter}");
                key = next;
            }
            Err(error) => assert_eq!(Some(error), refusal, "{counter}"),
        }
    }
}

#[test]
fn sec_84_what_is_no_answer_is_refused_without_a_word() {
    let site = site();
    let (new, used) = (ask_for_new(&site), site.ask_for_use(&[]).unwrap());
    let nested = "[".repeat(20_000);
    let deep = json!({ "id": "BQ", "rawId": "BQ", "type": "public-key", "response": {
        "clientDataJSON": encode(r#"{"type":"webauthn.create"}"#), "attestationObject": encode([0x81; 60_000]),
    }});
    let endless = json!({ "id": "BQ", "rawId": "BQ", "type": "public-key", "response": {
        "clientDataJSON": encode("{}"), "attestationObject": encode([0x5f, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    }});
    let texts = [String::new(), String::from("null"), nested, deep.to_string(), endless.to_string()];
    for text in &texts {
        assert_eq!(
            site.check_new(&new.state, text).err(),
            Some(PasskeyRefusal::Wrong),
            "{}",
            &text[..text.len().min(60)]
        );
        let judged = site.check_use(&used.state, text, "{}").err();
        assert_eq!(judged, Some(PasskeyRefusal::Wrong), "{}", &text[..text.len().min(60)]);
    }
    let unread: Value = serde_json::from_str("{}").unwrap();
    assert!(PasskeySite::claim_of(&unread.to_string()).is_err());
}
