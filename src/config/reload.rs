//! What of a configuration can be changed while the instance serves.

use super::file::{Loaded, Shown};
use super::{Config, Logs};

/// The keys that are applied while the instance serves; `clients` stands for all of them.
pub(super) const RELOADABLE: [&str; 25] = [
    "instance.name",
    "limits.shared_sources",
    "logs.level",
    "accounts.sign_up",
    "accounts.hide_existence",
    "accounts.email_proof_days",
    "accounts.trusted_browsers",
    "accounts.trusted_browser_days",
    "accounts.mailed_secret_minutes",
    "acr.vocabulary",
    "joining.allow_unverified",
    "mail.from",
    "mail.from_name",
    "mail.reply_to",
    "mail.keep_hours",
    "mail.retry_seconds",
    "smtp.host",
    "smtp.port",
    "smtp.tls",
    "smtp.allow_plain",
    "smtp.username",
    "smtp.password",
    "smtp.ca_file",
    "smtp.helo_name",
    "smtp.timeout_seconds",
];

/// A key that holds something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its path.
    pub key: String,
    /// What it held, masked where it is a secret; `None` for nothing.
    pub before: Option<String>,
    /// What it holds.
    pub after: Option<String>,
    /// Whether it is applied while the instance serves.
    pub is_reloadable: bool,
}

impl Config {
    /// This configuration with everything of another one that can be changed while the instance serves.
    #[must_use]
    pub fn reloaded(&self, other: &Self) -> Self {
        Self {
            instance_name: other.instance_name.clone(),
            limits: other.limits.clone(),
            mail: other.mail.clone(),
            mail_kept: other.mail_kept,
            mail_retried_after: other.mail_retried_after,
            logs: Logs { level: other.logs.level.clone(), ..self.logs.clone() },
            accounts: other.accounts,
            acr_vocabulary: other.acr_vocabulary,
            allow_unverified_links: other.allow_unverified_links,
            declared_clients: other.declared_clients.clone(),
            ..self.clone()
        }
    }
}

impl Loaded {
    /// The keys that hold something else in `other`, in the order of the template; the clients apart.
    pub fn changed_in(&self, other: &Self) -> Vec<Changed> {
        let differing = |(before, after): (&Shown, &Shown)| {
            (before.value != after.value).then(|| Changed {
                key: after.key.clone(),
                before: before.value.clone(),
                after: after.value.clone(),
                is_reloadable: RELOADABLE.contains(&after.key.as_str()),
            })
        };
        self.shown.iter().zip(&other.shown).filter_map(differing).collect()
    }
}
