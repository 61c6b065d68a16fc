//! The authenticator in which people keep a passkey, and the browser in front of it: ones that we did not write.

use std::future::Future;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moncomptepro::crypto::sha256;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error, get_assertion};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::{Value, json};
use url::Url;

use super::{Form, Page, Person};

/// A telephone with a passkey in it, or with none yet.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) passkey: Option<Passkey>,
    /// Whether it makes sure of who holds it.
    pub(crate) verifies: bool,
    /// Whether it counts how often it signs.
    pub(crate) counts: bool,
}

/// What a dishonest browser or authenticator says in place of the truth.
#[derive(Clone)]
pub(crate) struct Lie {
    pub(crate) kind: &'static str,
    pub(crate) challenge: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) more: Value,
    pub(crate) rp_id: Option<String>,
    pub(crate) present: bool,
}

/// Nothing but the truth.
pub(crate) const TRUTH: Lie =
    Lie { kind: "webauthn.get", challenge: None, origin: None, more: Value::Null, rp_id: None, present: true };

struct Holder {
    verifies: bool,
}

type Checked<'a> = Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'a>>;

impl UserValidationMethod for Holder {
    type PasskeyItem = Passkey;

    fn check_user<'a, 's, 'o>(&'s self, _hint: UiHint<'a, Passkey>, presence: bool, verification: bool) -> Checked<'o>
    where
        's: 'o,
        'a: 'o,
        Self: 'o,
    {
        let verification = self.verifies && verification;
        Box::pin(async move { Ok(UserCheck { presence, verification }) })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(self.verifies)
    }
}

impl Device {
    /// One that synchronizes its passkeys, and does not count.
    pub(crate) fn new() -> Self {
        Self { passkey: None, verifies: true, counts: false }
    }

    /// One that counts.
    pub(crate) fn counting() -> Self {
        Self { counts: true, ..Self::new() }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Holder> {
        let holder = Holder { verifies: self.verifies };
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), self.passkey.clone(), holder);
        authenticator.set_make_credentials_with_signature_counter(self.counts);
        authenticator
    }

    /// Makes a passkey, as a browser on a page of `origin` has it made.
    pub(crate) async fn create(&mut self, origin: &str, options: &Value) -> Value {
        let asked: CredentialCreationOptions = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let origin = Url::parse(origin).unwrap();
        let made = client.register(&origin, asked, DefaultClientData).await.unwrap();
        self.passkey = client.authenticator().store().clone();
        json!({
            "id": made.id, "rawId": text(&made.raw_id), "type": "public-key",
            "response": {
                "clientDataJSON": text(&made.response.client_data_json),
                "attestationObject": text(&made.response.attestation_object),
            },
        })
    }

    /// Answers, as a browser on a page of `origin` has it answered.
    pub(crate) async fn answer(&mut self, origin: &str, options: &Value) -> Value {
        let asked: CredentialRequestOptions = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let origin = Url::parse(origin).unwrap();
        let given = client.authenticate(&origin, asked, DefaultClientData).await.unwrap();
        self.passkey = client.authenticator().store().clone();
        json!({
            "id": given.id, "rawId": text(&given.raw_id), "type": "public-key",
            "response": {
                "clientDataJSON": text(&given.response.client_data_json),
                "authenticatorData": text(&given.response.authenticator_data),
                "signature": text(&given.response.signature),
                "userHandle": given.response.user_handle.map(|handle| text(&handle)),
            },
        })
    }

    /// Answers with a lie, signed as the truth would be.
    pub(crate) async fn lie(&mut self, origin: &str, options: &Value, lie: &Lie) -> Value {
        let challenge = options["challenge"].as_str().unwrap().to_owned();
        let mut said = json!({
            "type": lie.kind,
            "challenge": lie.challenge.clone().unwrap_or(challenge),
            "origin": lie.origin.clone().unwrap_or_else(|| origin.to_owned()),
        });
        for (name, value) in lie.more.as_object().into_iter().flatten() {
            said[name] = value.clone();
        }
        let said = said.to_string();
        let request = get_assertion::Request {
            rp_id: lie.rp_id.clone().unwrap_or_else(|| options["rpId"].as_str().unwrap().to_owned()),
            client_data_hash: sha256(said.as_bytes()).to_vec().into(),
            allow_list: None,
            extensions: None,
            options: passkey::types::ctap2::make_credential::Options { rk: false, up: lie.present, uv: self.verifies },
            pin_auth: None,
            pin_protocol: None,
        };
        let mut authenticator = self.authenticator();
        let given = authenticator.get_assertion(request).await.unwrap();
        self.passkey = authenticator.store().clone();
        let id = text(&given.credential.unwrap().id);
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": text(said.as_bytes()),
                "authenticatorData": text(&given.auth_data.to_vec()),
                "signature": text(&given.signature),
                "userHandle": given.user.map(|user| text(&user.id)),
            },
        })
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A form of a page that the script sends, with the question that its script was given.
pub(crate) struct Asked {
    pub(crate) form: Form,
    pub(crate) options: Value,
}

impl Asked {
    /// The form with an answer in it.
    pub(crate) fn answered(&self, answer: &Value) -> Form {
        let name = self.form.fields.iter().map(|(name, _)| name).find(|name| name.starts_with("webauthn")).unwrap();
        self.form.clone().with(&name.clone(), &answer.to_string())
    }
}

impl Person {
    /// Does what the script of a page does when its passkey button is pressed.
    pub(crate) async fn press_passkey(&self, page: &Page) -> Asked {
        let (asked, answer) = self.ask_passkey(page).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let said = answer.json();
        let form = asked.with("ceremony", said["ceremony"].as_str().unwrap());
        Asked { form, options: said["options"].clone() }
    }

    /// The form of the button, and what the site says to its script.
    pub(crate) async fn ask_passkey(&self, page: &Page) -> (Form, Page) {
        let options = page.attribute("form[data-passkey]", "data-options").unwrap();
        let form = page.form_with("ceremony", None);
        let kept = |(name, _): &(String, String)| ["_csrf", "purpose"].contains(&name.as_str());
        let fields = form.fields.iter().filter(|field| kept(field)).cloned().collect();
        let answer = self.post(Form { action: page.url.join(&options).unwrap(), fields }).await;
        (form, answer)
    }
}
