//! An instance inside the test's process.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::{self, Accounts, Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::domain::{AuditEvent, AuditRecord, User, UserState};
use moncomptepro::mail::ReceivedMail;
use moncomptepro::protocol::Timestamp;
use moncomptepro::serve::Limits;
use moncomptepro::store::{Location, Opening, Store, audit, outbox, users};
use moncomptepro::{dev, serve, site};

use super::{Disk, Person, RelyingParty, tls};

/// When every story begins: Monday 23 November 2026, 09:00 UTC.
pub(crate) const MORNING: Timestamp = Timestamp(1_795_424_400);

pub(crate) struct Instance {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    /// Where requests are sent: `http://localhost:PORT`, or over TLS.
    pub(crate) address: String,
    /// The certificate that it shows, over TLS.
    pub(crate) certificate: Option<Vec<u8>>,
    /// Its TLS.
    pub(crate) tls: Option<serve::Tls>,
    /// What is measured of it.
    pub(crate) metrics: site::Metrics,
    /// What its sockets have seen.
    pub(crate) counters: serve::Counters,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    serving: Option<tokio::task::JoinHandle<()>>,
    /// Commands are answered until it is told or dropped.
    commands: tokio::sync::watch::Sender<bool>,
    commanded: Option<tokio::task::JoinHandle<()>>,
}

/// The same, and a known address and an unknown one lead to the same page.
pub(crate) fn hiding(config: Config) -> Config {
    Config { accounts: Accounts { hide_existence: true, ..config.accounts }, ..config }
}

impl Instance {
    /// A development instance as anybody starts it.
    pub(crate) async fn dev() -> Self {
        Self::dev_with(DevOptions::default()).await
    }

    /// A development instance in which a known address and an unknown one lead to the same page.
    pub(crate) async fn hiding() -> Self {
        Self::start(|port| hiding(Config::dev(DevOptions::default(), port))).await
    }

    /// A development instance with the limits of production, in which a password is not enough in a new browser.
    pub(crate) async fn strict() -> Self {
        Self::start(|port| Config {
            limits: config::Limits::standard(),
            accounts: Accounts::STANDARD,
            ..Config::dev(DevOptions::default(), port)
        })
        .await
    }

    pub(crate) async fn dev_with(options: DevOptions) -> Self {
        Self::start(|port| Config::dev(options, port)).await
    }

    /// A production instance behind a proxy of this machine, on the data of `directory`.
    pub(crate) async fn production(directory: &Path) -> Self {
        let file = directory.join("config.toml");
        let data_dir = directory.join("data");
        let text = format!(
            "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:8080\"\n\
             tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
        );
        std::fs::write(&file, text).unwrap();
        Self::on_file(&file).await
    }

    /// The instance that a configuration file describes, on a port of its own.
    pub(crate) async fn on_file(file: &Path) -> Self {
        Self::start(|port| Config { port, ..Config::from_file(file).unwrap() }).await
    }

    /// An instance with something else in the place of one of its parts.
    pub(crate) async fn changed(config: impl FnOnce(u16) -> Config, change: impl FnOnce(App) -> App) -> Self {
        let bound = serve::bind(&[IpAddr::V4(Ipv4Addr::LOCALHOST)], 0, false).await.unwrap();
        let config = config(bound.port());
        let app = site::start(config, Clock::manual(MORNING), Random::system()).await.unwrap();
        Self::serve(bound, change(app), |_| {})
    }

    /// A development instance whose sockets have other limits.
    pub(crate) async fn dev_with_limits(change: impl FnOnce(&mut Limits)) -> Self {
        Self::start_with(|port| Config::dev(DevOptions::default(), port), change).await
    }

    /// A production instance over TLS, with a certificate of its own, on the data of `directory`.
    pub(crate) async fn over_tls(directory: &Path) -> Self {
        Self::over_tls_with(directory, |_| {}).await
    }

    /// The same with other limits.
    pub(crate) async fn over_tls_with(directory: &Path, change: impl FnOnce(&mut Limits)) -> Self {
        let config = |port| {
            let (file, data_dir) = (directory.join("config.toml"), directory.join("data"));
            let text = format!(
                "public_url = \"https://localhost:{port}\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:{port}\"\n\
                 keys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
            );
            std::fs::write(&file, text).unwrap();
            Config::from_file(&file).unwrap()
        };
        Self::start_with(config, change).await
    }

    /// A development instance over TLS, on the data of `directory`, where services show their certificates at a port of its own.
    pub(crate) async fn over_mutual_tls(directory: &Path) -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let bound = serve::bind(&[loopback], 0, false).await.unwrap();
        let mutual = serve::bind(&[loopback], 0, false).await.unwrap();
        let issuer = format!("https://localhost:{}", bound.port()).parse().unwrap();
        let options =
            DevOptions { issuer: Some(issuer), data_dir: Some(directory.join("data")), ..DevOptions::default() };
        let config = Config {
            tls: config::Tls::SelfSigned,
            mutual_tls: Some((loopback, mutual.port()).into()),
            ..Config::dev(options, bound.port())
        };
        let app = site::start(config, Clock::manual(MORNING), Random::system()).await.unwrap();
        Self::serve(bound.with_certificates_at(mutual), app, |_| {})
    }

    pub(crate) async fn start(config: impl FnOnce(u16) -> Config) -> Self {
        Self::start_with(config, |_| {}).await
    }

    /// An instance that goes by this clock.
    pub(crate) async fn with_clock(config: impl FnOnce(u16) -> Config, clock: Clock) -> Self {
        Self::begin(config, clock, |_| {}).await
    }

    /// Starts with other limits of the sockets.
    pub(crate) async fn start_with(config: impl FnOnce(u16) -> Config, change: impl FnOnce(&mut Limits)) -> Self {
        Self::begin(config, Clock::manual(MORNING), change).await
    }

    async fn begin(config: impl FnOnce(u16) -> Config, clock: Clock, change: impl FnOnce(&mut Limits)) -> Self {
        let bound = serve::bind(&[IpAddr::V4(Ipv4Addr::LOCALHOST)], 0, false).await.unwrap();
        let port = bound.port();
        let app = site::start(config(port), clock, Random::system()).await.unwrap();
        Self::serve(bound, app, change)
    }

    /// A development instance whose database lies on this disk.
    pub(crate) async fn on_disk(disk: &Arc<Disk>) -> Self {
        Self::on_disk_with_cache(disk, 64 << 20).await
    }

    /// The same with so many bytes of memory for what was read; with none, every look-up reads from the disk.
    pub(crate) async fn on_disk_with_cache(disk: &Arc<Disk>, cache_bytes: usize) -> Self {
        Self::on_disk_with(disk, cache_bytes, |port| Config::dev(DevOptions::default(), port)).await
    }

    /// The same with this configuration.
    pub(crate) async fn on_disk_with(disk: &Arc<Disk>, cache_bytes: usize, config: impl FnOnce(u16) -> Config) -> Self {
        let bound = serve::bind(&[IpAddr::V4(Ipv4Addr::LOCALHOST)], 0, false).await.unwrap();
        let config = config(bound.port());
        let app = site::start(config, Clock::manual(MORNING), Random::system()).await.unwrap();
        let opening = Opening {
            location: Location::Memory,
            cache_bytes,
            mode: app.config.mode.as_str().to_owned(),
            issuer: app.config.issuer().to_owned(),
            instance_id: String::from("on-a-disk"),
            accept_issuer_change: false,
            now: MORNING,
        };
        let store = Store::open_on(disk.backend(), opening, [Duration::from_millis(1); 3]).unwrap();
        let there = Arc::clone(disk);
        let app = app.with(|parts| parts.store = store.with_room(Arc::new(move || there.room())));
        dev::seed(&app).await.unwrap();
        Self::serve(bound, app, |_| {})
    }

    /// Serves an application that stands already.
    fn serve(bound: serve::Bound, app: App, change: impl FnOnce(&mut Limits)) -> Self {
        let reception = site::Reception::new(app.clone(), site::routes(&app));
        let mut settings = site::settings(&app.config, app.clock.now()).unwrap();
        change(&mut settings.limits);
        let metrics = site::Metrics::new(app.clone(), reception.requests().clone(), &settings, None);
        let (tls, counters) = (settings.tls.clone(), settings.counters.clone());
        let certificate = tls.as_ref().map(serve::Tls::certificate);
        let port = bound.port();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let answer = move |request, client| {
            let reception = reception.clone();
            async move { reception.answer(request, client).await }
        };
        let serving = tokio::spawn(async move {
            let told = async {
                // An instance dropped is an instance told to stop.
                let _ended = stopped.await;
            };
            serve::run(bound, settings, answer, told).await;
        });
        let (commands, told) = tokio::sync::watch::channel(false);
        let commanded = site::listen_for_commands(&app, told).unwrap();
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://localhost:{port}");
        let clock = app.clock.clone();
        let (stop, serving) = (Some(stop), Some(serving));
        Self { app, clock, address, certificate, tls, metrics, counters, stop, serving, commands, commanded }
    }

    /// Stops the instance; its database is closed when this returns.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
        self.commands.send_replace(true);
        if let Some(commanded) = self.commanded.take() {
            commanded.await.unwrap();
        }
    }

    /// A cookie of an earlier run in development mode: its name carries the port of that run.
    pub(crate) fn renamed(&self, cookie: &str) -> String {
        format!("{}{}", self.app.config.cookies.prefix, cookie.splitn(3, '-').nth(2).unwrap())
    }

    /// An administrator disables an account.
    pub(crate) async fn disable(&self, address: &str) {
        let (email, at) = (address.parse().unwrap(), self.clock.now());
        self.app
            .store
            .write(move |tx| {
                let user = users::find_by_email(tx, &email)?.unwrap();
                users::update(tx, &User { state: UserState::Disabled { at }, ..user })
            })
            .await
            .unwrap();
    }

    /// How many acts were recorded; samples of what was turned away are none.
    pub(crate) fn recorded_acts(&self) -> usize {
        let is_act = |record: &AuditRecord| !matches!(record.event, AuditEvent::RequestsTurnedAway { .. });
        self.audit().iter().filter(|record| is_act(record)).count()
    }

    /// The trail, the latest record first.
    pub(crate) fn audit(&self) -> Vec<AuditRecord> {
        let entries = self.app.store.read(|tx| audit::list_latest(tx, None, 10_000)).unwrap();
        entries.into_iter().map(|entry| entry.record).collect()
    }

    /// How many mails wait in the outbox for this address.
    pub(crate) fn mails_waiting_for(&self, address: &str) -> usize {
        let waiting = self.app.store.read(|tx| outbox::list(tx, None, 10_000)).unwrap();
        waiting.iter().filter(|queued| queued.mail.to.as_str() == address).count()
    }

    /// The mails that were written to this address, the latest first, in the words of their reader.
    pub(crate) async fn mails_to(&self, address: &str) -> Vec<ReceivedMail> {
        acts::deliver_to_mailbox(&self.app).await.unwrap();
        self.app.mailbox.list(Some(address))
    }

    /// The last code that was mailed to this address.
    pub(crate) async fn code_of(&self, address: &str) -> String {
        let mails = self.mails_to(address).await;
        mails.first().and_then(ReceivedMail::code).unwrap_or_else(|| panic!("no code to {address}"))
    }

    /// The last link that was mailed to this address.
    pub(crate) async fn link_of(&self, address: &str) -> String {
        let mails = self.mails_to(address).await;
        mails.first().and_then(ReceivedMail::link).unwrap_or_else(|| panic!("no link to {address}")).to_owned()
    }

    /// A client of the wire that trusts this instance.
    pub(crate) fn http(&self) -> reqwest::ClientBuilder {
        tls::http(self.certificate.clone())
    }

    /// A person with a fresh browser.
    pub(crate) fn person(&self) -> Person {
        Person::new(self.address.clone(), self.app.config.issuer().to_owned(), self.certificate.clone())
    }

    /// A person with a fresh browser on a machine of their own, known by the last two numbers of its address.
    pub(crate) fn person_at(&self, third: u8, fourth: u8) -> Person {
        let machine = Ipv4Addr::new(127, 0, third, fourth).into();
        Person::at(Some(machine), self.address.clone(), self.app.config.issuer().to_owned(), self.certificate.clone())
    }

    /// The seeded client with OpenID types.
    pub(crate) fn standard_client(&self) -> RelyingParty {
        let redirect_uri = "http://localhost:4000/login-callback";
        RelyingParty::new(self, "standard_client_id", "standard_client_secret", redirect_uri)
    }

    /// The seeded client of the test tools.
    pub(crate) fn test_client(&self) -> RelyingParty {
        RelyingParty::new(self, "test-id", "test-secret", "http://localhost:9009/auth/callback")
    }

    /// The seeded client of December 2022.
    pub(crate) fn legacy_client(&self) -> RelyingParty {
        let redirect_uri = "http://localhost:4000/login-callback";
        RelyingParty::new(self, "legacy_client_id", "legacy_client_secret", redirect_uri)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _receiver_may_be_gone = stop.send(());
        }
    }
}
