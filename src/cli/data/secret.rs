//! What protects a backup, and how it is given: in files or on standard input, never as an argument that others can see.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::acts::BackupSecret;
use crate::cli::Ending;
use crate::cli::spelling::parse_path;
use crate::crypto::is_open_to_everybody;

/// The most bytes of a passphrase.
const MOST_BYTES: u64 = 4_096;

/// What protects a backup.
#[derive(Debug, Args)]
pub(in crate::cli) struct SecretArguments {
    /// A file whose first line is the passphrase of the backup; `-` reads it from standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "key_file", value_parser = parse_path)]
    pub(super) passphrase_file: Option<PathBuf>,
    /// A file with 32 bytes in base64 that are the key of the backup.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    pub(super) key_file: Option<PathBuf>,
}

impl SecretArguments {
    /// What was given, read.
    ///
    /// # Errors
    /// When the passphrase cannot be read.
    pub(super) fn read(&self) -> Result<Option<BackupSecret>, Ending> {
        match (&self.passphrase_file, &self.key_file) {
            (Some(file), _) => Ok(Some(BackupSecret::Passphrase(first_line(file)?))),
            (None, Some(file)) => Ok(Some(BackupSecret::KeyFile(absolute(file)?))),
            (None, None) => Ok(None),
        }
    }
}

fn first_line(file: &Path) -> Result<Zeroizing<String>, Ending> {
    let mut text = Zeroizing::new(String::new());
    let read = match file.to_str() {
        Some("-") => std::io::stdin().take(MOST_BYTES).read_to_string(&mut text),
        Some(_) | None
            if std::fs::metadata(file).is_ok_and(|found| found.is_file() && is_open_to_everybody(&found)) =>
        {
            return Err(Ending::refused(format!(
                "--passphrase-file {}: everybody on this machine may read it: chmod 600 it",
                file.display()
            )));
        }
        Some(_) | None => std::fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text)),
    };
    read.map_err(|cause| Ending::refused(format!("--passphrase-file {}: {cause}", file.display())))?;
    let line = text.lines().next().unwrap_or_default();
    match line.is_empty() {
        true => Err(Ending::refused(format!("--passphrase-file {}: the first line is empty", file.display()))),
        false => Ok(Zeroizing::new(line.to_owned())),
    }
}

/// The path as another process needs it.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Ending> {
    std::path::absolute(path).map_err(|cause| Ending::refused(format!("{}: {cause}", path.display())))
}
