//! What an operator chose that protects less than the defaults do, told at every start.

use super::{Config, InstanceKind, Tls, UnknownClients};
use crate::domain::AcrVocabulary;
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

impl Config {
    /// Every choice that protects less than the defaults do, in the order of the template; none where nothing was
    /// chosen.
    pub fn weakenings(&self) -> Vec<Weakening> {
        let mut weakenings = Vec::new();
        let mut tell = |holds: bool, key: &'static str, about: [&'static str; 2]| {
            if holds {
                weakenings.push(Weakening { key, about });
            }
        };
        tell(
            self.kind == InstanceKind::Sandbox && self.unknown_clients != UnknownClients::Refuse,
            "instance.kind",
            [
                "un bac à sable enregistre les clients inconnus et montre ses courriels à tout le monde",
                "a sandbox records unknown clients and shows its mails to everybody",
            ],
        );
        tell(
            self.tls == Tls::Off,
            "tls.mode",
            [
                "le chiffrement est laissé au mandataire : rien ne protège ce qui passe entre lui et cette instance",
                "encryption is left to the proxy: nothing protects what passes between it and this instance",
            ],
        );
        tell(
            self.proxies.trusted.iter().any(|network| network.prefix_len() == 0),
            "proxies.trusted",
            [
                "toute adresse est crue quand elle dit d'où vient une demande : les limites par adresse ne valent plus rien",
                "every address is believed about where a request comes from: limits by address are worth nothing",
            ],
        );
        tell(
            self.metrics.is_some_and(|address| !address.ip().is_loopback()),
            "metrics.listen",
            [
                "d'autres machines peuvent lire les mesures, sans chiffrement ni mot de passe",
                "other machines may read the metrics, without encryption or password",
            ],
        );
        tell(
            self.acr_vocabulary == AcrVocabulary::Employer,
            "acr.vocabulary",
            [
                "les services entendent que l'exploitant emploie les personnes qui se connectent",
                "services are told that the operator employs the people who sign in",
            ],
        );
        tell(
            self.rsa_bits < 3072,
            "keys.rsa_bits",
            [
                "les nouvelles clés RSA sont plus courtes que ce que l'ANSSI recommande au-delà de 2030",
                "new RSA keys are shorter than what ANSSI recommends beyond 2030",
            ],
        );
        tell(
            self.allow_unverified_links,
            "joining.allow_unverified",
            [
                "des personnes peuvent être liées à une organisation sans preuve",
                "people may be linked to an organization without any proof",
            ],
        );
        weakenings
    }
}
