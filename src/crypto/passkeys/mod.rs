//! Passkeys (WebAuthn Level 2 §7): what a browser is asked, and whether what it answers is right (SEC-82).
//!
//! A user is always verified by the authenticator, so that a passkey is two factors by itself. What is checked here is
//! text and signatures; whose the passkey is, and that a question is answered once, is for the caller.
//!
//! ES256, ES384 and RS256 are offered: what the library verifies. EdDSA (−8) is not, since it reads those keys and verifies
//! nothing by them; ES256 is what every authenticator has (WebAuthn §5.4), so that nobody is shut out.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::crypto::sha256;

/// No authenticator may give a longer name to a passkey (WebAuthn §4).
const LONGEST_ID: usize = 1023;

/// What this site asks of authenticators, under its name and its host.
#[derive(Debug, Clone)]
pub struct PasskeySite {
    webauthn: Webauthn,
    origin: String,
}

/// A question for a browser, and what its answer is checked against.
#[derive(Debug, Clone)]
pub struct PasskeyQuestion {
    /// What the browser is given: the options of WebAuthn, binary members in base64url.
    pub options: Value,
    /// What is kept here.
    pub state: String,
}

/// For whom a passkey is made.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyOwner<'a> {
    /// What the authenticator gives back to name them: random, and nothing about them (SEC-84).
    pub handle: &'a str,
    /// Their address.
    pub email: &'a str,
    /// Their name, as far as it is known.
    pub name: &'a str,
}

/// A passkey that was made.
#[derive(Debug, Clone)]
pub struct MadePasskey {
    /// Its name of its authenticator, in base64url.
    pub credential_id: String,
    /// Its public key with what belongs to it, for [`PasskeySite::check_use`].
    pub key: String,
}

/// What an answer says before anything is checked: which passkey, and of whom.
#[derive(Debug, Clone)]
pub struct PasskeyClaim {
    /// The name of the passkey, in base64url.
    pub credential_id: String,
    /// What names its owner, where the authenticator says it.
    pub owner: Option<String>,
}

/// Why an answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasskeyRefusal {
    /// It is not what was asked, or not by whom.
    #[error("the answer of the authenticator is not right")]
    Wrong,
    /// The authenticator counts less than it did before: it may have been copied (SEC-83).
    #[error("the authenticator counts backwards")]
    CounterBehind,
}

/// What a browser says that it did (WebAuthn §5.8.1), as far as the library leaves it open.
#[derive(Deserialize)]
struct ClientData {
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<Value>,
}

impl PasskeySite {
    /// The site of this issuer; `None` where browsers allow no passkeys, as under an address of the network.
    pub fn new(issuer: &str, name: &str) -> Option<Self> {
        let url = Url::parse(issuer).ok()?;
        let host = url.domain()?.to_owned();
        let webauthn = WebauthnBuilder::new(&host, &url).ok()?.rp_name(name).build().ok()?;
        Some(Self { webauthn, origin: url.origin().ascii_serialization() })
    }

    /// Asks for a new passkey; those of `known` are not made twice.
    ///
    /// # Errors
    /// When a known name cannot be read.
    pub fn ask_for_new(&self, owner: PasskeyOwner<'_>, known: &[&str]) -> Result<PasskeyQuestion, PasskeyRefusal> {
        let known = known.iter().map(|id| decode(id)).collect::<Result<Vec<_>, _>>()?;
        let asked = self.webauthn.start_passkey_registration(Uuid::nil(), owner.email, owner.name, Some(known));
        let (asked, state) = asked.map_err(refusal)?;
        let mut options = options_of(&asked.public_key)?;
        // The library names people by numbers of 128 bits, and wants no passkey to be found without an address.
        let user = options.get_mut("user").and_then(Value::as_object_mut).ok_or(PasskeyRefusal::Wrong)?;
        user.insert(String::from("id"), Value::from(owner.handle));
        let selection =
            json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" });
        options.insert(String::from("authenticatorSelection"), selection);
        Ok(PasskeyQuestion { options: Value::Object(options), state: write(&state)? })
    }

    /// Checks what was made.
    ///
    /// # Errors
    /// When it is not what was asked.
    pub fn check_new(&self, state: &str, answer: &str) -> Result<MadePasskey, PasskeyRefusal> {
        let state: PasskeyRegistration = parse(state)?;
        let answer: RegisterPublicKeyCredential = parse(answer)?;
        check_name(&answer.id, &answer.raw_id, &answer.type_)?;
        self.check_client_data(&answer.response.client_data_json)?;
        let made = self.webauthn.finish_passkey_registration(&answer, &state).map_err(refusal)?;
        let credential_id = encode(made.cred_id());
        // The name in the envelope is that of the key that was made.
        if made.cred_id().len() > LONGEST_ID || credential_id != answer.id {
            return Err(PasskeyRefusal::Wrong);
        }
        Ok(MadePasskey { credential_id, key: write(&made)? })
    }

    /// Asks for one of the passkeys `allowed`, or for any that the authenticator has for this site.
    ///
    /// # Errors
    /// Never, for options that are text.
    pub fn ask_for_use(&self, allowed: &[&str]) -> Result<PasskeyQuestion, PasskeyRefusal> {
        let (asked, state) = self.webauthn.start_discoverable_authentication().map_err(refusal)?;
        let mut options = options_of(&asked.public_key)?;
        let allowed = allowed.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        options.insert(String::from("allowCredentials"), allowed);
        Ok(PasskeyQuestion { options: Value::Object(options), state: write(&state)? })
    }

    /// Which passkey an answer claims to come from.
    ///
    /// # Errors
    /// When it is no answer at all.
    pub fn claim_of(answer: &str) -> Result<PasskeyClaim, PasskeyRefusal> {
        let answer: PublicKeyCredential = parse(answer)?;
        check_name(&answer.id, &answer.raw_id, &answer.type_)?;
        Ok(PasskeyClaim { credential_id: encode(&answer.raw_id), owner: answer.response.user_handle.map(encode) })
    }

    /// Checks an answer against the passkey that it claims to come from. Gives the key as it is to be kept from now on.
    ///
    /// # Errors
    /// When it is not right.
    pub fn check_use(&self, state: &str, answer: &str, key: &str) -> Result<String, PasskeyRefusal> {
        let state: DiscoverableAuthentication = parse(state)?;
        let answer: PublicKeyCredential = parse(answer)?;
        let mut passkey: Passkey = parse(key)?;
        self.check_client_data(&answer.response.client_data_json)?;
        let known = DiscoverableKey::from(&passkey);
        let done = self.webauthn.finish_discoverable_authentication_v2(&answer, state, &known).map_err(refusal)?;
        if !done.user_verified() {
            return Err(PasskeyRefusal::Wrong);
        }
        passkey.update_credential(&done);
        write(&passkey)
    }

    /// The library compares origins as addresses, and knows nothing of the page around a frame.
    fn check_client_data(&self, bytes: &[u8]) -> Result<(), PasskeyRefusal> {
        let said: ClientData = serde_json::from_slice(bytes).map_err(|_| PasskeyRefusal::Wrong)?;
        let is_of_this_site = said.origin == self.origin && !said.cross_origin && said.top_origin.is_none();
        is_of_this_site.then_some(()).ok_or(PasskeyRefusal::Wrong)
    }
}

/// The name under which a passkey is found: short, whatever its own.
pub fn passkey_digest(credential_id: &str) -> String {
    encode(sha256(credential_id.as_bytes()))
}

fn check_name(id: &str, raw_id: &[u8], kind: &str) -> Result<(), PasskeyRefusal> {
    let is_one = kind == "public-key" && id == encode(raw_id) && (1..=LONGEST_ID).contains(&raw_id.len());
    is_one.then_some(()).ok_or(PasskeyRefusal::Wrong)
}

/// The options as a browser reads them. No extension is asked for.
fn options_of(options: &impl Serialize) -> Result<Map<String, Value>, PasskeyRefusal> {
    match serde_json::to_value(options) {
        Ok(Value::Object(mut members)) => {
            members.remove("extensions");
            Ok(members)
        }
        Ok(_) | Err(_) => Err(PasskeyRefusal::Wrong),
    }
}

fn write(value: &impl Serialize) -> Result<String, PasskeyRefusal> {
    serde_json::to_string(value).map_err(|_| PasskeyRefusal::Wrong)
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, PasskeyRefusal> {
    serde_json::from_str(text).map_err(|_| PasskeyRefusal::Wrong)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, PasskeyRefusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| PasskeyRefusal::Wrong)
}

/// What the library found, in the two words that anybody can act on.
fn refusal(error: WebauthnError) -> PasskeyRefusal {
    match error {
        WebauthnError::CredentialPossibleCompromise => PasskeyRefusal::CounterBehind,
        _ => PasskeyRefusal::Wrong,
    }
}
