//! What every endpoint shares: input, answers, errors, addresses, cookies, tokens of forms, headers.
//!
//! Refuses to know any single page or endpoint. Doors: [`visit`], [`submission`] and [`call`] for routes, [`Browser`]
//! for pages, [`Error`], [`finish`].

mod browser;
pub mod cookies;
pub mod cors;
pub mod csrf;
mod error;
mod finish;
pub mod headers;
mod input;
pub mod pages;
pub mod paths;
mod request;

pub use browser::{Browser, see_other};
pub use error::{Error, OAuthFailure, Refusal, WayOn};
pub use finish::{api, failed, finish, json_response, oauth, page};
pub use input::{Submission, Visit, call, reading, reading_at, submission, visit};
pub use request::{Arrival, Body, MAX_BODY_BYTES, Request};
pub use warp::http::{HeaderValue, Method, StatusCode, header};

/// An answer.
pub type Response = warp::reply::Response;

/// The routes of a room.
pub type Routes = warp::filters::BoxedFilter<(Response,)>;
