//! What the pages show about what is asked beside the password.

use serde::Serialize;

use crate::accounts::console::Notification;
use crate::accounts::pages::{long_address, sample_interaction};
use crate::render::{Page, PageCheck};
use crate::web::pages::ClientLabel;

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<SecondFactor>(),
        PageCheck::of::<TotpConfiguration>(),
        PageCheck::of::<RecoveryCodes>(),
        PageCheck::of::<DoubleAuthentication>(),
    ]
}

/// The second factor, `/users/2fa-sign-in`: posts `totpToken`, or `recovery_code`.
#[derive(Debug, Clone, Serialize)]
pub struct SecondFactor {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// Why the last one opened nothing: `wrong`, `wrong_recovery` or `suspended`.
    pub problem: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for SecondFactor {
    const TEMPLATE: &'static str = "accounts/second-factor.html";

    fn samples() -> Vec<Self> {
        let plain = Self { interaction: sample_interaction(), problem: None, client: Some(ClientLabel::sample()) };
        let failed = |problem: &str| Self { problem: Some(problem.to_owned()), ..plain.clone() };
        vec![
            plain.clone(),
            failed("wrong"),
            Self { client: Some(ClientLabel::sample_long()), ..failed("wrong_recovery") },
            Self { interaction: None, client: None, ..failed("suspended") },
        ]
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
    /// Whether the application was set up just now.
    pub is_set_up: bool,
    /// Where to go on.
    pub next_href: String,
}

impl Page for RecoveryCodes {
    const TEMPLATE: &'static str = "accounts/recovery-codes.html";

    fn samples() -> Vec<Self> {
        let codes = vec![String::from("abcd-efgh-2345-mnop"); 10];
        let next_href = String::from("/double-authentication");
        vec![
            Self { codes: codes.clone(), is_set_up: true, next_href: next_href.clone() },
            Self { codes, is_set_up: false, next_href },
        ]
    }
}

/// What is asked beside the password, `/double-authentication`.
#[derive(Debug, Clone, Serialize)]
pub struct DoubleAuthentication {
    /// What was just done.
    pub notification: Option<Notification>,
    /// `none`, `on_demand` or `always`.
    pub used: &'static str,
    /// When the application was set up, in Unix seconds.
    pub added_at: Option<u64>,
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
            used,
            added_at: (used != "none").then_some(1_767_225_600),
            recovery_codes_left: left,
            is_required: false,
        };
        vec![
            used("none", 0),
            Self { notification: Some(Notification::AuthenticatorDeleted), ..used("none", 0) },
            Self { notification: Some(Notification::SecondFactorDisabled), ..used("on_demand", 10) },
            Self { notification: Some(Notification::SecondFactorEnabled), ..used("always", 1) },
            Self { is_required: true, ..used("on_demand", 0) },
        ]
    }
}
