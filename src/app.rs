//! The handles that acts and endpoints work with. No behaviour.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::{KeptMacKeys, Keyring, MacKey, MasterKey, MasterKeys, PasskeySite, PasswordLane, Random};
use crate::directory::Directory;
use crate::domain::{Limiter, Samples};
use crate::fetch::{LeakedPasswords, MailExchanges, RelyingParties};
use crate::logs::Counts;
use crate::mail::Mailbox;
use crate::render::Renderer;
use crate::store::Store;

/// Keys of message authentication codes, one for each purpose.
pub struct MacKeys {
    /// Tokens of forms.
    pub csrf: MacKey,
    /// `sid` claims.
    pub sid: MacKey,
    /// Names of what attempts are counted for.
    pub attempts: MacKey,
    /// Codes that are mailed.
    pub mailed_codes: MacKey,
    /// Keys that are offered to applications, and recovery codes.
    pub second_factors: MacKey,
}

impl MacKeys {
    /// What each is for, in the order of the fields.
    pub const PURPOSES: [&'static str; 5] = ["csrf", "sid", "attempts", "mailed codes", "second factors"];

    /// Those of a master key; those that were kept when it took the place of another one.
    pub fn of(master_key: &MasterKey, kept: Option<&KeptMacKeys>) -> Self {
        let [csrf, sid, attempts, mailed_codes, second_factors] = Self::PURPOSES
            .map(|purpose| kept.and_then(|kept| kept.find(purpose)).unwrap_or_else(|| master_key.mac_key(purpose)));
        Self { csrf, sid, attempts, mailed_codes, second_factors }
    }
}

/// One instance; a clone is the same one.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl App {
    /// An instance of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The same instance with other parts where `change` puts them.
    pub fn with(&self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Parts::clone(&self.0);
        change(&mut parts);
        Self::new(parts)
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What an instance is made of.
#[derive(Clone)]
pub struct Parts {
    /// What the operator chose.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// Random values.
    pub random: Random,
    /// The database.
    pub store: Store,
    /// Companies and administrations by SIRET.
    pub directory: Directory,
    /// What secrets at rest are sealed with.
    pub master_keys: MasterKeys,
    /// Signing keys.
    pub keyring: Keyring,
    /// Password hashing.
    pub passwords: PasswordLane,
    /// Who is asked whether a password was leaked, where the configuration says so.
    pub leaked_passwords: Arc<LeakedPasswords>,
    /// Services that are told that a session is over.
    pub relying_parties: Arc<RelyingParties>,
    /// Who is asked whether a domain takes mail.
    pub mail_exchanges: Arc<MailExchanges>,
    /// What authenticators are asked; none where browsers allow no passkeys.
    pub passkeys: Option<Arc<PasskeySite>>,
    /// Keys of message authentication codes.
    pub keys: Arc<MacKeys>,
    /// Attempts counted.
    pub limiter: Arc<Mutex<Limiter>>,
    /// What was turned away, of which the audit has samples.
    pub turned_away: Arc<Mutex<Samples>>,
    /// Acts counted, for the metrics.
    pub counts: Counts,
    /// Pages and mails.
    pub renderer: Arc<Renderer>,
    /// Where mails go that leave the outbox.
    pub mailbox: Mailbox,
    /// The file that says how far the database has come; none where it is in memory.
    pub high_water: Option<Arc<PathBuf>>,
    /// Whether periodic work dies again and again.
    pub ails: Arc<AtomicBool>,
    /// Set once the instance is told to stop: from then on it is not ready.
    pub stopping: Arc<AtomicBool>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").field("issuer", &self.config.issuer()).finish_non_exhaustive()
    }
}
