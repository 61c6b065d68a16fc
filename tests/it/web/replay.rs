//! After sign-out nothing of a session resumes, whoever wrote its requests down (SEC-129).

use std::cell::RefCell;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, ORIGIN};
use url::form_urlencoded::Serializer;

use crate::support::{Form, Instance, Page, Person};

const ADDRESS: &str = "user@red-needles-sarl.com";

/// A request as it went over the wire.
struct Written {
    method: Method,
    target: String,
    cookies: String,
    body: String,
}

/// A browser whose every request is written down.
struct Overheard<'a> {
    person: &'a Person,
    written: RefCell<Vec<Written>>,
}

impl Overheard<'_> {
    fn write(&self, method: Method, target: &str, body: String) {
        let names = ["browser", "session", "known", "language", "administration"];
        let cookies: Vec<String> = names.iter().filter_map(|name| self.person.find_cookie(name)).collect();
        let cookies = cookies.join("; ");
        self.written.borrow_mut().push(Written { method, target: target.to_owned(), cookies, body });
    }

    async fn visit(&self, target: &str) -> Page {
        self.write(Method::GET, target, String::new());
        let page = self.person.get(target).await;
        self.follow(page).await
    }

    async fn submit(&self, form: Form) -> Page {
        let body = Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        self.write(Method::POST, form.action.as_str(), body);
        let page = self.person.post(form).await;
        self.follow(page).await
    }

    async fn follow(&self, mut page: Page) -> Page {
        while page.status.is_redirection() && page.location().starts_with('/') {
            let target = page.location().to_owned();
            self.write(Method::GET, &target, String::new());
            page = self.person.get(&target).await;
        }
        page
    }
}

/// Whether an answer is one to somebody who is signed in.
fn is_authenticated(page: &Page) -> bool {
    let is_session = |cookie: &&str| cookie.contains("session=") && !cookie.contains("session=;");
    let cookies = page.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    cookies.into_iter().any(|cookie| is_session(&cookie))
        || page.location().contains("code=")
        || [ADDRESS, "Martin", "Red needles"].iter().any(|own| page.body.contains(own))
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_129_no_request_of_a_session_is_answered_once_it_has_ended_however_often_it_is_sent_again() {
    let instance = Instance::start(|port| {
        let config = moncomptepro::config::Config::dev(Default::default(), port);
        moncomptepro::config::Config { people_picker: None, ..config }
    });
    let instance = instance.await;
    let (person, client) = (instance.person(), instance.standard_client());
    let browser = Overheard { person: &person, written: RefCell::default() };
    let start = browser.visit(&client.authorization("openid email organization", &[("prompt", "login consent")])).await;
    let asks = browser.submit(start.form_with("login", None).with("login", ADDRESS)).await;
    let select = browser.submit(asks.form_with("password", None).with("password", ADDRESS)).await;
    let form = select.form_with("organization_id", Some("17")).with("organization_id", "17");
    let consent = browser.submit(form).await;
    let back = browser.submit(consent.form_with("decision", Some("allow")).with("decision", "allow")).await;
    let code = client.code(&back);
    let tokens = client.redeem(&code).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    browser.visit(&client.authorization("openid", &[("prompt", "none")])).await;
    for path in [
        "/",
        "/personal-information",
        "/manage-organizations",
        "/connection-and-account",
        "/connection-and-account/my-data",
        "/connection-and-account/sign-in-history",
        "/connection-and-account/password",
        "/connection-and-account/email",
        "/double-authentication",
        "/totp-configuration",
        "/users/delete",
        "/users/select-organization",
        "/users/join-organization",
    ] {
        let page = browser.visit(path).await;
        assert!(page.status == 200 && is_authenticated(&page), "{path}: {} {}", page.status, page.url);
        assert_eq!(page.header("cache-control"), "no-store", "{path}: what the back button shows is asked for anew");
    }
    let page = browser.visit("/personal-information").await;
    browser.submit(page.form_with("job", None).with("job", "Maire")).await;
    let tab = browser.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let home = browser.visit("/").await;
    browser.submit(home.sign_out_form()).await;
    let sent = browser.written.into_inner();
    assert!(sent.len() > 30, "{}", sent.len());

    let thief = instance.person();
    let origin = HeaderValue::from_str(&instance.address).unwrap();
    for _ in 0..2 {
        for written in &sent {
            let mut headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&written.cookies).unwrap())]);
            if written.method == Method::POST {
                headers.insert(ORIGIN, origin.clone());
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            }
            let page = thief.send(written.method.clone(), &written.target, headers, &written.body).await;
            let at = format!("{} {}: {} {}", written.method, written.target, page.status, page.location());
            assert!(!is_authenticated(&page), "{at}: {}", page.body);
            assert!(page.status.as_u16() < 500, "{at}");
        }
    }
    let bearer = HeaderValue::from_str(&format!("Bearer {}", tokens.access_token)).unwrap();
    let asked = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    assert_eq!(thief.send(Method::GET, "/oauth/userinfo", asked, "").await.status, 401);
    assert_eq!(client.present(&code).await.status, 400);
    let late = person.post(tab.form_with("decision", Some("allow")).with("decision", "allow")).await;
    assert_eq!((late.status.as_u16(), late.error_code().as_deref()), (403, Some("csrf")), "a tab that was left open");
    let silent = person.visit(&client.authorization("openid", &[("prompt", "none")])).await;
    assert_eq!(client.error(&silent), "login_required");
}
