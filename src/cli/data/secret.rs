//! What protects a backup, and how it is given: in files or on standard input, never as an argument that others can see.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::acts::BackupSecret;
use crate::cli::Ending;
use crate::cli::spelling::parse_path;
use crate::crypto::is_open_to_everybody;

/// What protects a backup.
#[derive(Debug, Args)]
pub(in crate::cli) struct SecretArguments {
    /// A file whose first line is the passphrase of the backup, of at most 4096 bytes; `-` reads it from standard input.
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
            (Some(file), _) => passphrase(file).map(Some),
            (None, Some(file)) => Ok(Some(BackupSecret::KeyFile(absolute(file)?))),
            (None, None) => Ok(None),
        }
    }
}

fn passphrase(file: &Path) -> Result<BackupSecret, Ending> {
    let refused =
        |cause: &dyn std::fmt::Display| Ending::refused(format!("--passphrase-file {}: {cause}", file.display()));
    // Enough to see that it is too long, with the end of its line.
    let most = u64::try_from(BackupSecret::MOST_PASSPHRASE_BYTES.saturating_add(2)).unwrap_or(u64::MAX);
    let mut bytes = Zeroizing::new(Vec::new());
    let read = match file.to_str() {
        Some("-") => std::io::stdin().take(most).read_to_end(&mut bytes),
        Some(_) | None
            if std::fs::metadata(file).is_ok_and(|found| found.is_file() && is_open_to_everybody(&found)) =>
        {
            return Err(refused(&"everybody on this machine may read it: chmod 600 it"));
        }
        Some(_) | None => std::fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    read.map_err(|cause| refused(&cause))?;
    let (line, has_end) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (bytes.get(..end).unwrap_or_default(), true),
        None => (bytes.as_slice(), false),
    };
    let line = line.strip_suffix(b"\r").filter(|_| has_end).unwrap_or(line);
    match line.is_empty() {
        true => Err(refused(&"the first line is empty")),
        false => BackupSecret::passphrase(line).map_err(|cause| refused(&cause)),
    }
}

/// The path as another process needs it.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Ending> {
    std::path::absolute(path).map_err(|cause| Ending::refused(format!("{}: {cause}", path.display())))
}
