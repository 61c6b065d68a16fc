//! What clients and people do, again and again.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::data::{CALLBACK, PASSWORD, SECRET, address, totp_key};
use super::http::{Answer, Connection, Site};
use super::load::{Turn, Work};

/// A verifier and its S256 challenge, those of RFC 7636 Annex B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Codes that wait to be exchanged.
pub(crate) type Stock = Rc<RefCell<Vec<String>>>;

/// One request whose answer does not matter beyond its status.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) request: Vec<u8>,
}

impl Work for Read {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        connection.ask(&self.request).await.expect(200);
        Turn::Done
    }
}

/// A client, and a person whose browser is signed in.
#[derive(Clone)]
pub(crate) struct Client {
    site: Site,
    authorize: Vec<u8>,
    credentials: String,
}

impl Client {
    /// A client that has nobody to sign in.
    pub(crate) fn without_person(site: &Site, client_id: &str) -> Self {
        Self::new(site, client_id, "")
    }

    /// `session`: the cookies of a browser in which somebody is signed in.
    pub(crate) fn new(site: &Site, client_id: &str, session: &str) -> Self {
        let cookie = if session.is_empty() { String::new() } else { format!("Cookie: {session}\r\n") };
        let authorize = site.get(&authorization(client_id), &cookie);
        let credentials = format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{client_id}:{SECRET}")));
        Self { site: site.clone(), authorize, credentials }
    }

    async fn code(&self, connection: &mut Connection) -> String {
        let answer = connection.ask(&self.authorize).await;
        answer.expect(303);
        code_of(answer.location())
    }

    pub(crate) async fn exchange(&self, connection: &mut Connection, code: &str) -> String {
        let mut form = String::from("grant_type=authorization_code");
        write!(form, "&code={code}&redirect_uri={}&code_verifier={VERIFIER}", encoded(CALLBACK)).unwrap();
        let request = self.site.post("/oauth/token", &self.credentials, &form);
        let answer = connection.ask(&request).await;
        answer.expect(200);
        assert!(answer.text().contains("\"id_token\":\""), "{}", answer.text());
        answer.between("\"access_token\":\"", "\"").to_owned()
    }

    fn userinfo(&self, access_token: &str) -> Vec<u8> {
        self.site.get("/oauth/userinfo", &format!("Authorization: Bearer {access_token}\r\n"))
    }

    /// The question for the claims of a token that is got for it.
    pub(crate) async fn question(&self) -> Vec<u8> {
        let mut connection = Connection::open(self.site.port).await;
        let code = self.code(&mut connection).await;
        let token = self.exchange(&mut connection, &code).await;
        self.userinfo(&token)
    }
}

/// The request that a person brings to the authorization endpoint.
pub(crate) fn authorization(client_id: &str) -> String {
    format!(
        "/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri={}\
         &scope=openid%20email%20profile%20organization&state=a-state-of-the-client&nonce=a-nonce-of-the-client\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        encoded(CALLBACK)
    )
}

/// The code in the address that leads back to the client.
pub(crate) fn code_of(location: &str) -> String {
    assert!(location.starts_with(CALLBACK), "{location}");
    let rest = location.split_once("code=").map(|(_, rest)| rest).unwrap();
    rest.split('&').next().unwrap().to_owned()
}

/// The whole flow of somebody signed in: code, tokens, claims.
#[derive(Clone)]
pub(crate) struct Flow(pub(crate) Client);

impl Work for Flow {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        let code = self.0.code(connection).await;
        let token = self.0.exchange(connection, &code).await;
        connection.ask(&self.0.userinfo(&token)).await.expect(200);
        Turn::Done
    }
}

/// Codes for the stock, until it holds enough.
#[derive(Clone)]
pub(crate) struct Gather {
    pub(crate) client: Client,
    pub(crate) stock: Stock,
    pub(crate) enough: usize,
}

impl Work for Gather {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        if self.stock.borrow().len() >= self.enough {
            return Turn::Over;
        }
        let code = self.client.code(connection).await;
        self.stock.borrow_mut().push(code);
        Turn::Done
    }
}

/// Codes of the stock for tokens.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) client: Client,
    pub(crate) stock: Stock,
}

impl Work for Exchange {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        let Some(code) = self.stock.borrow_mut().pop() else { return Turn::Over };
        self.client.exchange(connection, &code).await;
        Turn::Done
    }
}

/// A person with a fresh browser each time.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) site: Site,
    pub(crate) address: String,
    /// Where the browser is, as the proxy tells it; that of the driver when absent.
    pub(crate) source: Option<Ipv4Addr>,
}

/// The cookies of one browser.
#[derive(Default)]
pub(crate) struct Jar(BTreeMap<String, String>);

impl Jar {
    fn keep(&mut self, answer: &Answer<'_>) {
        for cookie in answer.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) fn cookies(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn header(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookies()) }
    }
}

/// Where a password led.
pub(crate) enum Entry {
    /// To this address.
    In(String),
    /// It was wrong.
    Wrong,
    /// It was not looked at: too many attempts, or no place in the queue.
    Refused,
}

impl SignIn {
    /// The page of the address and the page of the password, from an address that leads there.
    pub(crate) async fn enter(&self, connection: &mut Connection, jar: &mut Jar, from: &str, password: &str) -> Entry {
        let asks_password = self.give_address(connection, jar, from).await;
        let (page, token) = self.page(connection, jar, &asks_password).await;
        let form = format!("_csrf={token}&password={}", encoded(password));
        let answer = connection.ask(&self.site.post(&page, &self.own(jar), &form)).await;
        jar.keep(&answer);
        match answer.status {
            303 => Entry::In(answer.location().to_owned()),
            400 => Entry::Wrong,
            _ => Entry::Refused,
        }
    }

    /// The page of the address, and where it leads.
    pub(crate) async fn give_address(&self, connection: &mut Connection, jar: &mut Jar, from: &str) -> String {
        let (page, token) = self.page(connection, jar, from).await;
        let form = format!("_csrf={token}&login={}", encoded(&self.address));
        let answer = connection.ask(&self.site.post(&page, &self.own(jar), &form)).await;
        jar.keep(&answer);
        answer.expect(303);
        answer.location().to_owned()
    }

    /// The page that an address leads to: where it lies, and the token of its forms.
    async fn page(&self, connection: &mut Connection, jar: &mut Jar, from: &str) -> (String, String) {
        let mut address = from.to_owned();
        loop {
            let answer = connection.ask(&self.site.get(&address, &jar.header())).await;
            jar.keep(&answer);
            if answer.status == 200 {
                return (address, answer.between("name=\"_csrf\" value=\"", "\"").to_owned());
            }
            answer.expect(303);
            address = answer.location().to_owned();
        }
    }

    /// From a page after the sign-in back to the client; the code that it gets.
    pub(crate) async fn go_back(&self, connection: &mut Connection, jar: &mut Jar, from: &str) -> String {
        let mut address = from.to_owned();
        while !address.starts_with(CALLBACK) {
            let answer = connection.ask(&self.site.get(&address, &jar.header())).await;
            jar.keep(&answer);
            answer.expect(303);
            address = answer.location().to_owned();
        }
        code_of(&address)
    }

    fn own(&self, jar: &Jar) -> String {
        let source = self.source.map(|address| format!("X-Forwarded-For: {address}\r\n")).unwrap_or_default();
        format!("Sec-Fetch-Site: same-origin\r\n{source}{}", jar.header())
    }
}

impl Work for SignIn {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        let mut jar = Jar::default();
        match self.enter(connection, &mut jar, "/users/start-sign-in", PASSWORD).await {
            Entry::In(_) => Turn::Done,
            Entry::Wrong => panic!("the password of {} was wrong", self.address),
            Entry::Refused => Turn::Refused,
        }
    }
}

/// People who have an application that shows codes, each with the last period of which a code was given.
pub(crate) type Protected = Rc<RefCell<VecDeque<(u64, u64)>>>;

/// Somebody of them, with a fresh browser each time: password, then code.
#[derive(Clone)]
pub(crate) struct SignInWithCode {
    pub(crate) site: Site,
    pub(crate) people: Protected,
}

impl Work for SignInWithCode {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        let (number, last) = self.people.borrow_mut().pop_front().unwrap();
        let (mut jar, person) =
            (Jar::default(), SignIn { site: self.site.clone(), address: address(number), source: None });
        let next = match person.enter(connection, &mut jar, "/users/start-sign-in", PASSWORD).await {
            Entry::In(next) => next,
            Entry::Wrong => panic!("the password of {} was wrong", person.address),
            Entry::Refused => {
                self.people.borrow_mut().push_back((number, last));
                return Turn::Refused;
            }
        };
        let (page, token) = person.page(connection, &mut jar, &next).await;
        let (path, query) = page.split_once("/users/2fa-sign-in").unwrap();
        // A code is good once: that of the period before, of this one, or of the next one (SEC-77).
        let present = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 30;
        let period = present.saturating_sub(1).max(last + 1);
        assert!(period <= present + 1, "too few people have an application");
        let form = format!("_csrf={token}&totpToken={}", totp_key(number).code_at(period));
        let target = format!("{path}/users/2fa-sign-in-with-totp{query}");
        let answer = connection.ask(&self.site.post(&target, &person.own(&jar), &form)).await;
        answer.expect(303);
        self.people.borrow_mut().push_back((number, period));
        Turn::Done
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
