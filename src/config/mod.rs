//! What an operator chooses: one type, whether it comes from a file or from the command line of development mode.
//!
//! Refuses unknown keys and impossible values, all at once, each with its place and its remedy. One table of keys
//! (`keys`) serves reading, refusing, the template and the listing. Doors: [`Config::load`], [`Config::dev`],
//! [`template()`].

mod account_keys;
mod client_keys;
mod clients;
mod dev;
mod directory;
mod file;
mod key;
mod keys;
mod mail;
mod named_file;
mod notices;
mod problem;
mod public_url;
mod reload;
mod retention;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod weakenings;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use clients::DeclaredClient;
pub use dev::DevOptions;
pub use directory::{ApiEntreprise, ApiSirene, ContactSource, DirectorySettings, DirectorySource};
pub use file::{Loaded, Shown};
use ipnet::IpNet;
pub use mail::{Mailing, SmtpCredentials, SmtpEncryption, SmtpServer};
pub use named_file::{Unread, open_named, read_bounded};
pub use notices::{AccessibilityState, AddressChecks, Notices};
pub use problem::{ConfigError, Origin, Problem};
pub use public_url::{MalformedPublicUrl, PublicUrl};
pub use reload::Changed;
pub use retention::RetentionRules;
pub use template::template;
pub use weakenings::Weakening;

use url::Url;

use crate::domain::{
    AcrVocabulary, AttemptLimit, Email, GuessLimits, JoiningPolicy, MailProviders, MailboxName, MailboxPolicy,
    RejectionReason, Retention, SourceLimits,
};
use crate::protocol::Secret;

/// The name of an instance that nobody named.
const NEUTRAL_NAME: &str = "Compte professionnel";

/// How old the proof of a person may be for what protects their account, unless somebody chose otherwise.
const STANDARD_RECENT_PROOF: Duration = Duration::from_secs(15 * 60);

/// For what the program was started; also the mark of its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Production.
    Serve,
    /// A local provider with seeded people, to develop against.
    Dev,
}

impl Mode {
    /// The word in the header of the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Dev => "dev",
        }
    }
}

/// Where the database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataLocation {
    /// Nowhere: it ends with the process.
    Memory,
    /// In this directory, mode 0700.
    Directory(PathBuf),
}

/// Under which names an instance is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Its own.
    Own,
    /// Those of the loopback besides.
    Loopback,
    /// Any that nobody on the public network can have besides: `localhost`, `*.test`, a container's name…
    Local,
}

/// What happens to a client that nobody declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownClients {
    /// It is refused.
    Refuse,
    /// It is recorded with the local redirect URIs that it shows, and its first credential.
    Record,
    /// The same with the redirect URIs over TLS of any host.
    RecordAnywhere,
}

/// Which memory and time a password hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCost {
    /// 64 MiB and 3 passes where the machine has 2 GiB or more, else the floor.
    Machine,
    /// 19 MiB and 2 passes.
    Floor,
}

/// How cookies are named and protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePolicy {
    /// Put before every name: `__Host-` over TLS.
    pub prefix: String,
    /// Whether the attribute `Secure` is set.
    pub secure: bool,
}

/// The list of people on the sign-in page, for those who try a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeoplePicker {
    /// Where one click signs a person in.
    pub action: String,
    /// The form that invents a person.
    pub another_person: String,
}

/// How many attempts are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wrong passwords for one account.
    pub per_account: GuessLimits,
    /// Forms and failures from one source; `None` is unlimited.
    pub per_source: Option<SourceLimits>,
    /// Networks behind whose addresses many people sit: each source of theirs may do twenty times that.
    pub shared_sources: Vec<IpNet>,
    /// Networks from which the console of administration is reached; from everywhere when there are none.
    pub administration_sources: Vec<IpNet>,
    /// Wrong secrets for one client from one source.
    pub per_client: AttemptLimit,
    /// Mails that people ask for; `None` is unlimited.
    pub mails: Option<MailLimits>,
}

impl Limits {
    /// For an account 10 failures in 5 minutes, then waits of 30 seconds to an hour, and 100 in a row; from a source 60
    /// forms and 600 sign-ins begun a minute, and 100 failures an hour; for a client 20 wrong secrets in 5 minutes from
    /// one source; to an address 5 mails in 15 minutes and 20 a day, 30 an hour from a source.
    pub fn standard() -> Self {
        let limit = |attempts, seconds| AttemptLimit { attempts, window: Duration::from_secs(seconds) };
        let per_account = GuessLimits {
            free: limit(10, 300),
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_secs(3600),
            in_a_row: 100,
        };
        let per_source = SourceLimits { submissions: limit(60, 60), failures: limit(100, 3600), begun: limit(600, 60) };
        let mails = MailLimits {
            per_address: limit(5, 900),
            per_address_daily: limit(20, 24 * 3600),
            per_source: limit(30, 3600),
        };
        Self {
            per_account,
            per_source: Some(per_source),
            shared_sources: Vec::new(),
            administration_sources: Vec::new(),
            per_client: limit(20, 300),
            mails: Some(mails),
        }
    }
}

/// How accounts are opened, and what proves a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounts {
    /// Whether anybody may open one.
    pub sign_up: bool,
    /// Whether a known address and an unknown one lead to the same page.
    pub hide_existence: bool,
    /// Whether everybody signs in with two factors.
    pub require_second_factor: bool,
    /// What is asked of mailboxes and browsers.
    pub mailbox: MailboxPolicy,
    /// How long a mailed code or link is good to sign in with.
    pub mailed_secret_lifetime: Duration,
    /// How long the removal of somebody's second factors is announced before it is carried out.
    pub factor_removal_delay: Duration,
    /// How long the link of an invitation is good.
    pub invitation_lifetime: Duration,
}

impl Accounts {
    /// Open to everybody, and known addresses are told from unknown ones; ten minutes for a mailed secret.
    pub const STANDARD: Self = Self {
        sign_up: true,
        hide_existence: false,
        require_second_factor: false,
        mailbox: MailboxPolicy::STANDARD,
        mailed_secret_lifetime: Duration::from_secs(600),
        factor_removal_delay: Duration::from_secs(24 * 3600),
        invitation_lifetime: Duration::from_secs(7 * 24 * 3600),
    };
}

/// How many mails may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimits {
    /// To one address, in a short while.
    pub per_address: AttemptLimit,
    /// To one address, in a day.
    pub per_address_daily: AttemptLimit,
    /// From one source.
    pub per_source: AttemptLimit,
}

/// What an instance is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceKind {
    /// People and services that count.
    Production,
    /// Trying: nothing in it counts, and every page says so.
    Sandbox,
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// There is none: plain HTTP on loopback, or to a declared proxy.
    Off,
    /// Made for the host of the public URL, and kept in the data directory.
    SelfSigned,
    /// Read from files, in PEM.
    Files {
        /// The certificate and its chain.
        certificate: PathBuf,
        /// Its private key.
        private_key: PathBuf,
    },
}

/// How proxies say for whom they ask. One of them: a proxy that writes one header passes the other on as a client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// No header of a request: the PROXY protocol, before the first byte of each connection.
    ProxyProtocol,
}

/// The proxies that are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are; nowhere, unless they are declared.
    pub trusted: Vec<IpNet>,
    /// What they write.
    pub header: ForwardedHeader,
}

impl Proxies {
    /// Nobody is believed.
    pub fn none() -> Self {
        Self { trusted: Vec::new(), header: ForwardedHeader::XForwardedFor }
    }
}

/// How many connections may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// At one time.
    pub at_one_time: usize,
    /// From one IPv4 address or one IPv6 /64; `None` is unlimited.
    pub per_source: Option<usize>,
}

impl Connections {
    /// 4,096, of which 512 from one source.
    pub fn standard() -> Self {
        Self { at_one_time: 4096, per_source: Some(512) }
    }
}

/// Backups that are made by schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backups {
    /// How long between two; `None` for never.
    pub every: Option<Duration>,
    /// Which of them are kept.
    pub retention: Retention,
}

/// The form of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text for each event.
    Text,
    /// One line of JSON for each event.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// The form.
    pub format: LogFormat,
    /// `error`, `warn`, `info` or `debug`.
    pub level: String,
}

/// How near the hosts may be that are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether plain http to loopback is allowed as well: for trying things out.
    pub may_ask_itself: bool,
    /// Hosts that may be on a private network, or on this machine, by their names in lower case; over https as all others.
    pub private_hosts: BTreeSet<String>,
}

/// Everything that an instance is told before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// For what the program was started.
    pub mode: Mode,
    /// What the instance is for.
    pub kind: InstanceKind,
    /// The issuer, and the address of every page.
    pub public_url: PublicUrl,
    /// The local addresses to listen on, all on one port.
    pub listen: Vec<IpAddr>,
    /// The port to listen on; 0 lets the system choose.
    pub port: u16,
    /// Under which names it is answered.
    pub names: Names,
    /// Where the certificate comes from.
    pub tls: Tls,
    /// Where services show a certificate in the handshake of TLS, if anywhere: a port of its own (RFC 8705 §5).
    pub mutual_tls: Option<SocketAddr>,
    /// The proxies whose word about the client's address is believed.
    pub proxies: Proxies,
    /// How many connections may be open.
    pub connections: Connections,
    /// What is logged, and how.
    pub logs: Logs,
    /// Where the metrics are read, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// What whoever reads the metrics has to show, if anything.
    pub metrics_token: Option<Secret>,
    /// Where the database lies.
    pub data: DataLocation,
    /// Whether data of another issuer becomes this one's.
    pub accept_issuer_change: bool,
    /// Backups that are made by schedule.
    pub backups: Backups,
    /// Memory for the database's cache, in bytes.
    pub cache_bytes: usize,
    /// The file of the master key, when it is not in the data directory.
    pub master_key_file: Option<PathBuf>,
    /// The name shown to people.
    pub instance_name: String,
    /// Whether every page carries a banner saying that this is no production.
    pub trial: bool,
    /// Whether mails end on a page of the instance instead of leaving it.
    pub mailbox_page: bool,
    /// How mails leave the instance; `None` where they do not.
    pub mail: Option<Mailing>,
    /// Whether administrators are told by mail of what cannot wait.
    pub alerts: bool,
    /// How long a mail that cannot leave is worth keeping.
    pub mail_kept: Duration,
    /// After how long a mail that the server put off is tried again.
    pub mail_retried_after: Duration,
    /// How cookies are named and protected.
    pub cookies: CookiePolicy,
    /// What happens to a client that nobody declared.
    pub unknown_clients: UnknownClients,
    /// Whether redirect URIs over plain http on loopback are accepted for web clients, and `localhost` ports are free
    /// for native ones.
    pub local_redirects: bool,
    /// How accounts are opened.
    pub accounts: Accounts,
    /// What is kept no longer than it is of use.
    pub retention: RetentionRules,
    /// What is asked of addresses that are new here.
    pub addresses: AddressChecks,
    /// Mailboxes that go with a function, beside those that are known.
    pub generic_mailboxes: Vec<MailboxName>,
    /// Who is asked whether a password was leaked, if anybody: the address to which five digits of a digest are added.
    pub leaked_passwords: Option<Url>,
    /// What is said where data is asked.
    pub notices: Notices,
    /// The words in which `acr` is said.
    pub acr_vocabulary: AcrVocabulary,
    /// How old the proof of a person may be for what protects their account.
    pub recent_proof: Duration,
    /// How people join organizations.
    pub joining: JoiningSettings,
    /// Where companies and administrations are looked up.
    pub directory: DirectorySettings,
    /// How near the hosts may be that are asked.
    pub reach: Reach,
    /// Which memory and time a password hash costs.
    pub password_cost: PasswordCost,
    /// Size of new RSA keys in bits.
    pub rsa_bits: u32,
    /// After how long a signing key is replaced by itself; `None` for never.
    pub key_rotation_every: Option<Duration>,
    /// How long a signing key is published before it signs.
    pub keys_published_ahead: Duration,
    /// How many attempts are allowed.
    pub limits: Limits,
    /// The list of people on the sign-in page.
    pub people_picker: Option<PeoplePicker>,
    /// The person who is signed in without any page.
    pub automatic_sign_in: Option<Email>,
    /// Whether signed tokens say that they are not of a production.
    pub mark_tokens: bool,
    /// People, organizations and clients that replace or complete the seeded ones.
    pub fixtures: Option<PathBuf>,
    /// The file that this was read from.
    pub file: Option<PathBuf>,
    /// The clients that the file declares.
    pub declared_clients: Vec<DeclaredClient>,
}

/// How people join organizations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JoiningSettings {
    /// What is decided without proof, if anything.
    pub policy: JoiningPolicy,
    /// Hosts where anybody opens a mailbox.
    pub providers: MailProviders,
    /// Reasons that moderators are offered beside those of the program.
    pub rejection_reasons: Vec<RejectionReason>,
}

impl Config {
    /// The issuer identifier: the public URL without a trailing slash.
    pub fn issuer(&self) -> &str {
        self.public_url.as_str()
    }

    /// Whether there is nobody yet when an instance begins; development mode begins with seeded people.
    pub fn begins_empty(&self) -> bool {
        self.mode == Mode::Serve
    }

    /// Whether mails go nowhere: they do not leave, and no page shows them.
    pub fn lacks_mail(&self) -> bool {
        self.mail.is_none() && !self.mailbox_page
    }

    /// The port that the public address leads to and the one that is listened on, where they differ and no declared proxy
    /// stands between them.
    pub fn differing_ports(&self) -> Option<(u16, u16)> {
        let (public, own) = (self.public_url.port(), self.port);
        (self.tls != Tls::Off && own != 0 && public != own).then_some((public, own))
    }

    /// The address at which services show a certificate, if there is one.
    pub fn mutual_url(&self) -> Option<PublicUrl> {
        self.mutual_tls.map(|address| self.public_url.at_port(address.port()))
    }

    /// Whether nobody is asked about companies and administrations.
    pub fn lacks_directory(&self) -> bool {
        self.directory.sources.is_empty()
    }

    /// Whether browsers are told to come back over TLS only: never with a certificate of our own, and never where
    /// things are tried out, which would lock people out for a year.
    pub fn insists_on_tls(&self) -> bool {
        match self.tls {
            Tls::Files { .. } => true,
            Tls::SelfSigned => false,
            // The proxy in front has the certificate.
            Tls::Off => self.mode == Mode::Serve,
        }
    }
}
