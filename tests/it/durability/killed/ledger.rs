//! What people, services and operators were told by an instance that is killed again and again: noted before an act is
//! tried and when it was acknowledged, outside the instance.

use moncomptepro::clock::Clock;
use moncomptepro::crypto::{KeyState, SigningKeyRecord, parse_handle, parse_handle_in_order};
use moncomptepro::domain::{AccessToken, AuthorizationCode, BrowserSession, CODE_LIFETIME, CodeState, Email, UserId};
use moncomptepro::protocol::SignatureAlgorithm;
use moncomptepro::store::{
    Snapshot, access_tokens, authorization_codes, browser_sessions, clients, credentials, grants, organizations,
    signing_keys, users,
};

/// A session somebody was given.
#[derive(Debug, Clone)]
pub(crate) struct SessionFact {
    pub(crate) value: String,
    pub(crate) email: String,
    /// Something was tried that ends it.
    pub(crate) end_tried: bool,
    pub(crate) ended: bool,
}

/// A code a service was given.
#[derive(Debug, Clone)]
pub(crate) struct CodeFact {
    pub(crate) code: String,
    pub(crate) presented: bool,
    pub(crate) token: Option<String>,
    /// It was presented again: the token is revoked.
    pub(crate) replayed: bool,
}

/// A value of which only the last is there: those acknowledged and those tried since.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    pub(crate) name: String,
    pub(crate) acknowledged: Option<String>,
    pub(crate) tried: Vec<String>,
}

/// Everything noted.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) sessions: Vec<SessionFact>,
    pub(crate) codes: Vec<CodeFact>,
    /// Addresses of people, with their identifiers.
    pub(crate) people: Vec<(String, u64)>,
    /// SIRETs of organizations, with their identifiers.
    pub(crate) organizations: Vec<(String, u64)>,
    /// Names of clients.
    pub(crate) names: Vec<Latest>,
    /// People whose erasure was tried: address, identifier, whether it was acknowledged.
    pub(crate) erasures: Vec<(String, u64, bool)>,
    /// The key that signs with ES256, as a rotation was answered; whether another one was tried since.
    pub(crate) signer: Option<(String, bool)>,
    /// How often passwords of people were changed: acknowledged, and tried since.
    pub(crate) password_changes: Vec<(String, u32, u32)>,
}

impl Ledger {
    pub(crate) fn census(&self) -> String {
        format!(
            "{} sessions ({} ended), {} codes ({} redeemed, {} replayed), {} people, {} organizations, {} password changes, {} erasures",
            self.sessions.len(),
            self.sessions.iter().filter(|session| session.ended).count(),
            self.codes.len(),
            self.codes.iter().filter(|code| code.token.is_some()).count(),
            self.codes.iter().filter(|code| code.replayed).count(),
            self.people.len(),
            self.organizations.len(),
            self.password_changes.iter().map(|(_, acknowledged, _)| acknowledged).sum::<u32>(),
            self.erasures.iter().filter(|(_, _, is_acknowledged)| *is_acknowledged).count()
        )
    }

    /// The last codes that were redeemed.
    pub(crate) fn latest_redeemed(&self, count: usize) -> Vec<String> {
        let redeemed = self.codes.iter().rev().filter(|code| code.token.is_some());
        redeemed.take(count).map(|code| code.code.clone()).collect()
    }

    /// The changes of somebody's password.
    pub(crate) fn change_of(&mut self, email: &str) -> &mut (String, u32, u32) {
        self.password_changes.iter_mut().find(|(address, ..)| address == email).unwrap()
    }

    /// Everything of this person that is open may end from now on.
    pub(crate) fn ending(&mut self, email: &str) {
        self.sessions.iter_mut().filter(|session| session.email == email).for_each(|session| session.end_tried = true);
    }

    pub(crate) fn ended(&mut self, email: &str) {
        let before = self.sessions.iter_mut().filter(|session| session.email == email && session.end_tried);
        before.for_each(|session| session.ended = true);
    }

    pub(crate) fn try_name(&mut self, name: &str, value: &str) {
        let known = self.names.iter().position(|latest| latest.name == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(Latest { name: name.to_owned(), acknowledged: None, tried: Vec::new() });
            self.names.len() - 1
        });
        self.names[place].tried.push(value.to_owned());
    }

    pub(crate) fn acknowledge_name(&mut self, name: &str, value: &str) {
        let latest = self.names.iter_mut().find(|latest| latest.name == name).unwrap();
        latest.acknowledged = Some(value.to_owned());
        latest.tried.clear();
    }

    /// Holds a database against what was noted.
    pub(crate) fn verify(&self, tx: &Snapshot) -> Result<(), String> {
        self.verify_sessions(tx)?;
        self.verify_codes(tx)?;
        self.verify_erasures(tx)?;
        self.verify_keys(tx)?;
        for (address, id) in &self.people {
            if self.erasures.iter().any(|(_, erased, _)| erased == id) {
                continue;
            }
            let email: Email = address.parse().unwrap();
            let found = users::find_by_email(tx, &email).unwrap();
            if found.is_none_or(|user| user.id.0 != *id) {
                return Err(format!("the person {id} was acknowledged and is not there"));
            }
        }
        for (siret, id) in &self.organizations {
            let found = organizations::find_by_siret(tx, &siret.parse().unwrap()).unwrap();
            if found.is_none_or(|organization| organization.id.0 != *id) {
                return Err(format!("the organization {id} was acknowledged and is not there"));
            }
        }
        for latest in &self.names {
            let found = clients::find(tx, &latest.name.parse().unwrap()).unwrap().map(|client| client.name);
            let is_possible =
                found == latest.acknowledged || found.as_ref().is_some_and(|name| latest.tried.contains(name));
            if !is_possible {
                return Err(format!("{latest:?} is called {found:?}"));
            }
        }
        self.verify_passwords(tx)
    }

    fn verify_sessions(&self, tx: &Snapshot) -> Result<(), String> {
        for fact in &self.sessions {
            let key = parse_handle::<BrowserSession>(&fact.value).unwrap();
            let record = browser_sessions::find(tx, &key).unwrap();
            let user = users::find_by_email(tx, &fact.email.parse().unwrap()).unwrap();
            let is_live = match &record {
                Some(BrowserSession::Live(session)) => user.is_some_and(|user| user.honours(session.user_epoch)),
                Some(BrowserSession::Renewed { .. } | BrowserSession::Ended { .. }) | None => false,
            };
            if fact.ended && is_live {
                return Err(format!("ended and open again: {fact:?}"));
            }
            if !is_live && !fact.end_tried {
                return Err(format!("acknowledged and lost: {fact:?} {record:?}"));
            }
        }
        Ok(())
    }

    fn verify_codes(&self, tx: &Snapshot) -> Result<(), String> {
        // Their token ends so much earlier, at most, and from then on nothing of it must be there.
        let soon = Clock::system().now().plus(CODE_LIFETIME);
        for fact in &self.codes {
            let key = parse_handle_in_order::<AuthorizationCode>(&fact.code).unwrap();
            if key.retained_until() <= soon {
                continue;
            }
            let Some(record) = authorization_codes::find(tx, &key).unwrap() else {
                return Err(format!("issued and lost: {fact:?}"));
            };
            match (&fact.token, record.state) {
                (Some(token), CodeState::Redeemed { grant }) => {
                    let token = access_tokens::find(tx, &parse_handle_in_order::<AccessToken>(token).unwrap()).unwrap();
                    let grant = grants::find(tx, &grant).unwrap();
                    let (Some(_), Some(grant)) = (token, grant) else {
                        return Err(format!("redeemed and without a token: {fact:?}"));
                    };
                    if fact.replayed && grant.is_live() {
                        return Err(format!("a replay was acknowledged and did not revoke: {fact:?}"));
                    }
                }
                (Some(_), CodeState::Unused | CodeState::Burnt) => {
                    return Err(format!("redeemed and usable again: {fact:?}"));
                }
                (None, CodeState::Redeemed { .. } | CodeState::Burnt) if !fact.presented => {
                    return Err(format!("used up before anybody presented it: {fact:?}"));
                }
                (None, CodeState::Unused | CodeState::Redeemed { .. } | CodeState::Burnt) => {}
            }
        }
        Ok(())
    }

    /// Erased is erased, with everything; and whoever is not is there as before.
    fn verify_erasures(&self, tx: &Snapshot) -> Result<(), String> {
        let tombstones = users::list_erased(tx).unwrap();
        for (address, id, is_acknowledged) in &self.erasures {
            let found = users::find_by_email(tx, &address.parse().unwrap()).unwrap();
            let is_noted = tombstones.iter().any(|(erased, _)| erased.0 == *id);
            let is_there = found.is_some_and(|user| user.id.0 == *id);
            if *is_acknowledged && is_there {
                return Err(format!("{id} was erased and is there"));
            }
            if is_there == is_noted {
                return Err(format!("{id} is half erased: there {is_there}, noted {is_noted}"));
            }
            let has_credentials = credentials::find(tx, UserId(*id)).unwrap().is_some();
            if is_noted && has_credentials {
                return Err(format!("{id} was erased, and not what they signed in with"));
            }
        }
        Ok(())
    }

    /// A rotation is whole or it was not: one key signs, one is next, and the one that was acknowledged is known.
    fn verify_keys(&self, tx: &Snapshot) -> Result<(), String> {
        let stored = signing_keys::list(tx, 10_000).unwrap();
        let states = stored.iter().filter_map(|key| {
            let record: SigningKeyRecord = serde_json::from_value(key.body.clone()).unwrap();
            (record.algorithm == SignatureAlgorithm::Es256).then_some((key.kid.clone(), record.life))
        });
        let states: Vec<(String, KeyState)> = states.collect();
        let current = states.iter().filter(|(_, state)| matches!(state, KeyState::Current { .. }));
        let current: Vec<&String> = current.map(|(kid, _)| kid).collect();
        let next = states.iter().filter(|(_, state)| matches!(state, KeyState::Next { .. })).count();
        if current.len() != 1 || next != 1 {
            return Err(format!("half a rotation: {states:?}"));
        }
        match &self.signer {
            Some((kid, is_tried)) if !states.iter().any(|(known, _)| known == kid) || !is_tried && current != [kid] => {
                Err(format!("the key {kid} was acknowledged, {current:?} signs"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A password that was changed, a link that was used up and sessions that ended are one thing.
    fn verify_passwords(&self, tx: &Snapshot) -> Result<(), String> {
        for (address, acknowledged, tried) in &self.password_changes {
            let user = users::find_by_email(tx, &address.parse().unwrap()).unwrap();
            let Some(user) = user else { return Err(format!("{address} is not there")) };
            let known = credentials::find(tx, user.id).unwrap();
            if *acknowledged > 0 && known.is_none_or(|known| known.password_hash.is_none()) {
                return Err(format!("{address} chose a password and has none"));
            }
            if user.epoch < *acknowledged || user.epoch > acknowledged + tried {
                return Err(format!("{address}: {acknowledged} changes, {tried} tried, epoch {}", user.epoch));
            }
        }
        Ok(())
    }
}
