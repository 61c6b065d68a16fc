//! Every table of the database, and how its records are kept (SEC-180: all of them by durable commits).

use super::{
    access_tokens, address_changes, administration_sessions, alerts, audit, authorization_codes, bans,
    browser_sessions, clients, contact_proofs, counters, credentials, data_links, email_domains, engine,
    factor_removals, grants, interactions, invitations, known_browsers, logout_notices, magic_links, marks,
    memberships, moderation_links, moderations, organizations, outbox, passkey_ceremonies, passkey_owners,
    password_links, pre_sessions, retention_rounds, sent_mails, service_uses, signing_keys, trusted_browsers,
    user_sessions, users,
};

/// How the records of a table are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Until somebody deletes them; part of every backup.
    Lasting,
    /// As long as the records that they lead to; part of every backup, and rebuilt by none.
    Index,
    /// Until the time that their key begins with. A backup leaves them out: what was handed out before it is void after.
    TimeLimited,
    /// Until the time that their key begins with too, but they were handed to nobody and protect: part of every backup, and
    /// kept in a database that was put back.
    Sanction,
    /// Until they are done with. A backup leaves them out.
    Passing,
}

/// A table and how it is kept.
pub(super) struct Listed {
    pub(super) name: &'static str,
    pub(super) keeping: Keeping,
}

impl Listed {
    /// Whether its records are void in a database that was put back to an earlier state.
    pub(super) fn is_void_after_restore(&self) -> bool {
        match self.keeping {
            Keeping::TimeLimited => true,
            Keeping::Passing => [
                outbox::MAILS.name(),
                logout_notices::NOTICES.name(),
                user_sessions::OPEN.name(),
                trusted_browsers::TRUSTED.name(),
                contact_proofs::PROOFS.name(),
                invitations::BY_EMAIL.name(),
                address_changes::BY_FORMER.name(),
            ]
            .contains(&self.name),
            Keeping::Lasting | Keeping::Index | Keeping::Sanction => false,
        }
    }
}

const fn listed(name: &'static str, keeping: Keeping) -> Listed {
    Listed { name, keeping }
}

/// All tables. A table that is not here does not exist: a test looks.
pub(super) const TABLES: &[Listed] = &[
    listed(engine::HEADER_TABLE, Keeping::Lasting),
    listed(counters::LAST.name(), Keeping::Lasting),
    listed(users::USERS.name(), Keeping::Lasting),
    listed(users::BY_EMAIL.name(), Keeping::Index),
    listed(users::WITH_ROLE.name(), Keeping::Index),
    listed(users::DECIDERS.name(), Keeping::Index),
    listed(users::ERASED.name(), Keeping::Lasting),
    listed(credentials::CREDENTIALS.name(), Keeping::Lasting),
    listed(passkey_owners::OWNERS.name(), Keeping::Index),
    listed(retention_rounds::ROUNDS.name(), Keeping::Lasting),
    listed(retention_rounds::PURGED.name(), Keeping::Passing),
    listed(sent_mails::MAILS.name(), Keeping::Lasting),
    listed(sent_mails::BY_TIME.name(), Keeping::Index),
    listed(service_uses::USES.name(), Keeping::Lasting),
    listed(organizations::ORGANIZATIONS.name(), Keeping::Lasting),
    listed(organizations::BY_SIRET.name(), Keeping::Index),
    listed(organizations::BY_WORD.name(), Keeping::Index),
    listed(organizations::BY_STANDING.name(), Keeping::Index),
    listed(memberships::MEMBERSHIPS.name(), Keeping::Lasting),
    listed(memberships::BY_ORGANIZATION.name(), Keeping::Index),
    listed(email_domains::DOMAINS.name(), Keeping::Lasting),
    listed(email_domains::BY_DOMAIN.name(), Keeping::Index),
    listed(email_domains::UNWEIGHED.name(), Keeping::Lasting),
    listed(moderations::MODERATIONS.name(), Keeping::Lasting),
    listed(moderations::BY_USER.name(), Keeping::Index),
    listed(moderations::BY_ORGANIZATION.name(), Keeping::Index),
    listed(moderations::PENDING.name(), Keeping::Index),
    listed(moderations::PENDING_OF.name(), Keeping::Index),
    listed(contact_proofs::PROOFS.name(), Keeping::Passing),
    listed(clients::CLIENTS.name(), Keeping::Lasting),
    listed(clients::PUBLIC_ORIGINS.name(), Keeping::Index),
    listed(clients::OFFERED.name(), Keeping::Index),
    listed(clients::DELETED.name(), Keeping::Lasting),
    listed(signing_keys::KEYS.name(), Keeping::Lasting),
    listed(signing_keys::KEPT.name(), Keeping::Lasting),
    listed(audit::RECORDS.name(), Keeping::Lasting),
    listed(audit::SIGN_INS.name(), Keeping::Index),
    listed(audit::ACTS.name(), Keeping::Index),
    listed(audit::OF_ORGANIZATIONS.name(), Keeping::Index),
    listed(marks::MARKS.name(), Keeping::Passing),
    listed(alerts::NOTES.name(), Keeping::Passing),
    listed(outbox::MAILS.name(), Keeping::Passing),
    listed(outbox::SET_ASIDE.name(), Keeping::Passing),
    listed(logout_notices::NOTICES.name(), Keeping::Passing),
    listed(user_sessions::OPEN.name(), Keeping::Passing),
    listed(trusted_browsers::TRUSTED.name(), Keeping::Passing),
    listed(access_tokens::TABLE.name(), Keeping::TimeLimited),
    listed(address_changes::TABLE.name(), Keeping::TimeLimited),
    listed(address_changes::BY_FORMER.name(), Keeping::Passing),
    listed(administration_sessions::TABLE.name(), Keeping::TimeLimited),
    listed(authorization_codes::TABLE.name(), Keeping::TimeLimited),
    listed(bans::TABLE.name(), Keeping::Sanction),
    listed(browser_sessions::TABLE.name(), Keeping::TimeLimited),
    listed(data_links::TABLE.name(), Keeping::TimeLimited),
    listed(factor_removals::TABLE.name(), Keeping::TimeLimited),
    listed(grants::TABLE.name(), Keeping::TimeLimited),
    listed(interactions::TABLE.name(), Keeping::TimeLimited),
    listed(invitations::TABLE.name(), Keeping::TimeLimited),
    listed(invitations::BY_EMAIL.name(), Keeping::Passing),
    listed(known_browsers::TABLE.name(), Keeping::TimeLimited),
    listed(magic_links::TABLE.name(), Keeping::TimeLimited),
    listed(moderation_links::TABLE.name(), Keeping::TimeLimited),
    listed(passkey_ceremonies::TABLE.name(), Keeping::TimeLimited),
    listed(password_links::TABLE.name(), Keeping::TimeLimited),
    listed(pre_sessions::TABLE.name(), Keeping::TimeLimited),
];

/// The names of the tables whose keys begin with the time until which a record is kept.
pub(super) fn ended_by_time() -> impl Iterator<Item = &'static str> {
    let is_ended_by_time = |listed: &&Listed| match listed.keeping {
        Keeping::TimeLimited | Keeping::Sanction => true,
        Keeping::Lasting | Keeping::Index | Keeping::Passing => false,
    };
    TABLES.iter().filter(is_ended_by_time).map(|listed| listed.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn sec_180_every_table_of_the_source_is_listed_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let mut declared = BTreeSet::from([String::from("header")]);
        let entries = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let folders = ["time_limited", "person", "organization"].map(|name| entries(&folder.join(name)));
        for path in entries(&folder).chain(folders.into_iter().flatten()) {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let names = text.split("Table::new(\"").skip(1).filter_map(|rest| rest.split('"').next());
                declared.extend(names.map(str::to_owned));
            }
        }
        let listed: BTreeSet<String> = TABLES.iter().map(|listed| listed.name.to_owned()).collect();
        assert_eq!(declared, listed);
        assert_eq!(TABLES.len(), listed.len(), "a table is listed twice");
    }
}
