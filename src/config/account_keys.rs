//! The keys of the configuration that are about people: accounts, what they are told, organizations.

use super::key::{ConfigKey, Kind, Standard};

/// In the order of the template. A section is one run of neighbours.
pub(super) const ACCOUNT_KEYS: &[ConfigKey] = &[
    ConfigKey {
        path: "accounts.sign_up",
        kind: Kind::Flag,
        standard: Standard::Flag(true),
        about: [
            "Si chacun peut ouvrir un compte avec son adresse ; sinon, seul l'exploitant en ouvre.",
            "Whether anybody may open an account with their address; otherwise only the operator does.",
        ],
    },
    ConfigKey {
        path: "accounts.hide_existence",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si une adresse connue et une inconnue mènent à la même page : mot de passe, ou code reçu par courriel.",
            "Whether a known address and an unknown one lead to the same page: a password, or a code by e-mail.",
        ],
    },
    ConfigKey {
        path: "accounts.require_second_factor",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si chacun se connecte avec deux facteurs ; qui n'en a qu'un en installe un second en se connectant.",
            "Whether everybody signs in with two factors; whoever has one sets up a second while signing in.",
        ],
    },
    ConfigKey {
        path: "accounts.email_proof_days",
        kind: Kind::Number(1, 3650),
        standard: Standard::Number(90),
        about: [
            "Après combien de jours une personne prouve à nouveau qu'elle lit sa messagerie.",
            "After how many days people prove again that they read their mailbox.",
        ],
    },
    ConfigKey {
        path: "accounts.trusted_browsers",
        kind: Kind::Flag,
        standard: Standard::Flag(true),
        about: [
            "Si un mot de passe ne suffit pas dans un navigateur nouveau : un code est envoyé par courriel.",
            "Whether a password is not enough in a new browser: a code is sent by e-mail.",
        ],
    },
    ConfigKey {
        path: "accounts.trusted_browser_days",
        kind: Kind::Number(1, 365),
        standard: Standard::Number(30),
        about: [
            "Combien de jours un navigateur est reconnu après ce code.",
            "For how many days a browser is trusted after that code.",
        ],
    },
    ConfigKey {
        path: "accounts.mailed_secret_minutes",
        kind: Kind::Number(1, 60),
        standard: Standard::Number(10),
        about: [
            "Combien de minutes valent un code ou un lien de connexion : davantage si la messagerie tarde.",
            "For how many minutes a code or a link to sign in with is good: more where mail is slow to arrive.",
        ],
    },
    ConfigKey {
        path: "accounts.recent_proof_minutes",
        kind: Kind::Number(1, 240),
        standard: Standard::Number(15),
        about: [
            "Depuis combien de minutes au plus une personne doit s'être identifiée pour toucher à ce qui protège son compte.",
            "How many minutes ago at most a person must have signed in to touch what protects their account.",
        ],
    },
    ConfigKey {
        path: "accounts.factor_removal_hours",
        kind: Kind::Number(1, 720),
        standard: Standard::Number(24),
        about: [
            "Combien d'heures une personne a pour s'opposer à la suppression de ses seconds facteurs par un administrateur.",
            "For how many hours people can stop the removal of their second factors that an administrator asked for.",
        ],
    },
    ConfigKey {
        path: "accounts.invitation_days",
        kind: Kind::Number(1, 90),
        standard: Standard::Number(7),
        about: [
            "Combien de jours vaut le lien d'une invitation à ouvrir un compte.",
            "For how many days the link of an invitation to open an account is good.",
        ],
    },
    ConfigKey {
        path: "accounts.check_deliverability",
        kind: Kind::Flag,
        standard: Standard::Flag(true),
        about: [
            "Si une adresse nouvelle est refusée quand, d'après les serveurs de noms, son domaine ne reçoit pas de courriels.",
            "Whether a new address is refused where the name servers say that its domain takes no mail.",
        ],
    },
    ConfigKey {
        path: "accounts.name_server",
        kind: Kind::Address,
        standard: Standard::Absent("192.0.2.53:53"),
        about: [
            "Le serveur de noms interrogé, avec son port ; sinon ceux de /etc/resolv.conf.",
            "The name server that is asked, with its port; else those of /etc/resolv.conf.",
        ],
    },
    ConfigKey {
        path: "accounts.expected_domains",
        kind: Kind::EmailDomains,
        standard: Standard::Texts(&[]),
        about: [
            "Les domaines des adresses attendues : jamais refusés, et proposés à qui en écrit un de travers.",
            "The domains of the addresses expected here: never refused, and proposed to whoever mistypes one of them.",
        ],
    },
    ConfigKey {
        path: "accounts.leaked_passwords_url",
        kind: Kind::WebPage,
        standard: Standard::Absent("https://api.pwnedpasswords.com/range/"),
        about: [
            "Un service de mots de passe volés, à qui sont dits cinq caractères sur quarante d'une empreinte ; sinon aucun.",
            "A service of stolen passwords, which is told five characters in forty of a digest; else none.",
        ],
    },
    ConfigKey {
        path: "accounts.generic_mailboxes",
        kind: Kind::MailboxNames,
        standard: Standard::Texts(&[]),
        about: [
            "Ce qui précède l'arobase d'adresses de fonction, outre mairie, contact, dgs… : après un an, qui y revient est vérifié.",
            "What stands before the @ of addresses of functions, beside mairie, contact, dgs…: checked when back after a year.",
        ],
    },
    ConfigKey {
        path: "notices.controller",
        kind: Kind::Text(120),
        standard: Standard::Absent("Commune de Clamart"),
        about: [
            "Qui répond des données personnelles et du service ; sinon instance.name.",
            "Who answers for personal data and for the service; else instance.name.",
        ],
    },
    ConfigKey {
        path: "notices.contact",
        kind: Kind::Email,
        standard: Standard::Absent("donnees-personnelles@exemple.fr"),
        about: [
            "L'adresse à laquelle on écrit à ce sujet, par exemple celle du délégué à la protection des données.",
            "The address to write to about them, such as that of the data protection officer.",
        ],
    },
    ConfigKey {
        path: "notices.personal_data",
        kind: Kind::WebPage,
        standard: Standard::Absent("https://www.exemple.fr/donnees-personnelles"),
        about: [
            "Votre propre page sur les données personnelles, à la place de celle du programme.",
            "Your own page on personal data, in place of the one of the program.",
        ],
    },
    ConfigKey {
        path: "notices.terms",
        kind: Kind::WebPage,
        standard: Standard::Absent("https://www.exemple.fr/conditions"),
        about: [
            "Vos propres conditions d'utilisation, à la place de celles du programme.",
            "Your own terms of use, in place of those of the program.",
        ],
    },
    ConfigKey {
        path: "notices.accessibility",
        kind: Kind::OneOf(&["none", "partial", "full"]),
        standard: Standard::Text("none"),
        about: [
            "La conformité au RGAA que vous déclarez après un audit de votre instance : non, partielle ou totale.",
            "The conformity with the RGAA that you declare after an audit of your instance.",
        ],
    },
    ConfigKey {
        path: "notices.accessibility_page",
        kind: Kind::WebPage,
        standard: Standard::Absent("https://www.exemple.fr/accessibilite"),
        about: [
            "Votre propre déclaration d'accessibilité, à la place de celle du programme.",
            "Your own declaration of accessibility, in place of the one of the program.",
        ],
    },
    ConfigKey {
        path: "acr.vocabulary",
        kind: Kind::OneOf(&["moncomptepro", "levels-2026", "employer"]),
        standard: Standard::Text("moncomptepro"),
        about: [
            "Les mots de acr. Avec \"employer\", l'exploitant déclare qu'il emploie les personnes qui se connectent.",
            "The words in which acr is said. With \"employer\" the operator states that it employs the people who sign in.",
        ],
    },
    ConfigKey {
        path: "joining.allow_unverified",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si une personne peut être liée à une organisation sans aucune preuve.",
            "Whether a person may be linked to an organization without any proof.",
        ],
    },
    ConfigKey {
        path: "joining.bypass_moderation",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si chacun rejoint une organisation sans qu'un modérateur en décide : pour essayer des services, jamais ailleurs.",
            "Whether everybody joins without the decision of a moderator: to try services with, and nowhere else.",
        ],
    },
    ConfigKey {
        path: "joining.free_mail_domains",
        kind: Kind::EmailDomains,
        standard: Standard::Texts(&[]),
        about: [
            "Domaines où n'importe qui ouvre une boîte, en plus de ceux qui sont connus : ils ne prouvent rien.",
            "Domains where anybody opens a mailbox, beside those that are known: they prove nothing.",
        ],
    },
    ConfigKey {
        path: "joining.professional_mail_domains",
        kind: Kind::EmailDomains,
        standard: Standard::Texts(&[]),
        about: [
            "Domaines qui comptent comme professionnels bien qu'ils soient connus comme ouverts à tous.",
            "Domains that count as professional although they are known as open to anybody.",
        ],
    },
    ConfigKey {
        path: "joining.rejection_reasons",
        kind: Kind::RejectionReasons,
        standard: Standard::Texts(&[]),
        about: [
            "Motifs de refus proposés aux modérateurs en plus de ceux du logiciel : la personne les lit tels quels.",
            "Reasons of refusals that moderators are offered beside those of the program: people read them as they are.",
        ],
    },
    ConfigKey {
        path: "directory.sources",
        kind: Kind::Words(&["register", "recherche-entreprises", "api-sirene", "api-entreprise"]),
        standard: Standard::Texts(&["register"]),
        about: [
            "Où chercher les entreprises, dans l'ordre : ce qu'a lu `directory import` ; des API : \"recherche-entreprises\" (ouverte), \"api-sirene\", \"api-entreprise\".",
            "Where companies are looked up, in order: what `directory import` read; APIs: \"recherche-entreprises\" (open), \"api-sirene\", \"api-entreprise\".",
        ],
    },
    ConfigKey {
        path: "directory.api_sirene_key",
        kind: Kind::Secret,
        standard: Standard::Absent(""),
        about: [
            "La clé de l'API Sirene (portail-api.insee.fr), pour \"api-sirene\".",
            "The key of API Sirene (portail-api.insee.fr), for \"api-sirene\".",
        ],
    },
    ConfigKey {
        path: "directory.api_entreprise_token",
        kind: Kind::Secret,
        standard: Standard::Absent(""),
        about: [
            "Le jeton d'API Entreprise, pour \"api-entreprise\".",
            "The token of API Entreprise, for \"api-entreprise\".",
        ],
    },
    ConfigKey {
        path: "directory.api_entreprise_siret",
        kind: Kind::Siret,
        standard: Standard::Absent("21920023500014"),
        about: [
            "Le SIRET de l'administration à qui ce jeton a été remis.",
            "The SIRET of the administration that the token was given to.",
        ],
    },
    ConfigKey {
        path: "directory.contacts",
        kind: Kind::Words(&["files", "apis"]),
        standard: Standard::Texts(&["files"]),
        about: [
            "Qui dit les adresses des mairies, des écoles et des services publics, dans l'ordre : ce qu'a lu `directory import-contacts` (\"files\") ; les annuaires publics interrogés (\"apis\").",
            "Who says the addresses of town halls, schools and public services, in order: what `directory import-contacts` read (\"files\"); the public directories when asked (\"apis\").",
        ],
    },
    ConfigKey {
        path: "retention.unused_account_months",
        kind: Kind::Number(0, 120),
        standard: Standard::Number(36),
        about: [
            "Après combien de mois sans connexion un compte est supprimé, un mois après en avoir prévenu la personne ; 0 : jamais.",
            "After how many months without a sign-in an account is erased, a month after its owner was told; 0: never.",
        ],
    },
    ConfigKey {
        path: "retention.audit_months",
        kind: Kind::NumberOrZero(6, 120),
        standard: Standard::Number(36),
        about: [
            "Pendant combien de mois le journal garde chaque événement ; 0 : toujours.",
            "For how many months the audit keeps each event; 0: for ever.",
        ],
    },
    ConfigKey {
        path: "retention.audit_address_months",
        kind: Kind::Number(1, 12),
        standard: Standard::Number(6),
        about: [
            "Pendant combien de mois sont gardées les adresses réseau du journal et la liste, sans contenu, des courriels de chacun.",
            "For how many months the network addresses of the audit are kept, and the list, without content, of everybody's mails.",
        ],
    },
];
