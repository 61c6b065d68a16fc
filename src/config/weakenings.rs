//! What an operator chose that protects less than the defaults do, told at every start.

use std::time::Duration;

use ipnet::IpNet;

use super::{
    Accounts, Config, Connections, InstanceKind, Mode, STANDARD_RECENT_PROOF, SmtpEncryption, Tls, UnknownClients,
};
use crate::domain::{AcrVocabulary, MailboxPolicy};
use crate::protocol::Locale;

/// A protection that a key of the configuration takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weakening {
    /// The key.
    pub key: &'static str,
    about: [&'static str; 2],
}

impl Weakening {
    /// What the choice means.
    pub fn say(&self, locale: Locale) -> &'static str {
        let [fr, en] = self.about;
        match locale {
            Locale::Fr => fr,
            Locale::En => en,
        }
    }
}

/// Whether a network is so wide that it singles nobody out.
fn is_half_the_world(network: &IpNet) -> bool {
    network.prefix_len() < 8
}

fn has_remote_metrics(config: &Config) -> bool {
    config.metrics.is_some_and(|address| !address.ip().is_loopback())
}

/// Every choice that protects less than the default does, in the order of the template.
const CHOICES: &[Choice] = &[
    Choice {
        holds: |config| config.kind == InstanceKind::Sandbox && config.unknown_clients != UnknownClients::Refuse,
        weakening: Weakening {
            key: "instance.kind",
            about: [
                "un bac à sable enregistre les clients inconnus et montre ses courriels à tout le monde",
                "a sandbox records unknown clients and shows its mails to everybody",
            ],
        },
    },
    Choice {
        holds: |config| config.tls == Tls::Off,
        weakening: Weakening {
            key: "tls.mode",
            about: [
                "le chiffrement est laissé au mandataire : rien ne protège ce qui passe entre lui et cette instance",
                "encryption is left to the proxy: nothing protects what passes between it and this instance",
            ],
        },
    },
    Choice {
        holds: |config| config.proxies.trusted.iter().any(is_half_the_world),
        weakening: Weakening {
            key: "proxies.trusted",
            about: [
                "toute adresse est crue quand elle dit d'où vient une demande : les limites par adresse ne valent plus rien",
                "every address is believed about where a request comes from: limits by address are worth nothing",
            ],
        },
    },
    Choice {
        holds: |config| !config.alerts,
        weakening: Weakening {
            key: "mail.alerts",
            about: [
                "aucun administrateur n'est averti de ce qui ne peut pas attendre : seul le journal le dit",
                "no administrator is told of what cannot wait: only the log says it",
            ],
        },
    },
    Choice {
        holds: |config| {
            let plain = config.mail.as_ref().filter(|mailing| mailing.server.encryption == SmtpEncryption::Off);
            plain.is_some_and(|mailing| !mailing.server.is_local())
        },
        weakening: Weakening {
            key: "smtp.tls",
            about: [
                "les courriels, et les codes qu'ils portent, passent en clair jusqu'au serveur",
                "mails, and the codes in them, pass in clear to the server",
            ],
        },
    },
    Choice {
        holds: |config| has_remote_metrics(config) && config.metrics_token.is_none(),
        weakening: Weakening {
            key: "metrics.listen",
            about: [
                "d'autres machines peuvent lire les mesures, sans chiffrement ni mot de passe",
                "other machines may read the metrics, without encryption or password",
            ],
        },
    },
    Choice {
        holds: |config| has_remote_metrics(config) && config.metrics_token.is_some(),
        weakening: Weakening {
            key: "metrics.listen",
            about: [
                "les mesures, et le jeton qui les ouvre, passent en clair vers d'autres machines",
                "the metrics, and the token that opens them, pass in clear to other machines",
            ],
        },
    },
    Choice {
        holds: |config| config.limits.shared_sources.iter().any(is_half_the_world),
        weakening: Weakening {
            key: "limits.shared_sources",
            about: [
                "presque toute adresse peut essayer vingt fois plus de mots de passe",
                "nearly every address may try twenty times as many passwords",
            ],
        },
    },
    Choice {
        holds: |config| config.connections.per_source > Connections::standard().per_source,
        weakening: Weakening {
            key: "limits.connections_per_source",
            about: [
                "une seule adresse peut tenir plus de connexions que prévu",
                "one address may hold more connections than is meant",
            ],
        },
    },
    Choice {
        holds: |config| config.backups.every.is_none(),
        weakening: Weakening {
            key: "backups.every_hours",
            about: [
                "aucune sauvegarde n'est faite d'elle-même : seul l'exploitant sait si les données reviennent",
                "no backup is made by itself: only the operator knows whether the data can come back",
            ],
        },
    },
    Choice {
        holds: |config| config.accounts.mailbox.proof_lifetime > MailboxPolicy::STANDARD.proof_lifetime,
        weakening: Weakening {
            key: "accounts.email_proof_days",
            about: [
                "une personne qui a perdu sa messagerie professionnelle garde son accès plus de trois mois",
                "people who have lost their professional mailbox keep their access for more than three months",
            ],
        },
    },
    Choice {
        holds: |config| config.mode == Mode::Serve && !config.accounts.mailbox.asks_in_new_browsers,
        weakening: Weakening {
            key: "accounts.trusted_browsers",
            about: [
                "un mot de passe volé suffit à se connecter depuis n'importe quel navigateur",
                "a stolen password is enough to sign in from any browser",
            ],
        },
    },
    Choice {
        holds: |config| config.accounts.mailbox.trust_lifetime > MailboxPolicy::STANDARD.trust_lifetime,
        weakening: Weakening {
            key: "accounts.trusted_browser_days",
            about: [
                "un navigateur oublié reste reconnu plus d'un mois",
                "a browser that was left behind stays trusted for more than a month",
            ],
        },
    },
    Choice {
        holds: |config| config.accounts.mailed_secret_lifetime > Accounts::STANDARD.mailed_secret_lifetime,
        weakening: Weakening {
            key: "accounts.mailed_secret_minutes",
            about: [
                "un code ou un lien de connexion intercepté sert plus de dix minutes",
                "a code or a link that is intercepted is good for more than ten minutes",
            ],
        },
    },
    Choice {
        holds: |config| config.accounts.factor_removal_delay < Accounts::STANDARD.factor_removal_delay,
        weakening: Weakening {
            key: "accounts.factor_removal_hours",
            about: [
                "une personne a moins d'un jour pour s'opposer à la suppression de son second facteur",
                "people have less than a day to stop the removal of their second factor",
            ],
        },
    },
    Choice {
        holds: |config| config.accounts.invitation_lifetime > Duration::from_secs(30 * 24 * 3600),
        weakening: Weakening {
            key: "accounts.invitation_days",
            about: [
                "une invitation oubliée dans une messagerie ouvre un compte plus d'un mois après",
                "an invitation that was left in a mailbox opens an account more than a month later",
            ],
        },
    },
    Choice {
        holds: |config| config.retention.unused_accounts.is_none_or(|kept| kept > super::retention::months(36)),
        weakening: Weakening {
            key: "retention.unused_account_months",
            about: [
                "les comptes de ceux qui sont partis restent plus de trois ans, et qui hérite de leur messagerie y entre",
                "accounts of people who left stay for more than three years, open to whoever inherits their mailbox",
            ],
        },
    },
    Choice {
        holds: |config| config.acr_vocabulary == AcrVocabulary::Employer,
        weakening: Weakening {
            key: "acr.vocabulary",
            about: [
                "les services entendent que l'exploitant emploie les personnes qui se connectent",
                "services are told that the operator employs the people who sign in",
            ],
        },
    },
    Choice {
        holds: |config| config.recent_proof > STANDARD_RECENT_PROOF,
        weakening: Weakening {
            key: "accounts.recent_proof_minutes",
            about: [
                "un poste laissé ouvert permet plus longtemps de toucher à ce qui protège le compte",
                "for longer, a screen left open lets anybody touch what protects the account",
            ],
        },
    },
    Choice {
        holds: |config| config.rsa_bits < 3072,
        weakening: Weakening {
            key: "keys.rsa_bits",
            about: [
                "les nouvelles clés RSA sont plus courtes que ce que l'ANSSI recommande au-delà de 2030",
                "new RSA keys are shorter than what ANSSI recommends beyond 2030",
            ],
        },
    },
    Choice {
        holds: |config| config.mode == Mode::Serve && config.key_rotation_every.is_none(),
        weakening: Weakening {
            key: "keys.rotate_every_days",
            about: [
                "les clés de signature ne sont remplacées que sur commande",
                "signing keys are replaced by command only",
            ],
        },
    },
    Choice {
        holds: |config| config.declared_clients.iter().any(|declared| !declared.client.require_verified_link),
        weakening: Weakening {
            key: "clients.require_verified_link",
            about: [
                "un service au moins entend parler de rattachements que rien ne prouve",
                "one service at least hears of links that nothing proves",
            ],
        },
    },
    Choice {
        holds: |config| config.joining.policy.allow_unverified,
        weakening: Weakening {
            key: "joining.allow_unverified",
            about: [
                "des personnes peuvent être liées à une organisation sans preuve",
                "people may be linked to an organization without any proof",
            ],
        },
    },
    Choice {
        holds: |config| config.joining.policy.bypass_moderation,
        weakening: Weakening {
            key: "joining.bypass_moderation",
            about: [
                "chacun rejoint une organisation sans qu'un modérateur en décide",
                "everybody joins an organization without the decision of a moderator",
            ],
        },
    },
    Choice {
        holds: |config| !config.joining.providers.professional.is_empty(),
        weakening: Weakening {
            key: "joining.professional_mail_domains",
            about: [
                "des domaines ouverts à tous comptent comme professionnels",
                "domains that are open to anybody count as professional",
            ],
        },
    },
];

/// When a configuration protects less, and by what.
struct Choice {
    holds: fn(&Config) -> bool,
    weakening: Weakening,
}

impl Config {
    /// Every choice that protects less than the defaults do; none where nothing was chosen.
    pub fn weakenings(&self) -> Vec<Weakening> {
        CHOICES.iter().filter(|choice| (choice.holds)(self)).map(|choice| choice.weakening).collect()
    }
}
