//! An answer as its reader sees it.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use scraper::{Html, Selector};
use url::Url;

#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A form of a page, with the values that it comes with.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: Url,
    pub(crate) fields: Vec<(String, String)>,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// The parameters of the address that the answer redirects to.
    pub(crate) fn redirect_parameters(&self) -> BTreeMap<String, String> {
        let target = self.url.join(self.location()).unwrap();
        target.query_pairs().into_owned().collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|cause| panic!("{cause} in {}", self.body))
    }

    /// The machine code of a page of refusal.
    pub(crate) fn error_code(&self) -> Option<String> {
        self.attribute("main[data-error]", "data-error")
    }

    pub(crate) fn attribute(&self, selector: &str, attribute: &str) -> Option<String> {
        let document = Html::parse_document(&self.body);
        let found = document.select(&Selector::parse(selector).unwrap()).next()?;
        found.value().attr(attribute).map(str::to_owned)
    }

    pub(crate) fn text(&self, selector: &str) -> String {
        let document = Html::parse_document(&self.body);
        let selector = Selector::parse(selector).unwrap();
        let texts = document.select(&selector);
        texts.flat_map(|element| element.text()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn has(&self, selector: &str) -> bool {
        Html::parse_document(&self.body).select(&Selector::parse(selector).unwrap()).next().is_some()
    }

    /// The button of every page of a person who is signed in.
    pub(crate) fn sign_out_form(&self) -> Form {
        self.form("form[action='/users/sign-out']")
    }

    /// The button that leaves a sign-in under way.
    pub(crate) fn cancel_form(&self) -> Form {
        self.form("form[action$='/cancel']")
    }

    /// The one form of the page's own.
    pub(crate) fn main_form(&self) -> Form {
        self.form("main form")
    }

    /// The form that goes to this page, with its hidden fields.
    pub(crate) fn form_to(&self, page: &str) -> Form {
        self.form(&format!("form[action*='{page}']"))
    }

    /// A form of buttons, with its hidden fields.
    fn form(&self, selector: &str) -> Form {
        let document = Html::parse_document(&self.body);
        let form = document.select(&Selector::parse(selector).unwrap()).next();
        let form = form.unwrap_or_else(|| panic!("no {selector} on {}: {}", self.url, self.body));
        let inputs = Selector::parse("input[name]").unwrap();
        let field = |input: scraper::ElementRef<'_>| {
            let attribute = |name: &str| input.value().attr(name).unwrap_or_default().to_owned();
            (attribute("name"), attribute("value"))
        };
        let action = self.url.join(form.value().attr("action").unwrap_or_default()).unwrap();
        Form { action, fields: form.select(&inputs).map(field).collect() }
    }

    /// The form whose field or button is called `name`, and holds `value` if one is given.
    pub(crate) fn form_with(&self, name: &str, value: Option<&str>) -> Form {
        let document = Html::parse_document(&self.body);
        let inputs = Selector::parse("input[name], button[name], textarea[name], select[name]").unwrap();
        for form in document.select(&Selector::parse("form").unwrap()) {
            let controls: Vec<_> = form
                .select(&inputs)
                .map(|control| {
                    let element = control.value();
                    let text = control.text().collect::<String>();
                    let given = element.attr("value").map_or(text, str::to_owned);
                    (element.name().to_owned(), element.attr("name").unwrap_or_default().to_owned(), given)
                })
                .collect();
            let wanted =
                |(_, key, given): &(String, String, String)| key == name && value.is_none_or(|value| given == value);
            if controls.iter().any(wanted) {
                let fields =
                    controls.into_iter().filter(|(kind, _, _)| kind != "button").map(|(_, key, given)| (key, given));
                let action = form.value().attr("action").unwrap_or_default();
                return Form { action: self.url.join(action).unwrap(), fields: fields.collect() };
            }
        }
        panic!("no form with {name} on {}: {}", self.url, self.body);
    }
}

impl Form {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self
    }
}
