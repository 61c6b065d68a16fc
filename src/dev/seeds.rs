//! What development mode starts with: the embedded seeds, completed or replaced by fixtures, and its own client.

use std::collections::HashSet;
use std::path::PathBuf;

use thiserror::Error;

use super::client;
use super::fixtures;
use super::inventions::invent;
use super::seed_establishment::SeedEstablishment;
use super::seed_file::{SeedClient, SeedFile, SeedMembership, SeedOrganization, SeedUser};
use crate::acts::{self, ActError, By, Entries};
use crate::app::App;
use crate::config::{Config, DirectorySource};
use crate::directory;
use crate::domain::{Actor, ClientId, ClientOrigin, Email, UserId};
use crate::store::{Read, StoreError, clients, memberships, organizations, users};

const SEEDS: &str = include_str!("../../assets/dev/seeds.toml");
const ESTABLISHMENTS: &str = include_str!("../../assets/dev/establishments.toml");
/// How errors name the embedded files.
pub(super) const SEEDS_NAME: &str = "seeds";

/// Why seeds or fixtures do not stand, or could not be entered.
#[derive(Debug, Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is not TOML, or holds a key or a value that cannot be; the cause names line and key.
    #[error("{file}: {cause}")]
    Malformed {
        /// The file.
        file: String,
        /// Line, key and reason.
        cause: Box<toml::de::Error>,
    },
    /// An entry contradicts another, or names nothing.
    #[error("{file}: [[{section}]] {entry}: {key}: {reason}")]
    Wrong {
        /// The file.
        file: String,
        /// The section of the entry.
        section: &'static str,
        /// The entry's identifier.
        entry: String,
        /// The key that is wrong.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The person who is to be signed in without a page is not there.
    #[error("--as {0}: no such person; the seeds and the fixtures declare who there is")]
    Nobody(Email),
    /// They could not be written.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl From<StoreError> for SeedError {
    fn from(cause: StoreError) -> Self {
        Self::Act(ActError::Store(cause))
    }
}

/// Everything that development mode starts with.
#[derive(Debug, Clone)]
pub(super) struct Seeds {
    pub(super) organizations: Vec<SeedOrganization>,
    pub(super) users: Vec<SeedUser>,
    pub(super) memberships: Vec<SeedMembership>,
    pub(super) clients: Vec<SeedClient>,
    /// What the directory knows besides the organizations.
    pub(super) establishments: Vec<SeedEstablishment>,
}

/// What the directory knows without asking anybody: the organizations, other establishments, and one made up for any
/// other number.
///
/// # Errors
/// What to mend in the fixtures.
pub fn known_establishments(config: &Config) -> Result<directory::Seeds, SeedError> {
    let seeds = Seeds::load(config)?;
    let establishments = seeds.establishments.iter().map(SeedEstablishment::to_seeded);
    let known = establishments.chain(seeds.organizations.iter().map(SeedOrganization::to_seeded)).collect();
    let asks_others = config.directory.sources.iter().any(|source| *source != DirectorySource::Seeds);
    Ok(directory::Seeds::new(known, (!asks_others).then_some(invent)))
}

impl Seeds {
    /// Reads the embedded seeds and the fixtures.
    ///
    /// # Errors
    /// What to mend in the fixtures.
    pub(super) fn load(config: &Config) -> Result<Self, SeedError> {
        let SeedFile { establishments, .. } = parse(ESTABLISHMENTS, SEEDS_NAME)?;
        let embedded = SeedFile { establishments, ..parse(SEEDS, SEEDS_NAME)? };
        let SeedFile { organizations, users, memberships, clients, establishments, .. } = match &config.fixtures {
            Some(path) => fixtures::complete(embedded, path, config)?,
            None => embedded,
        };
        let mut seeds = Self { organizations, users, memberships, clients, establishments };
        seeds.clients.extend(client::declarations(config)?);
        Ok(seeds)
    }

    /// The password of a person as declared.
    pub(super) fn find_password(&self, user_id: UserId) -> Option<&str> {
        self.users.iter().find(|user| user.id == user_id).and_then(|user| user.password.as_deref())
    }

    /// A client as declared.
    pub(super) fn find_client(&self, client_id: &ClientId) -> Option<&SeedClient> {
        self.clients.iter().find(|client| client.client_id == *client_id)
    }

    /// The labels of a person's organizations.
    pub(super) fn organizations_of(&self, user_id: UserId) -> Vec<&str> {
        let ids = self.memberships.iter().filter(|link| link.user_id == user_id).map(|link| link.organization_id);
        ids.filter_map(|id| self.organizations.iter().find(|organization| organization.id == id))
            .map(|organization| organization.label.as_str())
            .collect()
    }

    /// Leaves out what the store holds already, whatever became of it there; clients only if somebody declared them.
    fn retain_missing(&mut self, tx: &impl Read) -> Result<(), StoreError> {
        let mut known = HashSet::new();
        for organization in &self.organizations {
            if organizations::find(tx, organization.id)?.is_some()
                || organizations::find_by_siret(tx, &organization.siret)?.is_some()
            {
                known.insert(organization.id);
            }
        }
        self.organizations.retain(|organization| !known.contains(&organization.id));
        let mut known = HashSet::new();
        for user in &self.users {
            if users::find(tx, user.id)?.is_some() || users::find_by_email(tx, &user.email)?.is_some() {
                known.insert(user.id);
            }
        }
        self.users.retain(|user| !known.contains(&user.id));
        let mut missing = Vec::new();
        for link in &self.memberships {
            let has_user =
                self.users.iter().any(|user| user.id == link.user_id) || users::find(tx, link.user_id)?.is_some();
            let has_organization =
                self.organizations.iter().any(|organization| organization.id == link.organization_id)
                    || organizations::find(tx, link.organization_id)?.is_some();
            if has_user && has_organization && memberships::find(tx, link.user_id, link.organization_id)?.is_none() {
                missing.push(*link);
            }
        }
        self.memberships = missing;
        let mut known = HashSet::new();
        for client in &self.clients {
            if clients::find(tx, &client.client_id)?.is_some_and(|known| known.origin == ClientOrigin::Declared) {
                known.insert(client.client_id.clone());
            }
        }
        self.clients.retain(|client| !known.contains(&client.client_id));
        Ok(())
    }
}

/// Reads the text of a file.
///
/// # Errors
/// Line, key and reason.
pub(super) fn parse(text: &str, file: &str) -> Result<SeedFile, SeedError> {
    toml::from_str(text).map_err(|cause| SeedError::Malformed { file: file.to_owned(), cause: Box::new(cause) })
}

/// The seeds with the hashes of their passwords, ready to be entered.
pub(super) struct Beginning {
    seeds: Seeds,
    password_hashes: Vec<Option<String>>,
}

impl Beginning {
    /// Everything that development mode starts with.
    ///
    /// # Errors
    /// What to mend in the fixtures, or no worker for the passwords.
    pub(super) async fn load(app: &App) -> Result<Self, SeedError> {
        Self::hashed(app, Seeds::load(&app.config)?).await
    }

    async fn hashed(app: &App, seeds: Seeds) -> Result<Self, SeedError> {
        let mut password_hashes = Vec::new();
        for user in &seeds.users {
            password_hashes.push(password_hash(app, user).await?);
        }
        Ok(Self { seeds, password_hashes })
    }

    /// The records, made now.
    pub(super) fn entries(self, app: &App) -> Entries {
        let now = app.clock.now();
        let Self { seeds, password_hashes } = self;
        Entries {
            organizations: seeds.organizations.iter().map(|organization| organization.to_organization(now)).collect(),
            email_domains: seeds.organizations.iter().filter_map(|known| known.to_email_domain(now)).collect(),
            users: seeds.users.iter().map(|user| user.to_user(now)).zip(password_hashes).collect(),
            memberships: seeds.memberships.iter().map(|link| link.to_membership(now)).collect(),
            clients: seeds.clients.iter().map(|client| client.to_client(&app.config, now)).collect(),
        }
    }
}

/// Enters people, organizations, links and clients. In a data directory that was kept, only those that it does not
/// hold: what was changed there stays. A client that was only recorded becomes what is declared.
///
/// # Errors
/// What to mend in the fixtures, nobody to sign in as, or a failing store.
pub async fn seed(app: &App) -> Result<(), SeedError> {
    let loaded = Seeds::load(&app.config)?;
    let seeds = app.store.read(|tx| {
        let mut seeds = loaded.clone();
        seeds.retain_missing(tx)?;
        Ok(seeds)
    })?;
    let entries = Beginning::hashed(app, seeds).await?.entries(app);
    acts::enter(app, &By::local(Actor::System), entries).await?;
    match &app.config.automatic_sign_in {
        Some(address) if app.store.read(|tx| users::find_by_email(tx, address))?.is_none() => {
            Err(SeedError::Nobody(address.clone()))
        }
        Some(_) | None => Ok(()),
    }
}

/// The hash written in the file, or that of the password written there.
async fn password_hash(app: &App, user: &SeedUser) -> Result<Option<String>, SeedError> {
    match (&user.password_hash, &user.password) {
        (Some(hash), _) => Ok(Some(hash.clone())),
        (None, Some(password)) => {
            let hash = app.passwords.hash("fixtures", password).await.map_err(|_| ActError::Busy)?;
            Ok(Some(hash))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DevOptions;
    use crate::domain::{ClientAuthentication, Siret};
    use crate::protocol::{ClientAuthenticationMethod, Timestamp};

    fn embedded() -> (Seeds, Config) {
        let config = Config::dev(DevOptions::default(), 3000);
        (Seeds::load(&config).unwrap(), config)
    }

    #[test]
    fn the_seeds_are_those_of_december_2022_and_the_documented_example() {
        let (seeds, _) = embedded();
        assert_eq!((seeds.organizations.len(), seeds.users.len()), (43, 20));
        assert_eq!(seeds.find_password(UserId(154)), Some("user@red-needles-sarl.com"));
        assert_eq!(
            seeds.organizations_of(UserId(154)),
            ["Commune de les martres sur morge - Mairie", "Red needles SARL"]
        );
        for organization in &seeds.organizations {
            assert!(organization.siret.as_str().parse::<Siret>().is_ok());
        }
        let clamart = seeds.organizations.first().unwrap().to_organization(Timestamp(1));
        assert_eq!(clamart.address.as_deref(), Some("92140 Clamart"));
        assert!(clamart.is_commune() && clamart.is_active && clamart.is_head_office);
    }

    #[test]
    fn r_23_seeded_clients_accept_two_methods_and_one_where_deviations_are_refused() {
        let methods_of = |config: &Config| {
            let seeds = Seeds::load(config).unwrap();
            let client = seeds.find_client(&"test-id".parse().unwrap()).unwrap().to_client(config, Timestamp(1));
            let ClientAuthentication::Secret { methods, .. } = client.authentication else { panic!("no secret") };
            methods
        };
        let both = [ClientAuthenticationMethod::Basic, ClientAuthenticationMethod::Post];
        assert_eq!(methods_of(&embedded().1), both);
        let strict = Config::dev(DevOptions { strict: true, ..DevOptions::default() }, 3000);
        assert_eq!(methods_of(&strict), [ClientAuthenticationMethod::Basic]);
    }

    #[test]
    fn a_client_without_secret_is_public_and_proves_itself_by_key() {
        let text = "[[clients]]\nclient_id = \"mobile\"\nscope = \"openid\"\n";
        let file = parse(text, "test").unwrap();
        let client = file.clients.first().unwrap().to_client(&embedded().1, Timestamp(1));
        assert!(client.is_public() && client.require_pkce);
    }
}
