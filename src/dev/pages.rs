//! What the pages of development mode show.

use serde::Serialize;

use crate::render::{Page, PageCheck};

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<DevHome>(),
        PageCheck::of::<MailboxPage>(),
        PageCheck::of::<AnotherPerson>(),
        PageCheck::of::<DevClient>(),
    ]
}

/// The first page, `/_dev/`.
#[derive(Debug, Clone, Serialize)]
pub struct DevHome {
    /// The issuer.
    pub issuer: String,
    /// The address of the discovery document.
    pub discovery: String,
    /// The people, in order.
    pub people: Vec<DevPerson>,
    /// The clients, in order.
    pub clients: Vec<KnownClient>,
    /// What programs can ask for, one line of `curl` each.
    pub commands: Vec<ControlCommand>,
}

/// A person to sign in as.
#[derive(Debug, Clone, Serialize)]
pub struct DevPerson {
    /// Both names; may be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// The password, where one is known.
    pub password: Option<String>,
    /// Labels of the organizations.
    pub organizations: Vec<String>,
}

/// A client to sign in with.
#[derive(Debug, Clone, Serialize)]
pub struct KnownClient {
    /// Its name.
    pub name: String,
    /// `client_id`.
    pub id: String,
    /// `client_secret`, where one is known.
    pub secret: Option<String>,
    /// Where it may be answered.
    pub redirect_uris: Vec<String>,
    /// Where it may send people after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The scopes it may ask, with spaces between them.
    pub scopes: String,
}

/// A command of the control API.
#[derive(Debug, Clone, Serialize)]
pub struct ControlCommand {
    /// What it does.
    pub kind: ControlKind,
    /// The line to type.
    pub line: String,
}

/// What a command of the control API does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// Lists mails.
    Mailbox,
    /// Goes back to the beginning.
    Reset,
    /// Stops the clock.
    FreezeClock,
    /// Puts the clock to an instant.
    SetClock,
    /// Moves the clock forward.
    AdvanceClock,
}

impl Page for DevHome {
    const TEMPLATE: &'static str = "dev/home.html";

    fn samples() -> Vec<Self> {
        use ControlKind::{AdvanceClock, FreezeClock, Mailbox, Reset, SetClock};
        let issuer = String::from("http://localhost:3000");
        let empty = Self {
            discovery: format!("{issuer}/.well-known/openid-configuration"),
            issuer: issuer.clone(),
            people: Vec::new(),
            clients: Vec::new(),
            commands: Vec::new(),
        };
        let person = |name: &str, password: Option<&str>| DevPerson {
            name: name.to_owned(),
            email: String::from("user@red-needles-sarl.com"),
            password: password.map(str::to_owned),
            organizations: vec![
                String::from("Commune de les martres sur morge - Mairie"),
                String::from("Red needles SARL"),
            ],
        };
        let client = KnownClient {
            name: String::from("Standard client"),
            id: String::from("standard_client_id"),
            secret: Some(String::from("standard_client_secret")),
            redirect_uris: vec![String::from("http://localhost:4000/login-callback")],
            post_logout_redirect_uris: vec![String::from("http://localhost:4000/")],
            scopes: String::from("openid email profile phone organization"),
        };
        let recorded = KnownClient {
            secret: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            ..client.clone()
        };
        let line = format!(
            "curl -X POST -H 'Content-Type: application/json' -d '{{\"advance\": 3600}}' {issuer}/_dev/api/clock"
        );
        let command = |kind| ControlCommand { kind, line: line.clone() };
        vec![
            empty.clone(),
            Self {
                people: vec![person("Jean Martin", Some("user@red-needles-sarl.com")), person("", None)],
                clients: vec![client, recorded],
                commands: [Mailbox, Reset, FreezeClock, SetClock, AdvanceClock].map(command).into(),
                ..empty
            },
        ]
    }
}

/// The mails that would have left, `/_dev/mailbox`; `/mailbox` of a sandbox.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxPage {
    /// The path of this page.
    pub action: String,
    /// The path of the page above it, where there is one.
    pub back: Option<String>,
    /// The address whose mails are shown; everybody's without one.
    pub to: Option<String>,
    /// The mails, newest first.
    pub messages: Vec<MailboxMessage>,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxMessage {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it came, in Unix seconds.
    pub received_at: u64,
    /// The text part.
    pub text: String,
    /// The source of the HTML part.
    pub html: String,
    /// Where that part is shown as its reader sees it.
    pub rendered_href: String,
    /// The codes in it.
    pub codes: Vec<String>,
    /// The links in it.
    pub links: Vec<String>,
}

impl Page for MailboxPage {
    const TEMPLATE: &'static str = "dev/mailbox.html";

    fn samples() -> Vec<Self> {
        let plain = MailboxMessage {
            to: String::from("user@red-needles-sarl.com"),
            subject: String::from("Nouvelle connexion à votre compte"),
            received_at: 1_790_000_000,
            text: String::from("Bonjour,\n\nUne connexion à votre compte vient d’avoir lieu.\n"),
            html: String::from("<p>Bonjour,</p><script>alert(1)</script>"),
            rendered_href: String::from("/_dev/mailbox?html=1"),
            codes: Vec::new(),
            links: Vec::new(),
        };
        let (action, back) = (|| String::from("/_dev/mailbox"), || Some(String::from("/_dev/")));
        let with_code = MailboxMessage {
            codes: vec![String::from("123456"), String::from("654321")],
            links: vec![
                String::from("http://localhost:3000/users/change-password?password_link=abc"),
                String::from("http://localhost:3000/"),
            ],
            text: "Un texte très long sans aucun repos ".repeat(20),
            ..plain.clone()
        };
        vec![
            Self { action: action(), back: back(), to: None, messages: vec![with_code, plain] },
            Self { action: action(), back: None, to: Some(String::from("personne@exemple.fr")), messages: Vec::new() },
            Self { action: action(), back: back(), to: None, messages: Vec::new() },
        ]
    }
}

/// The form that makes up a person, `/_dev/another-person`. Posts the fields below by their names; `is_external` is
/// `true` or absent, `amr` has spaces between its words, `claims` is a JSON object.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AnotherPerson {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// Address.
    pub email: String,
    /// First names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Telephone number.
    pub phone_number: String,
    /// Position.
    pub job: String,
    /// SIRET of the organization.
    pub siret: String,
    /// Whether the person works for it without belonging to it.
    pub is_external: bool,
    /// `acr` to assert; empty for the one that a password gives.
    pub acr: String,
    /// `amr` to assert; empty for the one that a password gives.
    pub amr: String,
    /// More claims as a JSON object; may be empty.
    pub claims: String,
    /// What cannot stand as typed, at most one for each field.
    pub errors: Vec<AnotherPersonError>,
}

/// A field that cannot stand as typed.
#[derive(Debug, Clone, Serialize)]
pub struct AnotherPersonError {
    /// The name of the field.
    pub field: String,
    /// `missing`, `too_long` or `malformed`.
    pub problem: String,
}

impl Page for AnotherPerson {
    const TEMPLATE: &'static str = "dev/another-person.html";

    fn samples() -> Vec<Self> {
        let error = |(field, problem): (&str, &str)| AnotherPersonError {
            field: field.to_owned(),
            problem: problem.to_owned(),
        };
        let all = |problem: &'static str| {
            let fields = ["email", "given_name", "family_name", "phone_number", "job", "siret", "acr", "amr", "claims"];
            fields.map(|field| error((field, problem))).to_vec()
        };
        let interaction = Some("aUJ3gA".repeat(8));
        vec![
            Self { interaction: interaction.clone(), ..Self::default() },
            Self {
                interaction,
                is_external: true,
                siret: String::from("123"),
                errors: all("malformed"),
                ..Self::default()
            },
            Self { errors: all("missing"), ..Self::default() },
            Self {
                claims: String::from("{\"niveau\": \"</textarea><b>\"}"),
                errors: all("too_long"),
                ..Self::default()
            },
        ]
    }
}

/// A relying party to try the journey with, `/_dev/client`. Posts `intent`: `sign-in`, `select-organization`,
/// `update-userinfo`, `login`, `own` (with `client_id` and `parameters`, one `name=value` a line) or `sign-out`.
#[derive(Debug, Clone, Serialize)]
pub struct DevClient {
    /// The clients to choose from.
    pub clients: Vec<ClientChoice>,
    /// The parameters of the person's own.
    pub parameters: String,
    /// What came back instead of a sign-in: the error and its description.
    pub error: Option<String>,
    /// What came back from a sign-in.
    pub signed_in: Option<SignedInResult>,
    /// The exchange, step by step.
    pub steps: Vec<Step>,
}

/// A client to choose.
#[derive(Debug, Clone, Serialize)]
pub struct ClientChoice {
    /// `client_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one in use.
    pub is_chosen: bool,
}

/// What a sign-in gives.
#[derive(Debug, Clone, Serialize)]
pub struct SignedInResult {
    /// The claims of the ID token, as JSON on several lines.
    pub id_token_claims: String,
    /// The answer of UserInfo, as JSON on several lines.
    pub userinfo: String,
}

/// One step of the exchange.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// What was sent.
    pub request: String,
    /// What came back; nothing where the browser went on by itself.
    pub response: Option<String>,
}

/// What a step of the exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The discovery document.
    Discovery,
    /// The browser is sent to the authorization endpoint.
    Authorize,
    /// The browser comes back.
    Callback,
    /// The code is exchanged.
    Token,
    /// The keys are read and the ID token is checked.
    Jwks,
    /// UserInfo is asked.
    Userinfo,
    /// The browser is sent to the logout endpoint.
    Logout,
}

impl Page for DevClient {
    const TEMPLATE: &'static str = "dev/client.html";

    fn samples() -> Vec<Self> {
        use StepKind::{Authorize, Callback, Discovery, Jwks, Logout, Token, Userinfo};
        let choice =
            |id: &str, is_chosen| ClientChoice { id: id.to_owned(), name: String::from("Standard client"), is_chosen };
        let empty = Self {
            clients: vec![choice("standard_client_id", true), choice("legacy_client_id", false)],
            parameters: String::from("scope=openid email organization\nacr_values=eidas1"),
            error: None,
            signed_in: None,
            steps: Vec::new(),
        };
        let step = |kind: StepKind| Step {
            kind,
            request: format!("GET http://localhost:3000/oauth/authorize?state={}", "x".repeat(300)),
            response: (kind != Authorize).then(|| String::from("HTTP/1.1 200\n\n{\n  \"issuer\": \"<b>\"\n}")),
        };
        let all_steps = || [Discovery, Authorize, Callback, Token, Jwks, Userinfo, Logout].map(step).to_vec();
        let result = SignedInResult {
            id_token_claims: String::from("{\n  \"sub\": \"154\",\n  \"mock\": true\n}"),
            userinfo: format!("{{\n  \"label\": \"{}\"\n}}", "Très long nom ".repeat(30)),
        };
        vec![
            empty.clone(),
            Self { signed_in: Some(result), steps: all_steps(), ..empty.clone() },
            Self { error: Some(String::from("access_denied: <b>the person</b> refused")), ..empty.clone() },
            Self { clients: Vec::new(), parameters: String::new(), ..empty },
        ]
    }
}
