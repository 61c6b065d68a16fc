//! Codes and links of mails that wait: sealed for one recipient, opened when the mail leaves (SEC-147).

use crate::crypto::{MasterKey, MasterKeys, OpenError, Random, Sealed};
use crate::domain::{Email, OutgoingMail, SealedSecret};
use crate::protocol::Secret;
use crate::store::{Read, StoreError, signing_keys};

/// A code or link on its way into a mail, for one address. It is sealed inside the transaction that writes the mail, under the
/// master key that the data names there: a change of that key meanwhile leaves nothing under the one of before (SEC-206).
#[derive(Clone)]
pub struct Enclosure {
    keys: MasterKeys,
    random: Random,
    to: Email,
    plain: Secret,
}

impl Enclosure {
    /// For a mail to this address; no mail to another one opens it.
    pub fn new(keys: &MasterKeys, random: &Random, to: &Email, plain: &str) -> Self {
        Self { keys: keys.clone(), random: random.clone(), to: to.clone(), plain: Secret::new(plain) }
    }

    /// As it is stored.
    ///
    /// # Errors
    /// When the store fails, or names a key that nobody holds.
    pub fn seal(&self, tx: &impl Read) -> Result<SealedSecret, StoreError> {
        let key = self.keys.named(signing_keys::sealing_key(tx)?.as_deref());
        let key = key.ok_or(StoreError::Unwritable { table: "outbox" })?;
        Ok(seal(&key, &self.random, &self.to, self.plain.expose()))
    }
}

fn seal(key: &MasterKey, random: &Random, to: &Email, plain: &str) -> SealedSecret {
    let sealed = Sealed::seal(key, random, &context(to), plain.as_bytes());
    #[expect(clippy::expect_used, reason = "three texts are always JSON")]
    let text = serde_json::to_string(&sealed).expect("three texts are JSON");
    SealedSecret::new(text)
}

/// The code or link of a mail, if it carries one.
pub(super) fn open(keys: &MasterKeys, mail: &OutgoingMail) -> Result<Option<Secret>, OpenError> {
    let Some(carried) = &mail.carries else { return Ok(None) };
    let sealed: Sealed = serde_json::from_str(carried.secret.as_str()).map_err(|_| OpenError::Damaged)?;
    let plain = keys.open(&sealed, &context(&mail.to))?;
    let text = std::str::from_utf8(&plain).map_err(|_| OpenError::Damaged)?;
    Ok(Some(Secret::new(text)))
}

/// What a mail carries, under another key; `None` where it carries nothing, or is under that one already.
///
/// # Errors
/// When neither key opens it.
pub fn reseal(
    keys: (&MasterKey, &MasterKey),
    random: &Random,
    mail: &OutgoingMail,
) -> Result<Option<SealedSecret>, OpenError> {
    let Some(carried) = &mail.carries else { return Ok(None) };
    let sealed: Sealed = serde_json::from_str(carried.secret.as_str()).map_err(|_| OpenError::Damaged)?;
    let Some(anew) = sealed.resealed(keys, random, &context(&mail.to))? else { return Ok(None) };
    Ok(Some(SealedSecret::new(serde_json::to_string(&anew).map_err(|_| OpenError::Damaged)?)))
}

fn context(to: &Email) -> String {
    format!("mail to {to}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MailContent;
    use crate::protocol::{Locale, Timestamp};

    #[test]
    fn sec_147_a_code_in_the_outbox_is_sealed_for_its_recipient() {
        let (random, now) = (Random::system(), Timestamp(1_795_424_400));
        let key = MasterKey::generate(&random);
        let alice: Email = "alice@mairie.example".parse().unwrap();
        let secret = seal(&key, &random, &alice, "0123456789");
        let mail = OutgoingMail::notice(alice, Locale::Fr, MailContent::PasswordChanged { at: now }, now)
            .carrying(secret, now);
        let stored = serde_json::to_string(&mail).unwrap();
        assert!(!stored.contains("0123456789"), "{stored}");
        let read: OutgoingMail = serde_json::from_str(&stored).unwrap();
        let keys = MasterKeys::new(key);
        assert_eq!(open(&keys, &read).unwrap().unwrap().expose(), "0123456789");

        let elsewhere = OutgoingMail { to: "mallory@mairie.example".parse().unwrap(), ..read.clone() };
        assert_eq!(open(&keys, &elsewhere).unwrap_err(), OpenError::Damaged);
        assert_eq!(open(&MasterKeys::new(MasterKey::generate(&random)), &read).unwrap_err(), OpenError::OtherKey);
        let damaged = read.carrying(SealedSecret::new(String::from("{}")), now);
        assert_eq!(open(&keys, &damaged).unwrap_err(), OpenError::Damaged);
    }
}
