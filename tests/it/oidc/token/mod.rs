//! Stories of the token endpoint.

mod authentication;
mod codes;
mod pkce;
mod sources;
