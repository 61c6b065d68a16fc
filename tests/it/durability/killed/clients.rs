//! Those who use an instance that is killed: a person with a browser and the service they sign in to, and the clerk who
//! administrates by command. Whatever an answer does not say is not known.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::ledger::{CodeFact, Ledger, SessionFact};
use crate::durability::dice::Dice;
use crate::support::{Form, Page, run};

const ISSUER: &str = "https://identite.exemple.fr";
const CALLBACK: &str = "https://service.example/callback";
const CLIENT: &str = "service";

/// No answer came, or one that says that nothing was done.
#[derive(Debug)]
pub(crate) struct Lost;

/// What is noted, by everybody.
pub(crate) type Notes = Arc<Mutex<Ledger>>;

/// Where an administrator types.
#[derive(Debug, Clone)]
pub(crate) enum Desk {
    /// On this machine, for the instance that runs on this directory.
    Here(PathBuf),
    /// On another, which reads commands at this port of this one and adds how they ended to what they print.
    There(u16),
}

impl Desk {
    /// Types a command for the instance.
    async fn command(&self, arguments: &[&str]) -> Result<Value, Lost> {
        let mut typed: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        match self {
            Self::Here(data) => {
                typed.extend([String::from("--data-dir"), data.to_str().unwrap().to_owned()]);
                typed.extend([String::from("--output"), String::from("json")]);
                let running = move || run(&typed.iter().map(String::as_str).collect::<Vec<_>>());
                let ended = tokio::task::spawn_blocking(running).await.unwrap();
                if ended.code == 0 { Ok(ended.json()) } else { Err(Lost) }
            }
            Self::There(port) => {
                let mut line = typed.join("\t");
                line.push('\n');
                let mut there = TcpStream::connect(("127.0.0.1", *port)).await.map_err(|_| Lost)?;
                there.write_all(line.as_bytes()).await.map_err(|_| Lost)?;
                let mut printed = String::new();
                there.read_to_string(&mut printed).await.map_err(|_| Lost)?;
                let document = printed.strip_suffix("\nended 0\n").ok_or(Lost)?;
                Ok(serde_json::from_str(document).unwrap())
            }
        }
    }
}

fn path_of_link(made: &Value) -> String {
    made["password_link"].as_str().unwrap().strip_prefix(ISSUER).unwrap().to_owned()
}

/// Whoever administrates by command.
pub(crate) struct Clerk {
    desk: Desk,
    dice: Dice,
    number: u64,
    /// Whom the clerk has entered and nobody else knows.
    entered: Vec<(String, u64)>,
}

impl Clerk {
    pub(crate) fn new(desk: &Desk, seed: u64) -> Self {
        Self { desk: desk.clone(), dice: Dice::new(seed), number: 0, entered: Vec::new() }
    }

    /// Makes the service that everybody signs in to; gives its secret.
    pub(crate) async fn make_client(&self) -> String {
        let asked = ["client", "create", "--id", CLIENT, "--name", "Service", "--redirect-uri", CALLBACK];
        let made = self.desk.command(&asked).await.unwrap();
        made["client_secret"].as_str().unwrap().to_owned()
    }

    /// Enters a person; gives the path of the link by which they choose a password.
    pub(crate) async fn make_person(&self, email: &str, notes: &Notes) -> Result<String, Lost> {
        let asked = ["user", "create", email, "--given-name", "Marie", "--family-name", "Dupont"];
        let made = self.desk.command(&asked).await?;
        notes.lock().unwrap().people.push((email.to_owned(), made["user_id"].as_u64().unwrap()));
        Ok(path_of_link(&made))
    }

    /// One act, and what was told about it.
    pub(crate) async fn act(&mut self, notes: &Notes) -> Result<(), Lost> {
        self.number += 1;
        match self.dice.below(12) {
            0..=3 => {
                let email = format!("agent-{}-{}@mairie.example", self.number, self.dice.below(1_000_000));
                self.make_person(&email, notes).await?;
                let made = notes.lock().unwrap().people.iter().find(|(address, _)| *address == email).cloned();
                self.entered.extend(made);
                Ok(())
            }
            4 | 5 => self.erase(notes).await,
            6 => self.rotate(notes).await,
            7..=9 => {
                let siret = siret(self.dice.below(18_000));
                let asked = ["org", "add", &siret, "--label", "Commune", "--legal-category", "7210"];
                // One that is there already is refused, and the instance may be gone: neither is an acknowledgement.
                let Ok(made) = self.desk.command(&asked).await else { return self.rename(notes).await };
                let id = made["organization_id"].as_u64().unwrap();
                notes.lock().unwrap().organizations.push((siret, id));
                Ok(())
            }
            _ => self.rename(notes).await,
        }
    }

    async fn erase(&mut self, notes: &Notes) -> Result<(), Lost> {
        let Some((email, id)) = self.entered.pop() else { return self.rename(notes).await };
        notes.lock().unwrap().erasures.push((email.clone(), id, false));
        self.desk.command(&["user", "delete", &email]).await?;
        let mut ledger = notes.lock().unwrap();
        ledger.erasures.iter_mut().filter(|(_, erased, _)| *erased == id).for_each(|erasure| erasure.2 = true);
        Ok(())
    }

    async fn rotate(&mut self, notes: &Notes) -> Result<(), Lost> {
        if let Some((_, is_tried)) = &mut notes.lock().unwrap().signer {
            *is_tried = true;
        }
        // Of so many rotations in a day the last ones are refused.
        let asked = ["keys", "rotate", "--now", "--algorithm", "ES256"];
        let Ok(keys) = self.desk.command(&asked).await else { return self.rename(notes).await };
        let keys = keys["items"].as_array().unwrap();
        let current = keys.iter().find(|key| key["algorithm"] == "ES256" && key["state"] == "current").unwrap();
        notes.lock().unwrap().signer = Some((current["kid"].as_str().unwrap().to_owned(), false));
        Ok(())
    }

    async fn rename(&mut self, notes: &Notes) -> Result<(), Lost> {
        let name = format!("Service {}", self.dice.roll());
        notes.lock().unwrap().try_name(CLIENT, &name);
        self.desk.command(&["client", "update", CLIENT, "--name", &name]).await?;
        notes.lock().unwrap().acknowledge_name(CLIENT, &name);
        Ok(())
    }
}

/// SIRETs with a valid check digit: those of La Poste, whose digits add up to a multiple of five.
fn siret(number: usize) -> String {
    let nics = (0..100_000).map(|nic: u32| format!("356000000{nic:05}"));
    let sum = |siret: &String| siret.bytes().map(|digit| u32::from(digit - b'0')).sum::<u32>();
    nics.filter(|siret| sum(siret).is_multiple_of(5)).nth(number).unwrap()
}

/// A person with a browser, and the service that they use.
pub(crate) struct Visitor {
    http: reqwest::Client,
    desk: Desk,
    secret: String,
    dice: Dice,
    email: String,
    /// `None` when a change was cut off: nobody knows which of two it is.
    password: Option<String>,
    cookies: BTreeMap<String, String>,
    /// Codes not presented yet.
    codes: Vec<String>,
}

impl Visitor {
    /// Somebody new, made by the clerk, with a first password.
    pub(crate) async fn enter(clerk: &Clerk, secret: &str, place: (u16, u64), notes: &Notes) -> Self {
        let (port, seed) = place;
        let email = format!("visitor-{seed:x}@mairie.example");
        let link = clerk.make_person(&email, notes).await.unwrap();
        notes.lock().unwrap().password_changes.push((email.clone(), 0, 0));
        let mut visitor = Self {
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            desk: clerk.desk.clone(),
            secret: secret.to_owned(),
            dice: Dice::new(seed),
            email,
            password: None,
            cookies: BTreeMap::new(),
            codes: Vec::new(),
        };
        visitor.choose_password(port, &link, notes).await.unwrap();
        visitor
    }

    /// One act, and what was told about it.
    pub(crate) async fn act(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        if self.password.is_none() {
            return self.reset_password(port, notes).await;
        }
        if self.session().is_none() {
            return self.sign_in(port, notes).await;
        }
        match self.dice.below(40) {
            0 => self.sign_out(port, notes).await,
            1 => self.reset_password(port, notes).await,
            2..=4 => self.replay(port, notes).await,
            5..=22 => self.authorize(port, notes).await,
            _ => self.redeem(port, notes).await,
        }
    }

    fn session(&self) -> Option<String> {
        self.cookies.get("__Host-session").filter(|value| !value.is_empty()).cloned()
    }

    async fn request(&mut self, port: u16, method: Method, target: &str, form: Option<&Form>) -> Result<Page, Lost> {
        let url = Url::parse(ISSUER).unwrap().join(target).unwrap();
        let here = format!("http://127.0.0.1:{port}{}", &url[url::Position::BeforePath..]);
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, here).header("host", "identite.exemple.fr");
        request = request.header("cookie", cookies.join("; ")).header("origin", ISSUER);
        if let Some(form) = form {
            request = request.form(&form.fields);
        }
        let answer = request.send().await.map_err(|_| Lost)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.text().await.map_err(|_| Lost)?;
        for cookie in headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        if status.is_server_error() {
            return Err(Lost);
        }
        Ok(Page { status, url, headers, body })
    }

    /// A page, and where it leads inside the site.
    async fn visit(&mut self, port: u16, method: Method, target: &str, form: Option<&Form>) -> Result<Page, Lost> {
        let mut page = self.request(port, method, target, form).await?;
        for _ in 0..8 {
            let next = page.url.join(page.location()).unwrap();
            if !page.status.is_redirection() || !next.as_str().starts_with(ISSUER) {
                return Ok(page);
            }
            page = self.request(port, Method::GET, next.as_str(), None).await?;
        }
        panic!("redirects without end at {}", page.url);
    }

    fn authorization() -> String {
        let scope = "openid email";
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", CLIENT), ("response_type", "code"), ("scope", scope)])
            .extend_pairs([("state", "s"), ("nonce", "n"), ("redirect_uri", CALLBACK)])
            .finish();
        format!("/oauth/authorize?{query}")
    }

    async fn sign_in(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        self.cookies.clear();
        let asks = self.visit(port, Method::GET, &Self::authorization(), None).await?;
        let form = asks.form_with("login", None).with("login", &self.email);
        let asks = self.visit(port, Method::POST, form.action.as_str(), Some(&form)).await?;
        let form = asks.form_with("password", None).with("password", self.password.as_deref().unwrap());
        let back = self.visit(port, Method::POST, form.action.as_str(), Some(&form)).await;
        // The session was acknowledged with its cookie, whatever became of what followed.
        if let Some(value) = self.session() {
            let fact = SessionFact { value, email: self.email.clone(), end_tried: false, ended: false };
            notes.lock().unwrap().sessions.push(fact);
        }
        self.keep_code(&back?, notes)
    }

    fn keep_code(&mut self, page: &Page, notes: &Notes) -> Result<(), Lost> {
        let Some(code) = page.redirect_parameters().get("code").cloned() else {
            panic!("no code for {}: {} {} {}", self.email, page.status, page.url, page.body);
        };
        self.codes.push(code.clone());
        let fact = CodeFact { code, presented: false, token: None, replayed: false };
        notes.lock().unwrap().codes.push(fact);
        Ok(())
    }

    async fn authorize(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        let page = self.visit(port, Method::GET, &Self::authorization(), None).await?;
        self.keep_code(&page, notes)
    }

    async fn redeem(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        let Some(code) = self.codes.pop() else { return self.authorize(port, notes).await };
        note(notes, &code, |fact| fact.presented = true);
        let page = present(&self.http, port, &self.secret, &code).await?;
        match page.status.as_u16() {
            200 => {
                let token = page.json()["access_token"].as_str().unwrap().to_owned();
                note(notes, &code, |fact| fact.token = Some(token));
            }
            // Its minute was over.
            400 => {}
            status => panic!("{status}: {}", page.body),
        }
        Ok(())
    }

    async fn replay(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        let codes = notes.lock().unwrap().latest_redeemed(20);
        if codes.is_empty() {
            return self.redeem(port, notes).await;
        }
        let code = self.dice.pick(&codes).clone();
        let page = present(&self.http, port, &self.secret, &code).await?;
        assert_ne!(page.status.as_u16(), 200, "redeemed a second time: {code}");
        if page.status.as_u16() != 400 {
            return Ok(());
        }
        note(notes, &code, |fact| fact.replayed = true);
        Ok(())
    }

    /// Whether a code works again.
    pub(crate) async fn redeem_again(port: u16, secret: &str, code: &str) -> bool {
        present(&reqwest::Client::new(), port, secret, code).await.unwrap().status.as_u16() == 200
    }

    async fn sign_out(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        let home = self.visit(port, Method::GET, "/", None).await?;
        let form = home.sign_out_form();
        let value = self.session().unwrap();
        mark(notes, &value, |session| session.end_tried = true);
        let answer = self.request(port, Method::POST, form.action.as_str(), Some(&form)).await;
        // Whether it was heard or not, this browser begins anew.
        self.cookies.clear();
        if answer?.status.is_redirection() {
            mark(notes, &value, |session| session.ended = true);
        }
        Ok(())
    }

    async fn reset_password(&mut self, port: u16, notes: &Notes) -> Result<(), Lost> {
        let made = self.desk.command(&["user", "reset-password", &self.email]).await?;
        self.choose_password(port, &path_of_link(&made), notes).await
    }

    async fn choose_password(&mut self, port: u16, link: &str, notes: &Notes) -> Result<(), Lost> {
        let asks = self.visit(port, Method::GET, link, None).await?;
        let password = format!("une phrase assez longue {}", self.dice.roll());
        let form = asks.form_with("password", None).with("password", &password);
        let form = form.with("password_confirmation", &password);
        {
            let mut ledger = notes.lock().unwrap();
            ledger.ending(&self.email);
            ledger.change_of(&self.email).2 += 1;
        }
        self.password = None;
        let answer = self.request(port, Method::POST, form.action.as_str(), Some(&form)).await;
        self.cookies.clear();
        let page = answer?;
        assert!(page.status.is_redirection() || page.status.is_success(), "{}: {}", page.status, page.body);
        self.password = Some(password);
        let mut ledger = notes.lock().unwrap();
        ledger.ended(&self.email);
        let change = ledger.change_of(&self.email);
        change.1 += 1;
        change.2 -= 1;
        Ok(())
    }
}

fn note(notes: &Notes, code: &str, change: impl FnOnce(&mut CodeFact)) {
    change(notes.lock().unwrap().codes.iter_mut().rev().find(|fact| fact.code == code).unwrap());
}

fn mark(notes: &Notes, session: &str, change: impl FnOnce(&mut SessionFact)) {
    change(notes.lock().unwrap().sessions.iter_mut().rev().find(|fact| fact.value == session).unwrap());
}

async fn present(http: &reqwest::Client, port: u16, secret: &str, code: &str) -> Result<Page, Lost> {
    let credentials = STANDARD.encode(format!("{CLIENT}:{secret}"));
    let request = http
        .post(format!("http://127.0.0.1:{port}/oauth/token"))
        .header("host", "identite.exemple.fr")
        .header("authorization", format!("Basic {credentials}"))
        .form(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]);
    let answer = request.send().await.map_err(|_| Lost)?;
    let (status, headers, url) = (answer.status(), answer.headers().clone(), answer.url().clone());
    let body = answer.text().await.map_err(|_| Lost)?;
    if status.is_server_error() { Err(Lost) } else { Ok(Page { status, url, headers, body }) }
}
