//! Organizations, who belongs to them or wants to, and their e-mail domains, each held against its indexes.

use super::{Inspection, Problem, misfiled, not_in, without};
use crate::domain::Moderation;
use crate::store::engine::{self, Key};
use crate::store::{StoreError, contact_proofs, email_domains, memberships, moderations, organizations, users};

impl Inspection<'_> {
    pub(super) fn organizations(&mut self, are_indexed: bool) -> Result<(), StoreError> {
        let tx = self.tx;
        let last = organizations::last_id(tx)?;
        self.each(&organizations::ORGANIZATIONS, |key, organization| {
            let found = organizations::BY_SIRET.find(tx, organization.siret.as_str())?;
            let is_found = found == Some(organization.id);
            let mut has_its_words = true;
            for row in organizations::rows_of_words(organization).iter().filter(|_| are_indexed) {
                has_its_words &= organizations::BY_WORD.has(tx, row)?;
            }
            let problem = misfiled(key, &organization.id).or(not_in(organizations::BY_SIRET.name(), is_found));
            let problem = problem.or(not_in(organizations::BY_WORD.name(), has_its_words));
            Ok(problem.or((organization.id.0 > last).then_some(Problem::CounterBehind)))
        })?;
        self.each(&organizations::BY_WORD, |key, id| {
            let organization = organizations::ORGANIZATIONS.find(tx, id)?;
            let is_its = organization.is_some_and(|organization| {
                organizations::rows_of_words(&organization).iter().any(|row| row.to_bytes() == key)
            });
            Ok(without(organizations::ORGANIZATIONS.name(), is_its))
        })?;
        self.each(&organizations::BY_SIRET, |key, id| {
            let organization = organizations::ORGANIZATIONS.find(tx, id)?;
            let is_its = organization.is_some_and(|organization| organization.siret.as_str().as_bytes() == key);
            Ok(without(organizations::ORGANIZATIONS.name(), is_its))
        })
    }

    pub(super) fn standings(&mut self, are_indexed: bool) -> Result<(), StoreError> {
        let tx = self.tx;
        self.each(&organizations::ORGANIZATIONS, |_, organization| {
            let row = organizations::row_of_standing(organization).filter(|_| are_indexed);
            let is_listed = row.map_or(Ok(true), |row| organizations::BY_STANDING.has(tx, &row))?;
            Ok(not_in(organizations::BY_STANDING.name(), is_listed))
        })?;
        self.each(&organizations::BY_STANDING, |key, id| {
            let organization = organizations::ORGANIZATIONS.find(tx, id)?;
            let row = organization.as_ref().and_then(organizations::row_of_standing);
            Ok(without(organizations::ORGANIZATIONS.name(), row.is_some_and(|row| row.to_bytes() == key)))
        })
    }

    pub(super) fn memberships(&mut self) -> Result<(), StoreError> {
        let tx = self.tx;
        self.each(&memberships::MEMBERSHIPS, |key, link| {
            let (person, organization) = (link.user_id, link.organization_id);
            let found = memberships::BY_ORGANIZATION.find(tx, &(organization, person))?;
            let problem = misfiled(key, &(person, organization))
                .or(not_in(memberships::BY_ORGANIZATION.name(), found == Some(person)))
                .or(without(users::USERS.name(), users::USERS.has(tx, &person)?));
            let is_there = organizations::ORGANIZATIONS.has(tx, &organization)?;
            Ok(problem.or(without(organizations::ORGANIZATIONS.name(), is_there)))
        })?;
        let of_the_record = |key: &[u8]| {
            key.split_first_chunk::<8>().map(|(organization, person)| [person, organization.as_slice()].concat())
        };
        self.each(&memberships::BY_ORGANIZATION, |key, _| {
            let name = memberships::MEMBERSHIPS.name();
            let is_there = match of_the_record(key) {
                Some(key) => tx.has_row(name, &key)?,
                None => false,
            };
            Ok(without(name, is_there))
        })
    }

    pub(super) fn email_domains(&mut self) -> Result<(), StoreError> {
        let tx = self.tx;
        self.each(&email_domains::DOMAINS, |key, known| {
            let (id, domain) = (known.organization_id, &known.domain);
            let found = email_domains::BY_DOMAIN.find(tx, &(engine::Ended(domain.as_str().to_owned()), id))?;
            let is_there = organizations::ORGANIZATIONS.has(tx, &id)?;
            let problem =
                misfiled(key, &(id, domain.clone())).or(not_in(email_domains::BY_DOMAIN.name(), found == Some(id)));
            Ok(problem.or(without(organizations::ORGANIZATIONS.name(), is_there)))
        })?;
        self.each(&email_domains::BY_DOMAIN, |key, id| {
            let domain = key.iter().position(|byte| *byte == 0).and_then(|end| key.get(..end)).unwrap_or_default();
            let row = [id.to_bytes().as_slice(), domain].concat();
            let is_its = key.ends_with(&id.to_bytes()) && tx.has_row(email_domains::DOMAINS.name(), &row)?;
            Ok(without(email_domains::DOMAINS.name(), is_its))
        })
    }

    pub(super) fn unweighed(&mut self) -> Result<(), StoreError> {
        let tx = self.tx;
        self.each(&email_domains::UNWEIGHED, |key, waiting| {
            let own = (waiting.organization_id, waiting.domain.clone());
            let is_there = email_domains::DOMAINS.has(tx, &own)?;
            Ok(misfiled(key, &own).or(without(email_domains::DOMAINS.name(), is_there)))
        })
    }

    pub(super) fn moderations(&mut self, is_indexed: bool) -> Result<(), StoreError> {
        let tx = self.tx;
        let last = moderations::last_id(tx)?;
        self.each(&moderations::MODERATIONS, |key, request| {
            let (id, person, organization) = (request.id, request.user_id, request.organization_id);
            let is_listed = moderations::BY_USER.has(tx, &(person, id))?
                && moderations::BY_ORGANIZATION.has(tx, &(organization, id))?;
            let is_awaited = moderations::PENDING.has(tx, &id)? == request.is_pending();
            let is_indexed =
                !is_indexed || moderations::PENDING_OF.has(tx, &(organization, id))? == request.is_pending();
            let problem = misfiled(key, &id)
                .or(not_in(moderations::BY_USER.name(), is_listed))
                .or(not_in(moderations::PENDING.name(), is_awaited))
                .or(not_in(moderations::PENDING_OF.name(), is_indexed))
                .or(without(users::USERS.name(), users::USERS.has(tx, &person)?));
            let is_there = organizations::ORGANIZATIONS.has(tx, &organization)?;
            let problem = problem.or(without(organizations::ORGANIZATIONS.name(), is_there));
            Ok(problem.or((id.0 > last).then_some(Problem::CounterBehind)))
        })?;
        self.each(&moderations::PENDING, |key, id| {
            let is_pending = moderations::MODERATIONS.find(tx, id)?.is_some_and(|request| request.is_pending());
            Ok(misfiled(key, id).or(without(moderations::MODERATIONS.name(), is_pending)))
        })?;
        self.each(&moderations::PENDING_OF, |key, id| {
            let request = moderations::MODERATIONS.find(tx, id)?.filter(Moderation::is_pending);
            let is_its = request.is_some_and(|request| misfiled(key, &(request.organization_id, *id)).is_none());
            Ok(without(moderations::MODERATIONS.name(), is_its))
        })?;
        self.each(&moderations::BY_USER, |key, id| {
            let request = moderations::MODERATIONS.find(tx, id)?;
            let is_its = request.is_some_and(|request| misfiled(key, &(request.user_id, *id)).is_none());
            Ok(without(moderations::MODERATIONS.name(), is_its))
        })?;
        self.each(&moderations::BY_ORGANIZATION, |key, id| {
            let request = moderations::MODERATIONS.find(tx, id)?;
            let is_its = request.is_some_and(|request| misfiled(key, &(request.organization_id, *id)).is_none());
            Ok(without(moderations::MODERATIONS.name(), is_its))
        })?;
        self.each(&contact_proofs::PROOFS, |key, proof| {
            let (person, organization) = (proof.user_id, proof.organization_id);
            let problem = misfiled(key, &(person, organization));
            Ok(problem.or(without(users::USERS.name(), users::USERS.has(tx, &person)?)))
        })
    }
}
