//! The address that an account left is kept for it as long as the change can be taken back: whoever changed it cannot keep
//! the owner out by having somebody else open an account there, and whoever reads its mailbox is told anew (SEC-105).

use super::address::UNDO_LIFETIME;
use crate::acts::ActError;
use crate::app::App;
use crate::crypto;
use crate::domain::{AddressChange, Email, HandleKey, MailContent, OutgoingMail, UserId};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, address_changes, outbox, users};

/// The change that still can give an account this address again, and the language of its owner.
pub(in crate::acts) fn find_way_back(
    tx: &impl Read,
    email: &Email,
    now: Timestamp,
) -> Result<Option<(AddressChange, Locale)>, StoreError> {
    let Some(change) = address_changes::find_by_former(tx, email)? else { return Ok(None) };
    let Some(user) = users::find(tx, change.user_id)? else { return Ok(None) };
    Ok((user.email != *email && change.check(&user, now).is_ok()).then(|| (change, user.language())))
}

/// Whether nobody but `owner` can have this address now: it is an account's, or one may have it again.
pub(in crate::acts) fn is_anothers(
    tx: &impl Read,
    email: &Email,
    owner: Option<UserId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let whose = match users::find_by_email(tx, email)? {
        Some(user) => Some(user.id),
        None => find_way_back(tx, email, now)?.map(|(change, _)| change.user_id),
    };
    Ok(whose.is_some() && whose != owner)
}

/// The link that takes a change back, as it is told to the address before; drawn before the write job, which may run more
/// than once.
#[derive(Clone)]
pub(in crate::acts) struct WayBack {
    key: HandleKey<AddressChange>,
    sealed: Enclosure,
}

impl WayBack {
    /// One that is mailed to this address.
    pub(in crate::acts) fn new(app: &App, to: &Email, now: Timestamp) -> Self {
        let handle = crypto::issue_handle::<AddressChange>(&app.random, now.plus(UNDO_LIFETIME));
        let href = format!("{}/users/restore-address?restore_address_token={}", app.config.issuer(), handle.value);
        Self { key: handle.key, sealed: Enclosure::new(&app.master_keys, &app.random, to, &href) }
    }

    /// Until when such a link can be good.
    pub(super) fn retained_until(&self) -> Timestamp {
        self.key.retained_until()
    }

    /// Keeps the change under this link, and mails it to the address before.
    pub(in crate::acts) fn tell(
        &self,
        tx: &mut Tx,
        change: &AddressChange,
        locale: Locale,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        address_changes::insert(tx, &self.key, change)?;
        let content = MailContent::AddressChanged { at: change.at, expires_at: change.expires_at };
        let mail = OutgoingMail::notice(change.from.clone(), locale, content, now);
        outbox::insert_for(tx, &mail.carrying(self.sealed.seal(tx)?, change.expires_at), change.user_id).map(drop)
    }
}

/// Forgets addresses that accounts left once, where nothing of the change is kept any more.
///
/// # Errors
/// When the store fails.
pub async fn forget_former_addresses(app: &App) -> Result<usize, ActError> {
    let now = app.clock.wall();
    let left = app.store.read(|tx| address_changes::list_left_behind(tx, now))?;
    let count = left.len();
    if count > 0 {
        app.store.write(move |tx| address_changes::forget_addresses(tx, &left)).await?;
    }
    Ok(count)
}
