//! Every text that anybody wrote, full of markup, on every page that shows it: it is read and never obeyed (SEC-117).

use std::collections::{BTreeSet, VecDeque};

use moncomptepro::config::DevOptions;
use moncomptepro::domain::{Client, Organization, Role, User};
use moncomptepro::store::{clients, organizations, users};
use scraper::{Html, Selector};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::accounts::console::my_data::export;
use crate::accounts::organizations::waiting;
use crate::admin::{ADMINISTRATOR, JEAN, at_work, grant};
use crate::support::{Device, Instance, Operator, Person};

/// Ends every place that a text can stand in, and begins an element of its own.
const HOSTILE: &str =
    "javascript:{{7*7}}'\"><marker-x data-marker=1 onclick=x()></marker-x></title></textarea></script>";
/// What is left of it wherever it is shown as it is.
const SHOWN: &str = "marker-x data-marker=1";

/// Puts the text wherever a record of this type takes it.
fn poisoned<T: serde::Serialize + DeserializeOwned>(record: &T, but: &[&str]) -> T {
    fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) | Value::Null => found.push(at.to_owned()),
            Value::Array(list) => {
                (0..list.len()).for_each(|index| leaves(&list[index], &format!("{at}/{index}"), found))
            }
            Value::Object(map) => map.iter().for_each(|(name, inner)| leaves(inner, &format!("{at}/{name}"), found)),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut whole = serde_json::to_value(record).unwrap();
    let mut found = Vec::new();
    leaves(&whole, "", &mut found);
    for place in found.iter().filter(|place| !but.iter().any(|name| place.ends_with(name))) {
        let before = std::mem::replace(whole.pointer_mut(place).unwrap(), Value::from(HOSTILE));
        if serde_json::from_value::<T>(whole.clone()).is_err() {
            *whole.pointer_mut(place).unwrap() = before;
        }
    }
    serde_json::from_value(whole).unwrap()
}

async fn poison(instance: &Instance) {
    let (people, companies, services) = instance
        .app
        .store
        .read(|tx| {
            Ok((users::list(tx, None, 500)?, organizations::list(tx, None, 500)?, clients::list(tx, None, 500)?))
        })
        .unwrap();
    let people: Vec<User> = people.iter().map(|user| poisoned(user, &["email"])).collect();
    let people: Vec<User> = people
        .into_iter()
        .map(|mut user| {
            user.information.given_name = Some(HOSTILE.to_owned());
            user.information.job = Some(HOSTILE.to_owned());
            user
        })
        .collect();
    let companies: Vec<Organization> = companies.iter().map(|company| poisoned(company, &["siret", "siren"])).collect();
    assert!(companies.iter().all(|company| company.label == HOSTILE));
    let services: Vec<Client> = services.iter().map(|client| poisoned(client, &["id"])).collect();
    assert!(services.iter().all(|client| client.name == HOSTILE));
    instance
        .app
        .store
        .write(move |tx| {
            people.iter().try_for_each(|user| users::update(tx, user))?;
            companies.iter().try_for_each(|company| organizations::update(tx, company))?;
            services.iter().try_for_each(|client| clients::update(tx, client))
        })
        .await
        .unwrap();
}

/// Whether a document shows the text, and obeys none of it.
fn shows(html: &str, at: &str) -> bool {
    let document = Html::parse_document(html);
    let select = |selector: &str| document.select(&Selector::parse(selector).unwrap()).count();
    assert_eq!(select("marker-x, [data-marker], [onclick]"), 0, "{at}: {html}");
    for element in document.select(&Selector::parse("[href], [src], [action]").unwrap()) {
        for name in ["href", "src", "action"] {
            let target = element.value().attr(name).unwrap_or_default().trim().to_lowercase();
            assert!(!target.starts_with("javascript:"), "{at}: {target}");
        }
    }
    let text: String = document.root_element().text().collect();
    let attributes = document.tree.values().filter_map(|node| node.as_element());
    let is_in_an_attribute = attributes.flat_map(|element| element.attrs()).any(|(_, value)| value.contains(SHOWN));
    if text.contains(SHOWN) {
        assert!(text.contains("{{7*7}}"), "{at}: read by the template");
    }
    text.contains(SHOWN) || is_in_an_attribute
}

/// Follows every link of the site from these pages on; how many pages there were, and how many of them show the text.
async fn crawl(instance: &Instance, person: &Person, from: &[&str], language: &str) -> (usize, usize) {
    let mut waiting: VecDeque<String> = from.iter().map(|path| (*path).to_owned()).collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let (mut pages, mut showing) = (0, 0);
    person.visit(&format!("/help?lang={language}")).await;
    while let Some(path) = waiting.pop_front().filter(|_| pages < 150) {
        let page = person.visit(&path).await;
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        assert!(page.status.as_u16() < 500, "{path}: {}", page.status);
        pages += 1;
        showing += usize::from(shows(&page.body, &path));
        let document = Html::parse_document(&page.body);
        for link in document.select(&Selector::parse("a[href]").unwrap()) {
            let target = page.url.join(link.value().attr("href").unwrap()).unwrap();
            let is_ours = target.origin() == Url::parse(&instance.address).unwrap().origin();
            let is_new = |path: &str| !["/assets/", "/_dev/client", "lang="].iter().any(|part| path.contains(part));
            let path = target[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
            if is_ours && is_new(&path) && seen.insert(path.clone()) {
                waiting.push_back(path);
            }
        }
    }
    (pages, showing)
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_117_what_anybody_wrote_is_shown_on_every_page_and_in_every_mail_and_obeyed_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let (instance, operator) = (Instance::dev_with(options).await, Operator::at(directory.path()));
    let (applicant, client, _) = waiting(&instance).await;
    poison(&instance).await;
    let (officer, _) = at_work(&instance, ADMINISTRATOR).await;
    let (mut device, page) = (Device::new(), officer.visit("/double-authentication").await);
    let asked = officer.press_passkey(&page).await;
    let made = device.create(&instance.address, &asked.options).await;
    officer.submit(asked.answered(&made).with("name", "{{7*7}}\"><marker-x data-marker=1></marker-x>")).await;
    let list = officer.visit("/admin/moderations").await;
    let request = list.attribute("[data-moderation] a", "href").unwrap();
    let page = officer.visit(&request).await;
    let form = page.form_to("/accept").with("link", "internal").with("domain", "leave");
    officer.submit(form.with("verification", "automatic").with("note", HOSTILE)).await;
    grant(&instance, JEAN, Role::Reader).await;
    operator.asks(&["user", "invite", "marie@mairie.example", "--organization", "21920023500014"]).await;
    let person = instance.person();
    let asks = person.visit(&client.authorization("openid", &[("login_hint", HOSTILE), ("state", HOSTILE)])).await;
    assert!(shows(&asks.body, "the address step"), "the field is filled in with what the service said");
    person.sign_in(asks, JEAN, JEAN).await;
    for prompt in ["consent", "select_account", "login"] {
        let asks =
            person.visit(&client.authorization("openid profile", &[("prompt", prompt), ("state", HOSTILE)])).await;
        assert!(shows(&asks.body, prompt), "{prompt}: {}", asks.body);
    }
    for language in ["fr", "en"] {
        let own = ["/", "/personal-information", "/manage-organizations", "/connection-and-account", "/users/welcome"];
        let (pages, showing) = crawl(&instance, &person, &own, language).await;
        assert!(pages > 20 && showing * 2 > pages, "{showing} of {pages} pages of a person");
        let (pages, showing) =
            crawl(&instance, &officer, &["/admin", &request, "/double-authentication"], language).await;
        assert!(pages > 10 && showing * 2 > pages, "{showing} of {pages} pages of the console");
        crawl(&instance, &applicant, &["/", "/users/unable-to-auto-join-organization"], language).await;
        let (pages, showing) = crawl(&instance, &instance.person(), &["/_dev", "/users/start-sign-in"], language).await;
        assert!(pages > 2 && showing > 0, "{showing} of {pages} pages of strangers");
    }
    let (file, data) = export(&instance, &person, JEAN).await;
    assert_eq!((&data["account"]["given_name"], &data["account"]["job"]), (&HOSTILE.into(), &HOSTILE.into()));
    let kept = ["content-type", "x-content-type-options"].map(|name| file.header(name).to_owned());
    assert_eq!(kept, ["application/json", "nosniff"], "a file to keep, and no page");
    assert!(file.header("content-disposition").starts_with("attachment"), "{}", file.header("content-disposition"));
    let shown = operator.asks(&["user", "show", JEAN]).await;
    assert!(shown.to_string().contains("<marker-x"), "what a program reads is the text: {shown}");
    let mut showing = 0;
    for address in [JEAN, ADMINISTRATOR, "marie@mairie.example", crate::accounts::organizations::ELODIE] {
        let mails = person.get(&format!("/_dev/api/mailbox?to={address}")).await.json();
        for mail in mails.as_array().unwrap() {
            showing += usize::from(shows(mail["html"].as_str().unwrap(), mail["subject"].as_str().unwrap()));
            assert!(!mail["subject"].as_str().unwrap().contains('\n'));
        }
    }
    assert!(showing >= 2, "{showing} mails");
}
