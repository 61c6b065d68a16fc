//! Every key of the configuration, in the order of the template.

use super::NEUTRAL_NAME;
use super::account_keys::ACCOUNT_KEYS;
use super::key::{ConfigKey, Kind, Standard};

/// The keys of the file, the clients apart. A section is one run of neighbours.
pub(super) const KEYS: &[ConfigKey] =
    &joined::<{ FIRST.len() + ACCOUNT_KEYS.len() + LAST.len() }>([FIRST, ACCOUNT_KEYS, LAST]);

/// Lists one after another.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which refuses an index out of bounds")]
const fn joined<const N: usize>(lists: [&[ConfigKey]; 3]) -> [ConfigKey; N] {
    let mut all = [lists[0][0]; N];
    let (mut filled, mut list) = (0, 0);
    while list < lists.len() {
        let mut place = 0;
        while place < lists[list].len() {
            all[filled] = lists[list][place];
            filled += 1;
            place += 1;
        }
        list += 1;
    }
    all
}

const FIRST: &[ConfigKey] = &[
    ConfigKey {
        path: "public_url",
        kind: Kind::PublicUrl,
        standard: Standard::Required("https://identite.exemple.fr"),
        about: [
            "L'adresse à laquelle navigateurs et services joignent cette instance ; c'est aussi l'émetteur (issuer).",
            "The address at which browsers and services reach this instance; also the issuer.",
        ],
    },
    ConfigKey {
        path: "data_dir",
        kind: Kind::Path,
        standard: Standard::Required("/var/lib/moncomptepro"),
        about: [
            "Le dossier de la base de données et de la clé maîtresse ; créé avec les droits 0700.",
            "The directory of the database and of the master key; created with mode 0700.",
        ],
    },
    ConfigKey {
        path: "listen",
        kind: Kind::Addresses,
        standard: Standard::Texts(&["[::]:443"]),
        about: [
            "Les adresses d'écoute, toutes sur un même port. \"[::]:443\" reçoit aussi l'IPv4.",
            "The addresses that are listened on, all on one port. \"[::]:443\" takes IPv4 as well.",
        ],
    },
    ConfigKey {
        path: "master_key_file",
        kind: Kind::Path,
        standard: Standard::Absent("/etc/moncomptepro/master.key"),
        about: [
            "La clé maîtresse, quand elle n'est pas le fichier master.key du dossier des données.",
            "The master key, when it is not the file master.key of the data directory.",
        ],
    },
    ConfigKey {
        path: "instance.name",
        kind: Kind::Text(60),
        standard: Standard::Text(NEUTRAL_NAME),
        about: ["Le nom que lisent les personnes.", "The name shown to people."],
    },
    ConfigKey {
        path: "instance.kind",
        kind: Kind::OneOf(&["production", "sandbox"]),
        standard: Standard::Text("production"),
        about: [
            "\"sandbox\" est une instance d'essai partagée : bandeau, page des courriels à la place de SMTP, clients libres.",
            "\"sandbox\" is a shared test instance: a banner, a page of mails instead of SMTP, clients of anybody's choice.",
        ],
    },
    ConfigKey {
        path: "tls.mode",
        kind: Kind::OneOf(&["self-signed", "files", "off"]),
        standard: Standard::Text("self-signed"),
        about: [
            "Le certificat : créé et gardé par l'instance, lu dans des fichiers, ou aucun (\"off\" exige proxies.trusted).",
            "The certificate: made and kept by the instance, read from files, or none (\"off\" needs proxies.trusted).",
        ],
    },
    ConfigKey {
        path: "tls.certificate_file",
        kind: Kind::Path,
        standard: Standard::Absent("/etc/moncomptepro/certificate.pem"),
        about: [
            "Le certificat et sa chaîne, en PEM. Relu quand le fichier change et au signal SIGHUP.",
            "The certificate and its chain, in PEM. Read again when the file changes and at SIGHUP.",
        ],
    },
    ConfigKey {
        path: "tls.private_key_file",
        kind: Kind::Path,
        standard: Standard::Absent("/etc/moncomptepro/private-key.pem"),
        about: [
            "La clé privée du certificat, en PEM, illisible pour les autres utilisateurs.",
            "The private key of the certificate, in PEM, not readable by other users.",
        ],
    },
    ConfigKey {
        path: "tls.mutual_listen",
        kind: Kind::Address,
        standard: Standard::Absent("[::]:8443"),
        about: [
            "L'adresse, d'un port à elle, où les services montrent un certificat (TLS mutuel, RFC 8705) ; sans cette clé, nulle part.",
            "The address, of a port of its own, at which services show a certificate (mutual TLS, RFC 8705); without this key, nowhere.",
        ],
    },
    ConfigKey {
        path: "proxies.trusted",
        kind: Kind::Networks,
        standard: Standard::Texts(&[]),
        about: [
            "Les mandataires qui sont crus quand ils disent pour qui ils demandent : adresses, ou réseaux ADRESSE/BITS.",
            "The proxies that are believed about whom they ask for: addresses, or networks as ADDRESS/BITS.",
        ],
    },
    ConfigKey {
        path: "proxies.header",
        kind: Kind::OneOf(&["x-forwarded-for", "forwarded", "proxy-protocol"]),
        standard: Standard::Text("x-forwarded-for"),
        about: [
            "L'en-tête dans lequel ils le disent ; l'autre n'est jamais lu. \"proxy-protocol\" : en tête de chaque connexion ; eux seuls peuvent alors se connecter.",
            "The header in which they say so; the other one is never read. \"proxy-protocol\": at the head of each connection; they alone may connect then.",
        ],
    },
    ConfigKey {
        path: "outward.private_hosts",
        kind: Kind::Hosts,
        standard: Standard::Texts(&[]),
        about: [
            "Les machines du réseau interne, ou celle-ci, que le logiciel peut appeler en https (déconnexion des services) : par leur nom.",
            "The machines of the internal network, or this one, that the program may call over https (logout of services): by their names.",
        ],
    },
    ConfigKey {
        path: "mail.from",
        kind: Kind::Email,
        standard: Standard::Absent("ne-pas-repondre@exemple.fr"),
        about: [
            "L'adresse d'où partent les courriels. Sans elle et sans smtp.host, aucun ne part et personne n'ouvre de compte.",
            "The address that mails come from. Without it and smtp.host none leaves, and nobody can open an account.",
        ],
    },
    ConfigKey {
        path: "mail.from_name",
        kind: Kind::Text(60),
        standard: Standard::Absent("Mairie de Clamart"),
        about: [
            "Le nom qui accompagne cette adresse ; sinon instance.name.",
            "The name beside that address; else instance.name.",
        ],
    },
    ConfigKey {
        path: "mail.reply_to",
        kind: Kind::Email,
        standard: Standard::Absent("assistance@exemple.fr"),
        about: [
            "L'adresse à laquelle arrivent les réponses, quand ce n'est pas celle d'où ils partent.",
            "The address that answers go to, when it is not the one that they come from.",
        ],
    },
    ConfigKey {
        path: "mail.keep_hours",
        kind: Kind::Number(1, 168),
        standard: Standard::Number(72),
        about: [
            "Après combien d'heures un courriel qui ne peut pas partir est abandonné ; avec un code, dès que le code a expiré.",
            "After how many hours a mail that cannot leave is given up; one with a code, as soon as the code is over.",
        ],
    },
    ConfigKey {
        path: "mail.retry_seconds",
        kind: Kind::Number(1, 3_600),
        standard: Standard::Number(60),
        about: [
            "Après combien de secondes un courriel que le serveur diffère est représenté ; puis après 5, 15 et 60 fois autant.",
            "After how many seconds a mail that the server puts off is tried again; then after 5, 15 and 60 times as many.",
        ],
    },
    ConfigKey {
        path: "mail.alerts",
        kind: Kind::Flag,
        standard: Standard::Flag(true),
        about: [
            "Si les administrateurs sont avertis par courriel de ce qui ne peut pas attendre ; un par heure et par sujet au plus.",
            "Whether administrators are told by mail of what cannot wait; one an hour and subject at most.",
        ],
    },
    ConfigKey {
        path: "smtp.host",
        kind: Kind::Host,
        standard: Standard::Absent("smtp.exemple.fr"),
        about: [
            "Le serveur auquel les courriels sont remis ; son certificat doit porter ce nom.",
            "The server that mails are handed to; its certificate must carry this name.",
        ],
    },
    ConfigKey {
        path: "smtp.port",
        kind: Kind::Number(1, 65_535),
        standard: Standard::Number(587),
        about: [
            "Son port : 587 en règle générale, 465 avec smtp.tls = \"implicit\".",
            "Its port: 587 as a rule, 465 with smtp.tls = \"implicit\".",
        ],
    },
    ConfigKey {
        path: "smtp.tls",
        kind: Kind::OneOf(&["starttls", "implicit", "off"]),
        standard: Standard::Text("starttls"),
        about: [
            "Le chiffrement : demandé puis exigé, dès le premier octet, ou aucun (\"off\" : serveur de cette machine).",
            "Encryption: asked for and insisted on, from the first byte, or none (\"off\": a server of this machine).",
        ],
    },
    ConfigKey {
        path: "smtp.allow_plain",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si smtp.tls = \"off\" est permis vers une autre machine ; jamais avec un mot de passe.",
            "Whether smtp.tls = \"off\" is allowed towards another machine; never with a password.",
        ],
    },
    ConfigKey {
        path: "smtp.username",
        kind: Kind::Text(254),
        standard: Standard::Absent("ne-pas-repondre@exemple.fr"),
        about: ["Le nom d'utilisateur, si le serveur en demande un.", "The user name, where the server asks for one."],
    },
    ConfigKey {
        path: "smtp.password",
        kind: Kind::Secret,
        standard: Standard::Absent(""),
        about: [
            "Son mot de passe, ou smtp.password_file : le fichier qui le contient.",
            "Its password, or smtp.password_file: the file that holds it.",
        ],
    },
    ConfigKey {
        path: "smtp.ca_file",
        kind: Kind::Path,
        standard: Standard::Absent("/etc/moncomptepro/smtp-ca.pem"),
        about: [
            "L'autorité qui a signé le certificat du serveur, en PEM, quand le système ne la connaît pas.",
            "The authority that signed the certificate of the server, in PEM, when the system does not know it.",
        ],
    },
    ConfigKey {
        path: "smtp.helo_name",
        kind: Kind::Host,
        standard: Standard::Absent("identite.exemple.fr"),
        about: [
            "Le nom sous lequel cette instance se présente au serveur ; sinon celui de public_url.",
            "The name by which this instance greets the server; else that of public_url.",
        ],
    },
    ConfigKey {
        path: "smtp.timeout_seconds",
        kind: Kind::Number(1, 300),
        standard: Standard::Number(30),
        about: [
            "Combien de secondes une réponse du serveur est attendue ; personne d'autre que les courriels ne l'attend.",
            "How many seconds an answer of the server is waited for; nobody but the mails waits for it.",
        ],
    },
    ConfigKey {
        path: "limits.connections",
        kind: Kind::Number(16, 65_536),
        standard: Standard::Number(4096),
        about: [
            "Connexions ouvertes en même temps ; les suivantes attendent.",
            "Connections open at one time; more wait to be accepted.",
        ],
    },
    ConfigKey {
        path: "limits.connections_per_source",
        kind: Kind::Number(8, 65_536),
        standard: Standard::Number(512),
        about: [
            "Connexions ouvertes en même temps depuis une adresse IPv4 ou un réseau IPv6 /64.",
            "Connections open at one time from one IPv4 address or one IPv6 /64.",
        ],
    },
    ConfigKey {
        path: "limits.shared_sources",
        kind: Kind::Networks,
        standard: Standard::Texts(&[]),
        about: [
            "Réseaux où beaucoup de personnes partagent une adresse (une mairie) : vingt fois plus d'essais, échecs seuls comptés.",
            "Networks where many people share one address (a town hall): twenty times the attempts, failures alone counted.",
        ],
    },
    ConfigKey {
        path: "limits.administration_sources",
        kind: Kind::Networks,
        standard: Standard::Texts(&[]),
        about: [
            "Réseaux d'où la console d'administration (/admin) est accessible ; vide : de partout.",
            "Networks from which the console of administration (/admin) is reached; empty: from everywhere.",
        ],
    },
    ConfigKey {
        path: "logs.format",
        kind: Kind::OneOf(&["text", "json"]),
        standard: Standard::Text("text"),
        about: [
            "La forme des journaux, écrits sur la sortie d'erreur.",
            "The form of the logs, written to standard error.",
        ],
    },
    ConfigKey {
        path: "logs.level",
        kind: Kind::OneOf(&["error", "warn", "info", "debug"]),
        standard: Standard::Text("info"),
        about: ["Ce qui est journalisé.", "What is logged."],
    },
    ConfigKey {
        path: "metrics.listen",
        kind: Kind::Address,
        standard: Standard::Absent("127.0.0.1:9464"),
        about: [
            "L'adresse où Prometheus lit les mesures, sous /metrics ; sans cette clé, nulle part.",
            "The address at which Prometheus reads the metrics, under /metrics; without this key, nowhere.",
        ],
    },
    ConfigKey {
        path: "metrics.allow_remote",
        kind: Kind::Flag,
        standard: Standard::Flag(false),
        about: [
            "Si metrics.listen peut être une adresse que d'autres machines atteignent.",
            "Whether metrics.listen may be an address that other machines reach.",
        ],
    },
    ConfigKey {
        path: "metrics.token",
        kind: Kind::Secret,
        standard: Standard::Absent(""),
        about: [
            "Le jeton que doit montrer qui lit les mesures, ou metrics.token_file : le fichier qui le contient.",
            "The token that whoever reads the metrics has to show, or metrics.token_file: the file that holds it.",
        ],
    },
    ConfigKey {
        path: "store.cache_mib",
        kind: Kind::Number(1, 65_536),
        standard: Standard::Number(64),
        about: ["Mémoire du cache de la base de données, en Mio.", "Memory for the cache of the database, in MiB."],
    },
    ConfigKey {
        path: "backups.every_hours",
        kind: Kind::Number(0, 720),
        standard: Standard::Number(24),
        about: [
            "Toutes les combien d'heures une sauvegarde est écrite dans le dossier des données ; 0 : jamais d'elle-même.",
            "After how many hours a backup is written in the data directory; 0: never by itself.",
        ],
    },
    ConfigKey {
        path: "backups.keep_daily",
        kind: Kind::Number(0, 366),
        standard: Standard::Number(7),
        about: [
            "De combien de jours la dernière de ces sauvegardes est gardée.",
            "Of how many days the last of these backups is kept.",
        ],
    },
    ConfigKey {
        path: "backups.keep_weekly",
        kind: Kind::Number(0, 104),
        standard: Standard::Number(4),
        about: ["De combien de semaines.", "Of how many weeks."],
    },
    ConfigKey {
        path: "backups.keep_monthly",
        kind: Kind::Number(0, 120),
        standard: Standard::Number(6),
        about: ["De combien de mois.", "Of how many months."],
    },
];

const LAST: &[ConfigKey] = &[
    ConfigKey {
        path: "keys.rsa_bits",
        kind: Kind::Numbers(&[2048, 3072, 4096]),
        standard: Standard::Number(3072),
        about: [
            "Taille des nouvelles clés de signature RSA : 2048, 3072 ou 4096.",
            "Size of new RSA signing keys: 2048, 3072 or 4096.",
        ],
    },
    ConfigKey {
        path: "keys.rotate_every_days",
        kind: Kind::Number(0, 3650),
        standard: Standard::Number(90),
        about: [
            "Après combien de jours une clé de signature est remplacée ; 0 : seulement par `moncomptepro keys rotate`.",
            "After how many days a signing key is replaced; 0: only by `moncomptepro keys rotate`.",
        ],
    },
    ConfigKey {
        path: "keys.published_ahead_hours",
        kind: Kind::Number(1, 720),
        standard: Standard::Number(24),
        about: [
            "Combien d'heures une clé est publiée avant de signer : plus que les services ne gardent les clés en cache.",
            "How many hours a key is published before it signs: more than services keep keys in their caches.",
        ],
    },
];
