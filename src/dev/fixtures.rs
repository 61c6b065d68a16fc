//! `--fixtures FILE.toml`: the same sections as the seeds, which they complete or replace by identifier.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;
use std::path::Path;

use super::client;
use super::seed_file::SeedFile;
use super::seeds::{SeedError, parse};
use crate::config::Config;
use crate::protocol::{RedirectUri, RedirectUriPolicy};

/// Reads the fixtures and lays them over the seeds; with `replace = true` nothing of the seeds remains.
///
/// # Errors
/// What to mend, naming file, line or entry, and key.
pub(super) fn complete(seeds: SeedFile, path: &Path, config: &Config) -> Result<SeedFile, SeedError> {
    let text = std::fs::read_to_string(path).map_err(|cause| SeedError::Unreadable { path: path.to_owned(), cause })?;
    let report = Report { file: path.display().to_string() };
    let fixtures = parse(&text, &report.file)?;
    report.check_alone(&fixtures, config)?;
    let merged = if fixtures.replace { fixtures } else { lay_over(seeds, fixtures) };
    report.check_together(&merged)?;
    Ok(merged)
}

fn lay_over(mut seeds: SeedFile, fixtures: SeedFile) -> SeedFile {
    put(&mut seeds.organizations, fixtures.organizations, |organization| organization.id);
    put(&mut seeds.users, fixtures.users, |user| user.id);
    put(&mut seeds.memberships, fixtures.memberships, |link| (link.user_id, link.organization_id));
    put(&mut seeds.clients, fixtures.clients, |client| client.client_id.clone());
    put(&mut seeds.establishments, fixtures.establishments, |establishment| establishment.siret.clone());
    seeds
}

/// Each new entry takes the place of the one with its identifier, or comes last.
fn put<T, K: PartialEq>(entries: &mut Vec<T>, new: Vec<T>, key: impl Fn(&T) -> K) {
    for entry in new {
        match entries.iter_mut().find(|known| key(known) == key(&entry)) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }
}

/// Speaks of one file.
struct Report {
    file: String,
}

impl Report {
    fn wrong(
        &self,
        section: &'static str,
        entry: impl Display,
        key: &'static str,
        reason: impl Into<String>,
    ) -> SeedError {
        SeedError::Wrong { file: self.file.clone(), section, entry: entry.to_string(), key, reason: reason.into() }
    }

    /// What can be said without the seeds.
    fn check_alone(&self, file: &SeedFile, config: &Config) -> Result<(), SeedError> {
        self.check_unique("organizations", "id", file.organizations.iter().map(|organization| organization.id))?;
        self.check_unique("users", "id", file.users.iter().map(|user| user.id))?;
        self.check_unique("clients", "client_id", file.clients.iter().map(|client| &client.client_id))?;
        self.check_unique("establishments", "siret", file.establishments.iter().map(|known| &known.siret))?;
        for declared in &file.clients {
            let id = &declared.client_id;
            if client::is_own(id) {
                return Err(self.wrong("clients", id, "client_id", "this client is built in"));
            }
            if declared.client_secret.as_deref() == Some("") {
                return Err(self.wrong("clients", id, "client_secret", "is empty; leave it out for a public client"));
            }
            let policy = declared.redirect_policy(config);
            for (key, uris) in [
                ("redirect_uris", &declared.redirect_uris),
                ("post_logout_redirect_uris", &declared.post_logout_redirect_uris),
            ] {
                for uri in uris {
                    RedirectUri::parse(uri.as_str(), policy)
                        .map_err(|cause| self.wrong("clients", id, key, format!("{uri}: {cause}")))?;
                }
            }
            if let Some(uri) = &declared.backchannel_logout_uri {
                let policy = RedirectUriPolicy { native: false, ..policy };
                RedirectUri::parse(uri.as_str(), policy)
                    .map_err(|cause| self.wrong("clients", id, "backchannel_logout_uri", format!("{uri}: {cause}")))?;
            }
        }
        Ok(())
    }

    /// What holds of all entries, those of the seeds among them.
    fn check_together(&self, file: &SeedFile) -> Result<(), SeedError> {
        self.check_unique("organizations", "siret", file.organizations.iter().map(|organization| &organization.siret))?;
        self.check_unique("users", "email", file.users.iter().map(|user| &user.email))?;
        for link in &file.memberships {
            let entry = format!("of user {} in organization {}", link.user_id, link.organization_id);
            if !file.users.iter().any(|user| user.id == link.user_id) {
                return Err(self.wrong("memberships", entry, "user_id", "no such person"));
            }
            if !file.organizations.iter().any(|organization| organization.id == link.organization_id) {
                return Err(self.wrong("memberships", entry, "organization_id", "no such organization"));
            }
        }
        Ok(())
    }

    fn check_unique<K: Eq + Hash + Display>(
        &self,
        section: &'static str,
        key: &'static str,
        values: impl Iterator<Item = K>,
    ) -> Result<(), SeedError> {
        let mut seen = HashSet::new();
        for value in values {
            let entry = value.to_string();
            if !seen.insert(value) {
                return Err(self.wrong(section, entry, key, "stands twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DevOptions;
    use crate::dev::seeds::Seeds;

    fn loaded(text: &str) -> Result<Seeds, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fixtures.toml");
        std::fs::write(&path, text).unwrap();
        let options = DevOptions { fixtures: Some(path), ..DevOptions::default() };
        Seeds::load(&Config::dev(options, 3000)).map_err(|cause| cause.to_string())
    }

    fn client_ids(seeds: &Seeds) -> Vec<&str> {
        seeds.clients.iter().map(|client| client.client_id.as_str()).collect()
    }

    #[test]
    fn r_10_fixtures_complete_the_seeds_and_replace_by_identifier() {
        let seeds = loaded(
            "[[users]]\nid = 1\nemail = \"autre@yopmail.com\"\n[[users]]\nid = 900\nemail = \"neuf@yopmail.com\"\n\
             [[memberships]]\nuser_id = 900\norganization_id = 1\n\
             [[clients]]\nclient_id = \"mine\"\nscope = \"openid\"\n",
        )
        .unwrap();
        assert_eq!(seeds.users.iter().filter(|user| user.id.0 == 1).count(), 1);
        assert_eq!(seeds.users.iter().find(|user| user.id.0 == 1).unwrap().email.as_str(), "autre@yopmail.com");
        assert_eq!(seeds.organizations_of("900".parse().unwrap()), ["Commune de clamart - Mairie"]);
        assert!(client_ids(&seeds).contains(&"mine") && client_ids(&seeds).contains(&"test-id"));
    }

    #[test]
    fn r_10_fixtures_replace_everything_when_they_say_so() {
        let seeds = loaded("replace = true\n[[users]]\nid = 900\nemail = \"seul@yopmail.com\"\n").unwrap();
        assert_eq!(seeds.users.len(), 1);
        assert_eq!((seeds.organizations.len(), seeds.memberships.len()), (0, 0));
        assert!(seeds.clients.iter().all(|known| client::is_own(&known.client_id)), "{:?}", client_ids(&seeds));
    }

    #[test]
    fn every_fault_is_told_with_file_place_and_key() {
        let client = |more: &str| format!("[[clients]]\nclient_id = \"mine\"\nscope = \"openid\"\n{more}\n");
        let cases = [
            ("users = 1".to_owned(), vec!["line 1", "users"]),
            ("[[users]]\nid = 1\n".to_owned(), vec!["line 1", "email"]),
            ("[[users]]\nid = 1\nemail = \"x\"\n".to_owned(), vec!["line 3", "e-mail"]),
            ("[[users]]\nid = 1\nemail = \"a@b.fr\"\nnom = \"x\"\n".to_owned(), vec!["line 4", "nom"]),
            ("[[organizations]]\nid = 1\nsiret = \"1\"\nlabel = \"x\"\n".to_owned(), vec!["line 3", "SIRET"]),
            (client("claims_profile = \"best\""), vec!["line 4", "best"]),
            (client("token_endpoint_auth_methods = [\"private_key_jwt\"]"), vec!["line 4", "private_key_jwt"]),
            (client("redirect_uris = [\"nowhere\"]"), vec!["line 4", "absolute"]),
            (
                client("redirect_uris = [\"com.example.app:/back\"]"),
                vec!["[[clients]] mine", "redirect_uris", "native"],
            ),
            (
                client("native = true\nbackchannel_logout_uri = \"com.example.app:/over\""),
                vec!["[[clients]] mine", "backchannel_logout_uri"],
            ),
            (client("client_secret = \"\""), vec!["[[clients]] mine", "client_secret"]),
            (client("") + &client(""), vec!["[[clients]] mine", "client_id", "twice"]),
            (
                "[[clients]]\nclient_id = \"dev-client\"\nscope = \"openid\"\n".to_owned(),
                vec!["dev-client", "built in"],
            ),
            (
                "[[users]]\nid = 900\nemail = \"user@yopmail.com\"\n".to_owned(),
                vec!["[[users]] user@yopmail.com", "email", "twice"],
            ),
            (
                "[[memberships]]\nuser_id = 1\norganization_id = 999\n".to_owned(),
                vec!["[[memberships]] of user 1 in organization 999", "organization_id"],
            ),
            ("[[memberships]]\nuser_id = 999\norganization_id = 1\n".to_owned(), vec!["user_id", "no such person"]),
        ];
        for (text, told) in cases {
            let message = loaded(&text).unwrap_err();
            assert!(message.contains("fixtures.toml"), "{message}");
            for word in told {
                assert!(message.contains(word), "{text:?} gives {message:?} without {word}");
            }
        }
        let options = DevOptions { fixtures: Some("/nowhere/at.toml".into()), ..DevOptions::default() };
        let message = Seeds::load(&Config::dev(options, 3000)).unwrap_err().to_string();
        assert!(message.contains("/nowhere/at.toml"), "{message}");
    }
}
