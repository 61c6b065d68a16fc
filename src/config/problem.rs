//! What is wrong with a configuration: where, which key, why, and what to do, in French and in English.

use std::fmt;
use std::path::{Path, PathBuf};

use super::key::Kind;
use super::mail::MailConflict;
use crate::protocol::{Locale, RedirectUriError};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// This line of the file.
    File {
        /// The file.
        path: PathBuf,
        /// From 1; `None` where the file as a whole is meant.
        line: Option<usize>,
    },
    /// This variable of the environment.
    Environment(String),
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub(super) place: Origin,
    pub(super) key: String,
    pub(super) fault: Fault,
}

/// Why a key is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The file cannot be read.
    Unreadable(String),
    /// The file goes on beyond so many bytes.
    TooLarge(u64),
    /// The file is not TOML.
    Syntax(String),
    /// No such key; the nearest one.
    Unknown { nearest: Option<String> },
    /// A section where a key should be, or the reverse.
    NotASection,
    /// A key that must be set is not.
    Missing(Kind),
    /// A value of another type.
    WrongType { found: &'static str, expected: Kind },
    /// A value that cannot be, as it is shown: not at all where it is a secret.
    Impossible { found: Option<String>, expected: Kind },
    /// The value and a file of it are both given.
    TwoSources { other: String },
    /// The file that a key names cannot be read.
    FileUnreadable { path: PathBuf, cause: String },
    /// The file of a secret that everybody on the machine may read.
    FileOpen { path: PathBuf },
    /// Two keys that do not go together.
    Conflict(Conflict),
    /// An address of a client that cannot be registered.
    RedirectUri { uri: String, reason: RedirectUriError },
}

/// Keys that do not go together, each with its remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflict {
    /// `tls.mode = "files"` without this file.
    FilesWithoutFile,
    /// A certificate file while another mode is chosen.
    FileWithoutFiles,
    /// Plain HTTP without a declared proxy.
    PlainWithoutProxy,
    /// Connections that proxies announce, and no proxy.
    AnnouncedByNobody,
    /// Certificates of services where there is no TLS.
    MutualWithoutTls,
    /// Certificates of services where people are served, or nowhere in particular.
    MutualPort,
    /// Certificates of a client that nobody asks for.
    CertificatesNowhere,
    /// Metrics towards the network.
    OpenMetrics,
    /// Metrics where people are served.
    MetricsAmongListeners,
    /// A token of the metrics that nobody can show, or that could be guessed.
    MetricsToken,
    /// Addresses with several ports.
    SeveralPorts,
    /// A mail domain on both lists.
    FreeAndProfessional,
    /// A source of the register without what opens it.
    SourceWithoutKey,
    /// Something about mails.
    Mail(MailConflict),
    /// A client identifier that is not one.
    ClientId,
    /// The same client twice.
    ClientTwice,
    /// A secret for a public client.
    SecretOfPublicClient,
    /// A confidential client without a secret.
    NoSecret,
    /// A secret that could be guessed.
    WeakSecret,
    /// A client without any redirect URI.
    NoRedirectUri,
}

const ANNOUNCED_BY_NOBODY: [&str; 2] = [
    "avec \"proxy-protocol\", seuls les mandataires déclarés se connectent, et aucun ne l'est. Déclarez le vôtre dans proxies.trusted",
    "with \"proxy-protocol\" declared proxies alone connect, and none is. Declare yours in proxies.trusted",
];

impl Conflict {
    fn say(self, locale: Locale) -> &'static str {
        let [fr, en] = match self {
            Self::FilesWithoutFile => [
                "exigé par tls.mode = \"files\". Donnez le fichier, ou choisissez tls.mode = \"self-signed\"",
                "tls.mode = \"files\" needs it. Name the file, or choose tls.mode = \"self-signed\"",
            ],
            Self::FileWithoutFiles => [
                "n'est lu qu'avec tls.mode = \"files\". Choisissez ce mode, ou retirez la clé",
                "is read with tls.mode = \"files\" only. Choose that mode, or remove the key",
            ],
            Self::PlainWithoutProxy => [
                "\"off\" n'a de sens que derrière un mandataire. Déclarez le vôtre dans proxies.trusted (sur cette machine : [\"127.0.0.1\", \"::1\"]), ou choisissez tls.mode = \"self-signed\"",
                "\"off\" makes sense behind a proxy only. Declare yours in proxies.trusted (on this machine: [\"127.0.0.1\", \"::1\"]), or choose tls.mode = \"self-signed\"",
            ],
            Self::AnnouncedByNobody => ANNOUNCED_BY_NOBODY,
            Self::MutualWithoutTls => [
                "sans TLS (tls.mode = \"off\"), personne ne montre de certificat. Retirez la clé, ou choisissez un autre tls.mode",
                "without TLS (tls.mode = \"off\") nobody shows a certificate. Remove the key, or choose another tls.mode",
            ],
            Self::MutualPort => [
                "un port à elle est nécessaire, ni 0 ni celui de listen : là, aucun navigateur n'est interrogé sur ses certificats",
                "a port of its own is needed, neither 0 nor that of listen: there, no browser is asked for its certificates",
            ],
            Self::CertificatesNowhere => [
                "un service de [[clients]] a des certificats, qu'il ne pourrait montrer nulle part. Donnez la clé, ou retirez-les",
                "a service of [[clients]] has certificates, which it could show nowhere. Set the key, or remove them",
            ],
            Self::OpenMetrics => [
                "d'autres machines liraient les mesures. Écoutez sur 127.0.0.1, ou dites metrics.allow_remote = true",
                "other machines would read the metrics. Listen on 127.0.0.1, or say metrics.allow_remote = true",
            ],
            Self::MetricsAmongListeners => [
                "listen ou tls.mutual_listen contient déjà cette adresse. Donnez un autre port aux mesures",
                "listen or tls.mutual_listen has this address already. Give the metrics another port",
            ],
            Self::MetricsToken => [
                "32 lettres, chiffres ou -._~+/ au moins, puis éventuellement des = : openssl rand -hex 32 en donne un",
                "32 letters, digits or -._~+/ at least, then = where there are any: openssl rand -hex 32 makes one",
            ],
            Self::FreeAndProfessional => [
                "un même domaine figure ici et dans joining.free_mail_domains : ses adresses prouveraient une organisation, et n'en \
                 prouveraient aucune. Retirez-le de l'une des deux",
                "one and the same domain stands here and in joining.free_mail_domains: its addresses would prove an organization, \
                 and prove none. Remove it from one of the two",
            ],
            Self::SeveralPorts => {
                ["toutes les adresses doivent avoir le même port", "every address must have the same port"]
            }
            Self::SourceWithoutKey => [
                "sans elle, rien n'ouvre cette source. Donnez-la, ou retirez la source de directory.sources et ses autres clés",
                "nothing opens that source without it. Give it, or remove the source from directory.sources and its other keys",
            ],
            Self::Mail(conflict) => conflict.say(),
            Self::ClientId => [
                "3 à 64 lettres, chiffres, points, tirets ou soulignés, et pas uniquement des chiffres",
                "3 to 64 letters, digits, dots, hyphens or underscores, and not digits only",
            ],
            Self::ClientTwice => [
                "cet identifiant est déclaré deux fois. Retirez l'un des deux [[clients]]",
                "this identifier is declared twice. Remove one of the two [[clients]]",
            ],
            Self::SecretOfPublicClient => [
                "un client public (token_endpoint_auth_method = \"none\") n'a pas de secret. Retirez l'un des deux",
                "a public client (token_endpoint_auth_method = \"none\") has no secret. Remove one of the two",
            ],
            Self::NoSecret => [
                "donnez client_secret ou client_secret_file, ou token_endpoint_auth_method = \"none\" pour un client public",
                "give client_secret or client_secret_file, or token_endpoint_auth_method = \"none\" for a public client",
            ],
            Self::WeakSecret => [
                "moins de 32 caractères, ou presque toujours les mêmes : il pourrait être deviné. Tirez-en un au hasard, avec \
                 `openssl rand -base64 32` ; ou laissez `moncomptepro client create` en tirer un",
                "fewer than 32 characters, or nearly always the same: it could be guessed. Draw one at random, with \
                 `openssl rand -base64 32`; or let `moncomptepro client create` draw one",
            ],
            Self::NoRedirectUri => ["au moins une adresse est nécessaire", "at least one address is needed"],
        };
        match locale {
            Locale::Fr => fr,
            Locale::En => en,
        }
    }
}

impl Problem {
    /// One line: place, key, reason, remedy.
    pub fn say(&self, locale: Locale) -> String {
        let colon = match locale {
            Locale::Fr => " : ",
            Locale::En => ": ",
        };
        let mut text = match &self.place {
            Origin::Default => String::new(),
            Origin::File { path, line: Some(line) } => format!("{}:{line}{colon}", path.display()),
            Origin::File { path, line: None } => format!("{}{colon}", path.display()),
            Origin::Environment(name) => format!("${name}{colon}"),
        };
        if !self.key.is_empty() {
            text.push_str(&self.key);
            text.push_str(colon);
        }
        text.push_str(&self.fault.say(locale));
        text
    }

    /// The file and the line, where it stands in a file.
    pub fn line(&self) -> (Option<&Path>, Option<usize>) {
        match &self.place {
            Origin::File { path, line } => (Some(path), *line),
            Origin::Default | Origin::Environment(_) => (None, None),
        }
    }

    /// The key, empty where the file as a whole is meant.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Fault {
    fn say(&self, locale: Locale) -> String {
        match locale {
            Locale::Fr => self.say_in_french(),
            Locale::En => self.say_in_english(),
        }
    }

    fn say_in_french(&self) -> String {
        let possible = |kind: &Kind| kind.expected(Locale::Fr);
        match self {
            Self::Unreadable(cause) => format!("ne peut être lu : {cause}"),
            Self::TooLarge(most) => format!("ce n'est pas une configuration : plus de {most} octets"),
            Self::Syntax(message) => format!("n'est pas du TOML : {message}"),
            Self::Unknown { nearest: Some(nearest) } => format!("clé inconnue. Vouliez-vous dire {nearest} ?"),
            Self::Unknown { nearest: None } => {
                String::from("clé inconnue. `moncomptepro config template` liste les clés")
            }
            Self::NotASection => String::from("c'est une section : ses clés s'écrivent sous [section], ou section.clé"),
            Self::Missing(kind) => format!("doit être renseigné. Possible : {}", possible(kind)),
            Self::WrongType { found, expected } => {
                format!("{} au lieu de ce qui est possible : {}", in_french(found), possible(expected))
            }
            Self::Impossible { found: Some(found), expected } => {
                format!("{found} ne convient pas. Possible : {}", possible(expected))
            }
            Self::Impossible { found: None, expected } => {
                format!("la valeur (non montrée) ne convient pas. Possible : {}", possible(expected))
            }
            Self::TwoSources { other } => format!("donné deux fois, ici et par {other}. Retirez l'un des deux"),
            Self::FileUnreadable { path, cause } => format!("{} ne peut être lu : {cause}", path.display()),
            Self::FileOpen { path } => {
                format!("{0} est lisible par tous les comptes de cette machine : chmod 600 {0}", path.display())
            }
            Self::Conflict(conflict) => conflict.say(Locale::Fr).to_owned(),
            Self::RedirectUri { uri, reason } => {
                format!("{uri} ne peut être enregistré : {}", redirect_uri_in_french(*reason))
            }
        }
    }

    fn say_in_english(&self) -> String {
        let possible = |kind: &Kind| kind.expected(Locale::En);
        match self {
            Self::Unreadable(cause) => format!("cannot be read: {cause}"),
            Self::TooLarge(most) => format!("this is no configuration: more than {most} bytes"),
            Self::Syntax(message) => format!("is not TOML: {message}"),
            Self::Unknown { nearest: Some(nearest) } => format!("unknown key. Did you mean {nearest}?"),
            Self::Unknown { nearest: None } => {
                String::from("unknown key. `moncomptepro config template` lists the keys")
            }
            Self::NotASection => String::from("this is a section: its keys stand under [section], or as section.key"),
            Self::Missing(kind) => format!("must be set. Possible: {}", possible(kind)),
            Self::WrongType { found, expected } => {
                format!("{found} instead of what is possible: {}", possible(expected))
            }
            Self::Impossible { found: Some(found), expected } => {
                format!("{found} cannot be. Possible: {}", possible(expected))
            }
            Self::Impossible { found: None, expected } => {
                format!("the value (not shown) cannot be. Possible: {}", possible(expected))
            }
            Self::TwoSources { other } => format!("given twice, here and by {other}. Remove one of the two"),
            Self::FileUnreadable { path, cause } => format!("{} cannot be read: {cause}", path.display()),
            Self::FileOpen { path } => {
                format!("{0} is readable by everybody on this machine: chmod 600 {0}", path.display())
            }
            Self::Conflict(conflict) => conflict.say(Locale::En).to_owned(),
            Self::RedirectUri { uri, reason } => format!("{uri} cannot be registered: {reason}"),
        }
    }
}

/// Why an address cannot be registered.
fn redirect_uri_in_french(reason: RedirectUriError) -> &'static str {
    match reason {
        RedirectUriError::TooLong => "plus de 2 048 octets",
        RedirectUriError::ForbiddenCharacter => "elle contient un caractère qu'une adresse ne peut contenir",
        RedirectUriError::NotAbsolute => "ce n'est pas une adresse complète",
        RedirectUriError::Fragment => "elle contient un #",
        RedirectUriError::UserInfo => "elle contient un nom d'utilisateur",
        RedirectUriError::ForbiddenScheme => "son schéma (ce qui précède les deux-points) n'est pas admis",
        RedirectUriError::HostNotPlain => "son hôte n'est pas sous sa forme simple",
        RedirectUriError::PathNotPlain => "son chemin n'est pas sous sa forme simple",
        RedirectUriError::PlainHttp => "http sans TLS n'est pas admis ici",
        RedirectUriError::NotNative => "un schéma privé est réservé aux clients natifs",
        RedirectUriError::Wildcard => "une * n'y vaut rien d'autre qu'elle-même : enregistrez chaque adresse en entier",
    }
}

/// The types of TOML.
fn in_french(found: &str) -> &str {
    match found {
        "a text" => "un texte",
        "a whole number" => "un nombre entier",
        "a number below zero" => "un nombre négatif",
        "a number beyond 64 bits" => "un nombre de plus de 64 bits",
        "a number with decimals" => "un nombre à virgule",
        "true or false" => "true ou false",
        "a date" => "une date",
        "a list" => "une liste",
        "a section" => "une section",
        other => other,
    }
}

/// Everything that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// One or more, in the order of the file.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    /// One line for each problem.
    pub fn say(&self, locale: Locale) -> String {
        self.problems.iter().map(|problem| problem.say(locale)).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.say(Locale::En))
    }
}

impl std::error::Error for ConfigError {}
