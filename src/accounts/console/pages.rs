//! What the pages of the account show.

use serde::Serialize;

pub use super::data_page::{MyData, MyDataFile};
use super::notification::Notification;
use crate::accounts::pages::{FieldError, long_address};
use crate::domain::{BrowserHint, BrowserProgram, BrowserSystem};
use crate::render::{Page, PageCheck};

/// Every page of the account.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<PersonalInformation>(),
        PageCheck::of::<ConnectionAndAccount>(),
        PageCheck::of::<Email>(),
        PageCheck::of::<Password>(),
        PageCheck::of::<SignInHistory>(),
        PageCheck::of::<MyData>(),
        PageCheck::of::<MyDataFile>(),
        PageCheck::of::<Delete>(),
    ]
}

/// Names, telephone number and position, `/personal-information`: posts `given_name`, `family_name`, `phone_number` and
/// `job`.
#[derive(Debug, Clone, Serialize)]
pub struct PersonalInformation {
    /// What was just done.
    pub notification: Option<Notification>,
    /// First names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Telephone number; may be left empty.
    pub phone_number: String,
    /// Position; may be left empty.
    pub job: String,
    /// What cannot stand as typed, at most one for each field.
    pub errors: Vec<FieldError>,
}

impl Page for PersonalInformation {
    const TEMPLATE: &'static str = "console/personal-information.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            notification: None,
            given_name: String::from("Jean"),
            family_name: String::from("Martin"),
            phone_number: String::from("01 23 45 67 89"),
            job: String::from("Chargé de mission"),
            errors: Vec::new(),
        };
        let error = |field: &str| FieldError { field: field.to_owned(), problem: String::from("malformed") };
        let all = ["given_name", "family_name", "phone_number", "job"].map(error).to_vec();
        vec![
            Self { notification: Some(Notification::PersonalInformationUpdateSuccess), ..plain.clone() },
            Self { errors: all, given_name: String::from("<b>1</b>"), job: String::from("9"), ..plain },
        ]
    }
}

/// Address, password and sessions, `/connection-and-account`; the sessions post `session`.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionAndAccount {
    /// What was just done.
    pub notification: Option<Notification>,
    /// The address.
    pub email: String,
    /// When the password was chosen, in Unix seconds; `None` where there is none.
    pub password_chosen_at: Option<u64>,
    /// The trusted browsers, this one first; each posts `browser`.
    pub browsers: Vec<BrowserCard>,
    /// The sessions in use, this one first.
    pub sessions: Vec<SessionCard>,
    /// The services used, the last one first; each posts `client_id`.
    pub services: Vec<ServiceCard>,
}

/// A browser in which a password is enough.
#[derive(Debug, Clone, Serialize)]
pub struct BrowserCard {
    /// The value of `browser`.
    pub name: String,
    /// Whether the page is looked at in it.
    pub is_this_one: bool,
    /// The browser, as it described itself.
    pub browser: Option<BrowserHint>,
    /// The network address from which a code was given back in it.
    pub source: Option<String>,
    /// When that was, in Unix seconds.
    pub since: u64,
    /// Until when a password is enough.
    pub until: u64,
}

impl BrowserCard {
    fn samples() -> Vec<Self> {
        let sample = |(is_this_one, card): (bool, SessionCard)| Self {
            name: card.name,
            is_this_one,
            browser: card.browser,
            source: card.source,
            since: card.started_at,
            until: card.started_at.saturating_add(30 * 24 * 3600),
        };
        [true, false].into_iter().zip(SessionCard::samples()).map(sample).collect()
    }
}

/// A service that the person uses.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceCard {
    /// The value of `client_id`.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: Option<String>,
    /// When it was last used, in Unix seconds, to within five minutes.
    pub last_used_at: u64,
}

impl ServiceCard {
    fn samples() -> Vec<Self> {
        let sample = |(client_id, name, href): (&str, &str, Option<&str>)| Self {
            client_id: client_id.to_owned(),
            name: name.to_owned(),
            href: href.map(str::to_owned),
            last_used_at: 1_795_424_400,
        };
        let long = "Démarches <b>simplifiées</b> des collectivités ".repeat(2);
        [("datapass", "DataPass", Some("https://datapass.example/")), ("long", &long, None)].map(sample).to_vec()
    }
}

/// Sign-ins and attempts at one, `/connection-and-account/sign-in-history`.
#[derive(Debug, Clone, Serialize)]
pub struct SignInHistory {
    /// The latest first.
    pub entries: Vec<SignInCard>,
    /// The page with earlier ones.
    pub earlier_href: Option<String>,
    /// Whether it begins with the latest of all.
    pub is_first: bool,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct SignInCard {
    /// When, in Unix seconds.
    pub at: u64,
    /// By what, or why not: `password`, `email_link`, `email_code`, `chosen`, `wrong_password`, `wrong_code`,
    /// `no_password`, `account_closed` or `unknown`.
    pub outcome: &'static str,
    /// For which service.
    pub service: Option<String>,
    /// From where; cut when it is old.
    pub source: Option<String>,
}

impl Page for SignInHistory {
    const TEMPLATE: &'static str = "console/sign-in-history.html";

    fn samples() -> Vec<Self> {
        let outcomes = [
            "password",
            "email_link",
            "email_code",
            "chosen",
            "wrong_password",
            "wrong_code",
            "no_password",
            "account_closed",
            "unknown",
        ];
        let card = |outcome: &'static str| SignInCard {
            at: 1_795_424_400,
            outcome,
            service: (outcome == "password").then(|| String::from("Démarches <b>simplifiées</b>")),
            source: (outcome != "chosen").then(|| String::from("2001:db8:1234:5600::/56")),
        };
        let earlier = format!("/connection-and-account/sign-in-history?before={}-{}", 1_795_424_400_000_u64, 17);
        vec![
            Self { entries: outcomes.map(card).to_vec(), earlier_href: Some(earlier), is_first: true },
            Self { entries: Vec::new(), earlier_href: None, is_first: false },
        ]
    }
}

/// One session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionCard {
    /// The value of `session`.
    pub name: String,
    /// Whether the page is looked at in it.
    pub is_this_one: bool,
    /// The browser, as it describes itself.
    pub browser: Option<BrowserHint>,
    /// The network address of the last proof.
    pub source: Option<String>,
    /// When the person last proved who they are in it, in Unix seconds.
    pub started_at: u64,
    /// When it was last used, to within five minutes.
    pub last_used_at: u64,
    /// By what they proved who they are.
    pub methods: Vec<&'static str>,
}

impl SessionCard {
    fn samples() -> Vec<Self> {
        let plain = Self {
            name: String::from("0123456789abcdef"),
            is_this_one: true,
            browser: Some(BrowserHint { program: BrowserProgram::Firefox, system: BrowserSystem::Windows }),
            source: Some(String::from("192.0.2.17")),
            started_at: 1_795_424_400,
            last_used_at: 1_795_425_000,
            methods: vec!["password", "email_link", "email_code", "totp", "recovery_code"],
        };
        use BrowserProgram as P;
        use BrowserSystem as S;
        let programs = [P::Edge, P::Opera, P::SamsungInternet, P::Chrome, P::Safari, P::Other, P::Firefox];
        let systems = [S::Macos, S::Ios, S::Android, S::ChromeOs, S::Linux, S::Other, S::Windows];
        let other = |(index, (program, system))| Self {
            name: format!("{index:016x}"),
            is_this_one: false,
            browser: Some(BrowserHint { program, system }),
            source: Some(String::from("2001:db8:1234:5678:9abc:def0:1234:5678")),
            ..plain.clone()
        };
        let others = programs.into_iter().zip(systems).enumerate().map(other);
        let unknown = Self { is_this_one: false, browser: None, source: None, methods: Vec::new(), ..plain.clone() };
        [plain.clone(), unknown].into_iter().chain(others).collect()
    }
}

impl Page for ConnectionAndAccount {
    const TEMPLATE: &'static str = "console/connection-and-account.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            notification: None,
            email: String::from("jean.martin@exemple.fr"),
            password_chosen_at: Some(1_795_424_400),
            browsers: BrowserCard::samples(),
            sessions: SessionCard::samples(),
            services: ServiceCard::samples(),
        };
        let notified = |notification| Self { notification: Some(notification), ..plain.clone() };
        let alone = SessionCard::samples().into_iter().take(1).collect();
        let bare = Self {
            email: long_address(),
            password_chosen_at: None,
            browsers: Vec::new(),
            sessions: alone,
            services: Vec::new(),
            ..plain.clone()
        };
        Notification::ALL.into_iter().map(notified).chain([bare, plain.clone()]).collect()
    }
}

/// The choice of another address, `/connection-and-account/email`: posts `email`, then `verify_email_token`.
#[derive(Debug, Clone, Serialize)]
pub struct Email {
    /// The address that the account has.
    pub email: String,
    /// How far it is.
    pub state: EmailState,
    /// Why what was sent last is refused: `malformed`, `misspelt`, `undeliverable`, `same`, `taken`, `wrong`, `over` or `too_soon`.
    pub problem: Option<String>,
}

/// How far the choice of another address is.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum EmailState {
    /// The address is asked.
    AskingAddress {
        /// What the field holds.
        typed: String,
        /// The address that was probably meant.
        suggestion: Option<String>,
    },
    /// The code is asked that was mailed to it.
    AskingCode {
        /// The address.
        new_email: String,
        /// For how many minutes the code is good; `None` where it is over.
        minutes_left: Option<u64>,
    },
}

impl Page for Email {
    const TEMPLATE: &'static str = "console/email.html";

    fn samples() -> Vec<Self> {
        let asks_address = |problem: Option<&str>| Self {
            email: long_address(),
            state: EmailState::AskingAddress {
                typed: String::from("<b>jean@exemple"),
                suggestion: (problem == Some("misspelt")).then(long_address),
            },
            problem: problem.map(str::to_owned),
        };
        let asks_code = |(problem, minutes_left): (Option<&str>, Option<u64>)| Self {
            email: long_address(),
            state: EmailState::AskingCode { new_email: long_address(), minutes_left },
            problem: problem.map(str::to_owned),
        };
        let addresses = [None, Some("malformed"), Some("misspelt"), Some("undeliverable"), Some("same"), Some("taken")]
            .map(asks_address);
        let codes = [
            (None, Some(60)),
            (None, None),
            (Some("wrong"), Some(1)),
            (Some("too_soon"), Some(2)),
            (Some("over"), None),
        ];
        addresses.into_iter().chain(codes.map(asks_code)).collect()
    }
}

/// The choice of another password, `/connection-and-account/password`: posts `password` and `password_confirmation`.
#[derive(Debug, Clone, Serialize)]
pub struct Password {
    /// Whose password it is.
    pub email: String,
    /// The fewest characters.
    pub minimum: usize,
    /// Why the last one was refused, as in `ChangePasswordState::Asking`.
    pub problem: Option<String>,
}

impl Page for Password {
    const TEMPLATE: &'static str = "console/password.html";

    fn samples() -> Vec<Self> {
        let problems = [None, Some("too_short"), Some("same_as_before"), Some("mismatch")];
        let sample =
            |problem: Option<&str>| Self { email: long_address(), minimum: 15, problem: problem.map(str::to_owned) };
        problems.into_iter().map(sample).collect()
    }
}

/// The deletion of the account, `/users/delete`: posts `confirmed`.
#[derive(Debug, Clone, Serialize)]
pub struct Delete {
    /// Whose account it is.
    pub email: String,
    /// Whether it cannot be: nobody else could administer the instance.
    pub is_last_administrator: bool,
    /// Whether the confirmation was missing.
    pub is_unconfirmed: bool,
}

impl Page for Delete {
    const TEMPLATE: &'static str = "console/delete.html";

    fn samples() -> Vec<Self> {
        let sample = |(is_last_administrator, is_unconfirmed): (bool, bool)| Self {
            email: long_address(),
            is_last_administrator,
            is_unconfirmed,
        };
        [(false, false), (false, true), (true, false)].map(sample).to_vec()
    }
}
