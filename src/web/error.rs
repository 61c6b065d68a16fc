//! The one error that a handler returns.

use warp::http::StatusCode;

use crate::acts::ActError;
use crate::protocol::OAuthError;
use crate::store::StoreError;

/// The word of a form that came from elsewhere.
pub(super) const CSRF: &str = "csrf";

/// Where a page of refusal leads on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayOn {
    /// A path of this site.
    pub href: String,
}

/// Why a request is not answered as asked. `finish` turns it into a page or JSON.
#[derive(Debug)]
pub enum Error {
    /// There is no such page.
    NotFound,
    /// The method is not one of the path's: those are, as the header `Allow` says it.
    MethodNotAllowed(String),
    /// A page of refusal: its status, the word that its texts are found by, and a detail to show.
    Refused(Refusal),
    /// An answer to a client in the form of RFC 6749 §5.2.
    OAuth(OAuthFailure),
    /// The body is larger than any that we read.
    PayloadTooLarge,
    /// The media type of the body is not one that we read.
    UnsupportedMediaType,
    /// Too many attempts: seconds to wait.
    TooManyRequests(u64),
    /// Everything is in use: seconds to wait.
    Busy(u64),
    /// Nothing can be recorded now (a full or failing disk): seconds to wait.
    Storage(u64),
    /// Our fault; the cause is logged and not shown.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// A refusal that a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// The word of the catalogue, shown to support as well.
    pub code: &'static str,
    /// One value that helps, shown cut and escaped.
    pub detail: Option<String>,
    /// Where one can go on.
    pub way_on: Option<WayOn>,
}

/// A refusal that a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthFailure {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is told; nothing where the status says it all (RFC 6750 §3.1).
    pub error: Option<OAuthError>,
    /// The value of `WWW-Authenticate`, when one is due.
    pub challenge: Option<String>,
}

impl Error {
    /// A page with status 400.
    pub fn bad_request(code: &'static str) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, code)
    }

    /// A page with any status.
    pub fn refused(status: StatusCode, code: &'static str) -> Self {
        Self::Refused(Refusal { status, code, detail: None, way_on: None })
    }

    /// The same page with a value that helps.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.detail = Some(detail.into());
        }
        self
    }

    /// The same page with a place to go on from.
    #[must_use]
    pub fn with_way_on(mut self, href: impl Into<String>) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.way_on = Some(WayOn { href: href.into() });
        }
        self
    }

    /// An OAuth error with status 400.
    pub fn oauth(error: OAuthError) -> Self {
        Self::OAuth(OAuthFailure { status: StatusCode::BAD_REQUEST, error: Some(error), challenge: None })
    }

    /// The form came from elsewhere, or its token is stale.
    pub fn csrf() -> Self {
        Self::refused(StatusCode::FORBIDDEN, CSRF)
    }

    /// The sign-in under way belongs to another browser.
    pub fn foreign_interaction() -> Self {
        Self::refused(StatusCode::FORBIDDEN, "foreign_interaction")
    }

    /// The sign-in under way took too long, is over, or never was.
    pub fn expired_interaction() -> Self {
        Self::refused(StatusCode::GONE, "expired_interaction").with_way_on("/")
    }

    /// Our fault.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        match cause {
            StoreError::Unavailable | StoreError::Overlong => Self::Storage(5),
            StoreError::Damaged { .. }
            | StoreError::Absent { .. }
            | StoreError::Taken { .. }
            | StoreError::Unwritable { .. }
            | StoreError::Panicked => Self::Internal(Box::new(cause)),
        }
    }
}

impl From<ActError> for Error {
    fn from(cause: ActError) -> Self {
        match cause {
            ActError::Busy => Self::Busy(5),
            ActError::TooManyAttempts { retry_after } => Self::TooManyRequests(retry_after),
            ActError::Suspended => Self::refused(StatusCode::FORBIDDEN, "password_suspended"),
            ActError::Unguarded => Self::Busy(5),
            ActError::Superseded => Self::expired_interaction(),
            ActError::Sealed(cause) => Self::Internal(Box::new(cause)),
            ActError::Passkey(cause) => Self::Internal(Box::new(cause)),
            ActError::Store(cause) => cause.into(),
        }
    }
}
