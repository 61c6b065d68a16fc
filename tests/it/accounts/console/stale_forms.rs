//! A form that was sent with an old proof has done nothing, and the proof that follows does not send it again (SEC-93).

use std::collections::BTreeSet;
use std::time::Duration;

use moncomptepro::config::{Accounts, Config, DevOptions};
use moncomptepro::site;
use moncomptepro::web::Guard;
use reqwest::Method;

use crate::support::{Device, Form, Instance, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const NEW: &str = "jean.user@commune.example";
const PASSWORD: &str = "une phrase de passe assez longue";
const ACCOUNT: &str = "/connection-and-account";
const FACTORS: &str = "/double-authentication";

/// Somebody who looks after their account slowly.
struct Slow<'a> {
    instance: &'a Instance,
    person: Person,
    password: &'static str,
    /// The key of their application, once they have one.
    key: Option<String>,
    /// Where forms were sent too late.
    tried: BTreeSet<String>,
}

impl Slow<'_> {
    /// How many acts of this name are in the trail.
    fn count(&self, event: &str) -> usize {
        let is_one = |text: String| text.split([' ', '{']).next() == Some(event);
        self.instance.audit().iter().filter(|record| is_one(format!("{:?}", record.event))).count()
    }

    /// Password, then a code where one is asked.
    async fn prove(&self, mut asks: Page) -> Page {
        if asks.url.path() == "/users/sign-in" {
            asks = self.person.submit(asks.form_with("password", None).with("password", self.password)).await;
        }
        if asks.url.path() == "/users/2fa-sign-in" {
            let code = totp_code(self.key.as_ref().unwrap(), self.instance.clock.now());
            asks = self.person.submit(asks.form_with("totpToken", None).with("totpToken", &code)).await;
        }
        asks
    }

    /// Fills a form of `page` in, and sends it a second too late; then gives the proof that is asked, which leads back to the
    /// page and no further; then fills it in anew, and is told that it is done.
    async fn sends_late(&mut self, page: &str, event: &str, fill: impl AsyncFn(&Person, &Page) -> Form) {
        let form = fill(&self.person, &self.person.visit(page).await).await;
        let (path, before) = (form.action.path().to_owned(), self.count(event));
        self.instance.clock.advance(Duration::from_secs(61)).unwrap();
        let led = self.person.post(form).await;
        assert_eq!(led.status, 303, "{path}: {}", led.body);
        let asks = self.person.follow(led).await;
        assert!(["/users/sign-in", "/users/2fa-sign-in"].contains(&asks.url.path()), "{path}: {}", asks.url);
        assert_eq!(self.count(event), before, "{path}: it was too late");
        let back = self.prove(asks).await;
        let expected = if page.starts_with(FACTORS) || page.starts_with("/totp") { FACTORS } else { page };
        assert_eq!((back.status.as_u16(), back.url.path()), (200, expected), "{path}: back, by a look alone");
        assert_eq!(self.count(event), before, "{path}: what was sent is not sent again");
        let again = fill(&self.person, &self.person.visit(page).await).await;
        let done = self.person.submit(again).await;
        assert_eq!((done.status.as_u16(), self.count(event)), (200, before + 1), "{path}: {}", done.body);
        self.tried.insert(path);
    }
}

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let asks = person.sign_in(person.visit("/users/start-sign-in").await, ADDRESS, ADDRESS).await;
    let form = asks.form_with("verify_email_token", None);
    let home = person.submit(form.with("verify_email_token", &instance.code_of(ADDRESS).await)).await;
    assert_eq!(home.url.path(), "/");
    person
}

/// Where the forms go that want a recent proof, with `1` for the segment that varies.
fn guarded(instance: &Instance) -> BTreeSet<String> {
    let table = site::routes(&instance.app);
    let forms = table
        .declarations()
        .filter(|declaration| declaration.method == Method::POST && matches!(declaration.guard, Guard::RecentProof(_)));
    forms.map(|declaration| declaration.path.replace("{id}", "1")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_93_a_form_that_was_sent_too_late_is_not_sent_again_by_the_proof_whichever_it_is() {
    let instance = Instance::start(|port| Config {
        accounts: Accounts::STANDARD,
        recent_proof: Duration::from_secs(60),
        ..Config::dev(DevOptions::default(), port)
    })
    .await;
    let (client, other) = (instance.standard_client(), signed_in(&instance).await);
    let person = signed_in(&instance).await;
    client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let tried = BTreeSet::new();
    let mut slow = Slow { instance: &instance, person, password: ADDRESS, key: None, tried };
    let service = async |_: &Person, page: &Page| {
        page.form_with("client_id", Some("standard_client_id")).with("client_id", "standard_client_id")
    };
    slow.sends_late(ACCOUNT, "ServiceRevoked", service).await;
    let others = async |_: &Person, page: &Page| page.form_to("account/sessions").with("session", "others");
    assert_eq!(other.visit("/").await.url.path(), "/");
    slow.sends_late(ACCOUNT, "SessionRevoked", others).await;
    assert_eq!(other.visit("/").await.url.path(), "/users/start-sign-in");
    let browsers = async |_: &Person, page: &Page| {
        let other = "form[action$='/browsers'] li:last-child button[name=browser]";
        page.form_to("account/browsers").with("browser", &page.attribute(other, "value").unwrap())
    };
    slow.sends_late(ACCOUNT, "BrowserDistrusted", browsers).await;
    late_export(&mut slow).await;
    late_with_factors(&mut slow).await;
    let address = async |_: &Person, page: &Page| page.form_with("email", None).with("email", NEW);
    slow.sends_late("/connection-and-account/email", "SecretMailed", address).await;
    let code = async |_: &Person, page: &Page| {
        page.form_with("verify_email_token", None).with("verify_email_token", &instance.code_of(NEW).await)
    };
    slow.sends_late("/connection-and-account/email", "AddressChanged", code).await;
    let password = async |_: &Person, page: &Page| {
        page.form_with("password_confirmation", None).with("password", PASSWORD).with("password_confirmation", PASSWORD)
    };
    slow.sends_late("/connection-and-account/password", "PasswordChanged", password).await;
    slow.password = PASSWORD;
    let deletion = async |_: &Person, page: &Page| page.form_to("/users/delete").with("confirmed", "yes");
    slow.sends_late("/users/delete", "UserErased", deletion).await;
    let tried: BTreeSet<String> = slow.tried.iter().map(|path| varied(path)).collect();
    assert_eq!(tried, guarded(&instance), "every form that wants a recent proof");
}

/// The path with `1` for what varies in it.
fn varied(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((start @ ("/delete-passkeys" | "/rename-passkeys"), _)) => format!("{start}/1"),
        _ => path.to_owned(),
    }
}

async fn late_with_factors(slow: &mut Slow<'_>) {
    let instance = slow.instance;
    let shown = std::sync::Mutex::new(String::new());
    let application = async |_: &Person, page: &Page| {
        let key = totp_key(page);
        let code = totp_code(&key, instance.clock.now());
        *shown.lock().unwrap() = key;
        page.form_with("totpToken", None).with("totpToken", &code)
    };
    slow.sends_late("/totp-configuration", "SecondFactorAdded", application).await;
    slow.key = Some(shown.into_inner().unwrap());
    let always = async |_: &Person, page: &Page| page.form_to("set-force-2fa").with("force2fa", "enable");
    slow.sends_late(FACTORS, "SecondFactorUseChosen", always).await;
    let codes = async |_: &Person, page: &Page| page.form_to("recovery-codes");
    slow.sends_late(FACTORS, "RecoveryCodesMade", codes).await;
    let passkey = async |person: &Person, page: &Page| {
        let asked = person.press_passkey(page).await;
        let made = Device::new().create(&instance.address, &asked.options).await;
        asked.answered(&made).with("name", "Clé")
    };
    slow.sends_late(FACTORS, "PasskeyAdded", passkey).await;
    late_question(slow).await;
    let name = async |_: &Person, page: &Page| page.form_to("rename-passkeys").with("name", "Téléphone");
    slow.sends_late(FACTORS, "PasskeyRenamed", name).await;
    let removal = async |_: &Person, page: &Page| page.form_to("delete-passkeys");
    slow.sends_late(FACTORS, "PasskeyRemoved", removal).await;
    let removal = async |_: &Person, page: &Page| page.form_to("delete-totp-configuration");
    slow.sends_late(FACTORS, "SecondFactorRemoved", removal).await;
}

/// A look at one's data is recorded as well: here the file tells what was done.
async fn late_export(slow: &mut Slow<'_>) {
    let path = "/connection-and-account/my-data";
    let form = slow.person.visit(path).await.main_form();
    slow.instance.clock.advance(Duration::from_secs(61)).unwrap();
    let led = slow.person.post(form).await;
    assert_eq!(led.status, 303, "{}", led.body);
    let back = slow.prove(slow.person.follow(led).await).await;
    assert!(back.url.path() == path && back.header("content-type").starts_with("text/html"), "{}", back.url);
    assert!(slow.person.submit(back.main_form()).await.text("[role=status]").contains(ADDRESS));
    slow.tried.insert(path.to_owned());
    // So is the link that was mailed, which stays good.
    let link = slow.instance.link_of(ADDRESS).await;
    let form = slow.person.visit(&link).await.main_form();
    slow.instance.clock.advance(Duration::from_secs(61)).unwrap();
    let led = slow.person.post(form).await;
    assert_eq!(led.status, 303, "{}", led.body);
    assert_eq!(slow.prove(slow.person.follow(led).await).await.url.path(), path);
    let file = slow.person.submit(slow.person.visit(&link).await.main_form()).await;
    assert_eq!(file.header("content-type"), "application/json");
    slow.tried.insert(format!("{path}/file"));
}

/// What a script asks before a passkey is made is no act: too late, it is led away like the others.
async fn late_question(slow: &mut Slow<'_>) {
    let page = slow.person.visit(FACTORS).await;
    slow.instance.clock.advance(Duration::from_secs(61)).unwrap();
    let (_, led) = slow.person.ask_passkey(&page).await;
    assert_eq!(led.status, 303, "{}", led.body);
    let back = slow.prove(slow.person.follow(led).await).await;
    assert_eq!(back.url.path(), FACTORS);
    slow.tried.insert(String::from("/passkeys/options"));
}
