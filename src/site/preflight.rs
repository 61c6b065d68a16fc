//! What would keep an instance from starting, or is wrong with what its configuration names. Nothing is changed or held.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{StartError, check_reach, enough_memory, high_water, keys};
use crate::acts::administration::look_at_keys;
use crate::acts::master_key_place;
use crate::config::{Config, DataLocation, DeclaredClient, Tls};
use crate::crypto::{MasterKeyChange, MasterKeyError};
use crate::domain::ClientOrigin;
use crate::protocol::Timestamp;
use crate::serve;
use crate::store::{self, DirectoryLock, OpenError, StillImage, clients, signing_keys};

/// A thing that a key of the configuration names.
#[derive(Debug)]
pub struct Examined {
    /// The key.
    pub key: &'static str,
    /// What it names, and what was found of it.
    pub subject: String,
    /// Whether it is not there, and is made at the first start.
    pub is_to_be_made: bool,
    /// What is wrong with it, with the remedy.
    pub verdict: Result<(), Fault>,
}

/// What is wrong with a thing that is named.
#[derive(Debug, Error)]
pub enum Fault {
    /// What would keep the instance from starting.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] serve::TlsError),
    /// The directory of the data, or the one above it.
    #[error("{}{cause}", path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default())]
    Directory {
        /// The one above it.
        path: Option<PathBuf>,
        /// Why it cannot be used.
        cause: io::Error,
    },
}

impl Examined {
    fn new(key: &'static str, subject: impl ToString, verdict: Result<(), Fault>) -> Self {
        Self { key, subject: subject.to_string(), is_to_be_made: false, verdict }
    }

    fn wrong(key: &'static str, subject: impl ToString, cause: impl Into<Fault>) -> Self {
        Self::new(key, subject, Err(cause.into()))
    }

    /// The same of what keeps an instance from starting.
    fn stopped(key: &'static str, subject: impl ToString, cause: impl Into<StartError>) -> Self {
        Self::wrong(key, subject, cause.into())
    }
}

/// Everything that the configuration names, the sockets apart.
pub fn preflight(config: &Config, now: Timestamp) -> Vec<Examined> {
    let mut examined = Vec::new();
    examined.extend(enough_memory(config).err().map(|cause| Examined::wrong("memory", "", cause)));
    if let DataLocation::Directory(directory) = &config.data {
        let judged = judge_directory(directory);
        let is_usable = judged.is_ok();
        examined.push(Examined::new("data_dir", directory.display(), judged));
        examined.extend(high_water::find_vanished(config).map(|cause| Examined::wrong("data_dir", "", cause)));
        if is_usable {
            examined.extend(examine_data(config, directory));
        }
    }
    if let Tls::Files { certificate, private_key } = &config.tls {
        let faults = serve::Tls::find_faults(certificate, private_key, config.public_url.host(), now);
        if faults.is_empty() {
            examined.push(Examined::new("tls.certificate_file", certificate.display(), Ok(())));
        }
        examined.extend(faults.into_iter().map(|cause| {
            let is_about_the_key = cause.path().is_some_and(|path| path == private_key);
            let key = if is_about_the_key { "tls.private_key_file" } else { "tls.certificate_file" };
            Examined::wrong(key, "", cause)
        }));
    }
    examined
}

/// The directory is there and ours to write, or can be made.
fn judge_directory(directory: &Path) -> Result<(), Fault> {
    check_reach(directory)?;
    if directory.exists() {
        store::check_data_directory(directory).map_err(|cause| Fault::Directory { path: None, cause })?;
    }
    let nearest = directory.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    try_to_write(nearest).map_err(|cause| Fault::Directory { path: Some(nearest.to_path_buf()), cause })
}

/// Makes a file of a name of its own and removes it.
pub(super) fn try_to_write(directory: &Path) -> std::io::Result<()> {
    let path = directory.join(format!(".moncomptepro-check-{}", std::process::id()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)
}

/// The database and the key of its keys.
fn examine_data(config: &Config, directory: &Path) -> Vec<Examined> {
    let database = store::database_file(directory);
    let is_held = matches!(DirectoryLock::take_as_it_is(directory), Err(OpenError::Locked { .. }));
    let has_data = std::fs::metadata(&database).is_ok_and(|found| found.len() > 0);
    let image = match has_data && !is_held {
        true => StillImage::of_directory(directory).map(Some),
        false => Ok(None),
    };
    match image {
        Ok(image) => {
            let mut examined = vec![examine_master_key(config, image.as_ref(), has_data)];
            if let Some(image) = image {
                examined.push(examine_header(config, &image, &database));
                let taken = config.declared_clients.iter().filter(|declared| is_taken(&image, declared));
                examined.extend(taken.map(|declared| {
                    let id = &declared.client.id;
                    let cause = crate::acts::DeclarationError::Taken(id.clone());
                    Examined::stopped("clients", id, cause)
                }));
            }
            examined
        }
        Err(cause) => vec![examine_master_key(config, None, has_data), Examined::stopped("data_dir", "", cause)],
    }
}

/// The database belongs to this mode and issuer.
fn examine_header(config: &Config, image: &StillImage, database: &Path) -> Examined {
    let verdict: Result<(), StartError> = match image.header() {
        Ok(header) if header.mode != config.mode.as_str() => Err(OpenError::OtherMode { stored: header.mode }.into()),
        Ok(_) => match image.refusal_of_issuer(config.issuer()) {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => Err(refusal.into()),
            Err(cause) => Err(cause.into()),
        },
        Err(cause) => Err(cause.into()),
    };
    let key = match &verdict {
        Err(StartError::Open(OpenError::OtherIssuer { .. })) => "public_url",
        Ok(()) | Err(_) => "data_dir",
    };
    Examined::new(key, database.display(), verdict.map_err(Fault::from))
}

/// Whether a client of the file was created by command as well.
fn is_taken(image: &StillImage, declared: &DeclaredClient) -> bool {
    let found = image.read(|tx| clients::find(tx, &declared.client.id));
    matches!(found, Ok(Some(known)) if known.origin == ClientOrigin::Declared)
}

/// The key is there, is its owner's, and is the one of this database; at a first start it may be made.
fn examine_master_key(config: &Config, image: Option<&StillImage>, has_data: bool) -> Examined {
    const KEY: &str = "master_key_file";
    let Some(place) = master_key_place(config) else { return Examined::new(KEY, "memory", Ok(())) };
    let subject = place.path.display();
    let has_keys = image
        .map_or(has_data, |image| image.read(|tx| signing_keys::list(tx, 1)).map_or(true, |listed| !listed.is_empty()));
    let named = image.and_then(|image| image.read(signing_keys::sealing_key).ok().flatten());
    match MasterKeyChange::at(&place.path).look(named.as_deref()) {
        Err(MasterKeyError::Missing(_)) if place.may_be_made && !has_keys => {
            Examined { is_to_be_made: true, ..Examined::new(KEY, subject, Ok(())) }
        }
        Err(cause) => Examined::stopped(KEY, "", cause),
        Ok(key) => {
            let opened: Result<(), StartError> = match image {
                Some(image) => {
                    look_at_keys(image, &key).map(drop).map_err(|cause| keys::unreadable(config, &key, cause))
                }
                None => Ok(()),
            };
            match opened {
                Ok(()) => Examined::new(KEY, subject, Ok(())),
                Err(cause) => Examined::wrong(KEY, "", cause),
            }
        }
    }
}
