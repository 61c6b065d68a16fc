//! A person and their browser: cookies, forms, redirects inside the site.

use std::net::IpAddr;
use std::sync::Arc;

use reqwest::Method;
use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::{HeaderMap, HeaderValue, ORIGIN};
use url::Url;

use super::Page;
use super::page::Form;
use super::tls;

pub(crate) struct Person {
    http: reqwest::Client,
    jar: Arc<Jar>,
    language: Option<String>,
    address: String,
    issuer: String,
    certificate: Option<Vec<u8>>,
}

impl Person {
    pub(crate) fn new(address: String, issuer: String, certificate: Option<Vec<u8>>) -> Self {
        Self::at(None, address, issuer, certificate)
    }

    /// With a machine of their own, known by its network address.
    pub(super) fn at(machine: Option<IpAddr>, address: String, issuer: String, certificate: Option<Vec<u8>>) -> Self {
        let jar = Arc::new(Jar::default());
        let http = tls::http(certificate.clone()).cookie_provider(jar.clone());
        let http = http.local_address(machine).build().unwrap();
        Self { http, jar, language: None, address, issuer, certificate }
    }

    /// A fresh browser that prefers these languages.
    pub(crate) fn accepting(&self, languages: &str) -> Self {
        Self {
            language: Some(languages.to_owned()),
            ..Self::new(self.address.clone(), self.issuer.clone(), self.certificate.clone())
        }
    }

    /// `name=value` of the session cookie.
    pub(crate) fn session_cookie(&self) -> String {
        self.cookie("session")
    }

    /// `name=value` of the cookie that binds sign-ins under way to this browser.
    pub(crate) fn browser_cookie(&self) -> String {
        self.cookie("browser")
    }

    /// `name=value` of the cookie that says that somebody signed in here before.
    pub(crate) fn known_cookie(&self) -> String {
        self.cookie("known")
    }

    /// `name=value` of the cookie of administration.
    pub(crate) fn administration_cookie(&self) -> String {
        self.cookie("administration")
    }

    /// The values of all its cookies.
    pub(crate) fn cookie_values(&self) -> Vec<String> {
        let cookies = self.jar.cookies(&Url::parse(&self.address).unwrap()).unwrap_or(HeaderValue::from_static(""));
        let pairs = cookies.to_str().unwrap().split("; ");
        pairs.filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()).collect()
    }

    fn cookie(&self, name: &str) -> String {
        self.find_cookie(name).unwrap()
    }

    /// `name=value` of a cookie, if there is one.
    pub(crate) fn find_cookie(&self, name: &str) -> Option<String> {
        let cookies = self.jar.cookies(&Url::parse(&self.address).unwrap())?;
        let line = cookies.to_str().unwrap().to_owned();
        line.split("; ").find(|pair| pair.contains(&format!("{name}="))).map(str::to_owned)
    }

    /// Puts a cookie into this browser.
    pub(crate) fn plant_cookie(&self, cookie: &str) {
        self.jar.add_cookie_str(&format!("{cookie}; Path=/"), &Url::parse(&self.address).unwrap());
    }

    /// One request, as it is answered.
    pub(crate) async fn get(&self, target: &str) -> Page {
        self.get_with(target, HeaderMap::new()).await
    }

    pub(crate) async fn get_with(&self, target: &str, headers: HeaderMap) -> Page {
        let mut request = self.http.get(self.resolve(target)).headers(headers);
        if let Some(language) = &self.language {
            request = request.header("accept-language", language);
        }
        read(request.send().await.unwrap()).await
    }

    /// A visit: redirects inside the site are followed, one that leads out of it is where it ends.
    pub(crate) async fn visit(&self, target: &str) -> Page {
        let page = self.get(target).await;
        self.follow(page).await
    }

    /// Sends a form from its own page, and follows where it leads inside the site.
    pub(crate) async fn submit(&self, form: Form) -> Page {
        let page = self.post(form).await;
        self.follow(page).await
    }

    /// Sends a form from its own page; the answer as it is.
    pub(crate) async fn post(&self, form: Form) -> Page {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_str(&form.action.origin().ascii_serialization()).unwrap());
        self.post_with(form, headers).await
    }

    pub(crate) async fn post_with(&self, form: Form, headers: HeaderMap) -> Page {
        let request = self.http.post(form.action).headers(headers).form(&form.fields);
        read(request.send().await.unwrap()).await
    }

    /// Any request, with the cookies of this browser.
    pub(crate) async fn send(&self, method: Method, target: &str, headers: HeaderMap, body: &str) -> Page {
        let request = self.http.request(method, self.resolve(target)).headers(headers).body(body.to_owned());
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            if !page.status.is_redirection() || !self.is_inside(&page) {
                return page;
            }
            page = self.get(page.url.join(page.location()).unwrap().as_str()).await;
        }
        panic!("redirects without end at {}", page.url);
    }

    /// The e-mail step and the password step, from a page that asks for the address.
    pub(crate) async fn sign_in(&self, page: Page, address: &str, password: &str) -> Page {
        let asks_password = self.submit(page.form_with("login", None).with("login", address)).await;
        self.submit(asks_password.form_with("password", None).with("password", password)).await
    }

    fn is_inside(&self, page: &Page) -> bool {
        let target = page.url.join(page.location()).unwrap();
        target.as_str().starts_with(&self.address) || target.as_str().starts_with(&self.issuer)
    }

    fn resolve(&self, target: &str) -> Url {
        if let Some(path) = target.strip_prefix(&self.issuer) {
            return Url::parse(&self.address).unwrap().join(path).unwrap();
        }
        if target.starts_with("http://") || target.starts_with("https://") {
            return Url::parse(target).unwrap();
        }
        Url::parse(&self.address).unwrap().join(target).unwrap()
    }
}

async fn read(response: reqwest::Response) -> Page {
    let (status, url, headers) = (response.status(), response.url().clone(), response.headers().clone());
    Page { status, url, headers, body: response.text().await.unwrap() }
}
