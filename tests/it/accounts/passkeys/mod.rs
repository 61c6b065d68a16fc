//! Passkeys: added, used in place of a password and beside one, lied about, replayed, taken away.

mod counts;
mod names;

use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::domain::Actor;
use serde_json::{Value, json};

use crate::support::{Asked, Device, Instance, Lie, Page, Person, TRUTH, join_all, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "datapass@yopmail.com";
const MFA: &str = r#"{"id_token":{"acr":{"essential":true,"value":"https://refeds.org/profile/mfa"}}}"#;

async fn sign_in(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, address, address).await
}

/// Adds a passkey on the page of the account; what comes back.
async fn add(instance: &Instance, person: &Person, device: &mut Device, name: &str) -> Page {
    let page = person.visit("/double-authentication").await;
    let asked = person.press_passkey(&page).await;
    let made = device.create(&instance.address, &asked.options).await;
    person.submit(asked.answered(&made).with("name", name)).await
}

/// Somebody signed in with their first passkey.
async fn owner(instance: &Instance, device: &mut Device) -> Person {
    let person = instance.person();
    sign_in(&person, ADDRESS).await;
    assert_eq!(add(instance, &person, device, "Téléphone").await.status, 200);
    person
}

/// Presses the button of the e-mail page, in a browser of their own.
async fn press(person: &Person) -> Asked {
    let page = person.visit("/users/start-sign-in").await;
    person.press_passkey(&page).await
}

/// Uses a passkey in place of a password.
async fn enter(instance: &Instance, person: &Person, device: &mut Device) -> Page {
    let asked = press(person).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    person.submit(asked.answered(&answer)).await
}

fn is_refused(page: &Page) -> bool {
    page.status == 400 && page.text(".problems").contains("clé d’accès")
}

#[tokio::test]
async fn a_passkey_is_added_named_used_listed_and_taken_away() {
    let instance = Instance::dev().await;
    let (mut device, elsewhere) = (Device::new(), instance.person());
    sign_in(&elsewhere, ADDRESS).await;
    let person = instance.person();
    sign_in(&person, ADDRESS).await;
    let codes = add(&instance, &person, &mut device, "Mon  téléphone\u{202e}").await;
    assert_eq!(codes.text(".codes").split_whitespace().count(), 10, "the first factor comes with recovery codes");
    assert!(codes.text(".notification").contains("clé d’accès"));
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("clé d’accès"), "SEC-80: the owner is told");
    assert_eq!(elsewhere.visit("/").await.url.path(), "/users/start-sign-in", "SEC-37: other sessions ended");
    let page = person.visit("/double-authentication").await;
    assert!(page.text(".cards").contains("Mon  téléphone") || page.text(".cards").contains("Mon téléphone"));
    assert!(page.text(".cards").contains("Jamais utilisée"));
    let visitor = instance.person();
    assert_eq!(enter(&instance, &visitor, &mut device).await.url.path(), "/");
    let page = visitor.visit("/double-authentication").await;
    assert!(page.text(".cards").contains("1 utilisation."), "{}", page.body);
    let history = visitor.visit("/connection-and-account/sign-in-history").await;
    assert!(history.text("main").contains("Connexion par une clé d’accès"));
    let mut second = Device::new();
    let added = add(&instance, &visitor, &mut second, "").await;
    assert_eq!(added.url.path(), "/double-authentication", "codes come once");
    assert!(added.text(".notification").contains("ajoutée"));
    let gone = visitor.submit(added.form_to("delete-passkeys")).await;
    assert!(gone.text(".notification").contains("supprimée") && !gone.text("main").contains("Mon téléphone"));
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("supprimée"));
    assert!(gone.text("main").contains("10 codes"), "a factor is left");
    let last = visitor.submit(gone.form_to("delete-passkeys")).await;
    assert!(!last.text("main").contains("Codes de secours"));
    assert!(is_refused(&enter(&instance, &instance.person(), &mut second).await), "a passkey that was removed");
    let person = instance.person();
    assert_eq!(sign_in(&person, ADDRESS).await.url.path(), "/");
}

#[tokio::test]
async fn sec_29_r_24_a_passkey_alone_is_two_factors_and_beside_a_password_it_says_so() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    owner(&instance, &mut device).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    let asked = person.press_passkey(&page).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    let back = person.submit(asked.answered(&answer)).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["acr"], "https://refeds.org/profile/mfa");
    assert_eq!(members["amr"], json!(["pop", "mfa"]));
    assert_eq!(members["auth_time"], instance.clock.now().0);
    let person = instance.person();
    let page = person.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    let asks = person.sign_in(page, ADDRESS, ADDRESS).await;
    assert_eq!(asks.url.path(), "/users/2fa-sign-in");
    assert!(!asks.has("#totpToken"), "there is no application");
    let asked = person.press_passkey(&asks).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    let back = person.submit(asked.answered(&answer)).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["amr"], json!(["pwd", "pop", "mfa"]));
}

#[tokio::test]
async fn a_service_that_demands_two_factors_has_a_passkey_added_on_the_way() {
    let instance = Instance::dev().await;
    let (person, client, mut device) = (instance.person(), instance.standard_client(), Device::new());
    let page = person.visit(&client.authorization("openid", &[("claims", MFA)])).await;
    let choice = person.sign_in(page, ADDRESS, ADDRESS).await;
    assert_eq!(choice.url.path(), "/users/double-authentication-choice");
    let asked = person.press_passkey(&choice).await;
    let made = device.create(&instance.address, &asked.options).await;
    let spoiled = json!({ "id": made["id"], "rawId": made["rawId"], "type": "public-key", "response": {} });
    let refused = person.post(asked.answered(&spoiled)).await;
    assert!(is_refused(&refused) && refused.has("form[data-passkey]"), "{}", refused.body);
    let again = person.press_passkey(&refused).await;
    let made = Device::new().create(&instance.address, &again.options).await;
    let codes = person.submit(again.answered(&made)).await;
    let back = person.visit(&codes.attribute("a.primary", "href").unwrap()).await;
    let members = client.id_token_members(&client.redeem(&client.code(&back)).await.id_token).await;
    assert_eq!(members["amr"], json!(["pwd", "pop", "mfa"]));
}

#[tokio::test]
async fn sec_82_an_answer_with_one_thing_wrong_opens_nothing() {
    let instance = Instance::dev().await;
    let mut device = Device::counting();
    owner(&instance, &mut device).await;
    let origin = instance.address.clone();
    let port = origin.rsplit(':').next().unwrap().to_owned();
    let lies: Vec<(&str, Lie)> = vec![
        ("the kind of a registration", Lie { kind: "webauthn.create", ..TRUTH }),
        (
            "another challenge",
            Lie { challenge: Some(String::from("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), ..TRUTH },
        ),
        ("no challenge", Lie { challenge: Some(String::new()), ..TRUTH }),
        ("another scheme", Lie { origin: Some(format!("https://localhost:{port}")), ..TRUTH }),
        ("another port", Lie { origin: Some(String::from("http://localhost:1")), ..TRUTH }),
        ("no port", Lie { origin: Some(String::from("http://localhost")), ..TRUTH }),
        ("a host below", Lie { origin: Some(format!("http://a.localhost:{port}")), ..TRUTH }),
        ("a host that looks alike", Lie { origin: Some(format!("http://evil-localhost:{port}")), ..TRUTH }),
        ("a path behind the origin", Lie { origin: Some(format!("{origin}/")), ..TRUTH }),
        ("no origin", Lie { origin: Some(String::from("null")), ..TRUTH }),
        ("from a frame of another site", Lie { more: json!({ "crossOrigin": true }), ..TRUTH }),
        ("within another site", Lie { more: json!({ "topOrigin": "https://evil.example" }), ..TRUTH }),
        ("for another site", Lie { rp_id: Some(String::from("evil.example")), ..TRUTH }),
        ("for a host below", Lie { rp_id: Some(String::from("a.localhost")), ..TRUTH }),
        ("nobody there", Lie { present: false, ..TRUTH }),
    ];
    for (what, lie) in lies {
        let person = instance.person();
        let asked = press(&person).await;
        let answer = device.lie(&origin, &asked.options, &lie).await;
        assert!(is_refused(&person.post(asked.answered(&answer)).await), "{what}");
        assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in", "{what}");
    }
    let unverified = Device { verifies: false, ..device.clone() };
    let person = instance.person();
    let asked = press(&person).await;
    let answer = unverified.clone().lie(&origin, &asked.options, &TRUTH).await;
    assert!(is_refused(&person.post(asked.answered(&answer)).await), "a holder who was not verified");
    type Spoil = fn(&mut Value);
    let spoils: [(&str, Spoil); 9] = [
        ("another signature", |answer| spoil(&mut answer["response"]["signature"], 20)),
        ("other data of the authenticator", |answer| spoil(&mut answer["response"]["authenticatorData"], 40)),
        ("another owner", |answer| spoil(&mut answer["response"]["userHandle"], 3)),
        ("no owner", |answer| answer["response"]["userHandle"] = Value::Null),
        ("a name that is not its own", |answer| spoil(&mut answer["id"], 3)),
        ("an unknown passkey", |answer| {
            answer["id"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
            answer["rawId"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        }),
        ("a long name", |answer| {
            answer["id"] = json!("A".repeat(2000));
            answer["rawId"] = json!("A".repeat(2000));
        }),
        ("another type", |answer| answer["type"] = json!("password")),
        ("no answer at all", |answer| *answer = json!([1, { "a": null }])),
    ];
    for (what, spoil) in spoils {
        let person = instance.person();
        let asked = press(&person).await;
        let mut answer = device.lie(&origin, &asked.options, &TRUTH).await;
        spoil(&mut answer);
        assert!(is_refused(&person.post(asked.answered(&answer)).await), "{what}");
    }
    let person = instance.person();
    let asked = press(&person).await;
    let answer = device.lie(&origin, &asked.options, &TRUTH).await;
    assert_eq!(person.submit(asked.answered(&answer)).await.url.path(), "/", "and the truth signs in");
}

/// Changes one character of a text in base64url.
fn spoil(text: &mut Value, at: usize) {
    let mut characters: Vec<char> = text.as_str().unwrap().chars().collect();
    characters[at] = if characters[at] == 'A' { 'B' } else { 'A' };
    *text = Value::from(characters.into_iter().collect::<String>());
}

#[tokio::test]
async fn sec_82_a_question_is_answered_once_in_its_browser_and_within_five_minutes() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    owner(&instance, &mut device).await;
    let person = instance.person();
    let asked = press(&person).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    let form = asked.answered(&answer);
    let thief = instance.person();
    let theirs = press(&thief).await;
    let stolen = theirs.answered(&answer).with("ceremony", &field(&asked, "ceremony"));
    assert!(is_refused(&thief.post(stolen).await), "in another browser");
    assert!(is_refused(&thief.post(theirs.answered(&answer)).await), "to another question");
    let answers = join_all((0..16).map(|_| person.post(form.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1, "once, of sixteen at once");
    person.submit(person.visit("/").await.sign_out_form()).await;
    let page = person.visit("/users/start-sign-in").await;
    let token = page.attribute("input[name=_csrf]", "value").unwrap();
    assert!(is_refused(&person.post(form.with("_csrf", &token)).await), "a replay");
    let asked = press(&person).await;
    let spoiled = asked.answered(&json!({}));
    assert!(is_refused(&person.post(spoiled).await));
    let answer = device.answer(&instance.address, &asked.options).await;
    assert!(is_refused(&person.post(asked.answered(&answer)).await), "it is over at the first answer, whatever it was");
    let asked = press(&person).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    instance.clock.advance(Duration::from_secs(300)).unwrap();
    assert!(is_refused(&person.post(asked.answered(&answer)).await), "too late");
}

fn field(asked: &Asked, name: &str) -> String {
    asked.form.fields.iter().find(|(known, _)| known == name).unwrap().1.clone()
}

#[tokio::test]
async fn sec_82_a_question_of_one_purpose_is_no_question_of_another() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    let owner = owner(&instance, &mut device).await;
    let page = owner.visit("/double-authentication").await;
    owner.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    let person = instance.person();
    let entry = press(&person).await;
    let asks = person.sign_in(person.visit("/users/start-sign-in").await, ADDRESS, ADDRESS).await;
    let beside = person.press_passkey(&asks).await;
    let answer = device.answer(&instance.address, &entry.options).await;
    let mixed = beside.answered(&answer).with("ceremony", &field(&entry, "ceremony"));
    assert!(is_refused(&person.post(mixed).await), "of before the password");
    let beside = person.press_passkey(&asks).await;
    let answer = device.answer(&instance.address, &beside.options).await;
    let mut form = beside.answered(&answer);
    form.action.set_path("/users/sign-in-with-passkey");
    assert_eq!(person.post(form).await.status, 400, "no sign-in anew");
    let beside = person.press_passkey(&asks).await;
    let answer = device.answer(&instance.address, &beside.options).await;
    assert_eq!(person.submit(beside.answered(&answer)).await.url.path(), "/");
}

#[tokio::test]
async fn sec_82_a_passkey_of_somebody_else_is_no_second_factor() {
    let instance = Instance::dev().await;
    let (mut device, mut theirs) = (Device::new(), Device::new());
    let owner = owner(&instance, &mut device).await;
    let page = owner.visit("/double-authentication").await;
    owner.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    let thief = instance.person();
    sign_in(&thief, OTHER).await;
    add(&instance, &thief, &mut theirs, "").await;
    let thief = instance.person();
    let asks = sign_in(&thief, ADDRESS).await;
    let asked = thief.press_passkey(&asks).await;
    let answer = theirs.lie(&instance.address, &asked.options, &TRUTH).await;
    assert!(is_refused(&thief.post(asked.answered(&answer)).await));
    for _ in 0..4 {
        let asked = thief.press_passkey(&asks).await;
        thief.post(asked.answered(&json!({}))).await;
    }
    let asked = thief.press_passkey(&asks).await;
    assert_eq!(thief.post(asked.answered(&json!({}))).await.status, 429, "SEC-78: five in a quarter of an hour");
}

#[tokio::test]
async fn sec_84_what_is_asked_of_a_new_passkey_tells_nothing_and_none_is_made_twice() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    let person = owner(&instance, &mut device).await;
    let page = person.visit("/double-authentication").await;
    let asked = person.press_passkey(&page).await;
    let options = &asked.options;
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["id"].as_str().unwrap().len(), 43, "32 bytes");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert!(options.get("extensions").is_none());
    assert_eq!(options["challenge"].as_str().unwrap().len(), 43);
    let known = device.passkey.clone().unwrap().credential_id;
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    // The same passkey for a second person: the browser of a thief does not mind, the site does.
    let thief = instance.person();
    sign_in(&thief, OTHER).await;
    let asked = thief.press_passkey(&thief.visit("/double-authentication").await).await;
    let mut fresh = Device::new();
    let mut made = fresh.create(&instance.address, &asked.options).await;
    let fresh_id = fresh.passkey.clone().unwrap().credential_id;
    assert_ne!(fresh_id, known);
    rename(&mut made, &fresh_id, &known);
    let refused = thief.post(asked.answered(&made)).await;
    assert!(is_refused(&refused), "{}", refused.body);
    let asked = thief.press_passkey(&thief.visit("/double-authentication").await).await;
    let mut unverified = Device { verifies: false, ..Device::new() };
    let mut options = asked.options.clone();
    options["authenticatorSelection"]["userVerification"] = json!("discouraged");
    let made = unverified.create(&instance.address, &options).await;
    assert!(is_refused(&thief.post(asked.answered(&made)).await), "a holder who was not verified");
}

/// Gives a passkey that was made the name of another one of the same length.
fn rename(made: &mut Value, from: &[u8], to: &[u8]) {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let object = engine.decode(made["response"]["attestationObject"].as_str().unwrap()).unwrap();
    let at = object.windows(from.len()).position(|bytes| bytes == from).unwrap();
    let renamed = [&object[..at], to, &object[at + from.len()..]].concat();
    made["response"]["attestationObject"] = json!(engine.encode(renamed));
    made["id"] = json!(engine.encode(to));
    made["rawId"] = json!(engine.encode(to));
}

#[tokio::test]
async fn sec_85_questions_of_others_do_not_disturb_ones_own() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    owner(&instance, &mut device).await;
    let victim = instance.person();
    let asked = press(&victim).await;
    let other = instance.person();
    let page = other.visit("/users/start-sign-in").await;
    let asks = other.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    assert!(asks.text("main").contains(ADDRESS), "the address of the victim");
    for number in 0..1_000 {
        let (_, answer) = other.ask_passkey(if number % 2 == 0 { &asks } else { &page }).await;
        assert!(matches!(answer.status.as_u16(), 200 | 429), "{}", answer.status);
    }
    let answer = device.answer(&instance.address, &asked.options).await;
    assert_eq!(victim.submit(asked.answered(&answer)).await.url.path(), "/");
}

#[tokio::test]
async fn sec_86_the_question_names_nobody_s_passkeys() {
    let instance = Instance::dev().await;
    owner(&instance, &mut Device::new()).await;
    let person = instance.person();
    assert_eq!(press(&person).await.options["allowCredentials"], json!([]));
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    assert_eq!(person.press_passkey(&asks).await.options["allowCredentials"], json!([]), "a known address neither");
}

#[tokio::test]
async fn a_closed_account_is_not_opened_by_its_passkey_and_an_erased_one_leaves_none() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    owner(&instance, &mut device).await;
    let by = acts::By::local(Actor::Operator);
    let key = || acts::administration::UserKey::Email(ADDRESS.parse().unwrap());
    acts::administration::disable_user(&instance.app, &by, key(), false).await.unwrap().unwrap();
    assert!(is_refused(&enter(&instance, &instance.person(), &mut device).await), "closed");
    acts::administration::enable_user(&instance.app, &by, key()).await.unwrap().unwrap();
    assert_eq!(enter(&instance, &instance.person(), &mut device).await.url.path(), "/");
    acts::administration::erase_user(&instance.app, &by, key(), false).await.unwrap().unwrap();
    assert!(is_refused(&enter(&instance, &instance.person(), &mut device).await), "erased");
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
}

#[tokio::test]
async fn sec_80_a_password_alone_adds_and_removes_nothing_beside_a_passkey() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    owner(&instance, &mut device).await;
    let thief = instance.person();
    sign_in(&thief, ADDRESS).await;
    for page in ["/double-authentication", "/totp-configuration"] {
        assert_eq!(thief.visit(page).await.url.path(), "/users/2fa-sign-in", "{page}");
    }
    let asks = thief.visit("/double-authentication").await;
    let token = asks.attribute("input[name=_csrf]", "value").unwrap();
    for path in ["/passkeys/options", "/passkeys/verify-registration", "/delete-passkeys/abc"] {
        let mut form = asks.form_with("recovery_code", None).with("_csrf", &token);
        form.action.set_path(path);
        let answer = thief.post(form).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    }
    let asked = thief.press_passkey(&asks).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    let back = thief.submit(asked.answered(&answer)).await;
    assert_eq!(back.url.path(), "/double-authentication", "whoever holds it comes back to the page");
    instance.clock.advance(Duration::from_secs(15 * 60 + 1)).unwrap();
    let asks = thief.visit("/double-authentication").await;
    assert_eq!(asks.url.path(), "/users/sign-in", "SEC-93: an old proof is made anew");
    let asked = thief.press_passkey(&asks).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    assert_eq!(thief.submit(asked.answered(&answer)).await.url.path(), "/double-authentication");
}

#[tokio::test]
async fn a_passkey_and_an_application_stand_beside_each_other_and_codes_go_with_the_last() {
    let instance = Instance::dev().await;
    let mut device = Device::new();
    let person = owner(&instance, &mut device).await;
    let offer = person.visit("/totp-configuration").await;
    let code = totp_code(&totp_key(&offer), instance.clock.now());
    person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    let page = person.visit("/double-authentication").await;
    let page = person.submit(page.form_to("delete-totp-configuration")).await;
    assert!(page.text("main").contains("10 codes") && page.has(".cards"));
    let page = person.submit(page.form_to("delete-passkeys")).await;
    assert!(!page.has(".cards") && !page.text("main").contains("Codes de secours"));
}
