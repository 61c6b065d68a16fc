//! What every service that is asked has around it: a time limit, a budget, a circuit that opens when it fails, and a memory
//! of what it said.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::clock::Clock;
use crate::domain::{Establishment, Siret};
use crate::fetch::{Budget, Circuit, FetchError, Outward};
use crate::protocol::{Timestamp, json_depth};

/// How long a call may take.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// The deepest brackets of a document: those that are known have six.
const MAX_DEPTH: usize = 32;
/// The most establishments that are remembered.
const REMEMBERED: usize = 10_000;
/// How long what was said may stand in for an answer that does not come.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// A document that a service answered with.
pub(super) struct Call {
    pub(super) document: Value,
}

/// What became of a call.
pub(super) enum Outcome {
    /// It answered with a document.
    Said(Call),
    /// It does not know.
    NotFound,
    /// It may not tell.
    Withheld,
    /// It did not answer, or nobody asked it.
    Failed,
    /// Too many ask it already; it has not failed.
    Busy,
}

/// How a service says that it may not tell: by a status, and with a document that is its own. Whoever else stands at its
/// address, a gateway or a proxy on the way, takes nothing from anybody by that status.
pub(super) struct Withholding {
    pub(super) status: u16,
    pub(super) is_own: fn(&Value) -> bool,
}

impl Withholding {
    fn is_said_by(&self, status: u16, body: &[u8]) -> bool {
        self.status == status && (self.is_own)(&document_of(body).unwrap_or_default())
    }
}

/// What was said, in the order of its age.
#[derive(Debug, Default)]
struct Memory {
    known: HashMap<Siret, (u64, Establishment)>,
    order: BTreeMap<u64, Siret>,
    next: u64,
}

/// How a service has answered since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// How often it was asked.
    pub calls: u64,
    /// How many of these calls failed: no answer, a refusal, or nonsense.
    pub failures: u64,
    /// When it last answered with what could be understood.
    pub last_answer: Option<Timestamp>,
    /// When it last failed.
    pub last_failure: Option<Timestamp>,
    /// For how much longer it is left alone.
    pub left_alone_for: Option<Duration>,
}

/// A service.
pub(super) struct Service {
    outward: Outward,
    clock: Clock,
    withholding: Option<Withholding>,
    circuit: Circuit,
    memory: Mutex<Memory>,
    standing: Mutex<Standing>,
}

impl Service {
    pub(super) fn new(outward: Outward, clock: Clock, budget: Budget) -> Self {
        let circuit = Circuit::new(clock.clone(), budget);
        Self { outward, clock, withholding: None, circuit, memory: Mutex::default(), standing: Mutex::default() }
    }

    /// The same where it says that it may not tell in this way.
    pub(super) fn withholding_by(self, withholding: Option<Withholding>) -> Self {
        Self { withholding, ..self }
    }

    /// Asks, unless the service is to be left alone.
    pub(super) async fn ask(&self, url: &Url, headers: &[(&'static str, String)]) -> Outcome {
        if !self.circuit.may_ask() {
            return Outcome::Failed;
        }
        self.note(|standing, _| standing.calls = standing.calls.saturating_add(1));
        let answer = match self.outward.get(url, headers, TIME_LIMIT).await {
            Ok(answer) => answer,
            Err(FetchError::Busy) => return Outcome::Busy,
            Err(cause) => return self.fail(url, &cause.to_string(), None),
        };
        match answer.status.as_u16() {
            200 if json_depth(&answer.body) > MAX_DEPTH => self.fail(url, "brackets deeper than any document's", None),
            200 => match document_of(&answer.body) {
                // It is not counted as an answer before it is understood.
                Some(document) => Outcome::Said(Call { document }),
                None => self.fail(url, "something else than a JSON object", None),
            },
            404 => {
                self.understood();
                Outcome::NotFound
            }
            status if self.withholding.as_ref().is_some_and(|way| way.is_said_by(status, &answer.body)) => {
                self.understood();
                Outcome::Withheld
            }
            status => {
                let after = answer.headers.get("retry-after").and_then(|value| value.to_str().ok());
                let wait = after.and_then(|text| wait_of(text, self.clock.now()));
                self.fail(url, &format!("status {status}"), wait.filter(|_| matches!(status, 429 | 503)))
            }
        }
    }

    /// The document was one: failures in a row are over.
    pub(super) fn understood(&self) {
        self.note(|standing, now| standing.last_answer = Some(now));
        self.circuit.note_answer();
    }

    /// Counts a document that was none as a failure.
    pub(super) fn refuse(&self, url: &Url) {
        self.fail(url, "a document of another form", None);
    }

    fn fail(&self, url: &Url, reason: &str, wait: Option<Duration>) -> Outcome {
        let host = url.host_str().unwrap_or_default();
        tracing::warn!(host, reason, "a source of the register did not answer");
        self.note(|standing, now| {
            standing.failures = standing.failures.saturating_add(1);
            standing.last_failure = Some(now);
        });
        self.circuit.note_failure(wait);
        Outcome::Failed
    }

    /// How it has answered so far.
    pub(super) fn standing(&self) -> Standing {
        Standing { left_alone_for: self.circuit.left_alone_for(), ..*locked(&self.standing) }
    }

    fn note(&self, change: impl FnOnce(&mut Standing, Timestamp)) {
        change(&mut locked(&self.standing), self.clock.now());
    }

    /// What the service said of an establishment, if it is not too old to stand in for an answer.
    pub(super) fn recall(&self, siret: &Siret, now: Timestamp) -> Option<Establishment> {
        let memory = locked(&self.memory);
        let known = memory.known.get(siret).map(|(_, known)| known.clone());
        known.filter(|known| now.0.saturating_sub(known.fetched_at.0) <= KEPT_FOR.as_secs())
    }

    /// Forgets what it said: it does not say so any more.
    pub(super) fn forget(&self, siret: &Siret) {
        let memory = &mut *locked(&self.memory);
        if let Some((number, _)) = memory.known.remove(siret) {
            memory.order.remove(&number);
        }
    }

    /// Remembers what it said; the oldest is forgotten where there is too much.
    pub(super) fn remember(&self, establishment: &Establishment) {
        let memory = &mut *locked(&self.memory);
        let number = memory.next;
        memory.next = memory.next.saturating_add(1);
        if let Some((before, _)) = memory.known.insert(establishment.siret.clone(), (number, establishment.clone())) {
            memory.order.remove(&before);
        }
        memory.order.insert(number, establishment.siret.clone());
        if memory.known.len() > REMEMBERED
            && let Some((_, oldest)) = memory.order.pop_first()
        {
            memory.known.remove(&oldest);
        }
    }
}

/// The JSON object of a body that is one, and no deeper than any document.
fn document_of(body: &[u8]) -> Option<Value> {
    let document = (json_depth(body) <= MAX_DEPTH).then(|| serde_json::from_slice::<Value>(body).ok())??;
    document.is_object().then_some(document)
}

/// How long a service asks to wait: seconds, or until a date (RFC 9110 §10.2.3).
fn wait_of(text: &str, now: Timestamp) -> Option<Duration> {
    let until = || Timestamp::parse_http_date(text).map(|date| date.seconds_since(now));
    text.trim().parse().ok().or_else(until).map(Duration::from_secs)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
