//! What the pages show about what is asked beside the password.

use serde::Serialize;

use crate::accounts::console::Notification;
use crate::accounts::pages::{long_address, sample_interaction};
use crate::domain::{BrowserHint, BrowserProgram, BrowserSystem};
use crate::render::{Page, PageCheck};
use crate::web::pages::ClientLabel;

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<SecondFactor>(),
        PageCheck::of::<DoubleAuthenticationChoice>(),
        PageCheck::of::<DecisionHelper>(),
        PageCheck::of::<TotpConfiguration>(),
        PageCheck::of::<RecoveryCodes>(),
        PageCheck::of::<RecoveryCodeUsed>(),
        PageCheck::of::<DoubleAuthentication>(),
    ]
}

/// The second factor, `/users/2fa-sign-in`: posts `totpToken`, `recovery_code`, or the answer of a passkey.
#[derive(Debug, Clone, Serialize)]
pub struct SecondFactor {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// Whether there is an application that shows codes.
    pub has_application: bool,
    /// Whether there is a passkey.
    pub has_passkeys: bool,
    /// Whether there is one that is not accepted any more.
    pub has_suspended_passkey: bool,
    /// Why the last one opened nothing: `wrong`, `wrong_recovery`, `wrong_passkey` or `suspended`.
    pub problem: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for SecondFactor {
    const TEMPLATE: &'static str = "accounts/second-factor.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: sample_interaction(),
            has_application: true,
            has_passkeys: true,
            has_suspended_passkey: false,
            problem: None,
            client: Some(ClientLabel::sample()),
        };
        let failed = |problem: &str| Self { problem: Some(problem.to_owned()), ..plain.clone() };
        vec![
            plain.clone(),
            Self { has_application: false, ..failed("wrong_passkey") },
            Self { has_passkeys: false, ..plain.clone() },
            Self { has_application: false, has_passkeys: false, has_suspended_passkey: true, ..plain.clone() },
            failed("wrong"),
            Self { client: Some(ClientLabel::sample_long()), ..failed("wrong_recovery") },
            Self { interaction: None, client: None, ..failed("suspended") },
        ]
    }
}

/// How a second factor is set up where a sign-in demands one, `/users/double-authentication-choice`.
#[derive(Debug, Clone, Serialize)]
pub struct DoubleAuthenticationChoice {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// Whether browsers may be asked for passkeys.
    pub has_passkeys: bool,
    /// Why the last attempt came to nothing: `passkey`.
    pub problem: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for DoubleAuthenticationChoice {
    const TEMPLATE: &'static str = "accounts/double-authentication-choice.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: sample_interaction(),
            has_passkeys: true,
            problem: None,
            client: Some(ClientLabel::sample_long()),
        };
        vec![
            plain.clone(),
            Self { problem: Some(String::from("passkey")), ..plain.clone() },
            Self { interaction: None, has_passkeys: false, client: None, ..plain },
        ]
    }
}

/// Where somebody is who does not know what they own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionStep {
    /// With what they unlock their computer.
    Device,
    /// Whether they may install a program on it.
    CanInstallSoftware,
    /// Whether they may install an application on a telephone.
    Smartphone,
    /// A passkey is for them.
    Passkey,
    /// An application on their computer is.
    Software,
    /// An application on their telephone is.
    App,
    /// Somebody else has to help.
    ExternalHelpNeeded,
}

impl DecisionStep {
    const ALL: [Self; 7] = [
        Self::Device,
        Self::CanInstallSoftware,
        Self::Smartphone,
        Self::Passkey,
        Self::Software,
        Self::App,
        Self::ExternalHelpNeeded,
    ];

    /// The step of a segment of the address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::CanInstallSoftware => "can-install-software",
            Self::Smartphone => "smartphone",
            Self::Passkey => "passkey",
            Self::Software => "software",
            Self::App => "app",
            Self::ExternalHelpNeeded => "external-help-needed",
        }
    }
}

/// Questions that lead to a second factor, `/mfa-decision-helper` and `/users/mfa-decision-helper`.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionHelper {
    /// The question, or what they led to.
    pub step: DecisionStep,
    /// Whether it is the first one.
    pub is_first: bool,
    /// Where the questions begin.
    pub helper: &'static str,
    /// Where a passkey is added.
    pub choice: &'static str,
    /// Where an application is set up.
    pub application: &'static str,
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for DecisionHelper {
    const TEMPLATE: &'static str = "accounts/mfa-decision-helper.html";

    fn samples() -> Vec<Self> {
        let page = |step| Self {
            step,
            is_first: step == DecisionStep::Device,
            helper: "/users/mfa-decision-helper",
            choice: "/users/double-authentication-choice",
            application: "/users/totp-configuration",
            interaction: sample_interaction(),
            client: Some(ClientLabel::sample_long()),
        };
        let alone = Self { interaction: None, client: None, ..page(DecisionStep::Passkey) };
        DecisionStep::ALL.into_iter().map(page).chain([alone]).collect()
    }
}

/// A key for an application that shows codes, `/totp-configuration` and `/users/totp-configuration`: posts `totpToken`.
#[derive(Debug, Clone, Serialize)]
pub struct TotpConfiguration {
    /// Where the form goes.
    pub action: String,
    /// Whether a sign-in demands it.
    pub is_demanded: bool,
    /// Whether it takes the place of another one.
    pub is_replacement: bool,
    /// The key in base32.
    pub key: String,
    /// The same as applications read it.
    pub uri: String,
    /// The same, sealed: the form carries it back as `offer`.
    pub offer: String,
    /// Whether the code was another one.
    pub is_wrong: bool,
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for TotpConfiguration {
    const TEMPLATE: &'static str = "accounts/totp-configuration.html";

    fn samples() -> Vec<Self> {
        let key = String::from("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let plain = Self {
            action: String::from("/totp-configuration"),
            is_demanded: false,
            is_replacement: false,
            uri: format!("otpauth://totp/Compte:{}?secret={key}&issuer=Compte&algorithm=SHA1", long_address()),
            key,
            offer: "aUJ3gA".repeat(40),
            is_wrong: false,
            interaction: None,
            client: None,
        };
        vec![
            plain.clone(),
            Self { is_replacement: true, is_wrong: true, ..plain.clone() },
            Self {
                action: String::from("/users/totp-configuration?interaction=abc"),
                is_demanded: true,
                interaction: sample_interaction(),
                client: Some(ClientLabel::sample_long()),
                ..plain
            },
        ]
    }
}

/// Codes for the day on which the application is lost, shown once.
#[derive(Debug, Clone, Serialize)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
    /// What was set up just now: `application` or `passkey`.
    pub set_up: Option<&'static str>,
    /// Where to go on.
    pub next_href: String,
}

impl Page for RecoveryCodes {
    const TEMPLATE: &'static str = "accounts/recovery-codes.html";

    fn samples() -> Vec<Self> {
        let codes = vec![String::from("abcd-efgh-2345-mnop"); 10];
        let next_href = String::from("/double-authentication");
        vec![
            Self { codes: codes.clone(), set_up: Some("application"), next_href: next_href.clone() },
            Self { codes: codes.clone(), set_up: Some("passkey"), next_href: next_href.clone() },
            Self { codes, set_up: None, next_href },
        ]
    }
}

/// What is seen once a recovery code opened a session: how many are left, and where to see to it.
#[derive(Debug, Clone, Serialize)]
pub struct RecoveryCodeUsed {
    /// How many were not used.
    pub left: usize,
    /// Where to go on.
    pub next_href: String,
}

impl Page for RecoveryCodeUsed {
    const TEMPLATE: &'static str = "accounts/recovery-code-used.html";

    fn samples() -> Vec<Self> {
        let next_href = String::from("/");
        vec![Self { left: 9, next_href: next_href.clone() }, Self { left: 0, next_href }]
    }
}

/// A passkey on the list of its owner.
#[derive(Debug, Clone, Serialize)]
pub struct PasskeyCard {
    /// What its removal names.
    pub id: String,
    /// The name that the person gave it.
    pub name: Option<String>,
    /// Where it was made: the name of those that have none.
    pub made_in: Option<BrowserHint>,
    /// When it was made, in Unix seconds.
    pub added_at: u64,
    /// When it was last used.
    pub last_used_at: Option<u64>,
    /// How many times it was used.
    pub uses: u64,
    /// Since when it is not accepted any more.
    pub suspended_at: Option<u64>,
}

impl PasskeyCard {
    fn sample() -> Self {
        Self {
            id: String::from("abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE"),
            name: Some(String::from("Téléphone de <service>")),
            made_in: Some(BrowserHint { program: BrowserProgram::Firefox, system: BrowserSystem::Linux }),
            added_at: 1_767_225_600,
            last_used_at: Some(1_767_312_000),
            uses: 12,
            suspended_at: None,
        }
    }

    fn samples() -> Vec<Self> {
        let named = |number: usize| Self { id: format!("{}{number}", "abcdefghij".repeat(4)), ..Self::sample() };
        vec![
            named(0),
            Self { name: None, last_used_at: None, uses: 0, ..named(1) },
            Self { name: None, made_in: None, uses: 1, suspended_at: Some(1_767_398_400), ..named(2) },
            Self { name: Some("É".repeat(60)), ..named(3) },
        ]
    }
}

/// A passkey that cannot go by the name that was typed.
#[derive(Debug, Clone, Serialize)]
pub struct PasskeyRenaming {
    /// Which one.
    pub id: String,
    /// What was typed.
    pub typed: String,
    /// Why not: `missing`, `too_long` or `malformed`.
    pub fault: &'static str,
}

/// A removal of the second factors that an operator asked for, and that the person can stop: posts to `/keep-second-factor`.
#[derive(Debug, Clone, Serialize)]
pub struct PendingRemoval {
    /// When it was asked for, in Unix seconds.
    pub asked_at: u64,
    /// When it is carried out.
    pub due_at: u64,
    /// Why, in the words of the operator.
    pub reason: String,
}

impl PendingRemoval {
    /// One of them.
    pub fn sample() -> Self {
        Self {
            asked_at: 1_795_424_400, due_at: 1_795_510_800, reason: String::from("Téléphone <perdu>, ticket 4512")
        }
    }
}

/// What is asked beside the password, `/double-authentication`.
#[derive(Debug, Clone, Serialize)]
pub struct DoubleAuthentication {
    /// What was just done.
    pub notification: Option<Notification>,
    /// Whether the passkey was not added.
    pub is_refused: bool,
    /// The passkey that did not get another name.
    pub renaming: Option<PasskeyRenaming>,
    /// The removal that an operator asked for.
    pub removal: Option<PendingRemoval>,
    /// `none`, `on_demand` or `always`.
    pub used: &'static str,
    /// When the application was set up, in Unix seconds.
    pub added_at: Option<u64>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeyCard>,
    /// Whether one more may be added.
    pub may_add_passkeys: bool,
    /// How many recovery codes were not used.
    pub recovery_codes_left: usize,
    /// Whether the operator wants it of everybody.
    pub is_required: bool,
}

impl Page for DoubleAuthentication {
    const TEMPLATE: &'static str = "console/double-authentication.html";

    fn samples() -> Vec<Self> {
        let used = |used, left| Self {
            notification: None,
            is_refused: false,
            renaming: None,
            removal: None,
            passkeys: Vec::new(),
            may_add_passkeys: true,
            used,
            added_at: (used != "none").then_some(1_767_225_600),
            recovery_codes_left: left,
            is_required: false,
        };
        let renaming = |typed: &str, fault| Self {
            renaming: Some(PasskeyRenaming { id: PasskeyCard::sample().id, typed: typed.to_owned(), fault }),
            passkeys: vec![PasskeyCard::sample()],
            ..used("on_demand", 9)
        };
        vec![
            used("none", 0),
            Self { notification: Some(Notification::AuthenticatorDeleted), ..used("none", 0) },
            Self { notification: Some(Notification::SecondFactorDisabled), ..used("on_demand", 10) },
            Self { notification: Some(Notification::SecondFactorEnabled), ..used("always", 1) },
            Self { is_required: true, ..used("on_demand", 0) },
            Self { passkeys: PasskeyCard::samples(), added_at: None, ..used("on_demand", 9) },
            Self { is_refused: true, may_add_passkeys: false, ..used("always", 1) },
            Self { removal: Some(PendingRemoval::sample()), ..used("always", 10) },
            renaming("", "missing"),
            renaming(&"é".repeat(80), "too_long"),
            renaming("Clé\u{202e}", "malformed"),
        ]
    }
}
