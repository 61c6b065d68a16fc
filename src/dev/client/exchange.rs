//! The client's calls, each kept with its answer as it went over the wire.

use serde_json::Value;

use crate::config::Config;
use crate::dev::pages::{Step, StepKind};
use crate::fetch::{self, OwnAnswer, OwnRequest};
use crate::web::{StatusCode, header};

/// The client's side of one sign-in: calls, and writes down what it calls.
pub(super) struct Exchange<'a> {
    config: &'a Config,
    pub(super) steps: Vec<Step>,
}

impl<'a> Exchange<'a> {
    /// Goes on after `steps`.
    pub(super) fn after(config: &'a Config, steps: Vec<Step>) -> Self {
        Self { config, steps }
    }

    /// Writes down what went through the browser.
    pub(super) fn note(&mut self, kind: StepKind, request: String, response: Option<String>) {
        self.steps.push(Step { kind, request, response });
    }

    /// Reads a document of the instance.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) async fn get(
        &mut self,
        kind: StepKind,
        path: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<Value, String> {
        let request = OwnRequest { path: path.to_owned(), headers, body: None };
        self.call(kind, request).await
    }

    /// Posts a form to the instance.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub(super) async fn post(
        &mut self,
        kind: StepKind,
        path: &str,
        mut headers: Vec<(&'static str, String)>,
        form: &[(&str, &str)],
    ) -> Result<Value, String> {
        headers.push(("content-type", String::from("application/x-www-form-urlencoded")));
        let body = encode(form.iter().copied());
        let request = OwnRequest { path: path.to_owned(), headers, body: Some(body) };
        self.call(kind, request).await
    }

    async fn call(&mut self, kind: StepKind, mut request: OwnRequest) -> Result<Value, String> {
        request.headers.push(("accept", String::from("application/json")));
        let sent = written_request(self.config, &request);
        let path = request.path.clone();
        match fetch::own_server(self.config, request).await {
            Ok(answer) => {
                let document = serde_json::from_str::<Value>(&answer.body);
                self.note(kind, sent, Some(written_answer(&answer, document.as_ref().ok())));
                match document {
                    Ok(document) if answer.status == StatusCode::OK => Ok(document),
                    Ok(_) | Err(_) => Err(format!("{path}: {}", answer.status)),
                }
            }
            Err(cause) => {
                self.note(kind, sent, Some(cause.to_string()));
                Err(format!("{path}: {cause}"))
            }
        }
    }
}

/// A query string or the body of a form.
pub(super) fn encode<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn written_request(config: &Config, request: &OwnRequest) -> String {
    let method = if request.body.is_some() { "POST" } else { "GET" };
    let mut text = format!("{method} {} HTTP/1.1\nhost: {}", request.path, config.public_url.authority());
    for (name, value) in &request.headers {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if let Some(body) = &request.body {
        text.push_str(&format!("\n\n{}", body.replace('&', "\n&")));
    }
    text
}

/// The status, the headers that matter to a client, and the body, a document set out in lines.
fn written_answer(answer: &OwnAnswer, document: Option<&Value>) -> String {
    let mut text = format!("HTTP/1.1 {}", answer.status);
    for name in [header::CONTENT_TYPE, header::CACHE_CONTROL, header::WWW_AUTHENTICATE] {
        if let Some(value) = answer.headers.get(&name).and_then(|value| value.to_str().ok()) {
            text.push_str(&format!("\n{name}: {value}"));
        }
    }
    let body = document.map_or_else(|| answer.body.clone(), |document| format!("{document:#}"));
    text.push_str(&format!("\n\n{body}"));
    text
}
