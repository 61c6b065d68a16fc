//! The browsers that a person made trusted, as they see them and take their trust back (SEC-81).

use crate::acts::known_browsers::take_trust_back;
use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{AuditEvent, BrowserTrust, HandleKey, KnownBrowser, User};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, known_browsers, trusted_browsers};

/// One of them.
#[derive(Debug, Clone)]
pub struct TrustedBrowser {
    /// How it is named: 16 hexadecimal digits.
    pub name: String,
    /// Since when, until when, and what it said of itself.
    pub trust: BrowserTrust,
    /// Whether it is the one that looks.
    pub is_this_one: bool,
}

/// The trusted browsers of a person, the one that looks first, then the latest first. `cookie` is by what the browser that
/// looks is known.
///
/// # Errors
/// When the store fails.
pub fn list_trusted_browsers(
    app: &App,
    active: &ActiveSession,
    cookie: Option<&str>,
) -> Result<Vec<TrustedBrowser>, ActError> {
    let own = cookie.and_then(crypto::parse_handle::<KnownBrowser>);
    let now = app.clock.now();
    let found = app.store.read(|tx| find_trusted(tx, &active.user, now))?;
    let browser = |(key, trust)| TrustedBrowser { name: browser_name(&key), trust, is_this_one: Some(key) == own };
    let mut browsers: Vec<TrustedBrowser> = found.into_iter().map(browser).collect();
    browsers.sort_by_key(|browser| (!browser.is_this_one, std::cmp::Reverse(browser.trust.since)));
    Ok(browsers)
}

/// Takes the trust of one browser of the person back, or of all where no name is given: the next sign-in in it is asked for
/// a code again. Of how many it was.
///
/// # Errors
/// When the store fails.
pub async fn distrust_browsers(
    app: &App,
    by: &By,
    active: &ActiveSession,
    name: Option<String>,
) -> Result<usize, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (user, now) = (active.user.clone(), app.clock.now());
    let taken_back = app
        .store
        .write(move |tx| {
            let mut taken_back = 0_usize;
            for (key, _) in find_trusted(tx, &user, now)? {
                let found = browser_name(&key);
                if name.as_ref().is_none_or(|name| *name == found) && take_trust_back(tx, &key)? {
                    taken_back = taken_back.saturating_add(1);
                    let event = AuditEvent::BrowserDistrusted { user_id: user.id, browser: found };
                    circumstances.record(tx, event)?;
                }
            }
            Ok(taken_back)
        })
        .await?;
    Ok(taken_back)
}

/// The browsers, by what their records lie under, the oldest trust first.
pub(super) fn find_trusted(
    tx: &impl Read,
    user: &User,
    now: Timestamp,
) -> Result<Vec<(HandleKey<KnownBrowser>, BrowserTrust)>, StoreError> {
    let mut found = Vec::new();
    for key in trusted_browsers::list(tx, user.id)? {
        let known = known_browsers::find(tx, &key)?.filter(|known| known.is_of(user, now) && known.is_trusted(now));
        found.extend(known.and_then(|known| known.trust).map(|trust| (key, trust)));
    }
    Ok(found)
}

/// The name under which a browser is shown: the first 8 bytes of a digest of the digest that it is stored by.
fn browser_name(key: &HandleKey<KnownBrowser>) -> String {
    let digest = crypto::sha256(key.digest());
    let first = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{first:016x}")
}
