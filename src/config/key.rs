//! What a key of the configuration is: its path, what it may hold, its default, and what it is for.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::PublicUrl;
use super::mail::is_host;
use crate::domain::{Email, EmailDomain, MAX_CERTIFICATES, MailboxName, Network, RejectionReason, Siret};
use crate::protocol::{CertificateThumbprint, Locale, ScopeSet};

/// A key of the file. One table of them serves reading, refusing, explaining and showing.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConfigKey {
    /// `section.key`, or the key alone at the top.
    pub(super) path: &'static str,
    /// What it may hold.
    pub(super) kind: Kind,
    /// What holds where it is not set.
    pub(super) standard: Standard,
    /// What it is for, in French and in English; lines of at most 110 characters.
    pub(super) about: [&'static str; 2],
}

/// What a key may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text of 1 to so many characters.
    Text(usize),
    /// The address of the instance.
    PublicUrl,
    /// An https address for people to visit.
    WebPage,
    /// A path of the file system.
    Path,
    /// A text that nobody may see; it may stand in a file of its own, under the key with `_file`.
    Secret,
    /// True or false.
    Flag,
    /// A whole number between two.
    Number(u64, u64),
    /// Nought, or a whole number between two.
    NumberOrZero(u64, u64),
    /// One whole number of several.
    Numbers(&'static [u64]),
    /// One word of several.
    OneOf(&'static [&'static str]),
    /// One or more local addresses with their port.
    Addresses,
    /// One local address with its port.
    Address,
    /// Networks, as ADDRESS/BITS, or single addresses.
    Networks,
    /// SHA-256 of certificates.
    Thumbprints,
    /// Scopes with spaces between them.
    Scopes,
    /// Several texts.
    Texts,
    /// Several words of these, each once.
    Words(&'static [&'static str]),
    /// An e-mail address.
    Email,
    /// The number of an establishment.
    Siret,
    /// The name of a host, or its address.
    Host,
    /// The names of hosts.
    Hosts,
    /// Hosts of e-mail addresses.
    EmailDomains,
    /// What stands before the `@` of addresses.
    MailboxNames,
    /// Reasons of refusals that people read, a few of them.
    RejectionReasons,
}

/// What holds where a key is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    /// The key must be set; an example for the template.
    Required(&'static str),
    /// Nothing; an example for the template, empty where none helps.
    Absent(&'static str),
    /// This text.
    Text(&'static str),
    /// This number.
    Number(u64),
    /// This truth.
    Flag(bool),
    /// These texts.
    Texts(&'static [&'static str]),
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    Texts(Vec<String>),
}

impl Standard {
    pub(super) fn value(self) -> Option<Value> {
        match self {
            Self::Required(_) | Self::Absent(_) => None,
            Self::Text(text) => Some(Value::Text(text.to_owned())),
            Self::Number(number) => Some(Value::Number(number)),
            Self::Flag(flag) => Some(Value::Flag(flag)),
            Self::Texts(texts) => Some(Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())),
        }
    }
}

impl Value {
    /// As it is written in the file.
    pub(super) fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => toml::Value::from(text.as_str()).to_string(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Texts(texts) => {
                let quoted: Vec<String> =
                    texts.iter().map(|text| toml::Value::from(text.as_str()).to_string()).collect();
                format!("[{}]", quoted.join(", "))
            }
        }
    }
}

impl Kind {
    /// Whether `value` may be; its type is right already.
    pub(super) fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(most), Value::Text(text)) => is_line(text) && text.chars().count() <= most,
            (Self::Secret, Value::Text(text)) => is_line(text) && text.len() <= 2048,
            (Self::Path, Value::Text(text)) => is_line(text) && text.len() <= 4096,
            (Self::PublicUrl, Value::Text(text)) => text.parse::<PublicUrl>().is_ok_and(|url| url.is_https()),
            (Self::WebPage, Value::Text(text)) => {
                text.len() <= 2048 && url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host())
            }
            (Self::Email, Value::Text(text)) => text.trim() == text && text.parse::<Email>().is_ok(),
            (Self::Siret, Value::Text(text)) => text.parse::<Siret>().is_ok(),
            (Self::Host, Value::Text(text)) => is_host(text),
            (Self::OneOf(words), Value::Text(text)) => words.contains(&text.as_str()),
            (Self::Scopes, Value::Text(text)) => {
                ScopeSet::parse(text).is_ok_and(|scopes| scopes.contains(crate::protocol::Scope::Openid))
            }
            (Self::Number(least, most), Value::Number(number)) => (least..=most).contains(number),
            (Self::NumberOrZero(least, most), Value::Number(number)) => *number == 0 || (least..=most).contains(number),
            (Self::Numbers(numbers), Value::Number(number)) => numbers.contains(number),
            (Self::Flag, Value::Flag(_)) => true,
            (Self::Addresses, Value::Texts(texts)) => {
                !texts.is_empty() && texts.len() <= 16 && texts.iter().all(|text| text.parse::<SocketAddr>().is_ok())
            }
            (Self::Address, Value::Text(text)) => text.parse::<SocketAddr>().is_ok(),
            (Self::Networks, Value::Texts(texts)) => texts.iter().all(|text| network(text).is_some()),
            (Self::Thumbprints, Value::Texts(texts)) => {
                texts.len() <= MAX_CERTIFICATES
                    && texts.iter().all(|text| text.parse::<CertificateThumbprint>().is_ok())
            }
            (Self::Texts, Value::Texts(texts)) => texts.iter().all(|text| is_line(text) && text.len() <= 2048),
            (Self::Hosts, Value::Texts(texts)) => texts.iter().all(|text| is_host(text) && text.len() <= 253),
            (Self::EmailDomains, Value::Texts(texts)) => texts.iter().all(|text| text.parse::<EmailDomain>().is_ok()),
            (Self::MailboxNames, Value::Texts(texts)) => texts.iter().all(|text| text.parse::<MailboxName>().is_ok()),
            (Self::RejectionReasons, Value::Texts(texts)) => {
                texts.len() <= 20 && texts.iter().all(|text| RejectionReason::try_from(text.clone()).is_ok())
            }
            (Self::Words(words), Value::Texts(texts)) => {
                let is_first = |(index, text): (usize, &String)| !texts.iter().take(index).any(|other| other == text);
                texts.iter().all(|text| words.contains(&text.as_str())) && texts.iter().enumerate().all(is_first)
            }
            (_, Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Texts(_)) => false,
        }
    }

    /// Whether several values may stand in a list.
    pub(super) fn is_list(self) -> bool {
        match self {
            Self::Addresses
            | Self::Networks
            | Self::Thumbprints
            | Self::Texts
            | Self::Hosts
            | Self::EmailDomains
            | Self::MailboxNames
            | Self::RejectionReasons
            | Self::Words(_) => true,
            Self::Text(_)
            | Self::PublicUrl
            | Self::WebPage
            | Self::Path
            | Self::Secret
            | Self::Flag
            | Self::Number(..)
            | Self::NumberOrZero(..)
            | Self::Numbers(_)
            | Self::OneOf(_)
            | Self::Address
            | Self::Scopes
            | Self::Email
            | Self::Siret
            | Self::Host => false,
        }
    }

    /// What may be, in words that end a sentence.
    pub(super) fn expected(self, locale: Locale) -> String {
        let said = |fr: &str, en: &str| if locale == Locale::Fr { fr.to_owned() } else { en.to_owned() };
        match self {
            Self::Text(most) => match locale {
                Locale::Fr => format!("un texte de 1 à {most} caractères, sur une ligne"),
                Locale::En => format!("a text of 1 to {most} characters, on one line"),
            },
            Self::Secret => said("un texte de 1 à 2048 caractères", "a text of 1 to 2048 characters"),
            Self::PublicUrl => said(
                "une adresse telle que \"https://identite.exemple.fr\" : https, un nom, rien derrière",
                "an address such as \"https://identite.exemple.fr\": https, a name, nothing behind it",
            ),
            Self::WebPage => said("une adresse qui commence par https://", "an address that begins with https://"),
            Self::Path => said("le chemin d'un fichier ou d'un dossier", "the path of a file or directory"),
            Self::Flag => said("true ou false", "true or false"),
            Self::Number(least, most) => match locale {
                Locale::Fr => format!("un nombre entier de {least} à {most}"),
                Locale::En => format!("a whole number from {least} to {most}"),
            },
            Self::NumberOrZero(least, most) => said("0, ou ", "0, or ") + &Self::Number(least, most).expected(locale),
            Self::Numbers(numbers) => one_of(numbers, said(" ou ", " or ").as_str()),
            Self::OneOf(words) => quoted(words).join(said(" ou ", " or ").as_str()),
            Self::Words(words) => {
                said("une liste de ces mots, chacun une fois : ", "a list of these words, each once: ")
                    + &quoted(words).join(", ")
            }
            Self::Addresses => said(
                "une ou plusieurs adresses IP:PORT, telles que \"[::]:443\"",
                "one or more addresses IP:PORT, such as \"[::]:443\"",
            ),
            Self::Address => said(
                "une adresse IP:PORT, telle que \"127.0.0.1:9464\"",
                "an address IP:PORT, such as \"127.0.0.1:9464\"",
            ),
            Self::Networks => said(
                "une liste d'adresses ou de réseaux, tels que \"192.0.2.0/24\"",
                "a list of addresses or networks, such as \"192.0.2.0/24\"",
            ),
            Self::Thumbprints => said(
                "une liste de 10 empreintes SHA-256 au plus, de 64 chiffres hexadécimaux, telles que `openssl x509 -noout -fingerprint \
                 -sha256` les donne",
                "a list of at most 10 SHA-256 fingerprints, of 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` \
                 prints them",
            ),
            Self::Scopes => {
                said(
                    "des scopes séparés par des espaces, dont openid : ",
                    "scopes with spaces between them, openid among them: ",
                ) + &crate::protocol::Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
            }
            Self::Hosts => said(
                "une liste de noms de machines, sans port, tels que \"agenda.mairie.lan\"",
                "a list of names of machines, without ports, such as \"agenda.mairie.lan\"",
            ),
            Self::EmailDomains => said(
                "une liste de domaines de messagerie, tels que \"boites.exemple.fr\"",
                "a list of e-mail domains, such as \"boites.exemple.fr\"",
            ),
            Self::MailboxNames => said(
                "une liste de ce qui précède l'arobase, tel que \"astreinte\"",
                "a list of what stands before the @, such as \"astreinte\"",
            ),
            Self::RejectionReasons => said(
                "une liste de 20 phrases au plus, chacune d'une ligne de 255 caractères au plus",
                "a list of at most 20 sentences, each on one line of at most 255 characters",
            ),
            Self::Texts => said("une liste de textes", "a list of texts"),
            Self::Email => said(
                "une adresse e-mail, telle que \"ne-pas-repondre@exemple.fr\"",
                "an e-mail address, such as \"ne-pas-repondre@exemple.fr\"",
            ),
            Self::Siret => said(
                "un numéro SIRET : 14 chiffres entre guillemets, tels que \"21920023500014\"",
                "a SIRET number: 14 digits in quotes, such as \"21920023500014\"",
            ),
            Self::Host => said(
                "un nom de machine ou une adresse IP, sans port, tels que \"smtp.exemple.fr\"",
                "the name of a machine or an IP address, without a port, such as \"smtp.exemple.fr\"",
            ),
        }
    }
}

/// The numbers with commas between them, and `or` before the last.
fn one_of(numbers: &[u64], or: &str) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    let last = numbers.split_last().map(|(last, others)| [others.join(", "), last.clone()]);
    last.map(|parts| parts.join(or)).unwrap_or_default()
}

fn quoted(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("\"{word}\"")).collect()
}

/// A network, or a single address as the network of itself.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse::<Network>().ok().map(IpNet::from)
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}
