//! What of a configuration can be changed while the instance serves.

use super::file::{Loaded, Shown};
use super::{Config, Logs};

/// The keys that are applied while the instance serves; `clients` stands for all of them.
pub(super) const RELOADABLE: [&str; 48] = [
    "instance.name",
    "limits.shared_sources",
    "limits.administration_sources",
    "logs.level",
    "accounts.sign_up",
    "accounts.hide_existence",
    "accounts.require_second_factor",
    "accounts.email_proof_days",
    "accounts.trusted_browsers",
    "accounts.trusted_browser_days",
    "accounts.mailed_secret_minutes",
    "accounts.factor_removal_hours",
    "accounts.invitation_days",
    "accounts.check_deliverability",
    "accounts.name_server",
    "accounts.expected_domains",
    "accounts.leaked_passwords_url",
    "accounts.generic_mailboxes",
    "notices.controller",
    "notices.contact",
    "notices.personal_data",
    "notices.terms",
    "notices.accessibility",
    "notices.accessibility_page",
    "acr.vocabulary",
    "joining.allow_unverified",
    "joining.bypass_moderation",
    "joining.free_mail_domains",
    "joining.professional_mail_domains",
    "joining.rejection_reasons",
    "retention.unused_account_months",
    "retention.audit_months",
    "retention.audit_address_months",
    "mail.from",
    "mail.from_name",
    "mail.reply_to",
    "mail.keep_hours",
    "mail.alerts",
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
            addresses: other.addresses.clone(),
            generic_mailboxes: other.generic_mailboxes.clone(),
            leaked_passwords: other.leaked_passwords.clone(),
            notices: other.notices.clone(),
            mail: other.mail.clone(),
            alerts: other.alerts,
            mail_kept: other.mail_kept,
            mail_retried_after: other.mail_retried_after,
            logs: Logs { level: other.logs.level.clone(), ..self.logs.clone() },
            accounts: other.accounts,
            retention: other.retention,
            acr_vocabulary: other.acr_vocabulary,
            joining: other.joining.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::KEYS;
    use crate::config::tests::{CLIENT, MAIL, REQUIRED, config_of};

    /// Each key with something else than its default.
    #[expect(clippy::too_many_lines, reason = "a line for each key")]
    fn cases() -> Vec<(&'static str, String)> {
        vec![
            ("listen", String::from("listen = \"127.0.0.1:9\"")),
            ("master_key_file", String::from("master_key_file = \"/k\"")),
            ("instance.name", String::from("instance.name = \"Autre\"")),
            ("instance.kind", String::from("instance.kind = \"sandbox\"")),
            (
                "tls.mode",
                String::from("tls = { mode = \"files\", certificate_file = \"/c\", private_key_file = \"/k\" }"),
            ),
            (
                "tls.certificate_file",
                String::from("tls = { mode = \"files\", certificate_file = \"/c\", private_key_file = \"/k\" }"),
            ),
            (
                "tls.private_key_file",
                String::from("tls = { mode = \"files\", certificate_file = \"/c\", private_key_file = \"/k\" }"),
            ),
            ("tls.mutual_listen", String::from("tls.mutual_listen = \"127.0.0.1:8443\"")),
            ("proxies.trusted", String::from("proxies.trusted = [\"10.0.0.0/8\"]")),
            ("proxies.header", String::from("proxies.header = \"forwarded\"")),
            ("outward.private_hosts", String::from("outward.private_hosts = [\"agenda.mairie.lan\"]")),
            ("limits.connections", String::from("limits.connections = 16")),
            ("limits.connections_per_source", String::from("limits.connections_per_source = 8")),
            ("limits.shared_sources", String::from("limits.shared_sources = [\"192.0.2.0/24\"]")),
            ("limits.administration_sources", String::from("limits.administration_sources = [\"192.0.2.0/24\"]")),
            ("logs.format", String::from("logs.format = \"json\"")),
            ("logs.level", String::from("logs.level = \"debug\"")),
            ("metrics.listen", String::from("metrics.listen = \"127.0.0.1:9464\"")),
            ("metrics.token", format!("metrics.token = \"{}\"", "a".repeat(32))),
            ("store.cache_mib", String::from("store.cache_mib = 8")),
            ("backups.every_hours", String::from("backups.every_hours = 0")),
            ("backups.keep_daily", String::from("backups.keep_daily = 1")),
            ("backups.keep_weekly", String::from("backups.keep_weekly = 1")),
            ("backups.keep_monthly", String::from("backups.keep_monthly = 1")),
            ("accounts.sign_up", String::from("accounts.sign_up = false")),
            ("accounts.hide_existence", String::from("accounts.hide_existence = true")),
            ("accounts.require_second_factor", String::from("accounts.require_second_factor = true")),
            ("accounts.email_proof_days", String::from("accounts.email_proof_days = 30")),
            ("accounts.trusted_browsers", String::from("accounts.trusted_browsers = false")),
            ("accounts.trusted_browser_days", String::from("accounts.trusted_browser_days = 7")),
            ("accounts.mailed_secret_minutes", String::from("accounts.mailed_secret_minutes = 5")),
            ("notices.controller", String::from("notices.controller = \"Mairie\"")),
            ("notices.contact", String::from("notices.contact = \"a@b.fr\"")),
            ("notices.personal_data", String::from("notices.personal_data = \"https://a.fr/\"")),
            ("notices.terms", String::from("notices.terms = \"https://a.fr/\"")),
            ("notices.accessibility", String::from("notices.accessibility = \"full\"")),
            ("notices.accessibility_page", String::from("notices.accessibility_page = \"https://a.fr/\"")),
            ("acr.vocabulary", String::from("acr.vocabulary = \"employer\"")),
            ("accounts.check_deliverability", String::from("accounts.check_deliverability = false")),
            ("accounts.name_server", String::from("accounts.name_server = \"192.0.2.1:53\"")),
            ("accounts.expected_domains", String::from("accounts.expected_domains = [\"a.fr\"]")),
            ("accounts.leaked_passwords_url", String::from("accounts.leaked_passwords_url = \"https://a.fr/range/\"")),
            ("accounts.generic_mailboxes", String::from("accounts.generic_mailboxes = [\"astreinte\"]")),
            ("accounts.factor_removal_hours", String::from("accounts.factor_removal_hours = 48")),
            ("accounts.invitation_days", String::from("accounts.invitation_days = 30")),
            ("accounts.recent_proof_minutes", String::from("accounts.recent_proof_minutes = 5")),
            ("keys.rsa_bits", String::from("keys.rsa_bits = 4096")),
            ("keys.rotate_every_days", String::from("keys.rotate_every_days = 30")),
            ("keys.published_ahead_hours", String::from("keys.published_ahead_hours = 48")),
            ("retention.unused_account_months", String::from("retention.unused_account_months = 24")),
            ("retention.audit_months", String::from("retention.audit_months = 6")),
            ("retention.audit_address_months", String::from("retention.audit_address_months = 3")),
            ("joining.allow_unverified", String::from("joining.allow_unverified = true")),
            ("joining.bypass_moderation", String::from("joining.bypass_moderation = true")),
            ("joining.free_mail_domains", String::from("joining.free_mail_domains = [\"a.fr\"]")),
            ("joining.professional_mail_domains", String::from("joining.professional_mail_domains = [\"gmail.com\"]")),
            ("joining.rejection_reasons", String::from("joining.rejection_reasons = [\"Non.\"]")),
            ("directory.sources", String::from("directory.sources = []")),
            ("directory.api_sirene_key", String::from("directory.api_sirene_key = \"a\"")),
            ("directory.api_entreprise_token", String::from(API_ENTREPRISE)),
            ("directory.api_entreprise_siret", String::from(API_ENTREPRISE)),
            ("directory.contacts", String::from("directory.contacts = [\"apis\"]")),
            ("mail.from", MAIL.to_owned()),
            ("mail.from_name", format!("{MAIL}mail.from_name = \"Mairie\"")),
            ("mail.reply_to", format!("{MAIL}mail.reply_to = \"c@b.fr\"")),
            ("mail.alerts", String::from("mail.alerts = false")),
            ("mail.keep_hours", String::from("mail.keep_hours = 1")),
            ("mail.retry_seconds", String::from("mail.retry_seconds = 1")),
            ("smtp.host", MAIL.to_owned()),
            ("smtp.port", format!("{MAIL}smtp.port = 25")),
            ("smtp.tls", format!("{MAIL}smtp.port = 465\nsmtp.tls = \"implicit\"")),
            ("smtp.allow_plain", format!("{MAIL}smtp.tls = \"off\"\nsmtp.allow_plain = true")),
            ("smtp.username", format!("{MAIL}smtp.username = \"a\"\nsmtp.password = \"b\"")),
            ("smtp.password", format!("{MAIL}smtp.username = \"a\"\nsmtp.password = \"b\"")),
            ("smtp.ca_file", format!("{MAIL}smtp.ca_file = \"/ca.pem\"")),
            ("smtp.helo_name", format!("{MAIL}smtp.helo_name = \"a.fr\"")),
            ("smtp.timeout_seconds", format!("{MAIL}smtp.timeout_seconds = 5")),
        ]
    }

    /// Neither says anything without the other.
    const API_ENTREPRISE: &str =
        "directory.api_entreprise_token = \"a\"\ndirectory.api_entreprise_siret = \"21920023500014\"";

    #[test]
    fn sec_217_the_keys_that_are_said_to_be_reloadable_are_taken_over_and_no_other() {
        let of = |rest: &str| Config { file: None, ..config_of(&format!("{REQUIRED}{rest}\n")).unwrap() };
        let old = of("");
        let cases = cases();
        for (key, rest) in &cases {
            let new = of(rest);
            assert_ne!(new, old, "{key}");
            let expected = if RELOADABLE.contains(key) { &new } else { &old };
            assert_eq!(&old.reloaded(&new), expected, "{key}");
        }
        // What has no case: two that must be set anyway, and one that says nothing alone.
        let untried = ["public_url", "data_dir", "metrics.allow_remote"];
        let tried: Vec<&str> = cases.iter().map(|(key, _)| *key).chain(untried).collect();
        assert!(KEYS.iter().all(|key| tried.contains(&key.path)), "{tried:?}");
        assert_eq!(old.reloaded(&of(CLIENT)), of(CLIENT), "clients are those of the file");
    }
}
