//! Where cookies never stand, and what a neighbour's do (SEC-88).

use std::collections::BTreeSet;

use moncomptepro::site;
use moncomptepro::web::Guard;
use reqwest::Method;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue};
use scraper::{Html, Selector};

use crate::admin::{ADMINISTRATOR, at_work};
use crate::support::{Form, Instance, Operator, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const PASSWORD: &str = "une phrase de passe assez longue";
/// Shorter ones say a language: that is no secret.
const SHORTEST_HANDLE: usize = 40;

/// Every address that somebody met, and every cookie that they had meanwhile.
#[derive(Default)]
struct Walk {
    handles: BTreeSet<String>,
    addresses: Vec<String>,
}

impl Walk {
    fn note(&mut self, person: &Person, page: &Page) {
        let handles = person.cookie_values().into_iter().filter(|value| value.len() >= SHORTEST_HANDLE);
        self.handles.extend(handles);
        self.addresses.extend([page.url.to_string(), page.location().to_owned()]);
        let document = Html::parse_document(&page.body);
        for element in document.select(&Selector::parse("*").unwrap()) {
            let leads = |name: &str| ["href", "src", "action", "formaction", "content"].contains(&name);
            let attributes = element.value().attrs().filter(|(name, _)| leads(name) || name.starts_with("data-"));
            self.addresses.extend(attributes.map(|(_, value)| value.to_owned()));
        }
    }

    /// Step by step, so that no address on the way is missed.
    async fn go(&mut self, person: &Person, mut page: Page) -> Page {
        self.note(person, &page);
        while page.status.is_redirection() && page.location().starts_with('/') {
            page = person.get(page.location()).await;
            self.note(person, &page);
        }
        page
    }

    async fn visit(&mut self, person: &Person, target: &str) -> Page {
        let page = person.get(target).await;
        self.go(person, page).await
    }

    async fn submit(&mut self, person: &Person, form: Form) -> Page {
        let page = person.post(form).await;
        self.go(person, page).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_88_no_value_of_a_cookie_stands_in_an_address() {
    let instance = Instance::dev().await;
    let (person, client, mut walk) = (instance.person(), instance.standard_client(), Walk::default());
    let start = walk.visit(&person, &client.authorization("openid email", &[("prompt", "login consent")])).await;
    let asks = walk.submit(&person, start.form_with("login", None).with("login", ADDRESS)).await;
    let sent = walk.submit(&person, asks.form_to("send-magic-link")).await;
    walk.submit(&person, sent.form_to("send-magic-link")).await;
    let consent = walk.submit(&person, asks.form_with("password", None).with("password", ADDRESS)).await;
    let back = walk.submit(&person, consent.form_with("decision", Some("allow")).with("decision", "allow")).await;
    client.redeem(&client.code(&back)).await;
    let (officer, _) = at_work(&instance, ADMINISTRATOR).await;
    for declaration in site::routes(&instance.app).declarations() {
        if declaration.method == Method::GET && !matches!(declaration.guard, Guard::Operator) {
            for who in [&person, &officer] {
                walk.visit(who, &declaration.path.replace("{id}", "1")).await;
            }
        }
    }
    let home = walk.visit(&person, "/").await;
    walk.submit(&person, home.sign_out_form()).await;
    let console = walk.visit(&officer, "/admin").await;
    walk.submit(&officer, console.form_to("admin/sign-out")).await;
    assert!(walk.handles.len() >= 8 && walk.addresses.len() > 1_000, "{:?} {}", walk.handles, walk.addresses.len());
    for handle in &walk.handles {
        let found = walk.addresses.iter().find(|address| address.contains(handle.as_str()));
        assert_eq!(found, None, "{handle}");
    }
}

/// Opens the account that an operator entered, and signs in.
async fn signed_in(instance: &Instance, operator: &Operator, name: &str) -> Person {
    let address = &format!("{}@commune.exemple.fr", name.to_lowercase());
    let made = operator.asks(&["user", "create", address, "--given-name", name, "--family-name", "Martin"]).await;
    let link = made["password_link"].as_str().unwrap().split_once("/users/").unwrap().1;
    let person = instance.person();
    let page = person.visit(&format!("/users/{link}")).await;
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    person.submit(form).await;
    let asks = person.sign_in(person.visit("/users/start-sign-in").await, address, PASSWORD).await;
    let code = instance.code_of(address).await;
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    let page = person.visit("/personal-information").await;
    assert!(page.status == 200 && page.body.contains(name), "{}: {}", page.url, page.text("main"));
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_88_a_cookie_that_a_neighbour_of_the_domain_tossed_has_no_effect() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls(directory.path()).await;
    let operator = Operator::of(directory.path());
    let (mine, theirs) = ("Victoire", "Attila");
    let victim = signed_in(&instance, &operator, mine).await;
    let attacker = signed_in(&instance, &operator, theirs).await;
    let own = [victim.session_cookie(), victim.browser_cookie(), victim.known_cookie()].join("; ");
    let (name, value) = attacker.session_cookie().split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(name, "__Host-session", "a name that no browser takes from a neighbour");
    let look = async |cookies: &str| {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookies).unwrap())]);
        instance.person().get_with("/personal-information", headers).await
    };
    assert!(look(&format!("{name}={value}")).await.status == 200, "the session itself is good");
    let tossed =
        ["session", "Session", "__Secure-session", "__host-session", "__HOST-session", "Host-session", "-session"];
    for tossed in tossed {
        let alone = look(&format!("{tossed}={value}")).await;
        assert_eq!(alone.status, 303, "{tossed}: opens nothing");
        for cookies in [format!("{own}; {tossed}={value}"), format!("{tossed}={value}; {own}")] {
            let page = look(&cookies).await;
            assert!(page.status == 200 && page.body.contains(mine), "{tossed}: and shuts nothing");
            assert!(!page.body.contains(theirs), "{tossed}");
        }
    }
    // Where a browser let one through, it opens nobody's account.
    for cookies in [format!("{own}; {name}={value}"), format!("{name}={value}; {own}")] {
        let page = look(&cookies).await;
        assert!(page.status == 303 && !page.body.contains(theirs) && !page.body.contains(mine));
    }
}
