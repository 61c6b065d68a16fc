//! The sign-in under way that a page belongs to.

use crate::acts;
use crate::app::App;
use crate::domain::{Client, HandleKey, Interaction};
use crate::protocol::{Locale, Parameters};
use crate::store::clients;
use crate::web::pages::ClientLabel;
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

impl Current {
    /// The origin of the client that this leads to: browsers hold forms to it through every redirect.
    pub fn form_target(&self) -> Option<String> {
        let pending = self.interaction.authorization()?;
        Some(pending.request.return_address.redirect_uri().origin())
    }

    fn locale(&self) -> Option<Locale> {
        self.interaction.authorization().and_then(|pending| pending.request.locale)
    }
}

/// Speaks the language that the client of a sign-in asks for, unless the person chose another.
pub fn speak(browser: Browser, current: Option<&Current>) -> Browser {
    browser.with_ui_locale(current.and_then(Current::locale))
}

/// The client of a sign-in, as pages name it.
///
/// # Errors
/// When the store fails.
pub fn client_label(app: &App, current: &Current) -> Result<Option<ClientLabel>, Error> {
    let Some(pending) = current.interaction.authorization() else { return Ok(None) };
    let client = app.store.read(|tx| clients::find(tx, &pending.client_id))?;
    // Anybody may write a link with a reassuring name in it: it is believed of federations, as their own word (SEC-135).
    Ok(client.map(|client| {
        let service = pending.request.sp_name.clone().filter(|_| client.is_federation);
        ClientLabel { service, ..label_of(client) }
    }))
}

/// A client, as pages name it.
pub fn label_of(client: Client) -> ClientLabel {
    ClientLabel {
        name: client.name,
        service: None,
        uri: client.client_uri,
        policy_uri: client.policy_uri,
        tos_uri: client.tos_uri,
    }
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

/// The sign-in under way that the query of a mailed link names, where it is one of this browser and may go on; `None` in
/// any other browser, which the link serves as well.
///
/// # Errors
/// When the store fails.
pub fn current_of_link(app: &App, browser: &Browser, query: &Parameters) -> Result<Option<Current>, Error> {
    let Some(id) = query.get("interaction") else { return Ok(None) };
    let found = acts::find_interaction(app, id)?;
    let ours = found.filter(|(_, interaction)| interaction.browser == Some(browser.place().handle));
    Ok(ours.map(|(key, interaction)| Current { id: id.to_owned(), key, interaction }))
}

/// The sign-in under way with this value. One that came by a cross-site POST becomes this browser's, and the language
/// that the person chooses on its pages takes the place of the one that the client asked for.
///
/// # Errors
/// A page when it is over or belongs to another browser.
pub async fn current_by_id(app: &App, browser: &Browser, id: &str) -> Result<Current, Error> {
    let (key, interaction) = acts::find_interaction(app, id)?.ok_or_else(Error::expired_interaction)?;
    let is_ours = match interaction.browser {
        Some(known) => known == browser.place().handle,
        None => acts::bind_interaction(app, key, browser.place()).await?,
    };
    if !is_ours {
        return Err(Error::foreign_interaction());
    }
    let mut current = Current { id: id.to_owned(), key, interaction };
    if let Some(locale) = browser.chosen_locale()
        && current.locale().is_some_and(|asked| asked != locale)
    {
        acts::note_locale(app, key, locale).await?;
        current.interaction.speak(locale);
    }
    Ok(current)
}
