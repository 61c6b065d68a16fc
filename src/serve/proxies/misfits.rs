//! Connections that come otherwise than `proxies.header = "proxy-protocol"` lets them: most likely the configuration, or
//! that of the proxy, is wrong, and nobody gets in. The operator is told, once a minute and kind.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;

/// How long nothing more is said of a kind.
const QUIET: Duration = Duration::from_secs(60);

/// In what way a connection does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Misfit {
    /// It comes from an address that is none of a declared proxy.
    Stranger,
    /// A declared proxy does not say for whom it connects.
    Unannounced,
}

/// When each kind was told last.
#[derive(Debug, Default)]
pub(in crate::serve) struct Misfits {
    told: Mutex<[Option<Instant>; 2]>,
}

impl Misfits {
    /// Tells the operator, unless that was done within the minute.
    pub(in crate::serve) fn tell(&self, misfit: Misfit, peer: IpAddr) {
        if !self.is_to_be_told(misfit, clock::machine_instant()) {
            return;
        }
        match misfit {
            Misfit::Stranger => {
                tracing::warn!(%peer, "a connection was turned away: it comes from none of the proxies in proxies.trusted");
            }
            Misfit::Unannounced => tracing::warn!(
                %peer,
                "a connection of a declared proxy was turned away: it begins without a header of the PROXY protocol"
            ),
        }
    }

    fn is_to_be_told(&self, misfit: Misfit, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let [stranger, unannounced] = &mut *told;
        let last = match misfit {
            Misfit::Stranger => stranger,
            Misfit::Unannounced => unannounced,
        };
        let is_due = last.is_none_or(|last| now.saturating_duration_since(last) >= QUIET);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_159_each_kind_is_told_once_a_minute() {
        let (misfits, now) = (Misfits::default(), clock::machine_instant());
        for (misfit, seconds, is_told) in [
            (Misfit::Stranger, 0, true),
            (Misfit::Stranger, 0, false),
            (Misfit::Unannounced, 1, true),
            (Misfit::Stranger, 59, false),
            (Misfit::Stranger, 60, true),
            (Misfit::Unannounced, 60, false),
            (Misfit::Unannounced, 61, true),
        ] {
            let at = now + Duration::from_secs(seconds);
            assert_eq!(misfits.is_to_be_told(misfit, at), is_told, "{misfit:?} after {seconds} s");
        }
    }
}
