//! A passkey is added as its browser says, whatever its browser says: too long, too many, or no passkey at all (SEC-84).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moncomptepro::domain::UserId;
use moncomptepro::store::credentials;
use serde_json::{Value, json};

use crate::support::{Asked, Device, Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

async fn ask(person: &Person) -> Asked {
    let page = person.visit("/double-authentication").await;
    person.press_passkey(&page).await
}

fn passkeys(instance: &Instance) -> usize {
    let known = instance.app.store.read(|tx| credentials::find(tx, UserId(1))).unwrap();
    known.map_or(0, |known| known.second_factors.passkeys.len())
}

fn is_refused(page: &Page) -> bool {
    page.status == 400 && page.text(".problems").contains("clé d’accès")
}

/// The statement of a new passkey (WebAuthn §6.5), taken apart.
#[derive(Clone)]
struct Statement {
    format: String,
    /// What attests it, in CBOR.
    attestation: Vec<u8>,
    /// What stands before the name of the passkey: the site, the flags, the count, the model.
    head: Vec<u8>,
    name: Vec<u8>,
    /// Its public key, in CBOR.
    key: Vec<u8>,
}

impl Statement {
    fn of(made: &Value, name: &[u8]) -> Self {
        let object = decoded(&made["response"]["attestationObject"]);
        let at = object.windows(name.len()).position(|bytes| bytes == name).unwrap();
        Self {
            format: String::from("none"),
            attestation: vec![0xa0],
            head: object[at - 55..at - 2].to_vec(),
            name: name.to_vec(),
            key: object[at + name.len()..].to_vec(),
        }
    }

    fn written(&self) -> Vec<u8> {
        let length = u16::try_from(self.name.len()).unwrap().to_be_bytes();
        let data = [&self.head[..], &length, &self.name, &self.key].concat();
        let size = u16::try_from(data.len()).unwrap().to_be_bytes();
        let format = [&[0x60 | u8::try_from(self.format.len()).unwrap()], self.format.as_bytes()].concat();
        [b"\xa3\x63fmt", &format[..], b"\x67attStmt", &self.attestation, b"\x68authData\x59", &size, &data].concat()
    }

    fn in_place_of(&self, made: &Value) -> Value {
        with_object(made, &self.written(), &self.name)
    }
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

fn with_object(made: &Value, object: &[u8], name: &[u8]) -> Value {
    let mut made = made.clone();
    made["response"]["attestationObject"] = json!(URL_SAFE_NO_PAD.encode(object));
    made["id"] = json!(URL_SAFE_NO_PAD.encode(name));
    made["rawId"] = made["id"].clone();
    made
}

#[tokio::test]
async fn sec_84_the_name_of_a_passkey_is_at_most_1023_bytes_and_what_attests_it_is_not_believed() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let mut added = 0;
    for (what, is_taken, change) in changes() {
        let (asked, mut statement, made) = honest(&instance, &person).await;
        change(&mut statement);
        let answer = person.submit(asked.answered(&statement.in_place_of(&made))).await;
        assert_eq!(is_refused(&answer), is_taken == Some(false), "{what}: {} {}", answer.status, answer.text("main"));
        added += usize::from(answer.status == 200);
        assert_eq!(passkeys(&instance), added, "{what}");
    }
    assert!(added >= 3);
}

/// What a browser answers to a question of its own.
async fn honest(instance: &Instance, person: &Person) -> (Asked, Statement, Value) {
    let (asked, mut device) = (ask(person).await, Device::new());
    let made = device.create(&instance.address, &asked.options).await;
    let statement = Statement::of(&made, &device.passkey.unwrap().credential_id.to_vec());
    (asked, statement, made)
}

type Change = fn(&mut Statement);

/// What is changed, and whether it is taken then; either will do where nothing is said.
fn changes() -> Vec<(&'static str, Option<bool>, Change)> {
    vec![
        ("nothing", Some(true), |_| {}),
        ("a name of 1,023 bytes", Some(true), |statement| statement.name = vec![7; 1_023]),
        ("a name of 1,024 bytes", Some(false), |statement| statement.name = vec![7; 1_024]),
        ("a name of 2 KB", Some(false), |statement| statement.name = vec![7; 2_048]),
        ("another model", Some(true), |statement| statement.head[37..53].fill(0xaa)),
        ("a statement where there is to be none", None, |statement| {
            statement.attestation = b"\xa1\x63x5c\x81\x44\xde\xad\xbe\xef".to_vec();
        }),
        ("a statement of another kind that is none", Some(false), |statement| {
            statement.format = String::from("packed");
            statement.attestation = b"\xa2\x63alg\x26\x63sig\x44\xde\xad\xbe\xef".to_vec();
        }),
        ("a kind that does not exist", Some(false), |statement| statement.format = String::from("garbage")),
        ("another site", Some(false), |statement| statement.head[0] ^= 1),
        ("nobody there", Some(false), |statement| statement.head[32] &= !1),
        ("a key of another kind", Some(false), |statement| statement.key = b"\xa1\x01\x01".to_vec()),
        ("no key", Some(false), |statement| statement.key = Vec::new()),
        ("something after the key", None, |statement| {
            let twice = statement.key.clone();
            statement.key.extend(twice);
        }),
    ]
}

#[tokio::test]
async fn sec_84_whatever_a_browser_sends_in_place_of_a_passkey_is_refused_and_nothing_falls_over() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let deep = |byte: u8, count: usize| [&b"\xa3\x63fmt\x64none\x67attStmt"[..], &vec![byte; count], b"\xa0"].concat();
    let objects = vec![
        Vec::new(),
        vec![0xff],
        vec![0xa3],
        deep(0x81, 20_000),
        deep(0xa1, 20_000),
        deep(0x9f, 20_000),
        deep(0xbf, 20_000),
        deep(0xd8, 20_000),
        b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x5b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x63fmt\x64none".to_vec(),
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\xbf\x63fmt\x64none\x63fmt\x66packed\x67attStmt\xa0\xff".to_vec(),
        b"\x5f\x41a\x41b".to_vec(),
        b"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00".to_vec(),
    ];
    let frame = Statement { name: Vec::new(), ..honest(&instance, &person).await.1 }.written().len();
    for object in &objects {
        let (asked, statement, made) = honest(&instance, &person).await;
        let answer = person.submit(asked.answered(&with_object(&made, object, &statement.name))).await;
        assert!(is_refused(&answer), "{object:02x?}: {}", answer.status);
    }
    // Each byte of the frame is wrong once, some of the key, and the whole ends everywhere.
    for index in (0..31).chain((frame - 90..frame).step_by(6)) {
        let (asked, statement, made) = honest(&instance, &person).await;
        let (mut object, is_of_the_frame) = (statement.written(), index < 31);
        let at = if is_of_the_frame { index } else { object.len() - (frame - index) };
        object[at] ^= 0x41;
        let answer = person.submit(asked.answered(&with_object(&made, &object, &statement.name))).await;
        assert!(is_refused(&answer) || (!is_of_the_frame && answer.status.as_u16() < 400), "{at}: {}", answer.status);
        let cut = &statement.written()[..at];
        let answer = person.submit(ask(&person).await.answered(&with_object(&made, cut, &statement.name))).await;
        assert!(is_refused(&answer), "{at}: {}", answer.status);
    }
    assert!(passkeys(&instance) < 20);
    assert_eq!(signed_in(&instance).await.visit("/").await.status, 200);
}

#[tokio::test]
async fn sec_84_an_account_has_twenty_passkeys_at_most() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let late = ask(&person).await;
    for number in 1..=20 {
        let asked = ask(&person).await;
        let made = Device::new().create(&instance.address, &asked.options).await;
        assert_eq!(person.submit(asked.answered(&made)).await.status, 200, "{number}");
    }
    assert_eq!(passkeys(&instance), 20);
    let page = person.visit("/double-authentication").await;
    if page.has("form[data-passkey]") {
        let asked = person.press_passkey(&page).await;
        let made = Device::new().create(&instance.address, &asked.options).await;
        assert!(is_refused(&person.submit(asked.answered(&made)).await), "one more");
    }
    let made = Device::new().create(&instance.address, &late.options).await;
    assert_ne!(person.submit(late.answered(&made)).await.status, 200, "nor one that was asked for before");
    assert_eq!(passkeys(&instance), 20);
}
