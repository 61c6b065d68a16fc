//! How an instance is reached: its certificate, its proxies, the limits of its connections.

use super::StartError;
use crate::clock::Clock;
use crate::config::{Config, DataLocation, Tls};
use crate::protocol::Timestamp;
use crate::serve::{self, Hangups, Limits, Settings, SourceLimits};

/// Of the connections of one source, how many may stand without an answered request.
const MOST_UNPROVEN: usize = 64;

/// What the configuration says about sockets, with the certificate read or made.
///
/// # Errors
/// The certificate or key that cannot be used, and why.
pub fn settings(config: &Config, now: Timestamp) -> Result<Settings, StartError> {
    let host = config.public_url.host();
    let tls = match &config.tls {
        Tls::Off => None,
        Tls::Files { certificate, private_key } => Some(serve::Tls::from_files(certificate, private_key, host, now)?),
        Tls::SelfSigned => match &config.data {
            DataLocation::Directory(directory) => Some(serve::Tls::self_signed(directory, host, now)?),
            DataLocation::Memory => return Err(serve::TlsError::NowhereToKeep.into()),
        },
    };
    let per_source = config
        .connections
        .per_source
        .map(|connections| SourceLimits { connections, unproven: connections.min(MOST_UNPROVEN) });
    let limits = Limits { connections: config.connections.at_one_time, per_source, ..Limits::standard() };
    Ok(Settings { limits, tls, proxies: config.proxies.clone(), counters: serve::Counters::default() })
}

/// Keeps the certificate fresh, for ever; without one there is nothing to read again.
pub(super) async fn renew(tls: Option<serve::Tls>, clock: Clock, mut hangups: Hangups) {
    match tls {
        Some(tls) => tls.keep_fresh(&clock, hangups, serve::Tls::LOOK_EVERY).await,
        None => loop {
            hangups.next().await;
            tracing::info!("asked to read the certificate again: there is none, tls.mode is off");
        },
    }
}
