//! What the page of everything that is known about a person shows.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::acts::PendingDataLink;
use crate::domain::{
    AccountData, AuditEvent, Email, EventData, Factor, MailContent, MailData, MailOutcome, ModerationKind,
    OrganizationData, PERSONAL_DATA_FORMAT, PasskeyData, PersonalData, RequestData, ServiceData, SessionData,
    TrustedBrowserData, UserId, Verification,
};
use crate::protocol::{Locale, Timestamp};
use crate::render::Page;

/// The entries of each long list on one page; the others are on the pages that follow.
const SHOWN: usize = 50;

/// Everything that is known, `/connection-and-account/my-data`.
#[derive(Debug, Clone, Serialize)]
pub struct MyData {
    /// It.
    pub data: PersonalData,
    /// How many sign-ins there are.
    pub sign_ins: usize,
    /// How many other acts there are.
    pub acts: usize,
    /// How many mails there are.
    pub mails: usize,
    /// Which fifty of each of these lists are shown, the latest first: from 1.
    pub number: usize,
    /// Whether one of these lists goes on.
    pub goes_on: bool,
    /// The link to the file that was mailed and works still: nothing where none is.
    pub link: Option<PendingLink>,
    /// Whether no mail leaves this site: the file is handed out at once.
    pub lacks_mail: bool,
}

/// A link that was mailed and works still.
#[derive(Debug, Clone, Serialize)]
pub struct PendingLink {
    /// When it was asked for, in Unix seconds.
    pub asked_at: u64,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
}

impl MyData {
    /// A page of somebody's data: the first where `number` is too high for any list.
    pub fn of(mut data: PersonalData, number: usize, link: Option<PendingDataLink>, lacks_mail: bool) -> Self {
        let (sign_ins, acts, mails) = (data.sign_ins.len(), data.acts.len(), data.mails.len());
        let longest = sign_ins.max(acts).max(mails);
        let number = if number <= longest.div_ceil(SHOWN) { number.max(1) } else { 1 };
        data.sign_ins = of_page(data.sign_ins, number);
        data.acts = of_page(data.acts, number);
        data.mails = of_page(data.mails, number);
        let goes_on = longest > number.saturating_mul(SHOWN);
        let link = link.map(|link| PendingLink { asked_at: link.asked_at.0, expires_at: link.expires_at.0 });
        Self { data, sign_ins, acts, mails, number, goes_on, link, lacks_mail }
    }
}

fn of_page<T>(list: Vec<T>, number: usize) -> Vec<T> {
    list.into_iter().skip(number.saturating_sub(1).saturating_mul(SHOWN)).take(SHOWN).collect()
}

impl Page for MyData {
    const TEMPLATE: &'static str = "console/my-data.html";

    fn samples() -> Vec<Self> {
        let at = || String::from("2026-11-23T09:00:00.000Z");
        let account = AccountData {
            user_id: String::from("1234567890"),
            email: String::from("jean.martin@exemple.fr"),
            email_verified_at: None,
            given_name: None,
            family_name: None,
            phone_number: None,
            job: None,
            role: None,
            language: None,
            created_at: at(),
            updated_at: at(),
            sign_in_count: 1,
            last_sign_in_at: None,
            password_chosen_at: None,
            authenticator_added_at: None,
            passkeys: Vec::new(),
            additional_claims: Map::new(),
        };
        let bare = PersonalData {
            format: PERSONAL_DATA_FORMAT,
            issuer: String::from("https://identite.exemple.fr"),
            exported_at: at(),
            account: account.clone(),
            organizations: Vec::new(),
            requests: Vec::new(),
            services: Vec::new(),
            sessions: Vec::new(),
            trusted_browsers: Vec::new(),
            sign_ins: Vec::new(),
            acts: Vec::new(),
            mails: Vec::new(),
        };
        let now = Timestamp(1_795_424_400);
        let link = PendingDataLink { asked_at: now, expires_at: now };
        let full = full(&bare, account);
        vec![
            Self::of(full.clone(), 1, Some(link), false),
            Self::of(full, 2, None, false),
            Self::of(bare.clone(), 1, None, false),
            Self::of(bare, 1, None, true),
        ]
    }
}

/// The file with it, `/connection-and-account/my-data/file`: posts `my_data_token`.
#[derive(Debug, Clone, Serialize)]
pub struct MyDataFile {
    /// The value of a link that works; `None` for one that does not.
    pub my_data: Option<String>,
}

impl Page for MyDataFile {
    const TEMPLATE: &'static str = "console/my-data-file.html";

    fn samples() -> Vec<Self> {
        vec![Self { my_data: Some(String::from("0123456789abcdef")) }, Self { my_data: None }]
    }
}

fn mails(bare: &PersonalData) -> Vec<MailData> {
    let samples = bare.account.email.parse::<Email>().map(|email| MailContent::samples(&email)).unwrap_or_default();
    let kinds = samples.into_iter().map(|content| content.name().to_owned());
    let outcomes = MailOutcome::ALL.map(MailOutcome::as_str).into_iter().chain(["waiting"]).cycle();
    let mail = |(kind, outcome): (String, &'static str)| MailData {
        kind,
        to: bare.account.email.clone(),
        written_at: bare.exported_at.clone(),
        outcome,
        ended_at: (outcome != "waiting").then(|| bare.exported_at.clone()),
    };
    kinds.zip(outcomes).map(mail).collect()
}

fn full(bare: &PersonalData, account: AccountData) -> PersonalData {
    let at = || bare.exported_at.clone();
    let source = Some(String::from("2001:db8:1234:5600::/56"));
    let event = EventData {
        at: at(),
        by: "person",
        source: source.clone(),
        event: AuditEvent::PasswordChanged { user_id: UserId(1) },
    };
    let service = |name: Option<&str>, used: bool| ServiceData {
        client_id: String::from("service"),
        name: name.map(str::to_owned),
        first_used_at: used.then(at),
        last_used_at: used.then(at),
        withdrawn_at: (!used).then(at),
    };
    PersonalData {
        account: AccountData {
            email_verified_at: Some(at()),
            given_name: Some(String::from("Jean <b>")),
            family_name: Some(String::from("Martin")),
            phone_number: Some(String::from("01 23 45 67 89")),
            job: Some(String::from("Chargé de mission")),
            role: Some("administrator"),
            language: Some(Locale::En),
            last_sign_in_at: Some(at()),
            password_chosen_at: Some(at()),
            authenticator_added_at: Some(at()),
            passkeys: vec![PasskeyData {
                name: Some(String::from("Téléphone <b>")),
                made_in: None,
                added_at: at(),
                last_used_at: Some(at()),
                uses: 3,
                suspended_at: Some(at()),
            }],
            additional_claims: Map::from_iter([(String::from("matricule <b>"), Value::from("A1"))]),
            ..account
        },
        organizations: vec![OrganizationData {
            siret: String::from("21920023500014"),
            label: String::from("Commune de Clamart - Mairie"),
            is_external: true,
            verification: Verification::Domain,
            linked_at: at(),
            updated_at: at(),
        }],
        requests: vec![RequestData {
            siret: String::from("13002526500013"),
            kind: ModerationKind::OrganizationJoinBlock,
            status: "rejected",
            reason: Some(String::from("Nom & <prénom> inconnus")),
            requested_at: at(),
            decided_at: Some(at()),
            client_id: Some(String::from("service")),
        }],
        services: vec![service(Some("DataPass"), true), service(None, false)],
        sessions: vec![SessionData {
            session_id: String::from("0123456789abcdef"),
            started_at: at(),
            last_used_at: at(),
            browser: None,
            source: source.clone(),
            methods: vec![Factor::Password],
            organization: Some(String::from("21920023500014")),
        }],
        trusted_browsers: vec![TrustedBrowserData { trusted_since: at(), trusted_until: at(), browser: None, source }],
        sign_ins: vec![EventData { source: None, ..event.clone() }; 60],
        acts: vec![event],
        mails: mails(bare),
        ..bare.clone()
    }
}
