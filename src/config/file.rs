//! The configuration of production, put together from its settings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::clients::{self, DeclaredClient};
use super::key::{Value, network};
use super::keys::KEYS;
use super::mail;
use super::named_file::{Unread, read_bounded};
use super::problem::{ConfigError, Conflict, Fault, Origin, Problem};
use super::retention::{RetentionRules, months};
use super::settings::{Settings, Source, type_of};
use super::{
    AccessibilityState, Accounts, AddressChecks, Backups, Config, Connections, CookiePolicy, DataLocation,
    ForwardedHeader, InstanceKind, JoiningSettings, Limits, LogFormat, Logs, Mode, Names, Notices, PasswordCost,
    Proxies, PublicUrl, Reach, Tls, UnknownClients,
};
use crate::domain::{
    AcrVocabulary, EmailDomain, JoiningPolicy, MailProviders, MailboxName, MailboxPolicy, RejectionReason, Retention,
};
use crate::protocol::{BearerSources, BearerToken, Secret};

/// The most bytes of a configuration: one that is longer is something else, or never ends.
const MAX_BYTES: u64 = 1024 * 1024;

/// The fewest characters of a token: of sixteen characters each, 128 bits.
const SHORTEST_TOKEN: usize = 32;

/// A configuration that may start, and where each of its values comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What the program is told.
    pub config: Config,
    /// Every key in the order of the template.
    pub shown: Vec<Shown>,
}

/// A key as it is shown to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `section.key`.
    pub key: String,
    /// As it is written in the file; `None` where nothing holds, masked where it is a secret.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Loaded {
    /// The keys that do not hold their default, with what they hold, masked where it is a secret.
    pub fn set(&self) -> BTreeMap<String, String> {
        let set = self.shown.iter().filter(|shown| shown.origin != Origin::Default);
        set.filter_map(|shown| Some((shown.key.clone(), shown.value.clone()?))).collect()
    }
}

impl Config {
    /// Reads the configuration of production from a file alone.
    ///
    /// # Errors
    /// Everything to mend, each with file, line, key and remedy.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        Self::load(path, &[]).map(|loaded| loaded.config)
    }

    /// Reads the configuration of production from a file and from variables of the environment, which win; those that
    /// do not begin with `MONCOMPTEPRO_` are not looked at.
    ///
    /// # Errors
    /// Everything to mend, each with file, line (or variable), key and remedy.
    pub fn load(path: &Path, variables: &[(String, String)]) -> Result<Loaded, ConfigError> {
        let text = read(path).map_err(|fault| {
            let place = Origin::File { path: path.to_owned(), line: None };
            ConfigError { problems: vec![Problem { place, key: String::new(), fault }] }
        })?;
        let source = Source { path, text: &text };
        let (table, mistakes) = DeTable::parse_recoverable(&text);
        if !mistakes.is_empty() {
            // What a broken file holds is guesswork: only its syntax is told.
            let problems = mistakes.iter().map(|mistake| Problem {
                place: mistake.span().map_or_else(|| source.whole(), |span| source.at(span.start)),
                key: String::new(),
                fault: Fault::Syntax(mistake.message().replace('\n', ", ")),
            });
            return Err(ConfigError { problems: problems.collect() });
        }
        let mut problems = Vec::new();
        let mut table = table.into_inner();
        let listed = table.remove("clients");
        let mut settings = Settings::new(source.whole(), String::new());
        settings.read_table(KEYS, &table, &source, &mut problems);
        settings.read_environment(KEYS, variables, &mut problems);
        settings.check_required(KEYS, &mut problems);
        check_together(&settings, &mut problems);
        let declared = match listed {
            Some(list) => match list.get_ref() {
                DeValue::Array(list) => clients::read(list, &source, kind(&settings), &mut problems),
                other => {
                    let place = source.at(list.span().start);
                    let fault = Fault::WrongType { found: type_of(other), expected: super::key::Kind::Texts };
                    problems.push(Problem { place, key: String::from("clients"), fault });
                    Vec::new()
                }
            },
            None => Vec::new(),
        };
        if declared.iter().any(|declared| !declared.client.certificates.is_empty())
            && settings.text(KEYS, "tls.mutual_listen").is_none()
            && !settings.is_told("tls.mutual_listen", &problems)
        {
            problems.push(settings.conflict("tls.mutual_listen", Conflict::CertificatesNowhere));
        }
        match put_together(&settings, path, declared).filter(|_| problems.is_empty()) {
            Some(config) => Ok(Loaded { config, shown: show(&settings) }),
            None => Err(ConfigError { problems: in_order(problems) }),
        }
    }
}

/// By line of the file; what stands in the environment comes last.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| match &problem.place {
        Origin::File { line, .. } => line.unwrap_or(0),
        Origin::Default | Origin::Environment(_) => usize::MAX,
    });
    problems
}

/// Keys that do not go together.
fn check_together(settings: &Settings, problems: &mut Vec<Problem>) {
    let mode = settings.text(KEYS, "tls.mode").unwrap_or_default();
    for path in ["tls.certificate_file", "tls.private_key_file"] {
        match (mode == "files", settings.is_set(path)) {
            (true, false) => problems.push(settings.conflict(path, Conflict::FilesWithoutFile)),
            (false, true) => problems.push(settings.conflict(path, Conflict::FileWithoutFiles)),
            (true, true) | (false, false) => {}
        }
    }
    let listen = addresses(settings);
    if mode == "off" && settings.texts(KEYS, "proxies.trusted").is_empty() {
        problems.push(settings.conflict("tls.mode", Conflict::PlainWithoutProxy));
    }
    let is_announced = settings.text(KEYS, "proxies.header").as_deref() == Some("proxy-protocol");
    if is_announced && settings.texts(KEYS, "proxies.trusted").is_empty() {
        problems.push(settings.conflict("proxies.header", Conflict::AnnouncedByNobody));
    }
    if listen.iter().any(|address| listen.first().is_some_and(|first| first.port() != address.port())) {
        problems.push(settings.conflict("listen", Conflict::SeveralPorts));
    }
    let mutual = settings.text(KEYS, "tls.mutual_listen").and_then(|text| text.parse::<SocketAddr>().ok());
    if mutual.is_some() && mode == "off" {
        problems.push(settings.conflict("tls.mutual_listen", Conflict::MutualWithoutTls));
    }
    // What is asked there names that port: the same one elsewhere, or one that the system chooses, would be none to name.
    if mutual.is_some_and(|mutual| mutual.port() == 0 || listen.iter().any(|address| address.port() == mutual.port())) {
        problems.push(settings.conflict("tls.mutual_listen", Conflict::MutualPort));
    }
    let metrics = settings.text(KEYS, "metrics.listen").and_then(|text| text.parse::<SocketAddr>().ok());
    if metrics.is_some_and(|address| !address.ip().is_loopback()) && !settings.flag(KEYS, "metrics.allow_remote") {
        problems.push(settings.conflict("metrics.listen", Conflict::OpenMetrics));
    }
    if metrics.is_some_and(|metrics| listen.iter().chain(&mutual).any(|address| is_same_place(*address, metrics))) {
        problems.push(settings.conflict("metrics.listen", Conflict::MetricsAmongListeners));
    }
    if settings.text(KEYS, "metrics.token").is_some_and(|token| !is_bearer_token(&token)) {
        problems.push(settings.conflict("metrics.token", Conflict::MetricsToken));
    }
    let free = email_domains(settings, "joining.free_mail_domains");
    if email_domains(settings, "joining.professional_mail_domains").iter().any(|domain| free.contains(domain)) {
        problems.push(settings.conflict("joining.professional_mail_domains", Conflict::FreeAndProfessional));
    }
    problems.extend(super::directory::problems(settings));
    mail::check(settings, problems);
}

/// Whether a text can be shown in an `Authorization: Bearer` header, and is too long to be guessed.
fn is_bearer_token(text: &str) -> bool {
    let header = format!("Bearer {text}");
    let sources = BearerSources { authorization: Some(&header), query: None, form: None };
    text.len() >= SHORTEST_TOKEN && BearerToken::parse(sources).is_ok_and(|token| token.expose() == text)
}

/// The text of a configuration. It may come from a pipe, as the output of another program does.
fn read(path: &Path) -> Result<String, Fault> {
    let read = File::open(path).and_then(|file| read_bounded(file, MAX_BYTES));
    let bytes = read.map_err(|cause| match cause.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Unread::TooLarge(most)) => Fault::TooLarge(*most),
        Some(Unread::NotRegular) | None => Fault::Unreadable(cause.to_string()),
    })?;
    String::from_utf8(bytes).map_err(|cause| Fault::Unreadable(cause.utf8_error().to_string()))
}

/// Whether two listeners cannot stand on these addresses; port 0 is one that the system chooses.
fn is_same_place(one: SocketAddr, other: SocketAddr) -> bool {
    let covers =
        |wide: SocketAddr, narrow: SocketAddr| wide.ip().is_unspecified() && (wide.is_ipv4() == narrow.is_ipv4());
    one.port() == other.port()
        && one.port() != 0
        && (one.ip() == other.ip() || covers(one, other) || covers(other, one))
}

/// A path as the configuration means it: one that is relative begins at the directory of the file, wherever the program
/// was started.
pub(super) fn beside(file: &Path, path: &str) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    file.parent().unwrap_or(Path::new("/")).join(path)
}

fn kind(settings: &Settings) -> InstanceKind {
    match settings.text(KEYS, "instance.kind").as_deref() {
        Some("sandbox") => InstanceKind::Sandbox,
        Some(_) | None => InstanceKind::Production,
    }
}

fn addresses(settings: &Settings) -> Vec<SocketAddr> {
    settings.texts(KEYS, "listen").iter().filter_map(|text| text.parse().ok()).collect()
}

fn networks(settings: &Settings, path: &str) -> Vec<ipnet::IpNet> {
    settings.texts(KEYS, path).iter().filter_map(|text| network(text)).collect()
}

fn private_hosts(settings: &Settings) -> BTreeSet<String> {
    settings.texts(KEYS, "outward.private_hosts").iter().map(|name| name.to_ascii_lowercase()).collect()
}

fn email_domains(settings: &Settings, path: &str) -> Vec<EmailDomain> {
    settings.texts(KEYS, path).iter().filter_map(|text| text.parse().ok()).collect()
}

fn mailbox_names(settings: &Settings) -> Vec<MailboxName> {
    settings.texts(KEYS, "accounts.generic_mailboxes").iter().filter_map(|text| text.parse().ok()).collect()
}

fn joining(settings: &Settings) -> JoiningSettings {
    let domains = |path| email_domains(settings, path).into_iter().collect();
    JoiningSettings {
        policy: JoiningPolicy {
            allow_unverified: settings.flag(KEYS, "joining.allow_unverified"),
            bypass_moderation: settings.flag(KEYS, "joining.bypass_moderation"),
        },
        providers: MailProviders {
            free: domains("joining.free_mail_domains"),
            professional: domains("joining.professional_mail_domains"),
        },
        rejection_reasons: settings
            .texts(KEYS, "joining.rejection_reasons")
            .into_iter()
            .filter_map(|text| RejectionReason::try_from(text).ok())
            .collect(),
    }
}

fn tls(settings: &Settings, path_of_file: &Path) -> Option<Tls> {
    let file = |path| settings.text(KEYS, path).map(|text| beside(path_of_file, &text));
    Some(match settings.text(KEYS, "tls.mode")?.as_str() {
        "files" => {
            Tls::Files { certificate: file("tls.certificate_file")?, private_key: file("tls.private_key_file")? }
        }
        "off" => Tls::Off,
        _ => Tls::SelfSigned,
    })
}

/// `None` only where a problem was told already.
fn put_together(settings: &Settings, path_of_file: &Path, declared_clients: Vec<DeclaredClient>) -> Option<Config> {
    let text = |path| settings.text(KEYS, path);
    let file = |path| settings.text(KEYS, path).map(|text| beside(path_of_file, &text));
    let size = |path| settings.number(KEYS, path).and_then(|number| usize::try_from(number).ok());
    let hours = |path, unit: u64| {
        settings.number(KEYS, path).map(|number| Duration::from_secs(number.saturating_mul(unit).saturating_mul(3600)))
    };
    let listen = addresses(settings);
    let public_url: PublicUrl = text("public_url")?.parse().ok()?;
    let (kind, host) = (kind(settings), public_url.host().to_owned());
    let is_sandbox = kind == InstanceKind::Sandbox;
    Some(Config {
        mode: Mode::Serve,
        kind,
        public_url,
        listen: listen.iter().map(SocketAddr::ip).collect(),
        port: listen.first()?.port(),
        names: Names::Own,
        tls: tls(settings, path_of_file)?,
        mutual_tls: text("tls.mutual_listen").and_then(|text| text.parse().ok()),
        proxies: proxies(settings)?,
        connections: Connections {
            at_one_time: size("limits.connections")?,
            per_source: Some(size("limits.connections_per_source")?),
        },
        logs: Logs {
            format: if text("logs.format")? == "json" { LogFormat::Json } else { LogFormat::Text },
            level: text("logs.level")?,
        },
        metrics: text("metrics.listen").and_then(|text| text.parse().ok()),
        metrics_token: text("metrics.token").map(Secret::new),
        data: DataLocation::Directory(file("data_dir")?),
        accept_issuer_change: false,
        backups: Backups {
            every: hours("backups.every_hours", 1).filter(|every| !every.is_zero()),
            retention: Retention {
                daily: size("backups.keep_daily")?,
                weekly: size("backups.keep_weekly")?,
                monthly: size("backups.keep_monthly")?,
            },
        },
        cache_bytes: size("store.cache_mib")?.checked_mul(1 << 20)?,
        master_key_file: file("master_key_file"),
        instance_name: text("instance.name")?,
        trial: is_sandbox,
        mailbox_page: is_sandbox,
        mail: mail::put_together(settings, path_of_file, &text("instance.name")?, &host),
        alerts: settings.flag(KEYS, "mail.alerts"),
        mail_kept: hours("mail.keep_hours", 1)?,
        mail_retried_after: Duration::from_secs(settings.number(KEYS, "mail.retry_seconds")?),
        cookies: CookiePolicy { prefix: String::from("__Host-"), secure: true },
        unknown_clients: if is_sandbox { UnknownClients::RecordAnywhere } else { UnknownClients::Refuse },
        local_redirects: is_sandbox,
        retention: retention(settings)?,
        accounts: accounts(settings)?,
        addresses: address_checks(settings),
        generic_mailboxes: mailbox_names(settings),
        leaked_passwords: text("accounts.leaked_passwords_url").and_then(|text| text.parse().ok()),
        notices: notices(settings)?,
        acr_vocabulary: acr_vocabulary(&text("acr.vocabulary")?),
        recent_proof: Duration::from_secs(settings.number(KEYS, "accounts.recent_proof_minutes")?.saturating_mul(60)),
        joining: joining(settings),
        directory: super::directory::put_together(settings),
        reach: Reach { may_ask_itself: false, private_hosts: private_hosts(settings) },
        password_cost: PasswordCost::Machine,
        rsa_bits: settings.number(KEYS, "keys.rsa_bits").and_then(|bits| u32::try_from(bits).ok())?,
        key_rotation_every: hours("keys.rotate_every_days", 24).filter(|every| !every.is_zero()),
        keys_published_ahead: hours("keys.published_ahead_hours", 1)?,
        limits: limits(settings),
        people_picker: None,
        automatic_sign_in: None,
        mark_tokens: is_sandbox,
        fixtures: None,
        file: Some(path_of_file.to_owned()),
        declared_clients,
    })
}

fn proxies(settings: &Settings) -> Option<Proxies> {
    let header = match settings.text(KEYS, "proxies.header")?.as_str() {
        "forwarded" => ForwardedHeader::Forwarded,
        "proxy-protocol" => ForwardedHeader::ProxyProtocol,
        _ => ForwardedHeader::XForwardedFor,
    };
    Some(Proxies { trusted: networks(settings, "proxies.trusted"), header })
}

fn acr_vocabulary(word: &str) -> AcrVocabulary {
    match word {
        "levels-2026" => AcrVocabulary::Levels2026,
        "employer" => AcrVocabulary::Employer,
        _ => AcrVocabulary::Moncomptepro,
    }
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        shared_sources: networks(settings, "limits.shared_sources"),
        administration_sources: networks(settings, "limits.administration_sources"),
        ..Limits::standard()
    }
}

fn address_checks(settings: &Settings) -> AddressChecks {
    let name_server = settings.text(KEYS, "accounts.name_server");
    AddressChecks {
        deliverability: settings.flag(KEYS, "accounts.check_deliverability"),
        name_servers: name_server.and_then(|text| text.parse().ok()).into_iter().collect(),
        expected_domains: email_domains(settings, "accounts.expected_domains"),
    }
}

fn notices(settings: &Settings) -> Option<Notices> {
    let text = |path| settings.text(KEYS, path);
    Some(Notices {
        controller: text("notices.controller"),
        contact: text("notices.contact").and_then(|text| text.parse().ok()),
        personal_data_href: text("notices.personal_data"),
        terms_href: text("notices.terms"),
        accessibility_href: text("notices.accessibility_page"),
        accessibility: match text("notices.accessibility")?.as_str() {
            "full" => AccessibilityState::Full,
            "partial" => AccessibilityState::Partial,
            _ => AccessibilityState::None,
        },
    })
}

fn retention(settings: &Settings) -> Option<RetentionRules> {
    let kept = |key: &str| settings.number(KEYS, key).map(months);
    let kept_or_for_ever = |key: &str| kept(key).map(|kept| Some(kept).filter(|kept| !kept.is_zero()));
    Some(RetentionRules {
        unused_accounts: kept_or_for_ever("retention.unused_account_months")?,
        audit: kept_or_for_ever("retention.audit_months")?,
        audit_addresses: kept("retention.audit_address_months")?,
    })
}

fn accounts(settings: &Settings) -> Option<Accounts> {
    let seconds = |key: &str, unit: u64| Some(Duration::from_secs(settings.number(KEYS, key)?.saturating_mul(unit)));
    let days = |key: &str| seconds(key, 24 * 3600);
    Some(Accounts {
        sign_up: settings.flag(KEYS, "accounts.sign_up"),
        hide_existence: settings.flag(KEYS, "accounts.hide_existence"),
        require_second_factor: settings.flag(KEYS, "accounts.require_second_factor"),
        mailbox: MailboxPolicy {
            proof_lifetime: days("accounts.email_proof_days")?,
            asks_in_new_browsers: settings.flag(KEYS, "accounts.trusted_browsers"),
            trust_lifetime: days("accounts.trusted_browser_days")?,
        },
        mailed_secret_lifetime: seconds("accounts.mailed_secret_minutes", 60)?,
        factor_removal_delay: seconds("accounts.factor_removal_hours", 3600)?,
        invitation_lifetime: days("accounts.invitation_days")?,
    })
}

fn show(settings: &Settings) -> Vec<Shown> {
    let shown = KEYS.iter().map(|key| {
        let (value, origin) = settings.effective(key);
        let masked = |value: Value| match key.kind {
            super::key::Kind::Secret => String::from("\"********\""),
            _ => value.to_toml(),
        };
        Shown { key: key.path.to_owned(), value: value.map(masked), origin }
    });
    shown.collect()
}
