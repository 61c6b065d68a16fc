//! Stories of the token endpoint.

mod authentication;
mod codes;
mod mutual_tls;
mod pkce;
mod sources;
