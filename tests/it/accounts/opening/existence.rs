//! Where accounts are hidden, no answer of any page that strangers reach tells whether an address has one: status, headers,
//! cookies, where it leads and every byte of it (SEC-96).

use moncomptepro::config::{Accounts, Config, DevOptions, Limits};
use moncomptepro::domain::{User, UserId};
use moncomptepro::store::users;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN};

use crate::support::{Form, Instance, Page, Person, hiding};

const KNOWN: &str = "user@yopmail.com";
const UNKNOWN: &str = "nobody@nowhere.fr";
const CLOSED: &str = "editeur@yopmail.com";
const BARE: &str = "sans.mot.de.passe@yopmail.com";

/// An answer without what differs from one browser to the next: handles, tokens, and the address that was typed.
fn masked(page: &Page, address: &str) -> String {
    let headers: Vec<String> = page
        .headers
        .iter()
        .filter(|(name, _)| *name != "date" && *name != "content-length")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    let whole = format!("{}\n{}\n{}\n\n{}", page.status, page.url.path(), headers.join("\n"), page.body)
        .replace(address, "ADDRESS")
        .replace(&address.replace('@', "%40"), "ADDRESS");
    // Each request has a name of its own, which pages of refusal show.
    let request_id = page.attribute("main[data-error]", "data-request-id");
    let whole = request_id.map_or(whole.clone(), |id| whole.replace(&id, "REQUEST"));
    let is_of_a_handle = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let mut text = String::new();
    let mut word = String::new();
    for character in whole.chars().chain(['\n']) {
        if is_of_a_handle(character) {
            word.push(character);
            continue;
        }
        text.push_str(if word.len() >= 20 { "HANDLE" } else { &word });
        word.clear();
        text.push(character);
    }
    text
}

/// Everything that somebody without an account of theirs can ask about an address, one answer after the other.
struct Curious {
    person: Person,
    address: &'static str,
    answers: Vec<(String, String)>,
}

impl Curious {
    fn note(&mut self, what: &str, page: &Page) {
        let masked = masked(page, self.address);
        self.answers.push((what.to_owned(), masked));
    }

    /// A form sent, its answer, and the page that it leads to.
    async fn send(&mut self, what: &str, form: Form) -> Page {
        let answer = self.person.post(form).await;
        self.note(what, &answer);
        if !answer.status.is_redirection() {
            return answer;
        }
        let page = self.person.follow(answer).await;
        self.note(&format!("{what}, followed"), &page);
        page
    }

    async fn ask_everything(&mut self) {
        let address = self.address;
        let start = self.person.visit("/users/start-sign-in").await;
        let asks = self.send("the address", start.form_with("login", None).with("login", address)).await;
        for number in 1..=12 {
            let wrong = asks.form_with("password", None).with("password", "une autre phrase de passe");
            self.send(&format!("wrong password {number}"), wrong).await;
        }
        let waits = self.send("a code", asks.form_to("send-email-verification")).await;
        for number in 1..=6 {
            let code = waits.form_with("verify_email_token", None).with("verify_email_token", "1234567890");
            self.send(&format!("wrong code {number}"), code).await;
        }
        for number in 1..=6 {
            self.send(&format!("another code {number}"), waits.form_to("send-email-verification")).await;
        }
        let mut link = asks.form_to("send-email-verification");
        link.action.set_path("/users/send-magic-link");
        self.send("a link", link).await;
        let forgotten = asks.attribute("a[href*=reset-password]", "href").unwrap();
        let reset = self.person.visit(&forgotten).await;
        self.note("the page of a forgotten password", &reset);
        for number in 1..=2 {
            let form = reset.form_with("login", None).with("login", address);
            self.send(&format!("a forgotten password {number}"), form).await;
        }
        let waits = self.person.visit(&forgotten).await;
        self.note("the page of a forgotten password for which a link was asked", &waits);
        let mut sign_up = asks.form_with("password", None);
        sign_up.action.set_path("/users/sign-up");
        let chosen = "une phrase de passe assez longue";
        self.send("a sign-up", sign_up.with("password", chosen).with("password_confirmation", chosen)).await;
        for path in ["/users/sign-in", "/users/sign-up", "/users/verify-email", "/users/magic-link-sent"] {
            let page = self.person.visit(&format!("{path}?{}", asks.url.query().unwrap())).await;
            self.note(path, &page);
        }
        let options = asks.attribute("form[data-passkey]", "data-options").unwrap();
        let mut headers = HeaderMap::new();
        let own = asks.url.origin().ascii_serialization();
        headers.insert(ORIGIN, HeaderValue::from_str(&own).unwrap());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let token = asks.attribute("input[name=_csrf]", "value").unwrap();
        let body = format!("_csrf={token}&purpose=sign_in");
        let offered = self.person.send(Method::POST, &options, headers, &body).await;
        self.note("the question for a passkey", &offered);
    }
}

#[tokio::test]
async fn sec_96_no_answer_tells_a_known_an_unknown_a_closed_and_a_password_less_account_apart() {
    for sign_up in [true, false] {
        let instance = Instance::start(|port| {
            let config = hiding(Config::dev(DevOptions::default(), port));
            let accounts = Accounts { sign_up, ..config.accounts };
            Config { accounts, people_picker: None, limits: Limits::standard(), ..config }
        });
        let instance = instance.await;
        instance.disable(CLOSED).await;
        let user = User::new(UserId(7_000_000_000), BARE.parse().unwrap(), instance.clock.now());
        instance.app.store.write(move |tx| users::insert(tx, &user)).await.unwrap();
        let mut all: Vec<(&str, Vec<(String, String)>)> = Vec::new();
        for (number, address) in [KNOWN, UNKNOWN, CLOSED, BARE].into_iter().enumerate() {
            let person = instance.person_at(7, number as u8 + 1);
            let mut curious = Curious { person, address, answers: Vec::new() };
            curious.ask_everything().await;
            all.push((address, curious.answers));
        }
        let (_, expected) = &all[0];
        assert!(expected.len() > 30);
        for (address, answers) in &all[1..] {
            for ((what, answer), (_, known)) in answers.iter().zip(expected) {
                assert_eq!(answer, known, "{address}: {what}, sign-up {sign_up}");
            }
            assert_eq!(answers.len(), expected.len());
        }
    }
}
