//! The e-mail step.

use super::pages::{PeoplePicker, PickerPerson, StartSignIn};
use crate::acts::{self, AddressStanding, AddressVerdict};
use crate::app::App;
use crate::domain::steps::Step;
use crate::domain::{AccountPage, Destination, Email};
use crate::journey::{self, Current};
use crate::protocol::Parameters;
use crate::store::{memberships, organizations, users};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// The most people on the list of those who try a service.
const MAX_PEOPLE: usize = 40;

/// Asks for the address.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let session = visit.browser.session.as_ref();
    if current.is_none() && session.is_some() && journey::next_step(&app, session, None)? != Step::SignIn {
        return visit.browser.redirect(&app, paths::HOME);
    }
    let given = current.as_ref().and_then(|current| current.interaction.login.as_ref()).map(ToString::to_string);
    let hinted = || {
        let request = current.as_ref().and_then(|current| current.interaction.authorization());
        request.and_then(|pending| pending.request.login_hint.clone())
    };
    let asked = || visit.query.get("login_hint").map(|hint| hint.chars().take(254).collect());
    let login = given.or_else(hinted).or_else(asked).unwrap_or_default();
    let notice = visit.query.get("notification").and_then(notice);
    let said = Said { notice, page: wanted_page(&visit.query), ..Said::default() };
    ask(&app, visit.browser, current.as_ref(), login, said)
}

/// Takes the address, and leads to what it needs: its password, or an account.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let (typed, page) = (form.get("login").unwrap_or_default(), wanted_page(&query));
    let login = typed.parse::<Email>().ok();
    let taken = acts::take_form(&app, request.source(), login.as_ref(), journey::known_browser(&app, &request))?;
    let Some(login) = login else {
        let said = Said { problem: Some("malformed"), page, ..Said::default() };
        return ask(&app, browser, current.as_ref(), typed.chars().take(254).collect(), said);
    };
    let accounts = app.config.accounts;
    let standing = match accounts.hide_existence {
        true => AddressStanding::HasPassword,
        false => acts::address_standing(&app, &login)?,
    };
    if standing == AddressStanding::Unknown && !accounts.sign_up {
        let said = Said { problem: Some("closed"), page, ..Said::default() };
        return ask(&app, browser, current.as_ref(), login.to_string(), said);
    }
    let is_confirmed = form.get("confirmed_login") == Some(login.as_str());
    if let Some(said) = doubts(&app, &login, standing, is_confirmed).await {
        return ask(&app, browser, current.as_ref(), login.to_string(), Said { page, ..said });
    }
    let (id, key) = match &current {
        Some(current) => (current.id.clone(), current.key),
        None => {
            let destination = page.map_or(Destination::Home, Destination::Page);
            let place = Some(browser.place());
            let handle = acts::begin_interaction(&app, request.source(), place, destination).await?;
            (handle.value, handle.key)
        }
    };
    acts::note_login(&app, key, login).await?;
    taken.pays_for(&app, &key)?;
    let page = match standing {
        AddressStanding::HasPassword => paths::SIGN_IN,
        AddressStanding::NoPassword | AddressStanding::Unknown => paths::SIGN_UP,
    };
    browser.redirect(&app, &paths::within(page, Some(&id)))
}

/// Says that a passkey opened nothing.
pub(super) fn refuse_passkey(app: &App, browser: Browser, current: Option<&Current>) -> Result<Response, Error> {
    let login = current.and_then(|current| current.interaction.login.as_ref()).map(ToString::to_string);
    let said = Said { problem: Some("passkey"), ..Said::default() };
    ask(app, browser, current, login.unwrap_or_default(), said)
}

/// What is said beside the field.
#[derive(Default)]
struct Said {
    notice: Option<&'static str>,
    problem: Option<&'static str>,
    /// The address that was probably meant.
    suggestion: Option<Email>,
    /// The page that was asked for.
    page: Option<AccountPage>,
}

/// The page that whoever was not signed in asked for.
fn wanted_page(query: &Parameters) -> Option<AccountPage> {
    query.get("page").and_then(AccountPage::of_word)
}

/// What speaks against an address that is new here. Where nobody is to learn which ones are, no more is said than what its
/// letters say.
async fn doubts(app: &App, login: &Email, standing: AddressStanding, is_confirmed: bool) -> Option<Said> {
    let verdict = if app.config.accounts.hide_existence {
        let suggestion = acts::suggest_address(app, login).filter(|_| !is_confirmed);
        suggestion.map_or(AddressVerdict::Good, AddressVerdict::Misspelt)
    } else if standing == AddressStanding::Unknown {
        acts::judge_address(app, login, is_confirmed).await
    } else {
        AddressVerdict::Good
    };
    let (problem, suggestion) = match verdict {
        AddressVerdict::Good => return None,
        AddressVerdict::Misspelt(suggestion) => ("misspelt", Some(suggestion)),
        AddressVerdict::TakesNoMail(suggestion) => ("undeliverable", suggestion),
    };
    Some(Said { problem: Some(problem), suggestion, ..Said::default() })
}

/// What another page asks this one to say.
fn notice(word: &str) -> Option<&'static str> {
    const KNOWN: [&str; 5] = [
        "reset_password_email_sent",
        "email_unavailable",
        "user_successfully_deleted",
        "session_over",
        "session_over_unsent",
    ];
    KNOWN.into_iter().find(|known| *known == word)
}

fn ask(app: &App, browser: Browser, current: Option<&Current>, login: String, said: Said) -> Result<Response, Error> {
    let browser = journey::speak(browser, current);
    let page = StartSignIn {
        interaction: current.map(|current| current.id.clone()),
        page: said.page.filter(|_| current.is_none()).and_then(AccountPage::word),
        login,
        notice: said.notice.map(str::to_owned),
        problem: said.problem.map(str::to_owned),
        has_passkeys: app.passkeys.is_some(),
        suggestion: said.suggestion.map(|email| email.to_string()),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
        people_picker: people_picker(app)?,
    };
    let status = if said.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}

/// The people of the instance, where anyone may sign in as any of them.
fn people_picker(app: &App) -> Result<Option<PeoplePicker>, Error> {
    let Some(picker) = &app.config.people_picker else { return Ok(None) };
    let people = app.store.read(|tx| {
        let mut people = Vec::new();
        for user in users::list(tx, None, MAX_PEOPLE)? {
            let mut labels = Vec::new();
            for membership in memberships::list_of_user(tx, user.id)? {
                labels.extend(
                    organizations::find(tx, membership.organization_id)?.map(|organization| organization.label),
                );
            }
            let name = user.information.full_name().unwrap_or_default();
            people.push(PickerPerson {
                id: user.id.to_string(),
                name,
                email: user.email.to_string(),
                organizations: labels,
            });
        }
        Ok(people)
    })?;
    Ok(Some(PeoplePicker { action: picker.action.clone(), another_href: picker.another_person.clone(), people }))
}
