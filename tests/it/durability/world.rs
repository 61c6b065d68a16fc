//! An instance without sockets, on a disk of the test: its acts, its clock and its random values are those of a seed.

use std::sync::Arc;
use std::time::Duration;

use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::store::{Location, OpenError, Opening, StorageBackend, Store};
use moncomptepro::{dev, site};

use crate::support::MORNING;

/// How the store of these instances is opened.
pub(crate) fn opening() -> Opening {
    Opening {
        location: Location::Memory,
        cache_bytes: 1024 * 1024,
        mode: String::from("dev"),
        issuer: String::from("http://localhost:3000"),
        instance_id: String::from("durability"),
        accept_issuer_change: false,
        now: MORNING,
    }
}

/// An instance with the seeded people, organizations and clients.
pub(crate) async fn begin(seed: u64, backend: Arc<dyn StorageBackend>) -> App {
    let config = Config::dev(DevOptions::default(), 3000);
    let app = site::start(config, Clock::manual(MORNING), Random::seeded(seed)).await.unwrap();
    let app = on(&app, backend).unwrap();
    dev::seed(&app).await.unwrap();
    app
}

/// The same instance on another disk, or on the same one after a restart.
pub(crate) fn on(app: &App, backend: Arc<dyn StorageBackend>) -> Result<App, OpenError> {
    let store = Store::open_on(backend, opening(), [Duration::from_millis(1); 3])?;
    Ok(app.with(|parts| parts.store = store))
}
