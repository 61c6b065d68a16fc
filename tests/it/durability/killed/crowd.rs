//! Everybody who uses an instance that is killed or loses its power, at once, and what they were told.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use moncomptepro::store::{StillImage, StoreError};

use super::Moment;
use super::clients::{Clerk, Desk, Visitor};
use super::ledger::Ledger;
use crate::durability::dice::Dice;

/// Browsers at work at once.
const VISITORS: usize = 6;

/// Everybody who uses the instance.
pub(in crate::durability) struct Crowd {
    visitors: Vec<Visitor>,
    clerk: Option<Clerk>,
    secret: String,
    ledger: Arc<Mutex<Ledger>>,
    results: Arc<AtomicUsize>,
}

impl Crowd {
    /// Comes to an instance that runs.
    pub(in crate::durability) async fn gather(desk: &Desk, port: u16, dice: &mut Dice) -> Self {
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let clerk = Clerk::new(desk, dice.roll());
        let secret = clerk.make_client().await;
        let mut visitors = Vec::new();
        for _ in 0..VISITORS {
            visitors.push(Visitor::enter(&clerk, &secret, (port, dice.roll()), &ledger).await);
        }
        Self { visitors, clerk: Some(clerk), secret, ledger, results: Arc::default() }
    }

    /// How much was acknowledged.
    pub(in crate::durability) fn results(&self) -> usize {
        self.results.load(Ordering::SeqCst)
    }

    /// The same, by kind.
    pub(in crate::durability) fn census(&self) -> String {
        format!("{} results acknowledged: {}", self.results(), self.ledger.lock().unwrap().census())
    }

    /// Works until `end` ends the instance, at its moment. Gives what somebody met that must not be.
    pub(in crate::durability) async fn work(&mut self, port: u16, moment: Moment, end: impl FnOnce()) -> Vec<String> {
        let begun = self.results();
        let mut browsers = tokio::task::JoinSet::new();
        for mut visitor in std::mem::take(&mut self.visitors) {
            let (ledger, results) = (Arc::clone(&self.ledger), Arc::clone(&self.results));
            browsers.spawn(async move {
                while visitor.act(port, &ledger).await.is_ok() {
                    results.fetch_add(1, Ordering::SeqCst);
                }
                visitor
            });
        }
        let (ledger, results, mut clerk) =
            (Arc::clone(&self.ledger), Arc::clone(&self.results), self.clerk.take().unwrap());
        let office = tokio::spawn(async move {
            while clerk.act(&ledger).await.is_ok() {
                results.fetch_add(1, Ordering::SeqCst);
            }
            clerk
        });
        match moment {
            Moment::Results(count) => {
                while self.results() < begun + count && !browsers.is_empty() {
                    tokio::task::yield_now().await;
                }
            }
            Moment::After(time) | Moment::Starting(time) => tokio::time::sleep(time).await,
        }
        end();
        let mut amiss = Vec::new();
        while let Some(visitor) = browsers.join_next().await {
            match visitor {
                Ok(visitor) => self.visitors.push(visitor),
                Err(cause) => amiss.push(cause.to_string()),
            }
        }
        self.clerk = Some(office.await.unwrap());
        amiss
    }

    /// Holds the data of this directory against what was noted, as they lie there: nothing is written.
    pub(in crate::durability) fn verify(&self, data: &Path) -> Result<(), String> {
        let image = StillImage::of_directory(data).map_err(|error| format!("not opened: {error}"))?;
        let now = moncomptepro::clock::Clock::system().now();
        let report = image.check(now).map_err(|error: StoreError| format!("not read: {error}"))?;
        if !report.is_sound() {
            let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
            return Err(format!("not sound: {findings:?}"));
        }
        let ledger = self.ledger.lock().unwrap();
        image.read(|tx| Ok(ledger.verify(tx))).map_err(|error| error.to_string())?
    }

    /// Presents the last codes that were redeemed; gives those that work again.
    pub(in crate::durability) async fn look_back(&self, port: u16, count: usize) -> Vec<String> {
        let codes = self.ledger.lock().unwrap().latest_redeemed(count);
        let mut failures = Vec::new();
        for code in &codes {
            if Visitor::redeem_again(port, &self.secret, code).await {
                failures.push(format!("redeemed a second time after the last start: {code}"));
            }
        }
        failures
    }
}
