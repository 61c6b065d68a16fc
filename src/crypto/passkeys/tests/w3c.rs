//! The test vectors of Web Authentication Level 3, §16: those of the algorithms that are offered here, as the specification
//! derives them from its seed.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;

use super::*;

/// A passkey that is made and used.
#[derive(Clone, Deserialize)]
struct Vector {
    section: String,
    title: String,
    credential_id: String,
    registration: Made,
    authentication: Used,
}

#[derive(Clone, Deserialize)]
struct Made {
    challenge: String,
    client_data: String,
    attestation_object: String,
}

#[derive(Clone, Deserialize)]
struct Used {
    challenge: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

/// What becomes of a vector here, by what it says: (made, used).
const EXPECTED: &[(&str, Fate, Fate)] = &[
    ("16.2", Fate::Unverified, Fate::Unverified),
    ("16.3", Fate::Accepted, Fate::Unverified),
    ("16.4", Fate::Framed, Fate::Framed),
    ("16.5", Fate::Framed, Fate::Framed),
    ("16.7", Fate::Accepted, Fate::Accepted),
    ("16.10", Fate::Oversized, Fate::Oversized),
];

/// Nothing in a vector is wrong; what this site asks for may not be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    /// The user was not verified: refused here, and right wherever that is not asked.
    Unverified,
    /// It was made in a frame of another site: refused here.
    Framed,
    /// Its RSA key has 3,482 bits: refused here, where only those of 2,048 bits are read.
    Oversized,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("w3c_vectors.json")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// A question of this site, with the challenge of a vector in place of its own.
fn with_challenge(question: PasskeyQuestion, challenge: &str) -> PasskeyQuestion {
    let own = question.options["challenge"].as_str().unwrap().to_owned();
    let state = question.state.replace(&own, &encode(bytes(challenge)));
    assert_ne!(state, question.state);
    PasskeyQuestion { state, ..question }
}

/// The same where the user need not be verified.
fn lenient(state: &str) -> String {
    let state = state.to_owned();
    let lenient = state.replace("\"policy\":\"required\"", "\"policy\":\"preferred\"");
    assert_ne!(lenient, state);
    lenient
}

impl Vector {
    fn made(&self) -> String {
        let id = encode(bytes(&self.credential_id));
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": encode(&self.registration.client_data),
            "attestationObject": encode(bytes(&self.registration.attestation_object)),
        }})
        .to_string()
    }

    fn used(&self) -> String {
        let id = encode(bytes(&self.credential_id));
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": encode(&self.authentication.client_data),
            "authenticatorData": encode(bytes(&self.authentication.authenticator_data)),
            "signature": encode(bytes(&self.authentication.signature)),
            "userHandle": null,
        }})
        .to_string()
    }
}

impl Vector {
    /// The same passkey, as if it had been made outside any frame: nothing in the client data of `none` is signed.
    fn made_outside(&self) -> String {
        let mut said: Value = serde_json::from_str(&self.registration.client_data).unwrap();
        said["crossOrigin"] = json!(false);
        said.as_object_mut().unwrap().remove("topOrigin");
        let registration = Made { client_data: said.to_string(), ..self.registration.clone() };
        Self { registration, ..self.clone() }.made()
    }

    /// Whether the signature is right, whatever the rest says: the last two members of the key are its point.
    fn is_signed(&self) -> bool {
        let object = bytes(&self.registration.attestation_object);
        let (rest, y) = object.split_at(object.len() - 32);
        let x = &rest[rest.len() - 3 - 32..rest.len() - 3];
        let point = [&[4], x, y].concat();
        let said = sha256(self.authentication.client_data.as_bytes());
        let signed = [&bytes(&self.authentication.authenticator_data)[..], &said].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
        key.verify(&signed, &bytes(&self.authentication.signature)).is_ok()
    }
}

#[test]
fn sec_82_the_vectors_of_the_w3c_are_read_as_it_says_and_what_this_site_does_not_allow_is_refused() {
    let site = site();
    let vectors = vectors();
    assert_eq!(vectors.len(), EXPECTED.len());
    for (vector, (section, made_fate, used_fate)) in vectors.iter().zip(EXPECTED) {
        let name = format!("{} {}", vector.section, vector.title);
        assert_eq!(&vector.section, section);
        let new = with_challenge(ask_for_new(&site), &vector.registration.challenge);
        let made = site.check_new(&new.state, &vector.made());
        assert_eq!(made.is_ok(), *made_fate == Fate::Accepted, "{name}: made, {made:?}");
        if *made_fate == Fate::Oversized {
            continue;
        }
        // What the library itself makes of it, wherever neither frames nor verification count.
        let state: PasskeyRegistration = parse(&lenient(&new.state)).unwrap();
        let text = if *made_fate == Fate::Framed { vector.made_outside() } else { vector.made() };
        let answer: RegisterPublicKeyCredential = parse(&text).unwrap();
        let read = site.webauthn.finish_passkey_registration(&answer, &state);
        let passkey = read.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let asked = with_challenge(site.ask_for_use(&[]).unwrap(), &vector.authentication.challenge);
        let used = check_use(&site, &asked, &vector.used(), &write(&passkey).unwrap());
        assert_eq!(used.is_ok(), *used_fate == Fate::Accepted, "{name}: used, {used:?}");
        assert!(vector.is_signed(), "{name}");
        if *used_fate == Fate::Framed {
            continue;
        }
        let state: DiscoverableAuthentication = parse(&lenient(&asked.state)).unwrap();
        let answer: PublicKeyCredential = parse(&vector.used()).unwrap();
        // The library wants the user verified at each use of what was made by a verified one: read without that memory.
        let forgetful = write(&passkey).unwrap().replace("\"user_verified\":true", "\"user_verified\":false");
        let known = DiscoverableKey::from(&parse::<Passkey>(&forgetful).unwrap());
        let read = site.webauthn.finish_discoverable_authentication_v2(&answer, state, &known);
        let done = read.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(!done.user_verified(), *used_fate == Fate::Unverified, "{name}");
    }
}
