//! A script on the developer's machine: no cookies, no browser's headers.

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::support::{Instance, Page};

pub(super) struct Script {
    http: reqwest::Client,
    address: String,
}

impl Script {
    pub(super) fn of(instance: &Instance) -> Self {
        Self { http: instance.http().build().unwrap(), address: instance.address.clone() }
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let page = self.get_with(path, HeaderMap::new()).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page.json()
    }

    pub(super) async fn get_with(&self, path: &str, headers: HeaderMap) -> Page {
        answer(self.http.get(format!("{}{path}", self.address)).headers(headers)).await
    }

    pub(super) async fn post(&self, path: &str, document: Value) -> Value {
        let page = self.post_with(path, document, HeaderMap::new()).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page.json()
    }

    pub(super) async fn post_with(&self, path: &str, document: Value, headers: HeaderMap) -> Page {
        answer(self.http.post(format!("{}{path}", self.address)).json(&document).headers(headers)).await
    }

    pub(super) async fn post_text(&self, path: &str, content_type: &str, text: &str) -> Page {
        let request = self.http.post(format!("{}{path}", self.address));
        answer(request.header("content-type", content_type).body(text.to_owned())).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    let (status, url, headers) = (response.status(), response.url().clone(), response.headers().clone());
    Page { status, url, headers, body: response.text().await.unwrap() }
}
