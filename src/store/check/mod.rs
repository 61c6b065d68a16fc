//! The whole database read and compared with itself: records that open, indexes that agree with their tables, references
//! that lead somewhere, counters that are ahead. Nothing is written.

mod organization;

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::{self, HandleTable, Key, Table};
use super::tables::TABLES;
use super::{
    Snapshot, StoreError, access_tokens, address_changes, administration_sessions, alerts, audit, authorization_codes,
    bans, browser_sessions, clients, counters, credentials, data_links, factor_removals, grants, interactions,
    invitations, known_browsers, logout_notices, magic_links, marks, migrations, moderation_links, outbox,
    passkey_ceremonies, passkey_owners, password_links, pre_sessions, retention_rounds, sent_mails, service_uses,
    signing_keys, trusted_browsers, user_sessions, users,
};
use crate::domain::{AuditSubject, CodeState, HandleKey, UserId};
use crate::protocol::Timestamp;

/// Records read at once.
const PAGE: usize = 1_000;
/// Findings that are told one by one; a wholly damaged table needs no more.
const MOST_FINDINGS: usize = 1_000;

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// How many records each table holds, in the order of the list of tables.
    pub tables: Vec<TableCount>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// People, the first thousand, whose address an earlier version took and nobody can type any more: nothing is wrong
    /// with their records.
    pub with_former_addresses: Vec<UserId>,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// How many records a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableCount {
    /// Its name.
    pub table: &'static str,
    /// Its records.
    pub records: u64,
    /// SHA-256 of all of them: the same content, the same digest.
    pub digest: String,
}

/// Something that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    pub table: String,
    /// Names the key without showing it; nothing where the whole table is meant.
    pub key: String,
    /// What.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The record does not open: it was altered, or lies where another one belongs.
    Damaged,
    /// No version of this program made this table.
    UnknownTable,
    /// The record lies under a name that is not its own.
    Misfiled,
    /// The index does not lead to the record.
    NotIn {
        /// The index.
        index: &'static str,
    },
    /// The row of an index, or a part of somebody, without the record that it belongs to.
    Without {
        /// Where the record should be.
        table: &'static str,
    },
    /// The counter would give this number again.
    CounterBehind,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: ", self.table, self.key)?;
        match &self.problem {
            Problem::Damaged => formatter.write_str("damaged or misplaced"),
            Problem::UnknownTable => formatter.write_str("a table that this program does not know"),
            Problem::Misfiled => formatter.write_str("lies under another name than its own"),
            Problem::NotIn { index } => write!(formatter, "is not found through {index}"),
            Problem::Without { table } => write!(formatter, "belongs to a record of {table} that is not there"),
            Problem::CounterBehind => formatter.write_str("its number would be given again"),
        }
    }
}

/// What one record is found to be.
type Verdict = Result<Option<Problem>, StoreError>;

/// Reads everything in one snapshot. What is retained until `now` or before may be half purged, and is not compared.
///
/// # Errors
/// When the storage fails; what is damaged is a finding.
pub(super) fn run(tx: &Snapshot, now: Timestamp) -> Result<CheckReport, StoreError> {
    // What older records lack they are given when they are opened.
    let format = engine::find_format(tx)?.unwrap_or_else(migrations::known_format);
    let mut inspection = Inspection { tx, report: CheckReport::default() };
    inspection.count()?;
    inspection.people()?;
    inspection.who_decides(format >= migrations::DECIDERS_INDEXED)?;
    inspection.organizations(format >= migrations::ORGANIZATIONS_INDEXED)?;
    inspection.standings(format >= migrations::STANDINGS_INDEXED)?;
    inspection.memberships()?;
    inspection.email_domains()?;
    inspection.unweighed()?;
    inspection.moderations(format >= migrations::PENDING_INDEXED)?;
    inspection.clients(format >= migrations::CLIENTS_INDEXED)?;
    inspection.tokens(now)?;
    inspection.trail()?;
    inspection.others()?;
    Ok(inspection.report)
}

struct Inspection<'a> {
    tx: &'a Snapshot,
    report: CheckReport,
}

impl Inspection<'_> {
    fn count(&mut self) -> Result<(), StoreError> {
        for listed in TABLES {
            let (records, digest) = self.tx.digest(listed.name)?;
            self.report.tables.push(TableCount { table: listed.name, records, digest });
        }
        for name in self.tx.table_names()? {
            if !TABLES.iter().any(|listed| listed.name == name) {
                self.find(&name, &[], Problem::UnknownTable);
            }
        }
        Ok(())
    }

    /// The tables of which no more is asked than that their records open and lie where they belong.
    fn others(&mut self) -> Result<(), StoreError> {
        self.each(&signing_keys::KEYS, |key, signing_key| Ok(misfiled(key, signing_key.kid.as_str())))?;
        self.each(&counters::LAST, |_, _| Ok(None))?;
        self.each(&users::ERASED, |_, _| Ok(None))?;
        self.each(&clients::DELETED, |_, _| Ok(None))?;
        self.each(&marks::MARKS, |_, _| Ok(None))?;
        self.each(&retention_rounds::PURGED, |key, _| Ok(misfiled(key, &0)))?;
        self.each(&retention_rounds::ROUNDS, |key, round| Ok(misfiled(key, &round.number)))?;
        self.each(&alerts::NOTES, |key, note| Ok(misfiled(key, note.alert.as_str())))?;
        self.each(&logout_notices::NOTICES, |key, queued| Ok(misfiled(key, &queued.place())))?;
        self.each(&outbox::SET_ASIDE, |key, mail| Ok(misfiled(key, &mail.id)))?;
        self.each_handle(&browser_sessions::TABLE, |_, _| Ok(None))?;
        self.each_handle(&administration_sessions::TABLE, |_, _| Ok(None))?;
        self.each_handle(&interactions::TABLE, |_, _| Ok(None))?;
        self.each_handle(&magic_links::TABLE, |_, _| Ok(None))?;
        self.each_handle(&address_changes::TABLE, |_, _| Ok(None))?;
        self.each(&address_changes::BY_FORMER, |_, _| Ok(None))?;
        self.each_handle(&invitations::TABLE, |_, _| Ok(None))?;
        self.each(&invitations::BY_EMAIL, |_, _| Ok(None))?;
        self.each_handle(&data_links::TABLE, |_, _| Ok(None))?;
        self.each_handle(&factor_removals::TABLE, |_, _| Ok(None))?;
        self.each_handle(&moderation_links::TABLE, |_, _| Ok(None))?;
        self.each_handle(&passkey_ceremonies::TABLE, |_, _| Ok(None))?;
        self.each_handle(&password_links::TABLE, |_, _| Ok(None))?;
        self.each_handle(&pre_sessions::TABLE, |_, _| Ok(None))?;
        self.each_handle(&known_browsers::TABLE, |_, _| Ok(None))?;
        self.each_handle(&bans::TABLE, |_, _| Ok(None))
    }

    fn people(&mut self) -> Result<(), StoreError> {
        let tx = self.tx;
        let mut with_former_addresses = Vec::new();
        self.each(&users::USERS, |key, user| {
            if !user.email.can_be_typed() && with_former_addresses.len() < MOST_FINDINGS {
                with_former_addresses.push(user.id);
            }
            let found = users::BY_EMAIL.find(tx, user.email.as_str())?;
            let problem = misfiled(key, &user.id).or(not_in(users::BY_EMAIL.name(), found == Some(user.id)));
            let is_listed = user.role.is_none() || users::WITH_ROLE.has(tx, &user.id)?;
            Ok(problem.or(not_in(users::WITH_ROLE.name(), is_listed)))
        })?;
        self.report.with_former_addresses = with_former_addresses;
        self.each(&users::WITH_ROLE, |key, id| {
            let has_role = users::USERS.find(tx, id)?.is_some_and(|user| user.role.is_some());
            Ok(misfiled(key, id).or(without(users::USERS.name(), has_role)))
        })?;
        self.each(&users::BY_EMAIL, |key, id| {
            let user = users::USERS.find(tx, id)?;
            let is_theirs = user.is_some_and(|user| user.email.as_str().as_bytes() == key);
            Ok(without(users::USERS.name(), is_theirs))
        })?;
        self.each(&user_sessions::OPEN, |key, _| {
            Ok(without(users::USERS.name(), tx.has_row(users::USERS.name(), key)?))
        })?;
        self.each(&trusted_browsers::TRUSTED, |key, _| {
            Ok(without(users::USERS.name(), tx.has_row(users::USERS.name(), key)?))
        })?;
        self.each(&sent_mails::MAILS, |key, sent| {
            let is_indexed = sent_mails::BY_TIME.has(tx, &sent_mails::place(sent))?;
            let row = misfiled(key, &(sent.user_id, sent.number)).or(not_in(sent_mails::BY_TIME.name(), is_indexed));
            Ok(row.or(without(users::USERS.name(), users::USERS.has(tx, &sent.user_id)?)))
        })?;
        self.each(&sent_mails::BY_TIME, |key, place| {
            let own = sent_mails::MAILS.find(tx, place)?.map(|sent| sent_mails::place(&sent).to_bytes());
            Ok(without(sent_mails::MAILS.name(), own.as_deref() == Some(key)))
        })?;
        self.each(&service_uses::USES, |key, known| {
            let problem = misfiled(key, &(known.user_id, known.client_id.clone()));
            Ok(problem.or(without(users::USERS.name(), users::USERS.has(tx, &known.user_id)?)))
        })?;
        self.each(&credentials::CREDENTIALS, |key, known| {
            let mut are_found = true;
            for passkey in &known.second_factors.passkeys {
                are_found &= passkey_owners::OWNERS.find(tx, passkey.id.as_str())? == Some(known.user_id);
            }
            let problem = misfiled(key, &known.user_id).or(not_in(passkey_owners::OWNERS.name(), are_found));
            Ok(problem.or(without(users::USERS.name(), users::USERS.has(tx, &known.user_id)?)))
        })?;
        self.each(&passkey_owners::OWNERS, |key, id| {
            let known = credentials::CREDENTIALS.find(tx, id)?;
            let is_theirs = known
                .is_some_and(|known| known.second_factors.passkeys.iter().any(|passkey| passkey.id.as_bytes() == key));
            Ok(without(credentials::CREDENTIALS.name(), is_theirs))
        })
    }

    fn who_decides(&mut self, are_indexed: bool) -> Result<(), StoreError> {
        let tx = self.tx;
        self.each(&users::USERS, |_, user| {
            let mut has_its_rows = true;
            for row in users::rows_of_decisions(user).iter().filter(|_| are_indexed) {
                has_its_rows &= users::DECIDERS.has(tx, row)?;
            }
            Ok(not_in(users::DECIDERS.name(), has_its_rows))
        })?;
        self.each(&users::DECIDERS, |key, id| {
            let user = users::USERS.find(tx, id)?;
            let rows = user.as_ref().map(users::rows_of_decisions).unwrap_or_default();
            Ok(without(users::USERS.name(), rows.iter().any(|row| row.to_bytes() == key)))
        })
    }

    fn clients(&mut self, are_indexed: bool) -> Result<(), StoreError> {
        let tx = self.tx;
        if !are_indexed {
            return self.each(&clients::CLIENTS, |key, client| Ok(misfiled(key, &client.id)));
        }
        self.each(&clients::CLIENTS, |key, client| {
            let mut has_its_origins = true;
            for row in clients::rows_of_origins(client) {
                has_its_origins &= clients::PUBLIC_ORIGINS.find(tx, &row)?.as_ref() == Some(&client.id);
            }
            let problem = misfiled(key, &client.id).or(not_in(clients::PUBLIC_ORIGINS.name(), has_its_origins));
            let is_listed = !client.is_offered() || clients::OFFERED.has(tx, &client.id)?;
            Ok(problem.or(not_in(clients::OFFERED.name(), is_listed)))
        })?;
        self.each(&clients::PUBLIC_ORIGINS, |key, id| {
            let client = clients::CLIENTS.find(tx, id)?;
            let is_its = client.is_some_and(|client| clients::is_row_of_origin(&client, key));
            Ok(without(clients::CLIENTS.name(), is_its))
        })?;
        self.each(&clients::OFFERED, |key, id| {
            let is_offered = clients::CLIENTS.find(tx, id)?.is_some_and(|client| client.is_offered());
            Ok(misfiled(key, id).or(without(clients::CLIENTS.name(), is_offered)))
        })
    }

    /// A code was redeemed if and only if its grant and a token of it exist (SEC-185).
    fn tokens(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let tx = self.tx;
        let mut granted = HashSet::new();
        self.each_handle(&access_tokens::TABLE, |key, token| {
            granted.insert(token.grant.to_bytes());
            let is_due = key.retained_until().has_come(now);
            Ok(without(grants::TABLE.name(), is_due || grants::TABLE.find(tx, &token.grant)?.is_some()))
        })?;
        let mut redeemed = HashSet::new();
        self.each_handle(&authorization_codes::TABLE, |_, code| {
            let CodeState::Redeemed { grant } = code.state else { return Ok(None) };
            redeemed.insert(grant.to_bytes());
            let is_due = grant.retained_until().has_come(now);
            Ok(without(grants::TABLE.name(), is_due || grants::TABLE.find(tx, &grant)?.is_some()))
        })?;
        self.each_handle(&grants::TABLE, |key, _| {
            let is_due = key.retained_until().has_come(now);
            let problem = without(access_tokens::TABLE.name(), is_due || granted.contains(&key.to_bytes()));
            Ok(problem.or(without(authorization_codes::TABLE.name(), is_due || redeemed.contains(&key.to_bytes()))))
        })
    }

    fn trail(&mut self) -> Result<(), StoreError> {
        let tx = self.tx;
        let last = audit::last_sequence(tx)?;
        self.each(&audit::RECORDS, |key, entry| {
            let problem = misfiled(key, &(entry.record.at_millis, entry.sequence));
            Ok(problem.or((entry.sequence > last).then_some(Problem::CounterBehind)))
        })?;
        for (index, is_of_sign_ins) in [(&audit::SIGN_INS, true), (&audit::ACTS, false)] {
            self.each(index, |key, place| {
                let subject = audit::RECORDS.find(tx, place)?.map(|entry| entry.record.event.subject());
                let owner = match (subject, is_of_sign_ins) {
                    (Some(AuditSubject::SignIn(user_id)), true) | (Some(AuditSubject::Act(user_id)), false) => user_id,
                    (Some(_), _) | (None, _) => return Ok(without(audit::RECORDS.name(), false)),
                };
                Ok(misfiled(key, &(owner, *place)))
            })?;
        }
        self.each(&audit::OF_ORGANIZATIONS, |key, place| {
            let owner = audit::RECORDS.find(tx, place)?.and_then(|entry| entry.record.event.organization());
            Ok(match owner {
                Some(owner) => misfiled(key, &(owner, *place)),
                None => without(audit::RECORDS.name(), false),
            })
        })?;
        let last = outbox::last_id(tx)?;
        self.each(&outbox::MAILS, |key, mail| {
            Ok(misfiled(key, &mail.id).or((mail.id > last).then_some(Problem::CounterBehind)))
        })
    }

    fn each<K: Key + ?Sized, V: Serialize + DeserializeOwned>(
        &mut self,
        table: &Table<K, V>,
        mut judge: impl FnMut(&[u8], &V) -> Verdict,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let rows = table.page(self.tx, after.as_deref(), PAGE)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, value) in rows {
                let verdict = value.and_then(|value| judge(&key, &value));
                self.note(table.name(), &key, verdict)?;
            }
        }
    }

    fn each_handle<V: Serialize + DeserializeOwned + Clone>(
        &mut self,
        table: &HandleTable<V>,
        mut judge: impl FnMut(&HandleKey<V>, &V) -> Verdict,
    ) -> Result<(), StoreError> {
        self.each(table.rows(), |bytes, named| match misfiled(bytes, &named.key) {
            Some(problem) => Ok(Some(problem)),
            None => judge(&named.key, &named.record),
        })
    }

    fn note(&mut self, table: &'static str, key: &[u8], verdict: Verdict) -> Result<(), StoreError> {
        match verdict {
            Ok(None) => {}
            Ok(Some(problem)) => self.find(table, key, problem),
            Err(StoreError::Damaged { .. }) => self.find(table, key, Problem::Damaged),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn find(&mut self, table: &str, key: &[u8], problem: Problem) {
        if self.report.findings.len() < MOST_FINDINGS {
            let key = if key.is_empty() { String::new() } else { engine::fingerprint(key) };
            self.report.findings.push(Finding { table: table.to_owned(), key, problem });
        }
    }
}

fn misfiled(key: &[u8], own: &(impl Key + ?Sized)) -> Option<Problem> {
    (key != own.to_bytes()).then_some(Problem::Misfiled)
}

fn not_in(index: &'static str, is_found: bool) -> Option<Problem> {
    (!is_found).then_some(Problem::NotIn { index })
}

fn without(table: &'static str, is_there: bool) -> Option<Problem> {
    (!is_there).then_some(Problem::Without { table })
}
