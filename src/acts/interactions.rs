//! Sign-ins under way: begun, bound to a browser, moved on, finished.

use super::attempts::take_begun;
use super::pre_sessions::{InBrowser, note_pending};
use super::sessions::ActiveSession;
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AccountPage, AuditEvent, ClientId, Destination, Email, Handle, HandleKey, INTERACTION_LIFETIME, Interaction,
    PreSession, Progress, Source,
};
use crate::protocol::Locale;
use crate::store::{StoreError, interactions};

/// Begins a sign-in; the answer's value goes into addresses. In no browser yet when it came by a cross-site POST.
///
/// # Errors
/// When the source began too many, or the store fails.
pub async fn begin_interaction(
    app: &App,
    source: Source,
    place: Option<InBrowser<'_>>,
    destination: Destination,
) -> Result<Handle<Interaction>, ActError> {
    let browser = place.map(|place| place.handle);
    enter(app, source, place, Interaction::begin(browser, destination, app.clock.now())).await
}

/// Begins the sign-in by which the person who is signed in proves anew who they are, and comes back to `page`.
///
/// # Errors
/// When the source began too many, or the store fails.
pub async fn begin_proof(
    app: &App,
    source: Source,
    active: &ActiveSession,
    browser: HandleKey<PreSession>,
    page: AccountPage,
) -> Result<Handle<Interaction>, ActError> {
    let destination = Destination::Account { page, user_id: active.user.id };
    let begun = Interaction::begin(Some(browser), destination, app.clock.now());
    let interaction = Interaction { login: Some(active.user.email.clone()), ..begun };
    enter(app, source, Some(InBrowser { handle: browser, session: Some(active) }), interaction).await
}

async fn enter(
    app: &App,
    source: Source,
    place: Option<InBrowser<'_>>,
    mut interaction: Interaction,
) -> Result<Handle<Interaction>, ActError> {
    take_begun(app, source)?;
    let now = interaction.started_at;
    let handle = crypto::issue_handle::<Interaction>(&app.random, now.plus(INTERACTION_LIFETIME));
    let (key, browser) = (handle.key, interaction.browser);
    if let Some(place) = place {
        interaction.bind(place.handle, place.session.map(|active| &active.session.id));
    }
    app.store
        .write(move |tx| {
            interactions::insert(tx, &key, &interaction)?;
            browser.map_or(Ok(()), |browser| note_pending(tx, &browser, key, now))
        })
        .await?;
    Ok(handle)
}

/// The sign-in behind a value from an address; `None` when it never was, took too long, or is finished.
///
/// # Errors
/// When the store fails.
pub fn find_interaction(app: &App, value: &str) -> Result<Option<(HandleKey<Interaction>, Interaction)>, ActError> {
    let Some(key) = crypto::parse_handle::<Interaction>(value) else { return Ok(None) };
    let now = app.clock.now();
    let found = app.store.read(|tx| interactions::find(tx, &key))?;
    let open = found.filter(|interaction| interaction.is_open(now));
    Ok(open.map(|interaction| (key, interaction)))
}

/// Ties a sign-in that came by a cross-site POST to the first browser that shows it; whether it is that browser's.
///
/// # Errors
/// When the store fails.
pub async fn bind_interaction(app: &App, key: HandleKey<Interaction>, place: InBrowser<'_>) -> Result<bool, ActError> {
    let (browser, now) = (place.handle, app.clock.now());
    let session = place.session.map(|active| active.session.id.clone());
    let bound = app
        .store
        .write(move |tx| {
            let Some(mut interaction) = interactions::find(tx, &key)? else { return Ok(false) };
            match interaction.browser {
                Some(known) => Ok(known == browser),
                None => {
                    interaction.bind(browser, session.as_ref());
                    interactions::update(tx, &key, &interaction)?;
                    note_pending(tx, &browser, key, now)?;
                    Ok(true)
                }
            }
        })
        .await?;
    Ok(bound)
}

/// Notes the address given at the e-mail step.
///
/// # Errors
/// When the store fails.
pub async fn note_login(app: &App, key: HandleKey<Interaction>, login: Email) -> Result<(), ActError> {
    change(app, key, move |interaction| interaction.login = Some(login.clone())).await
}

/// Notes the language that the person chose.
///
/// # Errors
/// When the store fails.
pub async fn note_locale(app: &App, key: HandleKey<Interaction>, locale: Locale) -> Result<(), ActError> {
    change(app, key, move |interaction| interaction.speak(locale)).await
}

/// Notes a step done.
///
/// # Errors
/// When the store fails.
pub async fn note_step(
    app: &App,
    active: &ActiveSession,
    key: HandleKey<Interaction>,
    note: impl Fn(&mut Progress) + Send + 'static,
) -> Result<(), ActError> {
    let session = active.session.id.clone();
    change(app, key, move |interaction| interaction.done(&session, &note)).await
}

/// Notes what the person decided about a client's request; a refusal ends the sign-in. Whether it was still open.
///
/// # Errors
/// When the store fails.
pub async fn decide_consent(
    app: &App,
    by: &By,
    active: &ActiveSession,
    key: HandleKey<Interaction>,
    client_id: ClientId,
    allowed: bool,
) -> Result<bool, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (user_id, session) = (active.user.id, active.session.id.clone());
    let now = app.clock.now();
    let was_open = app
        .store
        .write(move |tx| {
            let Some(mut interaction) = interactions::find(tx, &key)?.filter(|found| found.finished_at.is_none())
            else {
                return Ok(false);
            };
            match allowed {
                true => interaction.done(&session, |progress| progress.consented = true),
                false => interaction.finished_at = Some(now),
            }
            interactions::update(tx, &key, &interaction)?;
            let client_id = client_id.clone();
            circumstances.record(tx, AuditEvent::ConsentDecided { user_id, client_id, allowed })?;
            Ok(true)
        })
        .await?;
    Ok(was_open)
}

/// Ends a sign-in without a code: the client gets an error, once. Whether it was still open.
///
/// # Errors
/// When the store fails.
pub async fn finish_interaction(app: &App, key: HandleKey<Interaction>) -> Result<bool, ActError> {
    let now = app.clock.now();
    let was_open = app
        .store
        .write(move |tx| {
            let Some(interaction) = interactions::find(tx, &key)? else { return Ok(false) };
            if interaction.finished_at.is_some() {
                return Ok(false);
            }
            interactions::update(tx, &key, &Interaction { finished_at: Some(now), ..interaction })?;
            Ok(true)
        })
        .await?;
    Ok(was_open)
}

async fn change(
    app: &App,
    key: HandleKey<Interaction>,
    change: impl Fn(&mut Interaction) + Send + 'static,
) -> Result<(), ActError> {
    app.store
        .write(move |tx| -> Result<(), StoreError> {
            let Some(mut interaction) = interactions::find(tx, &key)? else { return Ok(()) };
            change(&mut interaction);
            interactions::update(tx, &key, &interaction)
        })
        .await?;
    Ok(())
}
