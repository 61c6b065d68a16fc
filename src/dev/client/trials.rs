//! What the client remembers of each browser: in memory, the newest only.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::own_clients::OwnClient;
use crate::dev::pages::Step;

/// The most browsers that are remembered.
const CAPACITY: usize = 100;

/// A request that was sent through the browser and waits for its answer.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// The parameters as sent.
    pub(super) parameters: Vec<(String, String)>,
    /// The verifier behind the code challenge.
    pub(super) code_verifier: String,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// Nothing yet.
    Open(Pending),
    /// Somebody is signed in.
    SignedIn(SignedIn),
    /// It did not work, and why.
    Failed(String),
    /// The person was sent to the end of their session.
    SignedOut,
}

/// What the client knows of a person.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    /// As received.
    pub(super) id_token: String,
    /// Its claims.
    pub(super) claims: Map<String, Value>,
    /// The answer of the UserInfo endpoint.
    pub(super) userinfo: Value,
}

/// One sign-in with everything that was exchanged for it.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    /// As whom.
    pub(super) client: OwnClient,
    /// What stands in the field for parameters of one's own.
    pub(super) typed: String,
    /// Each request with its answer, in order.
    pub(super) steps: Vec<Step>,
    /// What came of it.
    pub(super) outcome: Outcome,
}

/// The trials of all browsers by the handle in their cookie.
#[derive(Clone, Default)]
pub(in crate::dev) struct Trials {
    newest_last: Arc<Mutex<VecDeque<(String, Trial)>>>,
}

impl Trials {
    /// The trial of a browser.
    pub(super) fn find(&self, handle: &str) -> Option<Trial> {
        let trials = self.newest_last.lock().unwrap_or_else(PoisonError::into_inner);
        trials.iter().find(|(known, _)| known == handle).map(|(_, trial)| trial.clone())
    }

    /// Takes the trial of a browser away: an answer counts once.
    pub(super) fn take(&self, handle: &str) -> Option<Trial> {
        let mut trials = self.newest_last.lock().unwrap_or_else(PoisonError::into_inner);
        let position = trials.iter().position(|(known, _)| known == handle)?;
        trials.remove(position).map(|(_, trial)| trial)
    }

    /// Keeps the trial of a browser, in place of the one before.
    pub(super) fn put(&self, handle: String, trial: Trial) {
        let mut trials = self.newest_last.lock().unwrap_or_else(PoisonError::into_inner);
        trials.retain(|(known, _)| *known != handle);
        trials.push_back((handle, trial));
        while trials.len() > CAPACITY {
            trials.pop_front();
        }
    }

    /// Forgets every browser.
    pub(in crate::dev) fn clear(&self) {
        self.newest_last.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_99_browsers_are_remembered_up_to_a_bound() {
        let trials = Trials::default();
        for number in 0..1000 {
            let client = OwnClient::find(None).unwrap();
            let trial = Trial { client, typed: String::new(), steps: Vec::new(), outcome: Outcome::SignedOut };
            trials.put(format!("browser {number}"), trial);
        }
        assert!(trials.find("browser 0").is_none());
        assert!(trials.take("browser 999").is_some());
        assert!(trials.take("browser 999").is_none(), "an answer counts once");
    }
}
