//! Who is asked about companies and administrations.

use url::Url;

use super::keys::KEYS;
use super::problem::{Conflict, Problem};
use super::settings::Settings;
use crate::domain::Siret;
use crate::protocol::Secret;

/// The public address of API Sirene.
const API_SIRENE: &str = "https://api.insee.fr/api-sirene/3.11";
/// The public address of API Entreprise.
const API_ENTREPRISE: &str = "https://entreprise.api.gouv.fr";

/// Who may be asked about companies and administrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectorySource {
    /// The register's files, imported into the data directory.
    Register,
    /// The open interface Recherche d'entreprises.
    RechercheEntreprises,
    /// API Sirene of INSEE, with a key.
    ApiSirene,
    /// API Entreprise, with a token.
    ApiEntreprise,
    /// The establishments that the instance begins with, and one made up for any other number.
    Seeds,
}

impl DirectorySource {
    /// The word by which the configuration names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::RechercheEntreprises => "recherche-entreprises",
            Self::ApiSirene => "api-sirene",
            Self::ApiEntreprise => "api-entreprise",
            Self::Seeds => "seeds",
        }
    }
}

/// API Sirene, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSirene {
    /// Where it is.
    pub base: Url,
    /// The key of the public plan.
    pub key: Secret,
}

/// API Entreprise, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiEntreprise {
    /// Where it is.
    pub base: Url,
    /// The token.
    pub token: Secret,
    /// The administration that the token was given to.
    pub recipient: Siret,
}

/// Who says where town halls, schools and other public services can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactSource {
    /// The files of the public directories, imported into the data directory.
    Files,
    /// The public directories, over the network.
    Apis,
}

impl ContactSource {
    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Apis => "apis",
        }
    }
}

/// Where companies and administrations are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorySettings {
    /// Who is asked, in this order.
    pub sources: Vec<DirectorySource>,
    /// Where Recherche d'entreprises is.
    pub recherche_entreprises: Url,
    /// API Sirene, where a key is given.
    pub sirene: Option<ApiSirene>,
    /// API Entreprise, where a token and its owner are given.
    pub entreprise: Option<ApiEntreprise>,
    /// Who says where establishments can be written to, in this order.
    pub contacts: Vec<ContactSource>,
    /// Where the directory of public services is.
    pub annuaire_service_public: Url,
    /// Where the directory of schools is.
    pub annuaire_education: Url,
}

impl DirectorySettings {
    /// These sources, at their public addresses.
    pub fn of(sources: Vec<DirectorySource>) -> Self {
        Self {
            sources,
            recherche_entreprises: at("https://recherche-entreprises.api.gouv.fr"),
            sirene: None,
            entreprise: None,
            contacts: vec![ContactSource::Files],
            annuaire_service_public: at("https://api-lannuaire.service-public.gouv.fr"),
            annuaire_education: at("https://data.education.gouv.fr"),
        }
    }
}

#[expect(clippy::expect_used, reason = "a scheme and a name are always a URL")]
fn at(address: &str) -> Url {
    Url::parse(address).expect("https and a name")
}

/// A source without what opens it, and half of what opens one.
pub(super) fn problems(settings: &Settings) -> Vec<Problem> {
    let lacks = |key: &str| settings.text(KEYS, key).is_none();
    let sources = named(settings);
    let mut problems = Vec::new();
    if sources.contains(&DirectorySource::ApiSirene) && lacks("directory.api_sirene_key") {
        problems.push(settings.conflict("directory.api_sirene_key", Conflict::SourceWithoutKey));
    }
    let keys = ["directory.api_entreprise_token", "directory.api_entreprise_siret"];
    if sources.contains(&DirectorySource::ApiEntreprise) || keys.iter().any(|key| !lacks(key)) {
        let missing = keys.into_iter().filter(|key| lacks(key));
        problems.extend(missing.map(|key| settings.conflict(key, Conflict::SourceWithoutKey)));
    }
    problems
}

/// What the configuration says.
pub(super) fn put_together(settings: &Settings) -> DirectorySettings {
    let text = |key: &str| settings.text(KEYS, key);
    let owner = text("directory.api_entreprise_siret").and_then(|siret| siret.parse::<Siret>().ok());
    DirectorySettings {
        contacts: named_contacts(settings),
        sirene: text("directory.api_sirene_key").map(|key| ApiSirene { base: at(API_SIRENE), key: Secret::new(key) }),
        entreprise: text("directory.api_entreprise_token").zip(owner).map(|(token, recipient)| ApiEntreprise {
            base: at(API_ENTREPRISE),
            token: Secret::new(token),
            recipient,
        }),
        ..DirectorySettings::of(named(settings))
    }
}

fn named(settings: &Settings) -> Vec<DirectorySource> {
    let words = settings.texts(KEYS, "directory.sources");
    let source = |word: &String| match word.as_str() {
        "register" => Some(DirectorySource::Register),
        "recherche-entreprises" => Some(DirectorySource::RechercheEntreprises),
        "api-sirene" => Some(DirectorySource::ApiSirene),
        "api-entreprise" => Some(DirectorySource::ApiEntreprise),
        _ => None,
    };
    words.iter().filter_map(source).collect()
}

fn named_contacts(settings: &Settings) -> Vec<ContactSource> {
    let words = settings.texts(KEYS, "directory.contacts");
    let source = |word: &String| match word.as_str() {
        "files" => Some(ContactSource::Files),
        "apis" => Some(ContactSource::Apis),
        _ => None,
    };
    words.iter().filter_map(source).collect()
}
