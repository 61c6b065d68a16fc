//! Why an instance does not start, in the words of the operator's language. English is what the errors say themselves;
//! what the system or a library says of its own stays as it is.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use crate::acts::DeclarationError;
use crate::config::Unread;
use crate::crypto::MasterKeyError;
use crate::protocol::Locale;
use crate::serve::{BindError, TlsError, Unfit};
use crate::site::StartError;
use crate::store::{Exposed, NotTaken, OpenError, PoorFileSystem, StoreError};

/// Why the instance does not start.
pub(in crate::cli) fn start(cause: &StartError, locale: Locale) -> String {
    match locale {
        Locale::Fr => start_in_french(cause),
        Locale::En => cause.to_string(),
    }
}

/// Why a certificate and its key are not used.
pub(in crate::cli) fn tls(cause: &TlsError, locale: Locale) -> String {
    match locale {
        Locale::Fr => tls_in_french(cause),
        Locale::En => cause.to_string(),
    }
}

/// Why nothing is listened on.
pub(in crate::cli) fn bind(cause: &BindError, locale: Locale) -> String {
    match locale {
        Locale::Fr => bind_in_french(cause),
        Locale::En => cause.to_string(),
    }
}

/// What is listened on, under which name.
pub(in crate::cli) fn listening(issuer: &str, port: u16, locale: Locale) -> String {
    match locale {
        Locale::Fr => format!("{issuer} est à l'écoute sur le port {port}"),
        Locale::En => format!("{issuer} listens on port {port}"),
    }
}

/// Where services are asked for a certificate.
pub(in crate::cli) fn listening_for_certificates(address: &str, port: u16, locale: Locale) -> String {
    match locale {
        Locale::Fr => format!("{address} demande un certificat aux services, à l'écoute sur le port {port}"),
        Locale::En => format!("{address} asks services for a certificate and listens on port {port}"),
    }
}

/// That browsers are sent to another port than the one listened on.
pub(in crate::cli) fn ports((public, own): (u16, u16), locale: Locale) -> String {
    match locale {
        Locale::Fr => format!(
            "public_url mène au port {public}, et listen nomme le port {own} : les navigateurs n'arrivent ici que si un \
             équipement devant cette machine renvoie l'un vers l'autre. Sinon, donnez le même port aux deux."
        ),
        Locale::En => format!(
            "public_url leads to port {public}, and listen names port {own}: browsers come here only where something in front \
             of this machine forwards the one to the other. Otherwise give both the same port."
        ),
    }
}

/// What the operator hears of a file system on which data is not safe.
pub(in crate::cli) fn file_system(found: PoorFileSystem, directory: &Path, locale: Locale) -> String {
    let directory = directory.display();
    match (locale, found) {
        (Locale::Fr, PoorFileSystem::Network(name)) => format!(
            "data_dir : {directory} se trouve sur un système de fichiers en réseau ({name}), où ce qui est écrit peut se perdre et \
             deux instances se croire seules : mettez les données sur un disque de cette machine"
        ),
        (Locale::Fr, PoorFileSystem::Program) => format!(
            "data_dir : {directory} se trouve sur un système de fichiers tenu par un programme (FUSE), dont rien ne dit qu'il \
             garde ce qui est écrit : mettez les données sur un disque de cette machine"
        ),
        (Locale::Fr, PoorFileSystem::Layer) => format!(
            "data_dir : {directory} se trouve dans la couche d'un conteneur (overlay) et disparaît avec lui : donnez un volume \
             au conteneur"
        ),
        (Locale::Fr, PoorFileSystem::Memory) => format!(
            "data_dir : {directory} se trouve dans la mémoire de la machine (tmpfs) et disparaît quand elle s'arrête : mettez \
             les données sur un disque"
        ),
        (Locale::En, PoorFileSystem::Network(name)) => format!(
            "data_dir: {directory} lies on a file system of the network ({name}), where what is written may be lost and two \
             instances may each think that they are alone: put the data on a disk of this machine"
        ),
        (Locale::En, PoorFileSystem::Program) => format!(
            "data_dir: {directory} lies on a file system that a program keeps (FUSE), and nothing says that it keeps what is \
             written: put the data on a disk of this machine"
        ),
        (Locale::En, PoorFileSystem::Layer) => format!(
            "data_dir: {directory} lies in the layer of a container (overlay) and goes with it: give the container a volume"
        ),
        (Locale::En, PoorFileSystem::Memory) => format!(
            "data_dir: {directory} lies in the memory of the machine (tmpfs) and is gone when it stops: put the data on a disk"
        ),
    }
}

/// What the system says, or what speaks against a directory of data.
pub(in crate::cli) fn system(cause: &io::Error, locale: Locale) -> String {
    match locale {
        Locale::Fr => system_in_french(cause),
        Locale::En => cause.to_string(),
    }
}

fn start_in_french(cause: &StartError) -> String {
    match cause {
        StartError::TooLittleMemory { seen, needed } => format!(
            "ce processus dispose de {} Mio de mémoire, dont le calcul d'un seul mot de passe prendrait {} Mio : plus des deux \
             cinquièmes. Donnez-lui {} Mio ou davantage (mémoire de la machine ou du conteneur, MemoryMax= de l'unité)",
            seen >> 20,
            needed >> 20,
            StartError::least_memory(*needed) >> 20
        ),
        StartError::Open(cause) => open_in_french(cause),
        StartError::Damaged { database, reason, backups } => {
            let directory = database.parent().unwrap_or(database).display();
            let newest: Vec<String> = backups.iter().take(3).map(|path| path.display().to_string()).collect();
            let known = match newest.is_empty() {
                true => format!("aucune sauvegarde ne se trouve dans {directory}/backups"),
                false => format!("les plus récentes sont {}", newest.join(", ")),
            };
            format!(
                "{} est endommagée ({reason}). Elle a été laissée telle quelle. Pour en voir plus : `moncomptepro check \
                 --data-dir {directory}` ; pour mettre une sauvegarde à sa place : `moncomptepro restore FICHIER` ({known}). \
                 Sans sauvegarde : `moncomptepro salvage --data-dir {directory}` recueille dans une nouvelle base ce qui peut \
                 encore être lu",
                database.display()
            )
        }
        StartError::Vanished { database, noted } => format!(
            "{} est absente ou vide, alors que {noted} dit qu'il y avait une base : remettez-la avec `moncomptepro restore` à \
             partir d'une sauvegarde ; pour recommencer sans elle, supprimez {noted}",
            database.display(),
            noted = noted.display()
        ),
        StartError::Store(cause) => store_in_french(cause),
        StartError::MasterKey(cause) => master_key_in_french(cause),
        StartError::OtherMasterKey { place, found } => format!(
            "{} contient la clé maîtresse {found}, mais les clés de signature de cette base ont été scellées avec une autre : \
             mettez-y la bonne ; une sauvegarde nomme celle qu'il lui faut (`moncomptepro backup verify FICHIER`)",
            place.display()
        ),
        StartError::LongPath { directory, most } => format!(
            "{} est trop long : les commandes atteignent l'instance par un fichier (control.sock) que le système refuse sous un nom              aussi long. Choisissez un data_dir de {most} octets au plus",
            directory.display()
        ),
        StartError::NoSocket { path, cause } => format!(
            "{} ne peut pas être créé, et les commandes n'atteindraient pas cette instance : {}. Le compte qui la lance doit              pouvoir écrire dans data_dir",
            path.display(),
            system_in_french(cause)
        ),
        StartError::Tls(cause) => format!("tls : {}", tls_in_french(cause)),
        StartError::Clients(DeclarationError::Taken(id)) => format!(
            "le client {id} figure dans le fichier de configuration et a aussi été créé par commande : retirez-le du fichier, \
             ou supprimez l'autre avec `moncomptepro client delete {id}`"
        ),
        // What development mode is given, what nobody but us can mend, and what the configuration was refused for before.
        StartError::Clients(DeclarationError::Act(_) | DeclarationError::Certificates(_))
        | StartError::Keys(_)
        | StartError::Render(_)
        | StartError::Seed(_)
        | StartError::Act(_) => cause.to_string(),
    }
}

fn open_in_french(cause: &OpenError) -> String {
    match cause {
        OpenError::Locked { directory, holder } => {
            let holder = match holder {
                Some(id) => format!("le processus {id}"),
                None => String::from("un autre processus"),
            };
            format!(
                "{} est tenu par {holder} : une seule instance à la fois, et les commandes atteignent d'elles-mêmes celle qui \
                 est en marche",
                directory.display()
            )
        }
        OpenError::OtherMode { stored } => format!(
            "la base qui se trouve dans data_dir a été créée par `moncomptepro {stored}`, et lui appartient : indiquez un autre \
             data_dir, qui sera créé s'il n'existe pas"
        ),
        OpenError::OtherIssuer { stored, passkeys } => {
            let bound = match passkeys {
                0 => String::from("les jetons (aucune clé d'accès n'est liée à son nom d'hôte)"),
                1 => String::from("les jetons, et 1 clé d'accès, dont le titulaire se connecte autrement"),
                many => format!("les jetons, et {many} clés d'accès, dont les titulaires se connectent autrement"),
            };
            format!(
                "la base appartient à l'émetteur {stored}, et `public_url` en nomme un autre : remettez le premier, ou \
                 --accept-issuer-change donne la base au second et met fin à ce qui est lié à l'ancien nom : {bound}"
            )
        }
        OpenError::NewerFormat { stored, known } => format!(
            "les données ont la forme {stored}, et cette version du programme connaît les formes jusqu'à {known} : prenez la \
             version qui les a écrites, ou une plus récente"
        ),
        OpenError::NotSaved { stored, known, cause } => format!(
            "les données viennent d'une version antérieure (forme {stored}, qui devient {known}) ; une sauvegarde en est \
             faite d'abord, et elle n'a pas pu l'être : {cause}. Rien n'a été modifié : rendez-la possible, ou gardez la \
             version précédente"
        ),
        OpenError::Damaged(reason) => format!("la base est endommagée : {reason}"),
        OpenError::Unusable { path, cause } => {
            format!("data_dir : {} ne peut pas servir : {}", path.display(), system_in_french(cause))
        }
        OpenError::Io(cause) => format!("la base ne peut pas être ouverte : {}", system_in_french(cause)),
    }
}

fn store_in_french(cause: &StoreError) -> String {
    match cause {
        StoreError::Unavailable => String::from("la base ne répond pas"),
        StoreError::Damaged { table } => {
            format!("un enregistrement de « {table} » est endommagé ou n'est pas à sa place")
        }
        StoreError::Absent { .. }
        | StoreError::Taken { .. }
        | StoreError::Unwritable { .. }
        | StoreError::Overlong
        | StoreError::Panicked => cause.to_string(),
    }
}

fn master_key_in_french(cause: &MasterKeyError) -> String {
    match cause {
        MasterKeyError::Missing(path) => format!(
            "aucune clé maîtresse dans {path} : mettez-y celle des données (une sauvegarde la nomme : `moncomptepro backup verify \
             FICHIER`) ; pour une instance nouvelle, faites-en une : (umask 077; openssl rand -base64 32 > {path})",
            path = path.display()
        ),
        MasterKeyError::WorldReadable(path) => {
            format!("la clé maîtresse {} peut être lue par tous : chmod 600", path.display())
        }
        MasterKeyError::Malformed(path) => format!(
            "le fichier {} ne contient pas une clé maîtresse : exactement 32 octets en base64, comme en fait `openssl rand \
             -base64 32`",
            path.display()
        ),
        MasterKeyError::Io(path, cause) => {
            format!("la clé maîtresse {} : {}", path.display(), system_in_french(cause))
        }
    }
}

fn tls_in_french(cause: &TlsError) -> String {
    match cause {
        TlsError::File { path, cause } => format!("{} : {}", path.display(), system_in_french(cause)),
        TlsError::ReadableByOthers(path) => {
            format!(
                "{} : tous les comptes de cette machine peuvent lire cette clé privée ; chmod 600 (ou 640)",
                path.display()
            )
        }
        TlsError::Nothing { path, what } => {
            let what = if *what == "certificate" { "aucun certificat" } else { "aucune clé privée" };
            format!("{} : {what} au format PEM", path.display())
        }
        TlsError::Unusable { path, reason } => format!("{} : {}", path.display(), unfit_in_french(reason)),
        TlsError::Mismatch { key, certificate } => format!(
            "{} : cette clé privée n'est pas celle du premier certificat de {}",
            key.display(),
            certificate.display()
        ),
        TlsError::NowhereToKeep => {
            String::from("un certificat auto-signé a besoin d'un répertoire de données où être conservé")
        }
        TlsError::Library(said) => format!("TLS ne peut pas être mis en place : {said}"),
    }
}

fn unfit_in_french(reason: &Unfit) -> String {
    match reason {
        Unfit::Over(until) => format!("il a expiré le {until} : renouvelez-le"),
        Unfit::NotYet(from) => format!("il n'est pas valable avant le {from} : voyez l'horloge de cette machine"),
        Unfit::OtherHost(host) => {
            format!("il n'est pas pour {host}, l'hôte de public_url : navigateurs et services le refuseront")
        }
        Unfit::DamagedCertificate => String::from("le premier certificat est endommagé"),
        Unfit::OtherKey => String::from("une clé RSA de 2048 à 8192 bits, ou une clé ECDSA, est attendue"),
        Unfit::UncommonKey => String::from("les navigateurs ont besoin d'une clé RSA ou ECDSA"),
        Unfit::Cut => {
            String::from("il a été tronqué : la ligne -----END …----- manque ; réécrivez le fichier en entier")
        }
        Unfit::NotBase64 => String::from(
            "il est endommagé : ce qui figure entre -----BEGIN …----- et -----END …----- n'est pas du base64 ; réécrivez-le",
        ),
        Unfit::NotPem => String::from(
            "ce n'est pas du PEM : une ligne -----BEGIN …-----, sans rien d'autre, est attendue ; réécrivez-le",
        ),
    }
}

fn bind_in_french(error: &BindError) -> String {
    let BindError { address, cause } = error;
    let port = address.port();
    let remedy = match cause.kind() {
        ErrorKind::AddrInUse if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) => format!(
            " ; [::] prend aussi l'IPv4 : retirez 0.0.0.0, ou arrêtez ce qui écoute là (`ss -ltnp 'sport = :{port}'` le nomme)"
        ),
        ErrorKind::AddrInUse => format!(
            " ; un autre processus y écoute (`ss -ltnp 'sport = :{port}'` le nomme) : arrêtez-le, ou choisissez un autre port"
        ),
        ErrorKind::PermissionDenied if port < 1024 => format!(
            " ; un port en dessous de 1024 demande un droit : lancez un service avec AmbientCapabilities=CAP_NET_BIND_SERVICE, \
             ou choisissez un port au-dessus, comme {}",
            port.saturating_add(8000)
        ),
        ErrorKind::PermissionDenied => {
            String::from(" ; les règles de ce système l'interdisent : choisissez un autre port")
        }
        ErrorKind::AddrNotAvailable => String::from(
            " ; cette machine n'a pas cette adresse (`ip address` donne les siennes) : choisissez l'une d'elles, ou 0.0.0.0 ou \
             [::] pour toutes",
        ),
        _ if error.lacks_family() => {
            format!(" ; cette machine n'a pas d'IPv6 : choisissez 0.0.0.0:{port}, ou 127.0.0.1:{port}")
        }
        _ => String::new(),
    };
    format!("impossible d'écouter sur {address} : {}{remedy}", system_in_french(cause))
}

fn system_in_french(cause: &io::Error) -> String {
    if let Some(exposed) = cause.get_ref().and_then(|inner| inner.downcast_ref::<Exposed>()) {
        return exposed_in_french(exposed);
    }
    if cause.get_ref().is_some_and(|inner| inner.is::<NotTaken>()) {
        return String::from("rien ne peut y être écrit : le disque est plein, défaillant, ou monté en lecture seule");
    }
    if let Some(unread) = cause.get_ref().and_then(|inner| inner.downcast_ref::<Unread>()) {
        return match unread {
            Unread::NotRegular => String::from("ce n'est pas un fichier ordinaire"),
            Unread::TooLarge(most) => format!("plus de {most} octets : c'est trop pour ce qui est attendu là"),
        };
    }
    let known = match cause.kind() {
        ErrorKind::NotFound => "introuvable",
        ErrorKind::PermissionDenied => "accès refusé par le système",
        ErrorKind::AddrInUse => "adresse déjà prise",
        ErrorKind::AddrNotAvailable => "adresse inconnue de cette machine",
        ErrorKind::ReadOnlyFilesystem => "système de fichiers en lecture seule",
        ErrorKind::StorageFull => "disque plein",
        ErrorKind::QuotaExceeded => "quota de disque dépassé",
        ErrorKind::IsADirectory => "c'est un répertoire",
        ErrorKind::NotADirectory => "ce n'est pas un répertoire",
        _ => return cause.to_string(),
    };
    known.to_owned()
}

fn exposed_in_french(exposed: &Exposed) -> String {
    match exposed {
        Exposed::Writable { path, mode } => format!(
            "d'autres comptes peuvent y écrire (mode {mode:03o}) : voyez ce qui s'y trouve, puis `chmod 700 {}`",
            path.display()
        ),
        Exposed::Readable { path, mode } => format!(
            "d'autres comptes peuvent y lire (mode {mode:03o}), et il contient autre chose que des données de ce programme : \
             nommez un répertoire pour lui seul, ou `chmod 700 {}`",
            path.display()
        ),
        Exposed::OtherOwner { owner, own } => format!(
            "il appartient au compte {owner}, et ce processus travaille sous le compte {own} : lancez-le sous le premier, ou \
             donnez les données au second avec chown"
        ),
        Exposed::Link => String::from("c'est un lien symbolique, qui n'est pas suivi : mettez-y le fichier lui-même"),
    }
}
