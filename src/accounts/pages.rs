//! What the pages of signing in and of the account show.

use serde::Serialize;

use super::console;
use super::mailbox_pages::{
    AcceptInvitation, DormantAccount, KeepSecondFactor, MagicLinkSent, ResetPassword, RestoreAddress,
    SignInWithMagicLink, SignUp, VerifyEmail,
};
use super::second_factor;
use crate::accounts::console::Notification;
use crate::accounts::second_factor::pages::PendingRemoval;
use crate::render::{Page, PageCheck};
use crate::web::pages::ClientLabel;

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    let mut templates = vec![
        PageCheck::of::<StartSignIn>(),
        PageCheck::of::<SignIn>(),
        PageCheck::of::<SignUp>(),
        PageCheck::of::<VerifyEmail>(),
        PageCheck::of::<MagicLinkSent>(),
        PageCheck::of::<AcceptInvitation>(),
        PageCheck::of::<DormantAccount>(),
        PageCheck::of::<KeepSecondFactor>(),
        PageCheck::of::<RestoreAddress>(),
        PageCheck::of::<SignInWithMagicLink>(),
        PageCheck::of::<ResetPassword>(),
        PageCheck::of::<SelectAccount>(),
        PageCheck::of::<PersonalInformation>(),
        PageCheck::of::<ChangePassword>(),
        PageCheck::of::<Home>(),
    ];
    templates.extend(super::notices::pages::templates());
    templates.extend(console::pages::templates());
    templates.extend(second_factor::pages::templates());
    templates
}

/// The longest address that can be typed.
pub(super) fn long_address() -> String {
    format!("{}@{}.example", "prenom-compose.nom-compose".repeat(2), "sous-domaine.".repeat(14).trim_end_matches('.'))
}

/// The value of an interaction, in samples.
pub(super) fn sample_interaction() -> Option<String> {
    Some("aUJ3gA".repeat(8))
}

/// The e-mail step, `/users/start-sign-in`: posts `login`.
#[derive(Debug, Clone, Serialize)]
pub struct StartSignIn {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The page of the account that was asked for.
    pub page: Option<String>,
    /// What the field holds.
    pub login: String,
    /// What happened before: `reset_password_email_sent`, `email_unavailable`, `user_successfully_deleted`, `session_over`, or
    /// `session_over_unsent` where a form came too late.
    pub notice: Option<String>,
    /// Why the address leads nowhere: `malformed`, `closed` where the operator alone opens accounts, `undeliverable` where
    /// its domain takes no mail; or `misspelt`, which a second time is believed. `passkey` where a passkey led nowhere.
    pub problem: Option<String>,
    /// The address that was probably meant.
    pub suggestion: Option<String>,
    /// Whether browsers may be asked for passkeys.
    pub has_passkeys: bool,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
    /// People to sign in as by one click.
    pub people_picker: Option<PeoplePicker>,
}

/// People to sign in as by one click: each posts `user_id`.
#[derive(Debug, Clone, Serialize)]
pub struct PeoplePicker {
    /// Where the click goes.
    pub action: String,
    /// The form that makes up a person.
    pub another_href: String,
    /// The people, in order; the first eight are in sight.
    pub people: Vec<PickerPerson>,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct PickerPerson {
    /// The value of `user_id`.
    pub id: String,
    /// Both names; may be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// Labels of the organizations.
    pub organizations: Vec<String>,
}

impl PeoplePicker {
    fn sample(count: usize) -> Self {
        let person = |index: usize| PickerPerson {
            id: (1000 + index).to_string(),
            name: if index == 2 { String::new() } else { String::from("Jean Martin") },
            email: if index == 3 { long_address() } else { format!("personne-{index}@exemple.fr") },
            organizations: match index {
                0 => vec![String::from("Commune de Clamart - Mairie"), String::from("Red Needles SARL")],
                4 => vec![String::from("Commune de Marseille - Mairie"); 39],
                1 => Vec::new(),
                _ => vec![String::from("Direction interministérielle du numérique (DINUM)")],
            },
        };
        Self {
            action: String::from("/_demo/sign-in"),
            another_href: String::from("/_demo/another-person"),
            people: (0..count).map(person).collect(),
        }
    }
}

impl Page for StartSignIn {
    const TEMPLATE: &'static str = "accounts/start-sign-in.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: None,
            page: None,
            login: String::new(),
            notice: None,
            problem: None,
            has_passkeys: true,
            suggestion: None,
            client: None,
            people_picker: None,
        };
        vec![
            plain.clone(),
            Self {
                interaction: sample_interaction(),
                page: None,
                login: long_address(),
                notice: None,
                problem: Some(String::from("malformed")),
                has_passkeys: false,
                suggestion: None,
                client: Some(ClientLabel::sample_long()),
                people_picker: None,
            },
            Self {
                interaction: sample_interaction(),
                client: Some(ClientLabel::sample()),
                people_picker: Some(PeoplePicker::sample(12)),
                ..plain.clone()
            },
            Self {
                problem: Some(String::from("misspelt")),
                login: String::from("jean@gmial.com"),
                suggestion: Some(String::from("jean@gmail.com")),
                ..plain.clone()
            },
            Self { problem: Some(String::from("undeliverable")), suggestion: Some(long_address()), ..plain.clone() },
            Self { problem: Some(String::from("closed")), login: String::from("jean@exemple.fr"), ..plain.clone() },
            Self { problem: Some(String::from("passkey")), login: String::from("jean@exemple.fr"), ..plain.clone() },
            Self { notice: Some(String::from("reset_password_email_sent")), ..plain.clone() },
            Self {
                notice: Some(String::from("email_unavailable")),
                page: Some(String::from("my-data")),
                ..plain.clone()
            },
            Self { notice: Some(String::from("user_successfully_deleted")), ..plain.clone() },
            Self { notice: Some(String::from("session_over")), page: Some(String::from("my-data")), ..plain.clone() },
            Self {
                notice: Some(String::from("session_over_unsent")),
                page: Some(String::from("email")),
                ..plain.clone()
            },
            Self { people_picker: Some(PeoplePicker::sample(0)), ..plain },
        ]
    }
}

/// The password step, `/users/sign-in`: posts `password`.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The address given before.
    pub email: String,
    /// Why the last attempt opened nothing: `failed` where address and password did not fit, or `passkey`.
    pub problem: Option<String>,
    /// Whether browsers may be asked for passkeys.
    pub has_passkeys: bool,
    /// Whether the person is signed in and proves anew who they are.
    pub is_confirmation: bool,
    /// What may be asked by mail in place of the password: `link`, or `code` where known addresses are not told from
    /// unknown ones.
    pub by_mail: String,
    /// Whether that code opens an account for whoever has none.
    pub opens_accounts: bool,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for SignIn {
    const TEMPLATE: &'static str = "accounts/sign-in.html";

    fn samples() -> Vec<Self> {
        vec![
            Self {
                interaction: sample_interaction(),
                email: String::from("jean.martin@exemple.fr"),
                problem: None,
                has_passkeys: true,
                is_confirmation: false,
                by_mail: String::from("link"),
                opens_accounts: false,
                client: Some(ClientLabel::sample()),
            },
            Self {
                interaction: None,
                email: String::from("jean.martin@exemple.fr"),
                problem: Some(String::from("passkey")),
                has_passkeys: true,
                is_confirmation: true,
                by_mail: String::from("code"),
                opens_accounts: false,
                client: None,
            },
            Self {
                interaction: sample_interaction(),
                email: long_address(),
                problem: Some(String::from("failed")),
                has_passkeys: false,
                is_confirmation: false,
                by_mail: String::from("code"),
                opens_accounts: true,
                client: Some(ClientLabel::sample_long()),
            },
        ]
    }
}

/// Confirmation of the account, `/users/select-account`: posts `choice`, `continue` or `another`.
#[derive(Debug, Clone, Serialize)]
pub struct SelectAccount {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// Both names; may be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for SelectAccount {
    const TEMPLATE: &'static str = "accounts/select-account.html";

    fn samples() -> Vec<Self> {
        vec![
            Self {
                interaction: sample_interaction(),
                name: String::from("Jean Martin"),
                email: String::from("jean.martin@exemple.fr"),
                client: Some(ClientLabel::sample()),
            },
            Self { interaction: None, name: String::new(), email: long_address(), client: None },
        ]
    }
}

/// Names, telephone number and position, `/users/personal-information`: posts `given_name`, `family_name`,
/// `phone_number` and `job`.
#[derive(Debug, Clone, Serialize)]
pub struct PersonalInformation {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The client that the sign-in leads to.
    pub client: Option<ClientLabel>,
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

/// A field that cannot stand as typed.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    /// The name of the field.
    pub field: String,
    /// `missing`, `too_long` or `malformed`.
    pub problem: String,
}

impl Page for PersonalInformation {
    const TEMPLATE: &'static str = "accounts/personal-information.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: sample_interaction(),
            client: Some(ClientLabel::sample()),
            given_name: String::from("Jean"),
            family_name: String::from("Martin"),
            phone_number: String::from("01 23 45 67 89"),
            job: String::from("Chargé de mission"),
            errors: Vec::new(),
        };
        let error =
            |(field, problem): (&str, &str)| FieldError { field: field.to_owned(), problem: problem.to_owned() };
        let every_problem = ["given_name", "family_name", "phone_number", "job"];
        let all = |problem: &'static str| every_problem.map(|field| error((field, problem))).to_vec();
        vec![
            plain.clone(),
            Self { errors: vec![error(("given_name", "missing"))], given_name: String::new(), ..plain.clone() },
            Self { errors: all("too_long"), family_name: "Très-long-nom ".repeat(30), ..plain.clone() },
            Self {
                interaction: None,
                client: None,
                errors: all("malformed"),
                given_name: String::from("<b>1</b>"),
                ..plain
            },
        ]
    }
}

/// Choice of a password, `/users/change-password`: posts `reset_password_token`, `password` and `password_confirmation`.
#[derive(Debug, Clone, Serialize)]
pub struct ChangePassword {
    /// How far it is.
    pub state: ChangePasswordState,
    /// The sign-in under way in this browser, which goes on after it.
    pub interaction: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

/// How far the choice of a password is.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum ChangePasswordState {
    /// The new password is asked.
    Asking {
        /// The value of the link.
        password_link: String,
        /// Whose password it is.
        email: String,
        /// The fewest characters.
        minimum: usize,
        /// Why the last one was refused: `too_short`, `too_long`, `holds_address`, `holds_instance_name`,
        /// `predictable`, `common`, `same_as_before` or `mismatch`.
        problem: Option<String>,
    },
    /// The link does not work any more.
    Void,
    /// It is done.
    Changed,
}

impl Page for ChangePassword {
    const TEMPLATE: &'static str = "accounts/change-password.html";

    fn samples() -> Vec<Self> {
        let problems = [
            None,
            Some("too_short"),
            Some("too_long"),
            Some("holds_address"),
            Some("holds_instance_name"),
            Some("predictable"),
            Some("common"),
            Some("same_as_before"),
            Some("mismatch"),
        ];
        let asking = |problem: Option<&str>| ChangePasswordState::Asking {
            password_link: "aUJ3gA".repeat(8),
            email: String::from("jean.martin@exemple.fr"),
            minimum: 15,
            problem: problem.map(str::to_owned),
        };
        let states = problems.map(asking).into_iter().chain([ChangePasswordState::Void, ChangePasswordState::Changed]);
        let elsewhere = states.map(|state| Self { state, interaction: None, client: None });
        let (interaction, client) = (sample_interaction(), Some(ClientLabel::sample_long()));
        let within = [asking(None), ChangePasswordState::Changed];
        let within = within.map(|state| Self { state, interaction: interaction.clone(), client: client.clone() });
        elsewhere.chain(within).collect()
    }
}

/// The home page, `/`.
#[derive(Debug, Clone, Serialize)]
pub struct Home {
    /// What was just done.
    pub notification: Option<Notification>,
    /// The removal of the second factors that an operator asked for.
    pub removal: Option<PendingRemoval>,
    /// Both names; may be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// The organizations of the person.
    pub organizations: Vec<HomeOrganization>,
    /// The services that the person uses, the last one first.
    pub used_services: Vec<HomeUsedService>,
    /// Where to go from here.
    pub services: Vec<HomeService>,
    /// The page with more of them.
    pub more_services_href: Option<String>,
}

/// One organization of the person.
#[derive(Debug, Clone, Serialize)]
pub struct HomeOrganization {
    /// Its name.
    pub label: String,
    /// Its SIRET, digits only.
    pub siret: String,
    /// Whether the person works for it without belonging to it.
    pub is_external: bool,
}

/// A service that the person uses.
#[derive(Debug, Clone, Serialize)]
pub struct HomeUsedService {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: Option<String>,
    /// When it was last used, in Unix seconds, to within five minutes.
    pub last_used_at: u64,
}

/// One service.
#[derive(Debug, Clone, Serialize)]
pub struct HomeService {
    /// Its name.
    pub name: String,
    /// One sentence about it.
    pub description: Option<String>,
    /// Its page.
    pub href: String,
}

impl Page for Home {
    const TEMPLATE: &'static str = "accounts/home.html";

    fn samples() -> Vec<Self> {
        let organization = |label: &str, siret: &str, is_external: bool| HomeOrganization {
            label: label.to_owned(),
            siret: siret.to_owned(),
            is_external,
        };
        let service = |name: &str, description: Option<&str>, href: &str| HomeService {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            href: href.to_owned(),
        };
        vec![
            Self {
                notification: Some(Notification::SecondFactorKept),
                removal: Some(PendingRemoval::sample()),
                name: String::from("Jean Martin"),
                email: String::from("jean.martin@exemple.fr"),
                organizations: vec![
                    organization("Commune de les martres sur morge - Mairie", "21630215800011", true),
                    organization("Red needles SARL", "83951732300011", false),
                ],
                used_services: vec![HomeUsedService {
                    name: String::from("Démarches <b>simplifiées</b>"),
                    href: None,
                    last_used_at: 1_795_424_400,
                }],
                services: vec![
                    service("DataPass", Some("Demander l’accès à des données protégées."), "https://datapass.example/"),
                    service("API Particulier", None, "http://localhost:4000/"),
                    service("Adresse inutilisable", None, "javascript:alert(1)"),
                ],
                more_services_href: Some(String::from("/?services_after=api-particulier")),
            },
            Self {
                notification: None,
                removal: None,
                name: String::new(),
                email: long_address(),
                organizations: Vec::new(),
                used_services: Vec::new(),
                services: Vec::new(),
                more_services_href: None,
            },
        ]
    }
}
