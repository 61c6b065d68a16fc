//! The records of a database that was salvaged, brought in accord: indexes built, parts of what is lost taken away.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SalvagedTable;
use crate::domain::{Moderation, OrganizationDomain, OrganizationId, UserId, UserState};
use crate::protocol::Timestamp;
use crate::store::backup::keep_a_distance;
use crate::store::engine::{self, Key, Table};
use crate::store::tables::{Keeping, TABLES};
use crate::store::{
    Store, StoreError, Tx, audit, clients, counters, credentials, email_domains, memberships, moderations,
    organizations, outbox, passkey_owners, sent_mails, service_uses, signing_keys, users,
};

/// Records of one transaction.
const PAGE: usize = 1_000;

/// What was brought in accord.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// People whose credentials are lost: disabled, until an administrator has seen to each.
    pub disabled: Vec<UserId>,
}

/// What becomes of a record.
enum Fate {
    Stays,
    Goes,
    /// The person stays, and cannot sign in.
    IsDisabled(UserId),
}

/// Brings a database in accord that was filled by [`super::Wreck::pour_into`] and opened anew; `tables` is what was found then,
/// and is corrected. Numbers go on at a distance from those that were given. Blocks.
///
/// # Errors
/// When `store` cannot be read or written.
pub fn settle(store: &Store, tables: &mut [SalvagedTable], now: Timestamp) -> Result<Settled, StoreError> {
    store.write_blocking(|tx| {
        let indexes = TABLES.iter().filter(|listed| listed.keeping == Keeping::Index);
        indexes.map(|listed| listed.name).try_for_each(|index| engine::empty(tx, index))
    })?;
    let mut work = Work { store, tables, settled: Settled::default() };
    work.people(now)?;
    work.organizations()?;
    work.services()?;
    work.each(&audit::RECORDS, |tx, entry| {
        counters::raise_named(tx, audit::COUNTER, entry.sequence)?;
        audit::index(tx, entry)?;
        Ok(Fate::Stays)
    })?;
    store.write_blocking(keep_a_distance)?;
    Ok(work.settled)
}

struct Work<'a> {
    store: &'a Store,
    tables: &'a mut [SalvagedTable],
    settled: Settled,
}

impl Work<'_> {
    /// Credentials first: a person without them is disabled, where any were lost.
    fn people(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.each(&credentials::CREDENTIALS, |tx, known| {
            if !users::USERS.has(tx, &known.user_id)? {
                return Ok(Fate::Goes);
            }
            for passkey in &known.second_factors.passkeys {
                passkey_owners::OWNERS.put(tx, &passkey.id, &known.user_id)?;
            }
            Ok(Fate::Stays)
        })?;
        let has_lost_credentials = self.has_lost(credentials::CREDENTIALS.name());
        self.each(&users::USERS, move |tx, user| {
            if users::is_erased(tx, user.id)? {
                return Ok(Fate::Goes);
            }
            users::index(tx, user)?;
            if !has_lost_credentials || credentials::CREDENTIALS.has(tx, &user.id)? {
                return Ok(Fate::Stays);
            }
            let mut shut = user.clone();
            shut.state = UserState::Disabled { at: now };
            shut.epoch = shut.epoch.saturating_add(1);
            users::USERS.update(tx, &user.id, &shut)?;
            Ok(Fate::IsDisabled(user.id))
        })
    }

    fn organizations(&mut self) -> Result<(), StoreError> {
        self.each(&organizations::ORGANIZATIONS, |tx, organization| {
            organizations::BY_SIRET.put(tx, organization.siret.as_str(), &organization.id)?;
            organizations::index(tx, organization)?;
            counters::raise_named(tx, organizations::COUNTER, organization.id.0)?;
            Ok(Fate::Stays)
        })?;
        self.each(&memberships::MEMBERSHIPS, |tx, known| {
            let (user_id, organization_id) = (known.user_id, known.organization_id);
            if !are_there(tx, Some(user_id), organization_id)? {
                return Ok(Fate::Goes);
            }
            memberships::BY_ORGANIZATION.put(tx, &(organization_id, user_id), &user_id)?;
            Ok(Fate::Stays)
        })?;
        self.each(&email_domains::DOMAINS, |tx, known: &OrganizationDomain| {
            if !are_there(tx, None, known.organization_id)? {
                return Ok(Fate::Goes);
            }
            email_domains::put(tx, known)?;
            Ok(Fate::Stays)
        })?;
        self.each(&email_domains::UNWEIGHED, |tx, waiting| {
            match email_domains::find(tx, waiting.organization_id, &waiting.domain)? {
                Some(_) => Ok(Fate::Stays),
                None => Ok(Fate::Goes),
            }
        })?;
        self.each(&moderations::MODERATIONS, |tx, request: &Moderation| {
            counters::raise_named(tx, moderations::COUNTER, request.id.0)?;
            if !are_there(tx, Some(request.user_id), request.organization_id)? {
                return Ok(Fate::Goes);
            }
            moderations::index(tx, request)?;
            Ok(Fate::Stays)
        })
    }

    fn services(&mut self) -> Result<(), StoreError> {
        self.each(&clients::CLIENTS, |tx, client| {
            clients::index(tx, client)?;
            Ok(Fate::Stays)
        })?;
        self.each(&sent_mails::MAILS, |tx, sent| {
            counters::raise_named(tx, outbox::COUNTER, sent.number)?;
            if !users::USERS.has(tx, &sent.user_id)? {
                return Ok(Fate::Goes);
            }
            sent_mails::index(tx, sent)?;
            Ok(Fate::Stays)
        })?;
        self.each(&service_uses::USES, |tx, known| match users::USERS.has(tx, &known.user_id)? {
            true => Ok(Fate::Stays),
            false => Ok(Fate::Goes),
        })?;
        self.each(&signing_keys::KEYS, |_, _| Ok(Fate::Stays))?;
        self.each(&signing_keys::KEPT, |_, _| Ok(Fate::Stays))
    }

    fn has_lost(&self, table: &str) -> bool {
        self.tables.iter().any(|salvaged| salvaged.table == table && salvaged.lost != Some(0))
    }

    /// Every record of a table; one that is whole but not of its type goes.
    fn each<K: Key + ?Sized, V: Serialize + DeserializeOwned + 'static>(
        &mut self,
        table: &'static Table<K, V>,
        judge: impl Fn(&mut Tx, &V) -> Result<Fate, StoreError> + Send + Clone + 'static,
    ) -> Result<(), StoreError> {
        let (mut after, mut gone) = (None::<Vec<u8>>, 0_u64);
        loop {
            let (from, judge) = (after.clone(), judge.clone());
            let (last, went, disabled) = self.store.write_blocking(move |tx| {
                let rows = table.page(tx, from.as_deref(), PAGE)?;
                let (mut went, mut disabled) = (0_u64, Vec::new());
                for (key, value) in &rows {
                    let fate = match value {
                        Ok(value) => judge(tx, value)?,
                        Err(_) => Fate::Goes,
                    };
                    match fate {
                        Fate::Stays => {}
                        Fate::IsDisabled(id) => disabled.push(id),
                        Fate::Goes => {
                            tx.delete_row(table.name(), key)?;
                            went = went.saturating_add(1);
                        }
                    }
                }
                Ok((rows.into_iter().last().map(|(key, _)| key), went, disabled))
            })?;
            gone = gone.saturating_add(went);
            self.settled.disabled.extend(disabled);
            match last {
                Some(key) => after = Some(key),
                None => break,
            }
        }
        for salvaged in self.tables.iter_mut().filter(|salvaged| salvaged.table == table.name()) {
            salvaged.kept = salvaged.kept.saturating_sub(gone);
            salvaged.lost = salvaged.lost.map(|lost| lost.saturating_add(gone));
        }
        Ok(())
    }
}

fn are_there(tx: &Tx, user_id: Option<UserId>, organization_id: OrganizationId) -> Result<bool, StoreError> {
    let is_person_there = user_id.map_or(Ok(true), |id| users::USERS.has(tx, &id))?;
    Ok(is_person_there && organizations::ORGANIZATIONS.has(tx, &organization_id)?)
}
