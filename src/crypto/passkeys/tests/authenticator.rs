//! An authenticator whose key is known, and each field of whose answers can be broken by itself: everything that it signs is
//! signed as the truth would be.

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

use crate::crypto::passkeys::{PasskeyQuestion, encode};
use crate::crypto::sha256;

/// The user is there.
pub(super) const PRESENT: u8 = 0x01;
/// The user was verified.
pub(super) const VERIFIED: u8 = 0x04;
/// The passkey may be copied by its maker.
pub(super) const ELIGIBLE: u8 = 0x08;
/// It was.
pub(super) const BACKED_UP: u8 = 0x10;
/// A new key follows.
pub(super) const ATTESTED: u8 = 0x40;
/// Extensions follow.
pub(super) const EXTENDED: u8 = 0x80;

/// The pair of keys of a passkey, made and used by other code than that which checks its signatures.
enum Pair {
    Es256(EcdsaKeyPair),
    Es384(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// One passkey.
pub(super) struct Authenticator {
    pair: Pair,
    pub(super) id: Vec<u8>,
}

/// What it says of a new passkey.
pub(super) struct Registration {
    pub(super) id: Vec<u8>,
    pub(super) raw_id: Vec<u8>,
    pub(super) kind: &'static str,
    pub(super) client: Value,
    /// In place of `client`, as it is.
    pub(super) client_bytes: Option<Vec<u8>>,
    pub(super) rp_id: String,
    pub(super) flags: u8,
    pub(super) id_within: Vec<u8>,
    pub(super) key: Vec<u8>,
    /// Behind the data of the authenticator.
    pub(super) data_tail: Vec<u8>,
    pub(super) format: &'static str,
    /// In CBOR.
    pub(super) statement: Vec<u8>,
    /// How many bytes are missing at the end.
    pub(super) cut: usize,
}

/// What it says when it is used.
pub(super) struct Assertion {
    pub(super) id: Vec<u8>,
    pub(super) raw_id: Vec<u8>,
    pub(super) kind: &'static str,
    pub(super) client: Value,
    pub(super) client_bytes: Option<Vec<u8>>,
    pub(super) rp_id: String,
    pub(super) flags: u8,
    pub(super) counter: u32,
    pub(super) data_tail: Vec<u8>,
    pub(super) cut: usize,
    /// What becomes of the signature.
    pub(super) spoil: fn(Vec<u8>) -> Vec<u8>,
    /// What is signed, in place of the data and the digest of what the browser said.
    pub(super) signed: Option<Vec<u8>>,
}

impl Authenticator {
    /// One of ES256.
    pub(super) fn new(id: &[u8]) -> Self {
        Self::of(-7, id)
    }

    /// One of the algorithm that COSE gives this number.
    pub(super) fn of(algorithm: i64, id: &[u8]) -> Self {
        let pair = match algorithm {
            -7 => Pair::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            -35 => Pair::Es384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap()),
            -257 => Pair::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())),
            -8 => Pair::Ed25519(Ed25519KeyPair::generate().unwrap()),
            other => panic!("no key of {other}"),
        };
        Self { pair, id: id.to_vec() }
    }

    /// The public key as COSE writes it (RFC 9053 §7.1.1, RFC 8230 §4).
    pub(super) fn key(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat()
            }
            Pair::Es384(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
                [&[0xa5, 1, 2, 3, 0x38, 0x22, 0x20, 2, 0x21, 0x58, 48][..], x, &[0x22, 0x58, 48], y].concat()
            }
            Pair::Rs256(pair) => {
                // Two numbers in DER (RFC 8017 §A.1.1): 256 bytes behind a sign, and 65,537.
                let numbers = pair.public_key().as_ref();
                assert!(numbers.len() == 270 && numbers.ends_with(&[2, 3, 1, 0, 1]));
                let head = [0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0];
                [&head[..], &numbers[9..265], &[0x21, 0x43, 1, 0, 1]].concat()
            }
            Pair::Ed25519(pair) => {
                [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], pair.public_key().as_ref()].concat()
            }
        }
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => pair.sign_digest(&digest(&SHA256, signed)).unwrap().as_ref().to_vec(),
            Pair::Es384(pair) => pair.sign_digest(&digest(&SHA384, signed)).unwrap().as_ref().to_vec(),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &digest(&SHA256, signed), &mut signature).unwrap();
                signature
            }
            Pair::Ed25519(pair) => pair.sign(signed).as_ref().to_vec(),
        }
    }

    pub(super) fn registers(&self, question: &PasskeyQuestion) -> Registration {
        Registration {
            id: self.id.clone(),
            raw_id: self.id.clone(),
            kind: "public-key",
            client: said("webauthn.create", question),
            client_bytes: None,
            rp_id: String::from("example.org"),
            flags: PRESENT | VERIFIED | ATTESTED,
            id_within: self.id.clone(),
            key: self.key(),
            data_tail: Vec::new(),
            format: "none",
            statement: vec![0xa0],
            cut: 0,
        }
    }

    pub(super) fn asserts(&self, question: &PasskeyQuestion) -> Assertion {
        Assertion {
            id: self.id.clone(),
            raw_id: self.id.clone(),
            kind: "public-key",
            client: said("webauthn.get", question),
            client_bytes: None,
            rp_id: String::from("example.org"),
            flags: PRESENT | VERIFIED,
            counter: 0,
            data_tail: Vec::new(),
            cut: 0,
            spoil: |signature| signature,
            signed: None,
        }
    }

    /// The answer, signed.
    pub(super) fn sign(&self, assertion: &Assertion) -> String {
        let client = bytes_of(&assertion.client, assertion.client_bytes.as_deref());
        let mut data = head(&assertion.rp_id, assertion.flags, assertion.counter);
        data.extend(&assertion.data_tail);
        data.truncate(data.len() - assertion.cut);
        let truth = [&data[..], &sha256(&client)].concat();
        let signed = assertion.signed.as_ref().unwrap_or(&truth);
        let signature = self.signature(signed);
        json!({
            "id": encode(&assertion.id), "rawId": encode(&assertion.raw_id), "type": assertion.kind,
            "response": {
                "clientDataJSON": encode(client), "authenticatorData": encode(data),
                "signature": encode((assertion.spoil)(signature)), "userHandle": encode([7; 32]),
            },
        })
        .to_string()
    }
}

impl Registration {
    pub(super) fn write(&self) -> String {
        let client = bytes_of(&self.client, self.client_bytes.as_deref());
        let mut data = head(&self.rp_id, self.flags, 0);
        if self.flags & ATTESTED != 0 {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id_within.len()).unwrap().to_be_bytes());
            data.extend(&self.id_within);
            data.extend(&self.key);
        }
        data.extend(&self.data_tail);
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let format = [&[0x60 | u8::try_from(self.format.len()).unwrap()], self.format.as_bytes()].concat();
        let mut object = [&[0xa3, 0x63][..], b"fmt", &format, &[0x67], b"attStmt", &self.statement].concat();
        object.extend([&[0x68][..], b"authData", &[0x59], &length, &data].concat());
        object.truncate(object.len() - self.cut);
        json!({
            "id": encode(&self.id), "rawId": encode(&self.raw_id), "type": self.kind,
            "response": { "clientDataJSON": encode(client), "attestationObject": encode(object) },
        })
        .to_string()
    }
}

/// What an honest browser says.
fn said(kind: &str, question: &PasskeyQuestion) -> Value {
    let challenge = &question.options["challenge"];
    json!({ "type": kind, "challenge": challenge, "origin": "https://example.org", "crossOrigin": false })
}

fn bytes_of(client: &Value, instead: Option<&[u8]>) -> Vec<u8> {
    instead.map_or_else(|| client.to_string().into_bytes(), <[u8]>::to_vec)
}

fn head(rp_id: &str, flags: u8, counter: u32) -> Vec<u8> {
    [&sha256(rp_id.as_bytes())[..], &[flags], &counter.to_be_bytes()].concat()
}
