//! The configuration of development mode: nothing to write, everything on one machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use super::{
    Accounts, AddressChecks, Backups, Config, Connections, CookiePolicy, DataLocation, DirectorySettings,
    DirectorySource, InstanceKind, JoiningSettings, Limits, LogFormat, Logs, Mode, NEUTRAL_NAME, Names, Notices,
    PasswordCost, PeoplePicker, Proxies, PublicUrl, Reach, RetentionRules, STANDARD_RECENT_PROOF, Tls, UnknownClients,
};
use crate::domain::{AcrVocabulary, Email, JoiningPolicy, MailProviders, MailboxPolicy, Retention};

/// What may be chosen on the command line of development mode.
#[derive(Debug, Clone, Default)]
pub struct DevOptions {
    /// The issuer, when it is not `http://localhost:PORT`.
    pub issuer: Option<PublicUrl>,
    /// The addresses that are listened on; loopback when empty.
    pub listen: Vec<IpAddr>,
    /// Where to keep the data, when not in memory.
    pub data_dir: Option<PathBuf>,
    /// People, organizations and clients that replace or complete the seeded ones.
    pub fixtures: Option<PathBuf>,
    /// The person who is signed in without any page.
    pub sign_in_as: Option<Email>,
    /// Whether unknown clients are refused.
    pub strict: bool,
    /// Whether data of another issuer becomes this one's.
    pub accept_issuer_change: bool,
    /// Whether tokens carry no mark.
    pub no_mark: bool,
    /// Whether the open interface is asked about numbers that the seeds do not know, instead of making one up.
    pub asks_open_directory: bool,
}

impl Config {
    /// The configuration of development mode on a port that is bound already.
    pub fn dev(options: DevOptions, port: u16) -> Self {
        let public_url = options.issuer.unwrap_or_else(|| localhost(port));
        let loopback = || vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        Self {
            mode: Mode::Dev,
            kind: InstanceKind::Sandbox,
            cookies: cookies(&public_url, port),
            public_url,
            listen: if options.listen.is_empty() { loopback() } else { options.listen },
            port,
            names: if options.strict { Names::Loopback } else { Names::Local },
            tls: Tls::Off,
            mutual_tls: None,
            proxies: Proxies::none(),
            connections: Connections { per_source: None, ..Connections::standard() },
            logs: Logs { format: LogFormat::Text, level: String::from("warn") },
            metrics: None,
            metrics_token: None,
            data: options.data_dir.map_or(DataLocation::Memory, DataLocation::Directory),
            accept_issuer_change: options.accept_issuer_change,
            backups: Backups { every: None, retention: Retention { daily: 0, weekly: 0, monthly: 0 } },
            cache_bytes: 64 << 20,
            master_key_file: None,
            instance_name: String::from(NEUTRAL_NAME),
            trial: true,
            mailbox_page: true,
            mail: None,
            alerts: true,
            mail_kept: Duration::from_secs(72 * 3600),
            mail_retried_after: Duration::from_secs(60),
            unknown_clients: if options.strict { UnknownClients::Refuse } else { UnknownClients::Record },
            local_redirects: true,
            retention: RetentionRules::STANDARD,
            accounts: Accounts {
                mailbox: MailboxPolicy { asks_in_new_browsers: false, ..MailboxPolicy::STANDARD },
                ..Accounts::STANDARD
            },
            addresses: AddressChecks { deliverability: false, name_servers: Vec::new(), expected_domains: Vec::new() },
            generic_mailboxes: Vec::new(),
            leaked_passwords: None,
            notices: Notices::SOBER,
            acr_vocabulary: AcrVocabulary::Moncomptepro,
            recent_proof: STANDARD_RECENT_PROOF,
            joining: JoiningSettings {
                policy: JoiningPolicy { allow_unverified: true, bypass_moderation: false },
                // What the seeded people write from.
                providers: MailProviders {
                    professional: ["yopmail.com".parse()].into_iter().flatten().collect(),
                    ..MailProviders::default()
                },
                rejection_reasons: Vec::new(),
            },
            directory: DirectorySettings::of(match options.asks_open_directory {
                true => vec![DirectorySource::Seeds, DirectorySource::RechercheEntreprises],
                false => vec![DirectorySource::Seeds],
            }),
            reach: Reach { may_ask_itself: true, ..Reach::default() },
            password_cost: PasswordCost::Floor,
            rsa_bits: 2048,
            key_rotation_every: None,
            keys_published_ahead: Duration::from_secs(24 * 3600),
            limits: Limits { per_source: None, mails: None, ..Limits::standard() },
            people_picker: Some(PeoplePicker {
                action: String::from("/_dev/sign-in"),
                another_person: String::from("/_dev/another-person"),
            }),
            automatic_sign_in: options.sign_in_as,
            mark_tokens: !options.no_mark,
            fixtures: options.fixtures,
            file: None,
            declared_clients: Vec::new(),
        }
    }
}

#[expect(clippy::expect_used, reason = "a scheme, a name and a number are always a URL")]
fn localhost(port: u16) -> PublicUrl {
    format!("http://localhost:{port}").parse().expect("http://localhost and a port")
}

/// Browsers and cookie jars refuse `__Host-` over http, and cookies ignore ports: the port goes into the name.
fn cookies(public_url: &PublicUrl, port: u16) -> CookiePolicy {
    if public_url.is_https() {
        return CookiePolicy { prefix: String::from("__Host-"), secure: true };
    }
    CookiePolicy { prefix: format!("dev-{port}-"), secure: false }
}
