//! Whether a password may be chosen, by whom and where.

use zeroize::Zeroizing;

use crate::acts::ActError;
use crate::app::App;
use crate::crypto;
use crate::domain::{Email, PasswordFault, PasswordRules, PersonalInformation, UserId, check_password};
use crate::logs::Counted;
use crate::store::{Read, StoreError, memberships, organizations};

/// Words that anybody would try here first.
const PRODUCT: [&str; 4] = ["moncomptepro", "proconnect", "agentconnect", "connexion"];

/// The fewest characters of a password that is chosen now.
pub fn minimum_password_length(app: &App) -> usize {
    PasswordRules::minimum_length(app.config.accounts.require_second_factor)
}

/// Who chooses a password, beside their address: what is known of them is what others would try first.
pub(in crate::acts) enum Chooser<'a> {
    /// Somebody who opens an account.
    Stranger,
    /// Somebody who was invited, with the name of the organization that waits for them.
    Invited(Option<&'a str>),
    /// Somebody whose account is there.
    Known(UserId, &'a PersonalInformation),
}

/// Judges a password, after normalization, for a person who is there already or is to be (SEC-62,
/// SEC-60).
///
/// # Errors
/// When the store fails. The fault is a value.
pub(in crate::acts) async fn judge_password(
    app: &App,
    password: &str,
    email: &Email,
    chooser: Chooser<'_>,
) -> Result<Result<(), PasswordFault>, ActError> {
    let minimum_length = minimum_password_length(app);
    let rules = PasswordRules { minimum_length, email, instance_name: &app.config.instance_name };
    if let Err(fault) = check_password(password, &rules) {
        return Ok(Err(fault));
    }
    let mut texts = vec![email.as_str().to_owned(), app.config.instance_name.clone()];
    match chooser {
        Chooser::Stranger => {}
        Chooser::Invited(label) => texts.extend(label.map(str::to_owned)),
        Chooser::Known(user_id, information) => {
            texts.extend([&information.given_name, &information.family_name].into_iter().flatten().cloned());
            texts.extend(app.store.read(|tx| labels_of(tx, user_id))?);
        }
    }
    let words = words_of(&texts);
    let digest = Zeroizing::new(crypto::sha1(password.as_bytes()));
    let password = Zeroizing::new(password.to_owned());
    // Milliseconds of computing.
    let judging = tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = words.iter().map(String::as_str).chain(PRODUCT).collect();
        crypto::is_easily_guessed(&password, &words)
    });
    let is_common = judging.await.map_err(|_| StoreError::Panicked)?;
    if is_common {
        return Ok(Err(PasswordFault::Common));
    }
    Ok(if is_leaked(app, &digest).await { Err(PasswordFault::Leaked) } else { Ok(()) })
}

/// Whether the service that the configuration names knows the password; whoever does not answer keeps nobody from
/// choosing one (SEC-60).
async fn is_leaked(app: &App, digest: &[u8; 20]) -> bool {
    let Some(service) = &app.config.leaked_passwords else { return false };
    let (counted, is_leaked) = match app.leaked_passwords.knows(service, digest).await {
        Ok(true) => (Counted::PasswordLeaked, true),
        Ok(false) => (Counted::PasswordNotLeaked, false),
        // It was logged where it failed.
        Err(_) => (Counted::PasswordLeakUnknown, false),
    };
    app.counts.count(counted);
    is_leaked
}

fn labels_of(tx: &impl Read, user_id: UserId) -> Result<Vec<String>, StoreError> {
    let mut labels = Vec::new();
    for link in memberships::list_of_user(tx, user_id)? {
        labels.extend(organizations::find(tx, link.organization_id)?.map(|organization| organization.label));
    }
    Ok(labels)
}

/// The texts and the words in them.
fn words_of(texts: &[String]) -> Vec<String> {
    let words = texts.iter().flat_map(|text| text.split(|character: char| !character.is_alphanumeric()));
    let is_word = |word: &&str| word.chars().count() >= 3;
    words.chain(texts.iter().map(String::as_str)).filter(is_word).map(str::to_lowercase).collect()
}
