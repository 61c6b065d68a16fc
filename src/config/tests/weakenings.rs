//! What is told at the start because it protects less.

use super::*;

/// A new key is entered here, by somebody who thought about what it takes away.
const HARMLESS: &[&str] = &[
    "public_url",
    "data_dir",
    "directory.sources",
    "directory.contacts",
    "directory.api_sirene_key",
    "directory.api_entreprise_token",
    "directory.api_entreprise_siret",
    "listen",
    "master_key_file",
    "instance.name",
    "tls.certificate_file",
    "tls.private_key_file",
    "proxies.header",
    "limits.connections",
    // From everywhere unless somebody says otherwise: roles and second factors are what protects it.
    "limits.administration_sources",
    "logs.format",
    "logs.level",
    "store.cache_mib",
    "backups.keep_daily",
    "backups.keep_weekly",
    "backups.keep_monthly",
    "keys.published_ahead_hours",
    "accounts.sign_up",
    "retention.audit_months",
    "retention.audit_address_months",
    "accounts.require_second_factor",
    "notices.controller",
    "notices.contact",
    "notices.personal_data",
    "notices.terms",
    "notices.accessibility",
    "notices.accessibility_page",
    // An address that takes no mail opens no account either way.
    "accounts.check_deliverability",
    "accounts.name_server",
    "accounts.expected_domains",
    "accounts.leaked_passwords_url",
    "accounts.generic_mailboxes",
    // What it takes away by default is decided: the other value protects more.
    "accounts.hide_existence",
    "joining.free_mail_domains",
    "joining.rejection_reasons",
    "mail.from",
    "mail.from_name",
    "mail.reply_to",
    "mail.keep_hours",
    "mail.retry_seconds",
    "smtp.host",
    "smtp.port",
    "smtp.username",
    "smtp.password",
    "smtp.ca_file",
    "smtp.helo_name",
    "smtp.timeout_seconds",
    // Alone they open nothing.
    "smtp.allow_plain",
    "metrics.allow_remote",
    "metrics.token",
    // Named one by one.
    "outward.private_hosts",
    // Whoever shows nothing there gets what they get elsewhere.
    "tls.mutual_listen",
];

#[test]
fn sec_14_each_choice_that_protects_less_is_told_at_the_start_and_nothing_else_is() {
    let told = |rest: &str| {
        let config = config_of(&format!("{REQUIRED}{rest}\n")).unwrap();
        config.weakenings().iter().map(|weakening| weakening.key).collect::<Vec<_>>()
    };
    assert!(told("").is_empty());
    let cases = [
        ("instance.kind = \"sandbox\"", "instance.kind"),
        ("tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]", "tls.mode"),
        ("proxies.trusted = [\"0.0.0.0/0\"]", "proxies.trusted"),
        ("metrics.listen = \"[::]:1\"\nmetrics.allow_remote = true", "metrics.listen"),
        ("proxies.trusted = [\"10.0.0.0/8\", \"::/1\"]", "proxies.trusted"),
        ("limits.shared_sources = [\"128.0.0.0/1\"]", "limits.shared_sources"),
        ("limits.connections_per_source = 513", "limits.connections_per_source"),
        ("keys.rotate_every_days = 0", "keys.rotate_every_days"),
        ("backups.every_hours = 0", "backups.every_hours"),
        ("accounts.email_proof_days = 91", "accounts.email_proof_days"),
        ("accounts.trusted_browsers = false", "accounts.trusted_browsers"),
        ("accounts.trusted_browser_days = 31", "accounts.trusted_browser_days"),
        ("accounts.mailed_secret_minutes = 11", "accounts.mailed_secret_minutes"),
        ("acr.vocabulary = \"employer\"", "acr.vocabulary"),
        ("accounts.recent_proof_minutes = 16", "accounts.recent_proof_minutes"),
        ("accounts.factor_removal_hours = 23", "accounts.factor_removal_hours"),
        ("accounts.invitation_days = 31", "accounts.invitation_days"),
        ("retention.unused_account_months = 0", "retention.unused_account_months"),
        ("keys.rsa_bits = 2048", "keys.rsa_bits"),
        ("joining.allow_unverified = true", "joining.allow_unverified"),
        ("joining.bypass_moderation = true", "joining.bypass_moderation"),
        ("joining.professional_mail_domains = [\"yopmail.com\"]", "joining.professional_mail_domains"),
        ("mail.alerts = false", "mail.alerts"),
        ("mail.from = \"a@b.fr\"\nsmtp = { host = \"192.0.2.1\", tls = \"off\", allow_plain = true }", "smtp.tls"),
    ];
    let mut weighed: BTreeSet<&str> = BTreeSet::new();
    for (choice, key) in cases {
        assert_eq!(told(choice), [key], "{choice}");
        weighed.insert(key);
    }
    let remote =
        format!("{REQUIRED}metrics = {{ listen = \"[::]:1\", allow_remote = true, token = \"{}\" }}\n", "a".repeat(32));
    let weakenings = config_of(&remote).unwrap().weakenings();
    let said: Vec<&str> = weakenings.iter().map(|weakening| weakening.say(Locale::En)).collect();
    assert_eq!(said, ["the metrics, and the token that opens them, pass in clear to other machines"]);
    let client = format!("{CLIENT}require_verified_link = false");
    assert_eq!(told(&client), ["clients.require_verified_link"]);
    assert!(told(CLIENT).is_empty());
    let keys: BTreeSet<&str> = KEYS.iter().map(|key| key.path).collect();
    let harmless: BTreeSet<&str> = HARMLESS.iter().copied().collect();
    assert!(weighed.is_disjoint(&harmless));
    assert_eq!(weighed.into_iter().chain(harmless).collect::<BTreeSet<_>>(), keys);
    assert!(told("accounts.recent_proof_minutes = 1").is_empty(), "SEC-90: downward is free");
    assert!(told("instance.name = \"Mairie\"\nstore.cache_mib = 8\nproxies.trusted = [\"10.0.0.0/8\"]").is_empty());
}
