//! What arrived: one request, before anybody asks who sent it.

use std::net::IpAddr;
use std::sync::Arc;

use warp::http::{HeaderMap, Method, header};
use warp::hyper::body::Bytes;

use super::Error;
use crate::domain::{Actor, BrowserHint, Origin, Source};
use crate::protocol::{ErrorCode, OAuthError, Parameters, ShownCertificate};

/// The most bytes of a body that is read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// What is known of a connection's request before it is routed.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The other end.
    pub peer: IpAddr,
    /// The request's id: on error pages, in logs and in the audit.
    pub request_id: String,
    /// What the peer has shown in the handshake of TLS, where certificates are asked for.
    pub certificate: Option<ShownCertificate>,
}

/// The body, or why it was not read.
#[derive(Debug, Clone)]
pub enum Body {
    /// Read whole.
    Whole(Bytes),
    /// Over [`MAX_BODY_BYTES`].
    TooLarge,
    /// The connection broke.
    Broken,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// The path as sent.
    pub path: String,
    /// The query without its `?`, as sent.
    pub query: String,
    /// The headers.
    pub headers: Arc<HeaderMap>,
    /// The body.
    pub body: Body,
    /// Peer and id.
    pub arrival: Arrival,
}

impl Request {
    /// The parameters of the query.
    ///
    /// # Errors
    /// When they cannot be decoded.
    pub fn query(&self) -> Result<Parameters, Error> {
        Parameters::parse(self.query.as_bytes())
            .map_err(|fault| Error::bad_request("bad_request").with_detail(fault.to_string()))
    }

    /// The fields of a form.
    ///
    /// # Errors
    /// When the body is not a form, too large, or cannot be decoded.
    pub fn form(&self) -> Result<Parameters, Error> {
        let content_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Error::UnsupportedMediaType);
        }
        Parameters::parse(self.bytes()?)
            .map_err(|fault| Error::bad_request("bad_request").with_detail(fault.to_string()))
    }

    /// The body.
    ///
    /// # Errors
    /// When it is too large, did not come whole, or is packed (SEC-148): nothing is unpacked here, and packed bytes are not
    /// taken for what is in them.
    pub fn bytes(&self) -> Result<&Bytes, Error> {
        let mut codings = self.headers.get_all(header::CONTENT_ENCODING).iter();
        if !codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Error::UnsupportedMediaType);
        }
        match &self.body {
            Body::Whole(bytes) => Ok(bytes),
            Body::TooLarge => Err(Error::PayloadTooLarge),
            Body::Broken => Err(Error::bad_request("bad_request")),
        }
    }

    /// A header's text; `None` when absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of the header `Authorization`; empty when it is not text.
    ///
    /// # Errors
    /// `invalid_request` when there are two.
    pub fn authorization(&self) -> Result<Option<&str>, OAuthError> {
        let mut values = self.headers.get_all(header::AUTHORIZATION).iter();
        let first = values.next().map(|value| value.to_str().unwrap_or_default());
        match values.next() {
            None => Ok(first),
            Some(_) => Err(OAuthError::new(ErrorCode::InvalidRequest, "two Authorization headers")),
        }
    }

    /// Where this came from, for the audit.
    pub fn origin(&self) -> Origin {
        let (source, request_id) = (self.arrival.peer.to_string(), self.arrival.request_id.clone());
        Origin { source: Some(source), request_id: Some(request_id), session: None }
    }

    /// What the browser says that it is.
    pub fn browser_hint(&self) -> Option<BrowserHint> {
        self.header(header::USER_AGENT.as_str()).map(BrowserHint::of)
    }

    /// Who counts as the source of attempts.
    pub fn source(&self) -> Source {
        Source::of(self.arrival.peer)
    }

    /// A visitor's circumstances, for acts.
    pub fn visitor(&self) -> crate::acts::By {
        crate::acts::By { actor: Actor::Visitor, origin: self.origin(), browser: self.browser_hint() }
    }
}
