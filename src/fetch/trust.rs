//! Whom a service has to be: its certificate is always checked, at the time of our clock, against the authorities of the
//! system, or those of Mozilla where the system has none.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::clock::Clock;

/// The time that certificates are judged by.
#[derive(Debug)]
struct Time(Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.now().0)))
    }
}

/// TLS as every call has it; the library's words where it refuses its own settings.
pub(super) fn connector(clock: &Clock) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let (_usable, _unusable) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let building = ClientConfig::builder_with_details(Arc::new(default_provider()), Arc::new(Time(clock.clone())));
    let building = building.with_safe_default_protocol_versions().map_err(|cause| cause.to_string())?;
    Ok(TlsConnector::from(Arc::new(building.with_root_certificates(roots).with_no_client_auth())))
}
