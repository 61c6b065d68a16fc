//! What is under way in one browser, whoever is signed in in it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BrowserSession, HandleKey, Interaction};

/// How long a browser keeps one handle at most; every change of privilege ends it sooner.
pub const PRE_SESSION_LIFETIME: Duration = Duration::from_secs(48 * 3600);

/// How many sign-ins may be under way in one browser.
pub const MAX_PENDING: usize = 20;

/// A record of the store: what the handle of a browser opens. A handle without a record is one of a visitor who has
/// begun nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreSession {
    /// In use.
    Current {
        /// The sign-ins under way, the oldest first; those that are over may still be named.
        pending: Vec<HandleKey<Interaction>>,
    },
    /// A change of privilege gave the browser another handle: this one opens nothing any more.
    Replaced {
        /// The handle in use since.
        by: HandleKey<PreSession>,
        /// The session that began with the change.
        session: Option<HandleKey<BrowserSession>>,
    },
}

/// Adds one more to the sign-ins under way in a browser; gives those that are dropped for it, the oldest.
pub fn admit(
    mut pending: Vec<HandleKey<Interaction>>,
    begun: HandleKey<Interaction>,
) -> (Vec<HandleKey<Interaction>>, Vec<HandleKey<Interaction>>) {
    pending.push(begun);
    let too_many = pending.len().saturating_sub(MAX_PENDING);
    let kept = pending.split_off(too_many);
    (kept, pending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Timestamp;

    #[test]
    fn sec_23_the_oldest_sign_ins_make_room_for_the_newest() {
        let key = |number: u8| HandleKey::<Interaction>::new(Timestamp(1), [number; 32]);
        let mut pending = Vec::new();
        for number in 0..20 {
            let (kept, dropped) = admit(pending, key(number));
            assert!(dropped.is_empty());
            pending = kept;
        }
        let (kept, dropped) = admit(pending, key(20));
        assert_eq!((kept.len(), kept.first(), kept.last()), (MAX_PENDING, Some(&key(1)), Some(&key(20))));
        assert_eq!(dropped, [key(0)]);
    }
}
