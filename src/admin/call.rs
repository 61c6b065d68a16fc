//! What is asked: a method, a path, a query, a document.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::web::Method;

/// Everything but the unreserved characters of RFC 3986 §2.3 is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One call, as it goes over HTTP.
#[derive(Debug, Clone)]
pub struct Call {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The query without its `?`.
    pub query: String,
    /// JSON, or nothing.
    pub body: Vec<u8>,
}

impl Call {
    /// A call without a document.
    pub fn new(method: Method, segments: &[&str]) -> Self {
        let path: String =
            segments.iter().map(|segment| format!("/{}", utf8_percent_encode(segment, RESERVED))).collect();
        Self { method, path, query: String::new(), body: Vec::new() }
    }

    /// The same with a document.
    #[must_use]
    pub fn with_body(self, document: &impl Serialize) -> Self {
        // What does not serialize is sent as nothing, and refused as such.
        Self { body: serde_json::to_vec(document).unwrap_or_default(), ..self }
    }

    /// The same with one more parameter in the query.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&pair);
        self
    }

    /// The decoded parts of the path.
    pub(super) fn segments(&self) -> Result<Vec<String>, Refusal> {
        let path = self.path.strip_prefix('/').ok_or(Refusal::NoSuchAddress)?;
        let decoded = path.split('/').map(|segment| percent_decode_str(segment).decode_utf8());
        decoded.map(|segment| segment.map(String::from).map_err(|_| Refusal::NoSuchAddress)).collect()
    }

    pub(super) fn is_get(&self) -> bool {
        self.method == Method::GET
    }

    /// The document, with no other fields than those of `T`.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if !self.query.is_empty() {
            return Err(Refusal::Malformed(String::from("no parameters are expected in the query")));
        }
        // A list would be read as the fields of `T` in their order.
        if self.body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Refusal::Malformed(String::from("a JSON object is expected")));
        }
        serde_json::from_slice(&self.body).map_err(|cause| Refusal::Malformed(without_place(&cause)))
    }

    /// The parameters of the query, with no other names than the fields of `T`.
    pub(super) fn parameters<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if !self.body.is_empty() {
            return Err(Refusal::Malformed(String::from("no document is expected")));
        }
        let mut parameters = Map::new();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            if parameters.insert(name.to_string(), Value::from(value)).is_some() {
                return Err(Refusal::Malformed(format!("the parameter {name} stands there twice")));
            }
        }
        serde_json::from_value(Value::Object(parameters)).map_err(|cause| Refusal::Malformed(without_place(&cause)))
    }

    /// Refuses a document and parameters where none are expected.
    pub(super) fn nothing_else(&self) -> Result<(), Refusal> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let Nothing {} = self.parameters()?;
        Ok(())
    }
}

/// What is wrong with a document, without the place in a text that nobody has seen.
fn without_place(cause: &serde_json::Error) -> String {
    let said = cause.to_string();
    let place = format!(" at line {} column {}", cause.line(), cause.column());
    said.strip_suffix(place.as_str()).map(str::to_owned).unwrap_or(said)
}
