//! The OpenID Connect provider: endpoints and pages.

pub mod pages;
