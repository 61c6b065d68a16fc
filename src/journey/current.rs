//! The sign-in under way that a page belongs to.

use crate::acts;
use crate::app::App;
use crate::domain::{HandleKey, Interaction};
use crate::protocol::Parameters;
use crate::web::{Browser, Error};

/// A sign-in under way in this browser.
#[derive(Debug, Clone)]
pub struct Current {
    /// Its value, as in addresses.
    pub id: String,
    /// Where its record lies.
    pub key: HandleKey<Interaction>,
    /// The record.
    pub interaction: Interaction,
}

/// The sign-in under way that the query names; `None` when it names none.
///
/// # Errors
/// A page when it is over or belongs to another browser.
pub async fn current(app: &App, browser: &Browser, query: &Parameters) -> Result<Option<Current>, Error> {
    match query.get("interaction") {
        Some(id) => Ok(Some(current_by_id(app, browser, id).await?)),
        None => Ok(None),
    }
}

/// The sign-in under way with this value. One that came by a cross-site POST becomes this browser's.
///
/// # Errors
/// A page when it is over or belongs to another browser.
pub async fn current_by_id(app: &App, browser: &Browser, id: &str) -> Result<Current, Error> {
    let (key, interaction) = acts::find_interaction(app, id)?.ok_or_else(Error::expired_interaction)?;
    let is_ours = match interaction.browser {
        Some(known) => known == browser.digest(),
        None => acts::bind_interaction(app, key, browser.digest()).await?,
    };
    if !is_ours {
        return Err(Error::foreign_interaction());
    }
    Ok(Current { id: id.to_owned(), key, interaction })
}
