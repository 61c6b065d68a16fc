//! Who may connect: no source holds more than its share of the places.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::SourceLimits;

/// Counts the connections of each source.
pub(super) struct Admission {
    limits: Option<SourceLimits>,
    sources: Mutex<HashMap<IpAddr, Held>>,
}

#[derive(Default)]
struct Held {
    connections: usize,
    unproven: usize,
}

impl Admission {
    pub(super) fn new(limits: Option<SourceLimits>) -> Arc<Self> {
        Arc::new(Self { limits, sources: Mutex::new(HashMap::new()) })
    }

    fn sources(&self) -> MutexGuard<'_, HashMap<IpAddr, Held>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from `peer`, unless its source has its share already. `is_exempt`: it is not counted.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr, is_exempt: bool) -> Option<Admitted> {
        let counted = self.limits.filter(|_| !is_exempt);
        let Some(limits) = counted else { return Some(Admitted { counted: None, is_proven: AtomicBool::new(true) }) };
        let source = source_of(peer);
        let mut sources = self.sources();
        let held = sources.entry(source).or_default();
        if held.connections >= limits.connections || held.unproven >= limits.unproven {
            return None;
        }
        held.connections += 1;
        held.unproven += 1;
        Some(Admitted { counted: Some((Arc::clone(self), source)), is_proven: AtomicBool::new(false) })
    }

    fn change(&self, source: IpAddr, change: impl FnOnce(&mut Held)) {
        let mut sources = self.sources();
        if let Some(held) = sources.get_mut(&source) {
            change(held);
            // Nothing is remembered of who is gone.
            if held.connections == 0 {
                sources.remove(&source);
            }
        }
    }
}

/// The place of one connection; given back when dropped.
pub(super) struct Admitted {
    counted: Option<(Arc<Admission>, IpAddr)>,
    is_proven: AtomicBool,
}

impl Admitted {
    /// A request was answered on this connection.
    pub(super) fn prove(&self) {
        if self.is_proven.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some((admission, source)) = &self.counted {
            admission.change(*source, |held| held.unproven = held.unproven.saturating_sub(1));
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.prove();
        if let Some((admission, source)) = &self.counted {
            admission.change(*source, |held| held.connections = held.connections.saturating_sub(1));
        }
    }
}

/// An IPv4 address, or the /64 of an IPv6 address: what one customer of a network usually has.
fn source_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [first, second, third, fourth, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(first, second, third, fourth, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SourceLimits = SourceLimits { connections: 3, unproven: 2 };

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn sec_155_a_source_holds_its_share_and_others_are_not_concerned() {
        let admission = Admission::new(Some(LIMITS));
        let mut held: Vec<Admitted> = (0..2).map(|_| admission.admit(address("2001:db8::1"), false).unwrap()).collect();
        assert!(admission.admit(address("2001:db8::2"), false).is_none(), "the same /64, and nobody asked anything");
        assert!(admission.admit(address("2001:db8:0:1::1"), false).is_some(), "another /64");
        assert!(admission.admit(address("192.0.2.1"), false).is_some());
        held[0].prove();
        held[0].prove();
        held.push(admission.admit(address("2001:db8::2"), false).unwrap());
        held.iter().for_each(Admitted::prove);
        assert!(admission.admit(address("2001:db8::3"), false).is_none(), "three are three, proven or not");
        assert!(admission.admit(address("2001:db8::3"), true).is_some(), "a trusted proxy is not counted");
        drop(held);
        assert!(admission.sources().is_empty(), "nothing is remembered");
    }

    #[test]
    fn sec_155_an_ipv4_address_is_one_source_however_it_is_written() {
        let admission = Admission::new(Some(SourceLimits { connections: 1, unproven: 1 }));
        let held = admission.admit(address("192.0.2.1"), false);
        assert!(admission.admit(address("::ffff:192.0.2.1"), false).is_none());
        assert!(admission.admit(address("192.0.2.2"), false).is_some());
        drop(held);
        assert!(admission.admit(address("::ffff:192.0.2.1"), false).is_some());
    }
}
