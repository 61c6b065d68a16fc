//! What every endpoint shares, seen from outside.

mod bad_input;
mod forgery;
mod headers;
