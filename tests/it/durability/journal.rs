//! What was acknowledged, and when: written outside the store, and held against it after a cut.

use std::sync::Arc;

use moncomptepro::acts::{self, ActiveSession, TokenOutcome};
use moncomptepro::app::App;
use moncomptepro::domain::{Email, PersonalInformation, UserId};
use moncomptepro::protocol::Timestamp;
use moncomptepro::store::{clients, users};

use super::holder::{Holder, factors};
use super::recording::RecordingDisk;
use super::work::{CLIENT, password_hash, redeem};

/// Something that somebody was told has happened.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    SignedIn {
        session: ActiveSession,
    },
    SignedOut {
        value: String,
    },
    CodeIssued {
        code: String,
        session: ActiveSession,
    },
    /// Whatever came of it, the code is used up.
    Presented {
        code: String,
    },
    Redeemed {
        code: String,
        token: String,
        session: ActiveSession,
    },
    /// The code of this token was presented again.
    Replayed {
        token: String,
    },
    Told {
        user_id: UserId,
        information: PersonalInformation,
    },
    Entered {
        user_id: UserId,
        email: Email,
    },
    Erased {
        user_id: UserId,
    },
    FactorSetUp {
        holder: Holder,
    },
    /// A recovery code, by its tag.
    CodeUsed {
        user_id: UserId,
        tag: String,
    },
    PeriodUsed {
        user_id: UserId,
        period: u64,
    },
    ClientChanged {
        name: String,
    },
    PasswordChanged {
        user_id: UserId,
        link: String,
        hash: Option<String>,
    },
}

/// A fact with the positions of the disk between which it came about, and the time then.
#[derive(Debug, Clone)]
struct Entry {
    fact: Fact,
    began: usize,
    acknowledged: usize,
    at: Timestamp,
}

/// The journal of a run on one disk.
pub(crate) struct Journal {
    disk: Arc<RecordingDisk>,
    rounds: Vec<(usize, Timestamp)>,
    entries: Vec<Entry>,
}

impl Journal {
    pub(crate) fn new(disk: &Arc<RecordingDisk>) -> Self {
        Self { disk: Arc::clone(disk), rounds: Vec::new(), entries: Vec::new() }
    }

    pub(crate) fn begin_round(&mut self, now: Timestamp) {
        self.rounds.push((self.disk.position(), now));
    }

    pub(crate) fn acknowledge(&mut self, fact: Fact) {
        let (began, at) = *self.rounds.last().unwrap();
        self.entries.push(Entry { fact, began, acknowledged: self.disk.position(), at });
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The time at a cut.
    pub(crate) fn time_at(&self, cut: usize) -> Option<Timestamp> {
        self.rounds.iter().rev().find(|(began, _)| *began <= cut).map(|(_, at)| *at)
    }

    /// Holds an instance that was opened after a cut against everything acknowledged before it.
    pub(crate) async fn verify(&self, app: &App, cut: usize) -> Result<(), String> {
        let Some(now) = self.time_at(cut) else { return Ok(()) };
        app.clock.freeze(now).unwrap();
        let before: Vec<&Entry> = self.entries.iter().filter(|entry| entry.acknowledged <= cut).collect();
        for entry in &before {
            self.verify_by_reading(app, entry, cut, now).await?;
        }
        // Presenting codes changes what is there: it comes last.
        for entry in before.iter().rev().take(12) {
            self.verify_by_presenting(app, entry, cut, now).await?;
        }
        Ok(())
    }

    /// Holds what a backup gave back against what lasts: facts acknowledged before `began` are there, unless something begun
    /// before `ended` undid them, and nobody is there who was entered after `ended`.
    pub(crate) fn verify_backup(&self, app: &App, (began, ended): (usize, usize)) -> Result<usize, String> {
        let mut held = 0;
        for entry in &self.entries {
            let is_before = entry.acknowledged <= began;
            let holds = match &entry.fact {
                Fact::Told { user_id, information } if is_before => {
                    let is_told_again = |later: &Fact| matches!(later, Fact::Told { user_id: other, information: new } if other == user_id && new != information);
                    self.is_undone(entry, ended, is_told_again)
                        || app.store.read(|tx| users::get(tx, *user_id)).unwrap().information == *information
                }
                Fact::Entered { user_id, .. }
                    if self.is_undone(entry, ended, |later| is_erasure_of(later, *user_id)) =>
                {
                    continue;
                }
                Fact::Erased { .. } | Fact::FactorSetUp { .. } | Fact::CodeUsed { .. } | Fact::PeriodUsed { .. }
                    if is_before =>
                {
                    is_kept(app, &entry.fact)
                }
                Fact::Entered { user_id, email } if is_before || entry.began > ended => {
                    let found = app.store.read(|tx| users::find_by_email(tx, email)).unwrap();
                    found.is_some_and(|user| user.id == *user_id) == is_before
                }
                Fact::ClientChanged { name } if is_before => {
                    let is_changed = |later: &Fact| matches!(later, Fact::ClientChanged { name: new } if new != name);
                    self.is_undone(entry, ended, is_changed)
                        || app.store.read(|tx| clients::get(tx, &CLIENT.parse().unwrap())).unwrap().name == *name
                }
                Fact::PasswordChanged { user_id, hash, .. } if is_before => {
                    let is_changed = |later: &Fact| matches!(later, Fact::PasswordChanged { user_id: other, hash: new, .. } if other == user_id && new != hash);
                    self.is_undone(entry, ended, is_changed) || password_hash(app, *user_id) == *hash
                }
                _ => continue,
            };
            held += 1;
            if !holds {
                return Err(format!("the backup taken between {began} and {ended} differs: {entry:?}"));
            }
        }
        Ok(held)
    }

    /// Whether something begun before the cut may have undone the fact.
    fn is_undone(&self, entry: &Entry, cut: usize, undoes: impl Fn(&Fact) -> bool) -> bool {
        self.entries.iter().any(|later| later.began >= entry.began && later.began <= cut && undoes(&later.fact))
    }

    fn is_session_over(&self, entry: &Entry, session: &ActiveSession, cut: usize) -> bool {
        self.is_undone(entry, cut, |later| match later {
            Fact::SignedOut { value } => *value == session.value,
            Fact::PasswordChanged { user_id, .. } => *user_id == session.user.id,
            _ => false,
        })
    }

    async fn verify_by_reading(&self, app: &App, entry: &Entry, cut: usize, now: Timestamp) -> Result<(), String> {
        let holds = match &entry.fact {
            Fact::SignedIn { session } => {
                session.session.expires_at().has_come(now)
                    || self.is_session_over(entry, session, cut)
                    || acts::find_session(app, &session.value).await.unwrap().is_some()
            }
            Fact::SignedOut { value } => acts::find_session(app, value).await.unwrap().is_none(),
            Fact::Redeemed { token, session, .. } => {
                let is_replayed = |later: &Fact| matches!(later, Fact::Replayed { token: other } if other == token);
                now.seconds_since(entry.at) >= 3_600
                    || self.is_session_over(entry, session, cut)
                    || session.session.expires_at().has_come(now)
                    || self.is_undone(entry, cut, is_replayed)
                    || acts::find_authorized(app, token).unwrap().is_some()
            }
            Fact::Replayed { token } => acts::find_authorized(app, token).unwrap().is_none(),
            Fact::Told { user_id, information } => {
                let is_told_again = |later: &Fact| matches!(later, Fact::Told { user_id: other, information: new } if other == user_id && new != information);
                self.is_undone(entry, cut, is_told_again)
                    || app.store.read(|tx| users::get(tx, *user_id)).unwrap().information == *information
            }
            Fact::Entered { user_id, email } => {
                self.is_undone(entry, cut, |later| is_erasure_of(later, *user_id))
                    || app
                        .store
                        .read(|tx| users::find_by_email(tx, email))
                        .unwrap()
                        .is_some_and(|user| user.id == *user_id)
            }
            Fact::ClientChanged { name } => {
                let is_changed = |later: &Fact| matches!(later, Fact::ClientChanged { name: new } if new != name);
                self.is_undone(entry, cut, is_changed)
                    || app.store.read(|tx| clients::get(tx, &CLIENT.parse().unwrap())).unwrap().name == *name
            }
            Fact::PasswordChanged { user_id, link, hash } => {
                let is_changed = |later: &Fact| matches!(later, Fact::PasswordChanged { user_id: other, hash: new, .. } if other == user_id && new != hash);
                let is_void = acts::find_password_link(app, link).unwrap().is_none();
                is_void && (self.is_undone(entry, cut, is_changed) || password_hash(app, *user_id) == *hash)
            }
            Fact::Erased { .. } | Fact::FactorSetUp { .. } | Fact::CodeUsed { .. } | Fact::PeriodUsed { .. } => {
                is_kept(app, &entry.fact)
            }
            Fact::CodeIssued { .. } | Fact::Presented { .. } => true,
        };
        if holds { Ok(()) } else { Err(format!("acknowledged and lost: {entry:?}")) }
    }

    async fn verify_by_presenting(&self, app: &App, entry: &Entry, cut: usize, now: Timestamp) -> Result<(), String> {
        let client = app.store.read(|tx| clients::get(tx, &CLIENT.parse().unwrap())).unwrap();
        match &entry.fact {
            Fact::Presented { code } => match redeem(app, &client, code).await {
                TokenOutcome::Refused => Ok(()),
                TokenOutcome::Granted(_) => Err(format!("redeemed a second time: {entry:?}")),
            },
            Fact::CodeIssued { code, session } => {
                let is_presented = |later: &Fact| matches!(later, Fact::Presented { code: other } if other == code);
                let is_over = now.seconds_since(entry.at) >= 60
                    || self.is_session_over(entry, session, cut)
                    || self.is_undone(entry, cut, is_presented);
                match redeem(app, &client, code).await {
                    TokenOutcome::Refused if !is_over => Err(format!("issued and lost: {entry:?}")),
                    TokenOutcome::Refused | TokenOutcome::Granted(_) => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

fn is_erasure_of(fact: &Fact, user_id: UserId) -> bool {
    matches!(fact, Fact::Erased { user_id: erased } if *erased == user_id)
}

/// What nothing undoes: an erasure, a second factor, and each of its codes that was used.
fn is_kept(app: &App, fact: &Fact) -> bool {
    match fact {
        Fact::Erased { user_id } => app.store.read(|tx| users::find(tx, *user_id)).unwrap().is_none(),
        Fact::FactorSetUp { holder } => factors(app, holder.user_id).totp.is_some(),
        Fact::CodeUsed { user_id, tag } => !factors(app, *user_id).recovery_tags.contains(tag),
        Fact::PeriodUsed { user_id, period } => {
            factors(app, *user_id).totp.is_some_and(|totp| totp.last_period >= *period)
        }
        _ => true,
    }
}
