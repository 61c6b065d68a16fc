//! What the pages show that go through the person's mailbox.

use serde::Serialize;

use super::pages::{long_address, sample_interaction};
use crate::domain::{BrowserHint, BrowserProgram, BrowserSystem};
use crate::render::Page;
use crate::web::pages::ClientLabel;

/// Choice of a password for an account to be, `/users/sign-up`: posts `password` and `password_confirmation`, or asks for
/// a link by mail.
#[derive(Debug, Clone, Serialize)]
pub struct SignUp {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The address given before.
    pub email: String,
    /// Whether there is an account already, without a password.
    pub is_known: bool,
    /// The fewest characters.
    pub minimum: usize,
    /// Why the last one was refused: as on `/users/change-password`.
    pub problem: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for SignUp {
    const TEMPLATE: &'static str = "accounts/sign-up.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: sample_interaction(),
            email: String::from("jean.martin@exemple.fr"),
            is_known: false,
            minimum: 12,
            problem: None,
            client: Some(ClientLabel::sample()),
        };
        let refused = |problem: &str| Self { problem: Some(problem.to_owned()), ..plain.clone() };
        vec![
            plain.clone(),
            Self { is_known: true, email: long_address(), client: Some(ClientLabel::sample_long()), ..plain.clone() },
            refused("too_short"),
            refused("too_long"),
            refused("holds_address"),
            refused("holds_instance_name"),
            refused("predictable"),
            Self { problem: Some(String::from("mismatch")), client: None, ..plain.clone() },
        ]
    }
}

/// The code that was mailed, `/users/verify-email`: posts `verify_email_token`.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyEmail {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The address to which it was sent, or would be.
    pub email: String,
    /// Why it is asked: `sign_up`, `sign_in`, `unproven`, `stale` or `new_browser`.
    pub reason: String,
    /// The code that is awaited; none before one is asked for.
    pub awaited: Option<AwaitedCode>,
    /// Seconds before another one may be asked for; none for at once.
    pub seconds_to_wait: Option<u64>,
    /// Whether another sign-in of this browser waits for a code as well.
    pub is_another_awaited: bool,
    /// Whether the code opens an account for whoever has none.
    pub opens_accounts: bool,
    /// Why the last one opened nothing: `wrong`, `over`, or `too_soon` where another one was asked for.
    pub problem: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
    /// Whether no mail leaves: the code comes nowhere.
    pub lacks_mail: bool,
}

/// A code that is awaited.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AwaitedCode {
    /// Minutes for which it is good; none when it opens nothing any more.
    pub minutes_left: Option<u64>,
}

impl Page for VerifyEmail {
    const TEMPLATE: &'static str = "accounts/verify-email.html";

    fn samples() -> Vec<Self> {
        let awaited = |minutes_left: Option<u64>| Some(AwaitedCode { minutes_left });
        let plain = Self {
            interaction: sample_interaction(),
            email: String::from("jean.martin@exemple.fr"),
            reason: String::from("sign_up"),
            awaited: awaited(Some(60)),
            seconds_to_wait: Some(60),
            is_another_awaited: false,
            opens_accounts: false,
            problem: None,
            client: Some(ClientLabel::sample()),
            lacks_mail: false,
        };
        let because = |reason: &str| Self { reason: reason.to_owned(), ..plain.clone() };
        vec![
            plain.clone(),
            Self {
                awaited: awaited(Some(1)),
                seconds_to_wait: None,
                is_another_awaited: true,
                opens_accounts: true,
                problem: Some(String::from("wrong")),
                ..because("sign_in")
            },
            Self {
                awaited: awaited(None),
                seconds_to_wait: Some(1200),
                problem: Some(String::from("over")),
                email: long_address(),
                client: Some(ClientLabel::sample_long()),
                ..because("new_browser")
            },
            Self { interaction: None, client: None, awaited: None, seconds_to_wait: None, ..because("stale") },
            Self { awaited: None, seconds_to_wait: Some(899), is_another_awaited: true, ..because("new_browser") },
            Self { awaited: None, seconds_to_wait: Some(82_800), ..because("unproven") },
            Self { lacks_mail: true, ..because("new_browser") },
            Self {
                awaited: awaited(Some(10)),
                seconds_to_wait: Some(300),
                problem: Some(String::from("too_soon")),
                ..because("unproven")
            },
            Self { awaited: awaited(None), problem: Some(String::from("too_soon")), ..because("sign_up") },
        ]
    }
}

/// A link is on its way, `/users/magic-link-sent`.
#[derive(Debug, Clone, Serialize)]
pub struct MagicLinkSent {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The address to which it was sent.
    pub email: String,
    /// Minutes for which it is good; none when it opens nothing any more.
    pub minutes_left: Option<u64>,
    /// Seconds before another one may be asked for; none for at once.
    pub seconds_to_wait: Option<u64>,
    /// Whether another one was asked for too soon, and none was sent.
    pub is_too_soon: bool,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for MagicLinkSent {
    const TEMPLATE: &'static str = "accounts/magic-link-sent.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            interaction: sample_interaction(),
            email: String::from("jean.martin@exemple.fr"),
            minutes_left: Some(10),
            seconds_to_wait: Some(60),
            is_too_soon: false,
            client: Some(ClientLabel::sample()),
        };
        vec![
            plain.clone(),
            Self { minutes_left: Some(1), seconds_to_wait: Some(1200), is_too_soon: true, ..plain.clone() },
            Self { minutes_left: None, seconds_to_wait: None, email: long_address(), client: None, ..plain },
        ]
    }
}

/// An account to which somebody came back after a year, `/users/dormant-account`.
#[derive(Debug, Clone, Serialize)]
pub struct DormantAccount {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// The address of the account.
    pub email: String,
    /// Where the operator is written to.
    pub contact: Option<String>,
    /// For whom one signs in.
    pub client: Option<ClientLabel>,
}

impl Page for DormantAccount {
    const TEMPLATE: &'static str = "accounts/dormant-account.html";

    fn samples() -> Vec<Self> {
        vec![
            Self {
                interaction: sample_interaction(),
                email: String::from("mairie@exemple.fr"),
                contact: Some(String::from("administration@exemple.fr")),
                client: Some(ClientLabel::sample_long()),
            },
            Self { interaction: None, email: long_address(), contact: None, client: None },
        ]
    }
}

/// Where a mailed link leads, `/users/sign-in-with-magic-link`: posts `magic_link_token`.
#[derive(Debug, Clone, Serialize)]
pub struct SignInWithMagicLink {
    /// What is to be done with it.
    pub state: MagicLinkState,
}

/// What is to be done with a mailed link.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum MagicLinkState {
    /// One button signs in.
    Here {
        /// The sign-in under way.
        interaction: String,
        /// The value of the link.
        magic_link: String,
        /// Who signs in.
        email: String,
        /// For which service.
        service: Option<String>,
    },
    /// It was asked in another browser: it can be given up, and nothing else.
    Elsewhere {
        /// The value of the link.
        magic_link: String,
        /// For which service.
        service: Option<String>,
        /// When, in Unix seconds.
        asked_at: u64,
        /// In which browser, as it described itself.
        browser: Option<BrowserHint>,
        /// From which network address.
        source: Option<String>,
    },
    /// It does not work any more.
    Void,
    /// It was given up.
    Disowned,
}

impl Page for SignInWithMagicLink {
    const TEMPLATE: &'static str = "accounts/sign-in-with-magic-link.html";

    fn samples() -> Vec<Self> {
        let value = || "aUJ3gA".repeat(8);
        let states = [
            MagicLinkState::Here {
                interaction: value(),
                magic_link: value(),
                email: String::from("jean.martin@exemple.fr"),
                service: Some(String::from("DataPass")),
            },
            MagicLinkState::Here { interaction: value(), magic_link: value(), email: long_address(), service: None },
            MagicLinkState::Elsewhere {
                magic_link: value(),
                service: Some(String::from("DataPass")),
                asked_at: 1_767_225_600,
                browser: Some(BrowserHint { program: BrowserProgram::Firefox, system: BrowserSystem::Windows }),
                source: Some(String::from("2001:db8:1234:5678:9abc:def0:1234:5678")),
            },
            MagicLinkState::Elsewhere {
                magic_link: value(),
                service: None,
                asked_at: 1_767_225_600,
                browser: None,
                source: None,
            },
            MagicLinkState::Void,
            MagicLinkState::Disowned,
        ];
        states.map(|state| Self { state }).to_vec()
    }
}

/// A link to choose another password with, by mail, `/users/reset-password`: posts `login`.
#[derive(Debug, Clone, Serialize)]
pub struct ResetPassword {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// What the field holds.
    pub login: String,
    /// Why no link is on its way.
    pub problem: Option<ResetProblem>,
    /// Seconds before another one may be asked for; none for at once.
    pub seconds_to_wait: Option<u64>,
}

/// Why no link to choose another password with is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetProblem {
    /// What was typed is no address.
    Malformed,
    /// The last one was asked for a moment ago.
    TooSoon,
}

impl Page for ResetPassword {
    const TEMPLATE: &'static str = "accounts/reset-password.html";

    fn samples() -> Vec<Self> {
        let plain =
            Self { interaction: sample_interaction(), login: String::new(), problem: None, seconds_to_wait: None };
        vec![
            plain.clone(),
            Self { login: String::from("jean.martin@"), problem: Some(ResetProblem::Malformed), ..plain.clone() },
            Self { login: long_address(), seconds_to_wait: Some(60), ..plain.clone() },
            Self {
                interaction: None,
                login: String::from("jean.martin@exemple.fr"),
                problem: Some(ResetProblem::TooSoon),
                seconds_to_wait: Some(1_200),
            },
        ]
    }
}

/// Where the link of a notice leads that announces the removal of second factors, `/users/keep-second-factor`: posts
/// `keep_factor_token`.
#[derive(Debug, Clone, Serialize)]
pub struct KeepSecondFactor {
    /// What is to be done with it.
    pub state: KeepSecondFactorState,
}

/// What is to be done with such a link.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum KeepSecondFactorState {
    /// One button stops the removal.
    Pending {
        /// The value of the link.
        keep_factor: String,
        /// When it is carried out, in Unix seconds.
        due_at: u64,
    },
    /// It was stopped.
    Stopped,
    /// It was carried out.
    Done,
    /// The link is none, or too old.
    Void,
}

impl Page for KeepSecondFactor {
    const TEMPLATE: &'static str = "accounts/keep-second-factor.html";

    fn samples() -> Vec<Self> {
        let states = [
            KeepSecondFactorState::Pending { keep_factor: "aUJ3gA".repeat(8), due_at: 1_767_225_600 },
            KeepSecondFactorState::Stopped,
            KeepSecondFactorState::Done,
            KeepSecondFactorState::Void,
        ];
        states.map(|state| Self { state }).to_vec()
    }
}

/// Where the link leads that the address before is told, `/users/restore-address`: posts `restore_address_token`.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreAddress {
    /// What is to be done with it.
    pub state: RestoreAddressState,
    /// Where one writes for help, where that is known.
    pub contact: Option<String>,
}

/// What is to be done with such a link.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum RestoreAddressState {
    /// One button takes the change back.
    Pending {
        /// The value of the link.
        restore_address: String,
        /// The address that the account would have again.
        email: String,
        /// When the change was made, in Unix seconds.
        at: u64,
    },
    /// It was taken back.
    Done,
    /// The address before belongs to somebody else's account.
    Taken,
    /// The link is none, or too old.
    Void,
}

impl Page for RestoreAddress {
    const TEMPLATE: &'static str = "accounts/restore-address.html";

    fn samples() -> Vec<Self> {
        let states = [
            RestoreAddressState::Pending {
                restore_address: "aUJ3gA".repeat(8),
                email: long_address(),
                at: 1_795_424_400,
            },
            RestoreAddressState::Done,
            RestoreAddressState::Taken,
            RestoreAddressState::Void,
        ];
        states.map(|state| Self { state, contact: Some(long_address()) }).to_vec()
    }
}

/// Where the link of an invitation leads, `/users/accept-invitation`: posts `invitation_token`, `password` and
/// `password_confirmation`, and `instead` where somebody else is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct AcceptInvitation {
    /// What is to be done with it.
    pub step: InvitationStep,
    /// The value of the link.
    pub invitation: String,
    /// The address that was invited.
    pub email: String,
    /// The organization that the person will belong to.
    pub organization: Option<String>,
    /// The fewest characters of a password.
    pub minimum: usize,
    /// Why the last password was refused: as on `/users/change-password`.
    pub problem: Option<String>,
}

/// What is to be done with an invitation.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum InvitationStep {
    /// A password is chosen for the account to be.
    New {
        /// Who else is signed in here, and gives way.
        other: Option<String>,
    },
    /// One button joins the organization.
    Owner,
    /// The owner of the account signs in first.
    HasAccount,
    /// It does not work any more.
    Void,
}

impl AcceptInvitation {
    /// The page of a link that does not work.
    pub fn void() -> Self {
        let (invitation, email) = (String::new(), String::new());
        Self { step: InvitationStep::Void, invitation, email, organization: None, minimum: 15, problem: None }
    }
}

impl Page for AcceptInvitation {
    const TEMPLATE: &'static str = "accounts/accept-invitation.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            step: InvitationStep::New { other: None },
            invitation: "aUJ3gA".repeat(8),
            email: String::from("jean.martin@exemple.fr"),
            organization: Some(String::from("Commune de Clamart")),
            minimum: 15,
            problem: None,
        };
        let of = |step: InvitationStep| Self { step, ..plain.clone() };
        vec![
            plain.clone(),
            Self { organization: None, problem: Some(String::from("mismatch")), ..plain.clone() },
            Self { problem: Some(String::from("too_short")), email: long_address(), ..plain.clone() },
            of(InvitationStep::New { other: Some(long_address()) }),
            of(InvitationStep::Owner),
            of(InvitationStep::HasAccount),
            Self { organization: None, ..of(InvitationStep::Owner) },
            Self::void(),
        ]
    }
}
