//! The configuration file of production.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::{
    Config, CookiePolicy, DataLocation, Limits, MalformedPublicUrl, Mode, NEUTRAL_NAME, PasswordCost, PublicUrl,
    UnknownClients,
};
use crate::domain::AcrVocabulary;

/// Why a configuration is refused: what to mend, and where.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is not TOML, or holds a key or a value that cannot be.
    #[error("{path}: {cause}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, key and reason.
        cause: Box<toml::de::Error>,
    },
    /// `public_url` is not an address.
    #[error("public_url: {0}")]
    PublicUrl(#[from] MalformedPublicUrl),
    /// `public_url` is not over TLS.
    #[error("public_url: https is required; browsers and services must reach this instance over TLS")]
    NotHttps,
    /// `listen` would offer plain http to the network.
    #[error("listen: {0} is not a loopback address; put the TLS proxy on this machine and listen on 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// `keys.rsa_bits` is neither 2048, 3072 nor 4096.
    #[error("keys.rsa_bits: 2048, 3072 or 4096 are possible, not {0}")]
    RsaBits(u32),
}

/// The file as written. Every default stands here and in `config.example.toml`, and a test compares them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    public_url: String,
    data_dir: PathBuf,
    #[serde(default = "default_listen")]
    listen: SocketAddr,
    master_key_file: Option<PathBuf>,
    #[serde(default)]
    instance: InstanceSection,
    #[serde(default)]
    store: StoreSection,
    #[serde(default)]
    acr: AcrSection,
    #[serde(default)]
    keys: KeysSection,
    #[serde(default)]
    joining: JoiningSection,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct InstanceSection {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StoreSection {
    cache_mib: u16,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AcrSection {
    vocabulary: AcrVocabulary,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeysSection {
    rsa_bits: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct JoiningSection {
    allow_unverified: bool,
}

impl Default for InstanceSection {
    fn default() -> Self {
        Self { name: String::from(NEUTRAL_NAME) }
    }
}

impl Default for StoreSection {
    fn default() -> Self {
        Self { cache_mib: 64 }
    }
}

impl Default for KeysSection {
    fn default() -> Self {
        Self { rsa_bits: 3072 }
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

impl Config {
    /// Reads the configuration of production.
    ///
    /// # Errors
    /// What to mend, naming file, line and key.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
        let file = toml::from_str(&text)
            .map_err(|cause| ConfigError::Malformed { path: path.to_owned(), cause: Box::new(cause) })?;
        Self::check(file)
    }

    fn check(file: File) -> Result<Self, ConfigError> {
        let public_url: PublicUrl = file.public_url.parse()?;
        if !public_url.is_https() {
            return Err(ConfigError::NotHttps);
        }
        if !file.listen.ip().is_loopback() {
            return Err(ConfigError::NotLoopback(file.listen));
        }
        if !matches!(file.keys.rsa_bits, 2048 | 3072 | 4096) {
            return Err(ConfigError::RsaBits(file.keys.rsa_bits));
        }
        Ok(Self {
            mode: Mode::Serve,
            public_url,
            listen: vec![file.listen.ip()],
            port: file.listen.port(),
            local_names: false,
            data: DataLocation::Directory(file.data_dir),
            accept_issuer_change: false,
            cache_bytes: usize::from(file.store.cache_mib) << 20,
            master_key_file: file.master_key_file,
            instance_name: file.instance.name,
            trial: false,
            mailbox_page: false,
            cookies: CookiePolicy { prefix: String::from("__Host-"), secure: true },
            unknown_clients: UnknownClients::Refuse,
            local_redirects: false,
            acr_vocabulary: file.acr.vocabulary,
            allow_unverified_links: file.joining.allow_unverified,
            password_cost: PasswordCost::Machine,
            rsa_bits: file.keys.rsa_bits,
            limits: Limits::standard(),
            people_picker: None,
            automatic_sign_in: None,
            mark_tokens: false,
            fixtures: None,
        })
    }
}
