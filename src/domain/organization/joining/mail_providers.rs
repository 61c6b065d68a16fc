//! Hosts where anybody opens a mailbox: an address there says nothing about where somebody works.
//!
//! The original has two switches for its tests, by which every domain counts as free, or none. Here single domains are
//! named: by the second switch any mailbox provider would prove that somebody works for a town hall (SEC-108).

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use super::EmailDomain;

static FREE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| hosts(include_str!("../../../../assets/data/free_mail_providers.txt")));
static DISPOSABLE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| hosts(include_str!("../../../../assets/data/disposable_mail_providers.txt")));

fn hosts(file: &'static str) -> HashSet<&'static str> {
    file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
}

/// Who gives an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxKind {
    /// An organization, as far as is known.
    Professional,
    /// A provider, to anybody.
    Free,
    /// A provider, to anybody and for a moment.
    Disposable,
}

impl MailboxKind {
    /// Whether anybody can have an address there.
    pub fn is_open_to_anybody(self) -> bool {
        match self {
            Self::Professional => false,
            Self::Free | Self::Disposable => true,
        }
    }
}

/// The embedded lists, and what the operator adds to them and takes out of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailProviders {
    /// More hosts where anybody opens a mailbox.
    pub free: BTreeSet<EmailDomain>,
    /// Hosts that are on a list, and count as professional all the same.
    pub professional: BTreeSet<EmailDomain>,
}

impl MailProviders {
    /// Who gives the addresses of a domain. What is under a host of a list is like it.
    pub fn kind_of(&self, domain: &EmailDomain) -> MailboxKind {
        if self.professional.contains(domain) {
            return MailboxKind::Professional;
        }
        let mut host = Some(domain.as_str());
        while let Some(name) = host {
            if DISPOSABLE.contains(name) {
                return MailboxKind::Disposable;
            }
            if FREE.contains(name) || self.free.iter().any(|known| known.as_str() == name) {
                return MailboxKind::Free;
            }
            host = name.split_once('.').map(|(_, parent)| parent);
        }
        MailboxKind::Professional
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> EmailDomain {
        text.parse().unwrap()
    }

    #[test]
    fn the_lists_are_hosts_sorted_and_apart() {
        for file in [
            include_str!("../../../../assets/data/free_mail_providers.txt"),
            include_str!("../../../../assets/data/disposable_mail_providers.txt"),
        ] {
            let hosts: Vec<&str> = file.lines().skip(1).collect();
            assert!(hosts.is_sorted() && hosts.len() > 400);
            assert!(hosts.iter().all(|host| host.parse::<EmailDomain>().is_ok_and(|domain| domain.as_str() == *host)));
        }
        assert!(FREE.is_disjoint(&DISPOSABLE));
    }

    #[test]
    fn an_operator_adds_to_the_lists_and_takes_out_of_them() {
        let standard = MailProviders::default();
        for (host, kind) in [
            ("gmail.com", MailboxKind::Free),
            ("laposte.net", MailboxKind::Free),
            ("yopmail.com", MailboxKind::Disposable),
            ("boite.yopmail.com", MailboxKind::Disposable),
            ("clamart.fr", MailboxKind::Professional),
            ("xgmail.com", MailboxKind::Professional),
            ("beta.gouv.fr", MailboxKind::Professional),
        ] {
            assert_eq!(standard.kind_of(&domain(host)), kind, "{host}");
        }
        let chosen = MailProviders {
            free: [domain("boites-du-quartier.fr")].into(),
            professional: [domain("yopmail.com")].into(),
        };
        assert_eq!(chosen.kind_of(&domain("ici.boites-du-quartier.fr")), MailboxKind::Free);
        assert_eq!(chosen.kind_of(&domain("yopmail.com")), MailboxKind::Professional);
        assert_eq!(chosen.kind_of(&domain("boite.yopmail.com")), MailboxKind::Disposable, "one host and no other");
    }
}
