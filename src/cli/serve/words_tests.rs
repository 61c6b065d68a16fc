//! Each reason in both languages says the same.

use std::io;
use std::path::PathBuf;

use super::words::{bind, file_system, start, system, tls};
use crate::acts::DeclarationError;
use crate::config::Unread;
use crate::crypto::MasterKeyError;
use crate::protocol::{Locale, Timestamp};
use crate::serve::{BindError, TlsError, Unfit};
use crate::site::StartError;
use crate::store::{Exposed, NotTaken, OpenError, PoorFileSystem, StoreError};

fn path(name: &str) -> PathBuf {
    PathBuf::from("/srv/identite").join(name)
}

fn start_errors() -> Vec<StartError> {
    let backups = vec![path("backups/moncomptepro-20261128T090000.backup")];
    vec![
        StartError::TooLittleMemory { seen: 100 << 20, needed: 64 << 20 },
        StartError::Damaged { database: path("moncomptepro.redb"), reason: String::from("gone"), backups: Vec::new() },
        StartError::Damaged { database: path("moncomptepro.redb"), reason: String::from("gone"), backups },
        StartError::Vanished { database: path("moncomptepro.redb"), noted: path("high-water") },
        StartError::Store(StoreError::Unavailable),
        StartError::Store(StoreError::Damaged { table: "users" }),
        StartError::MasterKey(MasterKeyError::Missing(path("master.key"))),
        StartError::MasterKey(MasterKeyError::WorldReadable(path("master.key"))),
        StartError::MasterKey(MasterKeyError::Malformed(path("master.key"))),
        StartError::MasterKey(MasterKeyError::Io(path("master.key"), io::ErrorKind::PermissionDenied.into())),
        StartError::OtherMasterKey { place: path("master.key"), found: String::from("4f2a") },
        StartError::LongPath { directory: path("long"), most: 90 },
        StartError::NoSocket { path: path("control.sock"), cause: io::ErrorKind::PermissionDenied.into() },
        StartError::Tls(TlsError::NowhereToKeep),
        StartError::Clients(DeclarationError::Taken("service-1".parse().unwrap())),
        StartError::Open(OpenError::Locked { directory: path(""), holder: Some(4321) }),
        StartError::Open(OpenError::Locked { directory: path(""), holder: None }),
        StartError::Open(OpenError::OtherMode { stored: String::from("dev") }),
        StartError::Open(OpenError::OtherIssuer { stored: String::from("https://autre.exemple.fr"), passkeys: 0 }),
        StartError::Open(OpenError::OtherIssuer { stored: String::from("https://autre.exemple.fr"), passkeys: 1 }),
        StartError::Open(OpenError::OtherIssuer { stored: String::from("https://autre.exemple.fr"), passkeys: 12 }),
        StartError::Open(OpenError::NewerFormat { stored: 42, known: 17 }),
        StartError::Open(OpenError::NotSaved { stored: 17, known: 42, cause: "nothing".into() }),
        StartError::Open(OpenError::Damaged(String::from("gone"))),
        StartError::Open(OpenError::Unusable { path: path(""), cause: io::ErrorKind::NotFound.into() }),
        StartError::Open(OpenError::Unusable { path: path("moncomptepro.redb"), cause: io::Error::other(NotTaken) }),
        StartError::Open(OpenError::Io(io::ErrorKind::StorageFull.into())),
    ]
}

fn tls_errors() -> Vec<TlsError> {
    let unfit = |reason| TlsError::Unusable { path: path("certificate.pem"), reason };
    vec![
        TlsError::File { path: path("key.pem"), cause: io::ErrorKind::NotFound.into() },
        TlsError::ReadableByOthers(path("key.pem")),
        TlsError::Nothing { path: path("key.pem"), what: "private key" },
        TlsError::Nothing { path: path("certificate.pem"), what: "certificate" },
        TlsError::Mismatch { key: path("key.pem"), certificate: path("certificate.pem") },
        TlsError::NowhereToKeep,
        TlsError::Library(String::from("gone")),
        unfit(Unfit::Over(Timestamp(1_700_000_000))),
        unfit(Unfit::NotYet(Timestamp(1_900_000_000))),
        unfit(Unfit::OtherHost(String::from("identite.exemple.fr"))),
        unfit(Unfit::DamagedCertificate),
        unfit(Unfit::OtherKey),
        unfit(Unfit::UncommonKey),
        unfit(Unfit::Cut),
        unfit(Unfit::NotBase64),
        unfit(Unfit::NotPem),
    ]
}

fn bind_errors() -> Vec<BindError> {
    let at = |address: &str, cause: io::Error| BindError { address: address.parse().unwrap(), cause };
    vec![
        at("[::]:8443", io::ErrorKind::AddrInUse.into()),
        at("0.0.0.0:8443", io::ErrorKind::AddrInUse.into()),
        at("0.0.0.0:443", io::ErrorKind::PermissionDenied.into()),
        at("0.0.0.0:8443", io::ErrorKind::PermissionDenied.into()),
        at("192.0.2.1:8443", io::ErrorKind::AddrNotAvailable.into()),
        at("[::1]:8443", io::Error::from_raw_os_error(97)),
    ]
}

fn system_errors() -> Vec<io::Error> {
    let exposed = [
        Exposed::Writable { path: path(""), mode: 0o777 },
        Exposed::Readable { path: path(""), mode: 0o755 },
        Exposed::OtherOwner { owner: 1001, own: 1002 },
        Exposed::Link,
    ];
    let unread = [Unread::NotRegular, Unread::TooLarge(1024)];
    exposed.into_iter().map(io::Error::other).chain(unread.into_iter().map(io::Error::other)).collect()
}

/// What an operator copies out of a message: paths, commands, numbers, keys, addresses.
fn facts(message: &str) -> Vec<String> {
    let words = message.split(|character: char| character.is_whitespace() || "`,;()«»'".contains(character));
    let is_fact = |word: &str| {
        word.contains(['/', '_', '='])
            || word.starts_with("--")
            || word.chars().any(|character| character.is_ascii_digit())
    };
    let bare = words.map(|word| word.trim_matches(|character| ":.".contains(character)));
    let mut found: Vec<String> = bare.filter(|word| is_fact(word)).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn sec_216_what_stops_a_start_is_said_in_french_with_the_same_paths_commands_and_numbers() {
    let mut pairs = Vec::new();
    for locale in [Locale::Fr, Locale::En] {
        let mut said: Vec<String> = start_errors().iter().map(|cause| start(cause, locale)).collect();
        said.extend(tls_errors().iter().map(|cause| tls(cause, locale)));
        said.extend(bind_errors().iter().map(|cause| bind(cause, locale)));
        said.extend(system_errors().iter().map(|cause| system(cause, locale)));
        let poor = [PoorFileSystem::Program, PoorFileSystem::Layer, PoorFileSystem::Memory];
        let poor = poor.into_iter().chain([PoorFileSystem::Network("NFS")]);
        said.extend(poor.map(|found| file_system(found, &path("data"), locale)));
        pairs.push(said);
    }
    let [french, english] = &pairs[..] else { panic!() };
    for (fr, en) in french.iter().zip(english) {
        assert_ne!(fr, en);
        let left_out = |fact: &String| !["os", "2", "97"].contains(&fact.as_str());
        let of = |message: &str| facts(message).into_iter().filter(left_out).collect::<Vec<_>>();
        assert_eq!(of(fr), of(en), "{fr}\n{en}");
        for word in [" the ", " is ", " and ", " it "] {
            assert!(!fr.contains(word), "{fr}");
        }
    }
}

#[test]
fn sec_216_what_the_system_says_is_said_in_french_where_it_is_common() {
    for kind in [
        io::ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::AddrInUse,
        io::ErrorKind::AddrNotAvailable,
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::StorageFull,
        io::ErrorKind::QuotaExceeded,
        io::ErrorKind::IsADirectory,
        io::ErrorKind::NotADirectory,
    ] {
        let cause = io::Error::from(kind);
        assert_ne!(system(&cause, Locale::Fr), system(&cause, Locale::En));
    }
    let rare = io::Error::from(io::ErrorKind::BrokenPipe);
    assert_eq!(system(&rare, Locale::Fr), system(&rare, Locale::En));
}
