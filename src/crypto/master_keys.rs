//! The master keys that a process holds: the one in use, the one that is about to take its place, and those of before, with
//! which browsers still carry what was sealed for them. What is stored says which one it is under (SEC-206).

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use super::{MasterKey, OpenError, Sealed};

/// So many are held at once; of those of before, the oldest is forgotten first.
const MOST: usize = 16;

/// Master keys by their ids. Clones share them.
#[derive(Clone)]
pub struct MasterKeys {
    held: Arc<RwLock<Vec<MasterKey>>>,
    is_changing: Arc<AtomicBool>,
}

/// A change of keys that is under way: no other is begun meanwhile.
#[derive(Debug)]
pub struct ChangeUnderWay(Arc<AtomicBool>);

impl MasterKeys {
    /// The key in use, and no other.
    pub fn new(in_use: MasterKey) -> Self {
        Self { held: Arc::new(RwLock::new(vec![in_use])), is_changing: Arc::default() }
    }

    /// The key in use; the data may name another one a moment before.
    pub fn in_use(&self) -> MasterKey {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        #[expect(clippy::expect_used, reason = "one is put in first, and the first is never taken out")]
        held.first().expect("one is in use").clone()
    }

    /// The key with this id.
    pub fn find(&self, id: &str) -> Option<MasterKey> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|key| key.id() == id).cloned()
    }

    /// The key that the data names; the one in use where it names none.
    pub fn named(&self, id: Option<&str>) -> Option<MasterKey> {
        id.map_or_else(|| Some(self.in_use()), |id| self.find(id))
    }

    /// Opens what any of them has sealed.
    ///
    /// # Errors
    /// As [`Sealed::open`].
    pub fn open(&self, sealed: &Sealed, context: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        sealed.open(&self.find(sealed.key_id()).ok_or(OpenError::OtherKey)?, context)
    }

    /// Begins a change of keys; `None` while another one is under way.
    pub fn begin_change(&self) -> Option<ChangeUnderWay> {
        let is_begun = self.is_changing.swap(true, Ordering::AcqRel);
        (!is_begun).then(|| ChangeUnderWay(Arc::clone(&self.is_changing)))
    }

    /// Knows this key from now on, before anything is sealed with it.
    pub fn admit(&self, key: MasterKey) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.iter().all(|known| known.id() != key.id()) {
            held.insert(1, key);
            held.truncate(MOST);
        }
    }

    /// The key with this id is the one in use from now on.
    pub fn use_from_now(&self, id: &str) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = held.iter().position(|key| key.id() == id) {
            let key = held.remove(place);
            held.insert(0, key);
        }
    }
}

impl Drop for ChangeUnderWay {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        formatter.debug_list().entries(held.iter().map(MasterKey::id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Random;

    #[test]
    fn sec_206_what_a_key_of_before_sealed_is_opened_and_the_number_held_is_bounded() {
        let random = Random::system();
        let (first, second) = (MasterKey::generate(&random), MasterKey::generate(&random));
        let keys = MasterKeys::new(first.clone());
        let by_second = Sealed::seal(&second, &random, "place", b"2");
        assert_eq!(keys.open(&by_second, "place").unwrap_err(), OpenError::OtherKey);
        keys.admit(second.clone());
        assert_eq!(keys.in_use().id(), first.id(), "known, and not in use");
        assert_eq!(keys.open(&by_second, "place").unwrap().as_slice(), b"2");
        keys.use_from_now(second.id());
        assert_eq!(keys.in_use().id(), second.id());
        assert_eq!(keys.named(Some(first.id())).unwrap().id(), first.id());
        assert_eq!(keys.named(None).unwrap().id(), second.id());
        assert!(keys.named(Some("of nobody")).is_none());
        assert_eq!(keys.open(&Sealed::seal(&first, &random, "place", b"1"), "place").unwrap().as_slice(), b"1");
        for _ in 0..MOST {
            let next = MasterKey::generate(&random);
            keys.admit(next.clone());
            keys.use_from_now(next.id());
        }
        assert_eq!(keys.held.read().unwrap().len(), MOST);
        assert!(keys.find(first.id()).is_none() && keys.find(second.id()).is_none());
    }

    #[test]
    fn sec_206_one_change_of_keys_is_under_way_at_a_time() {
        let keys = MasterKeys::new(MasterKey::generate(&Random::system()));
        let begun = keys.begin_change().unwrap();
        assert!(keys.begin_change().is_none() && keys.clone().begin_change().is_none());
        drop(begun);
        assert!(keys.begin_change().is_some());
    }
}
